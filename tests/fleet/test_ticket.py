"""`asa-transport ticket` on a real plan of the mock fleet, on its run, and where it must refuse."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from asa_transport.core.documents import plan as plan_document
from asa_transport.model import Goal
from tests.fleet.hands import callhome, smart
from tests.support import QUICK, cli, fleet_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan of the mock fleet, and the state directory with its run."""

    plan: Path
    state: Path

    @property
    def run(self) -> str:
        return plan_document.read(self.plan.read_text()).run


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planned]:
    directory = tmp_path_factory.mktemp("ticket")
    # It takes no connection.
    lost = {"name": "fw-lost", "faults": [{"action": "refuse"}]}
    devices = (callhome("fw-a"), callhome("fw-b"), smart("fw-c"), lost)
    with fleet_of(*devices) as fleet:
        files = fleet.write(directory)
        plan, state = directory / "plan.json", directory / "state"
        ended = cli("plan", "-i", files.inventory, "-o", plan, "--state-dir", state, "-q", *QUICK)
        assert plan.exists(), ended.err
        yield Planned(plan=plan, state=state)


def test_the_ticket_of_a_real_plan_is_whole(planned: Planned, tmp_path: Path) -> None:
    """From a fleet to a folder that can be attached."""
    ended = cli("ticket", planned.plan, "-o", tmp_path / "change", "--state-dir", planned.state)

    plan = plan_document.read(planned.plan.read_text())
    folder = tmp_path / "change"
    document = json.loads((folder / "ticket.json").read_text())
    assert ended.code == 0, ended.err
    assert [device.name for device in plan.devices] == ["fw-a", "fw-b"]
    for device in plan.devices:
        assert (folder / "diffs" / f"{device.name}.diff").read_text() == device.diff
        assert (folder / "rollback" / f"{device.name}.txt").read_text().splitlines() == list(device.rollback)
        assert "Callhome" in (folder / "evidence" / device.name / "show_license_all.txt").read_text()
    assert plan.digest in (folder / "ticket.md").read_text()
    assert "2 devices get these" in (folder / "ticket.md").read_text()
    assert [one["name"] for one in document["not_audited"]] == ["fw-lost"]
    assert {row["rule"] for row in document["risk"]} >= {"AT101"}


def test_the_same_plan_twice_is_the_same_zip(planned: Planned, tmp_path: Path) -> None:
    """Byte for byte, wherever and whenever it is made."""
    for name in ("one", "two"):
        ended = cli("ticket", planned.plan, "-o", tmp_path / name, "--zip", "--state-dir", planned.state)
        assert ended.code == 0, ended.err

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        inside = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    folder = tmp_path / "one"
    on_disk = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert inside == on_disk


def test_a_run_has_a_ticket_without_anything_to_send(planned: Planned, tmp_path: Path) -> None:
    """What was found, for a ticket that asks for a decision first."""
    by_id = cli("ticket", planned.run, "-o", tmp_path / "one", "--state-dir", planned.state)
    last = cli("ticket", "last", "-o", tmp_path / "two", "--state-dir", planned.state)

    assert (by_id.code, last.code) == (0, 0), by_id.err + last.err
    assert not (tmp_path / "one" / "diffs").exists()
    assert "AT101" in (tmp_path / "one" / "ticket.md").read_text()
    assert (tmp_path / "one" / "evidence" / "fw-c").is_dir()
    assert (tmp_path / "one" / "ticket.html").read_bytes() == (tmp_path / "two" / "ticket.html").read_bytes()


def test_a_plan_whose_run_is_elsewhere_is_told_so(planned: Planned, tmp_path: Path) -> None:
    """The approver sees that evidence is missing, the operator how to add it."""
    ended = cli("ticket", planned.plan, "-o", tmp_path / "change", "--state-dir", tmp_path / "state")

    assert ended.code == 0
    assert "--state-dir" in ended.err
    assert "was not at hand" in (tmp_path / "change" / "ticket.md").read_text()


def test_an_altered_plan_gets_no_ticket(planned: Planned, tmp_path: Path) -> None:
    """Nobody approves what nobody planned."""
    altered = tmp_path / "plan.json"
    altered.write_text(planned.plan.read_text().replace("transport type smart", "transport type onprem", 1))

    ended = cli("ticket", altered, "-o", tmp_path / "change", "--state-dir", planned.state)

    assert ended.code == 7
    assert "altered" in ended.err
    assert not (tmp_path / "change").exists()


@pytest.mark.parametrize("what", ["filled folder", "file", "no such run", "no plan"])
def test_what_cannot_be_made_leaves_everything_as_it_was(planned: Planned, tmp_path: Path, what: str) -> None:
    """A message that names the place, exit code 2 or 7, and nothing half written."""
    directory, subject = tmp_path / "change", str(planned.plan)
    if what == "filled folder":
        directory.mkdir()
        (directory / "note").write_text("mine")
    elif what == "file":
        directory.write_text("mine")
    elif what == "no such run":
        subject = "20010101T000000Z-0000"
    else:
        subject = str(tmp_path / "note.json")
        Path(subject).write_text("[]")
    before = sorted(tmp_path.rglob("*"))

    ended = cli("ticket", subject, "-o", directory, "--state-dir", planned.state)

    assert ended.code == (7 if what == "no plan" else 2), ended.err
    assert ended.err.startswith("error: ")
    assert sorted(tmp_path.rglob("*")) == before


def test_own_templates_make_the_page_and_a_broken_one_makes_nothing(planned: Planned, tmp_path: Path) -> None:
    """A company has its own page; a word that nobody gave is an error there, too."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "ticket.html.j2").write_text("<title>{{ ticket.title }}</title>")
    given = ("ticket", planned.plan, "--state-dir", planned.state, "--templates")

    made = cli(*given, own, "-o", tmp_path / "one")
    (own / "ticket.html.j2").write_text("{{ tikcet.title }}")
    broken = cli(*given, own, "-o", tmp_path / "two")
    missing = cli(*given, tmp_path / "nowhere", "-o", tmp_path / "two")

    assert made.code == 0, made.err
    assert (tmp_path / "one" / "ticket.html").read_text().startswith("<title>Give 2 firewalls")
    assert (broken.code, missing.code) == (2, 2)
    assert "tikcet" in broken.err
    assert not (tmp_path / "two").exists()


def test_an_empty_folder_is_filled(planned: Planned, tmp_path: Path) -> None:
    """`mkdir` and then `-o` is what many people do."""
    (tmp_path / "change").mkdir()

    ended = cli("ticket", planned.plan, "-o", tmp_path / "change", "--state-dir", planned.state)

    assert ended.code == 0, ended.err
    assert (tmp_path / "change" / "ticket.md").is_file()


def test_goals_are_told_apart_in_the_title(planned: Planned, tmp_path: Path) -> None:
    """The first line of a ticket is what a change board reads."""
    plan = plan_document.read(planned.plan.read_text())

    cli("ticket", planned.plan, "-o", tmp_path / "change", "--state-dir", planned.state)

    assert plan.goal is Goal.EXPECTED
    first = (tmp_path / "change" / "ticket.md").read_text().splitlines()[0]
    assert first == "# Give 2 firewalls the licensing transport that the inventory expects"
