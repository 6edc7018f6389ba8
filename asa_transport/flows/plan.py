"""Make a plan from a reading of the fleet, write it, and keep it.

A plan rests on the fleet itself, or on the answers that an earlier run kept.  Both ways end in
the same facts and the same judgement.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from asa_transport import __version__
from asa_transport.cli.console import console, say
from asa_transport.cli.option_groups import Voice
from asa_transport.cli.options import Order
from asa_transport.cli.views.plan import print_plan, revert_notes, summary
from asa_transport.cli.views.progress import watched
from asa_transport.core.documents import audit as audit_document
from asa_transport.core.documents import plan as plan_document
from asa_transport.core.documents.plan import sealed
from asa_transport.core.judgement.case import Case, is_follower
from asa_transport.core.judgement.decisions import conditions
from asa_transport.core.judgement.judge import cases, judged
from asa_transport.core.judgement.select import select
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.planning.plan import Origin, make_plan
from asa_transport.core.planning.probe import Probed, answer
from asa_transport.core.planning.render import Renderer
from asa_transport.core.planning.targets import case_for, target_of
from asa_transport.edges import templates
from asa_transport.edges.state.run_folder import RunFolder, find_run, new_run_id
from asa_transport.engine.fleet import RunStop
from asa_transport.errors import UserError
from asa_transport.files import inventory as inventories
from asa_transport.files.fields import moment_text
from asa_transport.flows import audit, unsettled
from asa_transport.flows import standard as judging
from asa_transport.flows.fleet_reading import Reading, live_reading, run_reading
from asa_transport.flows.plan_file import check_output, write_plan
from asa_transport.flows.rules_check import ledger_seen, signers_sha256
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Device,
    DeviceFacts,
    Goal,
    NotAudited,
    Plan,
    Policy,
    Proxy,
)
from asa_transport.model.ending import RunEnd, strongest

PLAN: Final = "plan.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a plan is made with; read and checked, nothing contacted yet."""

    order: Order
    inventory_file: Path
    judgement: judging.Judgement
    ledger: Path
    renderer: Renderer
    state: Path
    voice: Voice

    @property
    def policy(self) -> Policy:
        """The policy, with the validity that the order asks for."""
        policy, span = self.judgement.standard.policy, self.order.valid_for
        return policy if span is None else replace(policy, plan_valid=span / timedelta(hours=1))


def check_order(work: Work) -> None:
    """Raise UserError for what could not be planned or written, before anything is contacted."""
    signers_sha256(work.judgement)
    check_output(work.order.output)
    if work.order.goal is Goal.CALLHOME:
        _made(work, (), Reading(run="", read_at=work.order.now, outcomes=()), {})
        if not os.access(work.ledger.parent, os.W_OK):
            raise UserError(f"{work.ledger}: cannot be written, and a revert needs its exceptions there")


def plan_live(work: Work, request: audit.Request) -> RunEnd:
    """Read the fleet now, and plan."""
    started_at = datetime.now(UTC)
    work = _with_unsettled(work)
    folder = RunFolder(work.state, new_run_id(started_at))
    stop = RunStop()
    reading = live_reading(
        request,
        folder,
        policy=work.judgement.standard.policy,
        targets=_Targets(order=work.order, policy=work.policy) if work.order.probe else None,
        observed=watched(len(request.devices), stop, work.voice),
        stop=stop,
    )
    probes = _probes(work, reading.outcomes, request.tables)
    reading = replace(reading, outcomes=judged(reading.outcomes, work.judgement.standard))
    plan, code = None, RunEnd.INTERRUPTED
    standard = work.judgement.standard
    unsettled.note_settled(work.state, standard.unsettled, reading.outcomes, run=reading.run)
    if not reading.was_stopped:
        plan = _made(work, cases(reading.outcomes, work.judgement.standard), reading, probes)
        code = _exit_code(work, reading.outcomes, plan)
    elif not work.voice.quiet:
        say("stopped: no plan was written")
    try:
        if plan is not None:
            _write(work, plan, reading.outcomes)
            folder.save_text(PLAN, plan_document.text(plan))
    except UserError as error:
        code = RunEnd(error.exit_code)
        raise
    finally:
        run = audit_document.Run(
            id=reading.run,
            kind="plan",
            started_at=started_at,
            finished_at=datetime.now(UTC),
            tool_version=__version__,
            inventory=str(work.inventory_file),
            policy_sha256=work.judgement.policy_sha256,
            exit_code=code,
        )
        document = audit_document.document(run, request.devices, reading.outcomes, now=work.order.now)
        folder.save_document(document)
    if work.voice.verbose and not work.voice.quiet:
        say(f"answers of the devices: {folder.path / 'raw'}")
    return code


def plan_from_run(work: Work, wanted: str, limit: Sequence[str], textfsm: Path | None) -> RunEnd:
    """Read the answers that a run kept, and plan; contact nothing and need no password."""
    work = _with_unsettled(work)
    folder = find_run(work.state, wanted)
    loaded = inventories.load(work.inventory_file)
    devices = select(loaded.devices, limit, audit.read_pattern_file)
    reading = run_reading(folder, devices, TableSet(templates.textfsm(textfsm)))
    end = reading.read_at + timedelta(hours=work.policy.plan_valid)
    if end <= work.order.now:
        raise UserError(
            f"run {reading.run} began at {moment_text(reading.read_at)}; a plan made from it would be valid "
            f"until {moment_text(end)} and no longer: audit again, or give a longer --valid-for"
        )
    left = replace(work.order, valid_for=end - work.order.now)
    work = replace(work, order=left)
    reading = replace(reading, outcomes=judged(reading.outcomes, work.judgement.standard))
    plan = _made(work, cases(reading.outcomes, work.judgement.standard), reading, {})
    _write(work, plan, reading.outcomes)
    return _exit_code(work, reading.outcomes, plan)


def _with_unsettled(work: Work) -> Work:
    """Return the work with what earlier pushes left unproven or unsaved in its standard."""
    standard = replace(work.judgement.standard, unsettled=unsettled.known(work.state))
    return replace(work, judgement=replace(work.judgement, standard=standard))


def _made(work: Work, known: Sequence[Case], reading: Reading, probes: Mapping[str, Probed]) -> Plan:
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
                policy_sha256=work.judgement.policy_sha256,
                now=order.now,
                signers_sha256=signers_sha256(work.judgement),
                ledger=ledger_seen(work.judgement),
            ),
            goal=order.goal,
            renderer=work.renderer,
            policy=work.policy,
            revert=order.revert,
            probes=probes,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Targets:
    """What each firewall is to reach: nothing where the goal would change nothing on it.

    A class, so that it can be handed to a worker process.
    """

    order: Order
    policy: Policy

    def __call__(self, device: Device, facts: DeviceFacts) -> Sequence[Proxy]:
        case = _bare_case(self.order, self.policy, device, facts)
        wanted = conditions.wanted_changes(case_for(case, self.order.goal, self.order.revert))
        return () if is_follower(facts) or not wanted else (target_of(case, self.order.goal),)


def _bare_case(order: Order, policy: Policy, device: Device, facts: DeviceFacts) -> Case:
    """Return a case to ask for wishes and targets; the judgement makes its own, of the whole run."""
    return Case(device=device, facts=facts, policy=policy, bugs=(), now=order.now, clock_read_at=None)


def _probes(work: Work, outcomes: Sequence[AuditOutcome], tables: TableSet) -> Mapping[str, Probed]:
    """Return by device what became of its probe; without those that were not probed."""
    found: dict[str, Probed] = {}
    for outcome in outcomes:
        if isinstance(outcome, Audited):
            target = target_of(
                _bare_case(work.order, work.policy, outcome.device, outcome.facts), work.order.goal
            )
            probed = answer(outcome.capture, target, tables)
            if probed is not None:
                found[outcome.device.name] = probed
    return found


def _write(work: Work, plan: Plan, outcomes: Sequence[AuditOutcome]) -> None:
    """Write the plan; then say what was planned."""
    write_plan(plan, work.order.output, sys.stdout, judgement=work.judgement)
    if work.voice.quiet:
        return
    missed = sum(isinstance(outcome, NotAudited) for outcome in outcomes)
    if work.order.output is None:
        say(summary(plan, missed))
    else:
        print_plan(console(sys.stdout, no_color=work.voice.no_color), plan, missed)
    for line in revert_notes(plan):
        say(line)


def _exit_code(work: Work, outcomes: Sequence[AuditOutcome], plan: Plan) -> RunEnd:
    codes = set()
    if any(map(audit.is_internal_error, outcomes)):
        codes.add(RunEnd.INTERNAL)
    if any(outcome.unsettled is not None for outcome in outcomes):
        codes.add(RunEnd.STATE_UNKNOWN)
    if any(isinstance(outcome, NotAudited) for outcome in outcomes):
        codes.add(RunEnd.NOT_AUDITED)
    if work.order.is_exit_detailed and plan.devices:
        codes.add(RunEnd.CHANGES)
    return strongest(codes)
