"""The metrics file: whole, readable for its reader, and what Prometheus takes."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from asa_transport.core.reports.metrics import families
from asa_transport.edges.notify import textfile
from asa_transport.errors import UserError
from asa_transport.model import MetricFamily, Sample
from tests.support import tool
from tests.unit.reporting import every_kind

FAMILY = MetricFamily(
    name="asa_x", help="X.", labels=("device",), samples=(Sample(labels={"device": "a"}, value=1),)
)


def of_every_kind() -> tuple[MetricFamily, ...]:
    report = every_kind()
    return families(report, inventory=report.devices, previous=(), catalogue_version="1", told={"ops": False})


def test_promtool_has_nothing_to_say_of_the_file(tmp_path: Path) -> None:
    """Names, help and types are what Prometheus' own linter expects."""
    path = tmp_path / "asa.prom"
    textfile.write(path, of_every_kind())

    done = subprocess.run(
        [tool("promtool", "prometheus"), "check", "metrics"],
        input=path.read_bytes(),
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """What was known of a device that fails tonight comes from this file alone."""
    path = tmp_path / "asa.prom"
    written = of_every_kind()

    textfile.write(path, written)

    read = {family.name: family.samples for family in textfile.read(path)}
    assert read == {family.name: family.samples for family in written}


def test_the_file_is_for_all_to_read_whatever_the_umask(tmp_path: Path) -> None:
    """node_exporter is another user; a service with UMask=0077 would shut it out."""
    path = tmp_path / "asa.prom"
    before = os.umask(0o077)

    try:
        textfile.write(path, [FAMILY])
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    """Half a file would be no file to node_exporter."""
    path = tmp_path / "asa.prom"
    textfile.write(path, [FAMILY])
    broken = MetricFamily(name="asa_y", help="Y.", samples=(Sample(value=1),), labels=("missing",))

    with pytest.raises(KeyError):
        textfile.write(path, [broken])

    assert [family.name for family in textfile.read(path)] == ["asa_x"]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "content", [b"asa_x{", b"asa_x 1 2 3 4\n}{", b"\xff\xfe", b"asa_x one\n", b'asa_x{a="1} 1']
)
def test_a_file_that_is_none_of_ours_is_a_fault_with_words(tmp_path: Path, content: bytes) -> None:
    """It must not end the run in a traceback: the report is worth more."""
    path = tmp_path / "asa.prom"
    path.write_bytes(content)

    with pytest.raises(ValueError, match=r"text format|codec"):
        textfile.read(path)


def test_where_no_file_can_be_is_said_before_the_run(tmp_path: Path) -> None:
    """A night's run whose metrics nobody can write is found in the evening."""
    with pytest.raises(UserError, match="there is no directory"):
        textfile.check(tmp_path / "none" / "asa.prom")
    with pytest.raises(UserError, match="expected a file"):
        textfile.check(tmp_path)
