"""One function writes every format: each is whole, each refuses a missing device."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from asa_transport.cli.views.formats import render
from asa_transport.core.reports.formats import FORMATS, Format
from asa_transport.model import Stage
from tests.unit.reporting import RUN, every_kind, missed, one, with_one_too_few

MACHINE = tuple(name for name in Format if name is not Format.TABLE)


def written(name: Format) -> str:
    file = io.StringIO(newline="")
    render(name, file, every_kind())
    return file.getvalue()


def test_every_format_but_the_table_has_a_renderer() -> None:
    """A member of `Format` without a row would fail after ten minutes of auditing."""
    assert list(FORMATS) == list(Format)
    assert [name for name, row in FORMATS.items() if row.renderer is None] == [Format.TABLE]


@pytest.mark.parametrize("name", Format)
def test_every_format_names_every_device(name: Format) -> None:
    """A device silently missing from a report is the second worst thing."""
    report, file = every_kind(), io.StringIO()

    render(name, file, report, no_color=True)

    assert [device.name for device in report.devices if device.name not in file.getvalue()] == []


@pytest.mark.parametrize("name", Format)
def test_every_format_refuses_fewer_outcomes_than_devices_and_writes_nothing(name: Format) -> None:
    """Half a report that looks whole is worse than none."""
    file = io.StringIO()

    with pytest.raises(ValueError, match="not matched"):
        render(name, file, with_one_too_few(every_kind()), no_color=True)

    assert file.getvalue() == ""


@pytest.mark.parametrize("name", MACHINE)
def test_what_programs_read_is_utf_8_whatever_the_locale_says(name: Format) -> None:
    """An audit of ten minutes must not be lost to `LC_ALL=C`, nor to a file name that is not UTF-8."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    report = one(missed("fw1", Stage.CONNECT, "« refused »"))

    render(name, file, replace(report, run=replace(RUN, inventory="inv\udce9.yaml")))
    file.flush()

    assert "« refused »" in raw.getvalue().decode("utf-8").replace("\\xa0", " ")


def test_the_json_formats_and_junit_parse() -> None:
    """The parsers of the standard library are the least that must take them."""
    texts = {name: written(name) for name in MACHINE}

    assert json.loads(texts[Format.JSON])["schema"] == "asa-transport/audit/1"
    assert json.loads(texts[Format.SARIF])["version"] == "2.1.0"
    assert {json.loads(line)["outcome"] for line in texts[Format.JSONL].splitlines()} == {
        "audited",
        "not-audited",
    }
    assert ET.fromstring(texts[Format.JUNIT].encode()).tag == "testsuites"
