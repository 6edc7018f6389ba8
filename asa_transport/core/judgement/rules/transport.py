"""The rules about the configured transport and its exceptions: AT101-AT105, AT501, AT502.

Pure.  A rule is silent about what was not read: a proxy that is not known is neither
missing nor wrong.  None of them speaks of a standby unit whose mate speaks for the pair.

Source: as each rule names them; `asa/sources.py` has the documents.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from asa_transport.asa.commands import CONFIG, CONFIG_CALL_HOME
from asa_transport.asa.licensing import CALL_HOME, HEAD
from asa_transport.asa.servers import CALLHOME_SERVER, SMART_SERVER, is_cisco_url
from asa_transport.asa.sources import ASAV, TAC, UPGRADE, inferred, not_proven, own_rule
from asa_transport.core.judgement.cases.authority import ASDM
from asa_transport.core.judgement.cases.case import (
    LICENSE_CONFIG,
    Hit,
    ProxyState,
    answered_of,
    is_callhome,
    is_callhome_default,
    is_contact_failing,
    is_transport_judged,
    lapsed_exemption,
    live_exemption,
    proof,
    proxy_in_force,
    proxy_state,
    uncovered_since,
    uses_callhome_proxy,
    values_of,
)
from asa_transport.core.judgement.decisions.conditions import has_onprem_callhome
from asa_transport.core.judgement.rules.rule import Rule
from asa_transport.model import (
    ContactResult,
    ExpectedTransport,
    Proxy,
    Severity,
    TransportSource,
    TransportType,
)
from asa_transport.text import instant

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import (
        Case,
    )
    from asa_transport.model import (
        Exemption,
    )

_SECONDS_A_DAY: Final = 86_400
# Where the inventory expects no transport at all, its proxy is no question either.
_WITH_TRANSPORT: Final = frozenset(
    {ExpectedTransport.SMART, ExpectedTransport.CALLHOME, ExpectedTransport.ONPREM}
)

_SERVER_FIRST: Final = (
    "no change is planned, because the device is licensed by a server that is not Cisco's (AT105). Decide "
    "about that server first: if it is wanted, put 'expect: {transport: onprem}' into the inventory. "
    "Do not reload"
)
# `transport url` is Smart Transport's; on callhome the address is that of the profile.
_CALL_HOME_ADDRESS: Final = (
    "if the server is wanted, put 'expect: {transport: onprem}' into the inventory. If not, change the "
    f"address by hand in 'call-home', 'profile License', 'destination address http URL'; {ASDM}"
)


def at101(case: Case) -> Hit | None:
    """Transport is callhome where smart is expected."""
    if not is_transport_judged(case) or not is_callhome(case):
        return None
    if case.device.expect.transport is not ExpectedTransport.SMART:
        return None
    detail = f"the transport is callhome, the inventory expects smart{_read_from(case)}"
    severity = Severity.MEDIUM
    live, since = live_exemption(case), uncovered_since(case)
    if live is not None:
        detail += f"; an exception covers it until {_instant(live.until)} ({live.ticket}, {live.owner})"
    elif since is not None:
        days = (case.now - since).total_seconds() / _SECONDS_A_DAY
        detail += f"; no exception has covered it for {max(days, 0):.0f} days"
        if days > case.policy.callhome_grace_days:
            severity = Severity.HIGH
            detail += f" (the policy allows {case.policy.callhome_grace_days:g})"
    source = case.facts.transport.source
    return Hit(
        severity=severity,
        detail=detail,
        values=values_of(source=source and source.value, **_covered_by(live)),
        evidence=proof(case.facts, "transport.type"),
        remedy=_leave_it(live.until)
        if live is not None
        else _SERVER_FIRST
        if _has_own_server(case)
        else None,
    )


AT101: Final = Rule(
    id="AT101",
    title="Callhome where smart is expected",
    severity="medium; high where no exception covers it for longer than the policy allows",
    meaning=f"The device contacts {CALLHOME_SERVER.host} by Smart Call Home, which Cisco is going to "
    "deprecate. The inventory expects Smart Transport.",
    remedy="'asa-transport plan' makes the lines and the rollback; by hand: 'license "
    f"smart', 'transport type smart', then 'license smart renew auth'; {ASDM}. First permit HTTPS to "
    f"{SMART_SERVER} and set the proxy. Do not reload",
    evidence="'Transport: Type:' of the license output, or 'transport type' of the running configuration",
    sources=(TAC, UPGRADE),
    check=at101,
    configures=True,
)


def at102(case: Case) -> Hit | None:
    """The expected proxy is not configured."""
    expected = case.device.expect.proxy
    if not _is_proxy_judged(case) or proxy_state(case) is not ProxyState.MISSING:
        return None
    if not isinstance(expected, Proxy):
        return None
    fails = is_contact_failing(case.facts)
    where = _proxy_place(case)
    seen = "; the last contact failed" if fails else ""
    return Hit(
        severity=Severity.HIGH if fails else Severity.MEDIUM,
        detail=f"{where} has no proxy, but the inventory expects {expected}{seen}",
        values=values_of(place=_place(case), expected=str(expected), contact="failed" if fails else None),
        evidence=proof(case.facts, *(["authorization.last_contact"] if fails else [])),
        missing_from=_proxy_answer(case),
        remedy=_set_proxy(case, expected),
    )


AT102: Final = Rule(
    id="AT102",
    title="The expected proxy is not configured",
    severity="medium; high where contact fails",
    meaning="The inventory names a proxy for this site, and the running configuration has none.",
    remedy=f"'license smart', then 'transport proxy HOST port PORT'; {ASDM}",
    evidence="the answer that has no such line: 'show running-config license', on callhome 'show "
    "running-config call-home'; the failed contact, if there is one",
    sources=(TAC,),
    check=at102,
    configures=True,
)


def at103(case: Case) -> Hit | None:
    """A proxy differs from the expected one, or none is expected."""
    state, observed, expected = proxy_state(case), proxy_in_force(case), case.device.expect.proxy
    if not _is_proxy_judged(case) or state not in (ProxyState.DIFFERENT, ProxyState.UNEXPECTED):
        return None
    wanted = f"expects {expected}" if isinstance(expected, Proxy) else "expects none"
    return Hit(
        severity=Severity.MEDIUM,
        detail=f"{_proxy_place(case)} has the proxy {observed}, but the inventory {wanted}",
        values=values_of(
            place=_place(case),
            proxy=str(observed),
            expected=str(expected) if isinstance(expected, Proxy) else "none",
        ),
        evidence=proof(case.facts, _proxy_name(case)),
        remedy=_set_proxy(case, expected) if isinstance(expected, Proxy) else _take_proxy_out(case),
    )


AT103: Final = Rule(
    id="AT103",
    title="The proxy is not the expected one",
    severity="medium",
    meaning="The running configuration has a proxy that the inventory does not name.",
    remedy="find out which one is right before you remove anything: the device may reach its server only "
    "through this proxy. Then correct the inventory, or enter 'license smart', 'no transport proxy', then "
    f"'license smart renew auth'; {ASDM}",
    evidence="the 'transport proxy' line",
    sources=(
        TAC,
        not_proven(
            "operators report 'no transport proxy', Cisco's text only sets a proxy", row="proxy-taken-out"
        ),
    ),
    check=at103,
    configures=True,
)


def at104(case: Case) -> Hit | None:
    """`call-home` has an `http-proxy`, `license smart` has none."""
    transport = case.facts.transport
    if not is_transport_judged(case) or transport.callhome_proxy is None:
        return None
    if transport.proxy is not None or not transport.proxy_known:
        return None
    # An On-Prem server is not reached over smart's default, so there is nothing to lose a proxy for.
    if case.device.expect.transport is ExpectedTransport.ONPREM or _has_own_server(case):
        return None
    is_smart = transport.type is TransportType.SMART
    # On smart, with a contact that succeeded, it is proven that no proxy is needed.
    if is_smart and case.facts.authorization.last_contact.result is ContactResult.SUCCEEDED:
        return None
    effect = "Smart Transport does not use it" if is_smart else "on smart the proxy would be lost"
    found = transport.callhome_proxy
    return Hit(
        severity=Severity.MEDIUM,
        detail=f"'call-home' has 'http-proxy {found}', but 'license smart' has no 'transport proxy': "
        f"{effect}",
        values=values_of(proxy=str(found), transport=transport.type and transport.type.value),
        evidence=proof(case.facts, "transport.callhome_proxy", "transport.type"),
        missing_from=answered_of(case.facts, *LICENSE_CONFIG),
        remedy=(
            f"add to 'license smart': 'transport proxy {found.host} port {found.port}', before the transport "
            f"becomes smart, which an upgrade to 9.22 or later does too; {ASDM}. If the site needs no proxy "
            "on smart, say so in the inventory and remove 'http-proxy' from 'call-home'."
        ),
    )


AT104: Final = Rule(
    id="AT104",
    title="The proxy of call-home would be lost on smart",
    severity="medium",
    meaning="Smart Transport does not use the 'http-proxy' of 'call-home'. A device with that line "
    "alone loses its proxy when its transport becomes smart, which an upgrade to 9.22 or later does too.",
    remedy=f"add 'transport proxy HOST port PORT' to 'license smart' before the transport changes; {ASDM}",
    evidence="the 'http-proxy' line, the transport type, and the 'show running-config license' that has no "
    "'transport proxy'",
    sources=(
        TAC,
        UPGRADE,
        ASAV,
        inferred(
            "Cisco's text adds 'transport proxy' for Smart Transport, and 'http-proxy' stands in templates "
            "for Call Home only"
        ),
    ),
    check=at104,
    configures=True,
)


def at105(case: Case) -> Hit | None:
    """A transport URL other than Cisco's own is configured and not expected."""
    if not is_transport_judged(case):
        return None
    url = case.facts.transport.url
    if not _has_own_server(case):
        return _left_in_call_home(case)
    if case.device.expect.transport is ExpectedTransport.ONPREM:
        return None
    return Hit(
        severity=Severity.LOW,
        detail=f"the transport URL is {url!r:.300}, which is not a Cisco server; this program never changes "
        "it",
        values=values_of(place="transport", url=url),
        evidence=proof(case.facts, "transport.url"),
        remedy=_CALL_HOME_ADDRESS if is_callhome(case) else None,
    )


AT105: Final = Rule(
    id="AT105",
    title="A transport URL that is not a Cisco server's",
    severity="low",
    meaning="The device is licensed by another server, perhaps a Smart Software Manager On-Prem. Or "
    "'call-home' still names such a server, and the transport is smart, which does not use it: after an "
    "upgrade to 9.22 the device no longer uses that server. This program never changes the URL.",
    remedy=f"if the server is wanted, put 'expect: {{transport: onprem}}' into the inventory. If not, "
    "change it by hand: 'license smart', 'transport url default' (unproven, check first with '?'); "
    f"{ASDM}",
    evidence="the 'URL:' or 'transport url' line, or the address of 'call-home'",
    sources=(
        TAC,
        UPGRADE,
        ASAV,
        inferred(
            "from 9.22 on the transport is smart whatever 'profile License' of 'call-home' names, so a "
            "server that is named only there is no longer used"
        ),
        not_proven(
            "operators report 'transport url' and the addresses of an On-Prem server", row="onprem-address"
        ),
    ),
    check=at105,
)


def _has_own_server(case: Case) -> bool:
    url = case.facts.transport.url
    return url is not None and not is_cisco_url(url)


def _left_in_call_home(case: Case) -> Hit | None:
    """Return the hit where Smart Transport ignores an On-Prem address of `call-home` (inferred, AT105)."""
    transport = case.facts.transport
    if transport.type is not TransportType.SMART or not has_onprem_callhome(case.facts):
        return None
    wanted = case.device.expect.transport is ExpectedTransport.ONPREM
    return Hit(
        severity=Severity.LOW,
        detail=(
            f"'call-home' still names {transport.callhome_url!r:.300}, which is not a Cisco server. Smart "
            "Transport does not use 'call-home': since the transport is smart (the default from 9.22 on), "
            "the device contacts another server. This program changes neither"
        ),
        values=values_of(place=CALL_HOME, url=transport.callhome_url),
        evidence=proof(case.facts, "transport.callhome_url", "transport.type"),
        remedy=(
            "a person must decide which server licenses this device. If it is the one in 'call-home': "
            "'license smart', 'transport url URL' for its Smart Transport address, or 'transport type "
            "callhome'; "
            + ("" if wanted else "then put 'expect: {transport: onprem}' into the inventory. ")
            + f"If it is no longer used, remove the address from 'call-home'. {ASDM}"
        ),
    )


def at501(case: Case) -> Hit | None:
    """Callhome without an exception."""
    if not is_transport_judged(case) or not is_callhome(case):
        return None
    if live_exemption(case) is not None or lapsed_exemption(case) is not None:
        return None
    expected = case.device.expect.transport
    if expected is ExpectedTransport.CALLHOME and is_callhome_default(case.facts):
        # Expected, and the release's own default: nobody reverted anything.
        return None
    if expected not in (ExpectedTransport.SMART, ExpectedTransport.CALLHOME):
        return None
    return Hit(
        severity=Severity.MEDIUM,
        detail="the device uses callhome without an exception in the ledger: it has no owner and no end date",
        evidence=proof(case.facts, "transport.type"),
    )


AT501: Final = Rule(
    id="AT501",
    title="Callhome without an exception",
    severity="medium",
    meaning="This revert has no owner and no end date. Not reported where callhome is expected and is the "
    "default of the release (below 9.22).",
    remedy="'asa-transport exceptions add' with owner, ticket and end, or go back to smart (AT101)",
    evidence="the transport type",
    sources=(TAC, own_rule("a temporary revert has an owner, a ticket and an end in the ledger")),
    check=at501,
)


def at502(case: Case) -> Hit | None:
    """An exception is past its end."""
    lapsed = lapsed_exemption(case)
    transport = case.facts.transport.type
    # Back on smart, the exception has done its work, and its end is no news.
    if lapsed is None or transport is TransportType.SMART:
        return None
    seen = "the device is still on callhome" if is_callhome(case) else "the transport is not known"
    return Hit(
        severity=Severity.HIGH,
        detail=(
            f"the exception of {lapsed.device} ended at {_instant(lapsed.until)} (ticket {lapsed.ticket}, "
            f"owner {lapsed.owner}), and {seen}"
        ),
        values=values_of(
            device=lapsed.device,
            transport="callhome" if is_callhome(case) else "not-known",
            **_covered_by(lapsed),
        ),
        evidence=proof(case.facts, "transport.type"),
    )


AT502: Final = Rule(
    id="AT502",
    title="An exception is past its end",
    severity="high",
    meaning="The end of the temporary revert is past, and the device is not known to be back on smart.",
    remedy="'asa-transport plan --goal smart' plans the return to smart; if that must wait, the owner adds "
    "a new exception",
    evidence="the transport type; the entry stands in the ledger",
    sources=(TAC, own_rule("a temporary revert ends on the day that its owner gave")),
    check=at502,
)


def _is_proxy_judged(case: Case) -> bool:
    return is_transport_judged(case) and case.device.expect.transport in _WITH_TRANSPORT


def _covered_by(entry: Exemption | None) -> dict[str, str]:
    """Return what a finding says of an exception, for `values_of`."""
    if entry is None:
        return {}
    return {"ticket": entry.ticket, "owner": entry.owner, "until": instant(entry.until)}


def _place(case: Case) -> str:
    return CALL_HOME if uses_callhome_proxy(case) else HEAD


def _proxy_place(case: Case) -> str:
    return f"{_place(case)!r}"


def _proxy_answer(case: Case) -> str:
    """Return the command whose answer would have the proxy in force."""
    at_callhome = (CONFIG_CALL_HOME, CONFIG)
    return answered_of(case.facts, *(at_callhome if uses_callhome_proxy(case) else LICENSE_CONFIG))


def _proxy_name(case: Case) -> str:
    return "transport.callhome_proxy" if uses_callhome_proxy(case) else "transport.proxy"


def _set_proxy(case: Case, proxy: Proxy) -> str:
    if uses_callhome_proxy(case):
        return (
            f"enter 'call-home', then 'http-proxy {proxy.host} port {proxy.port}'; by hand, because this "
            "program never changes 'call-home'"
        )
    is_planned = case.device.expect.transport is ExpectedTransport.SMART and not _has_own_server(case)
    return (
        ("'asa-transport plan' makes the line and the rollback; by hand: " if is_planned else "by hand: ")
        + "'license smart', then "
        + f"'transport proxy {proxy.host} port {proxy.port}', then 'license smart renew auth'; {ASDM}. Do "
        "not check it with 'show license status' (CSCwr56980): use 'show running-config license'."
    )


def _take_proxy_out(case: Case) -> str | None:
    """Return the remedy of a proxy that none expects, where it is not the rule's own."""
    if not uses_callhome_proxy(case):
        return None
    return (
        "find out which one is right before you remove anything: the device may reach its server only "
        "through this proxy. Then correct the inventory, or enter 'call-home', 'no http-proxy', then "
        f"'license smart renew auth'; {ASDM}"
    )


def _leave_it(until: datetime) -> str:
    return (
        f"leave the device on callhome until {_instant(until)}. As soon as it reaches {SMART_SERVER} "
        "again: 'asa-transport exceptions close', then 'asa-transport plan --goal smart'"
    )


def _read_from(case: Case) -> str:
    if case.facts.transport.source is TransportSource.VERSION:
        return " (not shown by the device: callhome is the default of its release)"
    return ""


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")


RULES: Final = (AT101, AT102, AT103, AT104, AT105, AT501, AT502)
