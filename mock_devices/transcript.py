"""Remember every line and key that a client typed, per device.

A password line is kept as `<secret>`: that it was typed matters, its text does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

SECRET = "<secret>"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedLine:
    """One line, or one key at a pager or a one-key question.

    ``at`` is virtual UTC; ``prompt`` is the prompt it was typed at, without the trailing blank.
    ``key`` tells a single key press from a line.
    """

    at: datetime
    session_id: int
    mode: str
    prompt: str
    text: str
    key: bool = False
