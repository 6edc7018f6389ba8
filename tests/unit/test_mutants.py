"""`make mutants` tells per room how many changed lines the tests notice."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support import ROOT
from tools.mutants import ROOMS, table, tally


def test_a_change_that_no_test_runs_is_not_noticed(tmp_path: Path) -> None:
    """Else a room without tests would have the best score."""
    kept = tmp_path / "asa_transport" / "core" / "planning" / "units.py.meta"
    kept.parent.mkdir(parents=True)
    # Noticed, survived, in no test, out of time, not tried.
    codes = {f"x_twins__mutmut_{number}": code for number, code in enumerate((1, 0, 33, 36, None))}
    kept.write_text(json.dumps({"exit_code_by_key": codes}))

    found = tally(tmp_path)

    assert found["planning"] == {"noticed": 2, "survived": 1, "no test": 1, "not tried": 1}
    (line,) = [line for line in table(found) if line.startswith("planning")]
    assert line.split() == ["planning", "2", "1", "1", "1", "50%"]


def test_every_room_is_there() -> None:
    """A room that was moved would have no changes, and no survivors."""
    assert all(list(ROOT.glob(f"{begin}*")) for begins in ROOMS.values() for begin in begins)
