"""What is looked at again when a device's turn comes: the ledger, the policy, what the plan was used for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from asa_transport.core.judgement.judge import Standard
from asa_transport.core.planning.render import Renderer
from asa_transport.edges import templates
from asa_transport.edges.state.used_plans import mark_used
from asa_transport.flows import inputs, standard
from asa_transport.flows.push_work import Work
from asa_transport.flows.rules_recheck import device_standards
from tests.unit.campaigning import fleet, plan
from tests.unit.judging import NOW

ENTRY = """exceptions:
  - {device: fw-01, until: 2026-12-31T23:59:59Z, owner: kim, ticket: CHG1, reason: upstream,
     added_at: 2026-01-01T00:00:00Z}
"""


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """A push that begins with a policy and an empty ledger."""
    (tmp_path / "policy.yaml").write_text("contact_timeout: 20 s\n")
    inventory = tmp_path / "inventory.yaml"
    return Work(
        plan=plan(*fleet(2)),
        now=NOW,
        inventory_file=inventory,
        judgement=standard.read(inventory, inputs.Files(), now=NOW, is_now_given=False),
        renderer=Renderer(templates.jinja()),
        state=tmp_path / "state",
    )


def test_an_exception_counts_from_the_next_turn_on(work: Work, tmp_path: Path) -> None:
    """A push of a fleet lasts for hours; who answers for a firewall says so in the middle of it."""
    turn = device_standards(work, run="run-1")
    before = turn("fw-01")
    (tmp_path / "exceptions.yaml").write_text(ENTRY)

    after = turn("fw-02")

    assert isinstance(before, Standard)
    assert isinstance(after, Standard)
    assert [one.device for one in (*before.exemptions, *after.exemptions)] == ["fw-01"]


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("exceptions.yaml", "exceptions: [", "exceptions.yaml"),
        ("exceptions.yaml", None, "exceptions.yaml"),
        ("policy.yaml", "contact_timeout: [", "policy.yaml"),
        ("policy.yaml", "contact_timeout: 21 s\n", "the policy has changed"),
        ("policy.yaml", "", "policy"),
        ("policy.yaml", None, "policy"),
    ],
)
def test_rules_that_have_changed_or_are_lost_are_no_permission(
    work: Work, tmp_path: Path, file: str, text: str | None, why: str
) -> None:
    """Unreadable is not empty, and another policy is not the one that was approved."""
    turn = device_standards(work, run="run-1")
    assert isinstance(turn("fw-01"), Standard)

    (tmp_path / file).unlink(missing_ok=True)
    if text is None:
        (tmp_path / file).mkdir()
    else:
        (tmp_path / file).write_text(text)

    said = turn("fw-02")
    assert isinstance(said, str)
    assert why in said


def test_entries_that_vanish_from_the_ledger_are_no_permission(work: Work, tmp_path: Path) -> None:
    """Entries are only ever added and closed: a shorter ledger is another one."""
    (tmp_path / "exceptions.yaml").write_text(ENTRY)
    turn = device_standards(begun_again(work), run="run-1")
    assert isinstance(turn("fw-01"), Standard)
    (tmp_path / "exceptions.yaml").unlink()

    said = turn("fw-02")

    assert isinstance(said, str)
    assert "exceptions file were removed" in said


def begun_again(work: Work) -> Work:
    return replace(
        work, judgement=standard.read(work.inventory_file, inputs.Files(), now=NOW, is_now_given=False)
    )


def test_a_ledger_whose_link_leads_nowhere_is_not_an_empty_one(work: Work, tmp_path: Path) -> None:
    """A share that is not mounted must not look like a fleet without exceptions."""
    turn = device_standards(work, run="run-1")
    (tmp_path / "exceptions.yaml").symlink_to(tmp_path / "nowhere")

    said = turn("fw-01")

    assert isinstance(said, str)
    assert "leads nowhere" in said


def test_what_another_run_has_pushed_meanwhile_is_refused(work: Work) -> None:
    """A run that was cut leaves devices that the same plan may have been used for since."""
    mark_used(work.state, work.plan.digest, "fw-01", run="run-2", at=NOW)
    mark_used(work.state, work.plan.digest, "fw-02", run="run-1", at=NOW)
    turn = device_standards(work, run="run-1")

    said = turn("fw-01")

    assert isinstance(said, str)
    assert "run run-2 pushed it" in said
    assert isinstance(turn("fw-02"), Standard)
