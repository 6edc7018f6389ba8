"""Fill the parts of docs/faq.md and docs/security.md that list what is typed on a firewall."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from functools import partial
from typing import Final

from asa_transport.asa.commands import COMMANDS, ENABLE, EXIT, PAGER_OFF, READS, STARTUP, Asked
from tools import parts

_WIDTH: Final = 110
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"


def _of_an_audit() -> Iterator[str]:
    yield "```text"
    yield from (ENABLE, PAGER_OFF)
    yield from (row.text for row in COMMANDS if row.asked in (Asked.FIRST, Asked.ALWAYS))
    yield from (EXIT, "```")


def _that_read() -> Iterator[str]:
    # What the filter of the startup configuration leaves is said by hand.
    shown = sorted(line for line in READS - {STARTUP} if line.startswith("show "))
    # A command is not cut in two where a line ends.
    whole = " ".join(f"`{line}`,".replace(" ", _NO_BREAK) for line in shown).removesuffix(",")
    lines = textwrap.TextWrapper(
        width=_WIDTH,
        initial_indent="- ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    ).wrap(whole)
    yield from (line.replace(_NO_BREAK, " ") for line in lines)


faq = partial(parts.filled, parts={"commands of an audit": _of_an_audit}, path="docs/faq.md")
security = partial(parts.filled, parts={"commands that read": _that_read}, path="docs/security.md")
