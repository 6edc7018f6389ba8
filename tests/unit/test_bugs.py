"""What a catalogue entry means for one release on one model."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.asa.version import Version, train_of
from asa_transport.core.judgement.cases.bugs import is_on_platform, verdict, verdicts
from asa_transport.files import bugs
from asa_transport.model import Bug, BugReading, Severity

SHIPPED = {bug.id: bug for bug in bugs.load(None, train_of=train_of).bugs}


def bug(*, fixed_in: tuple[str, ...] = ("9.20(4)14",), platforms: tuple[str, ...] = ()) -> Bug:
    return Bug(
        id="CSCxx00001", title="t", severity=Severity.LOW, fixed_in=fixed_in, platforms=platforms,
        source="s", as_of=date(2026, 5, 21),
    )  # fmt: skip


def reading(bug_id: str, version: str, model: str | None) -> str:
    return verdict(SHIPPED[bug_id], Version.parse(version), model).reading.value


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("9.8(4)10", "no-fix-listed"),
        ("9.18(4)40", "no-fix-listed"),
        ("9.19(1)", "no-fix-listed"),
        ("9.20(3)4", "affected"),
        ("9.20(4)", "affected"),
        ("9.20(4)13", "affected"),
        ("9.20(4)14", "fixed"),
        ("9.20(4.14)", "fixed"),
        ("9.20(4)22", "fixed"),
        ("9.21", "no-fix-listed"),
        ("9.21(1)99", "no-fix-listed"),
        ("9.22(1.1)", "affected"),
        ("9.22(1)3", "affected"),
        ("9.22(2)13", "affected"),
        ("9.22(2)14", "fixed"),
        ("9.22.3", "fixed"),
        ("9.23(1)", "affected"),
        ("9.23(1)21", "affected"),
        ("9.23(1)22", "fixed"),
        ("9.24(1)", "fixed"),
        ("10.0.1", "fixed"),
    ],
)
@pytest.mark.parametrize("model", ["ASAv", "FPR-2110", None])
def test_cscwp10957_is_judged_per_train_on_every_model(
    version: str, expected: str, model: str | None
) -> None:
    """9.22(1)3 is affected although it is higher than 9.20(4)14, and 9.21 has no fix listed."""
    assert reading("CSCwp10957", version, model) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("9.18(4)40", "no-fix-listed"),
        ("9.20(4)14", "affected"),
        ("9.20(4)21", "affected"),
        ("9.20(4)22", "fixed"),
        ("9.21", "no-fix-listed"),
        ("9.22(2)99", "affected"),
        ("9.22.3", "fixed"),
        ("9.22(3)", "fixed"),
        ("9.23(1)22", "no-fix-listed"),
        ("9.24(1)", "affected"),
        ("9.24(1)8", "affected"),
        ("9.24(1)9", "fixed"),
        ("9.25(1)", "fixed"),
    ],
)
def test_cscws62173_is_judged_per_train_on_a_firepower_2100(version: str, expected: str) -> None:
    """Train 9.23 is not in Cisco's list, so its literal text is taken: lower than 9.24(1)9."""
    assert reading("CSCws62173", version, "FPR-2110") == expected


@pytest.mark.parametrize("version", ["9.18(4)40", "9.20(4)14", "9.23(1)22", "9.24(1)9"])
@pytest.mark.parametrize("model", ["FPR-1010", "ASAv", "FPR4K-SM-44S", "ISA-3000-2C2F", "ASA5516"])
def test_cscws62173_does_not_affect_other_models(version: str, model: str) -> None:
    """Cisco limits it to the Firepower 2100."""
    assert reading("CSCws62173", version, model) == "not-affected"


@pytest.mark.parametrize("model", [None, "", "2110", "FPR", "Firepower", "something else", "-"])
@pytest.mark.parametrize("version", ["9.20(4)14", "9.24(1)9"])
def test_an_unknown_model_is_never_fixed_nor_unaffected(model: str | None, version: str) -> None:
    """What is not known must not look healthy."""
    found = verdict(SHIPPED["CSCws62173"], Version.parse(version), model)

    assert found.reading is BugReading.NO_FIX_LISTED
    assert found.is_affected
    assert "the model" in found.why
    assert "FPR-21" in found.why


@pytest.mark.parametrize("bug_id", sorted(SHIPPED))
def test_an_unknown_version_counts_as_affected(bug_id: str) -> None:
    """A device that does not say its version is not taken for a fixed one."""
    found = verdict(SHIPPED[bug_id], None, "FPR-2110")

    assert found.reading is BugReading.NO_FIX_LISTED
    assert "known" in found.why


def test_another_model_is_unaffected_whatever_the_version() -> None:
    """The platform alone decides where it is known."""
    assert verdict(SHIPPED["CSCws62173"], None, "ASAv").reading is BugReading.NOT_AFFECTED


@pytest.mark.parametrize("version", ["99.16(1)222", "201.3(11)24"])
def test_an_internal_build_is_never_fixed_by_its_number(version: str) -> None:
    """99.16 is a higher number than 9.24 and says nothing of its age."""
    found = verdict(SHIPPED["CSCwp10957"], Version.parse(version), "ASAv")

    assert found.reading is BugReading.NO_FIX_LISTED
    assert "internal build" in found.why


def test_a_train_without_a_fix_says_which_reading_was_used() -> None:
    """Somebody else may read Cisco's sentence in another way, and must see that we chose."""
    found = verdict(SHIPPED["CSCwp10957"], Version.parse("9.18(4)40"), "ASAv")

    assert "train 9.18" in found.why
    assert "because Cisco's text 'lower than 9.20(4)14, 9.22(2)14, 9.23(1)22' is read literally" in found.why


def test_an_entry_without_releases_judges_no_version() -> None:
    """CSCwr56980 is known by name only."""
    found = verdict(SHIPPED["CSCwr56980"], Version.parse("9.24(1)9"), "ASAv")

    assert found.reading is BugReading.NO_FIX_LISTED
    assert found.bug.informs_only
    assert "neither" in found.why


@pytest.mark.parametrize("fixed_in", [("9.x",), ("9.20(4)14", "9.20(4)22")])
def test_a_catalogue_that_is_not_understood_never_clears_a_device(fixed_in: tuple[str, ...]) -> None:
    """The loader refuses such entries; should one come by another way, it must not say fixed."""
    found = verdict(bug(fixed_in=fixed_in), Version.parse("10.0.1"), None)

    assert found.reading is BugReading.NO_FIX_LISTED
    assert "not understood" in found.why


@pytest.mark.parametrize(
    "model",
    [
        "FPR-2110",
        "FPR-2130",
        "FPR2140",
        "fpr-2110",
        "Firepower 2110",
        "Cisco Firepower 2120",
        "Secure Firewall 2100",
        "Cisco Secure Firewall 2130",
        "FP2100",
        "FPR-2110-K9",
    ],
)
@pytest.mark.parametrize("platform", ["FPR-21", "FPR21", "Firepower 21", "FP21"])
def test_every_spelling_of_a_model_matches_every_spelling_of_its_series(model: str, platform: str) -> None:
    """The device prints FPR-2110, the bulletin says Firepower 2100, a person types either."""
    assert is_on_platform(model, (platform,)) is True


@pytest.mark.parametrize(
    ("model", "platform"), [("ASAv", "ASA5"), ("ASA5516", "ASAv"), ("FPR-1120", "FPR-21")]
)
def test_a_model_of_another_series_does_not_match(model: str, platform: str) -> None:
    """A prefix is a prefix, not a likeness."""
    assert is_on_platform(model, (platform,)) is False


def test_verdicts_keep_the_order_of_the_catalogue() -> None:
    """A report lists bugs in one order, so that two runs compare."""
    found = verdicts(tuple(SHIPPED.values()), Version.parse("9.24(1)"), "ASAv")

    assert [one.bug.id for one in found] == list(SHIPPED)


@given(
    version=st.one_of(
        st.none(),
        st.builds(
            Version, major=st.integers(0, 250), minor=st.integers(0, 30), maintenance=st.integers(0, 5)
        ),
    ),
    model=st.one_of(st.none(), st.text(max_size=20)),
    fixed_in=st.lists(st.text(max_size=10), max_size=3),
    platforms=st.lists(st.text(max_size=10), max_size=3),
)
def test_no_input_whatever_breaks_a_verdict(
    version: Version | None, model: str | None, fixed_in: list[str], platforms: list[str]
) -> None:
    """Decide cannot fail: the model is text from a device."""
    entry = bug(fixed_in=tuple(fixed_in), platforms=tuple(platforms))

    found = verdict(entry, version, model)

    assert found.why
    if version is None:
        assert found.reading in (BugReading.NO_FIX_LISTED, BugReading.NOT_AFFECTED)


# --------------------------------------------------------------------------- a list of affected releases


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("9.12(4)", BugReading.AFFECTED),
        ("9.12(4)38", BugReading.AFFECTED),
        ("9.8(2)33", BugReading.AFFECTED),
        ("9.15(1)10", BugReading.AFFECTED),
        ("9.8(3)", BugReading.NOT_AFFECTED),
        ("9.16(4)67", BugReading.NOT_AFFECTED),
        ("9.22(1.1)", BugReading.NOT_AFFECTED),
        ("10.0.1", BugReading.NOT_AFFECTED),
        ("99.14(1)5", BugReading.NO_FIX_LISTED),
    ],
)
def test_a_field_notice_is_judged_by_its_list(version: str, expected: BugReading) -> None:
    """FN72103 names releases that lack a root certificate; no order of releases tells it."""
    found = verdict(SHIPPED["FN72103"], Version.parse(version), "ASAv")

    assert found.reading is expected
    assert str(Version.parse(version)) in found.why


def test_a_list_says_what_each_of_its_entries_stands_for() -> None:
    """A release with its interims, one build, a whole train; a first fixed release ends its train."""
    one = replace(SHIPPED["FN72103"], affected=("9.12(4)2", "9.13", "9.14(1)"), fixed_in=("9.14(1)30",))

    def of(text: str) -> BugReading:
        return verdict(one, Version.parse(text), None).reading

    assert [of(text) for text in ("9.12(4)2", "9.12(4)3", "9.12(4)")] == [
        BugReading.AFFECTED,
        BugReading.NOT_AFFECTED,
        BugReading.NOT_AFFECTED,
    ]
    assert [of(text) for text in ("9.13(1)", "9.13(9)9")] == [BugReading.AFFECTED] * 2
    assert [of(text) for text in ("9.14(1)29", "9.14(1)30")] == [BugReading.AFFECTED, BugReading.FIXED]


def test_a_release_that_is_not_known_is_not_cleared_by_a_list() -> None:
    """Unknown is never healthy."""
    assert verdict(SHIPPED["FN72103"], None, "ASAv").reading is BugReading.NO_FIX_LISTED
