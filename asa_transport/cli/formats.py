"""In which formats the commands print; options are declared with these, `views/` prints them."""

from __future__ import annotations

import enum


class Format(enum.StrEnum):
    """How an audit is printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MD = "md"
    HTML = "html"
    JUNIT = "junit"
    SARIF = "sarif"


class Shape(enum.StrEnum):
    """How a diff is printed."""

    TABLE = "table"
    JSON = "json"
    MD = "md"
