"""Run a blocking call in a thread of its own, for a coroutine that waits for it.

The threads are daemons and nobody joins them: a name lookup that hangs ends neither the
run nor the program late.  (asyncio's own executor is joined at exit.)
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(name: str, call: Callable[[], T], *, unwanted: Callable[[T], None] | None = None) -> T:
    """Return what `call` returns.

    Args:
        name: Of the thread.
        call: Must not raise; its result says what went wrong.
        unwanted: Given the result when nobody waits for it any more, e.g. to close it.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T) -> None:
        if not future.cancelled():
            future.set_result(result)
        elif unwanted is not None:
            unwanted(result)

    def run() -> None:
        result = call()
        try:
            loop.call_soon_threadsafe(settle, result)
        except RuntimeError:
            # The run is over, and its loop closed.
            if unwanted is not None:
                unwanted(result)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await future
