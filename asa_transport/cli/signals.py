"""Let Ctrl-C, SIGTERM and a lost terminal end a run gently.

Only a program takes signals; what runs is told by a `RunStop` or a `PushStop`, as whoever imports
the flows tells it.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

from asa_transport.engine.fleet import RunStop
from asa_transport.flows.campaign import PushStop


@contextmanager
def stopping_on_signals(stop: RunStop) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the run with what is known so far; a second one ends the program."""

    def handle(number: int) -> None:
        if stop.is_set():
            signal.default_int_handler(number, None)
        stop.set()

    with on_signals(handle):
        yield


@contextmanager
def on_signals(
    handle: Callable[[int], None], numbers: Iterable[int] = (signal.SIGINT, signal.SIGTERM)
) -> Iterator[None]:
    """Have these signals call `handle`, in the main thread, between two of its steps."""

    def handler(number: int, frame: FrameType | None) -> None:
        del frame
        handle(number)

    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


@contextmanager
def ending_on_signals(stop: PushStop) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM end the push gently; a second one raises KeyboardInterrupt.

    A terminal that is lost ends it gently too, however often that is said: firewalls in work must
    not be left between two lines because somebody's connection broke.

    Prints nothing: a handler may run in the middle of a print.  `CampaignObserver.ending` says
    that the first one was heard; who catches the second one prints `campaign.CUT`.
    """

    def handle(number: int) -> None:
        is_second = stop.is_set() and number != signal.SIGHUP
        stop.set()
        if is_second or stop.is_asking:
            signal.default_int_handler(number, None)

    numbers = [signal.SIGINT, signal.SIGTERM]
    # Under `nohup` it is ignored, and the push is to go on.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    with on_signals(handle, numbers):
        yield
