"""Make what pushes one plan's devices: sessions that may write, locks, evidence, patience.

The only place that hands out sessions that may write; `push --commit` and `resume` come here.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial

from asa_transport import __version__
from asa_transport.capabilities import Journal
from asa_transport.cli.options import Conduct
from asa_transport.core.planning.plan import Origin
from asa_transport.core.planning.recheck import Recheck
from asa_transport.edges.secrets.operator import login_name
from asa_transport.edges.state.locks import DeviceLocks, Held
from asa_transport.edges.state.run_folder import RunFolder
from asa_transport.errors import StateError
from asa_transport.flows import audit, unsettled
from asa_transport.flows.audit_device import Auditor
from asa_transport.flows.dry_run import Work, probe_targets
from asa_transport.flows.logins import LoginGuard, config_logins, logins
from asa_transport.flows.push_device import AFTER, Pusher
from asa_transport.flows.push_proof import Patience
from asa_transport.model import Capture, Device, Plan


def operator() -> str:
    """Return who pushes, for the journal: login name and machine."""
    return f"{login_name()}@{socket.gethostname()}"


def pusher(
    work: Work,
    request: audit.Request,
    *,
    folder: RunFolder,
    journal: Journal,
    conduct: Conduct,
    is_ending: Callable[[], bool],
) -> Pusher:
    """Return what pushes this plan's devices; the only place that hands out sessions that may write."""
    policy = work.judgement.standard.policy
    guard = LoginGuard(policy.lockout_after)
    devices = {device.name: device for device in request.devices}
    planned = [devices[one.name] for one in work.plan.devices if one.name in devices]
    auditor = Auditor(
        open_session=logins(request, guard),
        tables=request.tables,
        targets=probe_targets(work.plan, planned),
    )
    return Pusher(
        recheck=Recheck(
            plan=work.plan,
            standard=work.judgement.standard,
            renderer=work.renderer,
            tables=request.tables,
            origin=Origin(
                id=folder.path.name,
                run=folder.path.name,
                inventory=str(work.inventory_file),
                tool_version=__version__,
                policy_sha256=work.judgement.policy_sha256,
                now=work.now,
            ),
            unsettled=unsettled.known(work.state, but=folder.path.name),
        ),
        open_config=config_logins(request, guard),
        auditor=auditor,
        devices=devices,
        mates=mates_of(work.plan, request.devices),
        journal=journal,
        lease=_leases(DeviceLocks(work.state, run=folder.path.name)),
        keep=partial(_keep, folder),
        clock=_now,
        is_ending=is_ending,
        patience=Patience(
            contact_s=conduct.contact_timeout or policy.contact_timeout_s,
            poll_s=policy.contact_poll_s,
            reconnect_s=conduct.reconnect_timeout,
            accept=policy.proof,
            reserve_s=request.limits.device_s + conduct.reconnect_timeout,
        ),
    )


def device_s(request: audit.Request, patience: Patience) -> float:
    """Return how long one device may take: its mate, itself, a loss, each as an audit, and the waits.

    With it what is kept for going back.
    """
    waits_s = 2 * patience.contact_s + 3 * patience.reconnect_s
    return 4 * request.limits.device_s + waits_s + patience.reserve_s


def mates_of(plan: Plan, devices: Sequence[Device]) -> Mapping[str, str]:
    """Return each device's mate by name, where both are among these.

    The inventory's `pair` goes first; where it is silent, the mate is the one that the plan knows by
    its serial number.  Two that the plan changes each by itself are no mates: they exchange no
    configuration.
    """
    names = {device.name for device in devices}
    pairs = [(device.name, device.pair) for device in devices]
    units = [
        (planned.name, member)
        for planned in plan.devices
        for member in planned.members
        if planned.name in names and member != planned.name
    ]
    alone = {planned.name for planned in plan.devices if planned.members == (planned.name,)}
    mates: dict[str, str] = {}
    for name, mate in (*pairs, *units):
        if mate is not None and mate in names and not {name, mate} <= alone:
            mates.setdefault(name, mate)
            mates.setdefault(mate, name)
    return mates


def _now() -> datetime:
    return datetime.now(UTC)


def _keep(folder: RunFolder, capture: Capture, part: str) -> None:
    folder.save_capture(capture, part, durable=True, each=part == AFTER)


def _leases(locks: DeviceLocks) -> Callable[[Iterable[str]], AbstractContextManager[str | None]]:
    @contextlib.contextmanager
    def lease(names: Iterable[str]) -> Iterator[str | None]:
        with contextlib.ExitStack() as held:
            for name in names:
                try:
                    found = locks.take(name, _now())
                except (StateError, ValueError) as error:
                    yield f"it cannot be held for this push: {error}"
                    return
                if isinstance(found, Held):
                    yield f"another push holds it: {found.by}"
                    return
                held.enter_context(found)
            yield None

    return lease
