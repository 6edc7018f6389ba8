"""Make a plan from a reading of the fleet, and keep what it was made from; changes no device.

A plan rests on the fleet itself, on the answers that an earlier run kept, or on the report of an
audit.  All of them end in the same facts and the same judgement.  Prints nothing: an observer and a
teller are told, and what became of it is returned.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from asa_transport._version import __version__
from asa_transport.capabilities import RunObserver, Teller
from asa_transport.core.documents import audit as audit_document
from asa_transport.core.documents import plan as plan_document
from asa_transport.core.documents.plan import sealed
from asa_transport.core.history.run_end import is_internal_error
from asa_transport.core.judgement.cases.case import Case
from asa_transport.core.judgement.judge import cases, judged
from asa_transport.core.judgement.parts import Division, divided
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.planning.plan import Origin, make_plan
from asa_transport.core.planning.probe import Probed, answer
from asa_transport.core.planning.render import Renderer
from asa_transport.core.planning.targets import target_of
from asa_transport.core.reports.report import Report
from asa_transport.edges.state.run_folder import PLAN, RunFolder, find_run, new_run_id
from asa_transport.engine.fleet import RunStop
from asa_transport.errors import OutputError, UserError
from asa_transport.files import inventory as inventories
from asa_transport.files.pattern_file import read_pattern_file
from asa_transport.flows import audit, learnt, unsettled
from asa_transport.flows.fleet_reading import Reading, live_reading, run_reading
from asa_transport.flows.inputs import Files
from asa_transport.flows.own_templates import change_renderer, parsing_tables
from asa_transport.flows.plan_file import check_output
from asa_transport.flows.plan_targets import PlanTargets, bare_case
from asa_transport.flows.rules_check import ledger_seen, signers_sha256
from asa_transport.flows.standard import LoadedStandard
from asa_transport.flows.standard import read as read_standard
from asa_transport.flows.unkept import unkept_by, unkept_text
from asa_transport.model import (
    UNDIVIDED,
    Audited,
    AuditOutcome,
    Device,
    Goal,
    NotAudited,
    Part,
    Plan,
    Policy,
    Revert,
)
from asa_transport.model.dispatch import ProbeOrder
from asa_transport.model.ending import RunEnd, strongest
from asa_transport.text import instant


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOrder:
    """What plan is wanted.

    Attributes:
        now: Start of the run, or what a person said it was; aware UTC.
        valid_for: How long from then on it may be pushed; `None` for what the policy says.
        probe: Each firewall tries what its new transport needs, where it is read now.
        revert: With the goal callhome, and only then.
        is_exit_detailed: A plan that changes something is an end of its own, `RunEnd.CHANGES`.
    """

    goal: Goal = Goal.EXPECTED
    now: datetime
    is_now_given: bool = False
    valid_for: timedelta | None = None
    probe: bool = False
    revert: Revert | None = None
    is_exit_detailed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWork:
    """What a plan is made with; read and checked, nothing contacted yet.

    Attributes:
        machines: Where other machines say what their pushes left; `None` where they do not.
    """

    order: PlanOrder
    inventory_file: Path
    standard: LoadedStandard
    renderer: Renderer
    machines: unsettled.SharedStore | None = None

    @property
    def policy(self) -> Policy:
        """The policy, with the validity that the order asks for."""
        policy, span = self.standard.standard.policy, self.order.valid_for
        return policy if span is None else replace(policy, plan_valid=span / timedelta(hours=1))

    @property
    def probe(self) -> ProbeOrder:
        """What decides what each firewall is to reach."""
        order = self.order
        return ProbeOrder(goal=order.goal, now=order.now, revert=order.revert, policy=self.policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRun:
    """What became of the wish for a plan.

    Attributes:
        plan: `None` where a person ended the run before every device was read.
        outcomes: How each device was read, judged.
        folder: Of the run whose answers it rests on.
        left_out: How many devices of another program's inventory are not among ours.
        division: How the devices were selected; `None` where a request says it.
    """

    plan: Plan | None
    outcomes: Sequence[AuditOutcome]
    end: RunEnd
    folder: Path
    left_out: int = 0
    division: Division | None = None


def check_work(work: PlanWork, output: Path | None) -> None:
    """Raise UserError for what could not be planned, or written there, before anything is contacted."""
    signers_sha256(work.standard)
    check_output(output)
    ledger = work.standard.ledger_file
    if work.order.goal is Goal.CALLHOME:
        _made(work, (), Reading(run="", read_at=work.order.now, outcomes=()), {})
        if not os.access(ledger.parent, os.W_OK):
            raise UserError(f"{ledger}: cannot be written, and a revert needs its exceptions there")


def plan_live(
    work: PlanWork,
    request: audit.Request,
    *,
    state: Path,
    write: Callable[[Plan], None],
    observed: AbstractContextManager[RunObserver],
    tell: Teller,
    stop: RunStop,
    engine: audit.FleetEngine | None = None,
) -> PlanRun:
    """Read the fleet now, plan, and keep both as a run.

    Args:
        engine: Reads the devices; `None` for this process.
        state: The state directory, where the run is kept.
        write: Puts the plan where it is wanted; a UserError of it is how the run ended.
        observed: Held while devices are read, and no longer.
        stop: Ends the reading early; there is no plan then.
    """
    started_at = datetime.now(UTC)
    work = _with_known(work, state)
    standard = work.standard.standard
    folder = RunFolder(state, new_run_id(started_at))
    reading = live_reading(
        request,
        folder,
        policy=standard.policy,
        targets=PlanTargets(order=work.probe) if work.order.probe else None,
        observed=observed,
        tell=tell,
        stop=stop,
        engine=engine,
    )
    probes = _probes(work, reading.outcomes, request.tables)
    reading = replace(reading, outcomes=judged(reading.outcomes, standard))
    plan, end = None, RunEnd.INTERRUPTED
    machines = work.machines
    unsettled.note_settled(
        state,
        standard.unsettled,
        reading.outcomes,
        run=reading.run,
        tell=tell,
        settle=None if machines is None else partial(machines.settle, by=reading.run),
    )
    if not reading.was_stopped:
        plan = _made(work, cases(reading.outcomes, standard), reading, probes)
        end = _end(work.order, reading.outcomes, plan)
    unkept = None
    try:
        if plan is not None:
            write(plan)
            unkept = unkept_by(partial(folder.save_text, PLAN, plan_document.text(plan)))
    except UserError as error:
        end = RunEnd(error.exit_code)
        raise
    except OutputError:
        end = RunEnd.INTERNAL
        raise
    finally:
        if unkept is not None:
            end = RunEnd.INTERNAL
        document = _document(work, request.devices, reading, started_at=started_at, end=end)
        unkept = unkept_by(partial(folder.save_document, document)) or unkept
        if unkept is not None:
            end = RunEnd.INTERNAL
            tell.warn(unkept_text(folder.path, unkept))
    return PlanRun(plan=plan, outcomes=reading.outcomes, end=end, folder=folder.path)


def plan_from_run(
    work: PlanWork,
    wanted: str,
    *,
    limit: Sequence[str],
    part: Part = UNDIVIDED,
    textfsm: Path | None,
    state: Path,
    write: Callable[[Plan], None],
) -> PlanRun:
    """Read the answers that a run kept, and plan; contact nothing and need no password.

    Args:
        wanted: The run's id, its folder, or `last`.
        write: As of `plan_live`.
    """
    work = _with_known(work, state)
    folder = find_run(state, wanted)
    loaded = inventories.load(work.inventory_file)
    division = divided(loaded.devices, limit, read_pattern_file, part)
    reading = run_reading(folder, division.selected.devices, parsing_tables(textfsm))
    work = _no_longer_valid(work, reading)
    outcomes = judged(reading.outcomes, work.standard.standard)
    plan = _made(work, cases(outcomes, work.standard.standard), replace(reading, outcomes=outcomes), {})
    write(plan)
    return PlanRun(
        plan=plan,
        outcomes=outcomes,
        end=_end(work.order, outcomes, plan),
        folder=folder,
        left_out=loaded.left_out,
        division=division,
    )


def plan_from_report(
    report: Report,
    *,
    standard: LoadedStandard | None = None,
    order: PlanOrder | None = None,
    own_templates: Path | None = None,
) -> Plan:
    """Return the plan for the devices of an audit's report; contacts, writes and keeps nothing.

    Args:
        standard: What the audit was judged by; `None` for the files beside the inventory, else safe defaults.
        order: `None` for what the inventory expects, as of now.
        own_templates: A directory of change templates that are searched before ours.

    Raises:
        UserError: The audit is too old for a plan, or the order, the standard or the templates do not fit.
    """
    order = order or PlanOrder(now=datetime.now(UTC))
    inventory = Path(report.run.inventory)
    known = standard or read_standard(inventory, Files(), now=order.now, is_now_given=order.is_now_given)
    work = PlanWork(
        order=order,
        inventory_file=inventory,
        standard=known,
        renderer=change_renderer(own_templates),
    )
    reading = Reading(run=report.run.id, read_at=report.run.started_at, outcomes=report.ordered)
    return _made(_no_longer_valid(work, reading), report.cases, reading, {})


def _document(
    work: PlanWork,
    devices: Sequence[Device],
    reading: Reading,
    *,
    started_at: datetime,
    end: RunEnd,
) -> dict[str, Any]:
    """Return the document of the run, whatever its end."""
    run = audit_document.Run(
        id=reading.run,
        kind="plan",
        started_at=started_at,
        finished_at=datetime.now(UTC),
        tool_version=__version__,
        inventory=str(work.inventory_file),
        policy_sha256=work.standard.policy_sha256,
        exit_code=end,
    )
    return audit_document.document(run, devices, reading.outcomes, now=work.order.now)


def _with_known(work: PlanWork, state: Path) -> PlanWork:
    """Return the work with what pushes left unproven or unsaved, and what was learnt, in its standard."""
    standard = replace(
        work.standard.standard,
        unsettled=unsettled.known(state, shared=work.machines),
        learnt=learnt.known(state),
    )
    return replace(work, standard=replace(work.standard, standard=standard))


def _no_longer_valid(work: PlanWork, reading: Reading) -> PlanWork:
    """Return the work of a plan that ends as early as if it had been made when the fleet was read."""
    end = reading.read_at + timedelta(hours=work.policy.plan_valid)
    if end <= work.order.now:
        raise UserError(
            f"run {reading.run} began at {instant(reading.read_at)}; a plan made from it would be valid "
            f"until {instant(end)} and no longer: audit again, or give a longer --valid-for"
        )
    return replace(work, order=replace(work.order, valid_for=end - work.order.now))


def _made(work: PlanWork, known: Sequence[Case], reading: Reading, probes: Mapping[str, Probed]) -> Plan:
    order = work.order
    return sealed(
        make_plan(
            known,
            reading.outcomes,
            origin=Origin(
                id=f"plan-{order.now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}",
                run=reading.run,
                inventory=str(work.inventory_file),
                tool_version=__version__,
                policy_sha256=work.standard.policy_sha256,
                now=order.now,
                signers_sha256=signers_sha256(work.standard),
                ledger=ledger_seen(work.standard),
            ),
            goal=order.goal,
            renderer=work.renderer,
            policy=work.policy,
            revert=order.revert,
            probes=probes,
        )
    )


def _probes(work: PlanWork, outcomes: Sequence[AuditOutcome], tables: TableSet) -> Mapping[str, Probed]:
    """Return by device what became of its probe; without those that were not probed."""
    found: dict[str, Probed] = {}
    for outcome in outcomes:
        if isinstance(outcome, Audited):
            target = target_of(bare_case(work.probe, outcome.device, outcome.facts), work.order.goal)
            probed = answer(outcome.capture, target, tables)
            if probed is not None:
                found[outcome.device.name] = probed
    return found


def _end(order: PlanOrder, outcomes: Sequence[AuditOutcome], plan: Plan) -> RunEnd:
    codes = set()
    if any(map(is_internal_error, outcomes)):
        codes.add(RunEnd.INTERNAL)
    if any(outcome.unsettled is not None for outcome in outcomes):
        codes.add(RunEnd.STATE_UNKNOWN)
    if any(isinstance(outcome, NotAudited) for outcome in outcomes):
        codes.add(RunEnd.NOT_AUDITED)
    if order.is_exit_detailed and plan.devices:
        codes.add(RunEnd.CHANGES)
    return strongest(codes)
