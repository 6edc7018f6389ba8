"""What a host-key scan found, as a table that a person can read or as JSON."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import IO, Any, assert_never

import typer
from rich.table import Table

from asa_transport.cli.console import StderrTeller, console, plain, print_json, say
from asa_transport.edges.ssh.hostkeys import Standing, why_changed
from asa_transport.flows.hostkeys import KeyOutcome, KeyRun, NoKey, ShownKey
from asa_transport.flows.hostkeys_change import NotWritten, Writing
from asa_transport.model import Device, HostCertificate, HostKey
from asa_transport.text import counted, instant

# So many units of pairs are named one by one.
_MOST_NAMES = 5


def print_lines(run: KeyRun, file: IO[str], *, is_hashed: bool) -> None:
    """Write the unknown keys as lines of a known_hosts file."""
    lines = (one.entry.hashed(os.urandom(20)) if is_hashed else one.entry.line for one in run.unknown)
    file.write("".join(f"{line}\n" for line in lines))


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


def say_suspect(outcomes: Iterable[KeyOutcome], *, with_unreached: bool) -> None:
    """Name the devices whose keys are neither known nor new, and those that showed none if they are to be."""
    for outcome in outcomes:
        match outcome:
            case NoKey() if with_unreached:
                say(f"{outcome.device.name}: not reached: {outcome.error}\n  hint: {outcome.hint}")
            case ShownKey() if _is_suspect(outcome):
                say(
                    f"{outcome.device.name}: {outcome.standing}: shows {_shown(outcome)}; "
                    f"{outcome.device.known_hosts} is left as it is\n  hint: {_cure(outcome)}"
                )
            case _:
                pass


def _is_suspect(one: ShownKey) -> bool:
    return one.standing not in (Standing.SAME, Standing.UNKNOWN)


def _cure(one: ShownKey) -> str:
    if one.standing is Standing.REVOKED:
        return "do not log in; ask who revoked it"
    if one.standing is Standing.UNCERTIFIED:
        return "have its authority make a new certificate"
    if one.is_of_mate:
        mate = one.known.mate
        return (
            f"it is the key of its mate {mate}: have they changed roles? Enrol both keys for both: "
            f"asa-transport hostkeys scan --add --pairs -l {one.device.name},{mate}"
        )
    return (
        f"{why_changed(one.known, one.key)}; if it was meant, compare the new fingerprint on its console, "
        f"then: asa-transport hostkeys rotate -l {one.device.name}"
    )


def say_lone(outcomes: Iterable[KeyOutcome], *, quiet: bool) -> None:
    """Name the units of pairs whose mate's key is known, and would not be accepted after a failover."""
    lone = [one for one in outcomes if isinstance(one, ShownKey) and one.known.of_mate]
    for one in lone[:_MOST_NAMES]:
        name, mate = one.device.name, one.known.mate
        StderrTeller(quiet=quiet).note(
            f"{name}: the key of its mate {mate} is not known of it, and would be refused after a failover\n"
            f"  hint: asa-transport hostkeys scan --add --pairs -l {name},{mate}"
        )
    if len(lone) > _MOST_NAMES:
        StderrTeller(quiet=quiet).note(
            f"{counted(len(lone) - _MOST_NAMES, 'more unit')} of pairs without the key of the mate"
        )


def say_wanted(wanted: Iterable[Writing]) -> None:
    """Show the fingerprints that are to be compared on the consoles of the devices, old above new."""
    for one in wanted:
        device = one.device
        whose = f", the key of its mate {device.pair}" if one.is_of_mate else ""
        place = f"{device.name} ({device.host} port {device.port}{_alias(device)})"
        if not one.known:
            say(f"{place}: {_described(one.key)}{whose} -> {device.known_hosts}")
            continue
        say(f"{place}, {device.known_hosts}")
        for key in one.known:
            say(f"  {'old, goes: ' if key in one.old else 'old, stays:'} {_described(key)}")
        say(f"  new:        {_described(one.key)}{whose}")


def say_left(left: Iterable[NotWritten]) -> None:
    """Say which keys are not written, and why."""
    for one in left:
        say(f"{one.device.name}: not written: {one.why}")


def say_written(wanted: Sequence[Writing], missing: Sequence[Writing], *, quiet: bool, done: str) -> None:
    """Say which keys are not in their files, and how many are."""
    for one in missing:
        say(f"{one.device.name}: not {done}: {one.device.known_hosts} has come to say something else of it")
    StderrTeller(quiet=quiet).note(f"{counted(len(wanted) - len(missing), 'key')} {done}")


def _alias(device: Device) -> str:
    return f" as {device.host_key_alias}" if device.host_key_alias is not None else ""


def _word(outcome: KeyOutcome) -> str:
    return outcome.standing.value if isinstance(outcome, ShownKey) else "not-reached"


def _cells(outcome: KeyOutcome) -> tuple[str, str]:
    match outcome:
        case NoKey():
            return outcome.error, f"hint: {outcome.hint}"
        case ShownKey():
            said = [_described(key) for key in outcome.known.accepted]
            said += [f"revoked {_described(key)}" for key in outcome.known.revoked]
            if outcome.known.of_mate:
                said.append(f"not the key of its mate {outcome.known.mate}")
            said += [f"@cert-authority {_described(key)}" for key in outcome.known.authorities]
            return _shown(outcome), ", ".join(said) or "nothing"
        case _:
            assert_never(outcome)


def _shown(one: ShownKey) -> str:
    certificate = one.certificate
    if certificate is None:
        return _described(one.key)
    why = f": {certificate.problem}" if certificate.problem else ""
    return f"{_described(one.key)}, certificate {certificate.key_id}{why}"


def _described(key: HostKey) -> str:
    return f"{key.type} {key.fingerprint}"


def _json(outcome: KeyOutcome) -> dict[str, Any]:
    device = outcome.device
    record: dict[str, Any] = {
        "name": device.name,
        "host": device.host,
        "port": device.port,
        "known_hosts": str(device.known_hosts),
        **({} if device.host_key_alias is None else {"host_key_alias": device.host_key_alias}),
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
                "cert_authority": bool(outcome.known.authorities),
                "certificate": _certificate_json(outcome.certificate),
                "mate": _mate_json(outcome),
                "line": outcome.entry.line,
                "hint": _cure(outcome) if _is_suspect(outcome) else None,
            }
        case _:
            assert_never(outcome)


def _certificate_json(certificate: HostCertificate | None) -> dict[str, Any] | None:
    if certificate is None:
        return None
    return {
        "authority": _key_json(certificate.authority),
        "key_id": certificate.key_id,
        "ends_at": None if certificate.ends_at is None else instant(certificate.ends_at),
        "problem": certificate.problem or None,
    }


def _mate_json(one: ShownKey) -> dict[str, Any] | None:
    if one.known.mate is None:
        return None
    return {
        "name": one.known.mate,
        "is_shown": one.is_of_mate,
        "not_known_here": [_key_json(key) for key in one.known.of_mate],
    }


def _key_json(key: HostKey) -> dict[str, str]:
    return {"type": key.type, "fingerprint": key.fingerprint}


def agreed(question: str) -> bool:
    """Ask on stderr; only `y` and `yes` are a yes."""
    # typer's own question puts a blank on stdout, where the lines of the scan are.
    typer.echo(f"{question} [y/N] ", nl=False, err=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
