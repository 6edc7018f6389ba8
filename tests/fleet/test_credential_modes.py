"""In every credential mode and through a bastion: an audit only reads, and no secret comes out anywhere."""

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
from tests.support import QUICK, Ended, cli, plain
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
    """Return the words of every process of this machine, as `ps` shows them."""
    return b"\n".join(command_line(int(entry.name)) for entry in Path("/proc").glob("[0-9]*"))


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
        for question, answer in place.sources.answers.items():
            # The blank comes once the terminal does not show any more what is typed.
            asked = f"{question}: ".encode()
            terminal.wait_for(partial(_ends_in, terminal, asked))
            terminal.answer(answer)
        wait_for(lambda: _is_waiting(place), terminal.running)
        processes, core = command_lines(), core_limit(terminal.running.pid)
        terminal.running.send_signal(signal.SIGINT)
    return Seen(code=terminal.end(), text=terminal.raw, processes=processes, core=core)


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


def then_planned(place: Site, directory: Path, scratch: Path) -> list[str]:
    """Plan, make a ticket of it and rehearse it; return what was said, and the reports of the audit."""
    state, plan = directory / "state", directory / "plan.json"
    formats = ("json", "html", "csv", "md", "junit", "sarif")
    said = [cli("report", "last", "--state-dir", state, f"--format={name}") for name in formats]
    if place.sources.answers:
        return [one.out + one.err for one in said]
    given = {**place.sources.environment, "TMPDIR": str(scratch)}
    words = [*options(place, directory), *QUICK, "-v"]
    # Forked from a program that has looked for keyrings already: that one is started anew.
    for argv in (["plan", "-l", "fw-far-a", "-o", plan], ["push", plan]):
        with started(*map(str, (*argv, *words)), **given) as running:
            out, err = running.communicate(timeout=LIMIT_S)
        assert running.returncode == 0, out + err
        said.append(Ended(code=0, out=out, err=err))
    said.append(cli("ticket", plan, "-o", directory / "ticket", "--state-dir", state))
    assert said[-1].code == 0, said[-1].err
    return [one.out + one.err for one in said]


@pytest.mark.parametrize("mode", MODES)
def test_no_secret_is_anywhere_and_nothing_but_reading_was_done(mode: str, tmp_path: Path) -> None:
    """Files, store, plan, ticket, reports, streams, every process's words; firewalls that echo."""
    with folders() as (sources, scratch), site(mode, tmp_path, sources) as place:
        seen = audited(place, tmp_path, scratch)
        fleet, hops = place.fleet, place.hops()
        secrets_typed = {fleet[name].secrets_typed for name in fleet.names}
        tries = {fleet[name].password_tries for name in fleet.names}
        said = then_planned(place, tmp_path, scratch)
        typed = [(name, line) for name in fleet.names for line in fleet[name].typed]
        parts = (seen.text, seen.processes, content(tmp_path), content(scratch), *map(str.encode, said))
        everything, secrets = b"\n".join(parts), place.secrets

    assert seen.code == 130, seen.text.decode()
    assert all(name.encode() in everything for name in ("fw-far-a", "show license all", "asa-transport"))
    assert [secret for secret in secrets if secret in everything] == []
    assert [one for one in typed if one[1] != SECRET and not is_read_only(one[1], probe=True)] == []
    # The enable password was typed once into each that asked for it, and a password left once or never.
    assert max(secrets_typed) == 1
    assert tries == ({1} if "password" in place.sources.login else {0})
    assert hops == 1
    assert seen.core in {"0", "1"}
