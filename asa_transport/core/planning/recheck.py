"""Compare a plan with what its devices say now: would it still be pushed, and if not, why not.

Pure.  The plan is made again from the fresh facts, by the same judgement and guards, and
the two are compared: so a push can allow nothing that a plan would not.  A device that has
moved is refused and the others go on.  What is not known refuses.

Source: docs/push.md, "One device, step by step".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from asa_transport.core.judgement.cases.case import Case
from asa_transport.core.judgement.decisions.scope import still_open
from asa_transport.core.judgement.decisions.table import decide
from asa_transport.core.judgement.judge import Standard, cases, judged
from asa_transport.core.judgement.unsaved import refusal
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.planning.fingerprint import drift, has_exception
from asa_transport.core.planning.identity import identity_of, stranger
from asa_transport.core.planning.license_change import is_applied
from asa_transport.core.planning.plan import Origin, make_plan
from asa_transport.core.planning.probe import Probed, answer
from asa_transport.core.planning.render import Renderer
from asa_transport.core.planning.targets import case_for
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Device,
    DeviceFacts,
    DryRunOutcome,
    NoChange,
    NotReached,
    Plan,
    PlannedDevice,
    Proxy,
    Refused,
    Unsaved,
    Unsettled,
    WouldPush,
    host_identity,
)

MOVED = "the device has changed since the plan was made; check the differences, and make a new plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshReading:
    """What was read for a push.

    Attributes:
        outcomes: Of the planned devices and their mates, judged.
        cases: Of those that were audited.
        now: When the push began, or what `--now` says; aware UTC.
        probes: By name, what became of the probe of what the plan names; without those
            that could not be probed.
        plan: Made again from these, with the goal and the revert of the plan that is pushed.
        unsaved: What is done where somebody else's changes are not saved.
    """

    outcomes: Sequence[AuditOutcome]
    cases: Sequence[Case]
    now: datetime
    probes: Mapping[str, Probed]
    plan: Plan
    unsaved: Unsaved = Unsaved.REFUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """What fresh readings are put to.

    Attributes:
        standard: Its `now` is when the devices were read.
        origin: Of the plan that is made again, for comparison only.
        unsettled: What other pushes left unproven or unsaved.
    """

    plan: Plan
    standard: Standard
    renderer: Renderer
    tables: TableSet
    origin: Origin
    unsettled: Sequence[Unsettled] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckResult:
    """What a fresh reading comes to: an outcome for each device, and the plan made again from it."""

    outcomes: tuple[DryRunOutcome, ...]
    plan: Plan


def look(outcomes: Sequence[AuditOutcome], devices: Sequence[Device], recheck: Recheck) -> RecheckResult:
    """Judge what was just read of these devices and their mates, and compare it with the plan.

    Args:
        outcomes: Of the devices and their mates, not judged yet; with the answers to the probes.
        devices: Each is one of the plan's.
    """
    plan, standard = recheck.plan, replace(recheck.standard, unsettled=recheck.unsettled)
    wanted = wanted_targets(plan, devices)
    probes = {
        outcome.device.name: probed
        for outcome in outcomes
        if isinstance(outcome, Audited) and outcome.device.name in wanted
        for probed in (answer(outcome.capture, wanted[outcome.device.name], recheck.tables),)
        if probed is not None
    }
    ordered = judged(outcomes, standard)
    known = cases(ordered, standard)
    again = make_plan(
        known,
        ordered,
        origin=recheck.origin,
        goal=plan.goal,
        renderer=recheck.renderer,
        policy=standard.policy,
        revert=plan.revert,
        probes=probes,
    )
    fresh = FreshReading(
        outcomes=ordered,
        cases=known,
        now=standard.now,
        probes=probes,
        plan=again,
        unsaved=standard.policy.unsaved,
    )
    return RecheckResult(outcomes=assess(plan, devices, fresh), plan=again)


def wanted_targets(plan: Plan, devices: Sequence[Device]) -> Mapping[str, Proxy]:
    """Return by name what each of these devices must reach."""
    names = {device.name for device in devices}
    return {
        planned.name: planned.reachability.target
        for planned in plan.devices
        if planned.name in names and planned.reachability is not None
    }


def assess(plan: Plan, devices: Sequence[Device], fresh: FreshReading) -> tuple[DryRunOutcome, ...]:
    """Return one outcome for each of these devices, in their order.

    Args:
        devices: Of the inventory; each is one of the plan's.
    """
    planned = {one.name: one for one in plan.devices}
    outcomes = {outcome.device.name: outcome for outcome in fresh.outcomes}
    cases = {case.device.name: case for case in fresh.cases}
    against = _Against(
        held={held.name: held.reasons for held in fresh.plan.held},
        again={one.name: one for one in fresh.plan.devices},
    )

    def one(device: Device) -> DryRunOutcome:
        name = device.name
        outcome = outcomes[name]
        if not isinstance(outcome, Audited):
            return NotReached(device=device, reason=f"{outcome.error}; {outcome.hint}")
        left = cases[name].unsettled
        if left is not None:
            return Refused(device=device, reason=still_open(left.run, left.step.value))
        case = case_for(cases[name], plan.goal, plan.revert)
        idle = decide(case, outcome.findings).reasons
        is_covered = has_exception(cases[name].exemptions, fresh.now, revert=plan.revert)
        reason = (
            against.reason(planned[name], idle)
            or _unproven(planned[name], fresh.probes)
            or refusal(outcome.facts, fresh.unsaved)
        )
        return _compared(planned[name], device, outcome.facts, reason, is_covered)

    return tuple(map(one, devices))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Against:
    """What a plan made now says, by name."""

    held: Mapping[str, tuple[str, ...]]
    again: Mapping[str, PlannedDevice]

    def reason(self, planned: PlannedDevice, idle: Sequence[str]) -> str | None:
        """Return what stands against this device's lines; `None` where they would be the same.

        Args:
            idle: Why there is nothing to do, for a device that a plan made now would leave alone.
        """
        if planned.name in self.held:
            return "; ".join(self.held[planned.name])
        now = self.again.get(planned.name)
        if now is None:
            return f"a plan made now would not change this device: {'; '.join(idle)}"
        is_other = (now.changes, now.predicted) != (planned.changes, planned.predicted)
        if now.before == planned.before and is_other:
            changes = ", ".join(change.value for change in now.changes)
            return (
                f"a plan made now would make other changes ({changes}), because the inventory, the policy or "
                "what 'doctor' learnt has changed; make a new plan"
            )
        there, here = planned.reachability, now.reachability
        if there is not None and here is not None and there.target != here.target:
            return f"the device must reach {here.target}, but the plan names {there.target}; make a new plan"
        return None


def _unproven(planned: PlannedDevice, probes: Mapping[str, Probed]) -> str | None:
    """Return why the way out is not proven; one that did not answer is held by the plan made now already."""
    target = planned.reachability
    if target is None:
        return "the plan does not say what the device must reach; make a new plan"
    if planned.name in probes:
        return None
    return (
        f"it cannot be tested whether the device reaches {target.target}: 'ping tcp' accepts only names and "
        "IPv4 addresses"
    )


def _compared(
    planned: PlannedDevice, device: Device, facts: DeviceFacts, against: str | None, is_covered: bool
) -> DryRunOutcome:
    if host_identity(device.host) != host_identity(planned.host):
        saw = f"the inventory now has the address {device.host}, but the plan was made for {planned.host}"
        return Refused(device=device, reason=f"{saw}; make a new plan")
    moved = drift(planned, facts, has_exception=is_covered)
    other = stranger(planned.identity, identity_of(facts))
    if other is not None:
        # Whatever it reads, it says nothing of the planned one.
        return Refused(device=device, reason=f"{other}; make a new plan", drift=moved or None)
    if is_applied(facts, planned):
        return NoChange(device=device, reason="the device already runs the planned licence block")
    reason = against or (MOVED if moved else None)
    if reason is None:
        return WouldPush(device=device)
    return Refused(device=device, reason=reason, drift=moved or None)
