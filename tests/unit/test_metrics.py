"""Metrics: what is last known of a device is never lost, and no device can make a label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings

from asa_transport.core.reports.metrics import families
from asa_transport.core.reports.report import Report
from asa_transport.model import Audited, Device, MetricFamily, Severity, Stage
from tests.unit.judging import NOW, facts_of
from tests.unit.reporting import audited, every_kind, finding, hostile_reports, missed, named, report_of

DAY = 86_400
SUCCESS = "asa_audit_last_success_timestamp_seconds"
DEADLINE = "asa_license_deadline_timestamp_seconds"


def of(
    report: Report, *, inventory: Sequence[Device] = (), previous: Sequence[MetricFamily] = ()
) -> tuple[MetricFamily, ...]:
    return families(
        report,
        inventory=inventory or report.devices,
        previous=previous,
        catalogue_version="2026-05-21.1",
        told={"ops": True},
    )


def values(found: Sequence[MetricFamily], name: str, **wanted: str) -> list[float]:
    """The values of a metric whose labels include those wanted."""
    (family,) = [family for family in found if family.name == name]
    return [s.value for s in family.samples if wanted.items() <= s.labels.items()]


def labels(found: Sequence[MetricFamily], name: str) -> list[Mapping[str, str]]:
    return [s.labels for family in found if family.name == name for s in family.samples]


def test_a_deadline_is_a_moment() -> None:
    """Seconds left would stand still until the next run, and lie when there is none."""
    found = of(report_of([audited("fw-a", facts_of("deadline=2d; contact=failed"))]))

    assert values(found, DEADLINE, device="fw-a") == [NOW.timestamp() + 2 * DAY]


def test_a_device_without_a_date_has_no_deadline() -> None:
    """A made-up 0 would be 1970, and an alarm."""
    found = of(report_of([audited("fw-a", facts_of("deadline=exceeded; authorization=expired"))]))

    assert values(found, DEADLINE) == []


def test_each_state_set_has_exactly_one_state_of_every_device() -> None:
    """A chart of sums by state must add up to the fleet."""
    report = every_kind()

    found = of(report)

    for name in ("asa_transport_type", "asa_auth_state"):
        for outcome in report.outcomes:
            expected = 1.0 if isinstance(outcome, Audited) else 0.0
            assert sum(values(found, name, device=outcome.device.name)) == expected, outcome.device.name


def test_what_the_device_did_not_say_is_a_state_of_its_own() -> None:
    """Not said must not look like smart."""
    found = of(report_of([audited("fw-a", facts_of("transport=unknown"))]))

    assert values(found, "asa_transport_type", type="not-shown") == [1.0]
    assert values(found, "asa_transport_type", type="smart") == [0.0]


def test_findings_are_counted_by_rule_and_severity() -> None:
    """One device may have several bugs of one rule."""
    findings = (finding(), finding(), finding(rule="AT205", severity=Severity.CRITICAL))

    found = of(report_of([audited("fw-a", facts_of("-"), findings=findings)]))

    name = "asa_device_findings"
    assert values(found, name, device="fw-a", rule="AT101", severity="medium") == [2.0]
    assert values(found, name, device="fw-a", rule="AT205", severity="critical") == [1.0]
    assert len(labels(found, name)) == 2


def test_a_device_that_failed_tonight_keeps_what_was_known_of_it() -> None:
    """An alert on its deadline must not end because nobody could look; only its age may grow."""
    last = of(
        report_of([audited("fw-a", facts_of("deadline=2d; transport=callhome"), findings=(finding(),))])
    )

    found = of(report_of([missed("fw-a", Stage.CONNECT)]), previous=last)

    for name in (DEADLINE, SUCCESS, "asa_transport_type", "asa_device_findings", "asa_auth_state"):
        assert values(found, name) == values(last, name) != []
    assert values(found, "asa_audit_device_success", device="fw-a") == [0.0]


def test_a_device_that_was_read_again_has_only_what_was_read_now() -> None:
    """A finding that was mended must go."""
    last = of(report_of([audited("fw-a", facts_of("-"), findings=(finding(),))]))
    later = audited("fw-a", facts_of("-"))
    later = replace(later, capture=replace(later.capture, finished_at=NOW + timedelta(days=1)))

    found = of(report_of([later]), previous=last)

    assert values(found, "asa_device_findings") == []
    assert values(found, SUCCESS) == [NOW.timestamp() + DAY]


def test_a_device_that_was_never_audited_has_the_time_zero() -> None:
    """A series that is not there raises no alarm."""
    found = of(report_of([missed("fw-a", Stage.AUTHENTICATE)]))

    assert values(found, SUCCESS, device="fw-a") == [0.0]
    assert values(found, "asa_audit_not_audited_devices", stage="authenticate") == [1.0]


def test_a_run_over_a_part_of_the_fleet_keeps_the_rest() -> None:
    """`audit -l fw-a` at noon must not end every other firewall's alert."""
    both = report_of([audited("fw-a", facts_of("-")), audited("fw-b", facts_of("deadline=2d"))])

    found = of(
        report_of([audited("fw-a", facts_of("-"))]),
        inventory=[named("fw-a"), named("fw-b", region="emea")],
        previous=of(both),
    )

    assert values(found, DEADLINE, device="fw-b", region="emea") == [NOW.timestamp() + 2 * DAY]
    assert values(found, "asa_audit_devices", outcome="audited") == [1.0]
    assert values(found, "asa_inventory_devices") == [2.0]


def test_a_device_that_left_the_inventory_is_gone() -> None:
    """Or it would be "not audited" for ever."""
    both = report_of([audited("fw-a", facts_of("-")), audited("fw-old", facts_of("-"))])

    found = of(report_of([audited("fw-a", facts_of("-"))]), previous=of(both))

    assert "fw-old" not in {sample.labels.get("device") for f in found for sample in f.samples}


def test_what_others_wrote_into_the_file_is_not_kept() -> None:
    """The directory is shared with other programs; a family with other labels would break the file."""
    last = of(report_of([audited("fw-a", facts_of("-"))]))
    strange = [
        replace(
            family,
            samples=tuple(
                replace(sample, labels={**sample.labels, "comment": "x"}) for sample in family.samples
            ),
        )
        for family in last
    ]

    found = of(report_of([missed("fw-a", Stage.CONNECT)]), previous=strange)

    assert values(found, SUCCESS) == [0.0]


def test_coverage_counts_what_the_run_selected() -> None:
    """Half a fleet must not look like all of it."""
    found = of(report_of([audited("fw-a", facts_of("-")), missed("fw-b", Stage.CONNECT)]))

    assert values(found, "asa_audit_coverage_ratio") == [0.5]
    assert values(found, "asa_audit_run_duration_seconds") == [90.0]
    assert values(found, "asa_audit_run_exit_code") == [4.0]
    assert labels(found, "asa_bug_catalogue_info") == [{"version": "2026-05-21.1"}]


@given(report=hostile_reports)
@settings(max_examples=60)
def test_nothing_that_a_device_says_becomes_a_label(report: Report) -> None:
    """Labels without bound are how a textfile takes a Prometheus down."""
    inventory = [replace(device, region="emea") for device in report.devices]
    report = replace(report, devices=tuple(inventory))

    found = of(report, inventory=inventory)

    words = {value for family in found for sample in family.samples for value in sample.labels.values()}
    allowed = {device.name for device in inventory} | {"emea", "0.1.0", "2026-05-21.1"}
    states = {"smart", "callhome", "not-shown", "audited", "not-audited", *Stage, *Severity}
    states |= {"authorized", "out-of-compliance", "expired", "evaluation", "evaluation-expired"}
    assert words <= allowed | states | {"reserved", "no-licenses", "AT101", "AT201", "AT999", "ops"}
