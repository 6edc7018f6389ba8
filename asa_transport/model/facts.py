"""What a device said of itself, as values.

Pure.  `None` means that the device did not say; what could not be understood is
kept in `DeviceFacts.unknown` and never looks like `None` or like a healthy value.

Source: docs/schemas/audit.json; `core/parsing/`, each module for its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from asa_transport.model.evidence import Evidence
from asa_transport.model.expectation import Proxy
from asa_transport.model.fields import FORGOTTEN, LEFT_OUT, WORD, says
from asa_transport.model.ssh import SshFacts
from asa_transport.model.states import (
    AuthorizationState,
    Block,
    ClusterRole,
    ContactResult,
    ContextMode,
    ExportControl,
    FailoverState,
    FailoverUnit,
    LicenseMode,
    RegistrationState,
    StartupLicense,
    TransportSource,
    TransportType,
    UnsavedState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownLine:
    """A line, or a value in it, that no template understands.

    Attributes:
        fact: The dotted name of the fact that it leaves open; `None` where nobody knows what it tells.
    """

    evidence: Evidence
    block: Block
    fact: str | None = field(
        default=None, metadata=says("The fact that it leaves open; null: nobody knows what it tells.")
    )
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportFacts:
    """The licensing transport as observed.

    `proxy` comes from the running configuration where that was read, because
    `show license status` may deny a proxy that is set (CSCwr56980, inferred).
    `callhome_url` is the address of `call-home`, whatever the transport; on callhome one that is
    not Cisco's own is `url` too.  `proxy_known` tells a proxy that is not configured (`proxy` is
    `None`, this is true) from one that could not be read.
    """

    type: TransportType | None = None
    source: TransportSource | None = None
    url: str | None = None
    proxy: Proxy | None = field(
        default=None, metadata=says("null: none, or with `proxy_known` false not known.")
    )
    proxy_known: bool = False
    proxy_source: TransportSource | None = None
    callhome_proxy: Proxy | None = None
    callhome_url: str | None = field(
        default=None, metadata=says("The address of call-home, whatever the type.")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LastContact:
    """The last communication attempt with the licence authority."""

    result: ContactResult | None = None
    at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationFacts:
    """The `Registration:` block; `last_renewal` is the last attempt to renew the ID certificate."""

    state: RegistrationState | None = None
    export_control: ExportControl | None = None
    last_renewal: LastContact = field(default_factory=LastContact)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """One licence that the device uses, with its own status, in the device's words."""

    name: str
    status: str | None = None
    export: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFacts:
    """What the device says of its licences elsewhere than in the state of registration and authorization.

    All of it in the device's own words; `None` where it did not say.

    Attributes:
        platform_state: `ASAv Platform License State`.
        enforce_modes: Of the active entitlements in `show version`.
        strong_encryption: Whether 3DES and AES are on.
        compliance: `Compliance status` on Firepower 4100/9300.
        overall_status: `Overall licensed status` there.
    """

    platform_state: str | None = None
    enforce_modes: tuple[str, ...] = ()
    entitlements: tuple[Entitlement, ...] = ()
    strong_encryption: bool | None = None
    compliance: str | None = None
    overall_status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationFacts:
    """The `License Authorization:` block; `deadline_exceeded` is the text that stands in place of a date."""

    state: AuthorizationState | None = None
    last_contact: LastContact = field(default_factory=LastContact)
    next_contact_at: datetime | None = None
    deadline_at: datetime | None = None
    deadline_exceeded: bool = field(
        default=False, metadata=says("The device shows a text in place of a date.")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverFacts:
    """`show failover`; `enabled` is `None` where neither it nor the prompt said so.

    Attributes:
        version: This unit's release, as it stands beside the mate's.
        is_mate_unknown: The device says `Mate Unknown`.
        is_cloud: The pair is one in a public cloud, whose units exchange no configuration.
    """

    enabled: bool | None = None
    unit: FailoverUnit | None = None
    state: FailoverState | None = None
    mate_serial: str | None = None
    mate_state: str | None = None
    version: str | None = None
    mate_version: str | None = None
    is_mate_unknown: bool = False
    is_cloud: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterMember:
    """Another unit of the cluster, as this one shows it; `state` is the device's word, e.g. `DATA_NODE`."""

    unit: str
    state: str
    role: ClusterRole
    version: str | None = None
    serial: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFacts:
    """`show cluster info`.

    `enabled` is `None` where the device did not say, and false where it does not know the
    command: such a device cannot be in a cluster.
    """

    enabled: bool | None = None
    name: str | None = None
    unit: str | None = None
    role: ClusterRole | None = None
    members: tuple[ClusterMember, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceClock:
    """`show clock`; `at` is `None` where the zone's offset from UTC is not known.

    `read_at` is our own time when it was read; `None` for saved outputs, of which nobody knows it.
    """

    at: datetime | None
    zone: str
    read_at: datetime | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsavedFacts:
    """Who changed the configuration last without saving it, in the device's own words and zone.

    `by` and `at` are `None` where nothing is unsaved; with `state` `None`, which means that
    it could not be told, they name the last change.  `modified_at` is when that was, saved or
    not, aware UTC; `None` where its zone is not known, or nobody changed anything since the start.
    """

    state: UnsavedState | None = None
    by: str | None = None
    at: str | None = None
    modified_at: datetime | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """All values observed on one device in one run; `None` where the device did not say.

    Attributes:
        context: Name of the user context or `system`/`admin` that was judged, if in multiple mode.
        restricted: Features restricted now, as short fixed texts
            (`throughput-100kbps`, `anyconnect-2-peers`).
        license_block: The `license smart` block of the running configuration, line by
            line with its indentation; `None` where it was not read.
        startup_block: The same of the startup configuration, as far as it is read (the
            kinds of line that an ASA has there); `None` where it was not.
        is_default_disproved: The release was seen to have another default than its train's: it counts as
            not known.
        startup_license: `None` where the two blocks could not be compared.
        unknown: Everything that was not understood.
        chatter: How many lines of the answers the device printed without being asked (`chatter`).
        refused: For each command that the device refused, the line that says so: what it
            would have shown is not known, which is not the same as not configured.
        sources: For a fact's dotted name, e.g. ``authorization.last_contact``, the line it came from.
    """

    hostname: str | None = None
    version: str | None = None
    model: str | None = None
    serial: str | None = None
    license_mode: LicenseMode = LicenseMode.UNKNOWN
    reservation: bool | None = None
    agent_version: str | None = None
    transport: TransportFacts = field(default_factory=TransportFacts)
    registration: RegistrationFacts = field(default_factory=RegistrationFacts)
    authorization: AuthorizationFacts = field(default_factory=AuthorizationFacts)
    usage: UsageFacts = field(
        default_factory=UsageFacts,
        metadata=says("What the device says of its licences elsewhere, in its own words."),
    )
    failover: FailoverFacts = field(default_factory=FailoverFacts)
    cluster: ClusterFacts = field(default_factory=ClusterFacts)
    context_mode: ContextMode | None = None
    context: str | None = None
    clock: DeviceClock | None = field(
        default=None, metadata=says("`at` is null where the zone's offset is not known.")
    )
    unsaved: UnsavedFacts = field(
        default_factory=UnsavedFacts,
        metadata=says("Changes that a reload would lose (inferred); `at` in the device's own words."),
    )
    startup_license: StartupLicense | None = field(
        default=None, metadata=says("The licence block that a reload would bring; null: not compared.")
    )
    ssh: SshFacts | None = field(
        default=None,
        metadata=says("What the SSH session agreed on; null: not known, as of outputs that somebody saved."),
    )
    license_block: tuple[str, ...] | None = field(default=None, metadata=LEFT_OUT)
    startup_block: tuple[str, ...] | None = field(default=None, metadata=LEFT_OUT)
    is_default_disproved: bool = field(default=False, metadata=FORGOTTEN)
    restricted: tuple[str, ...] = field(default=(), metadata=says(items=WORD))
    chatter: int = field(default=0, metadata=says(minimum=0))
    refused: tuple[Evidence, ...] = ()
    unknown: tuple[UnknownLine, ...] = ()
    sources: Mapping[str, Evidence] = field(default_factory=dict, metadata=LEFT_OUT)
