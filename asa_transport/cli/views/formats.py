"""Write a report in the format that was asked for; `audit`, `analyze` and `report` share it.

To add a format: a member of `Format`, and a row in `RENDERERS`.  What programs read is
UTF-8 whatever the locale says, and its line ends are those of the format.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Any, Final

from asa_transport.cli.console import console
from asa_transport.cli.formats import Format
from asa_transport.cli.views.audit import print_table
from asa_transport.core.documents import audit
from asa_transport.core.judgement.rules.table import RULES
from asa_transport.core.reports import csv, junit, markdown, sarif
from asa_transport.core.reports.html import page
from asa_transport.core.reports.report import Report
from asa_transport.edges import templates
from asa_transport.edges.state.run_folder import answer_file


def render(output_format: Format, file: IO[str], report: Report, *, no_color: bool = False) -> None:
    """Write the report to an open file; colours only where that is a terminal.

    Raises:
        ValueError: The outcomes are not exactly those of the devices; nothing was written.
    """
    if output_format is Format.TABLE:
        print_table(console(file, no_color=no_color), report)
        return
    # Of ten thousand devices the text is larger than all that is known of them.
    texts = _json_parts(report) if output_format is Format.JSON else (RENDERERS[output_format](report),)
    write_texts(file, texts)


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


def _json_parts(report: Report) -> Iterator[str]:
    return audit.texts(report.run, report.devices, report.outcomes, now=report.now, indent=2)


def _json(report: Report) -> str:
    return "".join(_json_parts(report))


def _jsonl(report: Report) -> str:
    return "".join(_dumped(audit.outcome_record(o, report.now)) for o in report.ordered)


def _html(report: Report) -> str:
    return page.text(report, templates.jinja())


def _sarif(report: Report) -> str:
    return _dumped(sarif.document(report, rules=RULES, answer_file=answer_file), indent=2)


def _dumped(document: Mapping[str, Any], *, indent: int | None = None) -> str:
    return json.dumps(document, indent=indent, ensure_ascii=False) + "\n"


RENDERERS: Final[Mapping[Format, Callable[[Report], str]]] = {
    Format.JSON: _json,
    Format.JSONL: _jsonl,
    Format.CSV: csv.text,
    Format.MD: markdown.text,
    Format.HTML: _html,
    Format.JUNIT: junit.text,
    Format.SARIF: _sarif,
}
