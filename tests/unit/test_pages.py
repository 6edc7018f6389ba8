"""Pages that are made from the code say what the code says, and one that lags behind is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from asa_transport.cli.schemas import SCHEMAS
from asa_transport.core.reports.formats import Format
from tests.support import ROOT
from tools.formats import FILES, SAMPLES, filled
from tools.pages import PAGES, main, stale


def test_every_made_page_is_as_the_code_makes_it() -> None:
    """`make pages` writes them anew."""
    assert [str(path) for path, _ in stale(ROOT)] == [], "run 'make pages'"


def test_a_stale_page_is_named_and_then_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One of each kind: changed, missing, and of a schema that is gone."""
    for path in PAGES:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    formats = tmp_path / "docs" / "formats.md"
    kept = formats.read_text()
    formats.write_text(kept.replace("fw-par-01", "fw-rom-01"))
    (tmp_path / "docs" / "schemas" / "audit.json").unlink()
    (tmp_path / "docs" / "schemas" / "gone.json").write_text("{}\n")

    assert main(["--check"], tmp_path) == 1
    named = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert named == ["docs/formats.md", "docs/schemas/audit.json", "docs/schemas/gone.json"]
    assert formats.read_text() != kept

    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    assert formats.read_text() == kept


def test_every_format_and_schema_is_on_the_page_of_formats() -> None:
    """A new one is shown from its first day; of a page of HTML a picture is shown."""
    assert {one.value for one in Format} - {"html"} <= set(SAMPLES)
    assert list(FILES) == list(SCHEMAS)


def test_a_page_that_lost_a_made_part_is_an_error() -> None:
    """Else the part would be missed by nobody."""
    page = (ROOT / "docs" / "formats.md").read_text()

    with pytest.raises(ValueError, match="expected"):
        filled(page.replace("<!-- made: columns -->", ""))


def test_what_limits_the_figures_is_said_as_the_benchmark_would_write_it() -> None:
    """Measuring takes an hour; what `limits.md` says may be newer than the figures above it."""
    limits = (ROOT / "tests" / "benchmarks" / "limits.md").read_text()

    assert (ROOT / "docs" / "performance.md").read_text().endswith(f"\n{limits.rstrip()}\n")
