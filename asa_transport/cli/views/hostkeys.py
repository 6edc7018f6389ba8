"""What a host-key scan found, as a table that a person can read or as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

from rich.table import Table

from asa_transport.cli.console import plain, print_json, results
from asa_transport.edges.ssh import hostkeys
from asa_transport.edges.ssh.hostkeys import Entry, Standing, fingerprint
from asa_transport.model import Device, HostKey, HostKeys
from asa_transport.model.ending import RunEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A device that showed a key; `known` is what its known_hosts file says."""

    device: Device
    key: HostKey
    known: HostKeys

    @property
    def standing(self) -> Standing:
        """What the file says of the key."""
        return hostkeys.standing(self.known, self.key)

    @property
    def entry(self) -> Entry:
        """The key as it would be enrolled."""
        return Entry(host=self.device.host, port=self.device.port, key=self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReached:
    """A device that showed no key; `is_internal` where the fault is ours."""

    device: Device
    error: str
    hint: str
    is_internal: bool = False


Outcome: TypeAlias = Shown | NotReached


def print_compared(found: Sequence[Outcome], code: RunEnd, *, as_json: bool) -> None:
    """Print one row or record per device, and how many stand how."""
    totals = Counter(_word(outcome) for outcome in found)
    if as_json:
        print_json(
            {
                "schema": "asa-transport/hostkeys/1",
                "exit_code": int(code),
                "totals": {"devices": len(found), **dict(sorted(totals.items()))},
                "devices": [_json(outcome) for outcome in found],
            }
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
    results().print(table)
    counted = ", ".join(f"{number} {word}" for word, number in sorted(totals.items()))
    results().print(plain(f"{count(len(found), 'device')}: {counted}"))


def _word(outcome: Outcome) -> str:
    return outcome.standing.value if isinstance(outcome, Shown) else "not-reached"


def _cells(outcome: Outcome) -> tuple[str, str]:
    match outcome:
        case NotReached():
            return outcome.error, f"hint: {outcome.hint}"
        case Shown():
            said = [_described(key) for key in outcome.known.accepted]
            said += [f"revoked {_described(key)}" for key in outcome.known.revoked]
            return _described(outcome.key), ", ".join(said) or "nothing"
        case _:
            assert_never(outcome)


def _described(key: HostKey) -> str:
    return f"{key.type} {fingerprint(key)}"


def _json(outcome: Outcome) -> dict[str, Any]:
    device = outcome.device
    record: dict[str, Any] = {
        "name": device.name,
        "host": device.host,
        "port": device.port,
        "known_hosts": str(device.known_hosts),
        "outcome": _word(outcome),
    }
    match outcome:
        case NotReached():
            return {**record, "error": outcome.error, "hint": outcome.hint}
        case Shown():
            return {
                **record,
                "shown": _key_json(outcome.key),
                "accepted": [_key_json(key) for key in outcome.known.accepted],
                "revoked": [_key_json(key) for key in outcome.known.revoked],
                "line": outcome.entry.line,
            }
        case _:
            assert_never(outcome)


def _key_json(key: HostKey) -> dict[str, str]:
    return {"type": key.type, "fingerprint": fingerprint(key)}


def count(number: int, noun: str) -> str:
    """Return the number with its noun, in the plural where it is one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
