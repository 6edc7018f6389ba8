"""Take off a saved text what other programs put in front of each line: time stamps and marks of quotation.

Pure.  What is taken off is in front of the lines only, and only where it is in front of
nearly all of them, or of three in a row: a line that merely begins so keeps it.

Source: SecureCRT ("log each line"), Tera Term ("timestamp"), MobaXterm ("add timestamp") and
`ts` of moreutils, as their manuals show them; RFC 3676 (quotation marks in mail).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

_CLOCK: Final = r"[0-9]{1,2}:[0-9]{2}[:.][0-9]{2}(?:[.,:][0-9]{1,6})?(?: ?[AP]M)?"
_DATE: Final = (
    r"(?:(?:[A-Z][a-z]{2},? )?(?:[0-9]{4}[-/.][0-9]{2}[-/.][0-9]{2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}"
    r"|[A-Z][a-z]{2} {1,2}[0-9]{1,2}(?:,? [0-9]{4})?|[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4}))"
)
_ZONE: Final = r"(?:Z| ?[+-][0-9]{2}:?[0-9]{2})?"
_STAMPS: Final = (
    # `[2026-03-10 12:00:01.123]`, `[2026-03-10 12:00.01]`, `[Tue Mar 10 12:00:01.123 2026]`, `<12:00:01>`
    re.compile(rf"[\[(<](?:{_DATE}[ T_])?{_CLOCK}{_ZONE}(?: [0-9]{{4}})?[\])>][:|]?"),
    # `2026-03-10 12:00:01`, `Mar 10 12:00:01`, `12:00:01.123`, with a colon, a bar or nothing behind it
    re.compile(rf"(?:{_DATE}[ T_])?{_CLOCK}{_ZONE}(?: ?[|:](?= |$)|(?= |\t|$))"),
)
# So many of the first lines decide, and so large a part of them must have it.
_LOOKED_AT: Final = 400
_LEAST: Final = 3
_PART: Final = 0.75
_LONGEST_STAMP: Final = 60

_DEEPEST: Final = 5


def undressed(lines: Sequence[str]) -> list[str]:
    """Return the lines as the firewall printed them, one for one."""
    return _without_indent(_without_stamps(_without_quotes(list(lines))))


def _without_quotes(lines: list[str]) -> list[str]:
    for _ in range(_DEEPEST):
        marked = [line.startswith(">") for line in lines]
        if not any(marked):
            break
        start = 0
        while start < len(lines):
            end = start
            while end < len(lines) and marked[end]:
                end += 1
            # `> ` is the prompt of Threat Defense too; nobody presses Enter there three times.
            if end - start >= _LEAST:
                lines[start:end] = [line[1:].removeprefix(" ") for line in lines[start:end]]
            start = max(end, start + 1)
    return lines


def _without_indent(lines: list[str]) -> list[str]:
    """Return the lines without the blanks that all begin with: a block indented in a mail or ticket."""
    written = [line for line in lines if line.strip()]
    if len(written) < _LEAST:
        return lines
    margin = min(len(line) - len(line.lstrip(" ")) for line in written)
    return [line[margin:] if line.strip() else line for line in lines] if margin else lines


def _without_stamps(lines: list[str]) -> list[str]:
    looked_at = list(islice((line for line in lines if line.strip()), _LOOKED_AT))
    for stamp in _STAMPS:
        found = [match for line in looked_at if (match := stamp.match(line, 0, _LONGEST_STAMP))]
        if len(found) < max(_LEAST, _PART * len(looked_at)):
            continue
        # One blank belongs to the stamp where every line has it; more are the line's own.
        is_apart = all(match.string[match.end() : match.end() + 1] in {"", " ", "\t"} for match in found)
        return [_cut(line, stamp, is_apart=is_apart) for line in lines]
    return lines


def _cut(line: str, stamp: re.Pattern[str], *, is_apart: bool) -> str:
    match = stamp.match(line, 0, _LONGEST_STAMP)
    if match is None:
        return line
    rest = line[match.end() :]
    return rest[1:] if is_apart else rest
