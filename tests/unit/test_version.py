"""The release grammar: one value for every spelling, one order, and no text that breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.asa.version import Train, Version, train_of, try_parse

NUMBERS = st.integers(min_value=0, max_value=999_999_999)
VERSIONS = st.builds(Version, major=NUMBERS, minor=NUMBERS, maintenance=NUMBERS, build=NUMBERS)
# Close to the grammar, so that some of the texts are releases and most just miss it.
NEAR_MISSES = st.text(alphabet="0129.()<>- \tsystemctxSMPEDk", max_size=30)


def as_tuple(version: Version) -> tuple[int, int, int, int]:
    return (version.major, version.minor, version.maintenance, version.build)


def spellings(version: Version) -> list[str]:
    train, patch, build = f"{version.major}.{version.minor}", version.maintenance, version.build
    return [f"{train}({patch}){build}", f"{train}({patch}.{build})", f"{train}.{patch}.{build}"]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("9.20(4)14", (9, 20, 4, 14)),
        ("9.20(4.10)", (9, 20, 4, 10)),
        ("9.22(1.1)", (9, 22, 1, 1)),
        ("9.22.3", (9, 22, 3, 0)),
        ("9.20.2.10", (9, 20, 2, 10)),
        ("9.24(1)", (9, 24, 1, 0)),
        ("9.24(1)0", (9, 24, 1, 0)),
        ("9.21", (9, 21, 0, 0)),
        ("9.8(3)235", (9, 8, 3, 235)),
        ("9.6(4)8 <system>", (9, 6, 4, 8)),
        ("9.8(3)21 <context> ", (9, 8, 3, 21)),
        (" 9.12(4)67 ", (9, 12, 4, 67)),
        ("9.20(4)14-interim", (9, 20, 4, 14)),
        ("9.1.7.SMP", (9, 1, 7, 0)),
        ("9.1.7.SMP.ED", (9, 1, 7, 0)),
        ("9.1(7)23.ED", (9, 1, 7, 23)),
        ("9.16.4-smp-k8", (9, 16, 4, 0)),
        ("9.20.2.10.SPA", (9, 20, 2, 10)),
        ("10.0", (10, 0, 0, 0)),
        ("10.0.1", (10, 0, 1, 0)),
        ("10.0.1.2", (10, 0, 1, 2)),
        ("99.16(1)222", (99, 16, 1, 222)),
        ("201.3(11)24", (201, 3, 11, 24)),
    ],
)
def test_every_known_spelling_is_read(text: str, numbers: tuple[int, int, int, int]) -> None:
    """A release that is not read cannot be compared, and the device is held for nothing."""
    assert as_tuple(Version.parse(text)) == numbers


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "9",
        "9.",
        "9.20(4",
        "9.20()14",
        "9.20(4)14x",
        "9.20(4.10)14",
        "9.20(4)(14)",
        "9.20.2.10.1",
        "v9.20(4)",
        "9.20(4)14 <other>",
        "9.20 (4)",
        "-9.20(4)",
        "9.020(4)",
        "9.٢٠(4)",
        "9.20(4)14\n9.22(1)",
        "9." + "1" * 10_000,
        "interim",
        "<system>",
    ],
)
def test_a_text_that_names_no_release_or_two_is_refused(text: str) -> None:
    """A guess here would match the wrong bug."""
    with pytest.raises(ValueError, match="is not an ASA version; expected"):
        Version.parse(text)

    assert try_parse(text) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("9.20(4.14)", "9.20(4)14"),
        ("9.22.3", "9.22(3)"),
        ("9.22(1.1)", "9.22(1)1"),
        ("9.24(1)0", "9.24(1)"),
        ("9.21", "9.21"),
        ("9.21(0)5", "9.21(0)5"),
        ("10.0", "10.0"),
        ("10.0(1)", "10.0.1"),
        ("10.0.1.2", "10.0.1.2"),
        ("99.16(1)222", "99.16(1)222"),
    ],
)
def test_a_release_is_shown_in_one_canonical_form(text: str, shown: str) -> None:
    """Reports of two runs compare as text; from 10.0 on the form is Cisco's new one."""
    assert str(Version.parse(text)) == shown


def test_the_train_is_the_pair_of_numbers_and_shown_as_such() -> None:
    """9.20 is later than 9.9, which a comparison of texts or floats would deny."""
    assert Version.parse("9.20(4)14").train == Train(9, 20) == (9, 20)
    assert str(train_of("9.20(4)14")) == "9.20"
    assert train_of("9.20(1)") > train_of("9.9(1)")


def test_a_train_of_no_release_raises_a_value_error() -> None:
    """The catalogue loader turns it into a problem with a place."""
    with pytest.raises(ValueError, match="is not an ASA version"):
        train_of("9.x")


@pytest.mark.parametrize(
    ("text", "is_internal"),
    [("9.24(1)9", False), ("10.0.1", False), ("99.16(1)222", True), ("201.3(11)24", True)],
)
def test_internal_builds_are_told_from_releases(text: str, is_internal: bool) -> None:
    """99.16 is not newer than 9.24: nobody outside Cisco knows where it belongs."""
    assert Version.parse(text).is_internal is is_internal


def test_releases_sort_by_their_numbers() -> None:
    """The order of releases, over all spellings."""
    ascending = [
        "9.9(2)",
        "9.20(4)9",
        "9.20.4.14",
        "9.22",
        "9.22(1.1)",
        "9.22(1)3",
        "9.22.3",
        "9.24(1)",
        "10.0",
    ]

    descending = sorted(ascending, key=Version.parse, reverse=True)

    assert descending == ascending[::-1]


@given(one=VERSIONS, other=VERSIONS)
def test_the_order_is_that_of_the_numbers(one: Version, other: Version) -> None:
    """A total order: exactly one of lower, equal, higher."""
    assert (one < other) == (as_tuple(one) < as_tuple(other))
    assert [one < other, one == other, one > other].count(True) == 1
    assert (one == other) == (hash(one) == hash(other) and as_tuple(one) == as_tuple(other))


@given(version=VERSIONS, tail=st.sampled_from(["", " ", " <system>", " <context> ", "-interim", ".SMP.ED"]))
def test_all_spellings_of_a_release_are_equal(version: Version, tail: str) -> None:
    """9.22.3 in a bulletin is 9.22(3) on the device."""
    assert {Version.parse(text + tail) for text in spellings(version)} == {version}


@given(version=VERSIONS)
def test_what_is_shown_reads_back_as_the_same_release(version: Version) -> None:
    """A plan holds the release as text."""
    assert Version.parse(str(version)) == version


@given(text=st.one_of(st.text(), NEAR_MISSES))
def test_any_text_is_a_release_or_a_value_error(text: str) -> None:
    """The text comes from a device: nothing in it may end the program."""
    version = try_parse(text)

    assert version is None or Version.parse(str(version)) == version
