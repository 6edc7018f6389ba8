"""Turn a run into metrics for Prometheus.

Pure.  A device's series say what was last known of it: one that this run could not read, or
did not select, keeps those of the last file, so that an alert about it does not go away because
nobody looked.  `asa_audit_last_success_timestamp_seconds` says how old they are.  A device
that is in the inventory no more is gone.

Labels are bounded: device names and regions of the inventory, rule ids, and the fixed words of
`model`.  Nothing that a device printed becomes a label.

Dates are moments, not "seconds left": `deadline - time()` stays right between two runs and for a
device that could not be read tonight; a number of seconds would stand still.

Source: docs/nightly.md, "Metrics"; Prometheus, "Metric and label naming" and "Instrumentation" (timestamps).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from asa_transport.core.reports.report import Report
from asa_transport.model import (
    Audited,
    AuthorizationState,
    Device,
    MetricFamily,
    NotAudited,
    Sample,
    Stage,
    TransportType,
)

# A state set has one more word than the model: for what the device did not say.
NOT_SHOWN: Final = "not-shown"
_LAST_SUCCESS: Final = "asa_audit_last_success_timestamp_seconds"
_SUCCESS: Final = "asa_audit_device_success"
_DEADLINE: Final = "asa_license_deadline_timestamp_seconds"
_REGISTRATION: Final = "asa_license_registration_expiry_timestamp_seconds"
_TRANSPORT: Final = "asa_transport_type"
_AUTHORIZATION: Final = "asa_auth_state"
_FINDINGS: Final = "asa_device_findings"
_UNKNOWN: Final = "asa_device_unknown_lines"

# Each metric of a device: what it means, and its labels beside device and region.
_OF_DEVICE: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    _LAST_SUCCESS: ("When the device was last audited; 0 where it never was.", ()),
    _SUCCESS: ("Whether the last run that selected the device could audit it.", ()),
    _DEADLINE: ("The communication deadline, as the device shows it.", ()),
    _REGISTRATION: ("The end of the registration, as the device shows it.", ()),
    _TRANSPORT: ("The licensing transport: 1 for the present one.", ("type",)),
    _AUTHORIZATION: ("The state of the authorization: 1 for the present one.", ("state",)),
    _FINDINGS: ("Findings of the device by rule and severity, without waived ones.", ("rule", "severity")),
    _UNKNOWN: ("Lines that the device printed and no template understands.", ()),
}
_DEVICE_LABELS: Final = ("device", "region")

_OwnSample: TypeAlias = tuple[str, Mapping[str, str], float]


def families(
    report: Report,
    *,
    inventory: Sequence[Device],
    previous: Iterable[MetricFamily],
    catalogue_version: str,
    told: Mapping[str, bool],
) -> tuple[MetricFamily, ...]:
    """Return every metric of a run.

    Args:
        inventory: All devices, also those that the run did not select.
        previous: What the last file held; empty where there was none.
        told: For each notification channel that was to be told, whether it was.

    Raises:
        ValueError: The outcomes are not exactly those of the report's devices.
    """
    samples: defaultdict[str, list[Sample]] = defaultdict(list)
    known = _by_device(previous)
    now_read = dict(_of_run(report))
    for device in inventory:
        rows = now_read.get(device.name, [])
        if not any(name == _LAST_SUCCESS for name, _, _ in rows):
            rows = [*_kept(known.get(device.name, ()), rows), *rows]
        mine = {"device": device.name, "region": device.region or ""}
        for name, labels, value in rows:
            samples[name].append(Sample(labels={**mine, **labels}, value=value))
    of_devices = (
        MetricFamily(name=name, help=text, labels=(*_DEVICE_LABELS, *labels), samples=tuple(samples[name]))
        for name, (text, labels) in _OF_DEVICE.items()
    )
    channels = _labelled(
        "asa_audit_notification_success",
        "Whether the channel could be told of the run; nothing where it was not to be.",
        "channel",
        told,
    )
    return (*of_devices, *_run_families(report, len(inventory), catalogue_version), channels)


def _of_run(report: Report) -> Iterator[tuple[str, list[_OwnSample]]]:
    """Yield the samples of each device of the run; for one that was not audited, only that."""
    for outcome in report.ordered:
        match outcome:
            case Audited():
                yield outcome.device.name, list(_audited(outcome))
            case NotAudited():
                yield outcome.device.name, [(_SUCCESS, {}, 0.0)]


def _audited(outcome: Audited) -> Iterator[_OwnSample]:
    facts = outcome.facts
    yield _LAST_SUCCESS, {}, outcome.capture.finished_at.timestamp()
    yield _SUCCESS, {}, 1.0
    yield from _moment(_DEADLINE, facts.authorization.deadline_at)
    yield from _moment(_REGISTRATION, facts.registration.expires_at)
    yield from _states(_TRANSPORT, "type", TransportType, facts.transport.type)
    yield from _states(_AUTHORIZATION, "state", AuthorizationState, facts.authorization.state)
    counting = (finding for finding in outcome.findings if finding.waived is None)
    found = Counter((finding.rule, finding.severity.value) for finding in counting)
    for (rule, severity), count in sorted(found.items()):
        yield _FINDINGS, {"rule": rule, "severity": severity}, float(count)
    yield _UNKNOWN, {}, float(len(facts.unknown))


def _moment(name: str, at: datetime | None) -> Iterator[_OwnSample]:
    if at is not None:
        yield name, {}, at.timestamp()


def _states(name: str, label: str, known: Iterable[str], present: str | None) -> Iterator[_OwnSample]:
    """Yield 0 or 1 for every state, so that one which is left goes to 0 instead of ending."""
    for state in (*map(str, known), NOT_SHOWN):
        yield name, {label: state}, float(state == (present or NOT_SHOWN))


def _by_device(previous: Iterable[MetricFamily]) -> Mapping[str, Sequence[_OwnSample]]:
    """Return what an earlier file says of each device; what is not of our making is passed over."""
    found: defaultdict[str, list[_OwnSample]] = defaultdict(list)
    for family in previous:
        if family.name not in _OF_DEVICE:
            continue
        own = _OF_DEVICE[family.name][1]
        for sample in family.samples:
            if set(sample.labels) == {*_DEVICE_LABELS, *own}:
                labels = {label: sample.labels[label] for label in own}
                found[sample.labels["device"]].append((family.name, labels, sample.value))
    return found


def _kept(known: Sequence[_OwnSample], fresh: Sequence[_OwnSample]) -> Iterator[_OwnSample]:
    """Yield what was known of a device that was not read now, without what is known better."""
    better = {name for name, _, _ in fresh}
    yield from (row for row in known if row[0] not in better)
    if not any(name == _LAST_SUCCESS for name, _, _ in known):
        yield _LAST_SUCCESS, {}, 0.0


def _run_families(report: Report, inventory_size: int, catalogue_version: str) -> Iterator[MetricFamily]:
    run, outcomes = report.run, report.ordered
    stages = Counter(outcome.stage for outcome in outcomes if isinstance(outcome, NotAudited))
    missed = stages.total()
    audited = len(outcomes) - missed
    yield _one("asa_audit_run_timestamp_seconds", "When the run ended.", run.finished_at.timestamp())
    duration = (run.finished_at - run.started_at).total_seconds()
    yield _one("asa_audit_run_duration_seconds", "How long the run took.", duration)
    yield _one(
        "asa_audit_run_exit_code", "How the run ended: the exit code of the program.", int(run.exit_code)
    )
    yield _one("asa_inventory_devices", "Devices of the inventory.", inventory_size)
    yield _labelled(
        "asa_audit_devices",
        "Devices that the run selected, by outcome.",
        "outcome",
        {"audited": audited, "not-audited": missed},
    )
    yield _labelled(
        "asa_audit_not_audited_devices",
        "Devices that could not be audited, by the stage at which that ended.",
        "stage",
        {stage.value: stages[stage] for stage in Stage},
    )
    coverage = audited / len(outcomes) if outcomes else 0.0
    yield _one("asa_audit_coverage_ratio", "Audited devices of those that the run selected.", coverage)
    yield _labelled("asa_bug_catalogue_info", "The bug catalogue in use.", "version", {catalogue_version: 1})
    yield _labelled("asa_transport_build_info", "The program.", "version", {run.tool_version: 1})


def _one(name: str, text: str, value: float) -> MetricFamily:
    return MetricFamily(name=name, help=text, samples=(Sample(value=float(value)),))


def _labelled(name: str, text: str, label: str, values: Mapping[str, float]) -> MetricFamily:
    samples = tuple(Sample(labels={label: word}, value=float(value)) for word, value in values.items())
    return MetricFamily(name=name, help=text, labels=(label,), samples=samples)
