"""Reports of outcomes that are on disk: the same bytes as of those in memory, few of them at once."""

from __future__ import annotations

import gc
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from asa_transport.cli.views.audit_table import print_devices
from asa_transport.cli.views.formats import render
from asa_transport.core.documents import json_parts
from asa_transport.core.documents.json_parts import Items
from asa_transport.core.judgement.judge import cases, judged
from asa_transport.core.reports.formats import FORMATS, Format
from asa_transport.core.reports.report import Report
from asa_transport.edges.state.store import codec
from asa_transport.flows.kept_outcomes import KeptOutcomes
from asa_transport.flows.report_texts import parts
from asa_transport.model import Audited, AuditOutcome, Stage, Waived
from tests.unit.judging import NOW, facts_of
from tests.unit.reporting import KINDS, STANDARD, audited, missed, report_of

FILES = [one for one in Format if FORMATS[one].renderer is not None]


def on_disk(report: Report, folder: Path) -> Report:
    """The same report, its outcomes in a file."""
    kept = KeptOutcomes([device.name for device in report.devices], folder, report.devices)
    for outcome in report.outcomes:
        kept.put(outcome, codec.write_outcome(outcome))
    return replace(report, outcomes=kept, cases=cases(kept, STANDARD, kept.mates(kept.devices)))


def fleet(count: int) -> Report:
    """So many devices of all kinds; some were not audited, some findings are waived."""
    found: list[AuditOutcome] = [
        missed(f"fw-{number:04}", list(Stage)[number % len(Stage)])
        if number % 9 == 5
        else audited(f"fw-{number:04}", facts_of(KINDS[number % len(KINDS)]))
        for number in range(count)
    ]
    waived = Waived(owner="ops", until=NOW, reason="known")
    return report_of([_with_waiver(one, waived) for one in judged(found, STANDARD)])


def _with_waiver(outcome: AuditOutcome, waived: Waived) -> AuditOutcome:
    if not isinstance(outcome, Audited) or not outcome.name.endswith("3"):
        return outcome
    return replace(outcome, findings=tuple(replace(one, waived=waived) for one in outcome.findings))


def written(output_format: Format, report: Report) -> str:
    file = io.StringIO()
    render(output_format, file, report)
    return file.getvalue()


@pytest.mark.parametrize("output_format", Format)
def test_a_report_is_the_same_from_disk_and_from_memory(output_format: Format, tmp_path: Path) -> None:
    """Where outcomes are is nobody's business who reads a report."""
    report = fleet(70)

    assert written(output_format, on_disk(report, tmp_path)) == written(output_format, report)


@pytest.mark.parametrize("output_format", FILES)
def test_a_report_of_many_devices_holds_few_of_them_at_a_time(output_format: Format, tmp_path: Path) -> None:
    """A page of ten thousand devices must not need room for ten thousand."""
    report = on_disk(fleet(300), tmp_path)
    renderer = FORMATS[output_format].renderer
    assert renderer is not None
    gc.collect()
    before, most, length = _in_memory(), 0, 0

    for number, part in enumerate(parts(renderer, report)):
        length += len(part)
        assert len(part) < 200_000
        if number % 40 == 0:
            most = max(most, _in_memory() - before)

    assert length > 10_000
    assert most < 40


def _in_memory() -> int:
    return sum(type(one) is Audited for one in gc.get_objects())


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160, 250])
def test_a_table_that_is_printed_in_pieces_is_the_one_that_is_printed_at_once(width: int) -> None:
    """The widest cell may be in the last row."""
    report = fleet(61)
    long = audited("fw-zzzz-a-very-long-name-of-a-firewall", facts_of("transport=callhome"))
    report = report_of([*report.outcomes, *judged([long], STANDARD)])

    pieces, whole = (_table(report, width, at_once) for at_once in (7, 10_000))

    assert pieces == whole
    assert whole.count("\n") >= 62


def _table(report: Report, width: int, at_once: int) -> str:
    file = io.StringIO()
    print_devices(Console(file=file, width=width), report, at_once=at_once)
    return file.getvalue()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(VALUES)
def test_json_in_parts_is_what_json_makes_of_the_whole(value: Any) -> None:
    """Whatever a device printed, and wherever the open lists are."""
    text = "".join(json_parts.texts(_opened(value)))

    assert text == json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    assert json_parts.plain(_opened(value)) == value


@pytest.mark.parametrize("value", [{"name": "fw-\udc80"}, [2**70, {"\udc80": [1]}], [0.5, 1e22, -0.0]])
def test_what_is_no_text_and_no_number_of_others_is_written_too(value: Any) -> None:
    """A file's name may be any bytes; a report must not fail over one."""
    assert json.loads("".join(json_parts.texts(_opened(value)))) == value


def test_what_is_no_json_is_a_fault_of_ours() -> None:
    """A date that nobody has made words of must not be written as somebody else would."""
    with pytest.raises(TypeError, match="datetime"):
        "".join(json_parts.texts({"now": NOW}))


def _opened(value: Any) -> Any:
    """The value with `Items` in the place of every list."""
    match value:
        case dict():
            return {key: _opened(item) for key, item in value.items()}
        case list():
            return Items(map(_opened, value))
        case _:
            return value


@pytest.mark.parametrize("output_format", FILES)
def test_a_missing_device_is_an_error_before_the_first_part(output_format: Format) -> None:
    """Half a report would pass for one."""
    report = fleet(5)
    short = replace(report, outcomes=_without_last(report.outcomes))
    renderer = FORMATS[output_format].renderer
    assert renderer is not None

    with pytest.raises(ValueError, match="4 outcomes for 5 devices"):
        parts(renderer, short)


def _without_last(outcomes: Sequence[AuditOutcome]) -> Sequence[AuditOutcome]:
    return outcomes[:-1]
