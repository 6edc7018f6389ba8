"""Turn a report into the text of each format that programs read; the table for people is the command line's.

To add a format: a row in `TEXTS`, and a member of `cli/formats.Format`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from asa_transport.core.documents import audit
from asa_transport.core.judgement.rules.table import RULES
from asa_transport.core.reports import csv, junit, markdown, sarif
from asa_transport.core.reports.html import page
from asa_transport.core.reports.report import Report
from asa_transport.edges import templates
from asa_transport.edges.state.run_folder import answer_file


def json_parts(report: Report) -> Iterator[str]:
    """Yield the audit document, a device at a time: of ten thousand it is larger than all that is known."""
    return audit.texts(report.run, report.devices, report.outcomes, now=report.now, indent=2)


def _json(report: Report) -> str:
    return "".join(json_parts(report))


def _jsonl(report: Report) -> str:
    return "".join(_dumped(audit.outcome_record(o, report.now)) for o in report.ordered)


def _html(report: Report) -> str:
    return page.text(report, templates.jinja())


def _sarif(report: Report) -> str:
    return _dumped(sarif.document(report, rules=RULES, answer_file=answer_file), indent=2)


def _dumped(document: Mapping[str, Any], *, indent: int | None = None) -> str:
    return json.dumps(document, indent=indent, ensure_ascii=False) + "\n"


# Each raises ValueError where the outcomes are not exactly those of the devices.
TEXTS: Final[Mapping[str, Callable[[Report], str]]] = {
    "json": _json,
    "jsonl": _jsonl,
    "csv": csv.text,
    "md": markdown.text,
    "html": _html,
    "junit": junit.text,
    "sarif": _sarif,
}
