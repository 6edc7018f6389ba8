"""Write a report in the format that was asked for; `audit`, `analyze` and `report` share it.

Which there are stands in `core/reports/formats.py`.  What programs read is UTF-8 whatever the
locale says, and its line ends are those of the format.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import IO, Final

from asa_transport.cli.console import console
from asa_transport.cli.views.audit import print_table
from asa_transport.core.reports.formats import FORMATS, Format
from asa_transport.core.reports.only import Only, only
from asa_transport.core.reports.report import Report
from asa_transport.errors import UserError
from asa_transport.flows.report_texts import parts

_WITH_CENSUS: Final = frozenset((Format.TABLE, Format.JSON))


def render(
    output_format: Format,
    file: IO[str],
    report: Report,
    *,
    no_color: bool = False,
    shown: Only | None = None,
) -> None:
    """Write the report to an open file; colours only where that is a terminal.

    Args:
        shown: Of which devices the table has rows; no other format asks it.

    Raises:
        ValueError: The outcomes are not exactly those of the devices; nothing was written.
    """
    renderer = FORMATS[output_format].renderer
    if renderer is None:
        print_table(console(file, no_color=no_color), report, only=shown)
    else:
        write_texts(file, parts(renderer, report))


def chosen(patterns: Sequence[str] | None, output_format: Format, *, is_table: bool = True) -> Only | None:
    """Return of which devices the table has rows; `None` for all of them.

    Args:
        is_table: Whether the format is asked for at all; False where only what changed is printed.

    Raises:
        UserError: A word is none that is known, or no table is printed.
    """
    wanted = only(patterns)
    if wanted is None:
        return None
    if not is_table:
        raise UserError("--only chooses rows of the table, and --since prints what changed: leave one out")
    if output_format is not Format.TABLE:
        raise UserError(
            f"--only chooses rows of the table; --format {output_format.value} has every device: leave it "
            "out, or choose the devices with -l"
        )
    return wanted


def check_census(wanted: bool, output_format: Format, *, is_report: bool = True) -> None:
    """Raise UserError where a census of SSH is asked for that no output would have.

    Args:
        is_report: Whether a report is printed at all; False where only what changed is.
    """
    if not wanted:
        return
    if not is_report:
        raise UserError(
            "--ssh-census is a part of the report, and --since prints what changed: write the report to a "
            "file (-o), or leave one out"
        )
    if output_format not in _WITH_CENSUS:
        raise UserError(
            f"--ssh-census is a table below --format table, and a key of --format json; --format "
            f"{output_format.value} has no place for it: leave one out"
        )


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
