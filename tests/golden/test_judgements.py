"""Every known situation is judged in the words that are kept of it."""

from __future__ import annotations

from tests.golden.judgements import texts
from tests.golden.snapshot_texts import FOLDER


def test_a_situation_is_judged_as_its_text_says() -> None:
    """Alone, so that it can be asked of a rule without making all the other texts."""
    for name, text in texts():
        assert text == (FOLDER / name).read_text(encoding="utf-8"), name
