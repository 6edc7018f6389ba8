"""`asa-transport approve`: a person sees what they sign, and signs nothing else."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from asa_transport.core.documents import plan as plan_document
from asa_transport.core.planning.approvals import signed_text
from asa_transport.edges.secrets import signatures
from asa_transport.edges.secrets.operator import login_name, names
from asa_transport.model import Plan
from tests.support import Ended, cli
from tests.unit.planning import audited, plan_of
from tests.unit.signing import fingerprint, key_of

PLAN = plan_of([audited(f"fw{number}", "transport=callhome") for number in range(1, 9)])


def written(folder: Path, plan: Plan = PLAN) -> Path:
    path = folder / "plan.json"
    path.write_text(plan_document.text(plan))
    return path


def approve(*arguments: str | Path, now: str = f"{PLAN.created_at:%Y-%m-%dT%H:%M:%SZ}") -> Ended:
    return cli("approve", *arguments, "--now", now)


def test_an_approval_signs_the_digest_and_shows_what_it_is_for(tmp_path: Path) -> None:
    """The default name is the one that a push looks for."""
    key = key_of(tmp_path, "ann")
    path = tmp_path / f"plan.json.{login_name()}.sig"

    ended = approve(written(tmp_path), "--key", key)

    assert ended.code == 0
    assert PLAN.digest in ended.out
    assert "goal expected" in ended.out
    assert "8 to change, 0 held, 0 as they are" in ended.out
    assert f"signed with {fingerprint(key)}: {path}" in ended.out
    made = path.read_bytes()
    assert signatures.check(signed_text(PLAN.digest), made, signatures.PLAN_NAMESPACE) == fingerprint(key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_an_approval_can_be_written_elsewhere_and_again(tmp_path: Path) -> None:
    """The plan may lie where the approver cannot write."""
    key, path = key_of(tmp_path, "ann"), tmp_path / "mine.sig"

    for _ in range(2):
        assert approve(written(tmp_path), "--key", key, "-o", path).code == 0

    assert path.read_bytes().startswith(signatures.BEGIN)


def test_a_plan_that_may_not_be_pushed_is_not_approved(tmp_path: Path) -> None:
    """What was altered or is expired needs a new plan, not a signature."""
    key = key_of(tmp_path, "ann")
    expired = approve(written(tmp_path), "--key", key, now="2036-01-01T00:00:00Z")
    path = written(tmp_path)
    path.write_text(path.read_text().replace("fw1", "fw9", 1))
    altered = approve(path, "--key", key)

    assert (expired.code, altered.code) == (7, 7)
    assert not list(tmp_path.glob("*.sig"))


@pytest.mark.parametrize("key", ["nothing", "plan.json"])
def test_a_key_that_cannot_sign_leaves_nothing_behind(tmp_path: Path, key: str) -> None:
    """One message, exit code 2, and no empty signature that a push would trip over."""
    ended = approve(written(tmp_path), "--key", tmp_path / key)

    assert ended.code == 2
    assert f"error: {tmp_path / key}" in ended.err
    assert not list(tmp_path.glob("*.sig"))


def test_the_plan_is_not_overwritten_by_its_signature(tmp_path: Path) -> None:
    """A slip of `-o` must not destroy what was approved."""
    path = written(tmp_path)

    ended = approve(path, "--key", key_of(tmp_path, "ann"), "-o", path)

    assert ended.code == 2
    assert path.read_text() == plan_document.text(PLAN)


def test_the_operator_has_every_name_that_the_machine_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """An approval by one's own account does not count after `sudo` either."""
    monkeypatch.setenv("SUDO_USER", "kim")
    monkeypatch.setenv("USER", "")

    assert {login_name(), "kim"} <= names()
    assert "" not in names()
