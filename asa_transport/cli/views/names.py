"""Name the devices of one line that stands for many: as ranges, and on a terminal only so many of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from asa_transport.cli.console import printable
from asa_transport.text import ranges

# More is no list that somebody reads from a screen; a pipe, for grep, has all.
_MOST: Final = 24


def named(console: Console, names: Sequence[str], *, rest: str | None) -> str:
    """Return the names, numbers that follow each other as a range.

    Args:
        rest: Where those are that a terminal does not show; `None` where it shows them all.
    """
    entries = ranges(names, shown=printable)
    shown = entries[:_MOST] if console.is_terminal and rest is not None else entries
    more = sum(count for _, count in entries[len(shown) :])
    return ", ".join(word for word, _ in shown) + (f" and {more} more: {rest}" if more else "")


def beside(
    console: Console, names: Sequence[str], said: Text, *, style: str, rest: str | None
) -> tuple[Text, Text]:
    """Return a row of what is true of these devices: their name, or their number with the names below it."""
    if len(names) == 1:
        return Text(printable(names[0]), style), said
    below = Text(f"\n{named(console, names, rest=rest)}", style)
    return Text(f"{len(names)} devices", style), said + below
