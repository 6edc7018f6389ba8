"""Every fault does what its name says."""

from __future__ import annotations

import socket

import paramiko
import pytest

from mock_devices import Fault, FaultAction, FaultTrigger
from tests.mock.conftest import Connect, Serve

# Long enough to see that nothing comes, short enough to wait for.
SILENCE_S = 0.3


def dial(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def test_refuse_closes_the_port_and_gives_it_back(serve: Serve, connect: Connect) -> None:
    fleet = serve({"faults": [{"action": "refuse"}]})
    device = fleet["fw-1"]

    with pytest.raises(ConnectionRefusedError):
        dial(device.port)
    device.clear_faults()

    assert connect(device).until()


def test_refuse_at_run_time_closes_an_open_port(serve: Serve) -> None:
    device = serve()["fw-1"]

    device.add_fault(action="refuse")

    with pytest.raises(ConnectionRefusedError):
        dial(device.port)


@pytest.mark.parametrize("action", ["black_hole", "hang"])
def test_a_black_hole_takes_the_connection_and_says_nothing(serve: Serve, action: str) -> None:
    device = serve({"faults": [{"action": action, "on": "connect"}]})["fw-1"]

    with dial(device.port) as sock:
        sock.settimeout(SILENCE_S)
        with pytest.raises(TimeoutError):
            sock.recv(1)


def test_drop_at_connect_closes_before_the_banner(serve: Serve) -> None:
    device = serve({"faults": [{"action": "drop", "on": "connect"}]})["fw-1"]

    with dial(device.port) as sock:
        assert sock.recv(100) == b""


def test_hang_at_banner_sends_the_banner_only(serve: Serve) -> None:
    device = serve({"faults": [{"action": "hang", "on": "banner"}]})["fw-1"]

    with dial(device.port) as sock:
        assert sock.recv(100) == b"SSH-2.0-Cisco-1.25\r\n"
        sock.settimeout(SILENCE_S)
        with pytest.raises(TimeoutError):
            sock.recv(1)


def test_garbage_at_connect_is_not_ssh(serve: Serve) -> None:
    device = serve({"faults": [{"action": "garbage", "on": "connect", "text": "220 ftp\r\n"}]})["fw-1"]

    with dial(device.port) as sock:
        assert sock.recv(100) == b"220 ftp\r\n"


def test_reject_password_once(serve: Serve, connect: Connect) -> None:
    device = serve({"ssh": {"auth": "password"}, "faults": [{"action": "reject_password", "times": 1}]})[
        "fw-1"
    ]

    with pytest.raises(paramiko.AuthenticationException):
        connect(device)

    assert connect(device).until()


def test_freeze_after_auth_never_confirms_the_channel(serve: Serve, connect: Connect) -> None:
    device = serve({"faults": [{"action": "freeze_after_auth"}]})["fw-1"]

    with pytest.raises((paramiko.SSHException, TimeoutError)):
        connect(device, timeout=1.0)


def test_hang_at_login_gives_no_prompt(serve: Serve, connect: Connect) -> None:
    client = connect(serve({"faults": [{"action": "no_prompt", "on": "login"}]})["fw-1"])
    client.until("commands.\r\n")
    client.channel.settimeout(SILENCE_S)

    with pytest.raises(TimeoutError):
        client.channel.recv(1)


def test_drop_on_a_command_closes_the_session_without_running_it(serve: Serve, connect: Connect) -> None:
    device = serve({"faults": [{"action": "drop", "match": "transport"}]})["fw-1"]
    client = connect(device).enable()
    for line in ("configure terminal", "license smart"):
        client.run(line)

    client.channel.send(b"transport type callhome\n")

    assert client.is_closed()
    assert device.typed[-1] == "transport type callhome"
    assert device.running_config() == device.running_config_at_start


def test_no_prompt_on_a_command_runs_it_and_falls_silent(serve: Serve, connect: Connect) -> None:
    """The answer is lost, the change is not: the client must look before it types again."""
    device = serve({"faults": [{"action": "no_prompt", "match": "transport type"}]})["fw-1"]
    client = connect(device).enable()
    for line in ("configure terminal", "license smart"):
        client.run(line)

    client.key("transport type callhome\n", "callhome\r\n$")

    client.channel.settimeout(SILENCE_S)
    with pytest.raises(TimeoutError):
        client.channel.recv(1)
    assert "callhome" in device.running_config()


def test_hang_on_the_second_occurrence_only(serve: Serve, connect: Connect) -> None:
    device = serve()["fw-1"]
    device.add_fault(Fault(action=FaultAction.HANG, on=FaultTrigger.COMMAND, match="show mode", nth=2))
    client = connect(device).enable()

    assert client.run("show mode") == "Security context mode: single \n"
    client.key("show mode\n", "mode\r\n$")
    client.channel.settimeout(SILENCE_S)

    with pytest.raises(TimeoutError):
        client.channel.recv(1)


def test_drop_after_sends_part_of_the_answer(serve: Serve, connect: Connect) -> None:
    faults = [{"action": "drop_after", "match": "license all", "after_bytes": 100}]
    client = connect(serve({"faults": faults})["fw-1"]).enable()

    client.channel.send(b"show license all\n")
    text = b""
    while piece := client.channel.recv(4096):
        text += piece

    assert text.partition(b"all\r\n")[2].count(b"") - 1 == 100


def test_error_answers_with_the_given_text(serve: Serve, connect: Connect) -> None:
    faults = [{"action": "error", "match": "show version", "text": "ERROR: made up"}]
    client = connect(serve({"faults": faults})["fw-1"]).enable()

    assert client.run("show version") == "ERROR: made up\n"


def test_garbage_comes_in_the_middle_and_the_session_lives(serve: Serve, connect: Connect) -> None:
    faults = [{"action": "garbage", "match": "show mode", "after_bytes": 8, "times": 1}]
    client = connect(serve({"faults": faults})["fw-1"]).enable()

    said = client.run("show mode", r"\rfw-1# $")

    assert said.startswith("Security\x1b[2J")
    assert client.run("show mode") == "Security context mode: single \n"


def test_endless_output_stops_for_a_client_that_does_not_read(serve: Serve, connect: Connect) -> None:
    fleet = serve({"faults": [{"action": "endless", "match": "show run"}]}, {"name": "other"})
    client = connect(fleet["fw-1"]).enable()

    client.key("show run\n", "(Building configuration...\r\n){50}")

    assert connect(fleet["other"]).enable().run("show mode")


@pytest.mark.parametrize("how", [{"per_line_s": 0.01}, {"per_byte_s": 0.001}, {"delay_s": 0.05}])
def test_slow_answers_arrive_whole(serve: Serve, connect: Connect, how: dict[str, float]) -> None:
    client = connect(serve({"faults": [{"action": "slow", "match": "show mode", **how}]})["fw-1"]).enable()

    assert client.run("show mode") == "Security context mode: single \n"


def test_known_hosts_lies_where_the_fault_says_so(serve: Serve) -> None:
    fleet = serve(
        {}, {"faults": [{"action": "changed_host_key"}]}, {"faults": [{"action": "unknown_host_key"}]}
    )

    lines = fleet.known_hosts_text().splitlines()

    assert len(lines) == 2
    assert lines[0].endswith(fleet.public_key("fw-1"))
    assert not lines[1].endswith(fleet.public_key("fw-2"))


def test_a_host_key_is_the_same_at_every_start(serve: Serve) -> None:
    spec = {"ssh": {"own_key": True}}

    assert serve(spec).public_key("fw-1") == serve(spec).public_key("fw-1")


def test_the_file_has_the_eddsa_key_of_before_where_the_release_has_none(serve: Serve) -> None:
    fleet = serve({"faults": [{"action": "eddsa_gone"}], "ssh": {"host_key": "ecdsa"}})

    assert " ssh-ed25519 " in fleet.known_hosts_text()
    assert fleet.public_key("fw-1").startswith("ecdsa-")


LINES = ("configure terminal", "license smart")


def test_cut_line_echoes_half_of_the_line_and_does_not_run_it(serve: Serve, connect: Connect) -> None:
    """Nobody who sees half an echo may believe that the line came."""
    device = serve({"faults": [{"action": "cut_line", "match": "transport"}]})["fw-1"]
    client = connect(device).enable()
    for line in LINES:
        client.run(line)

    client.channel.send(b"transport type callhome\n")
    shown = b""
    while piece := client.channel.recv(4096):
        shown += piece

    assert shown == b"transport ty"
    assert device.typed[-1] == "transport type callhome"
    assert device.running_config() == device.running_config_at_start


def test_say_speaks_beside_an_effect(serve: Serve, connect: Connect) -> None:
    """A warning is no refusal: the line is in force."""
    device = serve({"faults": [{"action": "say", "match": "transport", "text": "WARNING: made up"}]})["fw-1"]
    client = connect(device).enable()
    for line in LINES:
        client.run(line)

    said = client.run("transport type callhome")

    assert said == "WARNING: made up\n"
    assert "transport type callhome" in device.running_config()


def test_the_answer_to_a_question_has_faults_too(serve: Serve, connect: Connect) -> None:
    """The first `configure terminal` asks, and the connection may break at the answer."""
    device = serve(
        {"call_home": {"reporting_anonymous": None}, "faults": [{"action": "drop", "match": "^A$"}]}
    )["fw-1"]
    client = connect(device).enable()
    client.run("configure terminal", "later: $")

    client.channel.send(b"A\n")

    assert client.is_closed()


def pair(fault: dict[str, str]) -> tuple[dict[str, object], dict[str, object]]:
    mate, unit = {"mate": "fw-2"}, {"mate": "fw-1", "unit": "secondary", "state": "standby"}
    return {"failover": mate, "faults": [fault]}, {"failover": unit}


@pytest.mark.parametrize(
    ("moment", "first", "second"), [("before", "callhome", "smart"), ("after", "callhome", "callhome")]
)
def test_switch_role_before_or_after_the_effect(
    serve: Serve, connect: Connect, moment: str, first: str, second: str
) -> None:
    """What runs on a standby stays there; what took effect before the switch is on both units."""
    fleet = serve(*pair({"action": "switch_role", "match": "transport", "moment": moment}))
    client = connect(fleet["fw-1"]).enable()
    for line in LINES:
        client.run(line)

    said = client.run("transport type callhome")

    assert "Switching to Standby" in said
    assert ("NOT performed from Standby" in said) == (moment == "before")
    assert [fleet[name].role for name in ("fw-1", "fw-2")] == ["standby", "active"]
    assert [fleet[name].transport for name in ("fw-1", "fw-2")] == [first, second]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_restart_loses_what_was_not_saved(serve: Serve, connect: Connect, moment: str) -> None:
    """A reload in the middle of a change is a way back of its own."""
    device = serve({"faults": [{"action": "restart", "match": "write mem", "moment": moment}]})["fw-1"]
    client = connect(device).enable()
    for line in (*LINES, "transport type callhome", "end"):
        client.run(line)

    client.channel.send(b"write memory\n")

    assert client.is_closed()
    assert device.transport == ("smart" if moment == "before" else "callhome")
    assert connect(device).enable().run("show mode")


def test_the_mate_takes_over_from_an_active_unit_that_reloads(serve: Serve, connect: Connect) -> None:
    """The unit comes back as standby, with the configuration of the unit that was there all the time."""
    fleet = serve(*pair({"action": "restart", "match": "^end$"}))
    client = connect(fleet["fw-1"]).enable()
    for line in (*LINES, "transport type callhome"):
        client.run(line)

    client.channel.send(b"end\n")

    assert client.is_closed()
    assert [fleet[name].role for name in ("fw-1", "fw-2")] == ["standby", "active"]
    assert [fleet[name].transport for name in ("fw-1", "fw-2")] == ["callhome", "callhome"]
