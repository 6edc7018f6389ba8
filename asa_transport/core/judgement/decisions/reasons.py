"""Say why a row of the decision table gave its verdict, and what comes next, in short sentences.

Pure.  One function per row, called only where its row matched; each gives at least one reason.

Source: as `core/judgement/decisions/table.py`; Cisco TAC document 225967 for what is safe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asa_transport.asa.commands import CLUSTER, FAILOVER
from asa_transport.asa.failover import READY
from asa_transport.asa.servers import SMART_SERVER, is_cisco_url
from asa_transport.core.judgement.cases.authority import reach_briefly
from asa_transport.core.judgement.cases.case import (
    control_unit,
    is_callhome_default,
    is_refused_role,
    lapsed_exemption,
    live_exemption,
    unknown_licensing,
)
from asa_transport.core.judgement.cases.deadlines import deadline_effect
from asa_transport.core.judgement.decisions.conditions import (
    blocking_bugs,
    is_authorization_over,
    is_first_smart_unproven,
    needs_registration,
    other_releases,
    pair_differences,
    unready_members,
    wanted_changes,
)
from asa_transport.model import (
    AuthorizationState,
    Change,
    ClusterRole,
    ExpectedTransport,
    LicenseMode,
    Proxy,
)

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import (
        Case,
    )

Reasons = tuple[str, ...]

_SHOWN: Final = 5
_RENEW: Final = "then 'license smart renew auth', and check that 'Last Communication Attempt' says SUCCEEDED"
_MODES: Final = {
    LicenseMode.PAK: "licensed by activation key (PAK): there is no licensing transport",
    LicenseMode.PAYG: "licensed by the cloud provider (PAYG): there is no licensing transport",
    LicenseMode.DISABLED: "Smart Licensing is disabled on the device",
    LicenseMode.THREAT_DEFENSE: "Threat Defense, licences are in FMC/FDM",
}


def unsettled(case: Case) -> Reasons:
    """Name the run, and what settles it."""
    left = case.unsettled
    return () if left is None else (still_open(left.run, left.step.value),)


def still_open(run: str, step: str) -> str:
    """Return why nothing is sent to a firewall that a push left."""
    return (
        f"the push {run} left this device unproven or unsaved, at the step {step!r} (AT601): run "
        f"'asa-transport resume {run}', which reads the device first, then finishes or rolls back"
    )


def unknown_lines(case: Case) -> Reasons:
    """Name the lines."""
    lines = unknown_licensing(case.facts)
    named = tuple(
        f"{line.evidence.command!r} line {line.evidence.line} is not understood: {line.reason:.160}"
        for line in lines[:_SHOWN]
    )
    more = (f"and {len(lines) - _SHOWN} more",) if len(lines) > _SHOWN else ()
    return (
        *named,
        *more,
        "check these lines by hand (AT402); no change is planned from output that is not understood",
    )


def user_context(case: Case) -> Reasons:
    """Say where to look instead."""
    where = f"context {case.facts.context!r:.80}" if case.facts.context else "a context that is not named"
    return (
        f"this is {where}: licences are configured in the system execution space; audit that space "
        "instead (AT401)",
    )


def fxos(_case: Case) -> Reasons:
    """Say where licensing is configured."""
    return (
        "on Firepower 4100/9300 licensing is configured on the chassis (FXOS), not in the ASA: check it on "
        "the chassis with 'scope license', then 'show license all'",
    )


def no_smart_licensing(case: Case) -> Reasons:
    """Name the licence mode."""
    return (_MODES.get(case.facts.license_mode, case.facts.license_mode.value),)


def reserved(_case: Case) -> Reasons:
    """Say what a reservation means."""
    return (
        "the licences are reserved: the device contacts no licence server, so there is no transport to judge",
    )


def mode_unknown(_case: Case) -> Reasons:
    """Say which outputs would have told it."""
    return (
        "the licence mode of the device is unknown: neither 'show license status' nor 'License mode' in "
        "'show version' shows it",
    )


def unexpected_licensing(case: Case) -> Reasons:
    """Set inventory and device against each other."""
    expected = case.device.expect.transport.value
    return (
        f"the inventory expects 'transport: {expected}', but the device uses Smart Licensing: correct "
        "the inventory or the device",
    )


def pair_disagrees(case: Case) -> Reasons:
    """Name the differences."""
    found = "; ".join(pair_differences(case))
    return (
        f"the two units of the failover pair differ: {found}",
        "check 'show failover' and the configuration replication; no change is planned for either unit",
    )


def mid_upgrade(case: Case) -> Reasons:
    """Name the releases."""
    others = ", ".join(f"{release!r:.60}" for release in other_releases(case))
    own = case.facts.version or case.facts.failover.version or "another release"
    return (
        f"upgrade in progress: this unit runs {own!r:.60}, another unit of its pair or cluster runs {others}",
        "finish the upgrade first; the effect of a change while two releases run is not known",
    )


def standby(case: Case) -> Reasons:
    """Say who is judged instead."""
    if case.facts.cluster.role is ClusterRole.DATA:
        return (_data_unit(case), *_own_registration(case))
    if case.mate is not None:
        return ("standby unit: its active mate is judged instead, and this unit is never changed (AT401)",)
    return (
        "standby unit: its active mate is judged instead, and this unit is never changed (AT401)",
        "its active mate was not audited in this run: audit it too",
    )


def _data_unit(case: Case) -> str:
    control = control_unit(case.facts)
    named = f" {control!r:.80}" if control is not None else ""
    return (
        f"data unit of a cluster: the control unit{named} is judged instead, and this unit is never "
        "changed (AT401)"
    )


def _own_registration(case: Case) -> Reasons:
    """Name what the control unit cannot mend: every ASAv of a cluster registers by itself (cisco-asav)."""
    if not needs_registration(case):
        return ()
    return (
        "this unit must be registered by a person with a token: each unit registers by itself (AT203, AT204)",
    )


def role_odd(case: Case) -> Reasons:
    """Say what is odd."""
    if case.facts.cluster.role is ClusterRole.OTHER:
        return (
            "the role of the unit in its cluster is unknown, or it has no role now: check 'show cluster "
            "info'",
        )
    return ("the unit is neither active nor standby: check 'show failover'",)


def onprem(case: Case) -> Reasons:
    """Say which of URL and inventory names another server."""
    url = case.facts.transport.url
    if case.device.expect.transport is not ExpectedTransport.ONPREM:
        if url is None or is_cisco_url(url):
            return (
                f"'call-home' names {case.facts.transport.callhome_url!r:.300}, which is not a Cisco "
                "server: on callhome the device would contact it, so a person must decide (AT105)",
            )
        return (
            f"the transport URL {url!r:.300} is not a Cisco server; this program never changes it (AT105)",
        )
    if url is not None and is_cisco_url(url):
        return (f"the inventory expects an On-Prem server, but the device uses Cisco's {url!r:.300}",)
    shown = f"{url!r:.300}" if url is not None else "not shown"
    return (f"licensed by an On-Prem server (URL {shown}): a person must judge it, and make any change",)


def live_exception(case: Case) -> Reasons:
    """Name owner, ticket and end."""
    entry = live_exemption(case)
    if entry is None:
        return ("an exception is in force",)
    return (
        f"an exception is in force until {entry.until:%Y-%m-%d %H:%M} UTC (ticket {entry.ticket}, owner "
        f"{entry.owner}): no change is planned until then",
        "when the exception is no longer needed: 'asa-transport exceptions close'",
    )


def not_registered(case: Case) -> Reasons:
    """Say what a person types, and what nobody should do."""
    first = _wanted(case)
    return (
        "the device must be registered: this needs a token and a person to enter it (AT203, AT204)",
        *((f"first: {first}",) if first else ()),
        f"{_reach_after(case)}; then 'license smart register idtoken TOKEN' ('force' if it was "
        "registered before)",
        "do not reload; do not paste the token into a ticket or a chat",
    )


def state_unknown(_case: Case) -> Reasons:
    """Name what is missing."""
    return ("the device did not say whether it is registered and authorized",)


def transport_unknown(case: Case) -> Reasons:
    """Tell a guess by the version from nothing at all."""
    guess = case.facts.transport.type
    if guess is None:
        return ("the device did not say its transport type",)
    return (
        f"the device did not say its transport type; {guess.value} is only the default of its release",
        "look at 'show running-config all license'",
    )


def proxy_unknown(_case: Case) -> Reasons:
    """Say what could not be read."""
    return (
        "it is not known whether a proxy is set: the running configuration could not be read, and the proxy "
        "in 'show license status' cannot be trusted (CSCwr56980)",
    )


def callhome_forbidden(_case: Case) -> Reasons:
    """Set inventory and policy against each other."""
    return (
        "the inventory expects callhome, the policy says 'allow_callhome: false', and the device is on "
        "smart: correct one of the two files",
    )


def callhome_proxy_wrong(_case: Case) -> Reasons:
    """Say that the proxy of call-home is a person's."""
    return (
        "callhome is expected, but the 'http-proxy' of 'call-home' is not the expected one: change it by "
        "hand, because this program never changes 'call-home'",
    )


def callhome_proxy_lost(case: Case) -> Reasons:
    """Say what would be lost."""
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


def proxy_works(case: Case) -> Reasons:
    """Say why a proxy is not removed."""
    return (
        f"the device has the proxy {case.facts.transport.proxy}, but the inventory expects none (AT103); no "
        "output shows that contact through this proxy fails, and contact may fail without it",
        "correct the inventory, or remove the proxy by hand",
    )


def version_unknown(case: Case) -> Reasons:
    """Quote the version, or say that there is none."""
    version = case.facts.version
    if version is None:
        return ("the device did not say its version: it is not known which bugs affect it",)
    return (f"the version {version!r:.60} is not understood: it is not known which bugs affect the device",)


def blocking_bug(case: Case) -> Reasons:
    """Name the bugs and the reading."""
    return tuple(f"{verdict.bug.id} blocks changes: {verdict.why}" for verdict in blocking_bugs(case))


def config_unread(_case: Case) -> Reasons:
    """Say why the running configuration is needed."""
    return ("'show running-config license' was not read: a change could not be rolled back",)


def context_unknown(_case: Case) -> Reasons:
    """Say what is missing."""
    return ("it is not known whether this device is in single context mode ('show mode')",)


def role_unknown(case: Case) -> Reasons:
    """Say what is missing."""
    refused = [command for command in (FAILOVER, CLUSTER) if is_refused_role(case.facts, command)]
    if refused:
        named = " and ".join(f"'{command}'" for command in refused)
        return (
            f"it is not known whether this unit accepts configuration: {named} was refused; authorize it "
            "for the audit's user (AT402)",
        )
    return ("it is not known whether this unit is active ('show failover')",)


def mate_not_ready(case: Case) -> Reasons:
    """Say what is wrong with the mate."""
    members = unready_members(case.facts)
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


def change(case: Case) -> Reasons:
    """Say each change, then what is to be kept in mind."""
    notes = []
    lapsed = lapsed_exemption(case)
    if lapsed is not None:
        notes.append(f"the exception of ticket {lapsed.ticket} is past its end (AT502)")
    if is_authorization_over(case):
        notes.append(f"the authorization has expired: {deadline_effect(case)}")
    if is_first_smart_unproven(case):
        notes.append(
            "it is unproven which releases below 9.22 accept 'transport type smart'; if the device answers "
            "with an error, the push stops, rolls back and saves nothing"
        )
    if Change.TRANSPORT_CALLHOME in wanted_changes(case) and not is_callhome_default(case.facts):
        notes.append(
            "Smart Call Home is going to be deprecated: say in the inventory for how long it is wanted"
        )
    if case.facts.failover.enabled and not case.facts.failover.is_cloud and case.mate is None:
        notes.append("the mate was not audited in this run")
    return (_wanted(case), *notes)


def propose_revert(case: Case) -> Reasons:
    """Give the command of the proposal; it is never run from here."""
    name = case.device.name
    return (
        "smart is configured as expected, contact fails and the deadline is near or past; "
        f"{reach_briefly(case)}",
        "proposal, only if the repair takes long and there is an outage: revert to callhome for a time, "
        f"'asa-transport plan --goal callhome -l {name} --ticket TICKET --owner OWNER --until DATE -o "
        "revert.json'",
        "Cisco is going to deprecate callhome: return to smart as soon as the contact is restored, with "
        "'asa-transport plan --goal smart'",
        "do not reload",
    )


def authorization_expired(case: Case) -> Reasons:
    """Say what is restricted and what to type."""
    return (
        f"the authorization has expired: {deadline_effect(case)}; transport and proxy are as expected",
        f"{reach_briefly(case)}; {_RENEW}; do not reload before that",
    )


def contact_failing(case: Case) -> Reasons:
    """Say where the fault is to be looked for."""
    return (
        f"transport and proxy are as expected, but the last contact failed: {reach_briefly(case)}; {_RENEW}",
    )


def contact_unknown(_case: Case) -> Reasons:
    """Say what is missing."""
    return ("the device did not say whether its last contact succeeded",)


def account(case: Case) -> Reasons:
    """Say what a person does in the account or on the device."""
    if case.facts.authorization.state is AuthorizationState.NO_LICENSES:
        return (
            "transport and contact are as expected, but no licence is in use: enter 'license smart', "
            "'feature tier standard' and, on an ASAv, 'throughput level LEVEL'",
        )
    return ("transport and contact are as expected, but the account has too few licences (AT206)",)


def license_finding(_case: Case) -> Reasons:
    """Point to the findings."""
    return (
        "transport, proxy and contact are as expected, but a person must act on a finding about the licence",
    )


def compliant(case: Case) -> Reasons:
    """Say what was read."""
    kind = case.device.expect.transport.value
    return (f"{kind} as expected, proxy as expected, registered, authorized, last contact succeeded",)


def otherwise(_case: Case) -> Reasons:
    """Say that something is missing."""
    return (
        "some facts that a verdict needs were not read, or they contradict each other: check the device "
        "by hand",
    )


def _reach_after(case: Case) -> str:
    """Return what lets the device reach its authority, after the changes that are wanted."""
    if Change.TRANSPORT_SMART in wanted_changes(case):
        return (
            f"permit HTTPS from the firewall to {SMART_SERVER} on the devices upstream, and check DNS, the "
            "route and the proxy"
        )
    return reach_briefly(case)


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
