"""No core file of a program that holds secrets, also where cores are piped to a program."""

from __future__ import annotations

import resource

import pytest

from asa_transport.edges.secrets import core_file
from tests.support import python


@pytest.mark.parametrize(
    ("limit", "left"),
    [((0, 4096), 1), ((4096, 4096), 1), ((0, resource.RLIM_INFINITY), 1), ((1, 1), 1), ((0, 0), 0)],
)
def test_the_limit_holds_off_both_kinds_of_cores_and_is_never_raised(
    limit: tuple[int, int], left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0 holds off files only, and no process can raise what was 0."""
    given: list[object] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limit)
    monkeypatch.setattr(resource, "setrlimit", lambda *asked: given.append(asked))

    core_file.forbid()

    assert given == [(resource.RLIMIT_CORE, (left, left))]


def test_a_process_that_has_forbidden_cores_has_no_way_back() -> None:
    """Whatever the limit is where the tests run."""
    ended = python(
        "-c",
        "import resource as r; from asa_transport.edges.secrets import core_file as c; c.forbid(); "
        "print(max(r.getrlimit(r.RLIMIT_CORE)) in (0, 1))",
    )

    assert ended.out.strip() == "True", ended.err
