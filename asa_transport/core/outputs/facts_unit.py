"""Read what part a unit plays: failover, contexts, clock.

Pure.

Source: DOMAIN §4.6 (captures asa_show_failover*, asa_ha_9.23.1_*), §4.7 (`show mode`),
§4.2 (`<system>` and `<context>` in the banner).
"""

from __future__ import annotations

from asa_transport.core.outputs.reading import Notes, Readings
from asa_transport.core.outputs.walk import Cell, Table
from asa_transport.core.outputs.when import Zones, parse_clock
from asa_transport.model import (
    Block,
    Capture,
    ContextMode,
    DeviceClock,
    FailoverFacts,
    FailoverState,
    FailoverUnit,
)
from asa_transport.prompts import ROLE_WORDS

MODE = "show mode"
CLOCK = "show clock"
FAILOVER = "show failover"

_UNITS = {"Primary": FailoverUnit.PRIMARY, "Secondary": FailoverUnit.SECONDARY}
_STATES = {"Active": FailoverState.ACTIVE, "Standby Ready": FailoverState.STANDBY}
_MODES = {"single": ContextMode.SINGLE, "multiple": ContextMode.MULTIPLE}
_ENABLED = {"On": True, "Off": False}
_UNKNOWN_MATE = "Unknown"


def failover_facts(readings: Readings, notes: Notes) -> FailoverFacts:
    """Return this unit's part in its pair; all `None` where `show failover` was not read."""
    table = next(iter(readings.several(FAILOVER)), None)
    if table is None:
        return FailoverFacts()
    enabled = notes.choose("failover.enabled", Block.OTHER, table.every("FAILOVER"), _ENABLED.get)
    units = (*table.every("UNIT"), *table.every("THIS_UNIT"))
    mate = table.first("MATE_SERIAL")
    serial = None
    if mate is not None and mate.value != _UNKNOWN_MATE:
        notes.prove("failover.mate_serial", mate)
        serial = mate.value
    mate_state = table.first("MATE_STATE") or table.first("MATE_GROUP_STATE")
    if mate_state is not None:
        notes.prove("failover.mate_state", mate_state)
    return FailoverFacts(
        enabled=enabled,
        unit=notes.choose("failover.unit", Block.OTHER, units, _UNITS.get),
        state=_state(table, notes),
        mate_serial=serial,
        mate_state=mate_state.value.strip() if mate_state else None,
    )


def _state(table: Table, notes: Notes) -> FailoverState | None:
    """Return the unit's role.

    In active/active the role of group 1 counts: the system execution space, where licences
    are configured, is replicated from the unit on which group 1 is active (ASA
    configuration guide; no capture).
    """
    cell: Cell | None = table.first("THIS_STATE")
    if cell is None:
        groups = dict(
            zip((c.value for c in table.every("THIS_GROUP")), table.every("THIS_GROUP_STATE"), strict=False)
        )
        cell = groups.get("1")
    note = table.first("FAILOVER_NOTE")
    if cell is None and note is not None:
        # `Failover Off (pseudo-Standby)`: neither role.
        cell = note
    if cell is None:
        return None
    notes.prove("failover.state", cell)
    return _STATES.get(cell.value.strip(), FailoverState.OTHER)


def context_facts(
    readings: Readings, banner: str | None, capture: Capture, notes: Notes
) -> tuple[ContextMode | None, str | None]:
    """Return the context mode and the context that was judged.

    Args:
        banner: `system` or `context`, from the first line of `show version`.
    """
    table = next(iter(readings.several(MODE)), None)
    mode = None
    if table is not None:
        mode = notes.choose("context_mode", Block.OTHER, table.every("MODE"), _MODES.get)
    if mode is None and banner is not None and (table is None or table.first("MODE") is None):
        mode = ContextMode.MULTIPLE
        if "context" in notes.sources:
            notes.sources["context_mode"] = notes.sources["context"]
    if banner != "context":
        return mode, banner
    return mode, _named_context(capture) or banner


def _named_context(capture: Capture) -> str | None:
    """Return the context that the prompt of `show version` names: `host/pri/act/edge#` -> `edge`."""
    output = capture.output("show version")
    parts = output.prompt.strip().rstrip("#>").split("/")[1:] if output else []
    named = [part for part in parts if part not in ROLE_WORDS and part.isprintable()]
    return named[0] if len(named) == 1 else None


def clock_facts(readings: Readings, zones: Zones, notes: Notes) -> DeviceClock | None:
    """Return the device's own clock; `None` where it was not read or not understood."""
    table = next(iter(readings.several(CLOCK)), None)
    cell = table.first("CLOCK") if table else None
    if cell is None:
        return None
    moment = parse_clock(cell.value, zones)
    if moment is None:
        notes.doubt(cell, Block.OTHER, "clock: not a time that is understood")
        return None
    notes.prove("clock", cell)
    if moment.at is None:
        notes.doubt(cell, Block.OTHER, f"clock: the offset of time zone {moment.zone!r} is not known")
    return DeviceClock(at=moment.at, zone=moment.zone)
