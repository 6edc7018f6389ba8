"""Say where a device stands between before and after, from what it shows.

Pure.  The order of the transport lines within the block means nothing and is not compared,
because where a release prints a new one is unproven; every other line must be there, in its
order, and nothing else may be.

Source: DESIGN, "The push, step by step", 6 and the paragraph on a lost session.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from asa_transport.core.changes import State, applied, matches_prediction, state_of
from asa_transport.core.grammar import HEAD, proxy_of, type_of
from asa_transport.model import Standing, Undertaking
from asa_transport.terminal import quoted

_STARTUP: Final = re.compile(r"license smart|transport")


def standing(block: Sequence[str] | None, undertaking: Undertaking) -> Standing:
    """Return where a `license smart` block that was read stands.

    `BETWEEN` is a block that some of the lines, there or back, would leave behind; what is
    none of these is somebody else's, and `FOREIGN`.
    """
    if block is None:
        return Standing.FOREIGN
    default = undertaking.default_type
    # Before first: where nothing was changed the two may read the same.
    if matches_prediction(block, undertaking.before, default=default):
        return Standing.BEFORE
    if matches_prediction(block, undertaking.predicted, default=default):
        return Standing.INTENDED
    if any(matches_prediction(block, each, default=default) for each in _stations(undertaking)):
        return Standing.BETWEEN
    return Standing.FOREIGN


def saved_standing(startup: Iterable[str], undertaking: Undertaking) -> Standing:
    """Return what the startup configuration holds, of its lines that name the licence and the transport.

    A refusal, or noise, is no configuration without such lines: it is `FOREIGN`.

    Args:
        startup: The lines of `show startup-config` that contain `license smart` or `transport`.
    """
    default = undertaking.default_type
    startup = [line.rstrip() for line in startup if line.strip()]
    if HEAD not in startup or any(_STARTUP.search(line) is None for line in startup):
        return Standing.FOREIGN
    lines = [line for line in startup if type_of(line) is not None or proxy_of(line) is not None]
    found = _way(state_of(lines, default))
    # After first: the caller asks because it has sent `write memory`.
    if found == _way(state_of(undertaking.predicted, default)):
        return Standing.INTENDED
    return Standing.BEFORE if found == _way(state_of(undertaking.before, default)) else Standing.FOREIGN


def difference(block: Sequence[str] | None, wanted: Sequence[str]) -> str:
    """Return on one line how a block that was read differs from the wanted one, for a person."""
    if block is None:
        return "the 'license smart' block was not read"
    there = [line.strip() for line in block]
    asked = [line.strip() for line in wanted]
    missing = [line for line in asked if line not in there]
    more = [line for line in there if line not in asked]
    parts = [
        f"{quoted(', '.join(lines))} {what}"
        for lines, what in ((missing, "missing"), (more, "there"))
        if lines
    ]
    return " and ".join(parts) or "its lines stand in another order"


def _way(state: State) -> tuple[object, object]:
    return state.type, state.proxy


def _stations(undertaking: Undertaking) -> Iterator[tuple[str, ...]]:
    default = undertaking.default_type
    ways = (
        (undertaking.before, undertaking.apply),
        (undertaking.predicted, undertaking.rollback),
    )
    for start, lines in ways:
        for count in range(2, len(lines)):
            station = applied(start, lines[:count], default)
            yield station
            # The rollback of a change that stopped half way.
            for back in range(2, len(undertaking.rollback) + 1):
                yield applied(station, undertaking.rollback[:back], default)
