"""`inventory check`, `inventory list` and `inventory show` as an operator and a script see them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from asa_transport.cli.commands.inventory import app
from asa_transport.cli.console import plain, printable
from asa_transport.cli.views.columns import in_columns

SENTINEL = "Hunter2SENTINEL"
GOOD = """\
defaults: {username: netaudit, credential: lab, known_hosts: /etc/asa/known_hosts}
credentials:
  lab: {password: {env: ASA_TRANSPORT_PASSWORD}, enable: {command: [pass, show, asa]}}
groups:
  emea: {region: emea, expect: {proxy: {host: proxy.example.net, port: 8080}}}
devices:
  fw-par-01: {host: 192.0.2.11, groups: [emea], tags: [prod]}
  fw-par-02: {host: 192.0.2.12, groups: [emea], pair: fw-par-01}
  lab1: {host: 192.0.2.13, port: 2222}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.yaml"
    path.write_text(GOOD)
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_check_says_what_a_good_file_holds(file: Path) -> None:
    """One line for a person and exit 0 for a script."""
    result = run("check", "-i", file)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{file}: 3 devices, 1 group, 1 credential: ok\n"


def test_check_notes_what_is_legal_but_unused(file: Path) -> None:
    """A group without devices may be a misspelt one; it is said, but is no error."""
    file.write_text(
        GOOD.replace("groups:\n", "groups:\n  apac: {}\n", 1).replace(
            "  lab:", "  old: {password: {env: X}}\n  lab:"
        )
    )

    result = run("check", "-i", file)

    assert result.exit_code == 0
    assert result.stderr == (
        f"note: {file}: group apac has no device\nnote: {file}: credential old is used by no device\n"
    )
    assert result.stdout == f"{file}: 3 devices, 2 groups, 2 credentials: ok\n"


def test_check_prints_every_problem_to_stderr_and_exits_2(file: Path) -> None:
    """Nothing on stdout, so that a pipe never takes an error for a result."""
    file.write_text(
        GOOD.replace("2222", "0")
        .replace("{env: ASA_TRANSPORT_PASSWORD}", SENTINEL)
        .replace("emea]", "emae]", 1)
    )

    result = run("check", "-i", file)

    assert (result.exit_code, result.stdout) == (2, "")
    lines = result.stderr.splitlines()
    assert [line.split(" ")[:2] for line in lines[:-1]] == [
        ["error:", f"{file}:3:19:"],
        ["error:", f"{file}:7:42:"],
        ["error:", f"{file}:9:34:"],
    ]
    assert lines[-1] == "3 problems; nothing was contacted"
    assert SENTINEL not in result.output


def test_check_as_json_holds_the_same_counts(file: Path) -> None:
    """For a pipeline that checks the inventory before a merge."""
    result = run("check", "-i", file, "--format", "json")

    assert json.loads(result.stdout) == {
        "inventory": str(file), "devices": 3, "groups": 1, "credentials": 1, "notes": [],
    }  # fmt: skip


def test_a_missing_file_is_a_user_s_mistake(tmp_path: Path) -> None:
    """Exit 2, and the name of the file."""
    result = run("check", "-i", tmp_path / "nope.yaml")

    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {tmp_path}/nope.yaml: there is no such file; give an inventory ")


def test_show_prints_each_value_and_where_it_came_from(file: Path) -> None:
    """The answer to "why does it dial that port"."""
    result = run("show", "-i", file, "-l", "lab1,fw-par-01")

    assert result.exit_code == 0
    rows = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert rows == [
        "device key value from",
        "fw-par-01 host 192.0.2.11 device",
        "port 22 built-in",
        "username netaudit defaults",
        "credential lab (password: env ASA_TRANSPORT_PASSWORD, enable: command pass) defaults",
        "known_hosts /etc/asa/known_hosts defaults",
        "region emea groups.emea",
        "groups emea device",
        "tags prod device",
        "pair fw-par-02 devices.fw-par-02",
        "ssh default built-in",
        "expect.transport smart built-in",
        "expect.proxy proxy.example.net:8080 groups.emea",
        "lab1 host 192.0.2.13 device",
        "port 2222 device",
        "username netaudit defaults",
        "credential lab (password: env ASA_TRANSPORT_PASSWORD, enable: command pass) defaults",
        "known_hosts /etc/asa/known_hosts defaults",
        "ssh default built-in",
        "expect.transport smart built-in",
        "expect.proxy none built-in",
    ]


def test_show_says_who_decided_what_ssh_offers(file: Path) -> None:
    """The policy beside the inventory counts here as it does in an audit; the inventory's own word wins."""
    file.write_text(GOOD.replace("{host: 192.0.2.13,", "{host: 192.0.2.13, ssh: legacy,"))
    (file.parent / "policy.yaml").write_text("ssh: strict\n")
    (file.parent / "other.yaml").write_text("ssh: default\n")

    beside = json.loads(run("show", "-i", file, "--format", "json").stdout)
    named = json.loads(
        run("show", "-i", file, "--format", "json", "--policy", file.parent / "other.yaml").stdout
    )

    found = [
        {device["name"]: (device["ssh"], device["origins"]["ssh"]) for device in document["devices"]}
        for document in (beside, named)
    ]
    assert found[0]["fw-par-01"] == ("strict", "policy")
    assert found[1]["fw-par-01"] == ("default", "policy")
    assert found[0]["lab1"] == found[1]["lab1"] == ("legacy", "device")


def test_a_policy_that_cannot_be_used_is_told_by_show(file: Path) -> None:
    """Without it nobody could say what would be offered."""
    (file.parent / "policy.yaml").write_text("ssh: weak\n")

    result = run("show", "-i", file)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "policy.yaml:1:6: ssh: 'weak'" in result.stderr


def test_show_as_json_names_sources_and_never_secrets(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret is there to be read, and is not."""
    monkeypatch.setenv("ASA_TRANSPORT_PASSWORD", SENTINEL)

    result = run("show", "-i", file, "-l", "fw-par-02", "--format", "json")

    document = json.loads(result.stdout)
    assert SENTINEL not in result.output
    assert document["credentials"] == {
        "lab": {"password": "env ASA_TRANSPORT_PASSWORD", "enable": "command pass"}
    }
    (device,) = document["devices"]
    assert (device["name"], device["port"], device["pair"]) == ("fw-par-02", 22, "fw-par-01")
    assert device["expect"] == {"transport": "smart", "proxy": {"host": "proxy.example.net", "port": 8080}}
    assert device["origins"]["expect.proxy.host"] == "groups.emea"


def test_two_devices_that_would_share_a_host_key_are_told(file: Path) -> None:
    """One address behind two jump hosts: the password of one site must not go to the other's firewall."""
    more = "  a: {host: 10.0.0.1, jump: east}\n  b: {host: 10.0.0.1, jump: west}\n"
    file.write_text(GOOD + more)

    told = run("check", "-i", file).stderr
    file.write_text(GOOD + more.replace("west", "west, known_hosts: /etc/asa/west"))

    assert told.startswith(
        f"note: {file}: a and b have one address behind two jump hosts, and one known_hosts"
    )
    assert run("check", "-i", file).stderr == ""


def test_what_is_not_enabled_is_told_and_counted(file: Path) -> None:
    """Who looks for a firewall in a list finds out why it is not there."""
    file.write_text(GOOD.replace("port: 2222}", "port: 2222, enabled: false}"))

    assert run("check", "-i", file).stdout == (
        f"{file}: 2 devices, 1 group, 1 credential, 1 device not selected (enabled: false): ok\n"
    )
    assert json.loads(run("check", "-i", file, "--format", "json").stdout)["not_selected"] == ["lab1"]
    listed = run("list", "-i", file)
    assert (listed.stdout, listed.stderr) == (
        "fw-par-01\nfw-par-02\n",
        f"note: {file}: 1 device not selected (enabled: false): lab1\n",
    )
    assert "lab1 enabled false device" in " ".join(run("show", "-i", file, "-l", "lab1").stdout.split())


def test_show_says_the_data_and_where_each_of_them_is_from(file: Path) -> None:
    """As of every other value."""
    file.write_text(GOOD.replace("tags: [prod]}", "tags: [prod], data: {owner: noc}}"))

    text = run("show", "-i", file, "-l", "fw-par-01").stdout
    (device,) = json.loads(run("show", "-i", file, "-l", "fw-par-01", "--format", "json").stdout)["devices"]

    assert "data.owner noc device" in " ".join(text.split())
    assert (device["data"], device["origins"]["data.owner"]) == ({"owner": "noc"}, "device")


def test_list_prints_the_names_that_a_limit_chooses_one_a_line(file: Path) -> None:
    """For a pipe, and for a look at what a push would touch; it is a limit file as it stands."""
    result = run("list", "-i", file, "-l", "group:emea,lab1,!fw-par-02")

    assert (result.exit_code, result.stderr, result.stdout) == (0, "", "fw-par-01\nlab1\n")
    limit = file.parent / "names.txt"
    limit.write_text(result.stdout)
    assert run("list", "-i", file, "-l", f"@{limit}").stdout == result.stdout


def test_list_as_json_holds_the_same_names(file: Path) -> None:
    """For programs; the names are the keys of the inventory."""
    result = run("list", "-i", file, "-l", "group:emea,&tag:prod", "--format", "json")

    assert json.loads(result.stdout) == {"inventory": str(file), "devices": ["fw-par-01"]}


def lines_of(rows: list[tuple[str, str, str]], width: int) -> list[str]:
    return [line.removesuffix("\n") for line in in_columns(rows, width, folded=1)]


def test_a_value_without_room_goes_on_below_in_its_column() -> None:
    """A long path on a narrow terminal must stay whole, and its neighbours in their columns."""
    rows = [("key", "value", "from"), ("known_hosts", "0123456789abcdefghij", "device")]

    assert lines_of(rows, 31) == [
        "key          value       from",
        "known_hosts  0123456789  device",
        "             abcdefghij",
    ]
    assert lines_of(rows, 80)[1:] == ["known_hosts  0123456789abcdefghij  device"]


def test_wide_characters_take_two_cells() -> None:
    """A region that is written in Chinese must not shift what stands behind it."""
    rows = [("a", "北京北京", "x"), ("a", "abcdefgh", "x")]

    assert lines_of(rows, 80) == ["a  北京北京  x", "a  abcdefgh  x"]


def calls_of_show(directory: Path, devices: int) -> int:
    """How many calls of functions it takes to show so many devices: the same on any machine."""
    rows = "".join(f"  fw-{n:04}: {{host: fw-{n:04}.example.net, tags: [prod]}}\n" for n in range(devices))
    file = directory / f"{devices}.yaml"
    file.write_text(GOOD.partition("devices:")[0] + "devices:\n" + rows)
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        result = run("show", "-i", file)
    finally:
        sys.setprofile(before)
    assert result.exit_code == 0
    assert result.stdout.count("fw-") == 2 * devices
    return count


def test_each_device_costs_a_few_hundred_calls(tmp_path: Path) -> None:
    """3,000 devices took 13 s: a table of rich makes some ten thousand calls of one."""
    calls_of_show(tmp_path, 1)

    more = calls_of_show(tmp_path, 60) - calls_of_show(tmp_path, 20)

    assert more / 40 < 700


def test_a_limit_that_matches_nothing_exits_2(file: Path) -> None:
    """A limit file works, and a mistake in it is an error."""
    limit = file.parent / "retry.txt"
    limit.write_text("fw-par-01\nfw-ber-1\n")

    result = run("show", "-i", file, "-l", f"@{limit}")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: --limit @{limit}, line 2: 'fw-ber-1': no device has this name")


def test_a_limit_file_in_an_unknown_home_exits_2(file: Path) -> None:
    """`~nobody-here/x` must end in a message."""
    result = run("check", "-i", file, "-l", "@~no-such-user-x/retry.txt")

    assert result.exit_code == 2
    assert "there is no such home directory" in result.stderr


def test_markup_in_a_value_is_text(file: Path) -> None:
    """A user name of a file must not colour or hide a table."""
    file.write_text(GOOD.replace("netaudit", "'[red]x[/red] :smile:'"))

    assert "[red]x[/red] :smile:" in run("show", "-i", file, "-l", "lab1").stdout


def test_control_characters_never_reach_the_terminal() -> None:
    """An escape sequence in a file must not rewrite the screen."""
    assert printable("a\x1b[2J\u202eb\tc\n") == "a\\x1b[2J\\u202eb\\tc\n"
    assert plain("[b]\x07").plain == "[b]\\x07"


def test_the_app_can_be_mounted(file: Path) -> None:
    """The program's entry point adds it under the name `inventory`."""
    main = typer.Typer()
    main.add_typer(app, name="inventory")

    assert CliRunner().invoke(main, ["inventory", "check", "-i", str(file)]).exit_code == 0


TABLE = f"""\
name,ip,user,group,enable,os
fw-1,192.0.2.11,netaudit,emea,{SENTINEL},asa
sw-1,192.0.2.12,netaudit,emea,,ios
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "hosts.csv"
    path.write_text(TABLE)
    return path


def test_import_writes_a_file_that_check_takes(table: Path, tmp_path: Path) -> None:
    """And says on stderr what is not in it, before how much is."""
    made = tmp_path / "inventory.yaml"

    result = run("import", f"csv:{table}", "-o", made)

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines() == [
        f"note: {table}:1, column: 'enable': a secret; it is not copied: name its source under credentials",
        f"note: {table}:3, column 'os': devices of platform 'ios': not an ASA",
        f"csv:{table}: 1 device, 1 group imported, 1 device left out",
    ]
    assert SENTINEL not in made.read_text()
    assert run("check", "-i", made).stdout == f"{made}: 1 device, 1 group, 1 credential: ok\n"


def test_import_prints_the_file_where_none_is_named(table: Path) -> None:
    """As every result; `--from` says what the path does not."""
    first, second = run("import", f"csv:{table}"), run("import", table, "--from", "csv", "-o", "-")

    assert first.exit_code == second.exit_code == 0
    assert first.stdout == second.stdout
    assert first.stdout.startswith("# Written by 'asa-transport inventory import'.\n")


def test_a_source_is_used_as_it_is_too(table: Path) -> None:
    """Nobody has to keep two files; what does not translate is said by `check`."""
    result = run("check", "-i", f"csv:{table}")

    assert result.exit_code == 0
    assert result.stdout == f"csv:{table}: 1 device, 1 group, 1 credential: ok\n"
    assert f"note: csv:{table}: {table}:3, column 'os': devices of platform 'ios'" in result.stderr


def test_import_replaces_what_an_import_has_written_and_nothing_else(table: Path, tmp_path: Path) -> None:
    """Somebody's own inventory is not lost by a word that TAB has completed."""
    made, own = tmp_path / "made.yaml", tmp_path / "own.yaml"
    own.write_text(GOOD)

    assert run("import", f"csv:{table}", "-o", made).exit_code == 0
    assert run("import", f"csv:{table}", "-o", made).exit_code == 0
    refused = run("import", f"csv:{table}", "-o", own)

    assert refused.exit_code == 2
    assert f"{own}: is there already, and no import has written it" in refused.stderr
    assert own.read_text() == GOOD


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("hosts.csv",), "whose inventory is it? Say so with --from"),
        (("hosts.csv", "--from", "excel"), "--from: 'excel' is no source; expected one of"),
        (("csv:hosts.csv", "--map", "x"), "--map: 'x'; expected COLUMN=KEY"),
        (("csv:hosts.csv", "--map", "x=host", "--map", "x=name"), "--map: 'x' is mapped twice"),
        (("csv:hosts.csv", "--map", "user name=host"), "no column 'user name' (did you mean 'user'?)"),
        (("csv:hosts.csv", "--map", "os=platfrom"), "--map: 'platfrom' is none of: name, host"),
        (("csv:nowhere.csv",), "nowhere.csv: there is no such file"),
    ],
)
def test_import_says_what_it_does_not_understand(
    table: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], why: str
) -> None:
    """Exit code 2, and no file."""
    monkeypatch.chdir(table.parent)

    result = run("import", *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert why in result.stderr
