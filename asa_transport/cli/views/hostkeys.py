"""What a host-key scan found, as a table that a person can read or as JSON."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import IO, Any, assert_never

import typer
from rich.table import Table

from asa_transport.cli.console import StderrTeller, console, plain, print_json, say
from asa_transport.edges.ssh.hostkeys import Standing, fingerprint
from asa_transport.flows.hostkeys import KeyOutcome, KeyRun, NoKey, ShownKey
from asa_transport.model import HostKey
from asa_transport.text import counted


def print_lines(run: KeyRun, file: IO[str]) -> None:
    """Write the unknown keys as lines of a known_hosts file."""
    file.write("".join(f"{one.entry.line}\n" for one in run.unknown))


def print_compared(run: KeyRun, file: IO[str], *, as_json: bool, no_color: bool) -> None:
    """Print one row or record per device, and how many stand how."""
    found, totals = run.outcomes, Counter(map(_word, run.outcomes))
    if as_json:
        print_json(
            {
                "schema": "asa-transport/hostkeys/1",
                "exit_code": int(run.end),
                "totals": {"devices": len(found), **dict(sorted(totals.items()))},
                "devices": [_json(outcome) for outcome in found],
            },
            file,
        )
        return
    table = Table(box=None, pad_edge=False)
    for header in ("device", "host", "key", "shown", "known_hosts says"):
        table.add_column(header, overflow="fold")
    for outcome in found:
        device = outcome.device
        table.add_row(
            *map(plain, (device.name, f"{device.host}:{device.port}", _word(outcome), *_cells(outcome)))
        )
    shown = console(file, no_color=no_color)
    shown.print(table)
    shares = ", ".join(f"{number} {word}" for word, number in sorted(totals.items()))
    shown.print(plain(f"{counted(len(found), 'device')}: {shares}"))


def say_suspect(outcomes: Iterable[KeyOutcome]) -> None:
    """Name the devices whose keys are neither known nor new, and those that showed none."""
    for outcome in outcomes:
        match outcome:
            case NoKey():
                say(f"{outcome.device.name}: not reached: {outcome.error}\n  hint: {outcome.hint}")
            case ShownKey() if outcome.standing in (Standing.CHANGED, Standing.REVOKED):
                say(
                    f"{outcome.device.name}: {outcome.standing}: shows {_described(outcome.key)}; "
                    f"{outcome.device.known_hosts} is left as it is\n"
                    "  hint: find out why it changed (replaced unit? other device?) before you edit the file"
                )
            case _:
                pass


def say_unknown(unknown: Iterable[ShownKey]) -> None:
    """Show the fingerprints that are to be compared on the consoles of the devices."""
    for one in unknown:
        shown = f"{_described(one.key)} -> {one.device.known_hosts}"
        say(f"{one.device.name} ({one.device.host} port {one.device.port}): {shown}")


def say_enrolled(unknown: Sequence[ShownKey], missing: Sequence[ShownKey], *, quiet: bool) -> None:
    """Say which keys are not in their files, and how many are."""
    for one in missing:
        say(f"{one.device.name}: not added: {one.device.known_hosts} has come to hold another key for it")
    StderrTeller(quiet=quiet).note(f"{counted(len(unknown) - len(missing), 'key')} added")


def _word(outcome: KeyOutcome) -> str:
    return outcome.standing.value if isinstance(outcome, ShownKey) else "not-reached"


def _cells(outcome: KeyOutcome) -> tuple[str, str]:
    match outcome:
        case NoKey():
            return outcome.error, f"hint: {outcome.hint}"
        case ShownKey():
            said = [_described(key) for key in outcome.known.accepted]
            said += [f"revoked {_described(key)}" for key in outcome.known.revoked]
            if outcome.known.has_authority:
                said.append("a @cert-authority line, which admits no key here")
            return _described(outcome.key), ", ".join(said) or "nothing"
        case _:
            assert_never(outcome)


def _described(key: HostKey) -> str:
    return f"{key.type} {fingerprint(key)}"


def _json(outcome: KeyOutcome) -> dict[str, Any]:
    device = outcome.device
    record: dict[str, Any] = {
        "name": device.name,
        "host": device.host,
        "port": device.port,
        "known_hosts": str(device.known_hosts),
        "outcome": _word(outcome),
    }
    match outcome:
        case NoKey():
            return {**record, "error": outcome.error, "hint": outcome.hint}
        case ShownKey():
            return {
                **record,
                "shown": _key_json(outcome.key),
                "accepted": [_key_json(key) for key in outcome.known.accepted],
                "revoked": [_key_json(key) for key in outcome.known.revoked],
                "cert_authority": outcome.known.has_authority,
                "line": outcome.entry.line,
            }
        case _:
            assert_never(outcome)


def _key_json(key: HostKey) -> dict[str, str]:
    return {"type": key.type, "fingerprint": fingerprint(key)}


def agreed(question: str) -> bool:
    """Ask on stderr; only `y` and `yes` are a yes."""
    # typer's own question puts a blank on stdout, where the lines of the scan are.
    typer.echo(f"{question} [y/N] ", nl=False, err=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
