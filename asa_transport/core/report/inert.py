"""Write text of devices and files into GitHub-flavoured Markdown so that it stays text.

Pure; cannot fail.  A word that could mean anything to a Markdown reader (markup, HTML, a
link, an address, a mention) becomes a code span, inside which nothing is read; the rest
stays prose, readable in the file itself.  The result holds no line end and no `|`, so it
fits a table's cell; it must not begin a line, where even a harmless word may be markup.

Source: CommonMark 0.31 (code spans); GitHub Flavored Markdown (tables, autolinks).
"""

from __future__ import annotations

import itertools
import re
from typing import Final

from asa_transport.core.report.text import visible

# Backslash, emphasis, brackets, HTML and entities, cells, strike-through, mentions and
# issues, mathematics; then links without brackets, emoji, and what site builders fill in.
# `>` is not here: it quotes only where it begins a line, and closes only what `<` opened.
_ACTIVE: Final = re.compile(r"[\\`*_\[\]<&|~#@$]|://|www\.|:[\w+-]*[a-z][\w+-]*:|\{\{|\{%", re.IGNORECASE)
_TICKS: Final = re.compile(r"`+")


def inline(text: str) -> str:
    """Return the text for the inside of a line, a heading or a cell; blanks run together."""
    words = visible(text).split(" ")
    parts = []
    for is_active, group in itertools.groupby(filter(None, words), key=_is_active):
        joined = " ".join(group)
        parts.append(code(joined) if is_active else joined)
    return " ".join(parts)


def code(text: str) -> str:
    """Return the text as a code span, `|` escaped as all else that is not shown as it is."""
    # A table's row ends its cells before it reads code spans, and readers differ in what `\|` is there.
    shown = visible(text).replace("|", "\\x7c")
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _is_active(word: str) -> bool:
    return _ACTIVE.search(word) is not None
