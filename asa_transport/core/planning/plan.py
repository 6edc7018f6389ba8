"""Make a plan: for every device of an audit the exact lines, or why there are none.

Pure.  Every device ends in exactly one place: planned, held with reasons, or nothing to
do.  Only what the decision table calls a change is planned, and only where the way back
is certain and no probe has failed.

Source: docs/schemas/plan.json; docs/push.md, "Many devices".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias, assert_never

from asa_transport.core.judgement.cases.case import Case
from asa_transport.core.judgement.decisions.scope import still_open, unsettled
from asa_transport.core.judgement.decisions.table import decide
from asa_transport.core.planning import license_change as lines
from asa_transport.core.planning.fingerprint import fingerprint_of, has_exception, observed
from asa_transport.core.planning.identity import identity_of
from asa_transport.core.planning.probe import NotReached, NotUnderstood, Probed, Reached, command
from asa_transport.core.planning.render import Renderer
from asa_transport.core.planning.targets import ONLY, case_for, goal_obstacle, is_there_already, target_of
from asa_transport.core.planning.units import twin_reason, twins, units_of
from asa_transport.core.planning.waves import Unit, waves
from asa_transport.errors import ExemptionError
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Decision,
    Device,
    DeviceFacts,
    ExpectedTransport,
    Goal,
    HeldDevice,
    LedgerSeen,
    NotAudited,
    Plan,
    PlannedDevice,
    Policy,
    Proxy,
    Reachability,
    Revert,
    Verdict,
)

# `None`: nothing to do.
PlannedOrHeld: TypeAlias = PlannedDevice | HeldDevice | None

_IDLE: Final = frozenset({Verdict.COMPLIANT, Verdict.NOT_APPLICABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a plan says of itself.

    Attributes:
        id: Of the plan.
        run: Id of the audit it is made from.
        now: When it is made, aware UTC; its validity counts from here.
        signers_sha256: As `Plan` has it, and `ledger` too.
    """

    id: str
    run: str
    inventory: str
    tool_version: str
    policy_sha256: str
    now: datetime
    signers_sha256: str | None = None
    ledger: LedgerSeen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanGoal:
    """What every device of one plan has in common."""

    goal: Goal
    renderer: Renderer
    revert: Revert | None
    probes: Mapping[str, Probed]
    unit_of: Mapping[str, str]


def make_plan(
    cases: Sequence[Case],
    outcomes: Sequence[AuditOutcome],
    *,
    origin: Origin,
    goal: Goal,
    renderer: Renderer,
    policy: Policy,
    revert: Revert | None = None,
    probes: Mapping[str, Probed] | None = None,
) -> Plan:
    """Return the plan, not sealed yet: its digest is empty until its document is made.

    Args:
        cases: Of every audited device, as `judge.cases` makes them.
        policy: The one that the cases were judged by.
        revert: With goal `callhome`, and only then.
        probes: By device name, what became of the firewall's own probe of what `target_of` names.

    Raises:
        ExemptionError: The revert is missing, out of place, or not one that the policy takes.
        RenderError: A value may not become a line, or a template is not what its name says.
        ValueError: A device has no case, or is there twice: a fault of ours.
    """
    now = origin.now.replace(microsecond=0)
    revert = _checked_revert(goal, revert, policy, now)
    by_name = {case.device.name: case for case in cases}
    facts = {case.device.name: case.facts for case in cases}
    units = units_of((outcome.device for outcome in outcomes), facts)
    plan_goal = PlanGoal(goal=goal, renderer=renderer, revert=revert, probes=probes or {}, unit_of=units)
    results = _held_twins(_results(outcomes, by_name, plan_goal), facts)
    planned = [result for result in results.values() if isinstance(result, PlannedDevice)]
    made = waves(_change_units(planned, by_name), policy.waves)
    return Plan(
        id=origin.id,
        created_at=now,
        valid_until=_valid_until(now, policy, revert),
        goal=goal,
        run=origin.run,
        inventory=origin.inventory,
        tool_version=origin.tool_version,
        templates_sha256=renderer.sha256,
        policy_sha256=origin.policy_sha256,
        signers_sha256=origin.signers_sha256,
        ledger=origin.ledger,
        waves=made,
        devices=_in_turn(planned, made),
        held=tuple(result for result in results.values() if isinstance(result, HeldDevice)),
        nothing_to_do=tuple(name for name, result in results.items() if result is None),
        revert=revert,
    )


def _in_turn(planned: Iterable[PlannedDevice], made: Sequence[Sequence[str]]) -> tuple[PlannedDevice, ...]:
    """Return the devices with the numbers of their waves."""
    turn = {name: number for number, wave in enumerate(made, 1) for name in wave}
    return tuple(replace(device, wave=turn[device.name]) for device in planned)


def _results(
    outcomes: Sequence[AuditOutcome], cases: Mapping[str, Case], plan_goal: PlanGoal
) -> Mapping[str, PlannedOrHeld]:
    """Return what becomes of each device, by name and in the order of names."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.device.name)
    results = {outcome.device.name: _result(outcome, cases, plan_goal) for outcome in ordered}
    if len(results) != len(outcomes):
        raise ValueError("a device is in the audit twice")
    return results


def _held_twins(
    results: Mapping[str, PlannedOrHeld], facts: Mapping[str, DeviceFacts]
) -> Mapping[str, PlannedOrHeld]:
    """Return the same, every name of a firewall that has several held, with all of them in its reasons."""

    def held(name: str, result: PlannedOrHeld) -> PlannedOrHeld:
        if name not in known:
            return result
        also = result.reasons if isinstance(result, HeldDevice) else ()
        return HeldDevice(name=name, reasons=(twin_reason(*known[name]), *also))

    known = twins(facts)
    return {name: held(name, result) for name, result in results.items()}


def _result(outcome: AuditOutcome, cases: Mapping[str, Case], plan_goal: PlanGoal) -> PlannedOrHeld:
    name = outcome.device.name
    match outcome:
        case NotAudited():
            reason = f"not audited ({outcome.stage.value}): {outcome.error}"
            left = outcome.unsettled
            also = () if left is None else (still_open(left.run, left.step.value),)
            return HeldDevice(name=name, reasons=(reason, outcome.hint, *also))
        case Audited():
            if name not in cases:
                raise ValueError(f"{name} was audited and has no case")
            return _audited_result(cases[name], outcome, plan_goal)
        case _:
            assert_never(outcome)


def _audited_result(given: Case, outcome: Audited, plan_goal: PlanGoal) -> PlannedOrHeld:
    name = given.device.name
    if given.unsettled is not None:
        return HeldDevice(name=name, reasons=unsettled(given))
    case = case_for(given, plan_goal.goal, plan_goal.revert)
    decision = decide(case, outcome.findings)
    if is_there_already(case, plan_goal.goal):
        own = decide(given, outcome.findings)
        idle = own.verdict in _IDLE
        return None if idle else HeldDevice(name=name, reasons=(ONLY[plan_goal.goal], *own.reasons))
    if decision.verdict in _IDLE:
        return None
    forbidden = goal_obstacle(case, plan_goal.goal)
    if forbidden is not None:
        return HeldDevice(name=name, reasons=(forbidden,))
    if decision.verdict is not Verdict.CHANGE:
        return HeldDevice(name=name, reasons=decision.reasons)
    return _planned(given, case, decision, plan_goal)


def _unproven(target: Proxy, probed: Probed | None) -> str | None:
    """Return what a probe says against the change; `None` where there was none, or it was answered."""
    line = f"'{command(target)}'"
    match probed:
        case None | Reached():
            return None
        case NotReached():
            return (
                f"{target} did not answer the probe from the firewall ({line}): without {target} the change "
                "would cut the contact"
            )
        case NotUnderstood():
            return (
                f"the firewall's answer to {line} is not understood: {probed.line!r}; it is not known "
                f"whether the firewall reaches {target}: try the command by hand"
            )
        case _:
            assert_never(probed)


def _planned(given: Case, case: Case, decision: Decision, plan_goal: PlanGoal) -> PlannedDevice | HeldDevice:
    device = case.device
    stopped = lines.obstacle(case.facts)
    if stopped is not None:
        return HeldDevice(name=device.name, reasons=(stopped,))
    target = target_of(given, plan_goal.goal)
    probed = plan_goal.probes.get(device.name)
    unproven = _unproven(target, probed)
    if unproven is not None:
        return HeldDevice(name=device.name, reasons=(unproven,))
    made = lines.plan_change(case, decision.changes, plan_goal.renderer)
    seen = observed(
        case.facts, has_exception=has_exception(given.exemptions, given.now, revert=plan_goal.revert)
    )
    return PlannedDevice(
        name=device.name,
        host=device.host,
        identity=identity_of(case.facts),
        changes=decision.changes,
        reasons=_reasons(decision, plan_goal),
        apply=made.apply,
        rollback=made.rollback,
        before=made.before,
        predicted=made.predicted,
        diff=made.diff,
        fingerprint=fingerprint_of(made.before, seen),
        wave=0,
        unit=plan_goal.unit_of[device.name],
        groups=device.groups,
        region=device.region,
        reachability=Reachability(target=target, is_proven=isinstance(probed, Reached)),
        notes=(*made.notes, *_notes(given.device, plan_goal)),
        observed=seen,
    )


def _reasons(decision: Decision, plan_goal: PlanGoal) -> tuple[str, ...]:
    if plan_goal.revert is None:
        return decision.reasons
    until = f"{plan_goal.revert.until:%Y-%m-%d %H:%M} UTC"
    return (
        f"'transport type callhome', a temporary revert until {until} (ticket {plan_goal.revert.ticket}, "
        f"owner {plan_goal.revert.owner})",
    )


def _notes(device: Device, plan_goal: PlanGoal) -> tuple[str, ...]:
    if plan_goal.goal is Goal.CALLHOME:
        return (
            "nothing happens by itself at the end date: the audit reports AT502 from then on, and "
            "'asa-transport plan --goal smart' plans the return to smart",
        )
    if plan_goal.goal is Goal.SMART and device.expect.transport is ExpectedTransport.CALLHOME:
        return (
            "the inventory expects callhome: correct it, or the next audit will ask for the opposite change",
        )
    return ()


def _checked_revert(goal: Goal, revert: Revert | None, policy: Policy, now: datetime) -> Revert | None:
    if goal is not Goal.CALLHOME:
        if revert is not None:
            raise ExemptionError(f"ticket, owner and end belong to goal callhome, not to goal {goal.value}")
        return None
    if revert is None:
        raise ExemptionError("goal callhome is temporary: expected a ticket, an owner and an end date")
    for what, text in (("ticket", revert.ticket), ("owner", revert.owner)):
        if not text.strip() or not text.isprintable():
            raise ExemptionError(f"{what} {text!r:.80}: expected one line of text")
    until = revert.until.replace(microsecond=0)
    if until <= now:
        raise ExemptionError(f"the end {until:%Y-%m-%dT%H:%M:%SZ} is in the past; give a later one")
    if until > now + timedelta(days=policy.exception_max_days):
        raise ExemptionError(
            f"the end {until:%Y-%m-%dT%H:%M:%SZ} is too late: the policy allows "
            f"{policy.exception_max_days:g} days (exception_max_days); give an earlier one"
        )
    return replace(revert, until=until)


def _valid_until(now: datetime, policy: Policy, revert: Revert | None) -> datetime:
    """Return the end of the plan's validity: the policy's, and never after the end of its revert."""
    end = now + timedelta(hours=policy.plan_valid)
    return (end if revert is None else min(end, revert.until)).replace(microsecond=0)


def _change_units(planned: Iterable[PlannedDevice], cases: Mapping[str, Case]) -> tuple[Unit, ...]:
    """Return the units in the order of their first device's name."""
    members: dict[str, list[PlannedDevice]] = {}
    for device in planned:
        members.setdefault(device.unit, []).append(device)
    return tuple(
        Unit(
            name=name,
            devices=tuple(device.name for device in devices),
            groups=frozenset(group for device in devices for group in device.groups),
            tags=frozenset(tag for device in devices for tag in cases[device.name].device.tags),
        )
        for name, devices in members.items()
    )
