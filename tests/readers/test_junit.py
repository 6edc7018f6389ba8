"""junitparser: the suite and its cases as a program that reads JUnit files sees them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from asa_transport.model import Stage
from tests.readers.asked import ask, written
from tests.readers.installs import BIN
from tests.unit.judging import healthy
from tests.unit.reporting import audited, every_kind, missed, report_of

READ = """
import json, sys
from junitparser import JUnitXml
(suite,) = JUnitXml.fromfile(sys.argv[1])
cases = [[c.name, c.classname, c.time, [type(r).__name__ for r in c.result]] for c in suite]
print(json.dumps({"tests": suite.tests, "failures": suite.failures, "errors": suite.errors,
                  "skipped": suite.skipped, "time": suite.time, "cases": cases}))
"""


def read(path: Path) -> dict[str, Any]:
    ended = ask(BIN / "python", "-c", READ, path)
    assert (ended.code, ended.err) == (0, "")
    suite = json.loads(ended.out)
    assert isinstance(suite, dict)
    return suite


def test_junitparser_counts_as_the_report_does(tmp_path: Path) -> None:
    """A device that was not audited is an error there, never a pass."""
    report = every_kind()

    suite = read(written(tmp_path, report, "junit"))

    assert [case[0] for case in suite["cases"]] == [outcome.name for outcome in report.ordered]
    lost = {outcome.name for outcome in report.not_audited}
    assert {name for name, _, _, results in suite["cases"] if results == ["Error"]} == lost
    assert (suite["tests"], suite["errors"]) == (len(report.devices), len(lost))
    assert suite["failures"] == sum(results == ["Failure"] for *_, results in suite["cases"])


def test_junitparser_reads_what_each_device_took(tmp_path: Path) -> None:
    """93 seconds that end in an error are what makes a night long."""
    lost = replace(missed("fw-1", Stage.COLLECT), duration_s=93.25)
    found = replace(audited("fw-2", healthy()), duration_s=4.0)

    suite = read(written(tmp_path, report_of([lost, found]), "junit"))

    assert [case[2] for case in suite["cases"]] == [93.25, 4.0]
