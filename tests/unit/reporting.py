"""Reports for the tests of the formats: one device of every kind, and reports full of hostile text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, timedelta

from hypothesis import strategies as st

from asa_transport.core.documents.audit import Run
from asa_transport.core.judgement.judge import Standard, cases, judged
from asa_transport.core.reports.report import Report
from asa_transport.model import (
    Audited,
    AuditOutcome,
    AuthorizationFacts,
    AuthorizationState,
    Block,
    Bug,
    Capture,
    Change,
    Decision,
    Device,
    DeviceClock,
    DeviceFacts,
    Evidence,
    FailoverFacts,
    Finding,
    LastContact,
    LicenseMode,
    NotAudited,
    Policy,
    Proxy,
    RegistrationFacts,
    Severity,
    Stage,
    TransportFacts,
    UnknownLine,
    Verdict,
)
from tests.unit.judging import NOW, device, facts_of

KINDS = (
    "-",
    "transport=callhome",
    "transport=callhome; source=version",
    "transport=unknown",
    "proxy=proxy.example.net:8080",
    "transport=callhome; http-proxy=proxy.example.net:8080",
    "url=https://onprem.example.net/SmartTransport",
    "contact=failed; deadline=2d",
    "contact=failed; authorization=expired; deadline=exceeded; restricted=throughput-100kbps",
    "registration=unregistered; authorization=evaluation; export=not-allowed; contact=unknown",
    "registration=expired; expires=-3d",
    "authorization=out-of-compliance",
    "mode=pak",
    "mode=payg",
    "mode=fxos",
    "mode=unknown; registration=unknown; authorization=unknown",
    "reservation=yes; authorization=reserved",
    "failover=standby",
    "cluster=data",
    "context=admin",
    "unknown=transport",
    "refused=show running-config license; proxy=unread",
    "version=9.20(4)10",
    "version=unknown; context=unread",
)
BUG = Bug(
    id="CSCxx00001",
    title="an example",
    severity=Severity.MEDIUM,
    fixed_in=("9.20(4)14",),
    source="a test",
    as_of=date(2026, 1, 1),
)
RUN = Run(
    id="20260120T120000Z-0001",
    kind="audit",
    started_at=NOW,
    finished_at=NOW + timedelta(seconds=90),
    tool_version="0.1.0",
    inventory="inventory.yaml",
    policy_sha256="0" * 64,
    exit_code=4,
)
STANDARD = Standard(policy=Policy(), catalogue=(BUG,), exemptions=(), now=NOW)
# What acts somewhere: a spreadsheet, Markdown, HTML, XML, a terminal, SARIF's messages.
HOSTILE = (
    "=HYPERLINK(\"http://evil.example/\",\"x\")",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3",
    "\t=1",
    "a | b | c",
    "\\| \\\\| \\",
    "`` ` ```",
    "[text](http://evil.example) ![image](http://evil.example/x.png) <http://evil.example>",
    "[text][ref]",
    "<script>alert(1)</script> <!-- --> <img src=x onerror=alert(1)> &lt;",
    "www.evil.example https://evil.example a@evil.example @everyone #1",
    "one\ntwo\r\nthree\n\n# four\n- five\n| six |\n---\n```",
    "*a* **b** __c__ ~~d~~ $e$",
    "\x00\x01\x07\x1b[31mred\x7f\x85\x9b",
    "\u202egnp.exe\u2028\u200b\ufffe\uffff\ud800",
    "]]> <![CDATA[ <?xml ?>",
    "{0} {{1}} [a](1)",
    "",
    "   ",
)  # fmt: skip


def named(name: str, **changes: object) -> Device:
    return replace(device(), name=name, host=f"{name}.example.net", **changes)  # type: ignore[arg-type]


def capture(name: str) -> Capture:
    return Capture(device=name, started_at=NOW, finished_at=NOW + timedelta(seconds=1.5), outputs=())


def audited(name: str, facts: DeviceFacts, **changes: object) -> Audited:
    found = Audited(device=named(name), capture=capture(name), facts=facts)
    return replace(found, **changes)  # type: ignore[arg-type]


def missed(name: str, stage: Stage, error: str = "connection refused", hint: str = "is it on?") -> NotAudited:
    return NotAudited(device=named(name), stage=stage, error=error, hint=hint)


def report_of(outcomes: Sequence[AuditOutcome], *, fail_on: Severity = Severity.MEDIUM) -> Report:
    """A report of these outcomes as they are, not judged again."""
    return Report(
        run=RUN,
        devices=tuple(outcome.device for outcome in outcomes),
        outcomes=tuple(outcomes),
        cases=cases(outcomes, STANDARD),
        now=NOW,
        fail_on=fail_on,
    )


def every_kind() -> Report:
    """One judged device of every kind, one not audited at every stage, one not judged; in no order."""
    found = [audited(f"fw-{number:02}", facts_of(words)) for number, words in enumerate(KINDS)]
    lost = [missed(f"fw-lost-{stage}", stage) for stage in Stage]
    unjudged = audited("fw-a-unjudged", facts_of("-"))
    return report_of([*judged([*found, *lost], STANDARD), unjudged])


def large(count: int) -> Report:
    """So many judged devices, most with two or three findings; every fiftieth was not audited."""
    words = (
        "transport=callhome; version=9.20(4)10",
        "contact=failed; deadline=2d; version=9.20(4)10",
        "contact=failed; deadline=40d; transport=callhome; version=9.20(4)10",
        "contact=failed; authorization=expired; deadline=exceeded; restricted=throughput-100kbps",
        "-",
    )
    kinds = judged([audited(f"kind-{number}", facts_of(text)) for number, text in enumerate(words)], STANDARD)
    groups = ("emea", "amer", "apac")
    outcomes = []
    for number in range(count):
        device = named(f"fw-{number:05}", groups=(groups[number % len(groups)],))
        one_of_them = kinds[number % len(kinds)]
        is_lost = number % 50 == 0
        outcomes.append(
            missed(device.name, Stage.CONNECT) if is_lost else replace(one_of_them, device=device)
        )
    return report_of(outcomes)


def with_one_too_few(report: Report) -> Report:
    return replace(report, outcomes=report.outcomes[1:])


def one(outcome: AuditOutcome) -> Report:
    return report_of([outcome])


def finding(**changes: object) -> Finding:
    found = Finding(
        rule="AT101",
        severity=Severity.MEDIUM,
        title="Callhome where smart is expected",
        detail="the transport is callhome",
        remedy="make it smart",
        evidence=(
            Evidence(command="show license status", line=14, text="  Type: Callhome"),
            Evidence(command="show running-config license", line=2, text=" transport type callhome"),
        ),
    )
    return replace(found, **changes)  # type: ignore[arg-type]


# Every character there is, half surrogate pairs included, and what is known to be dangerous.
texts = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=()), max_size=30)
_maybe = st.none() | texts
_instants = st.none() | st.datetimes(timezones=st.just(UTC))
_proxies = st.none() | st.builds(Proxy, host=texts, port=st.integers(1, 65535))
_lines = st.builds(
    Evidence, command=st.sampled_from(("show version", "show clock")), line=st.integers(1, 9999), text=texts
)


def _some(values: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(values, max_size=2).map(tuple)


_facts = st.builds(
    DeviceFacts,
    hostname=_maybe,
    version=_maybe,
    model=_maybe,
    serial=_maybe,
    license_mode=st.sampled_from(LicenseMode),
    transport=st.builds(
        TransportFacts, url=_maybe, proxy=_proxies, callhome_proxy=_proxies, proxy_known=st.booleans()
    ),
    registration=st.builds(RegistrationFacts, expires_at=_instants),
    authorization=st.builds(
        AuthorizationFacts,
        state=st.none() | st.sampled_from(AuthorizationState),
        last_contact=st.builds(LastContact, at=_instants, reason=_maybe),
        deadline_at=_instants,
        deadline_exceeded=st.booleans(),
    ),
    failover=st.builds(FailoverFacts, mate_serial=_maybe, mate_state=_maybe),
    context=_maybe,
    clock=st.none() | st.builds(DeviceClock, at=_instants, zone=texts),
    agent_version=_maybe,
    unknown=_some(st.builds(UnknownLine, evidence=_lines, block=st.sampled_from(Block), reason=texts)),
    refused=_some(_lines),
)
_findings = st.builds(
    Finding,
    rule=st.sampled_from(("AT101", "AT201", "AT999")),
    severity=st.sampled_from(Severity),
    title=texts,
    detail=texts,
    remedy=texts,
    bug=_maybe,
    evidence=_some(_lines),
)
_decisions = st.builds(
    Decision,
    verdict=st.sampled_from(Verdict),
    changes=_some(st.sampled_from(Change)),
    reasons=_some(texts),
)
_outcomes = st.builds(
    lambda facts, findings, decision: audited("fw", facts, findings=findings, decision=decision),
    _facts,
    _some(_findings),
    st.none() | _decisions,
) | st.builds(
    lambda stage, error, hint: missed("fw", stage, error, hint), st.sampled_from(Stage), texts, texts
)


def _named_apart(outcomes: Sequence[AuditOutcome], region: str | None) -> Report:
    devices = [named(f"fw-{number}", region=region) for number in range(len(outcomes))]
    report = report_of([replace(o, device=d) for o, d in zip(outcomes, devices, strict=True)])
    return replace(report, run=replace(RUN, inventory=region or "inventory.yaml"))


hostile_reports: st.SearchStrategy[Report] = st.builds(
    _named_apart, st.lists(_outcomes, max_size=4), st.none() | texts
)
