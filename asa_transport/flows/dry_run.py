"""Read the planned devices again with an audit's sessions, compare, and say what a push would do.

Holds no session that could send a configuration line.  A mate that is not planned is read too,
because the guards of a pair look at both units; it is probed for nothing and reported nowhere.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from asa_transport import __version__
from asa_transport.cli.console import console, say
from asa_transport.cli.option_groups import Voice
from asa_transport.cli.views.plan import dry_run_summary, forecast_words, print_dry_run
from asa_transport.cli.views.progress import watched
from asa_transport.core.documents import push
from asa_transport.core.documents.audit import Run
from asa_transport.core.judgement.select import select
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.planning.plan import Origin
from asa_transport.core.planning.recheck import Recheck, look, wanted_targets
from asa_transport.core.planning.render import Renderer
from asa_transport.core.pushing.campaign.budget import with_max_fail
from asa_transport.core.pushing.campaign.rehearsal import foretold, limit_text
from asa_transport.core.pushing.campaign.window import closed
from asa_transport.edges.output_file import opened
from asa_transport.edges.state.run_folder import PUSH, RunFolder, new_run_id
from asa_transport.edges.state.used_plans import check_unused
from asa_transport.engine.fleet import RunStop
from asa_transport.errors import UserError
from asa_transport.flows import audit, standard, unsettled
from asa_transport.flows.approvals import Signature
from asa_transport.flows.audit_device import ProbeTargets
from asa_transport.flows.fleet_reading import Reading, live_reading
from asa_transport.flows.inputs import Shape
from asa_transport.flows.plan_prospects import approvers
from asa_transport.model import (
    Device,
    DeviceFacts,
    DryRunOutcome,
    FailureBudget,
    Forecast,
    NotReached,
    Plan,
    Proxy,
    Refused,
)
from asa_transport.model.ending import RunEnd, strongest

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
    """

    plan: Plan
    now: datetime
    inventory_file: Path
    judgement: standard.Judgement
    renderer: Renderer
    state: Path
    shape: Shape
    output: Path | None
    voice: Voice
    clock: Callable[[], datetime] = utc_now


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
    return select(devices, limit, audit.read_pattern_file) if devices else ()


def with_mates(plan: Plan, devices: Sequence[Device], known: Sequence[Device]) -> tuple[Device, ...]:
    """Return the devices and, where the plan or the inventory knows their mates, those; sorted by name."""
    names = {device.name for device in devices}
    units = {name for planned in plan.devices if planned.name in names for name in planned.members}
    pairs = {device.pair for device in devices}
    return tuple(
        device
        for device in known
        if device.name in units | pairs or device.pair in names or device.name in names
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a dry run foretells a commit by.

    Attributes:
        limit: The patterns of `-l`, as they were given.
        max_fail: In place of the policy's number and percentage; `None` leaves it to the policy.
        approvals: Signatures over the plan's digest.
    """

    limit: Sequence[str]
    max_fail: str | None
    approvals: Sequence[Signature]


def run_dry(work: Work, request: audit.Request, devices: Sequence[Device], terms: Terms) -> RunEnd:
    """Look at the devices and report; `request` is for them and their mates."""
    check_unused(work.state, work.plan.digest, [device.name for device in devices])
    budget = budget_of(work, terms.max_fail)
    started_at = datetime.now(UTC)
    folder = RunFolder(work.state, new_run_id(started_at))
    with opened(work.output, sys.stdout) as file:
        stop = RunStop()
        reading = live_reading(
            request,
            folder,
            policy=work.judgement.standard.policy,
            targets=probe_targets(work.plan, devices),
            observed=watched(len(request.devices), stop, work.voice),
            stop=stop,
        )
        outcomes = _looked(work, reading, devices, request.tables)
        forecast = _forecast(work, outcomes, terms, budget)
        code = _exit_code(reading, outcomes, forecast)
        run = Run(
            id=reading.run,
            kind="push",
            started_at=started_at,
            finished_at=datetime.now(UTC),
            tool_version=__version__,
            inventory=str(work.inventory_file),
            policy_sha256=work.judgement.policy_sha256,
            exit_code=code,
        )
        names = [device.name for device in devices]
        document = push.document(
            run, work.plan, names, outcomes, stopped_by=forecast.stopped_by, forecast=forecast
        )
        folder.save_document(document, PUSH)
        _print(work, file, document, outcomes, forecast)
    if (work.output is not None or work.shape is not Shape.TABLE) and not work.voice.quiet:
        say(dry_run_summary(outcomes))
        for sentence in forecast_words(forecast):
            say(sentence)
    if work.voice.verbose and not work.voice.quiet:
        say(f"answers of the devices: {folder.path / 'raw'}")
    return code


def probe_targets(plan: Plan, devices: Sequence[Device]) -> ProbeTargets:
    """Return what each firewall is to reach: what its plan says; nothing for a mate."""
    return _Targets(wanted=wanted_targets(plan, devices))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Targets:
    """What each firewall is to reach, by name.


    A class, so that it can be handed to a worker process.
    """

    wanted: Mapping[str, Proxy]

    def __call__(self, device: Device, facts: DeviceFacts) -> Sequence[Proxy]:
        del facts
        return (self.wanted[device.name],) if device.name in self.wanted else ()


def _looked(
    work: Work, reading: Reading, devices: Sequence[Device], tables: TableSet
) -> tuple[DryRunOutcome, ...]:
    question = Recheck(
        plan=work.plan,
        standard=work.judgement.standard,
        renderer=work.renderer,
        tables=tables,
        origin=Origin(
            id=reading.run,
            run=reading.run,
            inventory=str(work.inventory_file),
            tool_version=__version__,
            policy_sha256=work.judgement.policy_sha256,
            now=work.now,
        ),
        unsettled=unsettled.known(work.state),
    )
    return look(reading.outcomes, devices, question).outcomes


def budget_of(work: Work, max_fail: str | None) -> FailureBudget:
    """Return the failure budget of the policy, with `--max-fail` in it."""
    budget = work.judgement.standard.policy.failure_budget
    return budget if max_fail is None else with_max_fail(budget, max_fail)


def _forecast(work: Work, outcomes: Sequence[DryRunOutcome], terms: Terms, budget: FailureBudget) -> Forecast:
    """Return what a commit would meet, at the time that the dry run is judged by."""
    policy = work.judgement.standard.policy
    told = foretold(work.plan, outcomes, budget, policy.proof)
    principals, unapproved = approvers(work.plan, policy, terms.approvals)
    return Forecast(
        foretold=told,
        limit=None if told.without is None else limit_text(terms.limit, told.without),
        shut=closed(policy.change_windows, work.now) if outcomes else None,
        needed=policy.approvals,
        principals=principals,
        unapproved=unapproved if outcomes else None,
    )


def _print(
    work: Work,
    file: IO[str],
    document: Mapping[str, object],
    outcomes: Sequence[DryRunOutcome],
    forecast: Forecast,
) -> None:
    if work.shape is Shape.TABLE:
        print_dry_run(console(file, no_color=work.voice.no_color), work.plan, outcomes, forecast)
    else:
        file.write(json.dumps(document, indent=2, ensure_ascii=True) + "\n")


def _exit_code(reading: Reading, outcomes: Sequence[DryRunOutcome], forecast: Forecast) -> RunEnd:
    """Return what a commit would end with, as far as that can be known now."""
    codes = set()
    if forecast.stopped_by is not None:
        codes.add(RunEnd.PUSH_STOPPED)
    if forecast.unapproved is not None:
        codes.add(RunEnd.PLAN_UNUSABLE)
    if any(map(audit.is_internal_error, reading.outcomes)):
        codes.add(RunEnd.INTERNAL)
    if any(isinstance(outcome, Refused | NotReached) for outcome in outcomes):
        codes.add(RunEnd.PUSH_STOPPED)
    if reading.was_stopped:
        codes.add(RunEnd.INTERRUPTED)
    return strongest(codes)
