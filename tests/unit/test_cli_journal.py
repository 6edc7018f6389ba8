"""`asa-transport journal verify`: one line a fact, and an exit code that a script can trust."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from asa_transport.core import journal
from tests.support import cli
from tests.unit.journaling import EVENTS, lines, written

RUN = "20260112T130000Z-4f1c"
WHOLE = written()
HEAD = journal.read(WHOLE).head


def kept(state: Path, data: bytes = WHOLE, run: str = RUN, push: object = None) -> Path:
    """Keep a journal as a run has it, and return its folder."""
    folder = state / "runs" / run
    folder.mkdir(parents=True)
    (folder / "journal.jsonl").write_bytes(data)
    if push is not None:
        (folder / "push.json").write_text(json.dumps(push))
    return folder


def document(head: str = HEAD, records: int = len(EVENTS)) -> dict[str, object]:
    return {"journal": {"head": head, "records": records}}


def test_a_whole_journal_is_said_to_be_whole(tmp_path: Path) -> None:
    """Each fact has a line of its own, for a ticket."""
    kept(tmp_path, push=document())

    ended = cli("journal", "verify", "--state-dir", tmp_path)

    assert ended.code == 0
    assert f"{HEAD}\n" in ended.out
    assert "chain      good: 7 records hold" in ended.out
    assert "end        good: the push was over, with exit code 0" in ended.out
    assert f"push.json  good: it names the same head, {HEAD}" in ended.out


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (WHOLE.replace(b"kim@", b"eve@"), "chain      wrong: broken after 0 records"),
        (b"".join(lines()[:-1]), "push.json  wrong"),
        (WHOLE[:-1], "push.json  wrong"),
        (b"", "chain      wrong: no record"),
    ],
    ids=["altered", "cut", "cut by its newline", "emptied"],
)
def test_an_altered_journal_needs_a_person(tmp_path: Path, data: bytes, said: str) -> None:
    """Exit code 8 is the same as for a device whose state nobody knows."""
    kept(tmp_path, data, push=document())

    ended = cli("journal", "verify", RUN, "--state-dir", tmp_path)

    assert ended.code == 8
    assert said in ended.out


def test_a_journal_without_anything_to_compare_with_says_so(tmp_path: Path) -> None:
    """After a crash there is no push.json; a check that was not made is not passed."""
    folder = kept(tmp_path, WHOLE[:-20])

    ended = cli("journal", "verify", folder)

    assert ended.code == 0
    assert "end        not-checked" in ended.out
    assert "push.json  not-checked: there is none" in ended.out


def test_the_last_pushed_run_is_meant_where_none_is_named(tmp_path: Path) -> None:
    """Audits come in between and have no journal."""
    kept(tmp_path, WHOLE.replace(b"kim@", b"eve@"), run="20260111T000000Z-0000")
    kept(tmp_path)
    (tmp_path / "runs" / "20260113T000000Z-ffff").mkdir()

    ended = cli("journal", "verify", "--state-dir", tmp_path, "--format", "json")

    assert ended.document["run"] == RUN
    assert ended.document["exit_code"] == ended.code == 0
    assert (ended.document["head"], ended.document["records"]) == (HEAD, len(EVENTS))
    assert [check["check"] for check in ended.document["checks"]][:3] == ["chain", "end", "push.json"]


@pytest.mark.parametrize("run", [(), ("last",), ("20260112T130000Z-4f1c",)])
def test_a_journal_that_is_not_there_is_a_usage_error(tmp_path: Path, run: tuple[str, ...]) -> None:
    """The message says where it was looked for."""
    ended = cli("journal", "verify", *run, "--state-dir", tmp_path)

    assert ended.code == 2
    assert str(tmp_path / "runs") in ended.err
    assert "push" in ended.err


def test_hostile_text_in_a_journal_does_not_reach_the_terminal(tmp_path: Path) -> None:
    """Whoever altered it may have written escapes."""
    kept(tmp_path, b'{"event":"\x1b]0;x\x07"}\n' + b'{"seq":"\xc2\x9b31m"}\n')

    for shape in ("table", "json"):
        ended = cli("journal", "verify", "--state-dir", tmp_path, "--format", shape)

        assert ended.code == 8
        assert "\x1b" not in ended.out
        assert "\x9b" not in ended.out
