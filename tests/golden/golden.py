"""Golden pairs: one text that a firewall printed, and what is read in it.

A template's own pair has the shape of one output, and what the template reads in it; a device's has all
outputs of one, and its facts with the lines that are proof of them and those that nobody knows.

`python -m tests.golden.golden` (in `make snapshots`) writes the expected files anew from what the program
reads today; look at the difference before you keep it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from asa_transport.asa.commands import template_of
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.lines import to_lines, without_chatter
from asa_transport.core.parsing.tables import Table, TableSet
from asa_transport.model import Capture, CommandOutput, DeviceFacts

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
DEVICES = HERE / "devices"
# Whole outputs in the shapes in which firewalls of each kind print them, by command.
CAPTURED = HERE / "captured"
# A page of prose with single-line pastes in it, as vendors and wikis publish them: one in each language.
PAGES = {language: HERE / "pages" / f"notes.{language}.txt" for language in ("en", "zh-TW")}
NOW = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)


def texts() -> dict[str, str]:
    """Return the shipped templates, by stem."""
    found = sorted((REPOSITORY / "textfsm_templates").glob("*.textfsm"))
    return {path.stem: path.read_text(encoding="utf-8") for path in found}


def pairs() -> Iterator[tuple[str, Path]]:
    """Yield each template's name with each golden text of its own; what is read in it stands beside it."""
    for path in sorted(HERE.glob("cisco_asa_*/*.txt")):
        yield path.parent.name, path


def cases() -> Iterator[tuple[str, Path]]:
    """Yield each template's name with each golden text that it reads: its own, and those of the devices."""
    yield from pairs()
    for path in sorted(DEVICES.glob("*/*.txt")):
        template = template_of(_command(path.stem))
        assert template is not None, f"no template reads {path}"
        yield template, path


def text_of(path: Path) -> str:
    """Return a golden text exactly: carriage returns are part of some."""
    return path.read_bytes().decode("utf-8")


def run(tables: TableSet, template: str, text: str) -> Table:
    """Run one template over one text."""
    command = template.removeprefix("cisco_asa_").replace("_", " ")
    return tables.run(template, command, without_chatter(to_lines(text)))


def as_document(table: Table) -> dict[str, Any]:
    """Return a table as its expected file holds it: per value the line numbers and texts."""
    records = []
    for record in table.records:
        values: dict[str, list[list[Any]]] = {}
        for cell in record.cells:
            values.setdefault(cell.name, []).append([cell.evidence.line, cell.value])
        records.append(values)
    unknown = [
        {"line": line.evidence.line, "block": line.block.value, "text": line.evidence.text}
        for line in table.unknown
    ]
    return {"records": records, "unknown": unknown}


def capture_of(directory: Path) -> Capture:
    """Return a device's capture from one file a command (`show_version.txt`)."""
    outputs = tuple(
        CommandOutput(
            command=_command(path.stem),
            text=text_of(path),
            prompt="edge-fw#",
            started_at=NOW,
            duration_s=0.1,
        )
        for path in sorted(directory.glob("*.txt"))
    )
    return Capture(device=directory.name, started_at=NOW, finished_at=NOW, outputs=outputs)


def _command(stem: str) -> str:
    words = stem.replace("_", " ")
    for two in ("running config", "startup config", "call home"):
        words = words.replace(two, two.replace(" ", "-"))
    return words


def facts_document(facts: DeviceFacts) -> Any:
    """Return facts as plain JSON values; what the device did not say (a field's default) is left out."""
    return _plain(facts)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value) if not _is_default(value, f)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in sorted(value.items())}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _is_default(value: Any, field: Field[Any]) -> bool:
    default = field.default if field.default_factory is MISSING else field.default_factory()
    return bool(getattr(value, field.name) == default)


def write(path: Path, document: Any) -> None:
    """Write an expected file."""
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _main() -> None:
    tables = TableSet(texts())
    for template, path in pairs():
        write(path.with_suffix(".json"), as_document(run(tables, template, text_of(path))))
    for directory in sorted(path for path in DEVICES.iterdir() if path.is_dir()):
        write(directory / "facts.json", facts_document(parse.facts(capture_of(directory), tables)))


if __name__ == "__main__":
    _main()
