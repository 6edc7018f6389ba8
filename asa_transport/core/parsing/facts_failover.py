"""Read a unit's part in its failover pair from `show failover`, and from the prompt where that was not read.

Pure.  What a unit says of its mate (release, serial number, state) counts whether or not the
mate is read too.  In active/active every group counts: one that failed, or that both units
have in the same role, is no healthy pair.  A pair in a public cloud has a Backup unit in place
of a Standby one, and exchanges no configuration.

Source: ntc-templates, recorded answers to `show failover`; observed on ASAv 9.23(1);
the words are in `asa/failover`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from asa_transport.asa import prompts
from asa_transport.asa.commands import FAILOVER
from asa_transport.asa.failover import (
    BACKUP,
    ENABLED,
    FOLLOWING_NOTE,
    NO_INTERFACE,
    OFF,
    PAIR,
    PROMPT_STATES,
    PROMPT_UNITS,
    STATES,
    UNITS,
    UNKNOWN_MATE,
)
from asa_transport.core.parsing.reading import Notes, Readings
from asa_transport.core.parsing.walk import Cell, Table
from asa_transport.model import Block, Capture, FailoverFacts, FailoverState


def failover_facts(readings: Readings, capture: Capture, notes: Notes) -> FailoverFacts:
    """Return this unit's part in its pair; `None` where neither `show failover` nor the prompt says it."""
    table = next(iter(readings.several(FAILOVER)), None)
    last = capture.outputs[-1].prompt.strip() if capture.outputs else ""
    prompt = prompts.whole(last)
    if table is None:
        return FailoverFacts() if prompt is None else _by_prompt(prompt)
    found = _by_table(table, notes)
    _, shown = PROMPT_STATES.get((prompt.state if prompt is not None else None) or "", (None, None))
    is_denied = shown in (FailoverState.STANDBY, FailoverState.OTHER)
    if is_denied and found.state in (FailoverState.ACTIVE, None):
        # The role changed while the device was read, or another unit answered: it is neither.
        return replace(found, state=FailoverState.OTHER)
    return found


def _by_prompt(prompt: prompts.Prompt) -> FailoverFacts:
    enabled, state = PROMPT_STATES.get(prompt.state or "", (None, None))
    unit = PROMPT_UNITS.get(prompt.unit or "") if enabled is not None else None
    return FailoverFacts(enabled=enabled, unit=unit, state=state)


def _by_table(table: Table, notes: Notes) -> FailoverFacts:
    enabled = notes.choose("failover.enabled", Block.OTHER, table.every("FAILOVER"), ENABLED.get)
    # `Failover unit Secondary` is what a firewall without a mate says, too.
    units = () if _is_alone(table) else (*table.every("UNIT"), *table.every("THIS_UNIT"))
    unit = notes.choose("failover.unit", Block.OTHER, units, UNITS.get)
    told = [(name, table.first(name)) for name in ("MATE_VERSION", "MATE_SERIAL")]
    mate = {name: cell for name, cell in told if cell is not None}
    known = {name: cell for name, cell in mate.items() if cell.value != UNKNOWN_MATE}
    for name, cell in known.items():
        notes.prove(f"failover.{name.lower()}", cell)
    own = table.first("OUR_VERSION")
    state = _state(table, notes)
    mate_state = table.first("MATE_STATE") or _mate_of_groups(table)
    if mate_state is not None:
        notes.prove("failover.mate_state", mate_state)
    backup = (cell for name in ("THIS_STATE", "MATE_STATE") for cell in table.every(name))
    return FailoverFacts(
        enabled=enabled,
        unit=unit,
        state=state,
        version=own.value if own is not None else None,
        mate_serial=known["MATE_SERIAL"].value if "MATE_SERIAL" in known else None,
        mate_version=known["MATE_VERSION"].value if "MATE_VERSION" in known else None,
        mate_state=mate_state.value.strip() if mate_state else None,
        is_mate_unknown=len(known) < len(mate),
        is_cloud=table.first("CLOUD") is not None or any(cell.value.strip() == BACKUP for cell in backup),
    )


def _is_alone(table: Table) -> bool:
    """Return whether failover is off, and no interface to a mate is configured."""
    told = [table.first(name) for name in ("FAILOVER", "LAN")]
    off, lan = (None if cell is None else cell.value.strip() for cell in told)
    return off == OFF and lan == NO_INTERFACE


def _groups(table: Table, prefix: str) -> Mapping[str, Cell]:
    """Return the state of each failover group at one unit."""
    numbers, states = table.every(f"{prefix}_GROUP"), table.every(f"{prefix}_GROUP_STATE")
    return {number.value: state for number, state in zip(numbers, states, strict=False)}


def _state(table: Table, notes: Notes) -> FailoverState | None:
    """Return the unit's role.

    In active/active that is the role of group 1, if all groups have one: the system execution
    space, where licences are configured, is replicated from the unit on which group 1 is active
    (ASA configuration guide; no capture).
    """
    cell: Cell | None = table.first("THIS_STATE")
    if cell is None:
        cell = _worst(tuple(_groups(table, "THIS").items()))
    note = table.first("FAILOVER_NOTE")
    if cell is None and note is not None:
        # `Failover Off (pseudo-Standby)`: neither role.
        cell = note
    if cell is None:
        return None
    notes.prove("failover.state", cell)
    if _is_split(table) or (note is not None and note.value.strip() == FOLLOWING_NOTE):
        return FailoverState.OTHER
    return STATES.get(cell.value.strip(), FailoverState.OTHER)


def _worst(groups: Sequence[tuple[str, Cell]]) -> Cell | None:
    odd = next((cell for _, cell in groups if cell.value.strip() not in PAIR), None)
    return odd or dict(groups).get("1")


def _is_split(table: Table) -> bool:
    """Return whether both units have a group in the same role: active twice, or nowhere."""
    mine, theirs = _groups(table, "THIS"), _groups(table, "MATE")
    return any(
        number in theirs and theirs[number].value.strip() == cell.value.strip()
        for number, cell in mine.items()
    )


def _mate_of_groups(table: Table) -> Cell | None:
    """Return the mate's state in the first group that is not active at one unit and standby at the other."""
    mine, theirs = _groups(table, "THIS"), _groups(table, "MATE")
    for number, cell in theirs.items():
        own = mine.get(number)
        if own is None or {own.value.strip(), cell.value.strip()} != PAIR:
            return cell
    return theirs.get("1")
