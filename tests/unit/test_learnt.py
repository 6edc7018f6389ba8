"""What was learnt of a release makes a prediction right or a verdict more careful, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.asa.license_block import Layout, applied, matches_prediction, state_of
from asa_transport.asa.licensing import HEAD, NO_PROXY, is_transport_line
from asa_transport.core.documents import learnt as document
from asa_transport.core.documents.records import WireError
from asa_transport.core.judgement.cases.learnt import ACTING, as_known, layout, of_release
from asa_transport.core.planning.license_change import transport_default
from asa_transport.errors import UserError
from asa_transport.flows import learnt
from asa_transport.model import (
    Check,
    CheckVerdict,
    Effect,
    Examined,
    Learnt,
    TransportSource,
    TransportType,
)
from tests.unit.judging import facts_of

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
SMART, CALLHOME = " transport type smart", " transport type callhome"
PROXY = " transport proxy proxy.example.net port 8080"
TIER, LEVEL = " feature tier standard", " throughput level 1G"
ENTRY = Learnt(
    release="9.22(2)14", id="default-line-hidden", value="smart", device="fw-1", seen="s", by="ann@h", at=NOW
)
LAYOUTS = st.builds(
    Layout,
    shows_default=st.booleans(),
    ahead_of=st.sampled_from([None, "feature", "throughput", "privacy"]),
    is_proxy_first=st.booleans(),
)


@given(
    printed=LAYOUTS,
    others=st.lists(st.sampled_from([TIER, LEVEL, " privacy hostname"]), unique=True),
    there=st.lists(st.sampled_from([SMART, PROXY]), unique=True),
    lines=st.lists(st.sampled_from([SMART, CALLHOME, PROXY, NO_PROXY]), min_size=1),
    default=st.sampled_from(TransportType),
)
def test_a_layout_moves_lines_and_changes_no_meaning(
    printed: Layout, others: list[str], there: list[str], lines: list[str], default: TransportType
) -> None:
    """What a push proves is the same with and without what was learnt."""
    block, change = (HEAD, *others, *there), (HEAD, *lines)

    plain, learnt_of = applied(block, change, default), applied(block, change, default, printed)

    assert state_of(learnt_of, default) == state_of(plain, default)
    assert matches_prediction(learnt_of, plain, default=default)
    kept = [line for line in learnt_of if not is_transport_line(line)]
    assert kept == [HEAD, *others]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (Layout(), (HEAD, TIER, LEVEL, CALLHOME, PROXY)),
        (Layout(ahead_of="feature"), (HEAD, CALLHOME, PROXY, TIER, LEVEL)),
        (Layout(ahead_of="throughput"), (HEAD, TIER, CALLHOME, PROXY, LEVEL)),
        (Layout(ahead_of="privacy"), (HEAD, TIER, LEVEL, CALLHOME, PROXY)),
        (Layout(is_proxy_first=True), (HEAD, TIER, LEVEL, PROXY, CALLHOME)),
        (Layout(is_proxy_first=True, ahead_of="feature"), (HEAD, PROXY, CALLHOME, TIER, LEVEL)),
    ],
)
def test_a_new_line_is_predicted_where_the_release_prints_it(
    printed: Layout, expected: tuple[str, ...]
) -> None:
    block = (HEAD, TIER, LEVEL)

    for lines in ((PROXY, CALLHOME), (CALLHOME, PROXY)):
        assert applied(block, (HEAD, *lines), TransportType.SMART, printed) == expected


def test_a_default_that_the_release_prints_is_predicted() -> None:
    block = (HEAD, TIER, CALLHOME)

    assert applied(block, (HEAD, SMART), TransportType.SMART) == (HEAD, TIER)
    shown = applied(block, (HEAD, SMART), TransportType.SMART, layout([ENTRY]))
    assert shown == (HEAD, TIER, SMART)


def test_only_the_release_itself_is_meant_whatever_its_spelling() -> None:
    assert of_release([ENTRY], "9.22(2.14)") == of_release([ENTRY], "9.22.2.14") == (ENTRY,)
    assert of_release([ENTRY], "9.22(2)15") == of_release([ENTRY], None) == of_release([ENTRY], "soon") == ()


def test_a_disproved_default_takes_away_what_rests_on_it_and_no_word_of_the_device() -> None:
    entry = replace(ENTRY, id="default-transport", value="callhome")
    said = facts_of("version=9.22(2)14")
    guessed = replace(said, transport=replace(said.transport, source=TransportSource.VERSION))

    assert as_known(said, [entry]).transport == said.transport
    assert as_known(guessed, [entry]).transport.type is None
    assert transport_default(replace(said, license_block=(HEAD, SMART))) is TransportType.SMART
    assert transport_default(as_known(replace(said, license_block=(HEAD, SMART)), [entry])) is None
    assert as_known(guessed, []) == guessed


# ------------------------------------------------------------------------------- what is kept


def examined(
    name: str, verdict: CheckVerdict, value: str | None = None, version: str = "9.22(2)14"
) -> Examined:
    check = Check(
        id="transport-lines-last", assumption="a", source="s", verdict=verdict, seen="seen", evidence=(),
        consequence=None, effect=Effect.PREDICTS, value=value,
    )  # fmt: skip
    return Examined(name=name, host="h", version=version, model="ASAv", checks=(check,))


def taught(state: Path, *found: Examined, at: datetime = NOW) -> learnt.Lesson:
    return learnt.learn(state, found, by="ann@h", at=at)


def test_a_difference_is_kept_with_who_saw_it_where_and_when(tmp_path: Path) -> None:
    lesson = taught(tmp_path, examined("fw-2", CheckVerdict.DIFFERS, "feature"))

    (entry,) = learnt.known(tmp_path)
    assert lesson.added == (entry,)
    assert (entry.release, entry.value, entry.device, entry.by, entry.at) == (
        "9.22(2)14", "feature", "fw-2", "ann@h", NOW,
    )  # fmt: skip
    assert (tmp_path / "learnt.json").stat().st_mode & 0o077 == 0


def test_what_is_seen_again_stays_as_it_was_first_seen(tmp_path: Path) -> None:
    taught(tmp_path, examined("fw-2", CheckVerdict.DIFFERS, "feature"))

    again = taught(tmp_path, examined("fw-1", CheckVerdict.DIFFERS, "feature"), at=NOW + timedelta(days=1))

    assert again == learnt.Lesson()
    assert learnt.known(tmp_path)[0].device == "fw-2"


@pytest.mark.parametrize(
    "found",
    [
        (examined("fw-1", CheckVerdict.HOLDS),),
        (examined("fw-1", CheckVerdict.HOLDS), examined("fw-2", CheckVerdict.DIFFERS, "feature")),
        (
            examined("fw-1", CheckVerdict.DIFFERS, "privacy"),
            examined("fw-2", CheckVerdict.DIFFERS, "feature"),
        ),
    ],
)
def test_what_holds_or_is_contradicted_is_kept_no_longer(found: tuple[Examined, ...], tmp_path: Path) -> None:
    """One odd firewall must not decide what is predicted of a whole release."""
    taught(tmp_path, examined("fw-2", CheckVerdict.DIFFERS, "feature"))

    lesson = taught(tmp_path, *found)

    assert [entry.value for entry in lesson.removed] == ["feature"]
    assert learnt.known(tmp_path) == ()


def test_what_tells_nothing_changes_nothing(tmp_path: Path) -> None:
    taught(tmp_path, examined("fw-2", CheckVerdict.DIFFERS, "feature"))

    for silent in (CheckVerdict.UNKNOWN, CheckVerdict.NOT_APPLICABLE):
        assert taught(tmp_path, examined("fw-1", silent)) == learnt.Lesson()
    assert taught(tmp_path, examined("fw-1", CheckVerdict.HOLDS, version="9.23(1)")) == learnt.Lesson()
    assert len(learnt.known(tmp_path)) == 1


def test_a_release_is_forgotten_and_the_others_stay(tmp_path: Path) -> None:
    taught(tmp_path, examined("fw-1", CheckVerdict.DIFFERS, "feature"))
    taught(tmp_path, examined("fw-2", CheckVerdict.DIFFERS, "feature", version="9.23(1)"))

    assert [entry.release for entry in learnt.forget(tmp_path, "9.22(2.14)")] == ["9.22(2)14"]
    assert [entry.release for entry in learnt.known(tmp_path)] == ["9.23(1)"]
    assert [entry.release for entry in learnt.forget(tmp_path, None)] == ["9.23(1)"]
    with pytest.raises(UserError, match="nothing is learnt"):
        learnt.forget(tmp_path, None)


def test_an_entry_that_nothing_acts_by_is_refused() -> None:
    """A row that informs only must not begin to act because somebody wrote it into the file."""
    assert ENTRY.id in ACTING
    assert document.read(document.document([ENTRY])) == (ENTRY,)
    with pytest.raises(WireError, match=r"entries\[0\].id"):
        document.read(document.document([replace(ENTRY, id="ping-tcp-lines")]))


def test_what_another_release_keeps_is_said_to_be_of_another_release() -> None:
    """Its keys may be others, and an unknown key is not what is wrong with it."""
    with pytest.raises(WireError, match="'asa-transport/learnt/2', of another release; expected"):
        document.read({"schema": "asa-transport/learnt/2", "entries": [], "more": 1})
