"""Say whether running and startup configuration are the same: somebody's unsaved changes, the licence block.

Pure.  Two witnesses of unsaved changes, neither of them proof: the time of the last change
against the time of the last save, and the two checksums.  Where they contradict each other,
or the times cannot be compared, the answer is `None`: not known, never "none".  Times are the
device's own words; two in different zones count only where their order is sure.

Source: recorded outputs (the comparison of the two times is inferred); ASA command reference, `show checksum`
(for comparing the configuration with the stored one; it also says that the number is
calculated when the configuration is stored, so equal numbers never overrule the times).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from asa_transport.asa.commands import CHECKSUM, CLOCK, STARTUP, WHOLE_STARTUP
from asa_transport.core.parsing.facts_config import ConfigFacts
from asa_transport.core.parsing.facts_version import VersionFacts
from asa_transport.core.parsing.reading import Notes, Readings
from asa_transport.core.parsing.startup_block import block_lines, startup_license
from asa_transport.core.parsing.walk import Cell, Table
from asa_transport.core.parsing.when import PrintedTime, Zones, parse_printed_time
from asa_transport.model import StartupLicense, TransportType, UnsavedFacts, UnsavedState

# `netops at 10:40:44.291 CEDT Thu Oct 15 2026`; a name may hold blanks, a time holds no ` at `.
_STAMP = re.compile(r"(?P<by>.{1,200}) at (?P<at>[*.]?[0-9]{1,2}:[0-9]{2}:[0-9]{2}\S* .{1,80})")
# The offsets of no two zones on earth are further apart (UTC-12, UTC+14).
_FURTHEST_ZONES = timedelta(hours=26)
# The outputs are read one after the other; further ahead of the clock than this is another clock.
_CLOCK_SLACK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Who changed or saved the configuration, and when, in the device's own words."""

    by: str
    at: str
    time: PrintedTime


def parse_stamp(text: str, zones: Zones) -> Stamp | None:
    """Return what `USER at TIME ZONE DATE` says; `None` where it is not that."""
    match = _STAMP.fullmatch(text.strip())
    time = None if match is None else parse_printed_time(match["at"], zones)
    if match is None or time is None:
        return None
    return Stamp(by=match["by"].strip(), at=match["at"].strip(), time=time)


def lead(one: PrintedTime, other: PrintedTime) -> timedelta | None:
    """Return how much `one` is after `other`, negative where before.

    `None` where their zones leave the order open; where they leave only the length open, the
    length is off by their distance at most.
    """
    if one.at is not None and other.at is not None:
        return one.at - other.at
    apart = one.local - other.local
    return apart if one.zone == other.zone or abs(apart) > _FURTHEST_ZONES else None


def unsaved_by_time(
    modified: Stamp | None, written: Stamp | None, clock: PrintedTime | None
) -> UnsavedState | None:
    """Return what the times say: changed after it was saved; `None` where they cannot be compared.

    Args:
        clock: The device's own now.  A time ahead of it was taken before the clock was set
            back, and says nothing of the order.
    """
    if modified is None or written is None:
        return None
    for stamp in (modified, written):
        ahead = None if clock is None else lead(stamp.time, clock)
        if ahead is not None and ahead > _CLOCK_SLACK:
            return None
    later = lead(modified.time, written.time)
    if later is None:
        return None
    return UnsavedState.SOME if later > timedelta(0) else UnsavedState.NONE


def unsaved(by_time: UnsavedState | None, is_same_checksum: bool | None) -> UnsavedState | None:
    """Return what both witnesses say together; `None` where they contradict each other, or neither spoke."""
    if is_same_checksum is None:
        return by_time
    by_checksum = UnsavedState.NONE if is_same_checksum else UnsavedState.SOME
    return by_checksum if by_time in (None, by_checksum) else None


def unsaved_facts(readings: Readings, version: VersionFacts, zones: Zones, notes: Notes) -> UnsavedFacts:
    """Return whether somebody's changes are not saved; doubts go to ``notes``."""
    modified = _stamp(version.modified, zones)
    if version.modified is not None:
        notes.prove("unsaved", version.modified)
    if version.unmodified is not None:
        # The device's own word, and no comparison: what it runs is what it started with.
        notes.prove("unsaved", version.unmodified)
        return UnsavedFacts(state=UnsavedState.NONE)
    table = _startup_table(readings)
    written_cell = table.first("WRITTEN") if table is not None else None
    if written_cell is not None:
        notes.prove("unsaved.written", written_cell)
    clock_cell = next((table.first("CLOCK") for table in readings.several(CLOCK)), None)
    clock = None if clock_cell is None else parse_printed_time(clock_cell.value, zones)
    by_time = unsaved_by_time(modified, _stamp(written_cell, zones), clock)
    state = unsaved(by_time, _is_same_checksum(readings, notes))
    if modified is None or state is UnsavedState.NONE:
        return UnsavedFacts(state=state, modified_at=None if modified is None else modified.time.at)
    return UnsavedFacts(state=state, by=modified.by, at=modified.at, modified_at=modified.time.at)


def startup_block(readings: Readings) -> tuple[str, ...] | None:
    """Return the licence block that a reload would bring; `None` where it could not be read.

    Nothing is read in an answer without the configuration's last line: a filter that let
    one kind of line through would look like a configuration without the others.
    """
    table = _startup_table(readings)
    if table is None or table.first("CHECKSUM") is None:
        return None
    return tuple(cell.value for cell in table.every("LINE"))


def startup_facts(
    readings: Readings, config: ConfigFacts, default: TransportType | None, notes: Notes
) -> tuple[tuple[str, ...] | None, StartupLicense | None]:
    """Return the startup configuration's licence block, and how it compares with the running one."""
    block = startup_block(readings)
    table = _startup_table(readings)
    if table is not None:
        now = block_lines(config.block or ())
        other = (cell for cell in table.every("LINE") if cell.value.rstrip() not in now)
        proof = next(other, None) or table.first("LINE") or table.first("CHECKSUM")
        if proof is not None:
            notes.prove("startup_license", proof)
    return block, startup_license(config.block, block, default)


def _startup_table(readings: Readings) -> Table | None:
    return next(iter(readings.several(STARTUP, WHOLE_STARTUP)), None)


def _is_same_checksum(readings: Readings, notes: Notes) -> bool | None:
    """Return whether `show checksum` names the number at the startup configuration's end."""
    running = next((table.first("CHECKSUM") for table in readings.several(CHECKSUM)), None)
    table = _startup_table(readings)
    startup = table.first("CHECKSUM") if table is not None else None
    if running is None or startup is None:
        return None
    notes.prove("unsaved.checksum", running)
    return _digits(running) == _digits(startup)


def _digits(cell: Cell) -> str:
    return "".join(cell.value.split()).lower()


def _stamp(cell: Cell | None, zones: Zones) -> Stamp | None:
    return None if cell is None else parse_stamp(cell.value, zones)
