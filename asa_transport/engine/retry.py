"""Try a connection again that did not come about: the terms of it, for every command and every device.

Which errors: those of a connection that may pass, e.g. a silence, a reset, a refusal, a stream that ends
before the key exchange; never a rejected password.  How often: `attempts` in all.  How long between: 0.5 s,
doubling to 4 s, and up to 1 s by chance, so that a thousand devices which a switch cut off do not come back
in one moment; a wait that the device's deadline would not outlast is not begun.

An audit tries a silent device twice at most.  What comes at once (a refusal, a reset, a bastion that is
full) may pass, and costs nothing to try again; silence costs a whole limit each time, and a firewall that
was silent twice is down, filtered, or out of sessions.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from asa_transport.capabilities import Deadline
from asa_transport.errors import ConnectError

T = TypeVar("T")

MOST_SILENCES: Final = 2
GROWING: Final = wait_exponential(multiplier=0.5, max=4)
JITTER: Final = wait_random(0, 1)


class BeforeEnd(stop_base):
    """Stop where the next wait would last as long as the deadline, or longer."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Return whether to stop."""
        return self._deadline.remaining_s() <= retry_state.upcoming_sleep


def connection_retry(attempts: int, deadline: Deadline) -> Retrying:
    """Return what calls plain code until it connects; it waits with the deadline."""
    return Retrying(sleep=deadline.sleep, **_terms(attempts, deadline, JITTER))


async def connect_in_turns(
    attempt: Callable[[], Awaitable[T]],
    attempts: int,
    deadline: Deadline,
    *,
    jitter: wait_base = JITTER,
    sleep: Callable[[float], Awaitable[None]],
) -> T:
    """Return what an attempt returns; the same for a coroutine, which queues for its next turn in `sleep`."""
    try:
        return await attempt()
    except ConnectError as error:
        failed = [error]

    # Most devices need one attempt.  To make tenacity ready costs as much as all else that the engine does
    # for a device, so it is told of the first attempt where that failed.
    async def next_attempt() -> T:
        if failed:
            raise failed.pop()
        return await attempt()

    retrying = AsyncRetrying(sleep=sleep, **_terms(attempts, deadline, jitter))
    outcome: T = await retrying(next_attempt)
    return outcome


def after_silences(error: ConnectError) -> ConnectError:
    """Return the error of a device that was silent so often: it does not pass."""
    return ConnectError(error.device, did=error.did, saw=f"{error.saw}, tried twice", hint=error.hint)


def _terms(attempts: int, deadline: Deadline, jitter: wait_base) -> dict[str, Any]:
    return {
        "retry": retry_if_exception(lambda error: isinstance(error, ConnectError) and error.is_transient),
        "stop": stop_after_attempt(attempts) | BeforeEnd(deadline),
        "wait": GROWING + jitter,
        "reraise": True,
    }
