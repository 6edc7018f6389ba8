"""What a plan's goal wants of one device, and what its firewall must reach for that.

Pure; cannot fail.  A goal is put to the same decision table as an audit, by asking it about
the device with that goal as its expectation: whatever forbids a change there forbids it here.

Source: the help of `plan --goal`; CiscoDevNet/cisco-asav (two proxies, two servers).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, assert_never

from asa_transport.asa.servers import CALLHOME_SERVER, SMART_SERVER
from asa_transport.core.judgement.cases.case import Case, is_callhome_proxy_known
from asa_transport.core.planning.fingerprint import standing
from asa_transport.model import (
    ExpectedTransport,
    Goal,
    Proxy,
    ProxyPolicy,
    Revert,
    TransportType,
)

_CISCO: Final = frozenset({ExpectedTransport.SMART, ExpectedTransport.CALLHOME})
ONLY: Final = {
    Goal.SMART: "this goal changes only devices on callhome, and this one is on smart",
    Goal.CALLHOME: "this goal changes only devices on smart, and this one is on callhome",
}


def case_for(case: Case, goal: Goal, revert: Revert | None) -> Case:
    """Return the case with the goal as its expectation.

    On-Prem, reserved and no licensing stay what the inventory says.  Exceptions stay, but
    for the revert's own.  A revert takes the proxy of `call-home` as it is, unless the
    inventory names one.
    """
    expect = case.device.expect
    if goal is Goal.EXPECTED or expect.transport not in _CISCO:
        return case
    if goal is Goal.SMART:
        wanted = replace(expect, transport=ExpectedTransport.SMART)
    else:
        proxy = expect.proxy if isinstance(expect.proxy, Proxy) else ProxyPolicy.ANY
        wanted = replace(expect, transport=ExpectedTransport.CALLHOME, proxy=proxy)
    device = replace(case.device, expect=wanted)
    return replace(case, device=device, exemptions=standing(case.exemptions, revert))


def is_there_already(case: Case, goal: Goal) -> bool:
    """Return whether the device is on the transport that the goal goes to."""
    match goal:
        case Goal.EXPECTED:
            return False
        case Goal.SMART:
            return case.facts.transport.type is TransportType.SMART
        case Goal.CALLHOME:
            return case.facts.transport.type is TransportType.CALLHOME
        case _:
            assert_never(goal)


def goal_obstacle(case: Case, goal: Goal) -> str | None:
    """Return what stands against a revert beyond the decision table; `None` for nothing."""
    if goal is not Goal.CALLHOME:
        return None
    if not case.policy.allow_callhome:
        return "the policy says 'allow_callhome: false': no device is reverted to callhome"
    if not is_callhome_proxy_known(case.facts):
        return "'call-home' was not read, so it is not known whether callhome would have an 'http-proxy'"
    return None


def target_of(case: Case, goal: Goal) -> Proxy:
    """Return what must answer the firewall itself: the proxy after the change, else Cisco's server.

    Args:
        case: Of the audit; the goal's expectation is put to it here.
    """
    wanted = case_for(case, goal, None)
    transport, expect = case.facts.transport, wanted.device.expect
    if expect.transport is ExpectedTransport.CALLHOME:
        return transport.callhome_proxy or CALLHOME_SERVER
    if isinstance(expect.proxy, Proxy):
        return expect.proxy
    kept = transport.proxy if expect.proxy is ProxyPolicy.ANY else None
    return kept or SMART_SERVER
