"""Ask each device for its SSH host key, and compare it with its known_hosts file.

One key exchange a device; nobody logs in, but to jump hosts by the keys of their credentials.  Every
device has one outcome.  Writes nothing; `hostkeys_change.py` does, on somebody's word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias, assert_never

from asa_transport.capabilities import Visit
from asa_transport.core.judgement.parts import Division, divided
from asa_transport.edges.secrets import credentials
from asa_transport.edges.ssh import hostkeys
from asa_transport.edges.ssh.hostkeys import Entry, KnownHosts, Standing
from asa_transport.edges.ssh.jump_config import JumpRoutes
from asa_transport.edges.ssh.jump_hosts import JumpHosts
from asa_transport.edges.ssh.reach import Reach
from asa_transport.edges.ssh.scan import shown_key
from asa_transport.engine.fleet import Loss, Lost, OnLoop, RunStop, Terms, run_outcomes
from asa_transport.errors import DeviceError, UserError
from asa_transport.files import inventory as inventories
from asa_transport.files.pattern_file import read_pattern_file
from asa_transport.flows import audit, standard
from asa_transport.model import (
    UNDIVIDED,
    Device,
    HostCertificate,
    HostKey,
    HostKeys,
    Limits,
    Part,
    SessionCaps,
)
from asa_transport.model.ending import RunEnd, strongest

# One key exchange and no login: no AAA server is asked.
_WORKERS: Final = 50
# What `check` finds wrong, and what `scan` does: to it an unknown key is what it is there for.
NOT_THE_SAME: Final = frozenset(Standing) - {Standing.SAME}
_NOT_TO_ENROL: Final = frozenset((Standing.CHANGED, Standing.REVOKED, Standing.UNCERTIFIED))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownKey:
    """A device that showed a key; `known` is what its known_hosts file says."""

    device: Device
    key: HostKey
    known: HostKeys
    certificate: HostCertificate | None = None

    @property
    def standing(self) -> Standing:
        """What the file says of the key."""
        return hostkeys.standing(self.known, self.key, self.certificate)

    @property
    def entry(self) -> Entry:
        """The key as it would be enrolled."""
        return entry_of(self.device, self.key)

    @property
    def is_of_mate(self) -> bool:
        """Whether it is the key of the other unit of its pair: they have changed roles, it seems."""
        return self.key in self.known.of_mate


@dataclass(frozen=True, slots=True, kw_only=True)
class NoKey:
    """A device that showed no key; `is_internal` where the fault is ours."""

    device: Device
    error: str
    hint: str
    is_internal: bool = False


KeyOutcome: TypeAlias = ShownKey | NoKey


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRequest:
    """Which devices are asked, and how; read and checked, nothing contacted yet.

    Attributes:
        every: All devices of the inventory; the mates of pairs are among them.
        files: The known_hosts files as they were.
        known: By device name, what its known_hosts file says.
        routes: How the jump hosts of the devices are reached.
        left_out: How many devices of another program's inventory are not among ours.
        division: How they were selected, and which are in other parts.
    """

    devices: tuple[Device, ...]
    every: tuple[Device, ...]
    files: KnownHosts
    known: Mapping[str, HostKeys]
    limits: Limits
    workers: int
    routes: JumpRoutes
    left_out: int = 0
    division: Division


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRun:
    """What was found.

    Attributes:
        outcomes: One for each device, in the order of the request.
        was_stopped: A person ended it; what was not finished showed no key.
    """

    outcomes: tuple[KeyOutcome, ...]
    end: RunEnd
    was_stopped: bool

    @property
    def unknown(self) -> tuple[ShownKey, ...]:
        """Those whose known_hosts file knows no key of theirs."""
        return tuple(
            one for one in self.outcomes if isinstance(one, ShownKey) and one.standing is Standing.UNKNOWN
        )


def prepare(
    inventory_file: Path,
    limit: Sequence[str],
    *,
    part: Part = UNDIVIDED,
    limits: Limits,
    workers: int | None = None,
    ssh_config: Path | None = None,
    policy: Path | None = None,
    ask: credentials.Ask | None = None,
) -> KeyRequest:
    """Read the inventory, the policy and the known_hosts files; raise UserError with what is wrong.

    Args:
        part: Which of the devices that the limit selects.
        workers: Devices at once; `None` for 50.
        policy: Its file; `None` for the one beside the inventory, if there is one.
        ask: Puts a question for the passphrase of a jump host's key; `None` where nobody can be asked.
    """
    loaded = inventories.load(inventory_file)
    found = divided(loaded.devices, limit, read_pattern_file, part)
    devices = standard.with_offers(found.selected.devices, standard.policy_path(inventory_file, policy))
    _, jumps = audit.needed_of(devices)
    secrets = credentials.resolve(loaded.credentials, set(), jumps, ask=ask)
    routes = audit.routes_of(devices, ssh_config, secrets)
    files = KnownHosts(loaded.devices)
    return KeyRequest(
        devices=devices,
        every=loaded.devices,
        files=files,
        # All of them before the first device is contacted: a file may be unreadable.
        known={device.name: looked_up(files, device) for device in devices},
        limits=limits,
        workers=workers or _WORKERS,
        routes=routes,
        left_out=loaded.left_out,
        division=found,
    )


def check(request: KeyRequest, stop: RunStop) -> KeyRun:
    """Compare the key that each device shows: of a type that its file knows, where the device has one."""
    return _asked(request, stop, NOT_THE_SAME)


def scan(request: KeyRequest, stop: RunStop) -> KeyRun:
    """Compare, as `check`, to find unknown keys: those are no findings, changed and revoked ones are."""
    return _asked(request, stop, _NOT_TO_ENROL)


def looked_up(known: KnownHosts, device: Device, *, shown: HostKey | None = None) -> HostKeys:
    """Return what the device's file says of it; raise UserError where it cannot be read."""
    try:
        return known.of(device, shown=shown)
    except OSError as error:
        raise UserError(f"{device.known_hosts}: cannot be read: {error.strerror or error}") from error


def entry_of(device: Device, key: HostKey) -> Entry:
    """Return a key under the name that the device has in its file."""
    host, port = device.known_as
    return Entry(host=host, port=port, key=key)


def _asked(request: KeyRequest, stop: RunStop, findings: frozenset[Standing]) -> KeyRun:
    limits = request.limits
    jumps = JumpHosts(request.routes, limits)
    reach = Reach(limits=limits, jumps=jumps)

    def work(visit: Visit) -> KeyOutcome:
        device, keys = visit.device, request.known[visit.device.name]
        shown = shown_key(device, limits=limits, deadline=visit.deadline, dial=visit.dial, known=keys)
        key = shown.key
        # Is it revoked by a name that is hidden?
        known = keys if key in keys.accepted else request.files.of(device, shown=key)
        return ShownKey(device=device, key=key, known=known, certificate=shown.certificate)

    lost = partial(_lost, limits)
    terms: Terms[KeyOutcome] = Terms(
        lost=lost,
        failed=_no_key,
        workers=request.workers,
        device_s=limits.device_s,
        attempts=limits.attempts,
        silence_s=limits.silence_s,
        caps=SessionCaps(),
    )
    pool: OnLoop[KeyOutcome] = OnLoop(work=work, lost=lost, closing=jumps.close)
    found = run_outcomes(request.devices, pool, terms, approach=reach, stop=stop)
    by_name = {outcome.device.name: outcome for outcome in found}
    outcomes = tuple(by_name[device.name] for device in request.devices)
    was_stopped = stop.is_set()
    return KeyRun(
        outcomes=outcomes, end=end_of(outcomes, findings, was_stopped=was_stopped), was_stopped=was_stopped
    )


def _no_key(device: Device, error: DeviceError) -> NoKey:
    return NoKey(device=device, error=error.error, hint=error.hint)


def _lost(limits: Limits, lost: Lost) -> NoKey:
    match lost.loss:
        case Loss.STOPPED:
            error, hint = "the run was stopped before this device was finished", "run it again"
        case Loss.STUCK:
            error = (
                f"the work on this device did not end at its limit of {limits.device_s:g} s, and the "
                "program stopped waiting"
            )
            hint = "a name lookup may hang; try it by hand"
        case Loss.CRASHED:
            error = f"internal error: {type(lost.error).__name__}: {lost.error}"
            hint = "an error in asa-transport; please report it"
        case _:
            assert_never(lost.loss)
    return NoKey(device=lost.device, error=error, hint=hint, is_internal=lost.loss is Loss.CRASHED)


def end_of(outcomes: Iterable[KeyOutcome], findings: frozenset[Standing], *, was_stopped: bool) -> RunEnd:
    """Return how a run ended, by what is a finding in it."""
    ends = {RunEnd.INTERRUPTED} if was_stopped else set()
    for outcome in outcomes:
        match outcome:
            case NoKey():
                ends.add(RunEnd.INTERNAL if outcome.is_internal else RunEnd.NOT_AUDITED)
            case ShownKey():
                ends |= {RunEnd.FINDINGS} if outcome.standing in findings else set()
            case _:
                assert_never(outcome)
    return strongest(ends)
