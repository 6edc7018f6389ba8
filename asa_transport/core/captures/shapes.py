"""Say the form of an answer's lines, without their values: to compare what two firewalls print.

Pure.  A number is 0, a value what it is called (`<address>`), a word that nobody can tell x.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from asa_transport.core.captures.redact import in_x, lines_of
from asa_transport.core.captures.spans import seen

_NUMBER: Final = re.compile(r"\d+")
_BLANKS: Final = re.compile(r"(?<=\S)\s+")
_MONTH: Final = re.compile(r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b")
_DAY: Final = re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b")


def shape(line: str) -> str:
    """Return the form of a line, without its end."""
    found = seen(line, {})
    at, made = 0, []
    for span in sorted((*found.spans, *found.doubtful), key=lambda span: span.start):
        value = line[span.start : span.end]
        kind = "x" if span in found.doubtful else f"<{span.kind}>"
        made += [line[at : span.start], kind if kind != "x" else in_x(value)]
        at = span.end
    whole = "".join((*made, line[at:]))
    return _BLANKS.sub(" ", _MONTH.sub("Mon", _DAY.sub("Day", _NUMBER.sub("0", whole)))).rstrip()


def shapes(text: str) -> Iterator[str]:
    """Yield the forms of an answer's lines, but those that are blank."""
    for line, _ in lines_of(text):
        if line.strip():
            yield shape(line)
