"""Say what a `license smart` block means, and how a device prints it after lines that were sent.

Pure.  The predicted block is a prediction: which `transport type` line a release hides as its
default is unproven (`default-line-hidden`), so a read-back may differ from it in that one line and in no
other.

Source: Cisco TAC document 225967 (`show run license`).  Unproven: which line a release hides as
its default (`default-line-hidden`), so both ways are taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asa_transport.asa.licensing import HEAD, NO_PROXY, is_transport_line, proxy_of, type_of, unrestorable

if TYPE_CHECKING:
    from asa_transport.model import Proxy, TransportType


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a block means; `others` are its lines that no change touches, in their order."""

    type: TransportType | None
    proxy: Proxy | None
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a release prints the block, where it is not as assumed.

    Attributes:
        shows_default: It prints the `transport type` line of its default (`default-line-hidden`).
        ahead_of: The first word of the line ahead of which it prints the transport lines
            (`transport-lines-last`); `None` for the end.
        is_proxy_first: It prints the proxy ahead of the type (`proxy-behind-type`).
    """

    shows_default: bool = False
    ahead_of: str | None = None
    is_proxy_first: bool = False


ASSUMED: Final = Layout()


def state_of(block: Iterable[str], default: TransportType | None) -> State:
    """Return what a block means on a device with this default."""
    kind, proxy, others = default, None, []
    for line in map(str.rstrip, block):
        if type_of(line) is not None:
            kind = type_of(line)
        elif proxy_of(line) is not None:
            proxy = proxy_of(line)
        elif line not in (HEAD, NO_PROXY):
            others.append(line)
    return State(type=kind, proxy=proxy, others=tuple(others))


def applied(
    block: Sequence[str], lines: Sequence[str], hidden: TransportType | None, layout: Layout = ASSUMED
) -> tuple[str, ...]:
    """Return the block as a device would print it after these lines.

    Args:
        lines: As the grammar has them.
        hidden: The type whose line the device does not print, being its default.
        layout: How its release prints the block.
    """
    result = list(block) or [HEAD]
    for line in lines[1:]:
        if type_of(line) is not None:
            shown = None if type_of(line) is hidden and not layout.shows_default else line
            old = next((n for n, each in enumerate(result) if type_of(each) is not None), None)
            _put(result, old, _place(result, layout, is_first=not layout.is_proxy_first), shown)
        else:
            shown = None if line == NO_PROXY else line
            old = next((n for n, each in enumerate(result) if _is_proxy(each)), None)
            _put(result, old, _place(result, layout, is_first=layout.is_proxy_first), shown)
    return tuple(result)


def matches_prediction(
    block: Sequence[str], predicted: Sequence[str], *, default: TransportType | None
) -> bool:
    """Return whether a block that was read back is the predicted one.

    They must mean the same: type, proxy, and every other line in its order.  Where a release
    prints a new transport line is unproven (`transport-lines-last`), so their place is not compared;
    nor whether the `transport type` line of the release's default is shown or hidden.

    Args:
        default: `PlannedDevice.observed.default_type`; with `None` a type must be shown by
            both or by none.
    """
    return unrestorable(block) is None and state_of(block, default) == state_of(predicted, default)


def _place(lines: Sequence[str], layout: Layout, *, is_first: bool) -> int:
    """Return where a new transport line stands: ahead of the others, or behind them."""
    there = [number for number, line in enumerate(lines) if is_transport_line(line)]
    if there:
        return there[0] if is_first else there[-1] + 1
    words = [next(iter(line.split()), "") for line in lines]
    return words.index(layout.ahead_of) if layout.ahead_of in words else len(lines)


def _put(lines: list[str], old: int | None, new: int, line: str | None) -> None:
    """Replace, insert or take out one line."""
    if old is not None:
        lines[old : old + 1] = [] if line is None else [line]
    elif line is not None:
        lines.insert(new, line)


def _is_proxy(line: str) -> bool:
    return proxy_of(line) is not None or line.rstrip() == NO_PROXY
