"""The order for several workers: every test once, long ones first, and a module with one worker."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.order import SECONDS, dealt
from tests.support import ROOT

FOLDERS = ("faults", "fleet", "golden", "nightly", "recipes", "unit")


def ids(*modules: tuple[str, int]) -> list[str]:
    return [f"{module}::test_{number}" for module, count in modules for number in range(count)]


MODULES = st.lists(
    st.tuples(
        st.builds("tests/{}/test_{}.py".format, st.sampled_from(FOLDERS), st.integers(1, 9)),
        st.integers(1, 30),
    ),
    max_size=20,
    unique_by=lambda module: module[0],
)


@given(MODULES, st.integers(1, 9))
def test_every_test_is_run_once(modules: list[tuple[str, int]], workers: int) -> None:
    """A test that is lost here would be missed by nobody."""
    tests = ids(*modules)

    assert sorted(dealt(tests, workers)) == list(range(len(tests)))


def test_each_slice_begins_with_whole_modules_that_take_long_and_ends_with_short_tests() -> None:
    """What takes longest must not begin last, and a fleet is set up once."""
    long = [(f"tests/fleet/test_{number}.py", 7 + number) for number in range(6)]
    tests = ids(("tests/faults/test_a.py", 30), *long, ("tests/unit/test_b.py", 393))

    order = [tests[place].partition("::")[0] for place in dealt(tests, 4)]

    slices = [order[start : start + 120] for start in range(0, 480, 120)]
    begins = [list(dict.fromkeys(one)) for one in slices]
    assert begins[0] == ["tests/faults/test_a.py", "tests/unit/test_b.py"]
    assert [one[-1] for one in begins] == ["tests/unit/test_b.py"] * 4
    dealt_out = [module for one in begins for module in one[:-1]]
    assert sorted(dealt_out) == sorted(["tests/faults/test_a.py", *(module for module, _ in long)])


@pytest.mark.parametrize("name", SECONDS)
def test_what_is_said_to_take_long_is_there(name: str) -> None:
    """A name that is gone would be forgotten, and its successor begin at the end."""
    file, _, test = name.partition("::")

    text = (ROOT / file).read_text(encoding="utf-8")
    assert [word for word in test.rstrip("]").split("[") if word not in text] == []
