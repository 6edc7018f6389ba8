"""Print what became of a push, device by device; fits 80 columns, for reasons stand below the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from asa_transport.cli.console import plain, printable
from asa_transport.cli.views.plan import headed
from asa_transport.cli.views.push import STYLES
from asa_transport.cli.views.push_outlook import section
from asa_transport.core.documents.push import OUTCOMES
from asa_transport.core.reports.push_record import Became, PushRecord
from asa_transport.core.reports.ticket.content import together
from asa_transport.text import plainly

_HEAD: Final = "bold"


def print_record(console: Console, record: PushRecord, devices: Sequence[Became]) -> None:
    """Print the run's head, a row for each of these devices, their reasons, and the counts."""
    for text in head_of(record):
        console.print(Text(printable(text)), soft_wrap=True)
    has_serial = any(one.serial for one in devices)
    table = headed("wave", "device", "outcome", "proof", "saved", "startup", *["serial"] * has_serial)
    for one in devices:
        table.add_row(
            "" if one.wave is None else str(one.wave),
            plain(one.name),
            Text(one.outcome, style=STYLES.get(one.outcome, "")),
            plain({"config": "config only"}.get(one.verified or "", one.verified or "")),
            Text(saved_word(one)),
            plain(one.startup or ""),
            *[plain(one.serial or "")] * has_serial,
        )
    console.print()
    console.print(table)
    reasons = together((one.reason, one.name) for one in devices if one.reason)
    section(console, "why", (f"{plainly(said.names)}: {said.text}" for said in reasons))
    for one in devices:
        if one.drift:
            console.print(Text(f"\n{printable(one.name)}: what had changed since the plan", style=_HEAD))
            console.print(Text(printable(one.drift).rstrip("\n")), soft_wrap=True)
    console.print(Text(f"\n{counts(devices)}"))


def head_of(record: PushRecord) -> Iterable[str]:
    """Yield what is true of the run as a whole, a line each."""
    kind = "push" if record.mode == "commit" else "dry run of a push"
    yield f"run {record.id}: {kind} of plan {record.plan_id}"
    yield f"digest {record.plan_digest}"
    for number, (operator, at) in enumerate(record.operators):
        yield f"{'begun' if number == 0 else 'resumed'} by {operator} at {at}"
    if record.approvals:
        yield f"approved by {', '.join(record.approvals)}"
    if record.is_finished:
        yield f"finished at {record.finished_at}, exit code {record.exit_code}"
    else:
        yield f"the run did not end: run 'asa-transport resume {record.id}'"
    if record.stopped_by is not None:
        yield f"stopped: {record.stopped_by}"
    journal = record.journal
    if journal is not None:
        whole = "whole" if journal.broken is None else f"DAMAGED OR ALTERED: {journal.broken}"
        yield f"journal: {journal.records} records, {whole}"
        yield f"head {journal.head}"


def saved_word(one: Became) -> str:
    """Return whether the change is saved; nothing for a device that has none in force."""
    return ("yes" if one.saved else "no") if one.outcome == "applied" else ""


def counts(devices: Iterable[Became]) -> str:
    """Return the outcomes with their numbers, in one line."""
    found = Counter(one.outcome for one in devices)
    return ", ".join(f"{found[word]} {word}" for word in OUTCOMES if found[word]) or "no device"
