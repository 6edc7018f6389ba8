"""Shell completion, driven as bash drives it: names from the inventory, never an error, never a contact."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import typer

from asa_transport.asa.version import train_of
from asa_transport.cli.commands.schema import NAMES
from asa_transport.cli.lazy import commands_of
from asa_transport.cli.main import app
from asa_transport.core.judgement.rules.table import RULES
from asa_transport.core.reports.only import WORDS
from asa_transport.files import bugs as shipped
from tests.support import PROGRAM

INVENTORY = """\
defaults: {username: u, credential: c, known_hosts: none}
credentials: {c: {password: {command: [touch, asked-for-a-secret]}}}
groups: {emea: {region: north}}
devices:
  fw-par-01: {host: 192.0.2.1, groups: [emea], tags: [prod]}
  fw-par-02: {host: 192.0.2.2}
  fw-sin-01: {host: 192.0.2.3, tags: [lab]}
"""
EXCEPTIONS = """\
exceptions:
  - {device: fw-par-01, until: 2026-12-31, owner: o, ticket: T-1, reason: r, added_at: 2026-01-01T00:00:00Z}
  - {device: fw-sin-01, until: 2026-12-31, owner: o, ticket: T-2, reason: r, added_at: 2026-01-01T00:00:00Z,
     closed_at: 2026-01-02T00:00:00Z}
"""
WAIVERS = """\
waivers:
  - {rule: AT301, devices: group:emea, until: 2026-12-31, owner: o, reason: r}
  - {rule: AT301, devices: fw-sin-01, until: 2026-12-31, owner: o, reason: r}
  - {bug: CSCwp10957, devices: fw-par-01, until: 2026-12-31, owner: o, reason: r}
  - {rule: AT402, devices: fw-par-01, until: 2026-12-31, owner: o, reason: r, closed_at: 2026-01-02T00:00:00Z}
"""
NOTIFY = "channels: {ops: {kind: webhook, url: {env: A}}, chat: {kind: apprise, url: {env: A}}}\n"
AUDITED, PUSHED, LEFT = "20260112T130000Z-4f1c", "20260113T130000Z-0a2b", "20260114T130000Z-77aa"
# What is offered for nothing, by what it is that a parameter names.
OFFERED = {
    "devices": ["fw-par-01", "fw-par-02", "fw-sin-01"],
    "patterns": ["fw-par-01", "fw-par-02", "fw-sin-01", "group:emea", "tag:lab", "tag:prod", "region:north"],
    "regions": ["north"],
    "runs": ["last", LEFT, PUSHED, AUDITED],
    "runs, and a command": ["last", LEFT, PUSHED, AUDITED, "merge"],
    "audits": ["last", AUDITED],
    "unfinished audits": ["last", LEFT],
    "pushes": ["last", PUSHED],
    "rules": [rule.id for rule in RULES],
    "bugs": [bug.id for bug in shipped.load(None, train_of=train_of).bugs],
    "exceptions": ["fw-par-01"],
    "waivers": ["AT301", "CSCwp10957"],
    "waived devices": ["group:emea", "fw-sin-01", "fw-par-01"],
    "schemas": list(NAMES),
    "what is shown": list(WORDS),
    "channels": ["ops", "chat"],
}
# Every parameter that takes a value, an argument with its command.  What takes one of a few words
# offers them; a file or a folder is the shell's; the rest nobody can know.  A new one must decide.
TAKEN = {
    "devices": "exceptions add DEVICE",
    "patterns": "--limit, doctor NAME…, waivers add DEVICES",
    "regions": "--region",
    "runs": "show PLAN.json|RUN, ticket PLAN.json|RUN",
    "runs, and a command": "report RUN",
    "unfinished audits": "--attach",
    "audits": ", ".join(
        [
            "--against",
            "--from-run",
            "--since",
            "captures export RUN",
            "diff RUN",
        ]
    ),
    "pushes": "journal verify RUN, resume RUN",
    "rules": "--rule, rules ID",
    "bugs": "--bug",
    "exceptions": "exceptions close DEVICE",
    "waivers": "waivers close ID",
    "waived devices": "--devices",
    "schemas": "schema NAME",
    "channels": "notify test CHANNEL",
    "what is shown": "--only",
    "one of a few words": ", ".join(
        [
            "--engine",
            "--expect-transport",
            "--fail-on",
            "--fail-on-new",
            "--format",
            "--from",
            "--goal",
            "--kind",
            "--log-format",
        ]
    ),
    "a file or a folder": ", ".join(
        [
            "--allowed-signers",
            "--approval",
            "--beside",
            "--broker-ca",
            "--bugs",
            "--exceptions",
            "--file",
            "--fingerprints",
            "--inventory",
            "--key",
            "--known-hosts",
            "--log-file",
            "--metrics",
            "--notify",
            "--offline",
            "--output",
            "--policy",
            "--sign-key",
            "--ssh-config",
            "--state-dir",
            "--templates",
            "--textfsm-templates",
            "--waivers",
            "analyze PATH",
            "approve PLAN.json",
            "captures check FILE.zip",
            "push PLAN.json",
            "report merge FILE",
        ]
    ),
    "a word of one's own": ", ".join(
        [
            "--attempts",
            "--broker",
            "--command-timeout",
            "--connect-timeout",
            "--contact-timeout",
            "--device-timeout",
            "--expect-proxy",
            "--handshake-timeout",
            "--last",
            "--login-timeout",
            "--map",
            "--max-fail",
            "--model",
            "--now",
            "--old",
            "--owner",
            "--pause-between",
            "--processes",
            "--reason",
            "--reconnect-timeout",
            "--shard",
            "--store",
            "--ticket",
            "--until",
            "--username",
            "--valid-for",
            "--workers",
            "bugs VERSION",
            "inventory import SOURCE",
        ]
    ),
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    (tmp_path / "other.yaml").write_text(INVENTORY.replace("fw-", "asa-"))
    for name, file in (
        (AUDITED, "audit.json"),
        (PUSHED, "journal.jsonl"),
        (LEFT, ".lock"),
        ("lost+found", "audit.json"),
    ):
        run = tmp_path / "state" / "runs" / name
        run.mkdir(parents=True)
        (run / file).touch()
    (tmp_path / "exceptions.yaml").write_text(EXCEPTIONS)
    (tmp_path / "waivers.yaml").write_text(WAIVERS)
    (tmp_path / "notify.yaml").write_text(NOTIFY)
    return tmp_path


def complete(home: Path, line: str, **environment: str) -> list[str]:
    """What bash would offer at the end of a line."""
    words = line.split(" ")
    done = subprocess.run(
        [PROGRAM],
        cwd=home,
        env={
            **os.environ,
            "_ASA_TRANSPORT_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
            "ASA_TRANSPORT_STATE_DIR": str(home / "state"),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split()


def parameters() -> Iterator[tuple[str, Any, Any]]:
    """Yield what every parameter that takes a value is called, its command and itself."""
    for name, command in commands_of(typer.main.get_command(app)).items():
        below = getattr(command, "commands", None)
        for path, one in {name: command}.items() if below is None else below.items():
            words = path if below is None else f"{name} {path}"
            for param in one.params:
                if param.param_type_name == "argument":
                    yield f"{words} {param.metavar or param.name.upper()}", one, param
                elif not param.is_flag:
                    yield max(param.opts, key=len), one, param


def test_every_parameter_has_decided_what_it_completes() -> None:
    """What the machine knows by name, nobody has to look up."""
    decided = [name for names in TAKEN.values() for name in names.split(", ")]

    assert sorted(decided) == sorted({name for name, _, _ in parameters()})


def test_every_parameter_offers_what_it_names(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the table, in the declaration and at the prompt it is the same."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("ASA_TRANSPORT_STATE_DIR", str(home / "state"))
    kinds = {name: kind for kind, names in TAKEN.items() for name in names.split(", ")}

    for name, command, param in parameters():
        context = command.make_context(name, [], resilient_parsing=True)
        offered = [item.value for item in param.shell_complete(context, "")]
        if kinds[name] == "one of a few words":
            assert offered, name
        else:
            assert offered == OFFERED.get(kinds[name], []), name


def test_limits_are_names_groups_tags_and_regions(home: Path) -> None:
    """What `-l` takes, from the inventory beside."""
    assert complete(home, "asa-transport audit -l ") == [
        "fw-par-01", "fw-par-02", "fw-sin-01", "group:emea", "tag:lab", "tag:prod", "region:north",
    ]  # fmt: skip
    assert complete(home, "asa-transport audit -l fw-par") == ["fw-par-01", "fw-par-02"]


COLONS = {
    "audit -l group:e": "audit -l group:emea",
    "audit -l group:": "audit -l group:emea",
    "audit -l 'fw-par-01,tag:p": "audit -l 'fw-par-01,tag:prod'",
    "audit -l fw-par-01,region:n": "audit -l fw-par-01,region:north",
    "audit --limit=fw-s": "audit --limit=fw-sin-01",
    "audit --limit=group:e": "audit --limit=group:emea",
    "audit -l fw-s": "audit -l fw-sin-01",
}


def test_bash_itself_completes_what_has_a_colon(home: Path) -> None:
    """bash ends a word at `:` and `=`: it completed `group:e` to the name of a file."""
    said = on_a_bash(home, [f"asa-transport {typed}\t" for typed in COLONS])

    assert [becomes for becomes in COLONS.values() if f"asa-transport {becomes}" not in said] == []
    assert "exceptions.yaml" not in said


def on_a_bash(home: Path, lines: Sequence[str]) -> str:
    """What an interactive bash shows that has this program's script, while these are typed."""
    script = home / "script"
    shown = {**os.environ, "_ASA_TRANSPORT_COMPLETE": "source_bash", "SHELL": "/bin/bash"}
    script.write_bytes(subprocess.run([PROGRAM], env=shown, capture_output=True, check=True).stdout)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 200, 0, 0))
    environment = {
        **os.environ, "PATH": f"{Path(PROGRAM).parent}:{os.environ['PATH']}", "PS1": "$ ", "TERM": "dumb",
        "INPUTRC": "/dev/null", "HISTFILE": "",
    }  # fmt: skip
    shell = subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i"], cwd=home, env=environment, stdin=theirs, stdout=theirs,
        stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        # A TAB is answered before what was typed behind it is read; ESC # makes a comment of the line.
        os.write(ours, "".join(["source ./script\n", *(f"{line}\x1b#" for line in lines), "exit\n"]).encode())
        said = b""
        with suppress(OSError):
            while more := os.read(ours, 65_536):
                said += more
        shell.wait(30)
        return said.decode()
    finally:
        shell.kill()
        os.close(ours)


def asked_by(shell: str, home: Path, line: str, **environment: str) -> str:
    """What zsh or fish is answered at the end of a line; tests/readers has the shells themselves."""
    asking = {
        "_ASA_TRANSPORT_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    return subprocess.run(
        [PROGRAM], cwd=home, env={**os.environ, **asking, **environment},
        capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip


def test_zsh_and_fish_are_offered_an_option_with_its_value(home: Path) -> None:
    """Both put what they are offered in the place of the whole word."""
    line = "asa-transport audit --limit=fw-par-01,group:e"

    assert asked_by("fish", home, line).split() == ["--limit=fw-par-01,group:emea"]
    assert r'"--limit=fw-par-01,group\\:emea"' in asked_by("zsh", home, line)
    assert asked_by("zsh", home, "asa-transport audit --output=a").strip() == "compset -P '*='; _files"
    assert asked_by("zsh", home, "asa-transport audit -o a").strip() == "_files"


def test_fish_is_told_one_offer_a_line(home: Path) -> None:
    """A help that was folded at eighty columns went on as an offer."""
    lines = asked_by("fish", home, "asa-transport audit --").splitlines()

    assert [line for line in lines if not line.startswith("--")] == []


def test_the_script_of_zsh_answers_the_tab_that_loads_it() -> None:
    """The first one of a new shell was lost."""
    asking = {**os.environ, "_ASA_TRANSPORT_COMPLETE": "source_zsh"}

    script = subprocess.run([PROGRAM], env=asking, capture_output=True, text=True, check=True).stdout

    assert script.strip().startswith("#compdef asa-transport\n")
    assert "loadautofunc" in script


def test_a_second_word_of_what_is_shown_begins_behind_a_comma(home: Path) -> None:
    """As with devices; verdicts and severities are one list."""
    assert complete(home, "asa-transport report last --only change,man") == ["change,manual"]


def test_a_second_pattern_begins_behind_a_comma(home: Path) -> None:
    """The whole word is replaced by the shell, so what stands before the comma is kept."""
    assert complete(home, "asa-transport plan -l fw-sin-01,!fw-par-0") == [
        "fw-sin-01,!fw-par-01",
        "fw-sin-01,!fw-par-02",
    ]
    assert complete(home, "asa-transport inventory list -l 'group:emea,&tag:p") == ["group:emea,&tag:prod"]


def test_the_inventory_of_the_line_is_read(home: Path) -> None:
    """`-i other.yaml` is where the names are."""
    assert complete(home, "asa-transport audit -i other.yaml -l asa-p") == ["asa-par-01", "asa-par-02"]
    assert complete(home, "asa-transport exceptions add -i other.yaml asa-s") == ["asa-sin-01"]
    assert complete(home, "asa-transport inventory show -i other.yaml -l asa-s") == ["asa-sin-01"]


def test_runs_are_the_kept_ones_the_newest_first(home: Path) -> None:
    """Nothing else in the folder is a run."""
    assert complete(home, "asa-transport ticket ") == [
        "last",
        LEFT,
        PUSHED,
        AUDITED,
    ]
    assert complete(home, "asa-transport plan --from-run 20260112") == [AUDITED]
    other = complete(home, f"asa-transport plan --state-dir {home}/none --from-run ")
    assert other == ["last"]


def test_rules_and_schemas_are_completed(home: Path) -> None:
    """Nobody knows their numbers by heart."""
    assert complete(home, "asa-transport rules AT10") == [f"AT10{number}" for number in range(1, 7)]
    assert complete(home, "asa-transport schema notif") == ["notify", "notification"]


def test_channels_are_those_of_the_lines_file(home: Path) -> None:
    """The default file, or the one that stands there already."""
    (home / "other.yaml").write_text(NOTIFY.replace("ops", "team"))

    assert complete(home, "asa-transport notify test o") == ["ops"]
    assert complete(home, "asa-transport notify test --notify other.yaml t") == ["team"]
    assert complete(home, "asa-transport notify test --notify none.yaml t") == []


def test_what_may_be_closed_is_what_is_open(home: Path) -> None:
    """Of a waiver's entries those of the rule that is named."""
    assert complete(home, "asa-transport exceptions close fw-") == ["fw-par-01"]
    assert complete(home, "asa-transport waivers close AT") == ["AT301"]
    assert complete(home, "asa-transport waivers close AT301 --devices ") == ["group:emea", "fw-sin-01"]


def test_no_pipe_is_waited_for(home: Path) -> None:
    """Who presses TAB waits for nobody who might write there."""
    for name in ("pipe.yaml", "bugs.yaml"):
        os.mkfifo(home / name)

    assert complete(home, "asa-transport audit -i pipe.yaml -l fw") == []
    assert complete(home, "asa-transport waivers add fw-par-01 --bugs bugs.yaml --bug CSC") == []
    assert complete(home, "asa-transport exceptions close --file pipe.yaml fw") == []
    assert complete(home, "asa-transport waivers close --file pipe.yaml AT") == []


@pytest.mark.parametrize("text", ["devices: [", "\x00", "devices: {fw-a: {host: 1.2.3.4, x: y}}", "\xff"])
def test_an_inventory_that_cannot_be_used_offers_nothing(home: Path, text: str) -> None:
    """A traceback in the middle of a command line helps nobody."""
    (home / "inventory.yaml").write_text(text, encoding="latin-1")

    assert complete(home, "asa-transport audit -l fw") == []
    assert complete(home, "asa-transport audit -i . -l fw") == []
    assert complete(home, "asa-transport audit -i none.yaml -l fw") == []
    assert complete(home, "asa-transport audit -i ~nobody-of-that-name/a.yaml -l fw") == []
    for name in ("exceptions", "waivers"):
        (home / f"{name}.yaml").write_text(text, encoding="latin-1")
        assert complete(home, f"asa-transport {name} close ") == []


def test_no_secret_is_asked_for(home: Path) -> None:
    """The credential's command would leave a file."""
    complete(home, "asa-transport audit -l ")

    assert not (home / "asked-for-a-secret").exists()
