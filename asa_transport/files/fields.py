"""Read spans of time, moments and paths from texts, as a person writes them.

Pure.  Only what can be read in one way is taken: a moment with its zone; a bare number in the unit that its
key is documented in.

Source: the inventory's rule that values are read as written; ISO 8601 as `datetime` reads it.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final

from asa_transport.files.checker import quoted

_SPAN: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?([a-z]+)?", re.ASCII)
# Seconds in each unit; months and years have no fixed length.
SECONDS: Final = {
    "s": 1, "second": 1, "seconds": 1,
    "min": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hour": 3600, "hours": 3600,
    "d": 86400, "day": 86400, "days": 86400,
    "week": 604800, "weeks": 604800,
}  # fmt: skip
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DAY_END: Final = time(23, 59, 59, tzinfo=UTC)


def parse_span(text: str, unit: str) -> float:
    """Return a span of time in ``unit`` (a key of `SECONDS`): `14`, `14 days`, `1.5 h`, `300 s`.

    Raises:
        ValueError: It is none.
    """
    match = _SPAN.fullmatch(text)
    if match is None or (match[2] or unit) not in SECONDS:
        raise ValueError(
            f"{quoted(text)} is not a span of time; expected a number and s, min, h, days or weeks"
        )
    if match[2] is None:
        return float(match[1])
    return float(match[1]) * SECONDS[match[2]] / SECONDS[unit]


def parse_moment(text: str) -> datetime:
    """Return a moment, aware UTC, in whole seconds; a date is the last second of that day in UTC.

    Raises:
        ValueError: It is none, or has no zone.
    """
    try:
        if _DATE.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), _DAY_END)
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        pass
    raise ValueError(
        f"{quoted(text)} is not a date or a time; expected e.g. 2026-12-31 (the end of that day, UTC) or "
        "2026-12-31T18:00:00Z"
    )


def parse_path(text: str, folder: Path) -> Path:
    """Return a path that starts from a folder, as those of a file do from its own.

    Raises:
        ValueError: It begins in the home of a user that is not there; the text is not shown.
    """
    try:
        return folder / Path(text).expanduser()
    except RuntimeError:
        raise ValueError("there is no such home directory; write the path out") from None


def parse_day(text: str) -> date:
    """Return a date as `2026-05-21`.

    Raises:
        ValueError: It is none.
    """
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f"{quoted(text)} is not a date; expected e.g. 2026-05-21")
