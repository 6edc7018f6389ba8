"""SARIF 2.1.0: every finding is a result, every silence is a notification, every device is listed.

The official schema is not in this repository; `PARTS` is a schema of our own of the parts
that we write, made from the text of the standard: required properties, closed objects,
enumerations.  It proves our structure, not that we read the standard right.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from asa_transport.core.judgement.rules.table import RULES, findings
from asa_transport.core.reports import sarif
from asa_transport.core.reports.report import Report
from asa_transport.edges.state.run_folder import answer_file
from asa_transport.model import Audited, Severity, Stage
from tests.unit.judging import case_of, healthy
from tests.unit.reporting import (
    RUN,
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
from tests.unit.test_rules_golden import FIRES, Fires


def closed(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": list(required),
    }


TEXT = {"type": "string"}
WORD = {"type": "string", "minLength": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
BAG = {"type": "object"}
MESSAGE = closed({"text": TEXT}, "text")
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
DESCRIPTOR = closed(
    {
        "id": WORD,
        "name": {"type": "string", "pattern": "^[A-Z][A-Za-z0-9]*$"},
        "shortDescription": MESSAGE,
        "fullDescription": MESSAGE,
        "help": MESSAGE,
        "defaultConfiguration": closed({"level": LEVEL}),
        "properties": BAG,
    },
    "id",
)
# GitHub requires all four, SARIF the first.
REGION = ("startLine", "startColumn", "endLine", "endColumn")
LOCATION = closed(
    {
        "id": {"type": "integer", "minimum": -1},
        "physicalLocation": closed(
            {
                "artifactLocation": closed(
                    {"uri": {"type": "string", "pattern": "^[A-Za-z0-9._/-]+$"}, "uriBaseId": WORD}
                ),
                "region": closed(
                    {
                        **{key: {"type": "integer", "minimum": 1} for key in REGION},
                        "snippet": MESSAGE,
                    },
                    *REGION,
                ),
            },
            "artifactLocation",
            "region",
        ),
        "logicalLocations": {
            "type": "array",
            "uniqueItems": True,
            "items": closed({"name": WORD, "fullyQualifiedName": WORD, "kind": WORD}),
        },
    }
)
RESULT = closed(
    {
        "ruleId": WORD,
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": MESSAGE,
        # GitHub refuses a whole file for one result without a physical location.
        "locations": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {**LOCATION, "required": ["physicalLocation"]},
        },
        "relatedLocations": {"type": "array", "uniqueItems": True, "items": LOCATION},
        "partialFingerprints": closed(
            {
                "ruleDeviceBug/v1": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                "primaryLocationLineHash": {"type": "string", "pattern": "^[0-9a-f]{16}:[1-9][0-9]*$"},
            },
            "ruleDeviceBug/v1",
            "primaryLocationLineHash",
        ),
        "suppressions": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "kind": {"enum": ["inSource", "external"]},
                    "status": {"enum": ["accepted", "underReview", "rejected"]},
                    "justification": {"type": "string"},
                },
                "required": ["kind"],
            },
        },
        "properties": BAG,
    },
    "message",
)
NOTIFICATION = closed(
    {
        "descriptor": closed({"id": WORD, "index": {"type": "integer", "minimum": 0}}),
        "level": LEVEL,
        "message": MESSAGE,
        "locations": {"type": "array", "items": LOCATION},
        "properties": BAG,
    },
    "message",
)
INVOCATION = closed(
    {
        "executionSuccessful": {"type": "boolean"},
        "exitCode": {"type": "integer"},
        "startTimeUtc": TIME,
        "endTimeUtc": TIME,
        "toolExecutionNotifications": {"type": "array", "items": NOTIFICATION},
    },
    "executionSuccessful",
)
DRIVER = closed(
    {
        "name": WORD,
        "version": WORD,
        # An absolute URI, which needs no host (RFC 3986).
        "informationUri": {"type": "string", "pattern": "^[a-z]+:[!-~]+$"},
        "rules": {"type": "array", "uniqueItems": True, "items": DESCRIPTOR},
        "notifications": {"type": "array", "uniqueItems": True, "items": DESCRIPTOR},
    },
    "name",
    "informationUri",
)
PARTS = closed(
    {
        "$schema": WORD,
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": closed(
                {
                    "tool": closed({"driver": DRIVER}, "driver"),
                    "automationDetails": closed({"id": WORD}),
                    "originalUriBaseIds": {
                        "type": "object",
                        "additionalProperties": closed({"description": MESSAGE}),
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "invocations": {"type": "array", "items": INVOCATION},
                    "results": {"type": "array", "items": RESULT},
                    "properties": BAG,
                },
                "tool",
            ),
        },
    },
    "version",
    "runs",
)
VALIDATOR = jsonschema.Draft202012Validator(PARTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortRule:
    id: str
    title: str
    severity: str
    meaning: str
    remedy: str


def run_of(report: Report) -> dict[str, Any]:
    document = sarif.document(report, rules=RULES, answer_file=answer_file)
    VALIDATOR.validate(document)
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def only_result(report: Report) -> dict[str, Any]:
    (result,) = run_of(report)["results"]
    assert isinstance(result, dict)
    return result


def test_every_device_is_listed_with_its_verdict() -> None:
    """A device without a finding has no result; without this list it would be missing."""
    report = every_kind()

    listed = run_of(report)["properties"]["devices"]

    assert [device["name"] for device in listed] == sorted(device.name for device in report.devices)
    assert {"compliant", "hold", None} <= {d["verdict"] for d in listed if d["outcome"] == "audited"}


def test_every_finding_is_a_result() -> None:
    """Results are what a dashboard counts."""
    report = every_kind()
    count = sum(len(outcome.findings) for outcome in report.outcomes if isinstance(outcome, Audited))

    assert len(run_of(report)["results"]) == count > 10


def test_every_device_that_was_not_audited_is_a_notification_of_level_error() -> None:
    """A scan that could not look is not a clean scan."""
    run = run_of(every_kind())
    (invocation,) = run["invocations"]
    notifications = invocation["toolExecutionNotifications"]
    kinds = run["tool"]["driver"]["notifications"]

    assert len(notifications) == len(Stage)
    assert {n["level"] for n in notifications} == {"error"}
    assert all(kinds[n["descriptor"]["index"]]["id"] == n["descriptor"]["id"] for n in notifications)
    assert invocation["executionSuccessful"] is False


@pytest.mark.parametrize(("code", "is_successful"), [(0, True), (3, True), (1, False), (130, False)])
def test_the_run_is_successful_only_where_all_was_looked_at(code: int, is_successful: bool) -> None:
    """Findings are a successful scan; an error of ours or an interruption is none."""
    report = replace(one(audited("fw1", healthy())), run=replace(RUN, exit_code=code))

    (invocation,) = run_of(report)["invocations"]

    assert (invocation["exitCode"], invocation["executionSuccessful"]) == (code, is_successful)


def test_the_first_evidence_line_is_the_location_and_the_others_are_related() -> None:
    """A reader must get from the result to the line in the saved answer."""
    result = only_result(one(audited("fw1", healthy(), findings=(finding(),))))

    (location,) = result["locations"]
    (related,) = result["relatedLocations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "raw/fw1/show_license_status.txt", "uriBaseId": "RUN"},
        "region": {
            "startLine": 14,
            "startColumn": 1,
            "endLine": 14,
            "endColumn": 17,
            "snippet": {"text": "  Type: Callhome"},
        },
    }
    assert location["logicalLocations"][0]["name"] == "fw1"
    assert related["physicalLocation"]["artifactLocation"]["uri"] == (
        "raw/fw1/show_running-config_license.txt"
    )


def files_of(result: dict[str, Any]) -> list[str]:
    places = [*result["locations"], *result.get("relatedLocations", ())]
    return [place["physicalLocation"]["artifactLocation"]["uri"] for place in places]


def test_what_is_missing_points_to_the_answer_that_has_no_such_line() -> None:
    """A missing line stands nowhere, and still somebody has to look where it is not (AT102, AT302)."""
    found = finding(missing_from="show running-config license")

    result = only_result(one(audited("fw1", healthy(), findings=(found,))))

    assert files_of(result) == [
        "raw/fw1/show_running-config_license.txt",
        "raw/fw1/show_license_status.txt",
        "raw/fw1/show_running-config_license.txt",
    ]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}


def test_a_finding_without_any_line_points_to_the_document_of_its_run() -> None:
    """The journal of a push, or a prompt, is no answer; GitHub refuses a file for one such result."""
    result = only_result(one(audited("fw1", healthy(), findings=(finding(evidence=()),))))

    assert files_of(result) == ["audit.json"]
    assert result["locations"][0]["logicalLocations"][0]["name"] == "fw1"


@pytest.mark.parametrize(
    ("facts", "expect", "around", "rule", "file"),
    [
        ("-", "smart, p.example.net:80", "-", "AT102", "show_running-config_license.txt"),
        ("contact=failed", "smart, p.example.net:80", "-", "AT102", "show_running-config_license.txt"),
        ("transport=callhome", "callhome, p:80", "-", "AT102", "show_running-config_call-home.txt"),
        ("-", "smart, p.example.net:80", "bug=proxy", "AT302", "show_running-config_license.txt"),
    ],
)  # fmt: skip
def test_a_proxy_that_is_not_there_points_to_the_answer_that_would_have_it(
    facts: str, expect: str, around: str, rule: str, file: str
) -> None:
    """Where the missing line would stand depends on the transport in force."""
    case = case_of(facts, expect, around)
    found = tuple(one for one in findings(case) if one.rule == rule)

    result = only_result(one(audited("fw1", case.facts, findings=found)))

    assert files_of(result)[0] == f"raw/fw1/{file}"


@pytest.mark.parametrize("golden", FIRES)
def test_whatever_fires_has_a_place_in_a_file(golden: Fires) -> None:
    """GitHub refuses the whole file for one result that has none; the schema above says what one is."""
    case = case_of(golden.facts, golden.expect, golden.around)

    results = run_of(one(audited("fw1", case.facts, findings=findings(case))))["results"]

    assert golden.rule in {result["ruleId"] for result in results}


def test_severities_map_to_levels_and_stay_readable_as_a_property() -> None:
    """SARIF has three levels, and critical must not become the same as high for a reader."""
    found = tuple(finding(severity=severity) for severity in Severity)

    results = run_of(one(audited("fw1", healthy(), findings=found)))["results"]

    assert [(r["properties"]["severity"], r["level"]) for r in results] == [
        ("info", "note"),
        ("low", "note"),
        ("medium", "warning"),
        ("high", "error"),
        ("critical", "error"),
    ]


def test_fingerprints_are_the_same_in_the_next_run_and_differ_by_rule_device_and_bug() -> None:
    """A dashboard keeps one alert for one problem; the detail changes with the days left."""
    fingerprint = sarif.fingerprint
    fw1, first = named("fw1"), finding(rule="AT301", bug="CSC1")

    assert fingerprint(fw1, first) == fingerprint(fw1, replace(first, detail="3 days", evidence=()))
    others = {
        fingerprint(fw1, replace(first, rule="AT302")),
        fingerprint(named("fw2"), first),
        fingerprint(fw1, replace(first, bug="CSC2")),
        fingerprint(fw1, replace(first, bug=None)),
    }
    assert len(others | {fingerprint(fw1, first)}) == 5


def test_all_rules_are_described_and_results_point_at_theirs() -> None:
    """A viewer shows meaning and remedy from the rule."""
    run = run_of(every_kind())
    rules = run["tool"]["driver"]["rules"]

    assert [rule["id"] for rule in rules] == [rule.id for rule in RULES]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    kinds = run["tool"]["driver"]["notifications"]
    assert [kind["id"] for kind in kinds] == [f"not-audited/{stage}" for stage in Stage]
    for described in (*rules, *kinds):
        assert described["help"]["text"]
        # The limits of GitHub.
        assert 0 < len(described["name"]) <= 255
        assert 0 < len(described["shortDescription"]["text"]) <= 1024
        assert 0 < len(described["fullDescription"]["text"]) <= 1024


def test_the_fingerprint_that_github_reads_is_the_same_every_night_and_another_for_every_result() -> None:
    """Two results with one fingerprint are one alert; one that changes with a date is a new alert a night."""
    tonight = run_of(every_kind())["results"]
    twice = finding(rule="AT999", evidence=())
    later = replace(twice, detail="3 days", evidence=finding().evidence)

    hashes = [result["partialFingerprints"]["primaryLocationLineHash"] for result in tonight]
    assert len(set(hashes)) == len(hashes)
    first, second, third = (
        run_of(one(audited("fw1", healthy(), findings=found)))["results"]
        for found in ((twice,), (later,), (twice, later))
    )
    assert (
        first[0]["partialFingerprints"] == second[0]["partialFingerprints"] == third[0]["partialFingerprints"]
    )
    assert third[1]["partialFingerprints"] != third[0]["partialFingerprints"]


def test_a_rule_that_is_not_in_the_table_is_described_from_its_finding() -> None:
    """A stored run of another release may know rules that this one does not."""
    run = run_of(one(audited("fw1", healthy(), findings=(finding(rule="AT999", title="new"),))))

    rules = run["tool"]["driver"]["rules"]
    assert rules[run["results"][0]["ruleIndex"]]["id"] == "AT999"
    assert rules[-1]["shortDescription"]["text"] == "new"


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        ("critical", "error"),
        ("medium; high where …", "warning"),
        ("by days left", "warning"),
        ("", "warning"),
    ],
)
def test_a_rules_default_level_is_that_of_its_first_word(severity: str, level: str) -> None:
    """Rules say their severity in words, because it may depend on the days left."""
    rule = ShortRule(id="X1", title="a title", severity=severity, meaning="m", remedy="r")

    document = sarif.document(report_of([]), rules=[rule], answer_file=answer_file)

    (described,) = document["runs"][0]["tool"]["driver"]["rules"]
    assert described["defaultConfiguration"] == {"level": level}
    assert described["name"] == "ATitle"


def test_braces_and_links_of_a_device_are_no_placeholders_and_no_links() -> None:
    """A viewer makes links of `[text](target)` in messages, and reads `{0}` as an argument."""
    result = only_result(
        one(audited("fw1", healthy(), findings=(finding(detail="{0} [a](http://evil.example)"),)))
    )

    assert result["message"]["text"].endswith("{{0}} [a] (http://evil.example)")


def test_sarif_is_refused_with_fewer_outcomes_than_devices() -> None:
    """A device silently missing from a report is the second worst thing."""
    with pytest.raises(ValueError, match="not matched"):
        sarif.document(with_one_too_few(every_kind()), rules=RULES, answer_file=answer_file)


def test_a_notification_says_what_was_seen_and_what_to_do() -> None:
    """The hint has no place of its own in a notification, so it is a property."""
    (invocation,) = run_of(one(missed("fw1", Stage.HOST_KEY, "key changed", "look at it")))["invocations"]

    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["message"]["text"] == "fw1: not audited: key changed"
    assert notification["properties"] == {"stage": "host-key", "hint": "look at it"}


# A busy machine is not a failure.
@settings(deadline=None)
@given(hostile_reports)
def test_any_text_gives_a_well_formed_document_with_every_device(report: Report) -> None:
    """No text of a device may drop it, or make a message that a viewer obeys."""
    run = json.loads(json.dumps(run_of(report)))

    assert [d["name"] for d in run["properties"]["devices"]] == sorted(d.name for d in report.devices)
    assert [re.findall(r"\]\(|(?<!\{)(?:\{\{)*\{(?!\{)", r["message"]["text"]) for r in run["results"]] == [
        [] for _ in run["results"]
    ]
