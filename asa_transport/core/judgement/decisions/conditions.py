"""The situations that the decision table tells apart, and the changes that a device would need.

Pure; no predicate raises.  Where a predicate names something good ("is known", "is
right") it is true only if that was positively read; its opposite includes "not known".

Source: docs/decisions.md; for what is known of the ASA, as the rules name it (docs/rules.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from asa_transport.asa.cluster import is_in_step
from asa_transport.asa.commands import CLUSTER, CONFIG_CALL_HOME, FAILOVER
from asa_transport.asa.failover import READY
from asa_transport.asa.servers import is_cisco_callhome, is_cisco_url, is_same_url
from asa_transport.asa.version import is_one_release, try_parse
from asa_transport.core.judgement.cases.case import (
    ProxyState,
    is_callhome_default,
    is_callhome_proxy_known,
    is_contact_failing,
    is_refused,
    is_refused_role,
    is_unregistered,
    proxy_state,
    unknown_licensing,
)
from asa_transport.core.judgement.cases.deadlines import deadline_days, is_registration_over
from asa_transport.model import (
    AuthorizationState,
    Change,
    ClusterRole,
    ContactResult,
    ContextMode,
    ExpectedTransport,
    FailoverState,
    LicenseMode,
    Proxy,
    RegistrationState,
    Severity,
    TransportSource,
    TransportType,
)

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import (
        Case,
    )
    from asa_transport.model import (
        BugVerdict,
        ClusterMember,
        DeviceFacts,
        Finding,
    )

_READ: Final = frozenset({TransportSource.LICENSE, TransportSource.RUNNING_CONFIG})
_TYPES: Final = {
    ExpectedTransport.SMART: TransportType.SMART,
    ExpectedTransport.CALLHOME: TransportType.CALLHOME,
}


def wanted_changes(case: Case) -> tuple[Change, ...]:
    """Return the changes that would make the device as expected, the proxy before the type.

    The proxy goes first, so that the transport never becomes smart without its way out.
    Whether they may be made is the table's business.
    """
    changes: list[Change] = []
    # The proxy of callhome is in `call-home`, which no change of ours touches.
    if case.device.expect.transport is ExpectedTransport.SMART:
        state = proxy_state(case)
        if state in (ProxyState.MISSING, ProxyState.DIFFERENT):
            changes.append(Change.PROXY_SET)
        if state is ProxyState.UNEXPECTED:
            changes.append(Change.PROXY_REMOVE)
    expected = _TYPES.get(case.device.expect.transport)
    observed = case.facts.transport.type
    if expected is not None and observed is not None and expected is not observed:
        is_smart = expected is TransportType.SMART
        changes.append(Change.TRANSPORT_SMART if is_smart else Change.TRANSPORT_CALLHOME)
    return tuple(changes)


def is_transport_read(facts: DeviceFacts) -> bool:
    """Return whether the device itself said its transport; the version's default is no reading."""
    return facts.transport.type is not None and facts.transport.source in _READ


def is_onprem(case: Case) -> bool:
    """Return whether another server than Cisco's licenses the device, should, or would after a change."""
    url = case.facts.transport.url
    if case.device.expect.transport is ExpectedTransport.ONPREM or (
        url is not None and not is_cisco_url(url)
    ):
        return True
    return Change.TRANSPORT_CALLHOME in wanted_changes(case) and has_onprem_callhome(case.facts)


def has_onprem_callhome(facts: DeviceFacts) -> bool:
    """Return whether `call-home` names another server than Cisco's: callhome would go there."""
    url = facts.transport.callhome_url
    return url is not None and not is_cisco_callhome(url)


def pair_differences(case: Case) -> tuple[str, ...]:
    """Return in what the two units of a pair disagree, as short texts; empty without a mate.

    What one of them did not say is no disagreement.
    """
    mate = case.mate
    if mate is None:
        return ()
    mine, other = case.facts.transport, mate.transport
    found = [*_other_serials(case.facts, mate)]
    if case.facts.license_mode is not mate.license_mode:
        found.append(f"license mode {case.facts.license_mode.value} and {mate.license_mode.value}")
    if mine.type is not None and other.type is not None and mine.type is not other.type:
        found.append(f"transport {mine.type.value} and {other.type.value}")
    if mine.proxy_known and other.proxy_known and mine.proxy != other.proxy:
        found.append(f"proxy {mine.proxy or 'none'} and {other.proxy or 'none'}")
    if mine.url is not None and other.url is not None and not is_same_url(mine.url, other.url):
        found.append(f"URL {mine.url!r:.120} and {other.url!r:.120}")
    on, other_on = case.facts.failover.enabled, mate.failover.enabled
    if None not in (on, other_on) and on is not other_on:
        found.append("failover is on at one unit and off at the other")
    one, two = case.facts.failover.state, mate.failover.state
    if one is two and one in (FailoverState.ACTIVE, FailoverState.STANDBY):
        found.append(f"both are {one.value}")
    return tuple(found)


def _other_serials(facts: DeviceFacts, mate: DeviceFacts) -> Iterator[str]:
    """Yield where a unit names another mate than the one that the inventory pairs it with."""
    for one, other in ((facts, mate), (mate, facts)):
        named = one.failover.mate_serial
        if None not in (named, other.serial) and named != other.serial:
            who = one.serial or "one unit"
            yield f"{who} says that its mate is {named!r:.40}, the unit that was read is {other.serial!r:.40}"


def other_releases(case: Case) -> tuple[str, ...]:
    """Return the releases of the other units, where they are not this one's: an upgrade is on its way.

    Those of the pair and of the cluster, by this unit's own word and, where the mate was read, by the mate's.
    """
    facts, mate = case.facts, case.mate
    if facts.failover.is_cloud:
        return ()
    own = facts.version or facts.failover.version
    pairs = [(facts.failover.version or own, facts.failover.mate_version)]
    if mate is not None:
        pairs.append((own, mate.version))
    pairs += [(own, member.version) for member in facts.cluster.members]
    found = [other for one, other in pairs if one and other and not is_one_release(one, other)]
    return tuple(dict.fromkeys(found))


def needs_registration(case: Case) -> bool:
    """Return whether only a person with a token can mend it."""
    return is_unregistered(case.facts) or is_registration_over(case)


def loses_callhome_proxy(case: Case) -> bool:
    """Return whether going to smart would drop a proxy of `call-home`, or might.

    Not where the expected proxy is set on the way, or `license smart` has one already.
    """
    if Change.TRANSPORT_SMART not in wanted_changes(case):
        return False
    if isinstance(case.device.expect.proxy, Proxy) or case.facts.transport.proxy is not None:
        return False
    is_unread = not is_callhome_proxy_known(case.facts) and is_refused(case.facts, CONFIG_CALL_HOME)
    return case.facts.transport.callhome_proxy is not None or is_unread


def removes_working_proxy(case: Case) -> bool:
    """Return whether a proxy would go although nothing says that contact through it fails."""
    return Change.PROXY_REMOVE in wanted_changes(case) and not is_contact_failing(case.facts)


def is_version_known(facts: DeviceFacts) -> bool:
    """Return whether the release was read and understood."""
    return try_parse(facts.version or "") is not None


def is_single_or_system(facts: DeviceFacts) -> bool:
    """Return whether this is a single-context device, or the system execution space of a multiple one.

    Where `show mode` was not answered, a version banner without `<system>` or `<context>`
    says single (recorded); an answer that was not understood does not.
    """
    if facts.context_mode is not None:
        return facts.context_mode is ContextMode.SINGLE or facts.context == "system"
    is_doubted = any(line.fact == "context_mode" for line in facts.unknown)
    return facts.version is not None and facts.context is None and not is_doubted


def is_role_known(facts: DeviceFacts) -> bool:
    """Return whether the unit is known to stand alone, or to be the one that takes configuration."""
    if is_refused_role(facts, FAILOVER) or is_refused_role(facts, CLUSTER):
        # What a prompt says is enough to leave a unit alone, not to change it.
        return False
    if facts.cluster.role not in (None, ClusterRole.CONTROL):
        return False
    failover = facts.failover
    if failover.enabled is False:
        return failover.state in (None, FailoverState.ACTIVE)
    is_leading = failover.state is FailoverState.ACTIVE or (failover.is_cloud and failover.state is not None)
    return failover.enabled is True and is_leading


def is_mate_ready(case: Case) -> bool:
    """Return whether a change would reach all other units of the pair or cluster, as far as is known."""
    failover, mate = case.facts.failover, case.mate
    if unready_members(case.facts):
        return False
    if failover.enabled is not True or failover.is_cloud:
        return True
    if failover.mate_state != READY or failover.is_mate_unknown:
        return False
    return mate is None or (mate.transport.type is not None and mate.version is not None)


def unready_members(facts: DeviceFacts) -> tuple[ClusterMember, ...]:
    """Return the cluster's other units that do not take this one's lines now: joining, disabled, unknown."""
    return tuple(member for member in facts.cluster.members if not is_in_step(member.state))


def blocking_bugs(case: Case) -> tuple[BugVerdict, ...]:
    """Return the bugs that forbid a change of this device."""
    return tuple(verdict for verdict in case.bugs if verdict.is_affected and verdict.bug.blocks)


def is_revert_proposed(case: Case) -> bool:
    """Return whether a temporary revert to callhome may be proposed to a person.

    Smart, expected so, contact failing, the deadline near or past, and the policy allows it.
    """
    if not case.policy.allow_callhome or not is_contact_failing(case.facts):
        return False
    if has_onprem_callhome(case.facts):
        return False
    is_smart = case.facts.transport.type is TransportType.SMART
    if not is_smart or case.device.expect.transport is not ExpectedTransport.SMART:
        return False
    days = deadline_days(case)
    return is_authorization_over(case) or (days is not None and days <= case.policy.revert_within_days)


def is_authorization_over(case: Case) -> bool:
    """Return whether the authorization has expired."""
    authorization = case.facts.authorization
    return authorization.state is AuthorizationState.EXPIRED or authorization.deadline_exceeded


def has_urgent_license_finding(found: Sequence[Finding]) -> bool:
    """Return whether a finding about contact, authorization or registration (AT2xx) is high or critical."""
    return any(
        finding.rule.startswith("AT2") and finding.severity.rank >= Severity.HIGH.rank for finding in found
    )


def is_all_well(case: Case) -> bool:
    """Return whether everything that compliance needs was positively read, and is right."""
    facts, left = case.facts, deadline_days(case)
    return (
        facts.license_mode is LicenseMode.SMART
        and not unknown_licensing(facts)
        and is_transport_read(facts)
        and facts.transport.type is _TYPES.get(case.device.expect.transport)
        and proxy_state(case) is ProxyState.RIGHT
        and facts.registration.state is RegistrationState.REGISTERED
        and facts.authorization.state is AuthorizationState.AUTHORIZED
        and not facts.authorization.deadline_exceeded
        and (left is None or left > 0)
        and facts.authorization.last_contact.result is ContactResult.SUCCEEDED
    )


def is_callhome_forbidden(case: Case) -> bool:
    """Return whether the inventory wants callhome and the policy does not allow to go there."""
    return Change.TRANSPORT_CALLHOME in wanted_changes(case) and not case.policy.allow_callhome


def is_callhome_proxy_wrong(case: Case) -> bool:
    """Return whether callhome is expected, with another `http-proxy` than `call-home` has."""
    is_wanted = case.device.expect.transport is ExpectedTransport.CALLHOME
    return is_wanted and proxy_state(case) in (
        ProxyState.MISSING,
        ProxyState.DIFFERENT,
        ProxyState.UNEXPECTED,
    )


def is_first_smart_unproven(case: Case) -> bool:
    """Return whether `transport type smart` may not exist in this release (unproven: no floor is known)."""
    return Change.TRANSPORT_SMART in wanted_changes(case) and is_callhome_default(case.facts)
