"""What a push or its dry run is made with: the plan, its rules, its devices; contacts nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from asa_transport.core.judgement.select import Selection, named
from asa_transport.core.planning.recheck import wanted_targets
from asa_transport.core.planning.render import Renderer
from asa_transport.core.pushing.campaign.budget import with_max_fail
from asa_transport.edges import templates
from asa_transport.edges.state import used_plans
from asa_transport.edges.state.run_folder import state_directory
from asa_transport.errors import UserError
from asa_transport.files.pattern_file import read_pattern_file
from asa_transport.flows import learnt, standard
from asa_transport.flows.audit_device import ProbeTargets
from asa_transport.flows.inputs import Files
from asa_transport.model import Device, DeviceFacts, FailureBudget, Plan, Proxy

if TYPE_CHECKING:
    from asa_transport.edges.state.store.machines import Machines

_MOST_NAMES: Final = 10


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a push or its dry run is made with; read and checked, nothing contacted yet.

    Attributes:
        now: By which a dry run is judged.
        clock: By which a push is begun, and its devices are started.
        machines: What pushes of several machines meet in; `None` where they do not.
    """

    plan: Plan
    now: datetime
    inventory_file: Path
    judgement: standard.LoadedStandard
    renderer: Renderer
    state: Path
    clock: Callable[[], datetime] = utc_now
    machines: Machines | None = None


def prepared(
    plan: Plan, inventory: Path, files: Files, *, now: datetime, is_now_given: bool, state: Path | None
) -> Work:
    """Read the rules beside an inventory and make the work of a plan; raise UserError with all problems."""
    kept = state_directory(state)
    read = standard.read(inventory, files, now=now, is_now_given=is_now_given)
    return Work(
        plan=plan,
        now=now,
        inventory_file=inventory,
        judgement=replace(read, standard=replace(read.standard, learnt=learnt.known(kept))),
        # Only to compare: what is pushed are the plan's own lines.
        renderer=Renderer(templates.jinja()),
        state=kept,
    )


def chosen(plan: Plan, known: Sequence[Device], limit: Sequence[str]) -> tuple[Device, ...]:
    """Return the planned devices that the limit selects, or raise UserError."""
    by_name = {device.name: device for device in known}
    missing = [planned.name for planned in plan.devices if planned.name not in by_name]
    if missing:
        shown = ", ".join(missing[:_MOST_NAMES]) + (", …" if len(missing) > _MOST_NAMES else "")
        raise UserError(
            f"the inventory has no {shown}, which the plan changes (it was made with {plan.inventory}); "
            "give that inventory with -i, or make a new plan"
        )
    devices = tuple(by_name[planned.name] for planned in plan.devices)
    found = named(devices, limit, read_pattern_file) if devices else ()
    # Left out in silence, a change that was approved would be thought made.
    resting = [device.name for device in found if not device.enabled]
    if resting:
        shown = ", ".join(resting[:_MOST_NAMES]) + (", …" if len(resting) > _MOST_NAMES else "")
        raise UserError(
            f"the inventory says 'enabled: false' of {shown}, which the plan changes; enable it there, or "
            "leave it out with -l, as in -l '!NAME'"
        )
    return found


def with_mates(plan: Plan, devices: Sequence[Device], known: Sequence[Device]) -> Selection:
    """Return the devices and, where the plan or the inventory knows their mates, those; sorted by name.

    Apart from them the mates of which the inventory says `enabled: false`: they are not looked at.
    """
    names = {device.name for device in devices}
    units = {name for planned in plan.devices if planned.name in names for name in planned.members}
    pairs = {device.pair for device in devices}
    found = [
        device
        for device in known
        if device.name in units | pairs or device.pair in names or device.name in names
    ]
    return Selection(
        devices=tuple(device for device in found if device.enabled),
        not_enabled=tuple(device for device in found if not device.enabled),
    )


def probe_targets(plan: Plan, devices: Sequence[Device]) -> ProbeTargets:
    """Return what each firewall is to reach: what its plan says; nothing for a mate."""
    return _Targets(wanted=wanted_targets(plan, devices))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Targets:
    """What each firewall is to reach, by name."""

    wanted: Mapping[str, Proxy]

    def __call__(self, device: Device, facts: DeviceFacts) -> Sequence[Proxy]:
        del facts
        return (self.wanted[device.name],) if device.name in self.wanted else ()


def budget_of(work: Work, max_fail: str | None) -> FailureBudget:
    """Return the failure budget of the policy, with `--max-fail` in it."""
    budget = work.judgement.standard.policy.failure_budget
    return budget if max_fail is None else with_max_fail(budget, max_fail)


def check_unused(work: Work, names: Collection[str], *, run: str | None = None) -> None:
    """Raise UsedPlan where the plan was used for one of these devices, by another run than this one.

    Where a store is shared, on any machine.
    """
    used_plans.check_unused(work.state, work.plan.digest, names, run=run)
    if work.machines is not None:
        work.machines.check_unused(work.plan.digest, names, run=run)
