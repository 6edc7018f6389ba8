"""Login, modes, errors, pager, echo: what a terminal sees."""

from __future__ import annotations

import paramiko
import pytest

from mock_devices.command_table import apply_filter
from mock_devices.terminal import ERASE_MORE, MORE, LineEditor
from tests.mock.conftest import ENABLE, Connect, Serve

INVALID = "ERROR: % Invalid input detected at '^' marker."


def test_login_lands_at_the_user_prompt_after_the_history_lines(serve: Serve, connect: Connect) -> None:
    fleet = serve({"login": {"motd": ["rack #", "see >"]}})

    text = connect(fleet["fw-1"]).until()

    assert text.startswith("rack #\r\nsee >\r\nUser netaudit logged in to fw-1\r\n")
    assert text.endswith("Type help or '?' for a list of available commands.\r\n\rfw-1> ")


@pytest.mark.parametrize("auth", ["password", "keyboard-interactive", "both"])
def test_every_authentication_style_lets_a_client_in(serve: Serve, connect: Connect, auth: str) -> None:
    fleet = serve({"ssh": {"auth": auth}, "login": {"landing": "privileged", "ssh_banner": "keep out #"}})

    assert connect(fleet["fw-1"]).until().endswith("\rfw-1# ")


def test_a_wrong_password_is_refused(serve: Serve, connect: Connect) -> None:
    fleet = serve()

    with pytest.raises(paramiko.AuthenticationException):
        connect(fleet["fw-1"], password="wrong")


def test_enable_asks_three_times_and_then_denies(serve: Serve, connect: Connect) -> None:
    client = connect(serve()["fw-1"])
    client.until()

    client.run("enable", "Password: $")
    first = client.run("bad", "Password: $")
    client.run("bad", "Password: $")
    last = client.run("bad")

    assert first == "Invalid password\nPassword: "
    assert last == "Access denied.\n"
    assert client.seen.endswith("\rfw-1> ")


def test_enable_password_is_not_echoed_and_never_kept(serve: Serve, connect: Connect) -> None:
    fleet = serve()
    client = connect(fleet["fw-1"])
    client.until()
    client.run("enable", "Password: $")

    shown = client.key(ENABLE + "\n")

    assert shown == "\r\n\rfw-1# "
    assert fleet["fw-1"].typed == ("enable", "<secret>")
    assert ENABLE not in repr(fleet["fw-1"].transcript)


def test_enable_with_no_password_set_takes_an_empty_line(serve: Serve, connect: Connect) -> None:
    client = connect(serve({"login": {"enable_password": None}})["fw-1"])
    client.until()
    client.run("enable", "Password: $")

    client.run("")

    assert client.seen.endswith("\rfw-1# ")


def test_modes_and_their_prompts(serve: Serve, connect: Connect) -> None:
    client = connect(serve()["fw-1"]).enable()
    seen: list[str] = []
    for line in ("conf t", "license smart", "exit", "call-home", "profile License", "end", "disable", "exit"):
        client.channel.send(f"{line}\n".encode())
        if line != "exit" or seen[-1] != "fw-1>":
            seen.append(client.until().rpartition("\r")[2].strip())

    assert seen == [
        "fw-1(config)#",
        "fw-1(config-smart-lic)#",
        "fw-1(config)#",
        "fw-1(cfg-call-home)#",
        "fw-1(cfg-call-home-profile)#",
        "fw-1#",
        "fw-1>",
    ]
    assert client.is_closed()


def test_exit_in_privileged_mode_logs_off(serve: Serve, connect: Connect) -> None:
    client = connect(serve()["fw-1"]).enable()

    client.channel.send(b"exit\n")

    assert client.is_closed()


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("show versoin", f"               ^\n{INVALID}\n"),
        ("frobnicate", f"       ^\n{INVALID}\n"),
        ("terminal width 511", f"               ^\n{INVALID}\n"),
        ("transport type smart", f"        ^\n{INVALID}\n"),
        ("show license", "ERROR: % Incomplete command\n"),
        ("show r", 'ERROR: % Ambiguous command:  "show r"\n'),
        ("! a comment", ""),
    ],
)
def test_mistakes_are_answered_as_an_asa_does(serve: Serve, connect: Connect, line: str, answer: str) -> None:
    client = connect(serve()["fw-1"]).enable()

    said = client.run(line)

    if INVALID in answer:
        assert said.endswith(f"^\n{INVALID}\n")
    else:
        assert said == answer


def test_the_caret_stands_below_the_first_wrong_character(serve: Serve, connect: Connect) -> None:
    client = connect(serve()["fw-1"]).enable()

    said = client.run("show versoin")

    assert said.split("\n")[0] == " " * (len("fw-1# show vers")) + "^"


def test_show_license_does_not_exist_in_user_mode(serve: Serve, connect: Connect) -> None:
    client = connect(serve()["fw-1"])
    client.until()

    assert INVALID in client.run("show license status")
    assert "Software Version" in client.key("show version\n", "More")


def test_abbreviations_run_the_whole_command(serve: Serve, connect: Connect) -> None:
    client = connect(serve()["fw-1"]).enable()

    assert "Adaptive Security Appliance" in client.run("sh ver")
    assert client.run("sh run lic") == client.run("show running-config license")
    assert "[OK]" in client.run("wr mem")


def test_denied_commands_are_denied_in_any_spelling(serve: Serve, connect: Connect) -> None:
    client = connect(serve({"deny": ["^show license all$"]})["fw-1"]).enable()

    assert client.run("show license all") == "ERROR: Command authorization failed\n"
    assert client.run("sh lic al") == "ERROR: Command authorization failed\n"
    assert "Registration:" in client.run("show license status")


def test_the_pager_blocks_until_a_key_and_erases_its_prompt(serve: Serve, connect: Connect) -> None:
    fleet = serve({"login": {"landing": "privileged"}})
    client = connect(fleet["fw-1"])
    client.until()

    page = client.key("show version\n", f"{MORE}$")
    line = client.key("\r", f"{MORE}$")
    more = client.key(" ", f"{MORE}$|# $")
    client.key("q") if more.endswith(MORE) else None

    assert len(page.split("\r\n")) == 1 + 24 + 1
    assert line.startswith(ERASE_MORE)
    assert line.count("\r\n") == 1
    assert [one.text for one in fleet["fw-1"].transcript if one.key][:2] == ["\r", " "]
    assert fleet["fw-1"].typed == ("show version",)


def test_terminal_pager_0_is_for_this_session_only(serve: Serve, connect: Connect) -> None:
    fleet = serve({"login": {"landing": "privileged"}})
    first, second = connect(fleet["fw-1"]), connect(fleet["fw-1"])
    first.until()
    second.until()

    first.run("terminal pager 0")

    assert first.run("show pager") == "no pager\n"
    assert second.run("show pager") == "pager lines 24\n"
    assert fleet["fw-1"].config_changes == 0


def test_filters_choose_lines() -> None:
    lines = ["Transport:", "  Type: Smart", "  URL: x"]

    assert apply_filter(lines, "include Type|URL") == lines[1:]
    assert apply_filter(lines, "exc Type") == [lines[0], lines[2]]
    assert apply_filter(lines, "begin Type") == lines[1:]
    assert apply_filter(lines, "grep -v Type") == [lines[0], lines[2]]
    assert apply_filter(lines, "nonsense x") is None
    assert apply_filter(lines, "include ([") is None


def test_a_filter_works_over_ssh(serve: Serve, connect: Connect) -> None:
    client = connect(serve()["fw-1"]).enable()

    assert client.run("show license status | include Type") == "  Type: Smart\n"


@pytest.mark.parametrize("style", ["backspace", "dollar"])
def test_a_long_line_is_not_echoed_as_typed(serve: Serve, connect: Connect, style: str) -> None:
    """A client that waits for an exact echo must fail here, as it would on a real ASA."""
    fleet = serve({"terminal": {"redraw": style}})
    client = connect(fleet["fw-1"]).enable()
    line = "show running-config | include " + "aaaa|" * 16 + "hostname"

    shown = client.key(line + "\n")

    assert line not in shown
    assert "$" in shown
    assert ("\b" in shown) is (style == "backspace") or style == "dollar"
    assert "hostname fw-1\r\n" in shown
    assert fleet["fw-1"].typed[-1] == line


def test_the_redraw_has_the_shape_of_the_public_report() -> None:
    """netmiko issue 2039: 42 columns, sixteen kept, the head again on Enter."""
    editor = LineEditor("PYTHON(config-network-object-group)# ", 80, "backspace")

    shown = editor.type("no network-object object 20.20.20.20_SCTASK0012345") + editor.enter()

    visible = shown.replace("\b", "")
    assert visible.startswith(
        "no network-object object 20.20.20.20_SCTAS$.20.20.20_SCTASK" + " " * 25 + "0012345"
    )
    assert visible.endswith("no network-object object 20.20.20.20_SCTA$\r\n")


def test_erasing_a_scrolled_line_keeps_its_text() -> None:
    editor = LineEditor("fw# ", 40, "backspace")
    editor.type("a" * 60)

    for _ in range(50):
        editor.erase()

    assert editor.text == "a" * 10


def test_type_ahead_and_cr_lf_make_one_line_each(serve: Serve, connect: Connect) -> None:
    fleet = serve()
    client = connect(fleet["fw-1"]).enable()

    client.channel.send(b"show mode\r\nshow hostname\nshow pager\r")
    client.until("no pager\r\n\rfw-1# $")

    assert fleet["fw-1"].typed[-3:] == ("show mode", "show hostname", "show pager")


def test_question_mark_lists_the_transports(serve: Serve, connect: Connect) -> None:
    client = connect(serve()["fw-1"]).enable()
    client.run("conf t")
    client.run("license smart")

    shown = client.key("transport type ?", "transport type $")

    assert "  callhome\r\n  smart\r\n" in shown


def test_the_sixth_session_is_closed_before_the_banner(serve: Serve, connect: Connect) -> None:
    fleet = serve({"login": {"landing": "privileged"}})
    for _ in range(5):
        connect(fleet["fw-1"]).until()

    with pytest.raises((paramiko.SSHException, EOFError)):
        connect(fleet["fw-1"])

    assert fleet["fw-1"].session_count == 5


def test_an_exec_request_is_refused(serve: Serve, connect: Connect) -> None:
    fleet = serve()
    client = connect(fleet["fw-1"])

    with pytest.raises((paramiko.SSHException, EOFError)):
        client.ssh.exec_command("show version")

    assert fleet["fw-1"].typed == ()


def test_input_typed_while_the_device_is_busy_waits_its_turn(serve: Serve, connect: Connect) -> None:
    device = serve({"latency": {"command_s": 0.05, "rtt_s": 0.01}})["fw-1"]
    client = connect(device).enable()

    shown = client.key("show mode\nshow hostname\n", "\r\nfw-1\r\n\rfw-1# $")

    assert shown.index("Security context mode") < shown.index("show hostname")


def test_the_end_of_input_is_answered_before_the_session_ends(serve: Serve, connect: Connect) -> None:
    client = connect(serve({"login": {"landing": "privileged"}})["fw-1"])

    client.channel.send(b"show hostname\n")
    client.channel.shutdown_write()

    assert "show hostname\r\nfw-1\r\n" in client.until("\r\nfw-1\r\n")
    assert client.is_closed()
