"""Say what a reload would bring, compared with the change: from the startup configuration that was read.

Pure.

Source: docs/push.md, "One device, step by step".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asa_transport.asa.license_block import State, state_of
from asa_transport.asa.licensing import proxy_of, type_of
from asa_transport.model import Startup, TransportType, Undertaking


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


def _way(state: State) -> tuple[object, object]:
    return state.type, state.proxy
