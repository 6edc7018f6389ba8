"""Somebody else's unsaved changes: told from ours by the trace that ours have left."""

from __future__ import annotations

import pytest

from asa_transport.core.judgement.unsaved import UNKNOWN, refusal, warning
from asa_transport.core.pushing.config_trace import others_change, trace_of
from asa_transport.model import ConfigTrace, DeviceFacts, Evidence, Unsaved, UnsavedFacts, UnsavedState

AT = "13:00:00.400 UTC Mon Jan 12 2026"
LATER = "13:00:09.001 UTC Mon Jan 12 2026"
SUM, OTHER = "0a" * 16, "1b" * 16
OURS = ConfigTrace(modified=f"netaudit at {AT}", checksum=SUM)


def test_the_trace_is_read_in_the_words_of_the_device() -> None:
    """Two lines of two commands; a release that says neither leaves no trace."""
    digits = " ".join(["0a0a0a0a"] * 4)

    found = trace_of(
        f"up 3 days\nConfiguration last modified by kim at {AT}\n", f"Cryptochecksum: {digits}\n"
    )

    assert found == ConfigTrace(modified=f"kim at {AT}", checksum=SUM)
    assert trace_of("Configuration has not been modified since last system restart.", "") == ConfigTrace(
        modified=""
    )
    assert trace_of("ERROR: % Invalid input detected", "ERROR: % Invalid input detected") == ConfigTrace()


@pytest.mark.parametrize(
    ("ours", "now", "word"),
    [
        (OURS, OURS, None),
        (ConfigTrace(), OURS, None),
        (OURS, ConfigTrace(), None),
        # `enable` took our name away.
        (ConfigTrace(modified=f"enable_15 at {AT}"), ConfigTrace(modified=f"enable_15 at {AT}"), None),
        # Nothing is unsaved after a restart.
        (OURS, ConfigTrace(modified="", checksum=OTHER), None),
        (OURS, ConfigTrace(modified=f"kim at {LATER}"), "kim"),
        # With our own account, later than our last line.
        (OURS, ConfigTrace(modified=f"netaudit at {LATER}"), LATER),
        # The second witness alone.
        (OURS, ConfigTrace(modified=OURS.modified, checksum=OTHER), "somebody else"),
        (ConfigTrace(checksum=SUM), ConfigTrace(checksum=OTHER), "somebody else"),
        # Between our last line and the look at it.
        (ConfigTrace(modified=f"kim at {AT}"), ConfigTrace(modified=f"kim at {AT}"), "kim"),
    ],
)
def test_what_is_not_the_trace_of_our_lines_is_somebody_elses(
    ours: ConfigTrace, now: ConfigTrace, word: str | None
) -> None:
    """Our `write memory` would make it permanent, and nobody would know."""
    found = others_change(ours, now, "netaudit")

    assert (found is None) if word is None else (found is not None and word in found)


def facts(state: UnsavedState | None, *sources: str) -> DeviceFacts:
    line = Evidence(command="show version", line=1, text="x")
    return DeviceFacts(
        unsaved=UnsavedFacts(state=state, by="kim", at=AT), sources=dict.fromkeys(sources, line)
    )


BOTH = ("unsaved.written", "unsaved.checksum")


@pytest.mark.parametrize(
    ("read", "is_refused", "is_said"),
    [
        (facts(UnsavedState.NONE), False, False),
        (facts(UnsavedState.SOME), True, True),
        # The two witnesses contradict each other.
        (facts(None, *BOTH), True, True),
        # Not every release says it.
        (facts(None), False, True),
        (facts(None, BOTH[0]), False, True),
    ],
)
def test_unsaved_changes_refuse_and_what_nobody_can_tell_is_said(
    read: DeviceFacts, is_refused: bool, is_said: bool
) -> None:
    """Unknown must not stop a fleet whose release never tells, and must not look like "none"."""
    assert (refusal(read, Unsaved.REFUSE) is not None) is is_refused
    assert refusal(read, Unsaved.INCLUDE) is None
    assert (warning(read) is not None) is is_said
    assert (warning(read) == UNKNOWN) is (is_said and not is_refused)
