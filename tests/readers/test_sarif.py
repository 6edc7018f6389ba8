"""Microsoft's SARIF Multitool, with the rules of the standard and those of GitHub's code scanning."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from asa_transport.core.reports.report import Report
from tests.readers.asked import ask, written
from tests.readers.installs import SARIF
from tests.unit.judging import healthy
from tests.unit.reporting import audited, every_kind, finding, one
from tools import sample

# It is built for a machine that has ICU.
ENV = {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
REPORTS = {
    "every kind of device": every_kind(),
    "the sample of docs/formats.md": sample.report(),
    "a finding without a line": one(audited("fw1", healthy(), findings=(finding(evidence=()),))),
}


def remarks(directory: Path, file: Path) -> list[tuple[str, str]]:
    """The errors and warnings that the tool has, as rule and place."""
    said = directory / "said.sarif"
    ended = ask(
        SARIF, "validate", file, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--output", said,
        "--log", "ForceOverwrite", env=ENV,
    )  # fmt: skip
    assert said.exists(), ended.out + ended.err
    (run,) = json.loads(said.read_text(encoding="utf-8-sig"))["runs"]
    notes = run["invocations"][0].get("toolExecutionNotifications", [])
    assert [note for note in notes if note.get("level") == "error"] == []
    return [
        (result["ruleId"], result["message"].get("arguments", [""])[0])
        for result in run.get("results", [])
        if result.get("level", "warning") in {"error", "warning"}
    ]


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_neither_the_standard_nor_github_has_a_remark(report: Report, tmp_path: Path) -> None:
    """An upload that is refused is refused whole."""
    assert remarks(tmp_path, written(tmp_path, report, "sarif")) == []


def test_the_tool_would_say_what_is_wrong(tmp_path: Path) -> None:
    """A validator that never has a remark proves nothing."""
    file = written(tmp_path, every_kind(), "sarif")
    document = json.loads(file.read_text())
    driver = document["runs"][0]["tool"]["driver"]
    del driver["informationUri"], driver["notifications"][0]["fullDescription"]
    file.write_text(json.dumps(document))

    assert {rule for rule, _ in remarks(tmp_path, file)} == {"SARIF2005", "GH2012"}
