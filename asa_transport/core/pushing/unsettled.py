"""Say which firewalls a push left unproven or unsaved, by its journal.

Pure.  A push settles a firewall by its own last words (applied and saved, rolled back, never
touched); `left` says where it did not.  What a later reading settles is judged in
`core/judgement/cases/unsettled.py`.

Source: docs/push.md, "Nothing is forgotten".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from asa_transport.core.pushing.unfinished import Concluded, InDoubt, Left, left
from asa_transport.model import Began, Ended, Step, Stepped, Undertaking, Undertook, Unsettled
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
        last = story[-1] if story else history.records[-1]
        found.append(_entry(run, name, how, story=story, last=last, serial=serials.get(name)))
    return tuple(found)


def unsettled_now(
    run: str, device: str, story: Sequence[JournalRecord], serial: str | None
) -> Unsettled | None:
    """Return what is unsettled of one device at this moment; `None` where nothing is.

    Args:
        story: Its own records, not empty.
    """
    how = left((record.event for record in story), (device,))[device]
    if not isinstance(how, InDoubt):
        return None
    return _entry(run, device, how, story=story, last=story[-1], serial=serial)


def begun(
    run: str, device: str, story: Sequence[JournalRecord], serial: str | None, at: datetime
) -> Unsettled:
    """Return what would be unsettled if nothing more were heard of a push that is about to send."""
    undertook = _undertook(story)
    return Unsettled(
        run=run,
        device=device,
        step=Step.EVIDENCED,
        at=at,
        device_at=_by_its_clock(at, undertook),
        serial=serial,
        undertaking=None if undertook is None else undertook[1],
    )


def _entry(
    run: str,
    name: str,
    how: Left,
    *,
    story: Sequence[JournalRecord],
    last: JournalRecord,
    serial: str | None,
) -> Unsettled:
    steps = [one.event.step for one in story if isinstance(one.event, Stepped)]
    return Unsettled(
        run=run,
        device=name,
        step=how.at if isinstance(how, InDoubt) else next(reversed(steps), Step.UNKNOWN),
        at=last.at,
        device_at=_by_its_clock(last.at, _undertook(story)),
        outcome=last.event.outcome if isinstance(last.event, Ended) else None,
        serial=serial,
        undertaking=how.undertaking if isinstance(how, InDoubt) else None,
    )


def names_of(entries: Sequence[Unsettled], run: str) -> tuple[str, ...]:
    """Return the devices that this run left."""
    return tuple(sorted({entry.device for entry in entries if entry.run == run}))


def _undertook(story: Sequence[JournalRecord]) -> tuple[datetime, Undertaking] | None:
    """Return what was undertaken last, and when that was put on record."""
    return next(
        ((one.at, one.event.undertaking) for one in reversed(story) if isinstance(one.event, Undertook)), None
    )


def _by_its_clock(at: datetime, undertook: tuple[datetime, Undertaking] | None) -> datetime | None:
    """Return one of our times by the device's clock, which the push read before it noted the change."""
    if undertook is None:
        return None
    clock_at = undertook[1].baseline.clock_at
    return None if clock_at is None else clock_at + (at - undertook[0])
