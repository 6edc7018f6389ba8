"""Compare two audits: what is new, gone, better and worse; nothing that only counts down.

Pure; cannot fail.  What is no news:
- how a finding is worded: it is another one by its key, its severity, its waiver and its values,
  and a number of days or an age is none of these; only the severity that follows from it is;
- a deadline that moves later while contact succeeds: it does so with every renewal;
- the facts and findings of a device that did not answer: they are not known, not cleared.
  When it answers again it is compared with what was last known of it.

A deadline is news when it moves back, and when it moves on after contact had failed: then
contact succeeded again, be it between two audits.

Source: docs/history.md, "What a diff says"; what moves a deadline is inferred (AT201).

Since when a device has had the transport that it has is told from what every run saw; runs that
did not read it say nothing: a night without an answer begins nothing anew.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Final

from asa_transport.core.history.differences import (
    KINDS,
    Compared,
    CoverageFell,
    Deadline,
    DeadlineMoved,
    DeviceAnswering,
    DeviceGone,
    DeviceNew,
    DeviceUnreachable,
    Difference,
    FailureChanged,
    FindingChanged,
    FindingCleared,
    FindingNew,
    Movement,
    ProxyChanged,
    ProxyPlace,
    TransportChanged,
    VersionChanged,
    new_severity,
)
from asa_transport.core.judgement.cases.case import is_callhome_proxy_known, is_contact_failing
from asa_transport.model import Audited, AuditOutcome, DeviceFacts, Finding, NotAudited, StoredRun
from asa_transport.model.outcome_counts import OutcomeList, counts_of

# A device prints its deadline in its own zone, and by its own clock: less is no movement.
_STILL: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One run and its outcomes, one a device."""

    run: StoredRun
    outcomes: Sequence[AuditOutcome]

    @property
    def ordered(self) -> Iterable[AuditOutcome]:
        """The outcomes by device name."""
        if isinstance(self.outcomes, OutcomeList):
            return self.outcomes
        return sorted(self.outcomes, key=lambda outcome: outcome.name)


def compared(side: Side) -> Compared:
    """Return what a diff says of one of its runs."""
    counts = counts_of(side.outcomes)
    return Compared(
        id=side.run.id,
        started_at=side.run.started_at,
        as_of=side.run.as_of,
        inventory=side.run.inventory,
        limit=side.run.limit,
        devices=counts.devices,
        audited=counts.audited,
        understood=counts.understood,
    )


def changes(before: Side, after: Side, earlier: Mapping[str, Audited]) -> tuple[Difference, ...]:
    """Return every change, sorted by kind, the most severe first, then by device.

    Args:
        before: The run to compare with.
        after: The newer one.
        earlier: How the devices were that `before` did not audit, when they last were; no other is
            asked for.

    A run with a limit, or of a part, says nothing of devices outside it, and none of those that its inventory
    has not enabled: they are neither new nor gone.
    """
    found: list[Difference] = []
    for was, outcome in _side_by_side(before.ordered, after.ordered):
        if was is None and outcome is not None:
            found += [] if _is_silent(before.run, outcome.name) else _appeared(outcome)
        elif was is not None and outcome is None:
            if _is_silent(after.run, was.name):
                continue
            found.append(DeviceGone(device=was.name, host=was.device.host, region=was.device.region))
        elif was is not None and outcome is not None:
            known = earlier.get(was.name) if isinstance(was, NotAudited) else None
            found += _changed(was, known, outcome)
    kinds = list(KINDS)
    return tuple(sorted(found, key=lambda change: (kinds.index(type(change)), -_rank(change))))


def _is_silent(run: StoredRun, name: str) -> bool:
    """Return whether the run says nothing of a device that it has not."""
    return bool(run.limit) or run.part is not None or name in run.not_selected


def _side_by_side(
    before: Iterable[AuditOutcome], after: Iterable[AuditOutcome]
) -> Iterator[tuple[AuditOutcome | None, AuditOutcome | None]]:
    """Yield both outcomes of each device, `None` where a side has none; one device is read at a time."""
    then, now = iter(before), iter(after)
    was, outcome = next(then, None), next(now, None)
    while was is not None or outcome is not None:
        if outcome is None or (was is not None and was.name < outcome.name):
            yield was, None
            was = next(then, None)
        elif was is None or outcome.name < was.name:
            yield None, outcome
            outcome = next(now, None)
        else:
            yield was, outcome
            was, outcome = next(then, None), next(now, None)


def with_since(found: Sequence[Difference], since: Mapping[str, datetime]) -> tuple[Difference, ...]:
    """Return the changes, each change of transport with the time since when."""
    return tuple(
        replace(change, since=since.get(change.device)) if isinstance(change, TransportChanged) else change
        for change in found
    )


def _rank(change: Difference) -> int:
    severity = change.finding.severity if isinstance(change, FindingCleared) else new_severity(change)
    return -1 if severity is None else severity.rank


def _appeared(outcome: AuditOutcome) -> Iterator[Difference]:
    stage = outcome.stage if isinstance(outcome, NotAudited) else None
    yield DeviceNew(device=outcome.device.name, host=outcome.device.host, missed=stage)
    if isinstance(outcome, Audited):
        yield from _findings(outcome.device.name, (), outcome.findings)


def _changed(was: AuditOutcome, known: Audited | None, outcome: AuditOutcome) -> Iterator[Difference]:
    name, host = outcome.device.name, outcome.device.host
    match was, outcome:
        case Audited(), Audited():
            yield from _differences(was, outcome)
        case Audited(), NotAudited():
            yield DeviceUnreachable(
                device=name, host=host, stage=outcome.stage, error=outcome.error, hint=outcome.hint
            )
        case NotAudited(), NotAudited():
            if was.stage is not outcome.stage:
                yield FailureChanged(
                    device=name, host=host, before=was.stage, after=outcome.stage, error=outcome.error
                )
        case NotAudited(), Audited():
            yield DeviceAnswering(device=name, was=was.stage)
            if known is None:
                yield from _findings(name, (), outcome.findings)
            else:
                yield from _differences(known, outcome)


def _differences(was: Audited, now: Audited) -> Iterator[Difference]:
    name = now.device.name
    yield from _findings(name, was.findings, now.findings)
    yield from _facts(name, was.facts, now.facts)
    yield from _deadlines(name, was.facts, now.facts)
    less, more = _not_understood(was.facts), _not_understood(now.facts)
    if more > less:
        yield CoverageFell(device=name, before=less, after=more)


def _findings(name: str, was: Sequence[Finding], now: Sequence[Finding]) -> Iterator[Difference]:
    """Pair the findings by their keys; several of one key in their order."""
    pairs: defaultdict[str, tuple[list[Finding], list[Finding]]] = defaultdict(lambda: ([], []))
    for side, findings in enumerate((was, now)):
        for finding in findings:
            pairs[finding.key][side].append(finding)
    for before, after in (pair for sides in pairs.values() for pair in zip_longest(*sides)):
        if before is None:
            yield FindingNew(device=name, finding=after)
        elif after is None:
            yield FindingCleared(device=name, finding=before)
        elif _is_other(before, after):
            yield FindingChanged(device=name, before=before, after=after)


def _is_other(before: Finding, after: Finding) -> bool:
    """Return whether the same finding says something else; what an older release kept has no values."""
    if before.severity is not after.severity or (before.waived is None) is not (after.waived is None):
        return True
    if before.values is None or after.values is None:
        return False
    # In which order a device prints is no news.
    return Counter(before.values) != Counter(after.values)


def are_values_missing(outcomes: Iterable[AuditOutcome]) -> bool:
    """Return whether an older release kept one of the findings: it kept their words only."""
    return any(finding.values is None for finding in _all(outcomes))


def with_values(kept: Sequence[AuditOutcome], again: Sequence[AuditOutcome]) -> tuple[AuditOutcome, ...]:
    """Return outcomes that an older release kept, with the values that its findings would have today.

    Args:
        kept: As they were judged then; severities, words and waivers stay.
        again: The same facts, judged now by what they were judged by then.
    """
    found = {(o.device.name, finding.key): finding.values for o in again for finding in _all((o,))}

    def one(outcome: AuditOutcome) -> AuditOutcome:
        if not isinstance(outcome, Audited):
            return outcome
        name = outcome.device.name
        return replace(
            outcome,
            findings=tuple(
                finding
                if finding.values is not None
                else replace(finding, values=found.get((name, finding.key)))
                for finding in outcome.findings
            ),
        )

    return tuple(map(one, kept))


def _all(outcomes: Iterable[AuditOutcome]) -> Iterator[Finding]:
    for outcome in outcomes:
        if isinstance(outcome, Audited):
            yield from outcome.findings


def _facts(name: str, was: DeviceFacts, now: DeviceFacts) -> Iterator[Difference]:
    if was.version != now.version:
        yield VersionChanged(device=name, before=was.version, after=now.version)
    one, other = was.transport, now.transport
    if one.type is not other.type:
        yield TransportChanged(device=name, before=one.type, after=other.type, since=None)
    if one.proxy_known and other.proxy_known and one.proxy != other.proxy:
        yield ProxyChanged(device=name, place=ProxyPlace.LICENSE_SMART, before=one.proxy, after=other.proxy)
    is_read = is_callhome_proxy_known(was) and is_callhome_proxy_known(now)
    if is_read and one.callhome_proxy != other.callhome_proxy:
        yield ProxyChanged(
            device=name, place=ProxyPlace.CALL_HOME, before=one.callhome_proxy, after=other.callhome_proxy
        )


def _deadlines(name: str, was: DeviceFacts, now: DeviceFacts) -> Iterator[Difference]:
    dates = (
        (Deadline.COMMUNICATION, was.authorization.deadline_at, now.authorization.deadline_at),
        (Deadline.REGISTRATION, was.registration.expires_at, now.registration.expires_at),
    )
    for deadline, before, after in dates:
        if before is None or after is None:
            continue
        movement = None
        if before - after > _STILL:
            movement = Movement.EARLIER
        elif deadline is Deadline.COMMUNICATION and after - before > _STILL and is_contact_failing(was):
            movement = Movement.CONTACT_RESTORED
        if movement is not None:
            yield DeadlineMoved(device=name, deadline=deadline, before=before, after=after, movement=movement)


def _not_understood(facts: DeviceFacts) -> int:
    return len(facts.unknown) + len(facts.refused)


def since(seen: Iterable[tuple[str, str, datetime]]) -> Mapping[str, tuple[str, datetime]]:
    """Return each device's last transport, and the first time in a row that it was seen.

    Args:
        seen: Device, transport and time; each device's oldest first.
    """
    found: dict[str, tuple[str, datetime]] = {}
    for name, transport, at in seen:
        if name not in found or found[name][0] != transport:
            found[name] = transport, at
    return found
