"""Everything that one device is judged by, and the plain questions that rules and decisions ask of it.

Pure; no question raises.  Guarantees that what is not known is answered as not known:
a proxy that could not be read is `ProxyState.UNKNOWN`, never "none".  Never judges:
severities are in the rules, verdicts in `core/judgement/decisions/table.py`.

Source: as the rules name them (docs/rules.md).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from asa_transport.asa.commands import (
    CLUSTER,
    CONFIG,
    CONFIG_ALL_LICENSE,
    CONFIG_CALL_HOME,
    CONFIG_LICENSE,
    FAILOVER,
)
from asa_transport.asa.licensing import default_transport
from asa_transport.model import (
    AuthorizationState,
    Block,
    ClusterRole,
    ContactResult,
    ContextMode,
    ExpectedTransport,
    FailoverState,
    FindingValue,
    LicenseMode,
    Proxy,
    ProxyPolicy,
    RegistrationState,
    TransportType,
)

if TYPE_CHECKING:
    from asa_transport.model import (
        BugVerdict,
        Device,
        DeviceFacts,
        Evidence,
        Exemption,
        Learnt,
        Policy,
        Severity,
        UnknownLine,
        Unsettled,
    )

SYSTEM_SPACE: Final = "system"
# What has the `transport proxy` line, if there is one, in the order in which it is read.
LICENSE_CONFIG: Final = (CONFIG_LICENSE, CONFIG_ALL_LICENSE, CONFIG)
_JUDGED_MODES: Final = frozenset({LicenseMode.SMART, LicenseMode.UNKNOWN})
_LICENSING_BLOCKS: Final = frozenset({Block.TRANSPORT, Block.REGISTRATION, Block.AUTHORIZATION})
# A token is needed to leave any of these (inferred).
_NOT_REGISTERED: Final = frozenset(
    {RegistrationState.UNREGISTERED, RegistrationState.REGISTERING, RegistrationState.FAILED}
)
_EVALUATION: Final = frozenset({AuthorizationState.EVALUATION, AuthorizationState.EVALUATION_EXPIRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One device, and all that its judgement rests on; times are aware UTC.

    Attributes:
        bugs: The verdict of every catalogue entry for this device's version and model.
        now: Start of the run, or what `--now` says; one value per run, so devices compare.
        clock_read_at: Our time when the device's clock was read, or `now` where `--now`
            was given.  `None` where nobody knows, as with saved outputs: the device's
            clock is then believed and never called wrong.
        exemptions: The ledger's entries for this device and for its mate: after a
            failover the revert is on the other unit.
        mate: Facts of the pair's other unit, if it was audited in the same run.
        callhome_since: Since when every audit found callhome; `None` without a history.
        unsettled: What a push left unproven or unsaved on this firewall, and these facts do not settle.
        learnt: Where its release is not as assumed.
    """

    device: Device
    facts: DeviceFacts
    policy: Policy
    bugs: tuple[BugVerdict, ...]
    now: datetime
    clock_read_at: datetime | None
    exemptions: tuple[Exemption, ...] = ()
    mate: DeviceFacts | None = None
    callhome_since: datetime | None = None
    unsettled: Unsettled | None = None
    learnt: tuple[Learnt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A rule that fires: what its finding says beyond the rule's own words.

    `remedy` is `None` where the rule's own remedy says it all.  `missing_from` is the command whose
    answer lacks a line, where that is what the rule found.  `values` are what the detail says, as
    far as another one tomorrow would be news (`values_of`).
    """

    severity: Severity
    detail: str
    values: tuple[FindingValue, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    missing_from: str | None = None
    remedy: str | None = None
    bug: str | None = None


class ProxyState(enum.Enum):
    """The proxy in force beside the expected one."""

    RIGHT = enum.auto()
    MISSING = enum.auto()
    DIFFERENT = enum.auto()
    UNEXPECTED = enum.auto()
    UNKNOWN = enum.auto()


def proof(facts: DeviceFacts, *names: str) -> tuple[Evidence, ...]:
    """Return the lines that prove these facts, each once, in the order asked."""
    found = (facts.sources[name] for name in names if name in facts.sources)
    return tuple(dict.fromkeys(found))


def answered_of(facts: DeviceFacts, *commands: str) -> str:
    """Return the first of these commands whose answer some fact was read in; the first where none was.

    What an audit itself asks stands first; a whole configuration that somebody saved stands last.
    """
    read = {line.command for line in facts.sources.values()}
    return next((command for command in commands if command in read), commands[0])


def values_of(**named: str | Sequence[str] | None) -> tuple[FindingValue, ...]:
    """Return what a finding says, by name; `None` is nothing to say, a sequence several of one name."""
    found = []
    for name, said in named.items():
        texts = () if said is None else (said,) if isinstance(said, str) else said
        found += [FindingValue(name=name, value=text) for text in texts]
    return tuple(found)


def is_reserved(facts: DeviceFacts) -> bool:
    """Return whether the licences are reserved, so that the device contacts nobody."""
    return facts.reservation is True or facts.authorization.state is AuthorizationState.RESERVED


def has_smart_licensing(facts: DeviceFacts) -> bool:
    """Return whether the device itself is (or may be) in contact with the licence authority."""
    return facts.license_mode in _JUDGED_MODES and not is_reserved(facts)


def is_user_context(facts: DeviceFacts) -> bool:
    """Return whether this is not the system execution space of a multiple-context device."""
    return facts.context_mode is ContextMode.MULTIPLE and facts.context != SYSTEM_SPACE


def is_follower(facts: DeviceFacts) -> bool:
    """Return whether the configuration comes from another unit: standby, or a cluster's data unit.

    A pair in a public cloud exchanges no configuration, so neither of its units follows.
    """
    failover = facts.failover
    is_standby = failover.state is FailoverState.STANDBY and not failover.is_cloud
    return is_standby or facts.cluster.role is ClusterRole.DATA


def control_unit(facts: DeviceFacts) -> str | None:
    """Return the name of the cluster's control unit, where another unit than this one is it."""
    found = (member.unit for member in facts.cluster.members if member.role is ClusterRole.CONTROL)
    return next(found, None)


def _control_serial(facts: DeviceFacts) -> str | None:
    members = facts.cluster.members
    return next((one.serial for one in members if one.role is ClusterRole.CONTROL), None)


def is_refused_role(facts: DeviceFacts, command: str) -> bool:
    """Return whether the device would not say what one of the commands about its role shows.

    A model that has no `show cluster info` does not withhold it.
    """
    return is_refused(facts, command) and not (command == CLUSTER and facts.cluster.enabled is False)


def is_role_withheld(facts: DeviceFacts) -> bool:
    """Return whether this unit's part in a pair or a cluster was refused, and no prompt names it."""
    is_pair_unsaid = is_refused_role(facts, FAILOVER) and facts.failover.state is None
    return is_pair_unsaid or (is_refused_role(facts, CLUSTER) and facts.cluster.role is None)


def is_role_odd(facts: DeviceFacts) -> bool:
    """Return whether the unit has a part in a pair or a cluster that is none to judge or to change."""
    return facts.failover.state is FailoverState.OTHER or facts.cluster.role is ClusterRole.OTHER


def is_transport_judged(case: Case) -> bool:
    """Return whether rules about the configured transport speak of this unit.

    They are silent on a standby unit whose mate speaks for the pair in the same run.
    """
    return has_smart_licensing(case.facts) and not (is_follower(case.facts) and case.mate is not None)


def is_callhome(case: Case) -> bool:
    """Return whether the device uses callhome, by its own word or as its version's default."""
    return case.facts.transport.type is TransportType.CALLHOME


def is_callhome_default(facts: DeviceFacts) -> bool:
    """Return whether callhome is the default of this release; False where it is not known."""
    return default_type(facts) is TransportType.CALLHOME


def default_type(facts: DeviceFacts) -> TransportType | None:
    """Return the default transport of the device's release; `None` where it is not known, or disproved."""
    return None if facts.is_default_disproved else default_transport(facts.version)


def is_contact_failing(facts: DeviceFacts) -> bool:
    """Return whether the device says that its last contact failed."""
    return facts.authorization.last_contact.result is ContactResult.FAILED


def is_unregistered(facts: DeviceFacts) -> bool:
    """Return whether the device was never registered, or runs in evaluation mode."""
    return facts.registration.state in _NOT_REGISTERED or facts.authorization.state in _EVALUATION


def unknown_licensing(facts: DeviceFacts) -> tuple[UnknownLine, ...]:
    """Return what was not understood of transport, registration and authorization."""
    return tuple(line for line in facts.unknown if line.block in _LICENSING_BLOCKS)


def is_refused(facts: DeviceFacts, command: str) -> bool:
    """Return whether the device refused this command."""
    return any(evidence.command == command for evidence in facts.refused)


def live_exemption(case: Case) -> Exemption | None:
    """Return the exception in force that ends last, or `None`."""
    live = [entry for entry in case.exemptions if entry.is_live(case.now)]
    return max(live, key=lambda entry: entry.until, default=None)


def lapsed_exemption(case: Case) -> Exemption | None:
    """Return the exception that ended last without being closed, or `None` where one is in force."""
    if live_exemption(case) is not None:
        return None
    lapsed = [entry for entry in case.exemptions if entry.closed_at is None and entry.until < case.now]
    return max(lapsed, key=lambda entry: entry.until, default=None)


def uncovered_since(case: Case) -> datetime | None:
    """Return since when no exception covers callhome; `None` while one does, or if that is not known."""
    if live_exemption(case) is not None:
        return None
    ends = [min(entry.closed_at or entry.until, entry.until) for entry in case.exemptions]
    known = [*ends, *filter(None, (case.callhome_since,))]
    return max(known, default=None)


def uses_callhome_proxy(case: Case) -> bool:
    """Return whether the proxy to judge is the one of `call-home`: of the expected transport.

    An On-Prem server may be reached over either, so there the transport in force tells.
    """
    expected = case.device.expect.transport
    if expected is ExpectedTransport.ONPREM:
        return is_callhome(case)
    return expected is ExpectedTransport.CALLHOME


def proxy_in_force(case: Case) -> Proxy | None:
    """Return the proxy to judge; neither transport uses the other's (inferred, AT104)."""
    transport = case.facts.transport
    return transport.callhome_proxy if uses_callhome_proxy(case) else transport.proxy


def is_callhome_proxy_known(facts: DeviceFacts) -> bool:
    """Return whether `call-home` / `http-proxy` was read: shown, or absent from a configuration we read."""
    if facts.transport.callhome_proxy is not None:
        return True
    return facts.license_block is not None and not is_refused(facts, CONFIG_CALL_HOME)


def proxy_state(case: Case) -> ProxyState:
    """Return how the proxy in force stands to the expected one."""
    expected = case.device.expect.proxy
    if expected is ProxyPolicy.ANY:
        return ProxyState.RIGHT
    facts = case.facts
    is_known = is_callhome_proxy_known(facts) if uses_callhome_proxy(case) else facts.transport.proxy_known
    if not is_known:
        return ProxyState.UNKNOWN
    observed = proxy_in_force(case)
    if not isinstance(expected, Proxy):
        return ProxyState.RIGHT if observed is None else ProxyState.UNEXPECTED
    if observed is None:
        return ProxyState.MISSING
    return ProxyState.RIGHT if observed == expected else ProxyState.DIFFERENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Bond:
    """What one unit says of itself and of its mate; of a whole fleet this little is kept in memory.

    Attributes:
        mate_serial: Of the other unit of its pair.
        control_serial: Of the control unit of its cluster, where it is a data unit.
        is_alone: It exchanges no configuration with any other (a pair in a public cloud).
    """

    serial: str | None
    mate_serial: str | None
    control_serial: str | None
    is_alone: bool


def bond_of(facts: DeviceFacts) -> Bond:
    """Return what the facts say of a mate."""
    is_data = facts.cluster.role is ClusterRole.DATA
    return Bond(
        serial=facts.serial,
        mate_serial=facts.failover.mate_serial,
        control_serial=_control_serial(facts) if is_data else None,
        is_alone=facts.failover.is_cloud,
    )


def in_pairs(devices: Iterable[Device]) -> frozenset[str]:
    """Return the devices that the inventory names as one of a pair, from either side."""
    return frozenset(
        name for device in devices if device.pair is not None for name in (device.name, device.pair)
    )


def may_have_mate(name: str, facts: DeviceFacts, paired: Set[str]) -> bool:
    """Return whether another device of the run may turn out to be its mate.

    Args:
        paired: As `in_pairs` returns them.
    """
    bond = bond_of(facts)
    return name in paired or bond.mate_serial is not None or bond.control_serial is not None


def find_mates(devices: Sequence[Device], facts: Mapping[str, DeviceFacts]) -> Mapping[str, str]:
    """Return the same as `mates_of`, for facts that are at hand; those of the audited ones, by name."""
    return mates_of(devices, {name: bond_of(found) for name, found in facts.items()})


def mates_of(devices: Sequence[Device], bonds: Mapping[str, Bond]) -> Mapping[str, str]:
    """Return the name of each device's mate, as far as it is known.

    Args:
        devices: Those of the run; `pair` of either one names the other.
        bonds: Of the audited ones, by name; where the inventory names no pair, two units
            that name each other's serial number are one.  Two units that exchange no
            configuration are two firewalls, and no mates.  The control unit of a cluster is the
            mate of its data units, which it speaks for; it has none itself.
    """
    alone = {name for name, bond in bonds.items() if bond.is_alone}
    names = {device.name for device in devices} - alone
    mates: dict[str, str] = {}
    for device in devices:
        if (
            device.name in names
            and device.pair in names
            and device.pair != device.name
            and device.pair is not None
        ):
            mates[device.name] = device.pair
            mates.setdefault(device.pair, device.name)
    by_serial = {bond.serial: name for name, bond in bonds.items() if bond.serial and name not in alone}
    for name, bond in bonds.items():
        mate = by_serial.get(bond.mate_serial or "") if name not in alone else None
        if mate is not None and mate != name and bonds[mate].mate_serial == bond.serial:
            mates.setdefault(name, mate)
    for name, bond in bonds.items():
        control = by_serial.get(bond.control_serial or "")
        if control is not None and control != name:
            mates.setdefault(name, control)
    return mates
