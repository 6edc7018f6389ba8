"""JUnit XML: one case a device, nothing unknown is green, and the common XSD's structure.

The XSD (windyroad/JUnit-Schema, the strictest in use) is not in this repository and the
tests have no XSD validator; `assert_has_the_structure` states its rules by hand.
"""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from asa_transport.core.reports import junit
from asa_transport.core.reports.report import Report
from asa_transport.model import Decision, Severity, Stage, Verdict
from tests.unit.judging import healthy
from tests.unit.reporting import (
    audited,
    every_kind,
    finding,
    hostile_reports,
    missed,
    named,
    one,
    report_of,
    with_one_too_few,
)

COMPLIANT = Decision(verdict=Verdict.COMPLIANT)
DECIMAL = re.compile(r"[0-9]+\.[0-9]{3}")


def suite_of(report: Report) -> ET.Element:
    root = ET.fromstring(junit.text(report).encode("utf-8"))
    (suite,) = root
    assert_has_the_structure(root)
    return suite


def assert_has_the_structure(root: ET.Element) -> None:
    """The rules of JUnit.xsd: names, order, required attributes and their forms."""
    assert (root.tag, root.attrib) == ("testsuites", {})
    for suite in root:
        assert suite.tag == "testsuite"
        required = {"name", "package", "id", "hostname", "timestamp", "time", "tests", "failures", "errors"}
        assert set(suite.attrib) == required | {"skipped"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
        assert DECIMAL.fullmatch(suite.attrib["time"])
        tags = [child.tag for child in suite]
        assert tags == ["properties", *["testcase"] * (len(tags) - 3), "system-out", "system-err"]
        for item in suite[0]:
            assert (item.tag, set(item.attrib)) == ("property", {"name", "value"})
        for case in suite.findall("testcase"):
            assert set(case.attrib) == {"name", "classname", "time"}
            assert DECIMAL.fullmatch(case.attrib["time"])
            # xs:token: no blanks around it, none twice.
            assert all(
                " ".join(case.attrib[key].split()) == case.attrib[key] for key in ("name", "classname")
            )
            assert len(case) <= 1
            for result in case:
                assert result.tag in {"skipped", "error", "failure"}
                assert result.tag == "skipped" or result.attrib["type"]
        for tag in ("failure", "error", "skipped"):
            attribute = {"failure": "failures", "error": "errors", "skipped": "skipped"}[tag]
            assert suite.attrib[attribute] == str(len(suite.findall(f"testcase/{tag}")))
        assert suite.attrib["tests"] == str(len(suite.findall("testcase")))


def only_case(report: Report) -> ET.Element:
    (case,) = suite_of(report).findall("testcase")
    return case


def test_every_device_is_one_case_in_order() -> None:
    """A pipeline that counts cases must count firewalls."""
    report = every_kind()

    names = [case.attrib["name"] for case in suite_of(report).findall("testcase")]

    assert names == sorted(device.name for device in report.devices)


@pytest.mark.parametrize(
    ("fail_on", "tags"), [(Severity.HIGH, []), (Severity.MEDIUM, ["failure"]), (Severity.INFO, ["failure"])]
)
def test_a_device_fails_from_fail_on_upward(fail_on: Severity, tags: list[str]) -> None:
    """The pipeline must be red exactly where the exit code is 3."""
    outcome = audited("fw1", healthy(), findings=(finding(),), decision=COMPLIANT)

    case = only_case(report_of([outcome], fail_on=fail_on))

    assert [child.tag for child in case] == tags


def test_a_failure_says_rule_detail_evidence_and_remedy_and_is_named_after_the_worst_rule() -> None:
    """Who reads the pipeline may have no other report."""
    found = (finding(), finding(rule="AT202", severity=Severity.CRITICAL), finding(severity=Severity.INFO))
    outcome = audited("fw1", healthy(), findings=found, decision=COMPLIANT)

    (failure,) = only_case(one(outcome))

    assert failure.attrib == {
        "message": "2 findings at or above medium: AT101 medium, AT202 critical",
        "type": "AT202",
    }
    assert failure.text is not None
    for part in ("AT101 medium: Callhome", "the transport is callhome", "remedy: make it smart"):
        assert part in failure.text
    assert "show license status, line 14:   Type: Callhome" in failure.text


def test_the_time_of_a_case_is_what_the_device_took_also_where_it_was_not_audited() -> None:
    """Who looks for what makes the night long finds the firewall that failed after 93 seconds."""
    lost = replace(missed("fw1", Stage.COLLECT), duration_s=93.25)
    read = replace(audited("fw2", healthy()), duration_s=4.0)
    old = audited("fw3", healthy())

    times = {case.attrib["name"]: case.attrib["time"] for case in suite_of(report_of([lost, read, old]))[1:4]}

    # A run of an older release measured nothing but the answers.
    assert times == {"fw1": "93.250", "fw2": "4.000", "fw3": "1.500"}


def test_what_is_missing_is_named_with_the_answer_that_lacks_it() -> None:
    """A finding without a line would seem to have no ground."""
    found = finding(evidence=(), missing_from="show running-config license")

    (failure,) = only_case(one(audited("fw1", healthy(), findings=(found,))))

    assert "show running-config license: the line is missing" in (failure.text or "")


def test_a_device_that_was_not_audited_is_an_error_with_stage_and_hint() -> None:
    """Unknown is never green, and not the same as a finding."""
    (error,) = only_case(one(missed("fw1", Stage.ENABLE, error="refused", hint="check the password")))

    assert (error.tag, error.attrib) == ("error", {"message": "refused", "type": "not-audited.enable"})
    assert error.text == "refused\nhint: check the password"


def test_a_device_that_was_audited_and_not_judged_is_skipped() -> None:
    """Without a verdict nobody knows whether it is right, so it must not pass."""
    assert [child.tag for child in only_case(one(audited("fw1", healthy())))] == ["skipped"]


def test_what_passes_is_listed_with_its_verdict() -> None:
    """A case has no room for a verdict, and "passed" is not the same as "compliant"."""
    decision = Decision(verdict=Verdict.NOT_APPLICABLE)

    suite = suite_of(one(audited("fw1", healthy(), decision=decision)))

    assert "fw1: not-applicable\n" in (suite.findtext("system-out") or "")


@pytest.mark.parametrize(
    ("region", "groups", "name"),
    [
        ("emea", ("a", "b"), "asa-transport.emea"),
        (None, ("a", "b"), "asa-transport.a"),
        (None, (), "asa-transport.ungrouped"),
        ("  ", (), "asa-transport.ungrouped"),
    ],
)
def test_cases_are_grouped_by_region_else_by_the_first_group(
    region: str | None, groups: tuple[str, ...], name: str
) -> None:
    """Jenkins and GitLab fold cases by class name."""
    outcome = replace(audited("fw1", healthy()), device=named("fw1", region=region, groups=groups))

    assert only_case(one(outcome)).attrib["classname"] == name


def test_times_are_seconds_of_the_device_and_of_the_run() -> None:
    """The schema wants a time everywhere; the slow firewall should be found by it."""
    suite = suite_of(report_of([audited("fw1", healthy()), missed("fw2", Stage.CONNECT)]))

    assert suite.attrib["time"] == "90.000"
    assert [case.attrib["time"] for case in suite.findall("testcase")] == ["1.500", "0.000"]


def test_junit_is_refused_with_fewer_outcomes_than_devices() -> None:
    """A device silently missing from a report is the second worst thing."""
    with pytest.raises(ValueError, match="not matched"):
        junit.text(with_one_too_few(every_kind()))


# A busy machine is not a failure.
@settings(deadline=None)
@given(hostile_reports)
def test_any_text_gives_well_formed_xml_with_one_case_a_device(report: Report) -> None:
    """XML 1.0 forbids most control characters; one of them would lose the whole report."""
    suite = suite_of(report)

    assert len(suite.findall("testcase")) == len(report.devices)
