"""Do the work on open links in several processes, by threads in each.

Python runs one thread of a process at a time; key exchange and parsing take about 20 ms of
a device, so one process is the limit of a big fleet before the network is.  A process gets
one device at a time, when a place of it is free, with the socket already open; so a slow
device holds up no other's share, and whatever ends a device ends it here: the deadline, a
person's stop, the death of the process, whose devices get outcomes that say so.

The processes are forked from a server that holds nothing of the run (`forkserver`), with
SIGINT and SIGTERM blocked: this process ends them, in order, or the end of it does.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import itertools
import multiprocessing
import os
import pickle
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerProcess
from types import ModuleType
from typing import Final, Generic, TypeVar, assert_never

from asa_transport.capabilities import Visit
from asa_transport.engine import messages
from asa_transport.engine.deadline import DeviceDeadline
from asa_transport.engine.fleet import GRACE_S
from asa_transport.engine.threads import in_thread
from asa_transport.engine.worker_process import Begin, Ended, Finish, Maker, Told, serve
from asa_transport.engine.workers import Done, End, Failed, Held
from asa_transport.errors import CollectError, in_words
from asa_transport.model import Device

T = TypeVar("T")

# What a process is told is read at once; one that does not is stopped or ill.
_SEND_S: Final = 10.0
_OURS: Final = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class _Process(Generic[T]):
    """One process, and the devices in its hands."""

    process: ForkServerProcess
    jobs: socket.socket
    results: socket.socket
    in_work: dict[int, tuple[Visit, asyncio.Future[End[T]]]] = field(default_factory=dict)
    is_alive: bool = True
    reading: asyncio.Task[None] | None = None


class Processes(Generic[T]):
    """Worker processes of this one; implements `workers.WorkerPool`.

    Args:
        count: How many.
        make: Makes, in each process, what does the work; pickled, so it holds no secret.
        secrets: Sent to each process through its socket pair, as the first message.
        revived: Given an outcome that came from a process and the device it is of.
        hidden: Names of environment variables that the processes must not inherit.
        preload: Modules that all of them need: imported once, in the server that forks them.
    """

    def __init__(
        self,
        count: int,
        make: Maker[T],
        *,
        secrets: bytes,
        revived: Callable[[T, Device], T],
        hidden: Sequence[str] = (),
        preload: Sequence[str] = (),
    ) -> None:
        self._revived = revived
        self._numbers = itertools.count()
        self._processes: list[_Process[T]] = []
        _start_server(hidden, preload=[type(make).__module__, *preload])
        atexit.register(self._kill)
        for number in range(count):
            self._processes.append(_started(make, secrets, f"fleet-{number + 1}"))

    async def start(self) -> None:
        """Listen to the processes."""
        for process in self._processes:
            process.reading = asyncio.create_task(self._read(process))

    async def visit(self, visit: Visit) -> End[T]:
        """Let the process with the fewest devices do the work."""
        alive = [process for process in self._processes if process.is_alive]
        if not alive:
            return _died(visit.device, "all worker processes of this run have ended")
        process = min(alive, key=lambda process: len(process.in_work))
        number = next(self._numbers)
        future: asyncio.Future[End[T]] = asyncio.get_running_loop().create_future()
        process.in_work[number] = (visit, future)
        begin = Begin(
            number=number,
            device=visit.device,
            deadline=_deadline(visit),
            may_enable=visit.may_enable,
        )
        link = visit.link
        descriptors = () if link is None else (link.sock, *((link.said,) if link.said else ()))
        try:
            messages.send(process.jobs, pickle.dumps(begin), [one.fileno() for one in descriptors])
            visit.deadline.hold(partial(self._finish, process, number, visit))
            return await future
        except OSError as error:
            return _died(
                visit.device, f"the worker process {process.process.pid} takes nothing: {in_words(error)}"
            )
        finally:
            process.in_work.pop(number, None)

    def _finish(self, process: _Process[T], number: int, visit: Visit) -> None:
        """Have a visit ended in its process; what does not come back then is given up by the scheduler."""
        with contextlib.suppress(OSError):
            if process.is_alive and number in process.in_work:
                finish = Finish(number=number, is_stopped=visit.deadline.is_stopped())
                messages.send(process.jobs, pickle.dumps(finish))

    async def _read(self, process: _Process[T]) -> None:
        """Take what a process says until it ends, and then end what it had in work."""
        reader, writer = await asyncio.open_unix_connection(sock=process.results)
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                (length,) = messages.LENGTH.unpack(await reader.readexactly(messages.LENGTH.size))
                self._take(process, pickle.loads(await reader.readexactly(length)))  # noqa: S301 - our own process
        process.is_alive = False
        writer.close()
        await in_thread("fleet-process", lambda: process.process.join(GRACE_S))
        for visit, future in tuple(process.in_work.values()):
            if not future.done():
                future.set_result(_died(visit.device, _end_of(process.process)))

    def _take(self, process: _Process[T], said: Told | Ended[T]) -> None:
        if said.number not in process.in_work:
            return
        visit, future = process.in_work[said.number]
        match said:
            case Told():
                visit.judged(said.use, said.is_accepted)
            case Ended() if not future.done():
                future.set_result(self._revive(said.end, visit.device))
            case _:
                pass

    def _revive(self, end: End[T], device: Device) -> End[T]:
        match end:
            case Done():
                return Done(outcome=self._revived(end.outcome, device))
            case Failed() | Held():
                return end
            case _:
                assert_never(end)

    async def close(self) -> None:
        """Let the processes end; one that does not is killed."""
        for process in self._processes:
            process.jobs.close()
        for process in self._processes:
            await in_thread("fleet-process", partial(_ended, process.process))
            if process.reading is not None:
                await process.reading
        atexit.unregister(self._kill)

    def _kill(self) -> None:
        for process in self._processes:
            process.process.kill()


def _deadline(visit: Visit) -> float:
    # The clock is the machine's, not the process's (time.monotonic, CLOCK_MONOTONIC).
    if isinstance(visit.deadline, DeviceDeadline):
        return visit.deadline.deadline
    raise TypeError("a process needs a deadline")


def _start_server(hidden: Sequence[str], *, preload: list[str]) -> None:
    """Start the server that forks, with our signals blocked and without these variables."""
    multiprocessing.set_forkserver_preload(preload)
    with _without(hidden):
        # First, and not by the server: it would unblock the signals.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _OURS)
        try:
            forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


# glibc gives each of fifty threads a heap of its own, and gives none of them back: a tenth of a
# process's memory after a few hundred devices.  One is enough for threads that take turns.
_HEAPS: Final = "MALLOC_ARENA_MAX"


@contextlib.contextmanager
def _without(names: Sequence[str]) -> Iterator[None]:
    """Start processes without these variables, and with one heap each."""
    kept: Mapping[str, str] = {name: os.environ.pop(name) for name in names if name in os.environ}
    is_ours = _HEAPS not in os.environ
    os.environ.setdefault(_HEAPS, "1")
    try:
        yield
    finally:
        if is_ours:
            del os.environ[_HEAPS]
        os.environ.update(kept)


@contextlib.contextmanager
def _nameless_main() -> Iterator[None]:
    """Let no process import our command line, as it would import any program's main module."""
    main = sys.modules["__main__"]
    # It needs none of it, and would pay 0.4 s and 24 MB for it.
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _started(make: Maker[T], secrets: bytes, name: str) -> _Process[T]:
    jobs, their_jobs = socket.socketpair()
    results, their_results = socket.socketpair()
    context = multiprocessing.get_context("forkserver")
    process = context.Process(target=serve, args=(their_jobs, their_results, make), name=name, daemon=True)
    try:
        with _nameless_main():
            process.start()
    finally:
        their_jobs.close()
        their_results.close()
    jobs.settimeout(_SEND_S)
    messages.send(jobs, secrets)
    return _Process(process=process, jobs=jobs, results=results)


def _ended(process: ForkServerProcess) -> None:
    process.join(GRACE_S)
    if process.is_alive():
        process.kill()
        process.join()


def _end_of(process: ForkServerProcess) -> str:
    code = process.exitcode
    how = f"with code {code}" if code is None or code >= 0 else f"by signal {-code}"
    return f"its worker process {process.pid} was ended {how}"


def _died(device: Device, saw: str) -> Failed:
    return Failed(
        error=CollectError(
            device.name,
            did="auditing it",
            saw=saw,
            hint="audit it again; if the machine is short of memory, use fewer --workers or --processes 1",
        )
    )
