"""Say where a device stands between before and after, from what it shows.

Pure.  The order of the transport lines within the block means nothing and is not compared,
because where a release prints a new one is unproven; every other line must be there, in its
order, and nothing else may be.

Source: DESIGN, "The push, step by step", 6 and the paragraph on a lost session.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from asa_transport.asa.licensing import proxy_of, type_of, unrestorable
from asa_transport.asa.terminal import quoted
from asa_transport.core.planning.license_change import State, applied, matches_prediction, state_of
from asa_transport.model import Standing, Startup, TransportType, Undertaking


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


def transport_lines(block: Iterable[str] | None) -> tuple[str, ...] | None:
    """Return the transport lines of a startup configuration's licence block; `None` where it was not read."""
    if block is None:
        return None
    return tuple(line for line in block if type_of(line) is not None or proxy_of(line) is not None)


def startup_standing(lines: Sequence[str] | None, undertaking: Undertaking) -> Startup | None:
    """Return what a reload would bring; as `startup_of`, and what has not changed is as before too."""
    was, default = undertaking.startup, undertaking.default_type
    found = startup_of(lines, before=undertaking.before, predicted=undertaking.predicted, default=default)
    if found is Startup.OTHER and was is not None and lines is not None:
        is_unchanged = _way(state_of(lines, default)) == _way(state_of(was, default))
        return Startup.AS_BEFORE if is_unchanged else found
    return found


def startup_of(
    lines: Sequence[str] | None,
    *,
    before: Sequence[str],
    predicted: Sequence[str],
    default: TransportType | None,
) -> Startup | None:
    """Return what a reload would bring; `None` where the startup configuration was not read.

    Args:
        lines: As `transport_lines` returns them.
        before: The running block before the change.
        predicted: The block as the change leaves it.
    """
    if lines is None:
        return None
    found = _way(state_of(lines, default))
    if found == _way(state_of(predicted, default)):
        return Startup.AS_INTENDED
    return Startup.AS_BEFORE if found == _way(state_of(before, default)) else Startup.OTHER


def lines_back(block: Sequence[str] | None, undertaking: Undertaking) -> tuple[str, ...]:
    """Return the lines that take this change back from what a block shows; none where there is none of it.

    On a block that is somebody else's only what still reads as this change left it is taken back:
    the other values are not ours, and are left alone.

    Args:
        block: `None` where it could not be read: then all of the way back is sent.
    """
    default, rollback = undertaking.default_type, undertaking.rollback
    if block is None or standing(block, undertaking) is not Standing.FOREIGN:
        return rollback
    if not block or unrestorable(block) is not None:
        return ()
    now, wanted, before = (
        state_of(each, default) for each in (block, undertaking.predicted, undertaking.before)
    )
    is_type_ours = now.type is wanted.type and wanted.type is not before.type
    is_proxy_ours = now.proxy == wanted.proxy and wanted.proxy != before.proxy
    ours = [line for line in rollback[1:] if (is_type_ours if type_of(line) is not None else is_proxy_ours)]
    return (rollback[0], *ours) if ours else ()


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
