"""Try what is assumed of times: the agent's timers, and who changed and saved the configuration when.

Pure.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from asa_transport.asa.commands import CHECKSUM, CLOCK, STARTUP, VERSION, WHOLE_STARTUP
from asa_transport.core.assumptions.answers import (
    Answers,
    Tried,
    differs,
    holds,
    not_applicable,
    unknown,
)
from asa_transport.core.parsing.facts_config import device_zones
from asa_transport.core.parsing.facts_saved import parse_stamp, unsaved_by_time
from asa_transport.core.parsing.reading import Notes
from asa_transport.core.parsing.walk import Cell
from asa_transport.core.parsing.when import parse_printed_time
from asa_transport.model import ContactResult, Evidence, UnsavedState

_NO_SMART: Final = "it is not licensed by Smart Licensing"
_DEADLINE_DAYS: Final = 90
_CONTACT_DAYS: Final = 30
_YEAR_DAYS: Final = 365
# Of each of them: the agent spreads its contacts, and the certificate begins a little before its renewal.
_SLACK: Final = timedelta(days=1)
# While it fails the agent tries again after half a minute, then every hour; within a day is sooner than any
# timer of a contact that succeeded.
_SOON: Final = timedelta(days=1)
_DAY: Final = timedelta(days=1)


def deadline_is_90_days(answers: Answers) -> Tried:
    """Try `deadline-90-days`; only after a contact that succeeded are both ends shown."""
    authorization = answers.facts.authorization
    last, deadline = authorization.last_contact, authorization.deadline_at
    proof = answers.proof("authorization.last_contact", "authorization.deadline_at")
    if not answers.is_smart:
        return not_applicable(_NO_SMART, answers.proof("license_mode"))
    if last.result is not ContactResult.SUCCEEDED or last.at is None or deadline is None:
        return unknown("no contact that succeeded is shown together with a deadline", proof)
    return _span(last.at, deadline, _DEADLINE_DAYS, proof)


def registration_is_a_year(answers: Answers) -> Tried:
    """Try `registration-one-year`."""
    registration = answers.facts.registration
    renewal, expires = registration.last_renewal, registration.expires_at
    proof = answers.proof("registration.last_renewal", "registration.expires_at")
    if not answers.is_smart:
        return not_applicable(_NO_SMART, answers.proof("license_mode"))
    if renewal.result is not ContactResult.SUCCEEDED or renewal.at is None or expires is None:
        return unknown("no renewal that succeeded is shown together with an end", proof)
    return _span(renewal.at, expires, _YEAR_DAYS, proof)


def next_contact_is_timely(answers: Answers) -> Tried:
    """Try `contact-timers`."""
    authorization = answers.facts.authorization
    last, following = authorization.last_contact, authorization.next_contact_at
    proof = (*answers.proof("authorization.last_contact"), *_next_line(answers))
    if not answers.is_smart:
        return not_applicable(_NO_SMART, answers.proof("license_mode"))
    if last.at is None or following is None:
        return unknown("the last and the next contact are not both shown", proof)
    if last.result is ContactResult.SUCCEEDED:
        return _span(last.at, following, _CONTACT_DAYS, proof)
    apart = following - last.at
    if timedelta(0) <= apart <= _SOON:
        return holds("after a failure the next contact is within a day", proof)
    return differs(f"after a failure the next contact is {apart / _DAY:.1f} days later", proof)


def _next_line(answers: Answers) -> tuple[Evidence, ...]:
    cell = answers.licensing("NEXT_COMMUNICATION")
    return () if cell is None else (cell.evidence,)


def _span(since: datetime, until: datetime, days: int, proof: tuple[Evidence, ...]) -> Tried:
    apart = until - since
    seen = f"{apart / _DAY:.1f} days lie between"
    return holds(seen, proof) if abs(apart - days * _DAY) <= _SLACK else differs(seen, proof)


def _witnesses(answers: Answers) -> tuple[UnsavedState | None, bool | None]:
    """Return what the times say of unsaved changes, and whether the two checksums are the same."""
    zones = device_zones(answers.readings, Notes())
    version, startup = answers.table(VERSION), answers.table(STARTUP, WHOLE_STARTUP)
    modified = None if version is None else version.first("MODIFIED")
    written = None if startup is None else startup.first("WRITTEN")
    clock_table = answers.table(CLOCK)
    clock_cell = None if clock_table is None else clock_table.first("CLOCK")
    by_time = unsaved_by_time(
        None if modified is None else parse_stamp(modified.value, zones),
        None if written is None else parse_stamp(written.value, zones),
        None if clock_cell is None else parse_printed_time(clock_cell.value, zones),
    )
    if version is not None and version.first("UNMODIFIED") is not None:
        by_time = UnsavedState.NONE
    running, stored = _checksums(answers)
    same = None if running is None or stored is None else _digits(running) == _digits(stored)
    return by_time, same


def _checksums(answers: Answers) -> tuple[Cell | None, Cell | None]:
    running, startup = answers.table(CHECKSUM), answers.table(STARTUP, WHOLE_STARTUP)
    return (
        None if running is None else running.first("CHECKSUM"),
        None if startup is None else startup.first("CHECKSUM"),
    )


def _digits(cell: Cell) -> str:
    return "".join(cell.value.split()).lower()


def _proof(answers: Answers) -> tuple[Evidence, ...]:
    checksums = tuple(cell.evidence for cell in _checksums(answers) if cell is not None)
    return (*answers.proof("unsaved", "unsaved.written"), *checksums)


def times_tell_unsaved(answers: Answers) -> Tried:
    """Try `modified-after-written` by the second witness.

    Equal checksums beside a later change do not contradict it: they may be those of what was stored.
    """
    by_time, same = _witnesses(answers)
    if by_time is None:
        return unknown("the times of the last change and the last save cannot be compared", _proof(answers))
    if same is None:
        return unknown("the checksums cannot be compared", _proof(answers))
    if by_time is UnsavedState.NONE and same:
        return holds("saved after the last change, and the checksums are the same", _proof(answers))
    if by_time is UnsavedState.SOME and not same:
        return holds("changed after the last save, and the checksums differ", _proof(answers))
    if by_time is UnsavedState.SOME:
        return unknown("changed after the last save, yet the checksums are the same", _proof(answers))
    return differs("saved after the last change, yet the checksums differ", _proof(answers))


def checksum_is_of_running(answers: Answers) -> Tried:
    """Try `checksum-of-running`: only unsaved changes tell the two readings apart."""
    by_time, same = _witnesses(answers)
    refused = answers.readings.refused.get(CHECKSUM)
    if refused is not None:
        return unknown("'show checksum' is refused", (refused,))
    if by_time is None or same is None:
        return unknown("times or checksums cannot be compared", _proof(answers))
    if by_time is UnsavedState.NONE:
        return unknown("nothing is unsaved; only unsaved changes would tell", _proof(answers))
    if same:
        seen = "changed after the last save, yet the checksum is that of the stored configuration"
        return differs(seen, _proof(answers), "stored")
    return holds("changed after the last save, and the checksum is another one", _proof(answers))


def filter_shows_colon(answers: Answers) -> Tried:
    """Try `filter-keeps-colon`."""
    table = answers.table(STARTUP)
    if table is None:
        return unknown("the startup configuration was not asked through a filter")
    written, checksum = table.first("WRITTEN"), table.first("CHECKSUM")
    if written is not None:
        return holds("the line is shown", (written.evidence,))
    if checksum is None:
        return unknown("the answer has no checksum: it is no startup configuration that was saved")
    return differs("the checksum is shown, and the line is not", (checksum.evidence,))
