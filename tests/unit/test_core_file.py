"""No core file of a program that holds secrets, also where cores are piped to a program."""

from __future__ import annotations

import pytest

from tests.support import python

_SHOWN = (
    "from asa_transport.edges.secrets import core_file as c; c.forbid(); print(*r.getrlimit(r.RLIMIT_CORE))"
)


@pytest.mark.parametrize(
    ("limit", "left"), [("(0, 4096)", "1 1"), ("(4096, 4096)", "1 1"), ("(0, 0)", "0 0")]
)
def test_no_core_is_written_whatever_the_limit_was(limit: str, left: str) -> None:
    """1 holds off both kinds of cores; 0 only files, and no process can raise what was 0."""
    ended = python("-c", f"import resource as r; r.setrlimit(r.RLIMIT_CORE, {limit}); {_SHOWN}")

    assert ended.out.strip() == left, ended.err
