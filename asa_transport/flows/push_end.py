"""How a committed push ends: by a person's Ctrl-C, and with which exit code."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from asa_transport.cli.exit_codes import ExitCode, strongest
from asa_transport.core.documents.push import reason
from asa_transport.core.pushing.campaign.verdicts import is_failure, is_in_doubt
from asa_transport.flows.audit import on_signals
from asa_transport.flows.campaign import INTERRUPTED, PushStop
from asa_transport.model import PushOutcome


@contextmanager
def ending_on_signals(ending: PushStop) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM end the push gently; a second one raises KeyboardInterrupt.

    A terminal that is lost ends it gently too, however often that is said: firewalls in work must
    not be left between two lines because somebody's connection broke.

    Prints nothing: a handler may run in the middle of a print.  `CampaignObserver.ending` says
    that the first one was heard; who catches the second one prints `campaign.CUT`.
    """

    def handle(number: int) -> None:
        is_second = ending.is_set() and number != signal.SIGHUP
        ending.set()
        if is_second or ending.is_asking:
            signal.default_int_handler(number, None)

    numbers = [signal.SIGINT, signal.SIGTERM]
    # Under `nohup` it is ignored, and the push is to go on.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    with on_signals(handle, numbers):
        yield


def push_exit_code(outcomes: Sequence[PushOutcome], stopped_by: str | None) -> ExitCode:
    """Return what the program ends with (CONTRACT §3).

    A person who ended it knows that not all is done, and what was in work went back for that: 130.
    """
    codes = set()
    if any((reason(outcome) or "").startswith("internal error: ") for outcome in outcomes):
        codes.add(ExitCode.INTERNAL)
    if any(map(is_in_doubt, outcomes)):
        codes.add(ExitCode.STATE_UNKNOWN)
    if stopped_by == INTERRUPTED:
        codes.add(ExitCode.INTERRUPTED)
    elif stopped_by is not None or any(map(is_failure, outcomes)):
        codes.add(ExitCode.PUSH_STOPPED)
    return strongest(codes)
