"""Turn a run into SARIF 2.1.0, for code scanning dashboards and the viewers of editors.

Pure.  One result per finding; one notification, level `error`, per device that was not
audited; and every device, with its verdict, in the run's property bag, so that a device
with neither is in the file as well.  Files are named relative to the run's folder.
Messages are inert: placeholders and links are SARIF's own, so braces and links of a
device are escaped.  Snippets are the device's text, untouched.

Every result points into a file, because GitHub refuses the whole upload for one that has a logical
location only: to the line that proves it, else to the answer that has no such line, else to the run's
own document, where the finding stands.

Source: OASIS SARIF 2.1.0: 3.11.5 (braces), 3.11.6 (links), 3.19 (the tool), 3.20 (invocation), 3.27
(result), 3.28 (locations), 3.30 (regions), 3.33 (logical locations), 3.58 (notifications); GitHub,
"SARIF support for code scanning" (what it requires, the name of the one fingerprint that it reads).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Protocol, TypeAlias, assert_never
from urllib.parse import quote

from asa_transport.core.documents import json_parts
from asa_transport.core.documents.json_parts import Items
from asa_transport.core.reports.report import Report
from asa_transport.model import Audited, AuditOutcome, Device, Evidence, Finding, NotAudited, Severity, Stage
from asa_transport.model.outcome_counts import counts_of
from asa_transport.text import instant, visible

Json: TypeAlias = dict[str, Any]
VERSION: Final = "2.1.0"
_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
# The run's folder in the state directory; where that is, a report does not say.
_BASE: Final = "RUN"
# The run's own document there.
_DOCUMENT: Final = "audit.json"
# The program by its name, as a package URL: it has no address of its own.
_INFORMATION: Final = "pkg:generic/asa-transport@{version}"
# SARIF's own default where a rule's severity depends on the case.
_DEFAULT_LEVEL: Final = "warning"


# What it means that an audit ended at a stage, and what to do; each device has its own hint beside it.
_STAGES: Final[Mapping[Stage, tuple[str, str]]] = {
    Stage.JUMP: (
        "The jump host in front of the device was not reached, did not let us in, or was lost. Nothing is "
        "known of the device.",
        "see to the jump host: 'ssh -o BatchMode=yes JUMPHOST' by hand from the machine that audits",
    ),
    Stage.CONNECT: (
        "The device was not reached: a name, an address, or a port that does not answer. "
        "Nothing is known of its licence.",
        "try its address by hand from the machine that audits, through the same jump host",
    ),
    Stage.HOST_KEY: (
        "The device showed an SSH host key that known_hosts does not have, or has otherwise. It was not "
        "logged in to.",
        "compare the key with the device's own before anything else: 'asa-transport hostkeys check'",
    ),
    Stage.AUTHENTICATE: (
        "The device did not take the login. Nothing is known of its licence.",
        "log in by hand as the same user; a rejected password is never tried again",
    ),
    Stage.ENABLE: (
        "The device was logged in to, and privileged mode was not reached, in which the licence is read.",
        "type 'enable' by hand as the same user",
    ),
    Stage.COLLECT: (
        "The device was logged in to, and an answer did not come whole.",
        "audit it again; if it repeats, compare with 'asa-transport audit -l NAME -v'",
    ),
    Stage.PARSE: (
        "The device answered, and the answers are not those of an ASA.",
        "log in by hand and look where the session lands",
    ),
}


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
    """Return the whole document; arguments and errors as of `texts`."""
    found: Json = json_parts.plain(_open_document(report, rules, answer_file))
    return found


def texts(report: Report, *, rules: Sequence[RuleText], answer_file: Callable[[str], str]) -> Iterator[str]:
    """Return the whole document as JSON, a device at a time.

    Args:
        report: The run.
        rules: All that could fire, also those that did not.
        answer_file: The name of the file that holds a command's answer.

    Raises:
        ValueError: The outcomes are not exactly those of the devices; before the first part.
    """
    return json_parts.texts(_open_document(report, rules, answer_file))


def _open_document(report: Report, rules: Sequence[RuleText], answer_file: Callable[[str], str]) -> Json:
    outcomes = report.ordered
    known = _with_strange(rules, (f for o in outcomes if isinstance(o, Audited) for f in o.findings))
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
                        "informationUri": _INFORMATION.format(version=quote(run.tool_version)),
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
                "results": Items(_results(outcomes, index, answer_file)),
                "properties": {
                    "judgedAt": instant(report.now),
                    "inventory": run.inventory,
                    "policySha256": run.policy_sha256,
                    "failOn": report.fail_on.value,
                    **({"notSelected": list(run.not_selected)} if run.not_selected else {}),
                    "devices": Items(map(_device, outcomes)),
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


def _with_strange(rules: Sequence[RuleText], findings: Iterable[Finding]) -> tuple[RuleText, ...]:
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
    meaning, what_to_do = _STAGES[stage]
    return {
        "id": _notification_id(stage),
        "name": "NotAudited" + "".join(word.capitalize() for word in stage.value.split("-")),
        "shortDescription": _message(f"Not audited: ended at the stage '{stage}'"),
        "fullDescription": _message(meaning),
        "help": _message(what_to_do),
        "defaultConfiguration": {"level": "error"},
    }


def _notification_id(stage: Stage) -> str:
    return f"not-audited/{stage}"


def _invocation(report: Report, outcomes: Sequence[AuditOutcome]) -> Json:
    is_missing = counts_of(outcomes).not_audited > 0
    code = int(report.run.exit_code)
    return {
        # 3 is the code for findings: the program did all it had to (docs/exit-codes.md).
        "executionSuccessful": not is_missing and code in (0, 3),
        "exitCode": code,
        "startTimeUtc": instant(report.run.started_at),
        "endTimeUtc": instant(report.run.finished_at),
        "toolExecutionNotifications": Items(
            _notification(outcome) for outcome in outcomes if isinstance(outcome, NotAudited)
        ),
    }


def _notification(outcome: NotAudited) -> Json:
    return {
        "descriptor": {
            "id": _notification_id(outcome.stage),
            "index": list(Stage).index(outcome.stage),
        },
        "level": "error",
        "message": _message(f"{outcome.device.name}: not audited: {outcome.error}"),
        "locations": [{"logicalLocations": [_logical(outcome.device)]}],
        "properties": {"stage": outcome.stage.value, "hint": outcome.hint},
    }


def _results(
    outcomes: Iterable[AuditOutcome], index: Mapping[str, int], answer_file: Callable[[str], str]
) -> Iterator[Json]:
    for outcome in outcomes:
        # A mark names its device, so that no other has the same.
        seen: Counter[str] = Counter()
        for finding in outcome.findings if isinstance(outcome, Audited) else ():
            mark = fingerprint(outcome.device, finding)
            seen[mark] += 1
            # In GitHub's own form: a hash of 64 bits, and which of several with the same one.
            line_hash = f"{mark[:16]}:{seen[mark]}"
            yield _result(outcome.device, finding, index[finding.rule], answer_file, line_hash)


def _result(
    device: Device, finding: Finding, index: int, answer_file: Callable[[str], str], line_hash: str
) -> Json:
    # More than one location would mean that all of them must be mended; further lines
    # only prove the same (3.27.12).
    first, *others = _locations(device, finding, answer_file)
    result = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": _message(f"{device.name}: {finding.title}: {finding.detail}"),
        "locations": [first],
        "partialFingerprints": {
            "ruleDeviceBug/v1": fingerprint(device, finding),
            # The only one that GitHub reads.  Not of the line: dates and days in it change every night.
            "primaryLocationLineHash": line_hash,
        },
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


def _locations(device: Device, finding: Finding, answer_file: Callable[[str], str]) -> list[Json]:
    """Return where the finding can be looked up, at least one place, the nearest first."""

    def file_of(command: str) -> str:
        return f"raw/{device.name}/{answer_file(command)}"

    missing = [] if finding.missing_from is None else [_beginning(device, file_of(finding.missing_from))]
    lines = [_line(device, file_of(line.command), line) for line in finding.evidence]
    return [*missing, *lines] or [_beginning(device, _DOCUMENT)]


def _line(device: Device, file: str, evidence: Evidence) -> Json:
    region = {
        "startLine": evidence.line,
        "startColumn": 1,
        "endLine": evidence.line,
        # Behind the last character (3.30.8).
        "endColumn": len(evidence.text) + 1,
        "snippet": {"text": evidence.text},
    }
    return _place(device, file, region)


def _beginning(device: Device, file: str) -> Json:
    """Return a place for what stands nowhere in a file: an empty region at its first character."""
    return _place(device, file, {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1})


def _place(device: Device, file: str, region: Json) -> Json:
    artifact = {"uri": file, "uriBaseId": _BASE}
    return {
        "physicalLocation": {"artifactLocation": artifact, "region": region},
        "logicalLocations": [_logical(device)],
    }


def _logical(device: Device) -> Json:
    return {"name": device.name, "fullyQualifiedName": device.name, "kind": "device"}


def _device(outcome: AuditOutcome) -> Json:
    device = outcome.device
    said: Json = {"name": device.name, "host": device.host}
    if device.data:
        said["data"] = dict(device.data)
    match outcome:
        case NotAudited():
            return {**said, "outcome": "not-audited", "stage": outcome.stage.value}
        case Audited():
            decision = outcome.decision
            return {
                **said,
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
