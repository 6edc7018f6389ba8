"""Ask firewalls what they say of all that the program assumes: read only, and no more than an audit may.

Also tries it on saved outputs.  Nothing of the answers is kept, but where a release is not as assumed
(`flows/learnt.py`); secrets in the lines that are shown are masked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from asa_transport._version import __version__
from asa_transport.asa.commands import Asked, asked
from asa_transport.capabilities import RunObserver, Teller
from asa_transport.core.assumptions.tries import checks_of
from asa_transport.core.documents.doctor import DoctorOutcome, DoctorRun, contradictions
from asa_transport.core.judgement.cases.case import Case, has_smart_licensing, is_follower
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.planning.targets import target_of
from asa_transport.core.reports.ticket.mask import masked
from asa_transport.edges.secrets.operator import here
from asa_transport.engine.fleet import RunStop
from asa_transport.files import assumptions
from asa_transport.flows import learnt
from asa_transport.flows.analyze import read_saved
from asa_transport.flows.audit import Request
from asa_transport.flows.audit import run as audited
from asa_transport.flows.own_templates import parsing_tables
from asa_transport.model import (
    SSH_SESSION,
    Assumption,
    AuditOutcome,
    Check,
    CheckVerdict,
    Device,
    DeviceFacts,
    Examined,
    Goal,
    NotAudited,
    Policy,
    Proxy,
)
from asa_transport.model.ending import RunEnd, strongest

# What an audit asks where its first answers leave something open is always asked here.
ALSO = asked(Asked.WHERE_OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was found, and what was learnt by it; nothing where it was found in saved outputs."""

    run: DoctorRun
    lesson: learnt.Lesson


def examine(
    request: Request,
    *,
    policy: Policy,
    state: Path,
    probe: bool,
    observer: RunObserver,
    tell: Teller,
    stop: RunStop,
) -> Examination:
    """Ask these firewalls, and keep where a release is not as assumed.

    Args:
        policy: What is offered to a device, and how many sessions there may be at once.
        state: The state directory.
        probe: Each firewall also tries to reach the server or proxy that is expected of it, by `ping tcp`.

    Raises:
        UserError: What was learnt before cannot be read; no device was contacted.
    """
    learnt.known(state)
    started_at = datetime.now(UTC)
    rows = assumptions.load()
    observer.run_started("", request.devices)
    found = audited(
        request,
        None,
        stop,
        observer,
        policy=policy,
        tell=tell,
        unwritten=tell.warn,
        targets=_Targets(policy=policy, now=started_at) if probe else None,
        also=ALSO,
    )
    # Each as it comes: the answers of a fleet are not held.
    outcomes = [_examined(outcome, rows, request.tables) for outcome in found]
    run = _run(outcomes, started_at, is_saved=False, was_stopped=stop.is_set())
    lesson = learnt.learn(state, run.examined, by=here(), at=run.finished_at)
    return Examination(run=run, lesson=lesson)


def examine_saved(paths: Sequence[str], *, textfsm: Path | None, stdin: BinaryIO | None) -> DoctorRun:
    """Try the assumptions on saved outputs, as `analyze` reads them; contacts nothing, learns nothing.

    Raises:
        UserError: A path does not exist, or another file is not usable.
    """
    started_at, tables, rows = datetime.now(UTC), parsing_tables(textfsm), assumptions.load()
    outcomes = [_examined(outcome, rows, tables) for outcome in read_saved(paths, tables, stdin)]
    return _run(outcomes, started_at, is_saved=True, was_stopped=False)


def with_beside(run: DoctorRun, beside: DoctorRun) -> DoctorRun:
    """Return the run with where saved outputs contradict it, which ends it as a difference does."""
    found = contradictions(run.examined, beside.examined)
    end = strongest((run.end, RunEnd.FINDINGS)) if found else run.end
    return replace(run, contradictions=found, end=end)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Targets:
    """What each firewall is to reach: what the inventory expects; nothing for one that follows another."""

    policy: Policy
    now: datetime

    def __call__(self, device: Device, facts: DeviceFacts) -> Sequence[Proxy]:
        if is_follower(facts) or not has_smart_licensing(facts):
            return ()
        case = Case(device=device, facts=facts, policy=self.policy, bugs=(), now=self.now, clock_read_at=None)
        return (target_of(case, Goal.EXPECTED),)


def _examined(outcome: AuditOutcome, rows: Sequence[Assumption], tables: TableSet) -> DoctorOutcome:
    if isinstance(outcome, NotAudited):
        return replace(outcome, capture=None)
    checks = checks_of(rows, outcome.capture, outcome.facts, tables)
    return Examined(
        name=outcome.device.name,
        host=outcome.device.host,
        version=outcome.facts.version,
        model=outcome.facts.model,
        checks=tuple(map(_masked, checks)),
    )


def _masked(check: Check) -> Check:
    # What the session agreed on is our own text: no secret, and words such as "host key".
    lines = tuple(
        line if line.command == SSH_SESSION else replace(line, text=masked(line.text))
        for line in check.evidence
    )
    return replace(check, evidence=lines)


def _run(
    outcomes: Sequence[DoctorOutcome], started_at: datetime, *, is_saved: bool, was_stopped: bool
) -> DoctorRun:
    ends = set()
    for outcome in outcomes:
        if isinstance(outcome, NotAudited):
            ends.add(RunEnd.INTERNAL if outcome.is_internal else RunEnd.NOT_AUDITED)
        elif any(check.verdict is CheckVerdict.DIFFERS for check in outcome.checks):
            ends.add(RunEnd.FINDINGS)
    if was_stopped:
        ends.add(RunEnd.INTERRUPTED)
    return DoctorRun(
        started_at=started_at,
        finished_at=datetime.now(UTC),
        tool_version=__version__,
        is_saved=is_saved,
        outcomes=tuple(sorted(outcomes, key=_name)),
        end=strongest(ends),
    )


def _name(outcome: DoctorOutcome) -> str:
    return outcome.name if isinstance(outcome, Examined) else outcome.device.name
