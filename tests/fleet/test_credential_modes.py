"""In every credential mode and through a bastion: only a committed push writes, and no secret comes out."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from asa_transport.capabilities import is_read_only
from tests.fleet.modes import MODES, Site, site
from tests.processes import command_line, started, wait_for
from tests.support import QUICK, cli, plain
from tests.terminal import Terminal, on_terminal

SECRET = "<secret>"
LIMIT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a run in one mode left behind, and what could be seen of it while it ran."""

    code: int
    text: bytes
    processes: bytes
    core: str


def command_lines() -> bytes:
    """Return the words of every process of this machine, as `ps` shows them.

    But for those by which a test makes keys, which may run beside this one.
    """
    lines = [command_line(int(entry.name)) for entry in Path("/proc").glob("[0-9]*")]
    return b"\n".join(line for line in lines if not line.startswith(b"ssh-keygen\0-q\0-t\0"))


def core_limit(pid: int) -> str:
    limits = Path(f"/proc/{pid}/limits").read_text()
    (line,) = [one for one in limits.splitlines() if one.startswith("Max core file size")]
    return line.split()[4]


def content(folder: Path) -> bytes:
    return b"\n".join(plain(path) for path in folder.rglob("*") if path.is_file())


@contextmanager
def folders() -> Iterator[tuple[Path, Path]]:
    """Give short ones: the path of an agent's socket may have 107 characters."""
    with (
        tempfile.TemporaryDirectory(prefix="src-") as sources,
        tempfile.TemporaryDirectory(prefix="t-") as other,
    ):
        yield Path(sources), Path(other)


def options(place: Site, directory: Path) -> list[str | Path]:
    return ["-i", place.inventory, "--ssh-config", place.ssh_config, "--state-dir", directory / "state"]


def audited(place: Site, directory: Path, scratch: Path) -> Seen:
    """Audit, look while a firewall keeps the run waiting, and end it then."""
    limits = ("--command-timeout=300", "--device-timeout=300")
    argv = ["audit", *options(place, directory), "-v", "--format=json", *QUICK, *limits]
    given = {**place.sources.environment, "TMPDIR": str(scratch)}
    if place.sources.answers:
        return _asked(place, argv, given)
    with started(*map(str, argv), **given) as running:
        wait_for(lambda: _is_waiting(place), running)
        processes, core = command_lines(), core_limit(running.pid)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=LIMIT_S)
    return Seen(code=running.returncode, text=(out + err).encode(), processes=processes, core=core)


def _asked(place: Site, argv: list[str | Path], given: dict[str, str]) -> Seen:
    """The same at a terminal, where a person types the passwords."""
    with on_terminal(*argv, width=200, height=50, cwd=None, **given) as terminal:
        _answer(place, terminal)
        wait_for(lambda: _is_waiting(place), terminal.running)
        processes, core = command_lines(), core_limit(terminal.running.pid)
        terminal.running.send_signal(signal.SIGINT)
    return Seen(code=terminal.end(), text=terminal.raw, processes=processes, core=core)


def _answer(place: Site, terminal: Terminal) -> None:
    for question, answer in place.sources.answers.items():
        # The blank comes once the terminal does not show any more what is typed.
        asked = f"{question}: ".encode()
        terminal.wait_for(partial(_ends_in, terminal, asked))
        terminal.answer(answer)


def _ends_in(terminal: Terminal, asked: bytes, _text: str) -> bool:
    return terminal.raw.endswith(asked)


def _is_waiting(place: Site) -> bool:
    """Whether one firewall waits, and the others are done with."""
    fleet = place.fleet
    return (
        "show license all" in fleet["fw-far-f-waits"].typed
        and all("exit" in fleet[f"fw-far-{name}"].typed for name in ("a", "b-echoes"))
        and all(fleet[f"fw-far-{name}"].secrets_typed for name in ("c-hangs-up", "d-rejects"))
    )


def _run(place: Site, directory: Path, scratch: Path, *argv: str | Path) -> bytes:
    """Return all that a command of this site says, at a terminal where a person types the passwords."""
    given = {**place.sources.environment, "TMPDIR": str(scratch)}
    words = [*argv, *options(place, directory), *QUICK, "-v"]
    if place.sources.answers:
        with on_terminal(*words, width=200, height=50, cwd=None, **given) as terminal:
            _answer(place, terminal)
            code, said = terminal.end(), terminal.raw
    else:
        # Forked from a program that has looked for keyrings already: that one is started anew.
        with started(*map(str, words), **given) as running:
            out, err = running.communicate(timeout=LIMIT_S)
        code, said = running.returncode, (out + err).encode()
    assert code == 0, said.decode()
    return said


def then_planned(place: Site, directory: Path, scratch: Path) -> list[bytes]:
    """Plan, make a ticket of it and rehearse it; return what was said, and the reports of the audit."""
    plan, state = directory / "plan.json", ("--state-dir", directory / "state")
    formats = ("json", "html", "csv", "md", "junit", "sarif")
    told = [cli("report", "last", *state, f"--format={name}") for name in formats]
    said = [
        _run(place, directory, scratch, "plan", "-l", "fw-far-a", "-o", plan),
        _run(place, directory, scratch, "push", plan),
    ]
    told.append(cli("ticket", plan, "-o", directory / "ticket", *state))
    assert told[-1].code == 0, told[-1].err
    return [*said, *((one.out + one.err).encode() for one in told)]


def then_pushed(place: Site, directory: Path, scratch: Path) -> list[bytes]:
    """Push the plan in earnest; return what was said, what `ps` showed meanwhile, and the closing ticket."""
    shown: list[bytes] = []
    # The firewall waits for as long as somebody looks.
    place.fleet["fw-far-a"].when("write memory", lambda: shown.append(command_lines()))
    plan, state = directory / "plan.json", ("--state-dir", directory / "state")
    said = _run(place, directory, scratch, "push", plan, "--commit", "--yes")
    told = [cli("ticket", "last", "-o", directory / "closing", *state), cli("show", "last", *state)]
    assert [one.code for one in told] == [0, 0], told
    assert b"asa-transport" in b"".join(shown)
    return [said, *shown, *((one.out + one.err).encode() for one in told)]


@pytest.mark.parametrize("mode", MODES)
def test_no_secret_is_anywhere_and_nothing_but_reading_was_done(mode: str, tmp_path: Path) -> None:
    """Files, store, plan, ticket, journal, reports, streams, every process's words; firewalls that echo."""
    with folders() as (sources, scratch), site(mode, tmp_path, sources) as place:
        seen = audited(place, tmp_path, scratch)
        fleet, hops = place.fleet, place.hops()
        secrets_typed = {fleet[name].secrets_typed for name in fleet.names}
        tries = {fleet[name].password_tries for name in fleet.names}
        said = then_planned(place, tmp_path, scratch)
        typed = [(name, line) for name in fleet.names for line in fleet[name].typed]
        others = [fleet[name].transcript for name in fleet.names if name != "fw-far-a"]
        said += then_pushed(place, tmp_path, scratch)
        changed = [name for name in fleet.names if fleet[name].config_changes]
        left_alone = others == [fleet[name].transcript for name in fleet.names if name != "fw-far-a"]
        parts = (seen.text, seen.processes, content(tmp_path), content(scratch), *said)
        everything, secrets = b"\n".join(parts), place.secrets

    assert seen.code == 130, seen.text.decode()
    named = ("fw-far-a", "show license all", "asa-transport", "transport type smart")
    assert all(name.encode() in everything for name in named)
    assert [secret for secret in secrets if secret in everything] == []
    assert [one for one in typed if one[1] != SECRET and not is_read_only(one[1], probe=True)] == []
    assert (changed, left_alone) == (["fw-far-a"], True)
    # The enable password was typed once into each that asked for it, and a password left once or never.
    assert max(secrets_typed) == 1
    assert tries == ({1} if "password" in place.sources.login else {0})
    assert hops == 1
    assert seen.core in {"0", "1"}
