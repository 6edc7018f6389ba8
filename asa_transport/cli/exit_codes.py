"""The exit codes of CONTRACT §3, and which one holds when several apply."""

from __future__ import annotations

import enum
from collections.abc import Iterable


class ExitCode(enum.IntEnum):
    """What a run's end means to a script."""

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


# CONTRACT §3; a person's Ctrl-C explains whatever is missing, so it is said before findings.
PRECEDENCE = (
    ExitCode.INTERNAL,
    ExitCode.STATE_UNKNOWN,
    ExitCode.PUSH_STOPPED,
    ExitCode.PLAN_UNUSABLE,
    ExitCode.INTERRUPTED,
    ExitCode.NOT_AUDITED,
    ExitCode.FINDINGS,
    ExitCode.CHANGES,
)


def strongest(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the code that holds, OK where none applies."""
    applying = set(codes)
    return next((code for code in PRECEDENCE if code in applying), ExitCode.OK)
