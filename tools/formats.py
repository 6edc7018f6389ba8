"""Fill the parts of docs/formats.md that are made: columns, schemas, and a sample of every format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from asa_transport.cli.formats import Shape
from asa_transport.cli.schemas import SCHEMAS
from asa_transport.core.reports import csv
from asa_transport.core.reports.formats import Format
from tools import parts, sample

# What fits beside the navigation of the site, and on a printed page.
_WIDTH: Final = 110
_MORE: Final = "…"
# What each schema is of.
FILES: Final = {
    "inventory": "the inventory, `inventory.yaml`",
    "policy": "the policy, `policy.yaml`",
    "bugs": "a bug catalogue",
    "exceptions": "the ledger `exceptions.yaml`",
    "waivers": "the ledger `waivers.yaml`",
    "notify": "the channels of `--notify`",
    "audit": "`audit`, `analyze`, `report` with `--format json`",
    "diff": "`diff`, `audit --since` with `--format json`",
    "doctor": "`doctor --format json`",
    "notification": "what a webhook of `--notify` receives",
    "plan": "what `plan -o` writes and `push` takes",
    "push": "`push`, `resume` with `--format json`, and `push.json` of a run",
    "capture": "`manifest.json` of `captures export` ([captures](captures.md))",
    "ticket": "`ticket.json` of a change ticket",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What is shown of one format.

    Attributes:
        language: Of the block.
        lines: How many are shown at most.
        begins: The first line that is shown holds this.
    """

    language: str
    text: Callable[[], str]
    lines: int
    begins: str = ""


def _audit(one: Format, language: str, lines: int, begins: str = "") -> Sample:
    return Sample(language=language, text=partial(sample.audit_text, one), lines=lines, begins=begins)


SAMPLES: Final[Mapping[str, Sample]] = {
    "table": _audit(Format.TABLE, "text", 30),
    "json": _audit(Format.JSON, "json", 48),
    "jsonl": _audit(Format.JSONL, "json", 4),
    "csv": _audit(Format.CSV, "csv", 5),
    "md": _audit(Format.MD, "md", 24, "## Not audited"),
    "junit": _audit(Format.JUNIT, "xml", 14, "<testcase"),
    "sarif": _audit(Format.SARIF, "json", 24, '"results": ['),
    "metrics": Sample(language="text", text=sample.metrics_text, lines=12),
    "diff": Sample(language="text", text=partial(sample.diff_text, Shape.TABLE), lines=20),
    "plan": Sample(language="json", text=sample.plan_text, lines=44),
}


def filled(page: str) -> str:
    """Return the page with its made parts as they are today.

    Raises:
        ValueError: A part is not known, or one that is known is not in the page exactly once.
    """
    made = {"columns": _columns, "schemas": _schemas}
    made |= {f"sample {name}": partial(_shown, one) for name, one in SAMPLES.items()}
    return parts.filled(page, made, path="docs/formats.md")


def _columns() -> Iterator[str]:
    yield "| column | meaning |"
    yield "|---|---|"
    yield from (f"| `{one.name}` | {one.meaning} |" for one in csv.COLUMNS)


def _schemas() -> Iterator[str]:
    yield "| schema | of |"
    yield "|---|---|"
    yield from (f"| [{name}](schemas/{name}.json) | {FILES[name]} |" for name in SCHEMAS)


def _shown(one: Sample) -> Iterator[str]:
    lines = [line.rstrip() for line in one.text().splitlines()]
    start = next(number for number, line in enumerate(lines) if one.begins in line)
    end = start + one.lines
    yield f"```{one.language}"
    yield from [_MORE] if start else []
    yield from (line if len(line) <= _WIDTH else line[: _WIDTH - 1] + _MORE for line in lines[start:end])
    yield from [_MORE] if end < len(lines) else []
    yield "```"
