"""Compare the licence block that runs with the one that a reload would bring.

Pure.  Of two blocks that were read already, so that a rule can ask without the templates that read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from asa_transport.asa.commands import STARTUP_SHOWS
from asa_transport.asa.licensing import NO_URL, type_line, type_of
from asa_transport.model import StartupLicense, TransportType

if TYPE_CHECKING:
    from asa_transport.model import DeviceFacts

# What the filter of `STARTUP` lets through of the block; a running line of another kind
# cannot be looked for in its answer.
_SHOWN_BY_FILTER = re.compile(rf"(?:{'|'.join(STARTUP_SHOWS)})\b")


def startup_license(
    running: Sequence[str] | None, startup: Sequence[str] | None, default: TransportType | None
) -> StartupLicense | None:
    """Return whether a reload would bring the licence block that runs now; order means nothing.

    Args:
        default: The device's transport without a line for it, as `licensing.default_on`.

    Returns:
        `None` where one of them was not read, where the running one has a line that the
        reading of the startup configuration does not show, or where they differ only in a
        line that states the default, or may: whether it is printed is unproven (`default-line-hidden`).
    """
    if running is None or startup is None:
        return None
    now, then = block_lines(running), block_lines(startup)
    shown = [line for line in now if _SHOWN_BY_FILTER.match(line)]
    if shown != then:
        hidden = {NO_URL, *_hidden_types(shown, then, default)}
        same = [line for line in shown if line not in hidden] == [line for line in then if line not in hidden]
        return None if same else StartupLicense.DIFFERS
    return StartupLicense.SAME if shown == now else None


def _hidden_types(
    running: Sequence[str], startup: Sequence[str], default: TransportType | None
) -> Iterator[str]:
    """Yield the lines for a type that may say nothing more than the block without them."""
    is_shown = any(map(type_of, running))
    # Without a known default only what the running block hides may be it: what it prints, it would
    # print of a saved one, too.
    if is_shown and (default is None or any(map(type_of, startup))):
        return
    yield from (type_line(kind) for kind in TransportType if default in (kind, None))


def difference(facts: DeviceFacts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the lines of the licence block that a reload would lose, and those that it would bring."""
    now, then = block_lines(facts.license_block or ()), block_lines(facts.startup_block or ())
    lost = tuple(line for line in now if line not in then and _SHOWN_BY_FILTER.match(line))
    return lost, tuple(line for line in then if line not in now)


def block_lines(block: Sequence[str]) -> list[str]:
    """Return the lines of a block, sorted: their order means nothing."""
    return sorted(line.rstrip() for line in block if line.strip())
