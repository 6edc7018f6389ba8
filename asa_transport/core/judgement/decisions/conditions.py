"""What rows of the decision table and others ask alike: the changes that a device would need, and conditions.

Pure; no condition raises.

Source: docs/decisions.md; for what is known of the ASA, as the rules name it (docs/rules.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asa_transport.asa.servers import is_cisco_callhome
from asa_transport.core.judgement.cases.case import ProxyState, is_unregistered, proxy_state
from asa_transport.core.judgement.cases.deadlines import is_registration_over
from asa_transport.model import (
    AuthorizationState,
    Change,
    ExpectedTransport,
    TransportSource,
    TransportType,
)

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import Case
    from asa_transport.model import DeviceFacts

_READ: Final = frozenset({TransportSource.LICENSE, TransportSource.RUNNING_CONFIG})
TYPE_OF: Final = {
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
    expected = TYPE_OF.get(case.device.expect.transport)
    observed = case.facts.transport.type
    if expected is not None and observed is not None and expected is not observed:
        is_smart = expected is TransportType.SMART
        changes.append(Change.TRANSPORT_SMART if is_smart else Change.TRANSPORT_CALLHOME)
    return tuple(changes)


def is_transport_read(facts: DeviceFacts) -> bool:
    """Return whether the device itself said its transport; the version's default is no reading."""
    return facts.transport.type is not None and facts.transport.source in _READ


def has_onprem_callhome(facts: DeviceFacts) -> bool:
    """Return whether `call-home` names another server than Cisco's: callhome would go there."""
    url = facts.transport.callhome_url
    return url is not None and not is_cisco_callhome(url)


def needs_registration(case: Case) -> bool:
    """Return whether only a person with a token can mend it."""
    return is_unregistered(case.facts) or is_registration_over(case)


def is_authorization_over(case: Case) -> bool:
    """Return whether the authorization has expired."""
    authorization = case.facts.authorization
    return authorization.state is AuthorizationState.EXPIRED or authorization.deadline_exceeded
