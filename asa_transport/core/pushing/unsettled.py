"""Say which firewalls a push left unproven or unsaved, by its journal.

Pure.  A push settles a firewall by its own last words (applied and saved, rolled back, never
touched); `left` says where it did not.  What a later reading settles is judged in
`core/judgement/cases/unsettled.py`.

Source: docs/push.md, "Nothing is forgotten".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from asa_transport.core.pushing.unfinished import Concluded, InDoubt, left
from asa_transport.model import Began, Ended, Step, Stepped, Undertook, Unsettled
from asa_transport.model.journal import JournalHistory, JournalRecord


def unsettled_of(
    run: str, history: JournalHistory, serials: Mapping[str, str | None]
) -> tuple[Unsettled, ...]:
    """Return what a run left unsettled, by its journal; of a damaged one also what it does not tell.

    Args:
        serials: Of the planned firewalls, by name.
    """
    began = next((record.event for record in history.records if isinstance(record.event, Began)), None)
    if began is None:
        return ()
    lefts = left((record.event for record in history.records), began.devices)
    is_damaged = history.broken is not None
    found = []
    for name, how in lefts.items():
        if isinstance(how, Concluded) or not (isinstance(how, InDoubt) or is_damaged):
            continue
        story = [one for one in history.records if getattr(one.event, "device", None) == name]
        steps = [one.event.step for one in story if isinstance(one.event, Stepped)]
        last = story[-1] if story else history.records[-1]
        undertook = next((one for one in reversed(story) if isinstance(one.event, Undertook)), None)
        found.append(
            Unsettled(
                run=run,
                device=name,
                step=how.at if isinstance(how, InDoubt) else next(reversed(steps), Step.UNKNOWN),
                at=last.at,
                device_at=_by_its_clock(last.at, undertook),
                outcome=last.event.outcome if isinstance(last.event, Ended) else None,
                serial=serials.get(name),
                undertaking=how.undertaking if isinstance(how, InDoubt) else None,
            )
        )
    return tuple(found)


def names_of(entries: Sequence[Unsettled], run: str) -> tuple[str, ...]:
    """Return the devices that this run left."""
    return tuple(sorted({entry.device for entry in entries if entry.run == run}))


def _by_its_clock(at: datetime, undertook: JournalRecord | None) -> datetime | None:
    """Return one of our times by the device's clock, which the push read before it noted the change."""
    if undertook is None or not isinstance(undertook.event, Undertook):
        return None
    clock_at = undertook.event.undertaking.baseline.clock_at
    return None if clock_at is None else clock_at + (at - undertook.at)
