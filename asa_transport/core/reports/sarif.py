"""Turn a run into SARIF 2.1.0, for code scanning dashboards and the viewers of editors.

Pure.  One result per finding; one notification, level `error`, per device that was not
audited; and every device, with its verdict, in the run's property bag, so that a device
with neither is in the file as well.  Files are named relative to the run's folder.
Messages are inert: placeholders and links are SARIF's own, so braces and links of a
device are escaped.  Snippets are the device's text, untouched.

Source: OASIS SARIF 2.1.0: 3.11.5 (braces), 3.11.6 (links), 3.20 (invocation), 3.27 (result),
3.28 (locations), 3.33 (logical locations), 3.58 (notifications).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Protocol, TypeAlias, assert_never

from asa_transport.core.reports.report import Report
from asa_transport.model import Audited, AuditOutcome, Device, Evidence, Finding, NotAudited, Severity, Stage
from asa_transport.text import instant, visible

Json: TypeAlias = dict[str, Any]
VERSION: Final = "2.1.0"
_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
# The run's folder in the state directory; where that is, a report does not say.
_BASE: Final = "RUN"
# SARIF's own default where a rule's severity depends on the case.
_DEFAULT_LEVEL: Final = "warning"


class RuleText(Protocol):
    """What a rule says of itself; `severity` begins with a severity where it has one of its own."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def severity(self) -> str: ...  # noqa: D102
    @property
    def meaning(self) -> str: ...  # noqa: D102
    @property
    def remedy(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class _Strange:
    """A rule that fired and is not in the table, as in a stored run of another release."""

    id: str
    title: str
    severity: str
    meaning: str
    remedy: str


def document(report: Report, *, rules: Sequence[RuleText], answer_file: Callable[[str], str]) -> Json:
    """Return the whole document.

    Args:
        report: The run.
        rules: All that could fire, also those that did not.
        answer_file: The name of the file that holds a command's answer.

    Raises:
        ValueError: The outcomes are not exactly those of the devices.
    """
    outcomes = report.ordered
    found = [(o.device, f) for o in outcomes if isinstance(o, Audited) for f in o.findings]
    known = _with_strange(rules, [finding for _, finding in found])
    index = {rule.id: number for number, rule in enumerate(known)}
    run = report.run
    return {
        "$schema": _SCHEMA,
        "version": VERSION,
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "asa-transport",
                        "version": run.tool_version,
                        "rules": [_rule(rule) for rule in known],
                        "notifications": [_notification_kind(stage) for stage in Stage],
                    }
                },
                "automationDetails": {"id": f"asa-transport/{run.kind}/{run.id}"},
                "originalUriBaseIds": {
                    _BASE: {"description": {"text": "The run's folder in the state directory."}}
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [_invocation(report, outcomes)],
                "results": [
                    _result(device, finding, index[finding.rule], answer_file) for device, finding in found
                ],
                "properties": {
                    "judgedAt": instant(report.now),
                    "inventory": run.inventory,
                    "policySha256": run.policy_sha256,
                    "failOn": report.fail_on.value,
                    "devices": [_device(outcome) for outcome in outcomes],
                },
            }
        ],
    }


def level(severity: Severity) -> str:
    """Return SARIF's level; the severity itself is a property, as SARIF has only three."""
    match severity:
        case Severity.CRITICAL | Severity.HIGH:
            return "error"
        case Severity.MEDIUM:
            return "warning"
        case Severity.LOW | Severity.INFO:
            return "note"
        case _:
            assert_never(severity)


def fingerprint(device: Device, finding: Finding) -> str:
    """Return what is the same in every run for one rule on one device (and one bug), as hexadecimal."""
    parts = (finding.rule, device.name, finding.bug or "")
    return sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()


def _with_strange(rules: Sequence[RuleText], findings: Sequence[Finding]) -> tuple[RuleText, ...]:
    known = {rule.id for rule in rules}
    strange = {
        finding.rule: _Strange(
            id=finding.rule,
            title=finding.title,
            severity=finding.severity.value,
            meaning=finding.title,
            remedy=finding.remedy,
        )
        for finding in findings
        if finding.rule not in known
    }
    return (*rules, *strange.values())


def _rule(rule: RuleText) -> Json:
    return {
        "id": rule.id,
        "name": _name(rule),
        "shortDescription": _message(rule.title),
        "fullDescription": _message(rule.meaning),
        "help": _message(rule.remedy),
        "defaultConfiguration": {"level": _default_level(rule.severity)},
        "properties": {"severity": rule.severity},
    }


def _name(rule: RuleText) -> str:
    """Return the title as one word, ``TheLastContactFailed``; the id where that gives no name."""
    words = re.findall(r"[A-Za-z0-9]+", rule.title)
    name = "".join(word[0].upper() + word[1:] for word in words)
    return name if name[:1].isalpha() else rule.id


def _default_level(severity: str) -> str:
    """Return the level of the first word, where that is a severity: "medium; high where …"."""
    first = re.match(r"\w*", severity)
    word = first.group() if first is not None else ""
    return level(Severity(word)) if word in list(Severity) else _DEFAULT_LEVEL


def _notification_kind(stage: Stage) -> Json:
    return {
        "id": _notification_id(stage),
        "shortDescription": {"text": f"Not audited: ended at the stage '{stage}'"},
        "defaultConfiguration": {"level": "error"},
    }


def _notification_id(stage: Stage) -> str:
    return f"not-audited/{stage}"


def _invocation(report: Report, outcomes: Sequence[AuditOutcome]) -> Json:
    missed = [outcome for outcome in outcomes if isinstance(outcome, NotAudited)]
    code = int(report.run.exit_code)
    return {
        # 3 is the code for findings: the program did all it had to (CONTRACT §3).
        "executionSuccessful": not missed and code in (0, 3),
        "exitCode": code,
        "startTimeUtc": instant(report.run.started_at),
        "endTimeUtc": instant(report.run.finished_at),
        "toolExecutionNotifications": [
            {
                "descriptor": {
                    "id": _notification_id(outcome.stage),
                    "index": list(Stage).index(outcome.stage),
                },
                "level": "error",
                "message": _message(f"{outcome.device.name}: not audited: {outcome.error}"),
                "locations": [{"logicalLocations": [_logical(outcome.device)]}],
                "properties": {"stage": outcome.stage.value, "hint": outcome.hint},
            }
            for outcome in missed
        ],
    }


def _result(device: Device, finding: Finding, index: int, answer_file: Callable[[str], str]) -> Json:
    lines = [_location(device, evidence, answer_file) for evidence in finding.evidence]
    # More than one location would mean that all of them must be mended; further lines
    # only prove the same (3.27.12).
    first, *others = lines or [{"logicalLocations": [_logical(device)]}]
    result = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": _message(f"{device.name}: {finding.title}: {finding.detail}"),
        "locations": [first],
        "partialFingerprints": {"ruleDeviceBug/v1": fingerprint(device, finding)},
        "properties": {
            "severity": finding.severity.value,
            "bug": finding.bug,
            "remedy": finding.remedy,
            "device": device.name,
        },
        "suppressions": _suppressions(finding),
    }
    if others:
        result["relatedLocations"] = [{"id": number, **other} for number, other in enumerate(others, start=1)]
    return result


def _suppressions(finding: Finding) -> list[Json]:
    """Return a waiver as SARIF has it; an empty list says that the result counts (3.27.23)."""
    waived = finding.waived
    if waived is None:
        return []
    why = f"{waived.reason} ({waived.owner}, until {instant(waived.until)})"
    return [{"kind": "external", "status": "accepted", "justification": why}]


def _location(device: Device, evidence: Evidence, answer_file: Callable[[str], str]) -> Json:
    return {
        "physicalLocation": {
            "artifactLocation": {
                "uri": f"raw/{device.name}/{answer_file(evidence.command)}",
                "uriBaseId": _BASE,
            },
            "region": {"startLine": evidence.line, "snippet": {"text": evidence.text}},
        },
        "logicalLocations": [_logical(device)],
    }


def _logical(device: Device) -> Json:
    return {"name": device.name, "fullyQualifiedName": device.name, "kind": "device"}


def _device(outcome: AuditOutcome) -> Json:
    name, host = outcome.device.name, outcome.device.host
    match outcome:
        case NotAudited():
            return {"name": name, "host": host, "outcome": "not-audited", "stage": outcome.stage.value}
        case Audited():
            decision = outcome.decision
            return {
                "name": name,
                "host": host,
                "outcome": "audited",
                "verdict": None if decision is None else decision.verdict.value,
                "changes": [] if decision is None else [change.value for change in decision.changes],
                "reasons": [] if decision is None else list(decision.reasons),
            }
        case _:
            assert_never(outcome)


def _message(text: str) -> Json:
    """Return a message that says the text and nothing else."""
    shown = visible(text).replace("{", "{{").replace("}", "}}")
    # `[text](target)` is a link wherever it stands; apart, it is none.
    return {"text": shown.replace("](", "] (")}
