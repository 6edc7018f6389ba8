"""In which shapes the commands print a diff; options are declared with these, `views/` prints them."""

from __future__ import annotations

import enum


class Shape(enum.StrEnum):
    """How a diff is printed."""

    TABLE = "table"
    JSON = "json"
    MD = "md"
