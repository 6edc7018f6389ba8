"""What a device can be, and what it can say of itself, where that is one of a few things.

Pure.  `None` beside one of these means that the device did not say.

Source: docs/schemas/audit.json; `asa/license_words.py`.
"""

from __future__ import annotations

import enum


class LicenseMode(enum.StrEnum):
    """How the device is licensed."""

    SMART = "smart"
    PAK = "pak"
    FXOS = "fxos"
    PAYG = "payg"
    DISABLED = "disabled"
    THREAT_DEFENSE = "threat-defense"
    UNKNOWN = "unknown"


class TransportType(enum.StrEnum):
    """The licensing transport; exactly these two exist (YANG model cisco-smart-license)."""

    SMART = "smart"
    CALLHOME = "callhome"


class TransportSource(enum.StrEnum):
    """Where the transport type was read; the version is only a fallback."""

    LICENSE = "license"
    RUNNING_CONFIG = "running-config"
    VERSION = "version"


class RegistrationState(enum.StrEnum):
    """`Registration:` / `Status:`."""

    REGISTERED = "registered"
    UNREGISTERED = "unregistered"
    REGISTERING = "registering"
    FAILED = "failed"
    EXPIRED = "expired"


class ExportControl(enum.StrEnum):
    """`Export-Controlled Functionality:`; strong encryption depends on it."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "not-allowed"


class AuthorizationState(enum.StrEnum):
    """`License Authorization:` / `Status:`."""

    AUTHORIZED = "authorized"
    OUT_OF_COMPLIANCE = "out-of-compliance"
    EXPIRED = "expired"
    EVALUATION = "evaluation"
    EVALUATION_EXPIRED = "evaluation-expired"
    RESERVED = "reserved"
    NO_LICENSES = "no-licenses"


class ContactResult(enum.StrEnum):
    """`Last Communication Attempt:`."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"


class FailoverUnit(enum.StrEnum):
    """The unit's configured place in its failover pair."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


class FailoverState(enum.StrEnum):
    """The unit's present role; all other words are `OTHER` (Failed, Negotiation, …).

    `BACKUP` is the other unit of a pair in a public cloud, with a configuration of its own.
    """

    ACTIVE = "active"
    STANDBY = "standby"
    BACKUP = "backup"
    OTHER = "other"


class ClusterRole(enum.StrEnum):
    """The unit's part in a cluster; only the control unit is configured (unproven, `control-unit-alone`).

    `OTHER` is everything that is neither: disabled, electing, a control unit that is not one yet,
    an answer that names no part at all.
    """

    CONTROL = "control"
    DATA = "data"
    OTHER = "other"


class ContextMode(enum.StrEnum):
    """`show mode`."""

    SINGLE = "single"
    MULTIPLE = "multiple"


class Block(enum.StrEnum):
    """The part of an output that a line stands in; an unknown line in the first three means hold."""

    TRANSPORT = "transport"
    REGISTRATION = "registration"
    AUTHORIZATION = "authorization"
    OTHER = "other"


class UnsavedState(enum.StrEnum):
    """Whether the running configuration has changes that a reload would lose (inferred)."""

    NONE = "none"
    SOME = "some"


class StartupLicense(enum.StrEnum):
    """The licence block that a reload would bring, compared with the running one."""

    SAME = "same"
    DIFFERS = "differs"
