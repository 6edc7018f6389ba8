"""Write a report in the format that was asked for; `audit`, `analyze` and `report` share it.

Which there are stands in `core/reports/formats.py`.  What programs read is UTF-8 whatever the
locale says, and its line ends are those of the format.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import IO

from asa_transport.cli.console import console
from asa_transport.cli.views.audit import print_table
from asa_transport.core.reports.formats import FORMATS, Format
from asa_transport.core.reports.report import Report
from asa_transport.flows.report_texts import parts


def render(output_format: Format, file: IO[str], report: Report, *, no_color: bool = False) -> None:
    """Write the report to an open file; colours only where that is a terminal.

    Raises:
        ValueError: The outcomes are not exactly those of the devices; nothing was written.
    """
    renderer = FORMATS[output_format].renderer
    if renderer is None:
        print_table(console(file, no_color=no_color), report)
    else:
        write_texts(file, parts(renderer, report))


def write_text(file: IO[str], text: str) -> None:
    """Write what programs read, as `write_texts`."""
    write_texts(file, (text,))


def write_texts(file: IO[str], texts: Iterable[str]) -> None:
    """Write the parts of what programs read: UTF-8 whatever the locale says, line ends as they are."""
    if isinstance(file, io.TextIOWrapper):
        file.reconfigure(encoding="utf-8", newline="")
    for text in texts:
        # Half a surrogate pair, from a file name that is not UTF-8, becomes JSON's own escape.
        file.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))
