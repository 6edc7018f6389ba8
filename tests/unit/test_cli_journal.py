"""`asa-transport journal verify`: one line a fact, and an exit code that a script can trust."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from asa_transport.core.documents import journal
from asa_transport.edges.secrets import signatures
from asa_transport.model import Resumed
from tests.support import cli
from tests.unit.journaling import EVENTS, lines, written
from tests.unit.signing import allowed, fingerprint, key_of, public

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
    assert f"chain      good: {len(EVENTS)} records hold" in ended.out
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


def test_a_signature_is_checked_for_integrity_and_said_to_be_no_more(tmp_path: Path) -> None:
    """Anybody can sign with some key."""
    folder = kept(tmp_path, push=document())
    key = key_of(tmp_path, "ann")
    signatures.sign_file(folder / "journal.jsonl", key, signatures.JOURNAL_NAMESPACE)

    ended = cli("journal", "verify", folder)

    assert ended.code == 0
    assert f"signature  good: made by the key {fingerprint(key)}" in ended.out
    assert "integrity only" in ended.out


@pytest.mark.parametrize(
    ("signer", "option", "code", "said"),
    [
        ("ann", "", 0, "signature  good: by ann@example.net, with the key SHA256:"),
        # Such a date is one of this machine's zone, and these hold in every zone.
        ("ann", 'valid-before="20260114"', 0, "signature  good"),
        ("ann", 'valid-before="20260111"', 8, "signature  wrong: not valid"),
        ("ann", 'namespaces="git"', 8, "signature  wrong: not valid"),
        ("eve", "", 8, "signature  wrong: not valid"),
        (None, "", 8, "signature  wrong: there is none"),
    ],
)
def test_who_signed_is_told_by_the_allowed_signers(
    tmp_path: Path, signer: str | None, option: str, code: int, said: str
) -> None:
    """With the file given, a journal without a good signature is not accepted."""
    folder = kept(tmp_path)
    keys = {name: key_of(tmp_path, name) for name in ("ann", "eve")}
    if signer is not None:
        signatures.sign_file(folder / "journal.jsonl", keys[signer], signatures.JOURNAL_NAMESPACE)
    signers = allowed(tmp_path, f"ann@example.net {option} {public(keys['ann'])}")

    ended = cli("journal", "verify", folder, "--allowed-signers", signers)

    assert ended.code == code
    assert said in ended.out


@pytest.mark.parametrize("is_known", [False, True])
def test_a_signature_over_an_older_journal_is_not_valid(tmp_path: Path, is_known: bool) -> None:
    """A resume without the key added records that nobody signed."""
    folder = kept(tmp_path)
    key = key_of(tmp_path, "ann")
    signatures.sign_file(folder / "journal.jsonl", key, signatures.JOURNAL_NAMESPACE)
    longer = written((*EVENTS, Resumed(operator="kim@jump-1", tool_version="0.0.0"), EVENTS[-1]))
    (folder / "journal.jsonl").write_bytes(longer)
    signers = ("--allowed-signers", allowed(tmp_path, f"ann {public(key)}")) if is_known else ()

    ended = cli("journal", "verify", folder, *signers)

    assert ended.code == 8
    assert (
        f"signature  wrong: not valid: it is over an older journal, the first {len(EVENTS)} lines"
        in ended.out
    )


def test_a_signature_shows_what_was_cut_or_made_anew(tmp_path: Path) -> None:
    """Where somebody could rewrite journal and push.json alike, only the key is left."""
    folder = kept(tmp_path)
    signatures.sign_file(folder / "journal.jsonl", key_of(tmp_path, "ann"), signatures.JOURNAL_NAMESPACE)

    for forged in (lines()[:-1], lines((EVENTS[0], EVENTS[-1]))):
        (folder / "journal.jsonl").write_bytes(b"".join(forged))
        head = journal.read(b"".join(forged)).head
        (folder / "push.json").write_text(json.dumps(document(head, len(forged))))
        ended = cli("journal", "verify", folder)

        assert ended.code == 8
        assert "push.json  good" in ended.out
        assert "signature  wrong: not valid" in ended.out
