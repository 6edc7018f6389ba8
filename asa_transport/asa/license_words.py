"""The words in which an ASA says how it is licensed: modes, states, contacts, transports, and nothing at all.

Pure.  Only the exact words listed here are states: `NOT AUTHORIZED`, `AUTHORIZED?` or
`REGISTERED (stale)` contain a known word and are unknown all the same.

Source: ntc-templates, recorded answers to `show license all` (`SUCCESS` is agent 1.6, `SUCCEEDED`
agent 4.x) and, of IOS XE, to `show license status` (no proxy, no VRF); Cisco TAC document 225967
(DEADLINE EXCEEDED, None); YANG model cisco-smart-license; Cisco bug CSCvr54794 (Firepower
4100/9300); recorded answers to `show version` (models, licence mode).
"""

from __future__ import annotations

import re
from typing import Final

from asa_transport.model import (
    AuthorizationState,
    ContactResult,
    ExportControl,
    RegistrationState,
    TransportType,
)

# What follows `License mode:` in `show version`.
MODE_SMART: Final = "Smart Licensing"
MODE_AWS: Final = "AWS Licensing"
MODES: Final = frozenset({MODE_SMART, MODE_AWS})
# Firepower 4100 and 9300, which the chassis licenses (`Hardware:   FPR4K-SM-12`).
CHASSIS_MODELS: Final = ("FPR4K", "FPR9K")

_REGISTRATION: Final = {
    "REGISTERED": RegistrationState.REGISTERED,
    # With a reservation (the wording of Cisco's UCM, seen once, and the same words in capitals).
    "REGISTERED-SPECIFIC LICENSE RESERVATION": RegistrationState.REGISTERED,
    "REGISTERED-UNIVERSAL LICENSE RESERVATION": RegistrationState.REGISTERED,
    "Registered-Specific License Reservation": RegistrationState.REGISTERED,
    "Registered-Universal License Reservation": RegistrationState.REGISTERED,
    "UNREGISTERED": RegistrationState.UNREGISTERED,
    "UNREGISTERED-REGISTRATION FAILED": RegistrationState.FAILED,
    "REGISTRATION FAILED": RegistrationState.FAILED,
    "REGISTERING": RegistrationState.REGISTERING,
    "REGISTERING-REGISTRATION IN PROGRESS": RegistrationState.REGISTERING,
    "Reservation In Progress": RegistrationState.REGISTERING,
    "RESERVATION IN PROGRESS": RegistrationState.REGISTERING,
    "Unregistered-Registration Expired": RegistrationState.EXPIRED,
    "UNREGISTERED-REGISTRATION EXPIRED": RegistrationState.EXPIRED,
    "REGISTRATION EXPIRED": RegistrationState.EXPIRED,
}
_AUTHORIZATION: Final = {
    "AUTHORIZED": AuthorizationState.AUTHORIZED,
    "AUTHORIZED-RESERVED": AuthorizationState.RESERVED,
    "OUT OF COMPLIANCE": AuthorizationState.OUT_OF_COMPLIANCE,
    "AUTH EXPIRED": AuthorizationState.EXPIRED,
    "AUTHORIZATION EXPIRED": AuthorizationState.EXPIRED,
    "EVAL MODE": AuthorizationState.EVALUATION,
    "EVAL EXPIRED": AuthorizationState.EVALUATION_EXPIRED,
    "No licenses in use": AuthorizationState.NO_LICENSES,
    "No Licenses in Use": AuthorizationState.NO_LICENSES,
    "NO LICENSES IN USE": AuthorizationState.NO_LICENSES,
}
EXPORT: Final = {
    "Allowed": ExportControl.ALLOWED,
    "ALLOWED": ExportControl.ALLOWED,
    "Not Allowed": ExportControl.NOT_ALLOWED,
    "NOT ALLOWED": ExportControl.NOT_ALLOWED,
}
_TRANSPORT: Final = {
    "Smart": TransportType.SMART,
    "smart": TransportType.SMART,
    "Callhome": TransportType.CALLHOME,
    "CallHome": TransportType.CALLHOME,
    "callhome": TransportType.CALLHOME,
}
RESERVATION: Final = {
    "Enabled": True,
    "ENABLED": True,
    "enabled": True,
    "Disabled": False,
    "DISABLED": False,
    "disabled": False,
}
SMART_LICENSING: Final = {"ENABLED": True, "DISABLED": False, "not enabled": False, "NOT ENABLED": False}
STATES: Final = frozenset(_REGISTRATION) | frozenset(_AUTHORIZATION)
_HYPHEN: Final = re.compile(r" *- *")
CONTACT: Final = {
    "SUCCESS": ContactResult.SUCCEEDED,
    "SUCCEEDED": ContactResult.SUCCEEDED,
    "FAILED": ContactResult.FAILED,
}
DEADLINE_EXCEEDED: Final = "DEADLINE EXCEEDED"
_NOTHING: Final = frozenset({"None", "<empty>"})
# A date that the agent leaves without a value.
NO_DATE: Final = _NOTHING | {"NONE", "none", "<none>", "Not Available", "N/A"}
# `Not Supported` is no proof of anything where a proxy is meant (CSCwr56980).
NO_PROXY: Final = _NOTHING | {"Not Supported", "Not Configured"}
# `None` is not among them: no capture has it, and a server that nobody knows is not the default one.
NO_URL: Final = frozenset({"<empty>", "Not Supported", "Not Configured", "default", "Default"})
# Of an entitlement, of an enforce mode, of a chassis: the good words, whatever their case.
_GOOD: Final = re.compile(r"authorized(?: \(\d+\))?|in compliance", re.IGNORECASE)
_LICENSED: Final = "licensed"
_FORBIDDEN_EXPORT: Final = re.compile(r"NOT ALLOWED|DENIED", re.IGNORECASE)


def transport_type(text: str) -> TransportType | None:
    """Return the transport that `Type:` names; `cslu`, `Transport Off` and all else are unknown."""
    return _TRANSPORT.get(text)


def registration_state(text: str) -> RegistrationState | None:
    """Return the state of `Registration:` / `Status:`, or `None` where the words are not exactly known."""
    return _REGISTRATION.get(_HYPHEN.sub("-", text))


def authorization_of(words: str) -> AuthorizationState | None:
    """Return the state of `License Authorization:` / `Status:`, without its date; `None` as above."""
    return _AUTHORIZATION.get(_HYPHEN.sub("-", words))


def is_authorized(words: str) -> bool:
    """Return whether an entitlement, an enforce mode or a chassis says that a licence is granted."""
    return _GOOD.fullmatch(words) is not None


def is_licensed(words: str) -> bool:
    """Return whether the platform license state is the good one."""
    return words.lower() == _LICENSED


def is_export_forbidden(words: str) -> bool:
    """Return whether an entitlement's export status forbids it."""
    return _FORBIDDEN_EXPORT.search(words) is not None
