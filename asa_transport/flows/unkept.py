"""Say what of a run could not be kept: the run goes on and its report is whole, but it ends as an error.

A disk that is full must not cost a night its report, nor let anybody believe that the run is on it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from asa_transport.errors import in_words


def unkept_by(save: Callable[[], None]) -> str | None:
    """Put something in the run's folder; return why that was not possible, `None` where it was."""
    try:
        save()
    except OSError as error:
        return in_words(error)
    return None


def unkept_text(folder: Path, reason: str) -> str:
    """Return what a person is told."""
    return f"error: {folder}: the run cannot be kept whole: {reason}; its result is printed all the same"
