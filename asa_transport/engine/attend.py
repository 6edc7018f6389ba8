"""Attend to the work on one device: its time runs, and work that does not end with it is given up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

from asa_transport.engine.deadline import DeviceDeadline

T = TypeVar("T")


async def attend(work: Coroutine[Any, Any, T], deadline: DeviceDeadline, grace_s: float) -> asyncio.Task[T]:
    """Return the task of the work once it is done, or `grace_s` seconds after the end of its deadline.

    Who awaits this decides what becomes of a task that is not done: nobody else will.
    """
    ended = asyncio.Event()
    deadline.hold(ended.set)
    task = asyncio.ensure_future(work)
    # What work that was given up still raises is nobody's news.
    task.add_done_callback(lambda task: task.cancelled() or task.exception())
    end = asyncio.ensure_future(ended.wait())
    try:
        await asyncio.wait((task, end), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            await asyncio.wait((task,), timeout=grace_s)
    except asyncio.CancelledError:
        task.cancel()
        raise
    finally:
        end.cancel()
    return task


@contextlib.contextmanager
def time_running(deadline: DeviceDeadline) -> Iterator[None]:
    """Let a deadline's time run, and end it when it is up; in a coroutine."""
    deadline.resume()
    timer = asyncio.get_running_loop().call_later(deadline.remaining_s(), deadline.end)
    try:
        yield
    finally:
        timer.cancel()
        deadline.pause()
