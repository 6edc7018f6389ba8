"""A peer that never answers is given up: by its limit, or soon after a person ended the run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from asa_transport.engine.deadline import RunStop
from asa_transport.engine.wait_limit import GivenUp, WaitBudget, WaitLimit

# Never reached: what is waited for ends, or something else ends the wait.
LONG_S = 60.0


@pytest.fixture
def silent() -> Iterator[threading.Event]:
    """A peer that answers when the test is over."""
    event = threading.Event()
    yield event
    event.set()


def test_what_a_call_returns_or_raises_is_the_callers() -> None:
    """Who is waited for in another thread must not be known from the result."""
    limit = WaitLimit(limit_s=LONG_S)

    assert limit.call("peer", lambda: 7) == 7
    with pytest.raises(ValueError, match="seven"):
        limit.call("peer", lambda: int("seven"))


def test_a_peer_that_is_silent_is_given_up(silent: threading.Event) -> None:
    """An audit at night waits for nobody for ever."""
    with pytest.raises(GivenUp, match=r"^no answer within 0\.01 s$"):
        WaitLimit(limit_s=0.01).call("peer", silent.wait)


@pytest.mark.parametrize("is_early", [True, False])
def test_a_person_who_ends_the_run_is_not_kept_waiting(silent: threading.Event, is_early: bool) -> None:
    """Whether the end was asked for before the wait or in the middle of it."""
    stop, begun = RunStop(), threading.Event()
    limit = WaitLimit(limit_s=LONG_S, stop=stop, grace_s=0.01)

    def ended() -> None:
        begun.wait(LONG_S)
        stop.set()

    def peer() -> None:
        begun.set()
        silent.wait()

    if is_early:
        stop.set()
    else:
        threading.Thread(target=ended).start()

    with pytest.raises(GivenUp, match=r"^no answer within 0\.01 s after the run was ended$") as caught:
        limit.call("peer", peer)

    assert caught.value.is_stopped


def test_a_peer_that_is_well_ends_its_work_though_the_run_was_ended() -> None:
    """What an interrupted run has found is still kept."""
    stop = RunStop()
    stop.set()

    assert WaitLimit(limit_s=LONG_S, stop=stop).call("peer", lambda: 7) == 7


def test_a_wait_that_is_over_listens_no_more() -> None:
    """A run waits hundreds of times."""
    stop = RunStop()
    WaitLimit(limit_s=LONG_S, stop=stop).call("peer", lambda: 7)

    assert stop._listeners == []


def test_an_exception_out_of_a_signal_ends_the_wait(silent: threading.Event) -> None:
    """The second Ctrl-C, and the first one where nothing is to be brought to an end."""

    def peer() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
        silent.wait()

    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            WaitLimit(limit_s=LONG_S).call("peer", peer)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_waits_one_after_another_share_what_is_left_of_the_whole() -> None:
    """Each has its limit, the last one what is left, and what is between them costs nothing."""
    now = [0.0]
    budget = WaitBudget(each_s=30.0, whole_s=50.0, clock=lambda: now[0])
    limits = []
    for spent in (20.0, 25.0, 5.0):
        assert not budget.is_spent
        with budget.wait() as wait:
            limits.append((wait.limit_s, wait.is_cut))
            now[0] += spent
            assert wait.left_s() == max(0.0, wait.limit_s - spent)
        now[0] += 1000.0

    assert limits == [(30.0, False), (30.0, False), (5.0, True)]
    assert budget.is_spent
