"""Rows of the decision table: what is not understood, not this unit's, or not this program's business.

Pure.  What an earlier push left open comes first: nobody knows what the rest would stand on.

Source: docs/decisions.md; Cisco TAC document 225967 for what is safe.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from asa_transport.asa.servers import is_cisco_url, is_same_url
from asa_transport.asa.version import is_one_release
from asa_transport.core.judgement.cases.case import (
    control_unit,
    is_follower,
    is_reserved,
    is_role_odd,
    is_user_context,
    live_exemption,
    unknown_licensing,
)
from asa_transport.core.judgement.decisions.conditions import (
    has_onprem_callhome,
    needs_registration,
    wanted_changes,
)
from asa_transport.core.judgement.decisions.row import Reasons, Row
from asa_transport.model import Change, ClusterRole, ExpectedTransport, FailoverState, LicenseMode, Verdict

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import Case
    from asa_transport.model import DeviceFacts

_SHOWN: Final = 5


def unsettled(case: Case) -> Reasons:
    """Name the run, and what settles it; nothing where no push left the device open."""
    left = case.unsettled
    return () if left is None else (still_open(left.run, left.step.value),)


def still_open(run: str, step: str) -> str:
    """Return why nothing is sent to a firewall that a push left."""
    return (
        f"the push {run} left this device unproven or unsaved, at the step {step!r} (AT601): run "
        f"'asa-transport resume {run}', which reads the device first, then finishes or rolls back"
    )


UNSETTLED: Final = Row(
    name="unsettled",
    verdict=Verdict.HOLD,
    meaning="an earlier push left the device unproven or unsaved",
    when=lambda case, _: case.unsettled is not None,
    reasons=unsettled,
)


def _unknown_lines(case: Case) -> Reasons:
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


UNKNOWN_LINES: Final = Row(
    name="unknown-lines",
    verdict=Verdict.HOLD,
    meaning="a line about transport, registration or authorization is not understood",
    when=lambda case, _: bool(unknown_licensing(case.facts)),
    reasons=_unknown_lines,
)


def _user_context(case: Case) -> Reasons:
    where = f"context {case.facts.context!r:.80}" if case.facts.context else "a context that is not named"
    return (
        f"this is {where}: licences are configured in the system execution space; audit that space "
        "instead (AT401)",
    )


USER_CONTEXT: Final = Row(
    name="user-context",
    verdict=Verdict.HOLD,
    meaning="a context, not the system execution space, where licences are configured",
    when=lambda case, _: is_user_context(case.facts),
    reasons=_user_context,
)
FXOS: Final = Row(
    name="fxos",
    verdict=Verdict.MANUAL,
    meaning="the chassis licenses the device (Firepower 4100/9300)",
    when=lambda case, _: case.facts.license_mode is LicenseMode.FXOS,
    reasons=lambda _: (
        "on Firepower 4100/9300 licensing is configured on the chassis (FXOS), not in the ASA: check it on "
        "the chassis with 'scope license', then 'show license all'",
    ),
)

_NO_TRANSPORT: Final = {
    LicenseMode.PAK: "licensed by activation key (PAK): there is no licensing transport",
    LicenseMode.PAYG: "licensed by the cloud provider (PAYG): there is no licensing transport",
    LicenseMode.DISABLED: "Smart Licensing is disabled on the device",
    LicenseMode.THREAT_DEFENSE: "Threat Defense, licences are in FMC/FDM",
}
NO_SMART_LICENSING: Final = Row(
    name="no-smart-licensing",
    verdict=Verdict.NOT_APPLICABLE,
    meaning="activation key, cloud provider, Smart Licensing disabled, or Threat Defense",
    when=lambda case, _: case.facts.license_mode in _NO_TRANSPORT,
    reasons=lambda case: (_NO_TRANSPORT[case.facts.license_mode],),
)
RESERVED: Final = Row(
    name="reserved",
    verdict=Verdict.NOT_APPLICABLE,
    meaning="the licences are reserved",
    when=lambda case, _: is_reserved(case.facts),
    reasons=lambda _: (
        "the licences are reserved: the device contacts no licence server, so there is no transport to judge",
    ),
)
MODE_UNKNOWN: Final = Row(
    name="mode-unknown",
    verdict=Verdict.HOLD,
    meaning="how the device is licensed was not read",
    when=lambda case, _: case.facts.license_mode is LicenseMode.UNKNOWN,
    reasons=lambda _: (
        "the licence mode of the device is unknown: neither 'show license status' nor 'License mode' in "
        "'show version' shows it",
    ),
)
UNEXPECTED_LICENSING: Final = Row(
    name="unexpected-licensing",
    verdict=Verdict.HOLD,
    meaning="the inventory expects no transport, the device has one",
    when=lambda case, _: case.device.expect.transport in (ExpectedTransport.NONE, ExpectedTransport.RESERVED),
    reasons=lambda case: (
        f"the inventory expects 'transport: {case.device.expect.transport.value}', but the device uses "
        "Smart Licensing: correct the inventory or the device",
    ),
)


def _pair_differences(case: Case) -> tuple[str, ...]:
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


PAIR_DISAGREES: Final = Row(
    name="pair-disagrees",
    verdict=Verdict.HOLD,
    meaning="the two units of a failover pair differ",
    when=lambda case, _: bool(_pair_differences(case)),
    reasons=lambda case: (
        f"the two units of the failover pair differ: {'; '.join(_pair_differences(case))}",
        "check 'show failover' and the configuration replication; no change is planned for either unit",
    ),
)


def _other_releases(case: Case) -> tuple[str, ...]:
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


def _mid_upgrade(case: Case) -> Reasons:
    others = ", ".join(f"{release!r:.60}" for release in _other_releases(case))
    own = case.facts.version or case.facts.failover.version or "another release"
    return (
        f"upgrade in progress: this unit runs {own!r:.60}, another unit of its pair or cluster runs {others}",
        "finish the upgrade first; the effect of a change while two releases run is not known",
    )


MID_UPGRADE: Final = Row(
    name="mid-upgrade",
    verdict=Verdict.HOLD,
    meaning="the units of a pair or a cluster run two releases",
    when=lambda case, _: bool(_other_releases(case)),
    reasons=_mid_upgrade,
)


def _standby(case: Case) -> Reasons:
    if case.facts.cluster.role is ClusterRole.DATA:
        control = control_unit(case.facts)
        named = f" {control!r:.80}" if control is not None else ""
        unit = (
            f"data unit of a cluster: the control unit{named} is judged instead, and this unit is never "
            "changed (AT401)"
        )
        # What the control unit cannot mend: every ASAv of a cluster registers by itself (cisco-asav).
        own = (
            "this unit must be registered by a person with a token: each unit registers by itself (AT203, "
            "AT204)"
        )
        return (unit, own) if needs_registration(case) else (unit,)
    unit = "standby unit: its active mate is judged instead, and this unit is never changed (AT401)"
    if case.mate is not None:
        return (unit,)
    return (unit, "its active mate was not audited in this run: audit it too")


STANDBY: Final = Row(
    name="standby",
    verdict=Verdict.NOT_APPLICABLE,
    meaning="a standby unit, or a data unit of a cluster: another unit is judged in its place",
    when=lambda case, _: is_follower(case.facts),
    reasons=_standby,
)


def _role_odd(case: Case) -> Reasons:
    if case.facts.cluster.role is ClusterRole.OTHER:
        return (
            "the role of the unit in its cluster is unknown, or it has no role now: check 'show cluster "
            "info'",
        )
    return ("the unit is neither active nor standby: check 'show failover'",)


ROLE_ODD: Final = Row(
    name="role-odd",
    verdict=Verdict.HOLD,
    meaning="a role in the pair or the cluster that is neither of the two",
    when=lambda case, _: is_role_odd(case.facts),
    reasons=_role_odd,
)


def _is_onprem(case: Case) -> bool:
    """Return whether another server than Cisco's licenses the device, should, or would after a change."""
    url = case.facts.transport.url
    if case.device.expect.transport is ExpectedTransport.ONPREM or (
        url is not None and not is_cisco_url(url)
    ):
        return True
    return Change.TRANSPORT_CALLHOME in wanted_changes(case) and has_onprem_callhome(case.facts)


def _onprem(case: Case) -> Reasons:
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


ONPREM: Final = Row(
    name="onprem",
    verdict=Verdict.HOLD,
    meaning="another server than Cisco's is used or expected, or would be used after the change",
    when=lambda case, _: _is_onprem(case),
    reasons=_onprem,
)


def _live_exception(case: Case) -> Reasons:
    entry = live_exemption(case)
    if entry is None:
        return ("an exception is in force",)
    return (
        f"an exception is in force until {entry.until:%Y-%m-%d %H:%M} UTC (ticket {entry.ticket}, owner "
        f"{entry.owner}): no change is planned until then",
        "when the exception is no longer needed: 'asa-transport exceptions close'",
    )


LIVE_EXCEPTION: Final = Row(
    name="live-exception",
    verdict=Verdict.HOLD,
    meaning="the ledger has an exception in force for the device",
    when=lambda case, _: live_exemption(case) is not None,
    reasons=_live_exception,
)

ROWS: Final = (
    *(UNSETTLED, UNKNOWN_LINES, USER_CONTEXT, FXOS, NO_SMART_LICENSING, RESERVED, MODE_UNKNOWN),
    *(UNEXPECTED_LICENSING, PAIR_DISAGREES, MID_UPGRADE, STANDBY, ROLE_ODD, ONPREM, LIVE_EXCEPTION),
)
