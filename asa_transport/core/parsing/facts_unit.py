"""Read where a unit stands: contexts and clock.

Pure.

Source: oxidized (`show mode`); recorded answers to `show version` (`<system>` and `<context>` in the
banner).
"""

from __future__ import annotations

from asa_transport.asa import prompts
from asa_transport.asa.commands import CLOCK, MODE, VERSION
from asa_transport.core.parsing.reading import Notes, Readings
from asa_transport.core.parsing.when import Zones, parse_clock
from asa_transport.model import (
    Block,
    Capture,
    ContextMode,
    DeviceClock,
)

_MODES = {"single": ContextMode.SINGLE, "multiple": ContextMode.MULTIPLE}


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
    output = capture.output(VERSION)
    prompt = prompts.whole(output.prompt.strip()) if output is not None else None
    return None if prompt is None else prompt.context


def clock_facts(readings: Readings, zones: Zones, notes: Notes) -> DeviceClock | None:
    """Return the device's own clock; `None` where it was not read or not understood."""
    table = next(iter(readings.several(CLOCK)), None)
    cell = table.first("CLOCK") if table else None
    if cell is None:
        return None
    moment = parse_clock(cell.value, zones)
    if moment is None:
        notes.doubt(cell, Block.OTHER, "clock", "not a time that is understood")
        return None
    notes.prove("clock", cell)
    if moment.at is None:
        notes.doubt(cell, Block.OTHER, "clock", f"the offset of time zone {moment.zone!r} is not known")
    return DeviceClock(at=moment.at, zone=moment.zone)
