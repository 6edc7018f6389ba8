"""`make audit-deps` without a network: what it makes of pip-audit's document, and of OSV's export."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support import ROOT
from tools import audit_deps
from tools.audit_deps import accepted, in_records, main, pinned

LOCK = f"""\
jinja2==3.1.6 \\
    --hash=sha256:{64 * "0"}
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:{64 * "0"}
typing-extensions==4.16.0 \\
    --hash=sha256:{64 * "0"}
"""


def record(*events: Mapping[str, str], name: str = "jinja2", **more: Any) -> dict[str, Any]:
    package = {"name": name, "ecosystem": "PyPI"}
    affected = {"package": package, "ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}
    return {"id": "GHSA-made-up", "affected": [affected], **more}


def program(folder: Path, *, out: str = "", err: str = "", code: int = 0) -> Path:
    """A pip-audit that says this."""
    (folder / "out").write_text(out)
    (folder / "err").write_text(err)
    path = folder / "pip-audit"
    path.write_text(f"#!/bin/sh\ncat {folder}/out\ncat {folder}/err >&2\nexit {code}\n")
    path.chmod(0o755)
    return path


def asked(folder: Path, audit: Path, *more: str | Path, reasons: str = "") -> int:
    (folder / "some.lock").write_text(LOCK)
    (folder / "accepted").write_text(reasons)
    argv = ["--lock", folder / "some.lock", "--accepted", folder / "accepted", "--pip-audit", audit, *more]
    return main([str(one) for one in argv])


def document(*ids: str, unasked: Sequence[str] = ()) -> str:
    vulnerabilities = [{"id": one, "aliases": [], "fix_versions": []} for one in ids]
    dependencies: list[dict[str, Any]] = [{"name": "jinja2", "version": "3.1.6", "vulns": vulnerabilities}]
    dependencies += [{"name": name, "skip_reason": "not known"} for name in unasked]
    return json.dumps({"dependencies": dependencies})


@pytest.mark.parametrize(
    ("events", "is_affected"),
    [
        ([{"introduced": "0"}], True),
        ([{"introduced": "0"}, {"fixed": "3.1.6"}], False),
        ([{"introduced": "0"}, {"fixed": "3.1.7"}], True),
        ([{"introduced": "3.1.6"}, {"last_affected": "3.1.6"}], True),
        ([{"introduced": "0"}, {"last_affected": "3.1.5"}], False),
        ([{"introduced": "3.2"}], False),
        ([{"fixed": "3.0.2"}, {"introduced": "3.1"}, {"introduced": "0"}, {"fixed": "3.10"}], True),
        ([{"introduced": "of old"}], True),
        ([], False),
    ],
)
def test_a_version_in_a_range_of_a_record_is_affected(
    events: list[dict[str, str]], is_affected: bool
) -> None:
    """3.10 is later than 3.9, events stand in any order, and a range that nobody can read excuses nothing."""
    assert bool(list(in_records([record(*events)], pinned(LOCK)))) is is_affected


def test_a_record_that_was_withdrawn_or_is_of_another_package_says_nothing() -> None:
    records = [
        record({"introduced": "0"}, withdrawn="2026-01-01T00:00:00Z"),
        record({"introduced": "0"}, name="jinja3"),
    ]

    assert list(in_records(records, pinned(LOCK))) == []


def test_the_packages_of_a_lock_are_those_of_this_machine() -> None:
    """A name is one in whichever spelling, and what only Windows gets is asked for there."""
    assert pinned(LOCK) == [("jinja2", "3.1.6"), ("typing-extensions", "4.16.0")]


def test_a_vulnerability_fails_unless_it_is_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit = program(tmp_path, out=document("GHSA-a", "GHSA-b"), code=1)

    code = asked(tmp_path, audit, reasons="# why\nGHSA-a  2026-11-28  no stranger's template is rendered\n")

    out, err = capsys.readouterr()
    assert code == 1
    assert err == "audit-deps: jinja2 3.1.6: GHSA-b; no release is known to fix it\n"
    assert out == "audit-deps: 1 packages, 2 known vulnerabilities, 1 not accepted\n"


def test_what_is_accepted_and_is_gone_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A list that nobody clears comes to hide what is new."""
    code = asked(tmp_path, program(tmp_path, out=document()), reasons="GHSA-a  2026-11-28  once\n")

    assert code == 0
    assert "audit-deps: GHSA-a is accepted and was not found; its line can go\n" in capsys.readouterr().out


def test_what_a_service_has_not_heard_of_is_not_called_clean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Behind a mirror that may be every package, and pip-audit itself says that it found nothing."""
    code = asked(tmp_path, program(tmp_path, out=document(unasked=["a", "b"])))

    out = capsys.readouterr().out
    assert code == 0
    assert "audit-deps: not asked, as the service does not know them: a, b\n" in out
    assert "audit-deps: 1 packages, 0 known" in out


@pytest.mark.parametrize("is_there", [True, False])
def test_one_line_says_that_nobody_was_asked_and_nothing_fails(
    is_there: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No network is no vulnerability."""
    audit = program(tmp_path, err="Traceback\nConnectionError: no way out\n", code=1)

    code = asked(tmp_path, audit if is_there else tmp_path / "none")

    why = "its service was not reached (ConnectionError: no way out)"
    why = why if is_there else "pip-audit is not installed (No such file or directory)"
    assert code == 0
    assert capsys.readouterr().out == f"audit-deps: nobody was asked for known vulnerabilities: {why}\n"


def test_advisories_of_a_file_are_asked_where_no_service_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """OSV's own export, as somebody carried it in."""
    export = tmp_path / "all.zip"
    with zipfile.ZipFile(export, "w") as archive:
        archive.writestr("a.json", json.dumps(record({"introduced": "0"}, {"fixed": "4"}, aliases=["CVE-1"])))

    code = asked(tmp_path, tmp_path / "none", "--advisories", export)

    out, err = capsys.readouterr()
    assert (code, err) == (1, "audit-deps: jinja2 3.1.6: GHSA-made-up, CVE-1; fixed in 4\n")
    assert f"audit-deps: asked {export}, which knows nothing later than its own day\n" in out


@pytest.mark.parametrize(
    "line", ["GHSA-a", "GHSA-a  2026-11-28", "GHSA-a  2026-13-28  x", "GHSA-a 2026-11-28 x"]
)
def test_nothing_is_accepted_without_a_day_and_a_reason(line: str) -> None:
    with pytest.raises(ValueError, match=r"ID  DAY  REASON|month must be"):
        accepted(f"# ids\n{line}\n")


def test_the_list_of_the_project_can_be_read() -> None:
    assert all(accepted((ROOT / ".ci" / "accepted-vulnerabilities.txt").read_text()).values()) is True
    assert audit_deps.ROOT == ROOT
