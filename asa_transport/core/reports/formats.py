"""The formats of a report, one row each: who reads it, and what writes it.

Pure; a row gives the same text for the same report.  Options of the command line are declared with this
table, so that a row imports what writes its format when a report is written.

Source: docs/formats.md.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from asa_transport.core.reports.report import Report


class Format(enum.StrEnum):
    """How a report is written, by the name that a person types."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MD = "md"
    HTML = "html"
    JUNIT = "junit"
    SARIF = "sarif"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplies:
    """What a format takes from outside of the core.

    Attributes:
        templates: Gives the templates of pages, by file name.
        answer_file: Gives the name of the file that holds a command's answer, in its device's folder.
    """

    templates: Callable[[], Mapping[str, str]]
    answer_file: Callable[[str], str]


Renderer: TypeAlias = "Callable[[Report, Supplies], Iterable[str]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFormat:
    """One row.

    Attributes:
        reader: For whom it is.
        renderer: Gives the text in parts; `None` for what needs the width and the colours of a terminal.
        note: What a help says of it, beside its reader.
    """

    reader: str
    renderer: Renderer | None
    note: str = ""


def _json(report: Report, _supplies: Supplies) -> Iterator[str]:
    from asa_transport.core.documents import audit

    # Of ten thousand devices the text is larger than all that is known of them.
    return audit.texts(
        report.run,
        report.devices,
        report.outcomes,
        now=report.now,
        census=report.ssh_census,
        merging=report.merging,
    )


def _jsonl(report: Report, _supplies: Supplies) -> Iterable[str]:
    from asa_transport.core.documents import audit

    # Fewer outcomes than devices are an error here, before a line is written.
    return (_dumped(audit.outcome_record(outcome, report.now)) for outcome in report.ordered)


def _csv(report: Report, _supplies: Supplies) -> Iterable[str]:
    from asa_transport.core.reports import csv

    return csv.lines(report)


def _markdown(report: Report, _supplies: Supplies) -> Iterable[str]:
    from asa_transport.core.reports import markdown

    return markdown.parts(report)


def _html(report: Report, supplies: Supplies) -> Iterable[str]:
    from asa_transport.core.reports.html import page

    return page.parts(report, supplies.templates())


def _junit(report: Report, _supplies: Supplies) -> Iterable[str]:
    from asa_transport.core.reports import junit

    return junit.parts(report)


def _sarif(report: Report, supplies: Supplies) -> Iterable[str]:
    from asa_transport.core.judgement.rules.table import RULES
    from asa_transport.core.reports import sarif

    return sarif.texts(report, rules=RULES, answer_file=supplies.answer_file)


def _dumped(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False) + "\n"


FORMATS: Final[Mapping[Format, ReportFormat]] = {
    Format.TABLE: ReportFormat(reader="people", renderer=None),
    Format.JSON: ReportFormat(reader="programs", renderer=_json),
    Format.JSONL: ReportFormat(reader="programs", renderer=_jsonl, note="a line a device"),
    Format.CSV: ReportFormat(reader="a spreadsheet", renderer=_csv),
    Format.MD: ReportFormat(reader="people", renderer=_markdown),
    Format.HTML: ReportFormat(reader="people", renderer=_html, note="a page in one file"),
    Format.JUNIT: ReportFormat(reader="CI", renderer=_junit),
    Format.SARIF: ReportFormat(reader="CI", renderer=_sarif),
}


def readers() -> str:
    """Return all formats by their readers: ``csv for a spreadsheet, junit and sarif for CI``."""
    groups: dict[str, list[str]] = {}
    for name, row in FORMATS.items():
        groups.setdefault(row.reader, []).append(f"{name} ({row.note})" if row.note else str(name))
    return ", ".join(f"{_listed(names)} for {reader}" for reader, names in groups.items())


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
