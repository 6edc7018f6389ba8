"""Say which server licenses a device, and what lets the device reach it.

Pure; cannot fail.  Server, proxy line and revert follow the transport and the URL that are
in force: Smart Transport, Smart Call Home and an On-Prem server have each their own, and a
line for another one changes nothing, or lets a firewall out where nobody meant it to go.

Source: Cisco TAC document 225967 (what is safe); CiscoDevNet/cisco-asav (two proxies, two servers);
Cisco field notices FN72103 and FN72306 (root certificates); On-Prem is unproven
(`onprem-address`).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asa_transport.asa.commands import RENEW
from asa_transport.asa.servers import CALLHOME_SERVER, SMART_SERVER, is_cisco_url, protocol_of, server_of
from asa_transport.model import BugReading, ExpectedTransport, TransportType

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import Case
    from asa_transport.model import Proxy

ASDM: Final = "ASDM: Configuration > Device Management > Licensing > Smart Licensing"
_RENEW: Final = f"then {RENEW!r}. {ASDM}"
_SMART_PROXY: Final = "'license smart', 'transport proxy HOST port PORT'"
_CALLHOME_PROXY: Final = "'call-home', 'http-proxy HOST port PORT'"


class Kind(enum.Enum):
    """The kinds of licence authority that a device may be in contact with."""

    SMART = enum.auto()
    CALLHOME = enum.auto()
    ONPREM = enum.auto()
    UNKNOWN = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Who licenses the device, and over what; `server` is `None` where the device did not say which."""

    kind: Kind
    server: Proxy | None
    protocol: str = "HTTPS"


def authority_of(case: Case) -> Authority:
    """Return who licenses the device, by the transport and the URL that are in force."""
    transport = case.facts.transport
    if transport.url is not None and not is_cisco_url(transport.url):
        protocol = protocol_of(transport.url)
        return Authority(kind=Kind.ONPREM, server=server_of(transport.url), protocol=protocol)
    if transport.url is None and case.device.expect.transport is ExpectedTransport.ONPREM:
        return Authority(kind=Kind.ONPREM, server=None)
    if transport.type is TransportType.SMART:
        return Authority(kind=Kind.SMART, server=SMART_SERVER)
    if transport.type is TransportType.CALLHOME:
        return Authority(kind=Kind.CALLHOME, server=CALLHOME_SERVER)
    return Authority(kind=Kind.UNKNOWN, server=None)


def server_text(found: Authority) -> str:
    """Return the server as it stands in a sentence."""
    if found.kind is Kind.UNKNOWN:
        return f"{SMART_SERVER} (smart) or {CALLHOME_SERVER} (callhome)"
    if found.server is None:
        return "the On-Prem server of 'transport url' or 'call-home'"
    return f"{found.server} (its own server, On-Prem)" if found.kind is Kind.ONPREM else str(found.server)


def reach(case: Case) -> str:
    """Return what lets the device reach its authority, up to the command that tries it."""
    found = authority_of(case)
    match found.kind:
        case Kind.SMART:
            proxy = f"where the site needs a proxy: {_SMART_PROXY}"
        case Kind.CALLHOME:
            proxy = f"where the site needs a proxy: {_CALLHOME_PROXY}"
        case Kind.ONPREM:
            proxy = "check the server too: is it running, is its certificate valid, has it synchronised"
        case _:
            proxy = f"where the site needs a proxy: {_SMART_PROXY} for smart, {_CALLHOME_PROXY} for callhome"
    return f"{_permit(found)} and the route; {proxy}; {_RENEW}{root_note(case)}"


def reach_briefly(case: Case) -> str:
    """Return the same for a decision's reasons, without the commands."""
    return f"{_permit(authority_of(case))}, the route and the proxy{root_note(case)}"


def revert_offer(case: Case) -> str:
    """Return the offer of a temporary revert to callhome; empty where there is nothing to go back to."""
    is_callhome_cisco = server_of(case.facts.transport.callhome_url) in (None, CALLHOME_SERVER)
    if authority_of(case).kind is not Kind.SMART or not is_callhome_cisco:
        return ""
    allowed = "" if case.policy.allow_callhome else " (the policy forbids it now: allow_callhome)"
    return (
        " If the repair takes long and there is an outage: revert to callhome for a time, with an owner "
        f"and an end date{allowed}."
    )


def manager(case: Case) -> str:
    """Return where tokens and licences of this device are kept."""
    is_onprem = authority_of(case).kind is Kind.ONPREM
    return "the On-Prem server" if is_onprem else "Cisco's Smart Software Manager"


def register(case: Case) -> str:
    """Return what a person does to register the device."""
    found = authority_of(case)
    return (
        f"restore the contact first (transport, proxy, {found.protocol} to {server_text(found)}). Then a "
        f"person makes a token in {manager(case)} and enters 'license smart register idtoken TOKEN' "
        f"('force' where the device was registered before); {ASDM}. Do not reload. Do not paste the token "
        f"into a ticket or a chat{root_note(case)}"
    )


def root_note(case: Case) -> str:
    """Return what the catalogue says of a release that cannot verify Cisco's server; often empty."""
    if authority_of(case).kind is Kind.ONPREM:
        return ""
    found = [
        verdict.bug
        for verdict in case.bugs
        if verdict.bug.breaks_contact and verdict.reading is BugReading.AFFECTED
    ]
    return "".join(f". {bug.id} names this release: {bug.title}. {bug.remedy.rstrip('.')}" for bug in found)


def _permit(found: Authority) -> str:
    server = server_text(found)
    return f"permit {found.protocol} from the firewall to {server} on the devices upstream, and check DNS"
