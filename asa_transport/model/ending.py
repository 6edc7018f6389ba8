"""How a run ended, as its documents say and a script is told, and which end holds when several apply.

Pure.

Source: docs/exit-codes.md; the numbers are the exit codes of the program.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable


class RunEnd(enum.IntEnum):
    """How a run ended; `USAGE` is never a run's, only that of a command that did not begin one."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    FINDINGS = 3
    NOT_AUDITED = 4
    CHANGES = 5
    PUSH_STOPPED = 6
    PLAN_UNUSABLE = 7
    STATE_UNKNOWN = 8
    INTERRUPTED = 130


# docs/exit-codes.md; a person's Ctrl-C explains whatever is missing, so it is said before findings.
PRECEDENCE = (
    RunEnd.INTERNAL,
    RunEnd.STATE_UNKNOWN,
    RunEnd.PUSH_STOPPED,
    RunEnd.PLAN_UNUSABLE,
    RunEnd.INTERRUPTED,
    RunEnd.NOT_AUDITED,
    RunEnd.FINDINGS,
    RunEnd.CHANGES,
)


def strongest(codes: Iterable[RunEnd]) -> RunEnd:
    """Return the code that holds, OK where none applies."""
    applying = set(codes)
    return next((code for code in PRECEDENCE if code in applying), RunEnd.OK)
