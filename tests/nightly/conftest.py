"""What holds for the tests of this folder."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the machine that runs the tests is no way to a server on loopback."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")
