"""One line that a device printed, by which something is proved.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from sys import intern
from typing import Any

from asa_transport.model.fields import says


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One line that a device printed; `line` counts from 1 within the command's output."""

    command: str = field(metadata=says(minLength=1))
    line: int = field(metadata=says("From 1, in the command's answer.", minimum=1))
    text: str

    def __reduce__(self) -> tuple[Any, ...]:
        return _evidence, (self.command, self.line, self.text)


def _evidence(command: str, line: int, text: str) -> Evidence:
    """Return the evidence with texts that equal ones share: a fleet's lines are much the same."""
    return Evidence(command=intern(command), line=line, text=intern(text))
