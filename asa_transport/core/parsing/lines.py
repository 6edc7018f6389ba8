"""Cut the text of one command's output into numbered lines that cannot deceive.

Pure.  Only `\\n` ends a line.  Every other character that could move the cursor,
end a line or reorder text (carriage returns and backspaces inside a line, ANSI
escapes, form feeds, `\\x1c`-`\\x1e`, `\\x85`, U+2028, bidirectional overrides) makes
its line unreadable: it is kept, marked, and given to no template.  `str.splitlines`
is never used, because it cuts at most of these.

Source: ntc-templates (trailing blanks); oxidized (`\\r` before prompts, the pager);
the annotations `<----` and `<<<<<<` stand in Cisco TAC document 225967.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from asa_transport.asa import chatter, prompts
from asa_transport.asa.activation_keys import without_keys, without_users
from asa_transport.asa.prompts import Prompt
from asa_transport.asa.terminal import without_pager

# The longest line of all captures has 131 characters; a pasted single-line output has
# about 700 and is taken apart before this limit is applied.  Some patterns cost the square
# of a line's length, so the limit is also what a hostile line can cost.
LONGEST_LINE = 1000

# Everything of C0 (but tab and line feed), DEL, C1, the Unicode line and paragraph
# separators, the bidirectional controls and lone surrogates.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ARROW = re.compile(r"<(?:-{2,}|<{2,})")
# What the ASA's filters and a failover pair print is no line of an output, but a prompt
# echo may stand before it in a pasted transcript.
PROMPT_ECHO = re.compile(r"[\w./()@:-]{1,80}[>#] ?(?:sh[a-z]*|wr[a-z]*|ping|license)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line; `number` counts from 1 within the command's output.

    Attributes:
        text: What the device printed, without its line end, TAC annotation and
            control characters (each of those is shown as U+FFFD).
        fault: Why no template may read the line; `None` for a readable one.
    """

    number: int
    text: str
    fault: str | None = None


def to_lines(text: str) -> tuple[Line, ...]:
    """Return the numbered lines of an output, activation keys hidden; a final line end makes none."""
    pieces = without_users(without_keys(text)).removeprefix("\ufeff").split("\n")
    if pieces and not pieces[-1]:
        pieces.pop()
    if _CONTROL.search(text) is None and "<-" not in text and "<<" not in text:
        return tuple(Line(number=number, text=piece) for number, piece in enumerate(pieces, 1))
    return tuple(_line(number, piece) for number, piece in enumerate(pieces, 1))


def without_chatter(lines: Sequence[Line], prompt: str = "") -> tuple[Line, ...]:
    """Return the lines that are an answer; the others keep their numbers' places empty.

    Args:
        prompt: The one that the answer ended with: redrawn, it is no part of the answer.
    """
    own = prompts.whole(prompt)
    return tuple(line for line in lines if line.fault is not None or not _is_chatter(line.text, own))


def _is_chatter(text: str, own: Prompt | None) -> bool:
    if own is not None and ("#" in text[:LONGEST_LINE] or ">" in text[:LONGEST_LINE]):
        found = prompts.leading(text)
        if found is not None and found[0].is_same_device(own):
            return not found[1].strip() or chatter.kind(found[1]) is not None
    return chatter.kind(text) is not None


def _line(number: int, piece: str) -> Line:
    piece = without_pager(piece).strip("\r")
    if _CONTROL.search(piece):
        return Line(number=number, text=_CONTROL.sub("\ufffd", piece), fault="control characters in the line")
    return Line(number=number, text=without_annotation(piece))


def without_annotation(text: str) -> str:
    """Return the text without an arrow of the TAC document at its end.

    Looks at the end only: a search for blanks before an arrow is quadratic in the blanks.
    """
    ended = text.rstrip(" \t")
    bare = ended.rstrip("<-")
    if bare[-1:] in {" ", "\t"} and _ARROW.fullmatch(ended[len(bare) :]):
        return bare.rstrip(" \t")
    return text


def cut(line: Line) -> Line:
    """Return the line itself, or its readable beginning where it is longer than any real one."""
    if len(line.text) <= LONGEST_LINE:
        return line
    reason = line.fault or f"a line of {len(line.text)} characters"
    return Line(number=line.number, text=line.text[:LONGEST_LINE] + "…", fault=reason)
