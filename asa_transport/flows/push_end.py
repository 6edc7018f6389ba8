"""How a committed push ends: by a person's Ctrl-C, and with which exit code."""

from __future__ import annotations

from collections.abc import Sequence

from asa_transport.core.pushing.campaign.verdicts import is_failure, is_in_doubt
from asa_transport.flows.campaign import INTERRUPTED
from asa_transport.model import PushOutcome
from asa_transport.model.ending import RunEnd, strongest


def push_exit_code(outcomes: Sequence[PushOutcome], stopped_by: str | None) -> RunEnd:
    """Return what the program ends with (CONTRACT §3).

    A person who ended it knows that not all is done, and what was in work went back for that: 130.
    """
    codes = set()
    if any((outcome.reason or "").startswith("internal error: ") for outcome in outcomes):
        codes.add(RunEnd.INTERNAL)
    if any(map(is_in_doubt, outcomes)):
        codes.add(RunEnd.STATE_UNKNOWN)
    if stopped_by == INTERRUPTED:
        codes.add(RunEnd.INTERRUPTED)
    elif stopped_by is not None or any(map(is_failure, outcomes)):
        codes.add(RunEnd.PUSH_STOPPED)
    return strongest(codes)
