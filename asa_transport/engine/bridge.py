"""Run synchronous code on an event loop: each of its waits is handed to the loop.

Reading a terminal is written once, as plain code that waits where it must.  Here such code
runs in a greenlet; `wait_for` leaves it, lets the loop await, and comes back with the result.
So hundreds of devices take turns in one thread, and no lock is ever waited for by two of them:
code that runs here must not hold a lock across a wait.

What would hold the loop up (a file that is synced, text without end) goes through `aside`: a
thread does it, and the others go on meanwhile.  Outside a greenlet `aside` is a plain call.

Source: greenlet's own documentation; SQLAlchemy's asyncio layer works the same way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import greenlet

from asa_transport.engine.threads import in_thread

T = TypeVar("T")


class _Bridged(greenlet.greenlet):
    """A greenlet whose parent awaits what it is handed."""


def is_bridged() -> bool:
    """Return whether the caller may `wait_for`."""
    return isinstance(greenlet.getcurrent(), _Bridged)


def wait_for(awaitable: Awaitable[T]) -> T:
    """Await it on the loop, and return its result here; what it raises is raised here.

    Raises:
        RuntimeError: Not called below `bridged` or `run`.
    """
    here = greenlet.getcurrent()
    if not isinstance(here, _Bridged) or here.parent is None:
        if isinstance(awaitable, Coroutine):
            awaitable.close()
        raise RuntimeError("waiting for the loop needs bridge.bridged() or bridge.run()")
    result: T = here.parent.switch(awaitable)
    return result


async def bridged(work: Callable[[], T]) -> T:
    """Return what `work` returns; it may `wait_for`.  Cancelled, CancelledError is raised where it waits."""
    child = _Bridged(work)
    step: Any = child.switch()
    while not child.dead:
        try:
            value = await step
        except BaseException as error:  # noqa: BLE001 - raised again where the wait is
            # Whatever ends the wait is for the code that waits: it closes what it holds.
            step = child.throw(error)
        else:
            step = child.switch(value)
    result: T = step
    return result


def run(work: Callable[[], T]) -> T:
    """Run synchronous code on a loop of its own, for a caller that has none; as `asyncio.run`."""
    return asyncio.run(bridged(work))


def settle(waiter: asyncio.Future[None]) -> None:
    """End a wait, in the loop; nothing where it has ended."""
    if not waiter.done():
        waiter.set_result(None)


def aside(call: Callable[[], T], *, unwanted: Callable[[T], None] | None = None) -> T:
    """Return what `call` returns; in a greenlet it is called in a thread, so that it delays nobody.

    Args:
        call: Must be short, or end by itself: a wait that is cancelled does not end it.
        unwanted: Given what it returns when nobody waits for it any more, e.g. to close it.
    """
    if not is_bridged():
        return call()

    def called() -> T | BaseException:
        try:
            return call()
        except BaseException as error:  # noqa: BLE001 - raised again in the greenlet
            return error

    def left(result: T | BaseException) -> None:
        if unwanted is not None and not isinstance(result, BaseException):
            unwanted(result)

    result = wait_for(in_thread("fleet-aside", called, unwanted=left))
    if isinstance(result, BaseException):
        raise result
    return result
