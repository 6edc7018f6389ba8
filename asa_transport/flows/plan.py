"""Make a plan from a reading of the fleet, write it, and keep it; with a revert, write its exceptions too.

The plan and the exceptions of a revert are written together or not at all: the plan file
appears under its name only after the ledger was replaced.

A plan rests on the fleet itself, or on the answers that an earlier run kept.  Both ways end in
the same facts and the same judgement.  An earlier run's answers are parsed again from its
`raw/`; which devices it audited is what its document says, so that half an answer never
becomes a plan.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from asa_transport import __version__
from asa_transport.cli.console import console, say
from asa_transport.cli.option_groups import Voice
from asa_transport.cli.options import Order
from asa_transport.cli.signals import stopping_on_signals
from asa_transport.cli.views.plan import print_plan, revert_notes, summary
from asa_transport.cli.views.progress import meter
from asa_transport.core.documents import audit as audit_document
from asa_transport.core.documents import plan as plan_document
from asa_transport.core.judgement.case import Case, is_follower
from asa_transport.core.judgement.decisions import conditions
from asa_transport.core.judgement.judge import cases, judged
from asa_transport.core.judgement.select import select
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.planning.plan import Origin, make_plan
from asa_transport.core.planning.probe import Probed, answer
from asa_transport.core.planning.render import Renderer
from asa_transport.core.planning.targets import case_for, target_of
from asa_transport.edges import saved_outputs, templates
from asa_transport.edges.output_file import opened
from asa_transport.edges.state.run_folder import AUDIT, RAW, RunFolder, find_run, new_run_id, read_document
from asa_transport.engine.fleet import RunStop
from asa_transport.errors import UserError, in_words
from asa_transport.files import inventory as inventories
from asa_transport.files import ledger as exceptions
from asa_transport.files.fields import moment_text
from asa_transport.flows import analyze, audit, unsettled
from asa_transport.flows import standard as judging
from asa_transport.flows.audit_device import ProbeTargets
from asa_transport.flows.rules_check import ledger_seen, signers_sha256
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Device,
    DeviceFacts,
    Exemption,
    Goal,
    NotAudited,
    Plan,
    Policy,
    Proxy,
    Stage,
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
    output = work.order.output
    if output is not None and (output.is_dir() or not os.access(output.parent, os.W_OK)):
        raise UserError(
            f"-o {output}: cannot be written; name a file in a directory of yours, or - for stdout"
        )
    if work.order.goal is Goal.CALLHOME:
        _made(work, (), Reading(run="", read_at=work.order.now, outcomes=()), {})
        if not os.access(work.ledger.parent, os.W_OK):
            raise UserError(f"{work.ledger}: cannot be written, and a revert needs its exceptions there")


def plan_live(work: Work, request: audit.Request) -> RunEnd:
    """Read the fleet now, and plan."""
    started_at = datetime.now(UTC)
    work = _with_unsettled(work)
    folder = RunFolder(work.state, new_run_id(started_at))
    reading = live_reading(
        request,
        folder,
        work.voice,
        policy=work.judgement.standard.policy,
        targets=_Targets(order=work.order, policy=work.policy) if work.order.probe else None,
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
    return make_plan(
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
    """Write the plan and a revert's exceptions, both or neither; then say what was planned."""
    with opened(work.order.output, sys.stdout) as file:
        if work.order.output is None:
            _write_exceptions(work, plan)
        file.write(plan_document.text(plan))
        file.flush()
        if work.order.output is not None:
            _write_exceptions(work, plan)
    if work.voice.quiet:
        return
    missed = sum(isinstance(outcome, NotAudited) for outcome in outcomes)
    if work.order.output is None:
        say(summary(plan, missed))
    else:
        print_plan(console(sys.stdout, no_color=work.voice.no_color), plan, missed)
    for line in revert_notes(plan):
        say(line)


def _write_exceptions(work: Work, plan: Plan) -> None:
    revert = plan.revert
    if revert is None:
        return
    # Made again, after the first plan ended: its exceptions stand already.
    standing = {
        entry.device
        for entry in work.judgement.standard.exemptions
        if entry.is_live(plan.created_at)
        and (entry.ticket, entry.owner, entry.until) == (revert.ticket, revert.owner, revert.until)
    }
    entries = [
        Exemption(
            device=planned.name,
            until=revert.until,
            owner=revert.owner,
            ticket=revert.ticket,
            reason=f"temporary revert to callhome, {plan.id}",
            added_at=plan.created_at,
        )
        for planned in plan.devices
        if planned.name not in standing
    ]
    names = [planned.name for planned in plan.devices]
    exceptions.add_all(work.ledger, entries, devices=names, max_days=work.policy.exception_max_days)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The outcomes of all devices that were asked for, sorted by name, not judged yet.

    Attributes:
        run: Id of the run whose answers these are.
        read_at: When it began, aware UTC: a plan is no fresher than this.
        was_stopped: A person ended it before every device was read.
    """

    run: str
    read_at: datetime
    outcomes: tuple[AuditOutcome, ...]
    was_stopped: bool = False


def live_reading(
    request: audit.Request,
    folder: RunFolder,
    voice: Voice,
    *,
    policy: Policy,
    targets: ProbeTargets | None,
) -> Reading:
    """Read the fleet now, with the audit's own sessions; with `targets` each firewall probes them."""
    started_at = datetime.now(UTC)
    stop = RunStop()
    with (
        stopping_on_signals(stop),
        meter(
            len(request.devices), quiet=voice.quiet, verbose=voice.verbose, no_color=voice.no_color
        ) as observer,
    ):
        found = tuple(audit.run(request, folder, stop, observer, policy=policy, targets=targets))
    return Reading(
        run=folder.path.name,
        read_at=started_at,
        outcomes=audit_document.in_order(request.devices, found),
        was_stopped=stop.is_set(),
    )


def run_reading(folder: Path, devices: Sequence[Device], tables: TableSet) -> Reading:
    """Read the answers that a run kept; raise UserError where the folder is not a run's."""
    document = read_document(folder / AUDIT)
    try:
        run, read_at = str(document["run"]["id"]), datetime.fromisoformat(document["run"]["started_at"])
        records = {str(record["name"]): record for record in document["devices"]}
        is_known = document["schema"] == audit_document.SCHEMA and read_at.tzinfo is not None
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{folder / AUDIT}: not the document of a run: {in_words(error)}") from error
    if not is_known:
        raise UserError(f"{folder / AUDIT}: expected the schema {audit_document.SCHEMA!r}")
    namer = analyze.Namer(known={device.name: device for device in devices}, expect=devices[0].expect)
    kept = [path for device in devices if (path := folder / RAW / device.name).is_dir()]
    parsed = {outcome.device.name: outcome for outcome in _parsed(kept, tables, namer, read_at)}
    outcomes = (_outcome(device, records.get(device.name), parsed.get(device.name)) for device in devices)
    return Reading(run=run, read_at=read_at, outcomes=audit_document.in_order(devices, outcomes))


def _parsed(
    folders: Sequence[Path], tables: TableSet, namer: analyze.Namer, at: datetime
) -> Iterator[AuditOutcome]:
    if not folders:
        return
    for directory in saved_outputs.read([str(folder) for folder in folders], saved_outputs.standard_input()):
        found, _ = analyze.found_in(directory, at)
        yield from analyze.outcomes(found, tables, namer, at)


def _outcome(device: Device, record: Mapping[str, Any] | None, parsed: AuditOutcome | None) -> AuditOutcome:
    """Return the outcome under the inventory's own entry: what was parsed has the path of its files."""
    if record is None:
        return _missing(device, "this device was not part of the run")
    if record.get("outcome") != "audited":
        return _missing(device, f"it was not audited then: {record.get('error')}")
    if parsed is None:
        return _missing(device, "the run kept no answers of this device")
    match parsed:
        case Audited():
            return replace(parsed, device=device)
        case NotAudited():
            return replace(parsed, device=device)


def _missing(device: Device, saw: str) -> NotAudited:
    hint = "audit it again, or plan without --from-run"
    return NotAudited(device=device, stage=Stage.COLLECT, error=f"reading the run: {saw}", hint=hint)
