"""The entries of a ledger (exceptions, waivers), as a table for people or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

from rich.table import Table

from asa_transport.cli.console import plain, print_json, results, say
from asa_transport.core.judgement.waivers import NEVER
from asa_transport.model import Exemption, Waiver
from asa_transport.text import instant

E = TypeVar("E")
Record: TypeAlias = Mapping[str, Any]

_SECONDS_A_DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView(Generic[E]):
    """How the entries of one ledger are shown.

    Attributes:
        kind: What they are, in the plural; the section of the file.
        record: Returns all of an entry, as JSON has it.
        columns: Headers of the table.
        cells: Returns what stands under them, of an entry and its record.
    """

    kind: str
    record: Callable[[E, datetime], Record]
    columns: tuple[str, ...]
    cells: Callable[[E, Record], tuple[str, ...]]

    def show(self, path: Path, entries: Sequence[E], now: datetime, *, as_json: bool, no_color: bool) -> None:
        """Print the entries of a file as they stand at `now`."""
        records = [self.record(one, now) for one in entries]
        if as_json:
            print_json({"file": str(path), "now": instant(now), self.kind: records})
            return
        if not entries:
            say(f"{path}: no {self.kind}")
            return
        table = Table(box=None, pad_edge=False)
        for header in self.columns:
            table.add_column(header, overflow="fold")
        for one, record in zip(entries, records, strict=True):
            table.add_row(*map(plain, self.cells(one, record)))
        results(no_color=no_color).print(table)


def _state(one: Exemption | Waiver, now: datetime) -> str:
    if isinstance(one, Waiver) and one.rule in NEVER:
        return "never"
    if one.closed_at is not None:
        return "closed"
    return "live" if one.is_live(now) else "expired"


def _days_left(one: Exemption, now: datetime) -> float | None:
    """Return days to the end, negative once it is past; `None` for a closed one."""
    if one.closed_at is not None:
        return None
    return round((one.until - now).total_seconds() / _SECONDS_A_DAY, 1)


def _exception(one: Exemption, now: datetime) -> Record:
    return {
        "device": one.device,
        "state": _state(one, now),
        "days_left": _days_left(one, now),
        "until": instant(one.until),
        "owner": one.owner,
        "ticket": one.ticket,
        "reason": one.reason,
        "added_at": instant(one.added_at),
        "closed_at": instant(one.closed_at),
    }


def _exception_cells(one: Exemption, record: Record) -> tuple[str, ...]:
    left = record["days_left"]
    return (
        one.device, record["state"], "" if left is None else f"{left:.1f}", record["until"], one.owner,
        one.ticket, one.reason,
    )  # fmt: skip


def _waiver(one: Waiver, now: datetime) -> Record:
    return {
        "rule": one.rule,
        "bug": one.bug,
        "devices": one.devices,
        "state": _state(one, now),
        "until": instant(one.until),
        "owner": one.owner,
        "reason": one.reason,
        "added_at": instant(one.added_at),
        "closed_at": instant(one.closed_at),
    }


def _waiver_cells(one: Waiver, record: Record) -> tuple[str, ...]:
    return (one.what, one.devices, record["state"], record["until"], one.owner, one.reason)


EXCEPTIONS = LedgerView(
    kind="exceptions",
    record=_exception,
    columns=("device", "state", "days left", "until", "owner", "ticket", "reason"),
    cells=_exception_cells,
)
WAIVERS = LedgerView(
    kind="waivers",
    record=_waiver,
    columns=("waived", "devices", "state", "until", "owner", "reason"),
    cells=_waiver_cells,
)
