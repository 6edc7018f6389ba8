"""In which shapes the commands print; options are declared with these, `views/` prints them."""

from __future__ import annotations

import enum


class OutputFormat(enum.StrEnum):
    """How the result of most commands is printed."""

    TABLE = "table"
    JSON = "json"


class Shape(enum.StrEnum):
    """How a diff is printed."""

    TABLE = "table"
    JSON = "json"
    MD = "md"
