"""In which shapes the commands print; options are declared with these, `views/` prints them."""

from __future__ import annotations

import enum
from collections.abc import Collection
from pathlib import Path
from typing import Final

from asa_transport.errors import UserError

# What the name of a file says of what is in it; a name that says nothing may hold anything.
_SAID: Final = {
    ".csv": ("csv",),
    ".htm": ("html",),
    ".html": ("html",),
    ".json": ("json", "sarif"),
    ".jsonl": ("jsonl",),
    ".markdown": ("md",),
    ".md": ("md",),
    ".ndjson": ("jsonl",),
    ".sarif": ("sarif",),
    ".xml": ("junit",),
}


class OutputFormat(enum.StrEnum):
    """How the result of most commands is printed."""

    TABLE = "table"
    JSON = "json"


class Shape(enum.StrEnum):
    """How a diff is printed."""

    TABLE = "table"
    JSON = "json"
    MD = "md"


def check_name(output: Path | None, wanted: str, known: Collection[str]) -> None:
    """Raise UserError where a file's name says one format and another is asked for.

    Args:
        output: `None` for stdout.
        wanted: The format that is asked for.
        known: All formats of the command.
    """
    said = _SAID.get(output.suffix.lower(), ()) if output is not None else ()
    if not said or wanted in said:
        return
    offered = [one for one in said if one in known]
    advice = f"add --format {offered[0]}" if offered else f"the formats are {', '.join(known)}"
    raise UserError(
        f"-o {output}: the name says {said[0]}, but the format is {wanted}; {advice}, or choose another name"
    )
