"""Files that somebody else may have laid: state that anybody may write, a run that is a link."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fleet.hands import callhome
from tests.support import QUICK, cli, fleet_of


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o702])
@pytest.mark.parametrize("opened", ["state", "state/runs"])
def test_a_state_directory_that_anybody_may_write_is_refused(tmp_path: Path, mode: int, opened: str) -> None:
    """Who can write there exchanges a run, a lock or the history; nobody is contacted before that is seen."""
    state = tmp_path / "state"
    with fleet_of(callhome("fw-a")) as fleet:
        files = fleet.write(tmp_path)
        words: list[str | Path] = ["-i", files.inventory, "--state-dir", state, *QUICK]
        cli("plan", *words, "-o", tmp_path / "plan.json")
        fleet.reset_transcripts()
        (tmp_path / opened).chmod(mode)
        audited = cli("audit", *words)
        pushed = cli("push", tmp_path / "plan.json", *words)
        typed = list(fleet["fw-a"].typed)

    said = f"error: {tmp_path / opened}: anybody may write here, so nothing that is kept can be trusted; "
    assert (audited.code, pushed.code, typed) == (2, 2, [])
    assert audited.err.startswith(said)
    assert pushed.err.startswith(said)


def test_a_state_directory_that_is_a_link_to_a_private_one_is_taken(tmp_path: Path) -> None:
    """An operator moves it to another disk; what counts is who may write there."""
    (tmp_path / "disk").mkdir(mode=0o700)
    (tmp_path / "state").symlink_to(tmp_path / "disk")
    with fleet_of({"name": "fw-a"}) as fleet:
        files = fleet.write(tmp_path)
        ended = cli(
            "audit", "-i", files.inventory, "--state-dir", tmp_path / "state", "--format", "json", *QUICK
        )

    assert ended.device("fw-a")["outcome"] == "audited"
    (run,) = (tmp_path / "disk" / "runs").iterdir()
    assert json.loads((run / "audit.json").read_text())["run"]["id"] == run.name
