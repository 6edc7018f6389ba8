"""Say where a device stands between before and after, from what it shows.

Pure.  The order of the transport lines within the block means nothing and is not compared,
because where a release prints a new one is unproven (`transport-lines-last`); every other line
must be there, in its order, and nothing else may be.

Source: docs/push.md, "One device, step by step".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from asa_transport.asa.license_block import applied, matches_prediction
from asa_transport.model import Standing
from asa_transport.text import quoted

if TYPE_CHECKING:
    from asa_transport.model import Undertaking


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
