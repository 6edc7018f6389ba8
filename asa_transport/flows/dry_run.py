"""Read the planned devices again with an audit's sessions, compare, and say what a push would do.

Holds no session that could send a configuration line.  A mate that is not planned is read too,
because the guards of a pair look at both units; it is probed for nothing and reported nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from asa_transport._version import __version__
from asa_transport.capabilities import RunObserver, Teller
from asa_transport.core.documents import push
from asa_transport.core.documents.audit import Run
from asa_transport.core.history.run_end import is_internal_error
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.planning.plan import Origin
from asa_transport.core.planning.recheck import Recheck, look
from asa_transport.core.pushing.campaign.rehearsal import foretold, limit_text
from asa_transport.core.pushing.campaign.window import closed
from asa_transport.edges.state.run_folder import PUSH, RunFolder, new_run_id
from asa_transport.engine.fleet import RunStop
from asa_transport.flows import audit, unsettled
from asa_transport.flows.approvals import Signature
from asa_transport.flows.fleet_reading import Reading, live_reading
from asa_transport.flows.plan_readiness import approvers
from asa_transport.flows.push_work import Work, budget_of, check_unused, probe_targets
from asa_transport.flows.unkept import unkept_by, unkept_text
from asa_transport.model import (
    Device,
    DryRunOutcome,
    FailureBudget,
    Forecast,
    NotReached,
    Refused,
)
from asa_transport.model.ending import RunEnd, strongest


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


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunEnd:
    """What a dry run found; its folder has the same.

    Attributes:
        folder: Of the run; the answers of the devices are in it.
        outcomes: One a planned device that was chosen.
        forecast: What a commit would meet.
        end: What a commit would end with, as far as that can be known now.
        document: As `push.json` has it.
    """

    folder: Path
    outcomes: tuple[DryRunOutcome, ...]
    forecast: Forecast
    end: RunEnd
    document: dict[str, Any]


def run_dry(
    work: Work,
    request: audit.Request,
    devices: Sequence[Device],
    terms: Terms,
    *,
    observed: AbstractContextManager[RunObserver],
    tell: Teller,
    stop: RunStop,
) -> DryRunEnd:
    """Look at the devices, and keep what was found; `request` is for them and their mates.

    Args:
        observed: Held while devices are read, and no longer.
        tell: Told where not all of it could be kept.
        stop: Ends the reading early.
    """
    check_unused(work, [device.name for device in devices])
    budget = budget_of(work, terms.max_fail)
    started_at = datetime.now(UTC)
    folder = RunFolder(work.state, new_run_id(started_at))
    reading = live_reading(
        request,
        folder,
        policy=work.judgement.standard.policy,
        targets=probe_targets(work.plan, devices),
        observed=observed,
        tell=tell,
        stop=stop,
    )
    outcomes = _looked(work, reading, devices, request.tables)
    forecast = _forecast(work, outcomes, terms, budget)
    end = _end(reading, outcomes, forecast)
    run = Run(
        id=reading.run,
        kind="push",
        started_at=started_at,
        finished_at=datetime.now(UTC),
        tool_version=__version__,
        inventory=str(work.inventory_file),
        policy_sha256=work.judgement.policy_sha256,
        exit_code=end,
        not_selected=tuple(device.name for device in request.not_selected),
    )
    names = [device.name for device in devices]
    document = push.document(
        run, work.plan, names, outcomes, stopped_by=forecast.stopped_by, forecast=forecast
    )
    unkept = unkept_by(partial(folder.save_document, document, PUSH))
    if unkept is not None:
        end = RunEnd.INTERNAL
        tell.warn(unkept_text(folder.path, unkept))
    return DryRunEnd(folder=folder.path, outcomes=outcomes, forecast=forecast, end=end, document=document)


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
        unsettled=unsettled.known(work.state, shared=work.machines),
    )
    return look(reading.outcomes, devices, question).outcomes


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


def _end(reading: Reading, outcomes: Sequence[DryRunOutcome], forecast: Forecast) -> RunEnd:
    """Return what a commit would end with, as far as that can be known now."""
    codes = set()
    if forecast.stopped_by is not None:
        codes.add(RunEnd.PUSH_STOPPED)
    if forecast.unapproved is not None:
        codes.add(RunEnd.PLAN_UNUSABLE)
    if any(map(is_internal_error, reading.outcomes)):
        codes.add(RunEnd.INTERNAL)
    if any(isinstance(outcome, Refused | NotReached) for outcome in outcomes):
        codes.add(RunEnd.PUSH_STOPPED)
    if reading.was_stopped:
        codes.add(RunEnd.INTERRUPTED)
    return strongest(codes)
