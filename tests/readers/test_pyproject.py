"""validate-pyproject: pyproject.toml says what its schemas allow, ours and those of the tools in it."""

from __future__ import annotations

from tests.readers.asked import ask
from tests.readers.installs import BIN
from tests.support import ROOT


def test_it_is_valid() -> None:
    """A key that a tool does not know is a setting that nobody has."""
    ended = ask(BIN / "validate-pyproject", ROOT / "pyproject.toml")

    assert (ended.code, ended.out.startswith("Valid file")) == (0, True), ended.out + ended.err
