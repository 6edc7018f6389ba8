"""mandoc: the manual page without a warning, in the second of the two formatters that are in use."""

from __future__ import annotations

from tests.readers.asked import ask
from tests.support import ROOT


def test_mandoc_has_no_warning() -> None:
    """BSD, Alpine and macOS show pages with it; groff is asked in tests/nightly."""
    ended = ask("mandoc", "-Tlint", "-Wwarning", ROOT / "contrib" / "man" / "asa-transport.1")

    assert (ended.code, ended.out, ended.err) == (0, "", "")
