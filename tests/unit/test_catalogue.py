"""The bug catalogue: what is shipped, a user's file over it, and every mistake in one reading."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asa_transport import data as shipped
from asa_transport.asa.version import train_of
from asa_transport.errors import CatalogueError
from asa_transport.files import bug_file, bugs
from asa_transport.model import Catalogue, Severity

MINE = """\
bugs:
  CSCwp10957:
    title: ours to wait for
    severity: high
    fixed_in: [9.20(4)14]
    blocks: true
    source: our lab
    as_of: 2026-06-01
  FN99999:
    title: a notice of ours
    severity: low
    source: field notice
    as_of: 2022-03-24
"""


def load(path: Path | None) -> Catalogue:
    return bugs.load(path, train_of=train_of)


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> list[str]:
    path = written(folder, text)
    with pytest.raises(CatalogueError) as caught:
        load(path)
    return [str(problem).replace(str(path), "F") for problem in caught.value.problems]


def test_the_shipped_catalogue_holds_what_the_source_states() -> None:
    """Thresholds exactly as in TAC document 225967."""
    by_id = {bug.id: bug for bug in load(None).bugs}

    assert {"CSCwp10957", "CSCwr56980", "CSCws62173", "FN72103"} <= set(by_id)
    assert by_id["CSCwp10957"].fixed_in == ("9.20(4)14", "9.22(2)14", "9.23(1)22")
    assert by_id["CSCwp10957"].platforms == ()
    assert by_id["CSCws62173"].fixed_in == ("9.20(4)22", "9.22.3", "9.24(1)9")
    assert by_id["CSCws62173"].platforms == ("FPR-21",)
    assert by_id["CSCwr56980"].fixed_in == ()


def test_the_shipped_catalogue_is_one_that_a_user_could_have_written() -> None:
    """A run reads it plainly; that it keeps each rule of such a file is checked here."""
    data = Path(shipped.__file__).with_name("bugs.yaml").read_bytes()

    assert bug_file.read(bugs.SHIPPED, data, train_of) == bugs.shipped(data, train_of)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (("severity: medium", "severity: urgent"), "severity: 'urgent'; expected one of"),
        (("blocks: false", "blocks: no"), "blocks: 'no'; expected one of: true, false"),
        (("    as_of:", "    as_off:"), "no as_of; add it"),
        (("fixed_in: [9.20(4)14, 9.22(2)14, 9.23(1)22]", "fixed_in: 9.20(4)14"), "expected a list"),
        (("\nbugs:", "\nbugs:\nbugs:"), "is here twice"),
        (("\nbugs:", "\nbugs: ["), "not YAML"),
    ],
)
def test_a_mistake_that_somebody_made_in_the_shipped_catalogue_is_told_with_its_place(
    edit: tuple[str, str], message: str
) -> None:
    """As in a file of one's own, and not as an error of the program."""
    text = Path(shipped.__file__).with_name("bugs.yaml").read_text(encoding="utf-8")
    assert edit[0] in text

    with pytest.raises(CatalogueError, match=re.escape(message)) as caught:
        bugs.shipped(text.replace(*edit).encode(), train_of)

    assert all(problem.file == bugs.SHIPPED and problem.line for problem in caught.value.problems)


def test_only_cscwr56980_distrusts_the_proxy_of_license_status() -> None:
    """AT302 rests on this flag."""
    assert [bug.id for bug in load(None).bugs if not bug.trusts_proxy_status] == ["CSCwr56980"]


def test_no_shipped_entry_blocks_and_each_has_source_and_date() -> None:
    """Nothing published says that a change is unsafe on an affected release."""
    catalogue = load(None)
    last_edit = date.fromisoformat(catalogue.version.partition(".")[0])
    for bug in catalogue.bugs:
        assert not bug.blocks
        assert bug.source.strip()
        assert bug.as_of <= last_edit


@pytest.mark.parametrize(
    ("ids", "source", "as_of"),
    [
        (("CSCwp10957", "CSCwr56980", "CSCws62173"), "225967", date(2026, 5, 21)),
        (("FN72103",), "field notice FN72103", date(2022, 3, 24)),
    ],
)
def test_an_entry_names_the_document_that_it_is_from(ids: tuple[str, ...], source: str, as_of: date) -> None:
    """A reader can look the entry up."""
    found = [bug for bug in load(None).bugs if bug.id in ids]

    assert [bug.id for bug in found] == list(ids)
    assert all(source in bug.source and bug.as_of == as_of for bug in found)


def test_no_shipped_entry_claims_a_symptom_that_is_not_published() -> None:
    """The titles are unknown and are said to be."""
    for bug in (one for one in load(None).bugs if "225967" in one.source):
        assert "not known" in bug.title
        assert "known" in bug.detail


def test_a_users_entry_replaces_ours_and_the_others_stay(tmp_path: Path) -> None:
    """An engineer who knows more than the catalogue is believed."""
    merged = load(written(tmp_path, MINE))

    by_id = {bug.id: bug for bug in merged.bugs}
    assert list(by_id) == [*(bug.id for bug in load(None).bugs), "FN99999"]
    assert by_id["CSCwp10957"].severity is Severity.HIGH
    assert by_id["CSCwp10957"].blocks
    assert by_id["CSCwp10957"].fixed_in == ("9.20(4)14",)
    assert (merged.replaced, merged.added) == (("CSCwp10957",), ("FN99999",))


def test_the_digest_covers_both_files(tmp_path: Path) -> None:
    """Two reports compare only if they were judged by the same catalogue."""
    digests = {load(None).sha256, load(written(tmp_path, MINE)).sha256}
    digests.add(load(written(tmp_path, MINE + "# a word\n")).sha256)

    assert len(digests) == 3
    assert load(None).sha256 == load(None).sha256
    assert load(None).version


def test_a_file_may_hold_no_bugs(tmp_path: Path) -> None:
    """The user's list may be empty after the last of them is fixed."""
    assert load(written(tmp_path, "bugs: {}\n")).bugs == load(None).bugs


def test_every_mistake_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    """Nobody wants to run the program once a mistake."""
    text = """\
bugs:
  CSCwa00001:
    title: t
    severity: urgent
    fixd_in: [9.20(4)14]
    blocks: yes
    source: s
    as_of: 21-May-2026
  cscwp10957:
    title: t
    severity: low
    fixed_in: [9.20(4)14, 9.20(4)22, 9.x]
    platforms: ['?']
    as_of: 2026-05-21
"""

    assert problems(tmp_path, text) == [
        "F:4:15: bug CSCwa00001: severity: 'urgent'; expected one of: info, low, medium, high, critical",
        "F:5:5: bug CSCwa00001: unknown key 'fixd_in' (did you mean 'fixed_in'?)",
        "F:6:13: bug CSCwa00001: blocks: 'yes'; expected one of: true, false",
        "F:8:12: bug CSCwa00001: as_of: '21-May-2026' is not a date; expected e.g. 2026-05-21",
        "F:9:3: bug cscwp10957: differs from CSCwp10957 only in case; write CSCwp10957",
        "F:9:3: bug cscwp10957: no source; add it",
        "F:12:27: bug cscwp10957: fixed_in: '9.20(4)22' is of the same train as '9.20(4)14'; "
        "keep the first fixed release of each train",
        "F:12:38: bug cscwp10957: fixed_in: '9.x' is not an ASA version; expected e.g. 9.20(4)14, 9.22(1.1) "
        "or 9.22.3",
        "F:13:17: bug cscwp10957: platforms: '?' is not the beginning of a model name; expected e.g. "
        "FPR-21 or ASAv",
    ]  # fmt: skip


def test_a_release_is_read_as_written_and_not_as_a_number(tmp_path: Path) -> None:
    """YAML would turn 9.20 into 9.2, another train."""
    text = "bugs: {X1: {title: t, severity: low, fixed_in: [9.20], source: s, as_of: 2026-01-01}}\n"

    assert next(bug for bug in load(written(tmp_path, text)).bugs if bug.id == "X1").fixed_in == ("9.20",)


def test_an_entry_that_blocks_without_a_fixed_release_is_refused(tmp_path: Path) -> None:
    """It would hold the whole fleet, and no upgrade would end that."""
    text = "bugs: {X1: {title: t, severity: low, blocks: true, source: s, as_of: 2026-01-01}}\n"

    assert problems(tmp_path, text) == [
        "F:1:46: bug X1: blocks: true without fixed_in would hold every device for ever; add fixed_in"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("- a\n", "expected a map"),
        ("version: 1\n", "no bugs"),
        ("bugs: [a]\n", "expected a map"),
        ("bugs: {X1: text}\n", "expected a map"),
        ("bugs: {X1: {}}\n", "no title"),
        ("bugs: {../x: {}}\n", "is not a name"),
        (MINE.replace("[9.20(4)14]", "[]"), "the list is empty"),
        (MINE + "  FN99999: {}\n", "is here twice"),
        (MINE.replace("our lab", '"our\\nlab"'), "control characters"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """A catalogue that is read in part would call affected devices fixed."""
    assert message in "\n".join(problems(tmp_path, text))


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """`--bugs` with a typing mistake must not judge by our catalogue alone."""
    with pytest.raises(CatalogueError, match="there is no such file"):
        load(tmp_path / "none.yaml")


@given(
    data=st.one_of(
        st.binary(max_size=200), st.text(st.characters(codec="utf-8"), max_size=200).map(str.encode)
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_catalogue_or_its_error(tmp_path: Path, data: bytes) -> None:
    """The file is a person's."""
    path = tmp_path / "any.yaml"
    path.write_bytes(data)

    try:
        found = len(load(path).bugs)
    except CatalogueError as error:
        found = len(error.problems)

    assert found > 0
