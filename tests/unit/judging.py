"""Cases for the tests of rules and decisions: a healthy device, and words that change one thing each.

The words are those of the table in docs/decisions.md, which says what they mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from asa_transport.asa.cluster import role_of
from asa_transport.core.judgement.cases.case import Case
from asa_transport.core.parsing.startup_block import startup_license
from asa_transport.core.planning.license_change import transport_default
from asa_transport.model import (
    SSH_LINES,
    AuthorizationFacts,
    AuthorizationState,
    Block,
    Bug,
    BugReading,
    BugVerdict,
    ClusterFacts,
    ClusterMember,
    ClusterRole,
    ContactResult,
    ContextMode,
    Device,
    DeviceClock,
    DeviceFacts,
    Entitlement,
    Evidence,
    Exemption,
    Expectation,
    ExpectedTransport,
    ExportControl,
    FailoverFacts,
    FailoverState,
    LastContact,
    LicenseMode,
    Policy,
    Proxy,
    ProxyPolicy,
    RegistrationFacts,
    RegistrationState,
    Severity,
    SshFacts,
    Step,
    TransportFacts,
    TransportSource,
    TransportType,
    UnknownLine,
    Unsettled,
)

NOW = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)
CISCO_URL = "https://smartreceiver.cisco.com/licservice/license"


def days(count: float) -> timedelta:
    return timedelta(days=count)


def line(command: str, number: int, text: str) -> Evidence:
    return Evidence(command=command, line=number, text=text)


def healthy() -> DeviceFacts:
    """A standalone ASAv on smart, in contact an hour ago, with 80 days to its deadline."""
    status = "show license status"
    return DeviceFacts(
        hostname="fw1",
        version="9.22(2)14",
        model="ASAv",
        serial="9AEXAMPLE01",
        license_mode=LicenseMode.SMART,
        reservation=False,
        transport=TransportFacts(
            type=TransportType.SMART, source=TransportSource.LICENSE, url=CISCO_URL, proxy_known=True
        ),
        registration=RegistrationFacts(
            state=RegistrationState.REGISTERED,
            export_control=ExportControl.ALLOWED,
            expires_at=NOW + days(300),
        ),
        authorization=AuthorizationFacts(
            state=AuthorizationState.AUTHORIZED,
            last_contact=LastContact(result=ContactResult.SUCCEEDED, at=NOW - timedelta(hours=1)),
            deadline_at=NOW + days(80),
        ),
        failover=FailoverFacts(enabled=False),
        context_mode=ContextMode.SINGLE,
        clock=DeviceClock(at=NOW, zone="UTC"),
        license_block=("license smart", " feature tier standard"),
        sources={
            "transport.type": line(status, 13, "  Type: Smart"),
            "transport.url": line(status, 14, f"  URL: {CISCO_URL}"),
            "transport.proxy": line("show running-config license", 3, " transport proxy …"),
            "transport.callhome_url": line("show running-config call-home", 3, "  destination address …"),
            "transport.callhome_proxy": line("show running-config call-home", 2, " http-proxy …"),
            "registration.state": line(status, 21, "  Status: REGISTERED"),
            "registration.export_control": line(status, 24, "  Export-Controlled Functionality: ALLOWED"),
            "registration.expires_at": line(status, 28, "  Registration Expires: …"),
            "authorization.state": line(status, 31, "  Status: AUTHORIZED"),
            "authorization.last_contact": line(status, 32, "  Last Communication Attempt: …"),
            "authorization.deadline_at": line(status, 35, "  Communication Deadline: …"),
            "version": line("show version", 1, "Cisco Adaptive Security Appliance Software Version …"),
            "model": line("show version", 9, "Hardware:   ASAv"),
            "authorization.next_contact_at": line(status, 34, "  Next Communication Attempt: …"),
            "registration.last_renewal": line(status, 26, "  Last Renewal Attempt: …"),
            "usage.platform_state": line("show version", 23, "ASAv Platform License State: …"),
            "usage.enforce_modes": line("show version", 24, "Active entitlement: …"),
            "usage.entitlements.ASAv10": line("show license all", 60, "  Status: …"),
            "usage.strong_encryption": line("show version", 32, "Encryption-3DES-AES : …"),
            "usage.compliance": line("show license all", 4, "Compliance status: …"),
            "usage.overall_status": line("show license all", 6, "Overall licensed status: …"),
            "failover.state": line("show failover", 9, "        This host: …"),
            "context_mode": line("show mode", 1, "Security context mode: …"),
            "cluster.role": line("show cluster info", 4, "    This is …"),
            "startup_license": line("show startup-config", 7, "license smart"),
            "clock": line("show clock", 1, "12:00:00.000 UTC Tue Jan 20 2026"),
            "restricted.throughput-100kbps": line("show version", 26, "Firewall throughput limited to …"),
            "restricted.anyconnect-2-peers": line("show version", 36, "AnyConnect Premium Peers : 2"),
        },
    )


def device(expect: Expectation | None = None) -> Device:
    return Device(
        name="fw1",
        host="192.0.2.1",
        port=22,
        username="netaudit",
        credential="lab",
        known_hosts=Path("/known_hosts"),
        expect=expect or Expectation(),
    )


def case(facts: DeviceFacts | None = None, **changes: Any) -> Case:
    base = Case(
        device=device(),
        facts=facts or healthy(),
        policy=Policy(),
        bugs=(),
        now=NOW,
        clock_read_at=NOW,
    )
    return replace(base, **changes)


def exemption(*, until: datetime, closed_at: datetime | None = None) -> Exemption:
    return Exemption(
        device="fw1",
        until=until,
        owner="kim",
        ticket="CHG1",
        reason="upstream outage",
        added_at=until - days(30),
        closed_at=closed_at,
    )


def bug_verdict(**changes: Any) -> BugVerdict:
    bug = Bug(
        id="CSCxx00001",
        title="an example",
        severity=Severity.MEDIUM,
        source="a test",
        as_of=date(2026, 1, 1),
    )
    return BugVerdict(bug=replace(bug, **changes), reading=BugReading.AFFECTED, why="9.22(1)1 is lower")


def proxy(text: str) -> Proxy | None:
    if text == "none":
        return None
    host, _, port = text.rpartition(":")
    return Proxy(host=host, port=int(port))


def _transport(facts: DeviceFacts, **changes: Any) -> DeviceFacts:
    return replace(facts, transport=replace(facts.transport, **changes))


def _type(facts: DeviceFacts, word: str) -> DeviceFacts:
    if word == "unknown":
        return _transport(facts, type=None, source=None, url=None)
    kind = TransportType(word)
    return _transport(facts, type=kind, url=CISCO_URL if kind is TransportType.SMART else None)


def _proxy(facts: DeviceFacts, word: str) -> DeviceFacts:
    if word == "unread":
        return replace(_transport(facts, proxy=None, proxy_known=False), license_block=None)
    return _transport(facts, proxy=proxy(word), proxy_source=TransportSource.RUNNING_CONFIG)


def _registration(facts: DeviceFacts, **changes: Any) -> DeviceFacts:
    return replace(facts, registration=replace(facts.registration, **changes))


def _authorization(facts: DeviceFacts, **changes: Any) -> DeviceFacts:
    return replace(facts, authorization=replace(facts.authorization, **changes))


def _usage(facts: DeviceFacts, **changes: Any) -> DeviceFacts:
    return replace(facts, usage=replace(facts.usage, **changes))


def _state(kind: Callable[[str], Any], word: str) -> Any:
    return None if word == "unknown" else kind(word)


def _contact(facts: DeviceFacts, word: str) -> DeviceFacts:
    last = facts.authorization.last_contact
    if word == "unknown":
        return _authorization(facts, last_contact=LastContact())
    reason = "Communication message send error" if word == "failed" else None
    return _authorization(facts, last_contact=replace(last, result=ContactResult(word), reason=reason))


def _reason(facts: DeviceFacts, word: str) -> DeviceFacts:
    return _authorization(facts, last_contact=replace(facts.authorization.last_contact, reason=word))


def _deadline(facts: DeviceFacts, word: str) -> DeviceFacts:
    if word == "exceeded":
        return _authorization(facts, deadline_at=None, deadline_exceeded=True)
    return _authorization(facts, deadline_at=None if word == "unknown" else NOW + days(float(word[:-1])))


def _failover(facts: DeviceFacts, word: str) -> DeviceFacts:
    if word == "unknown":
        return replace(facts, failover=FailoverFacts())
    mate_state = {"active": "Standby Ready", "standby": "Active", "other": None, "backup": "Active"}[word]
    return replace(
        facts,
        failover=FailoverFacts(
            enabled=True, state=FailoverState(word), mate_state=mate_state, is_cloud=word == "backup"
        ),
    )


def _member(word: str) -> ClusterMember:
    """`DATA_NODE`, or `DATA_NODE 9.22(3)`."""
    state, _, version = word.partition(" ")
    return ClusterMember(
        unit="unit-2-1", state=state, role=role_of(state), version=version or "9.22(2)14", serial=None
    )


def _context(facts: DeviceFacts, word: str) -> DeviceFacts:
    if word == "unread":
        return replace(facts, context_mode=None)
    if word == "doubted":
        doubt = UnknownLine(
            evidence=line("show mode", 1, "Security context mode: both"),
            block=Block.OTHER,
            reason="context_mode: the value 'both' is not known",
            fact="context_mode",
        )
        return replace(facts, context_mode=None, unknown=(*facts.unknown, doubt))
    return replace(facts, context_mode=ContextMode.MULTIPLE, context=word)


def _unknown(facts: DeviceFacts, word: str) -> DeviceFacts:
    count = len(facts.unknown)
    doubt = UnknownLine(
        evidence=line("show license status", 40 + count, f"  Novelty {count}: yes"),
        block=Block(word),
        reason="no template knows the line",
    )
    return replace(facts, unknown=(*facts.unknown, doubt))


def _startup(facts: DeviceFacts, word: str) -> DeviceFacts:
    """The block of the startup configuration: the running one, with a line more, none, or not read."""
    running = facts.license_block or ()
    block = {"unread": None, "none": (), "same": running}.get(word, (*running, f" {word}"))
    return replace(
        facts, startup_block=block, startup_license=startup_license(running, block, transport_default(facts))
    )


def _ssh(facts: DeviceFacts, **changes: Any) -> DeviceFacts:
    """What the session agreed on: nothing that is leaving, but for one part of it."""
    good = SshFacts(
        kex="diffie-hellman-group14-sha256",
        host_key="ecdsa-sha2-nistp256",
        cipher="aes256-ctr",
        mac="hmac-sha2-256",
        server="SSH-2.0-Cisco-1.25",
    )
    ssh = replace(facts.ssh or good, **changes)
    found = {
        f"ssh.{name}": line("SSH session", number, text)
        for number, (name, text) in enumerate(zip(SSH_LINES, ssh.lines, strict=True), 1)
    }
    return replace(facts, ssh=ssh, sources={**facts.sources, **found})


FACT_WORDS: dict[str, Callable[[DeviceFacts, str], DeviceFacts]] = {
    "transport": _type,
    "source": lambda facts, word: _transport(facts, source=TransportSource(word)),
    "url": lambda facts, word: _transport(facts, url=word),
    "callhome-url": lambda facts, word: _transport(facts, callhome_url=word),
    "proxy": _proxy,
    "http-proxy": lambda facts, word: _transport(facts, callhome_proxy=proxy(word)),
    "mode": lambda facts, word: replace(facts, license_mode=LicenseMode(word)),
    "reservation": lambda facts, word: replace(facts, reservation=word == "yes"),
    "registration": lambda facts, word: _registration(facts, state=_state(RegistrationState, word)),
    "export": lambda facts, word: _registration(facts, export_control=_state(ExportControl, word)),
    "expires": lambda facts, word: _registration(facts, expires_at=NOW + days(float(word[:-1]))),
    "authorization": lambda facts, word: _authorization(facts, state=_state(AuthorizationState, word)),
    "contact": _contact,
    "reason": _reason,
    "deadline": _deadline,
    "next-contact": lambda facts, word: _authorization(facts, next_contact_at=NOW + days(float(word[:-1]))),
    "renewal": lambda facts, word: _registration(
        facts, last_renewal=LastContact(result=ContactResult(word), at=NOW - days(3), reason="no answer")
    ),
    "platform": lambda facts, word: _usage(facts, platform_state=word),
    "enforce": lambda facts, word: _usage(facts, enforce_modes=(word,)),
    "used": lambda facts, word: _usage(facts, entitlements=(Entitlement(name="ASAv10", status=word),)),
    "3des": lambda facts, word: _usage(facts, strong_encryption=word == "on"),
    "compliance": lambda facts, word: _usage(facts, compliance=word),
    "overall": lambda facts, word: _usage(facts, overall_status=word),
    "failover": _failover,
    "mate-state": lambda facts, word: replace(facts, failover=replace(facts.failover, mate_state=word)),
    "cloud": lambda facts, word: replace(facts, failover=replace(facts.failover, is_cloud=word == "yes")),
    "mate-version": lambda facts, word: replace(facts, failover=replace(facts.failover, mate_version=word)),
    "mate": lambda facts, word: replace(
        facts, failover=replace(facts.failover, is_mate_unknown=word == "unknown")
    ),
    "member": lambda facts, word: replace(facts, cluster=replace(facts.cluster, members=(_member(word),))),
    "cluster": lambda facts, word: replace(
        facts, cluster=ClusterFacts(enabled=True, unit="unit-1-2", role=ClusterRole(word))
    ),
    "context": _context,
    "kex": lambda facts, word: _ssh(facts, kex=word),
    "host-key": lambda facts, word: _ssh(facts, host_key=word),
    "host-keys": lambda facts, word: _ssh(facts, host_keys=tuple(word.split(","))),
    "cipher": lambda facts, word: _ssh(facts, cipher=word),
    "version": lambda facts, word: replace(facts, version=None if word == "unknown" else word),
    "model": lambda facts, word: replace(facts, model=word),
    "restricted": lambda facts, word: replace(facts, restricted=(word,)),
    "unknown": _unknown,
    "refused": lambda facts, word: replace(
        facts, refused=(*facts.refused, line(word, 1, "ERROR: Command authorization failed"))
    ),
    "config": lambda facts, _: replace(facts, license_block=None),
    "startup": _startup,
}


def facts_of(text: str) -> DeviceFacts:
    """The healthy device with the words of one table cell applied, left to right; `-` is none."""
    facts = healthy()
    for name, word in pairs_of(text):
        facts = FACT_WORDS[name](facts, word)
    return facts


def pairs_of(text: str) -> list[tuple[str, str]]:
    if text == "-":
        return []
    pairs = [part.partition("=") for part in text.split("; ")]
    assert all(equals == "=" and word for _, equals, word in pairs), f"not NAME=WORD; …: {text!r}"
    return [(name, word) for name, _, word in pairs]


def expectation_of(text: str) -> Expectation:
    """`smart`, `smart, any`, `callhome, proxy.example.net:8080`."""
    transport, _, word = text.partition(", ")
    wanted = ProxyPolicy(word or "none") if ":" not in word else proxy(word)
    assert wanted is not None
    return Expectation(transport=ExpectedTransport(transport), proxy=wanted)


def _mate(base: Case, word: str) -> Case:
    mate = replace(base.facts, serial="9AEXAMPLE02")
    role = base.facts.failover.state
    other = FailoverState.STANDBY if role is FailoverState.ACTIVE else FailoverState.ACTIVE
    mate = replace(mate, failover=replace(mate.failover, state=other))
    if word == "active":
        mate = replace(mate, failover=replace(mate.failover, state=FailoverState.ACTIVE))
    elif word.startswith("version "):
        mate = replace(mate, version=word.removeprefix("version "))
    elif word != "same":
        mate = _type(mate, word)
    return replace(base, mate=mate)


_EXEMPTIONS = {
    "live": exemption(until=NOW + days(5)),
    "past": exemption(until=NOW - days(5)),
    "long-past": exemption(until=NOW - days(15)),
    "closed": exemption(until=NOW + days(5), closed_at=NOW - days(5)),
}
_BUGS = {
    "blocking": bug_verdict(blocks=True),
    "affected": bug_verdict(),
    # Limited to models, and nobody knows this one.
    "model": replace(bug_verdict(platforms=("FPR-21",)), is_model_known=False),
    "proxy": bug_verdict(id="CSCwr56980", trusts_proxy_status=False, severity=Severity.INFO),
}


def _clock(base: Case, word: str) -> Case:
    """The device's clock is so many seconds behind ours, or nobody knows when it was read."""
    if word == "none":
        return replace(base, facts=replace(base.facts, clock=None), clock_read_at=None)
    if word == "unread":
        late = replace(base.facts, clock=DeviceClock(at=NOW - days(400), zone="UTC"))
        return replace(base, facts=late, clock_read_at=None)
    late = replace(base.facts, clock=DeviceClock(at=NOW - timedelta(seconds=int(word)), zone="UTC"))
    return replace(base, facts=late)


def _policy(base: Case, word: str) -> Case:
    assert word == "allow_callhome"
    return replace(base, policy=replace(base.policy, allow_callhome=True))


def _unsettled(base: Case, word: str) -> Case:
    """A push of yesterday was killed, or ended with this outcome."""
    left = Unsettled(
        run="20260119T220000Z-4f1c",
        device=base.device.name,
        step=Step.CONFIG_VERIFIED,
        at=NOW - days(0.5),
        outcome=None if word == "killed" else word,
    )
    return replace(base, unsettled=left)


AROUND_WORDS: dict[str, Callable[[Case, str], Case]] = {
    "mate": _mate,
    "clock": _clock,
    "exception": lambda base, word: replace(base, exemptions=(_EXEMPTIONS[word],)),
    "bug": lambda base, word: replace(base, bugs=(*base.bugs, _BUGS[word])),
    "policy": _policy,
    "unsettled": _unsettled,
}


def case_of(facts: str = "-", expect: str = "smart", around: str = "-") -> Case:
    """A case in the words of docs/decisions.md."""
    made = case(facts_of(facts), device=device(expectation_of(expect)))
    for name, word in pairs_of(around):
        made = AROUND_WORDS[name](made, word)
    return made
