"""Rows of the decision table: a person with a token, what must be known, and what stands against a change.

Pure; no condition raises.  Where a condition names something good ("is known", "is ready") it is true
only if that was positively read; its opposite includes "not known".

Source: docs/decisions.md; Cisco TAC document 225967 for what is safe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asa_transport.asa.cluster import is_in_step
from asa_transport.asa.commands import CLUSTER, CONFIG_CALL_HOME, FAILOVER
from asa_transport.asa.failover import READY
from asa_transport.asa.servers import SMART_SERVER
from asa_transport.asa.version import try_parse
from asa_transport.core.judgement.cases.authority import reach_briefly
from asa_transport.core.judgement.cases.case import (
    ProxyState,
    is_callhome_default,
    is_callhome_proxy_known,
    is_contact_failing,
    is_refused,
    is_refused_role,
    is_role_withheld,
    lapsed_exemption,
    proxy_state,
)
from asa_transport.core.judgement.cases.deadlines import deadline_effect
from asa_transport.core.judgement.decisions.conditions import (
    is_authorization_over,
    is_transport_read,
    needs_registration,
    wanted_changes,
)
from asa_transport.core.judgement.decisions.row import Reasons, Row
from asa_transport.model import (
    Change,
    ClusterRole,
    ContextMode,
    ExpectedTransport,
    FailoverState,
    Proxy,
    Verdict,
)

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import Case
    from asa_transport.model import BugVerdict, ClusterMember, DeviceFacts

_SHOWN: Final = 5


def _is_wanted(case: Case) -> bool:
    return bool(wanted_changes(case))


def _wanted(case: Case) -> str:
    """Say the wanted changes in words, in their order; empty without one."""
    expected, transport = case.device.expect.proxy, case.facts.transport
    named = f"{expected.host} port {expected.port}" if isinstance(expected, Proxy) else ""
    lost = transport.callhome_proxy is not None and transport.proxy is None
    note = "; Smart Transport does not use the 'http-proxy' of 'call-home'" if lost else ""
    words = {
        Change.PROXY_SET: f"'transport proxy {named}' (now {transport.proxy or 'none'}{note})",
        Change.PROXY_REMOVE: f"'no transport proxy' (now {transport.proxy}, none is expected, contact fails)",
        Change.TRANSPORT_SMART: "'transport type smart' (callhome, smart is expected)",
        Change.TRANSPORT_CALLHOME: "'transport type callhome' (smart, callhome is expected)",
    }
    return ", then ".join(words[change] for change in wanted_changes(case))


# --------------------------------------------------------------------------- a person with a token


def _not_registered(case: Case) -> Reasons:
    first, reach = _wanted(case), reach_briefly(case)
    if Change.TRANSPORT_SMART in wanted_changes(case):
        # What lets the device reach its authority after the change.
        reach = (
            f"permit HTTPS from the firewall to {SMART_SERVER} on the devices upstream, and check DNS, the "
            "route and the proxy"
        )
    return (
        "the device must be registered: this needs a token and a person to enter it (AT203, AT204)",
        *((f"first: {first}",) if first else ()),
        f"{reach}; then 'license smart register idtoken TOKEN' ('force' if it was registered before)",
        "do not reload; do not paste the token into a ticket or a chat",
    )


NOT_REGISTERED: Final = Row(
    name="not-registered",
    verdict=Verdict.MANUAL,
    meaning="the device is not registered, or its registration has expired",
    when=lambda case, _: needs_registration(case),
    reasons=_not_registered,
)

# --------------------------------------------------------------------------- what must be known

STATE_UNKNOWN: Final = Row(
    name="state-unknown",
    verdict=Verdict.HOLD,
    meaning="registration or authorization was not shown",
    when=lambda case, _: None in (case.facts.registration.state, case.facts.authorization.state),
    reasons=lambda _: ("the device did not say whether it is registered and authorized",),
)


def _transport_unknown(case: Case) -> Reasons:
    guess = case.facts.transport.type
    if guess is None:
        return ("the device did not say its transport type",)
    return (
        f"the device did not say its transport type; {guess.value} is only the default of its release",
        "look at 'show running-config all license'",
    )


TRANSPORT_UNKNOWN: Final = Row(
    name="transport-unknown",
    verdict=Verdict.HOLD,
    meaning="the transport type was not shown; the default of the release is no reading",
    when=lambda case, _: not is_transport_read(case.facts),
    reasons=_transport_unknown,
)
PROXY_UNKNOWN: Final = Row(
    name="proxy-unknown",
    verdict=Verdict.HOLD,
    meaning="whether a proxy is set was not read, and it matters",
    when=lambda case, _: proxy_state(case) is ProxyState.UNKNOWN,
    reasons=lambda _: (
        "it is not known whether a proxy is set: the running configuration could not be read, and the proxy "
        "in 'show license status' cannot be trusted (CSCwr56980)",
    ),
)

# ----------------------------- inventory, policy and device disagree so that a change would make it worse

CALLHOME_FORBIDDEN: Final = Row(
    name="callhome-forbidden",
    verdict=Verdict.HOLD,
    meaning="the inventory wants callhome, the policy does not allow to go there",
    when=lambda case, _: Change.TRANSPORT_CALLHOME in wanted_changes(case) and not case.policy.allow_callhome,
    reasons=lambda _: (
        "the inventory expects callhome, the policy says 'allow_callhome: false', and the device is on "
        "smart: correct one of the two files",
    ),
)
CALLHOME_PROXY_WRONG: Final = Row(
    name="callhome-proxy-wrong",
    verdict=Verdict.MANUAL,
    meaning="callhome is expected, with another `http-proxy` than `call-home` has",
    when=lambda case, _: (
        case.device.expect.transport is ExpectedTransport.CALLHOME
        and proxy_state(case) in (ProxyState.MISSING, ProxyState.DIFFERENT, ProxyState.UNEXPECTED)
    ),
    reasons=lambda _: (
        "callhome is expected, but the 'http-proxy' of 'call-home' is not the expected one: change it by "
        "hand, because this program never changes 'call-home'",
    ),
)


def _loses_callhome_proxy(case: Case) -> bool:
    """Return whether going to smart would drop a proxy of `call-home`, or might.

    Not where the expected proxy is set on the way, or `license smart` has one already.
    """
    if Change.TRANSPORT_SMART not in wanted_changes(case):
        return False
    if isinstance(case.device.expect.proxy, Proxy) or case.facts.transport.proxy is not None:
        return False
    is_unread = not is_callhome_proxy_known(case.facts) and is_refused(case.facts, CONFIG_CALL_HOME)
    return case.facts.transport.callhome_proxy is not None or is_unread


def _callhome_proxy_lost(case: Case) -> Reasons:
    proxy = case.facts.transport.callhome_proxy
    if proxy is None:
        return (
            "'show running-config call-home' was refused, so it is not known whether smart would lose an "
            "'http-proxy' set there; authorize this command, or name the proxy in the inventory",
        )
    return (
        f"'call-home' has 'http-proxy {proxy}', which Smart Transport does not use, and the inventory "
        "names no proxy: on smart the device would lose its proxy (AT104)",
        "name the proxy in the inventory, or remove 'http-proxy' from 'call-home' if it is not needed",
    )


CALLHOME_PROXY_LOST: Final = Row(
    name="callhome-proxy-lost",
    verdict=Verdict.HOLD,
    meaning="on smart the device would lose the `http-proxy` of `call-home`, or might",
    when=lambda case, _: _loses_callhome_proxy(case),
    reasons=_callhome_proxy_lost,
)
PROXY_WORKS: Final = Row(
    name="proxy-works",
    verdict=Verdict.HOLD,
    meaning="a proxy is set that nobody expects, and nothing says that contact through it fails",
    when=lambda case, _: Change.PROXY_REMOVE in wanted_changes(case) and not is_contact_failing(case.facts),
    reasons=lambda case: (
        f"the device has the proxy {case.facts.transport.proxy}, but the inventory expects none (AT103); no "
        "output shows that contact through this proxy fails, and contact may fail without it",
        "correct the inventory, or remove the proxy by hand",
    ),
)

# ----------------------------- a change is wanted: what stands against it?


def _version_unknown(case: Case) -> Reasons:
    version = case.facts.version
    if version is None:
        return ("the device did not say its version: it is not known which bugs affect it",)
    return (f"the version {version!r:.60} is not understood: it is not known which bugs affect the device",)


VERSION_UNKNOWN: Final = Row(
    name="version-unknown",
    verdict=Verdict.HOLD,
    meaning="a change is wanted, and the release was not read or not understood",
    when=lambda case, _: _is_wanted(case) and try_parse(case.facts.version or "") is None,
    reasons=_version_unknown,
)


def _blocking_bugs(case: Case) -> tuple[BugVerdict, ...]:
    """Return the bugs that forbid a change of this device."""
    return tuple(verdict for verdict in case.bugs if verdict.is_affected and verdict.bug.blocks)


BLOCKING_BUG: Final = Row(
    name="blocking-bug",
    verdict=Verdict.HOLD,
    meaning="a change is wanted, and a bug of this release forbids it",
    when=lambda case, _: _is_wanted(case) and bool(_blocking_bugs(case)),
    reasons=lambda case: tuple(
        f"{verdict.bug.id} blocks changes: {verdict.why}" for verdict in _blocking_bugs(case)
    ),
)
CONFIG_UNREAD: Final = Row(
    name="config-unread",
    verdict=Verdict.HOLD,
    meaning="a change is wanted, and could not be rolled back",
    when=lambda case, _: _is_wanted(case) and case.facts.license_block is None,
    reasons=lambda _: ("'show running-config license' was not read: a change could not be rolled back",),
)


def _is_single_or_system(facts: DeviceFacts) -> bool:
    """Return whether this is a single-context device, or the system execution space of a multiple one.

    Where `show mode` was not answered, a version banner without `<system>` or `<context>`
    says single (recorded); an answer that was not understood does not.
    """
    if facts.context_mode is not None:
        return facts.context_mode is ContextMode.SINGLE or facts.context == "system"
    is_doubted = any(line.fact == "context_mode" for line in facts.unknown)
    return facts.version is not None and facts.context is None and not is_doubted


CONTEXT_UNKNOWN: Final = Row(
    name="context-unknown",
    verdict=Verdict.HOLD,
    meaning="a change is wanted, and the context mode is not known",
    when=lambda case, _: _is_wanted(case) and not _is_single_or_system(case.facts),
    reasons=lambda _: ("it is not known whether this device is in single context mode ('show mode')",),
)


def _is_role_known(facts: DeviceFacts) -> bool:
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


def _role_unknown(case: Case) -> Reasons:
    refused = [command for command in (FAILOVER, CLUSTER) if is_refused_role(case.facts, command)]
    if refused:
        named = " and ".join(f"'{command}'" for command in refused)
        return (
            f"it is not known whether this unit accepts configuration: {named} was refused; authorize it "
            "for the audit's user (AT402)",
        )
    return ("it is not known whether this unit is active ('show failover')",)


ROLE_UNKNOWN: Final = Row(
    name="role-unknown",
    verdict=Verdict.HOLD,
    meaning="whether this unit takes configuration is not known",
    when=lambda case, _: (
        is_role_withheld(case.facts) or (_is_wanted(case) and not _is_role_known(case.facts))
    ),
    reasons=_role_unknown,
)


def _is_mate_ready(case: Case) -> bool:
    """Return whether a change would reach all other units of the pair or cluster, as far as is known."""
    failover, mate = case.facts.failover, case.mate
    if _unready_members(case.facts):
        return False
    if failover.enabled is not True or failover.is_cloud:
        return True
    if failover.mate_state != READY or failover.is_mate_unknown:
        return False
    return mate is None or (mate.transport.type is not None and mate.version is not None)


def _unready_members(facts: DeviceFacts) -> tuple[ClusterMember, ...]:
    """Return the cluster's other units that do not take this one's lines now: joining, disabled, unknown."""
    return tuple(member for member in facts.cluster.members if not is_in_step(member.state))


def _mate_not_ready(case: Case) -> Reasons:
    members = _unready_members(case.facts)
    if members:
        shown = ", ".join(f"{one.unit!r:.40} is {one.state!r:.40}" for one in members[:_SHOWN])
        return (f"not every unit of the cluster can receive the change from this unit now: {shown}",)
    state, mate = case.facts.failover.mate_state, case.mate
    if case.facts.failover.is_mate_unknown:
        return ("the device says 'Mate Unknown': a change would not reach its mate",)
    if state != READY:
        shown = f"{state!r:.60}" if state else "not known"
        return (f"the mate's state is {shown}, not {READY!r}: a change would not reach it safely",)
    if mate is not None and mate.version is None:
        return ("the mate's release is not known",)
    return ("the mate's transport type is not known",)


MATE_NOT_READY: Final = Row(
    name="mate-not-ready",
    verdict=Verdict.HOLD,
    meaning="a change is wanted, and would not reach every unit of the pair or cluster",
    when=lambda case, _: _is_wanted(case) and not _is_mate_ready(case),
    reasons=_mate_not_ready,
)


def _change(case: Case) -> Reasons:
    """Say each change, then what is to be kept in mind."""
    wanted, notes = wanted_changes(case), []
    lapsed = lapsed_exemption(case)
    if lapsed is not None:
        notes.append(f"the exception of ticket {lapsed.ticket} is past its end (AT502)")
    if is_authorization_over(case):
        notes.append(f"the authorization has expired: {deadline_effect(case)}")
    if Change.TRANSPORT_SMART in wanted and is_callhome_default(case.facts):
        # Unproven: no floor is known (`smart-below-922`).
        notes.append(
            "it is unproven which releases below 9.22 accept 'transport type smart'; if the device answers "
            "with an error, the push stops, rolls back and saves nothing"
        )
    if Change.TRANSPORT_CALLHOME in wanted and not is_callhome_default(case.facts):
        notes.append(
            "Smart Call Home is going to be deprecated: say in the inventory for how long it is wanted"
        )
    if case.facts.failover.enabled and not case.facts.failover.is_cloud and case.mate is None:
        notes.append("the mate was not audited in this run")
    return (_wanted(case), *notes)


CHANGE: Final = Row(
    name="change",
    verdict=Verdict.CHANGE,
    meaning="transport or proxy is not the expected one, and nothing stands against the change",
    when=lambda case, _: _is_wanted(case),
    reasons=_change,
)

ROWS: Final = (
    *(NOT_REGISTERED, STATE_UNKNOWN, TRANSPORT_UNKNOWN, PROXY_UNKNOWN),
    *(CALLHOME_FORBIDDEN, CALLHOME_PROXY_WRONG, CALLHOME_PROXY_LOST, PROXY_WORKS),
    *(VERSION_UNKNOWN, BLOCKING_BUG, CONFIG_UNREAD, CONTEXT_UNKNOWN, ROLE_UNKNOWN, MATE_NOT_READY, CHANGE),
)
