"""Turn a run into JUnit XML: one suite, one test case per device, for Jenkins, GitLab and the like.

Pure.  A device with a finding at or above `fail_on` is a failure, one that was not
audited is an error, and one that was audited but not judged is skipped: none of them
is ever green.  What passes is listed with its verdict in `system-out`.  Characters that
XML 1.0 forbids are escaped visibly.

Source: JUnit.xsd of windyroad/JUnit-Schema (Ant), the strictest one in use: element order,
`hostname`, `id`, `package`, a timestamp without a zone (it is UTC here), one result a case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Final, assert_never
from xml.etree import ElementTree as ET

from asa_transport.core.documents.audit import totals
from asa_transport.core.reports.report import Report, summary
from asa_transport.model import Audited, AuditOutcome, Device, Finding, NotAudited, Severity
from asa_transport.text import instant, visible

_SUITE: Final = "asa-transport"
# Stands where the cases are written, one after the other; no element of the format, nor any text of a
# device, is called so: there "<" is escaped.
_CASES: Final = "cases"
# The suite runs wherever the program does, which the core does not know; the schema
# says to write this then.
_HOST: Final = "localhost"


def text(report: Report) -> str:
    """Return the whole file, UTF-8 once encoded; errors as of `parts`."""
    return "".join(parts(report))


def parts(report: Report) -> Iterator[str]:
    """Return the file in parts, each device read when its part is asked for.

    Raises:
        ValueError: The outcomes are not exactly those of the devices; before the first part.
    """
    return _parts(report, report.ordered)


def _parts(report: Report, outcomes: Sequence[AuditOutcome]) -> Iterator[str]:
    root = ET.Element("testsuites")
    suite = ET.SubElement(root, "testsuite")
    _properties(suite, report)
    results: Counter[str] = Counter()
    lines = [summary(outcomes)]
    for outcome in outcomes:
        results[_result(outcome, report.fail_on)] += 1
        lines.append(_line(outcome))
    run = report.run
    suite.attrib.update(
        name=f"{_SUITE}.{visible(run.kind)}",
        package=_SUITE,
        id="0",
        hostname=_HOST,
        timestamp=run.started_at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds"),
        time=_seconds((run.finished_at - run.started_at).total_seconds()),
        tests=str(len(outcomes)),
        failures=str(results["failure"]),
        errors=str(results["error"]),
        skipped=str(results["skipped"]),
    )
    ET.SubElement(suite, _CASES)
    ET.SubElement(suite, "system-out").text = "\n".join([*lines, ""])
    ET.SubElement(suite, "system-err").text = ""
    ET.indent(root)
    before, after = ET.tostring(root, encoding="unicode").split(f"    <{_CASES} />\n")
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n{before}'
    for outcome in outcomes:
        case = _case(outcome, report.fail_on)
        ET.indent(case, level=2)
        yield f"    {ET.tostring(case, encoding='unicode')}\n"
    yield f"{after}\n"


def _result(outcome: AuditOutcome, fail_on: Severity) -> str:
    """Return the element that a device's case has; empty for one that passed."""
    match outcome:
        case NotAudited():
            return "error"
        case Audited():
            if any(finding.counts(fail_on) for finding in outcome.findings):
                return "failure"
            return "skipped" if outcome.decision is None else ""
        case _:
            assert_never(outcome)


def _properties(suite: ET.Element, report: Report) -> None:
    run, count = report.run, totals(report.ordered)
    values = {
        "run.id": run.id,
        "run.kind": run.kind,
        "run.started_at": instant(run.started_at),
        "run.finished_at": instant(run.finished_at),
        "run.judged_at": instant(report.now),
        "run.tool_version": run.tool_version,
        "run.inventory": run.inventory,
        "run.policy_sha256": run.policy_sha256,
        "run.exit_code": int(run.exit_code),
        **({"run.not_selected": ", ".join(run.not_selected)} if run.not_selected else {}),
        "fail_on": report.fail_on.value,
        **{f"totals.{key}": getattr(count, key) for key in ("devices", "audited", "not_audited")},
        **{f"verdict.{key}": value for key, value in count.by_verdict.items()},
        **{f"severity.{key}": value for key, value in count.by_severity.items()},
        # A case has no properties in the schema that most readers follow.
        **{
            f"data.{device.name}.{key}": value
            for device in report.devices
            for key, value in device.data.items()
        },
    }
    parent = ET.SubElement(suite, "properties")
    for name, value in values.items():
        ET.SubElement(parent, "property", name=visible(name), value=visible(str(value)))


def _case(outcome: AuditOutcome, fail_on: Severity) -> ET.Element:
    device = outcome.device
    case = ET.Element(
        "testcase", classname=_class_name(device), name=visible(device.name), time=_seconds(_spent_s(outcome))
    )
    match outcome:
        case NotAudited():
            error = ET.SubElement(
                case, "error", message=visible(outcome.error), type=f"not-audited.{outcome.stage}"
            )
            error.text = _body(outcome.error, f"hint: {outcome.hint}")
        case Audited():
            failing = [finding for finding in outcome.findings if finding.counts(fail_on)]
            if failing:
                _fail(case, failing, fail_on)
            elif outcome.decision is None:
                ET.SubElement(case, "skipped", message="audited, not judged")
        case _:
            assert_never(outcome)
    return case


def _spent_s(outcome: AuditOutcome) -> float:
    """Return how long the device took; by its answers where nobody measured, and 0 where nothing is known."""
    capture = outcome.capture
    if outcome.duration_s is not None:
        return outcome.duration_s
    return 0.0 if capture is None else (capture.finished_at - capture.started_at).total_seconds()


def _fail(case: ET.Element, failing: Sequence[Finding], fail_on: Severity) -> None:
    listed = ", ".join(f"{finding.rule} {finding.severity}" for finding in failing)
    count = f"{len(failing)} finding{'' if len(failing) == 1 else 's'} at or above {fail_on}: {listed}"
    urgent = max(failing, key=lambda finding: finding.severity.rank)
    failure = ET.SubElement(case, "failure", message=visible(count), type=visible(urgent.rule))
    failure.text = _body(*(line for finding in failing for line in _finding(finding)))


def _finding(finding: Finding) -> list[str]:
    bug = f" ({finding.bug})" if finding.bug is not None else ""
    return [
        f"{finding.rule} {finding.severity}: {finding.title}{bug}",
        f"  {finding.detail}",
        *(f"  {line.command}, line {line.line}: {line.text}" for line in finding.evidence),
        *([] if finding.missing_from is None else [f"  {finding.missing_from}: the line is missing"]),
        f"  remedy: {finding.remedy}",
    ]


def _line(outcome: AuditOutcome) -> str:
    """Return one line on one device; devices that pass have no other place in this format."""
    name = visible(outcome.device.name)
    match outcome:
        case NotAudited():
            return f"{name}: not audited ({outcome.stage})"
        case Audited():
            verdict = "not judged" if outcome.decision is None else outcome.decision.verdict.value
            found = ", ".join(f"{finding.rule} {finding.weight}" for finding in outcome.findings)
            return f"{name}: {verdict}{'; ' if found else ''}{visible(found)}"
        case _:
            assert_never(outcome)


def _body(*lines: str) -> str:
    """Return lines of text; a line end inside one is shown as `\\n`."""
    return "\n".join(visible(line) for line in lines)


def _class_name(device: Device) -> str:
    place = device.region or next(iter(device.groups), None) or "ungrouped"
    # The schema's `token` type: no blanks around it, and a region may have been written with some.
    return f"{_SUITE}.{' '.join(visible(place).split()) or 'ungrouped'}"


def _seconds(count: float) -> str:
    return f"{max(count, 0.0):.3f}"
