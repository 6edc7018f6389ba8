"""What the program prints and writes is, byte for byte, what its snapshots hold."""

from __future__ import annotations

import pytest

from tests.golden.snapshot_texts import FOLDER, snapshots

KEPT = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return snapshots()


@pytest.mark.parametrize("name", KEPT)
def test_a_text_is_what_its_snapshot_holds(made: dict[str, bytes], name: str) -> None:
    """Scripts, tickets and people's notes rely on these bytes; whoever changes them must see it."""
    assert made.get(name, b"").decode() == (FOLDER / name).read_bytes().decode()


def test_every_text_has_a_snapshot(made: dict[str, bytes]) -> None:
    """A new command or format is held from its first day."""
    assert sorted(made) == KEPT
