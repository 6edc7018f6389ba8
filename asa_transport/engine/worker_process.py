"""What runs in a worker process: take open links, do the work in a thread each, say how it ended.

Ends when the process that started it ends, or closes the channel.  Keeps no deadline of
its own: it is told when a visit is over.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import socket
import threading
import time
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from asa_transport.capabilities import Link, Visit
from asa_transport.engine import messages
from asa_transport.engine.deadline import DeviceDeadline
from asa_transport.engine.fleet import GRACE_S, ended
from asa_transport.engine.workers import End, Lost
from asa_transport.model import Device, SecretUse

T = TypeVar("T")
_T_co = TypeVar("_T_co", covariant=True)


class Worker(Protocol[_T_co]):
    """What does the work."""

    def work(self, visit: Visit) -> _T_co:
        """Return the outcome of a visit; as `fleet.Threads.work`."""

    def lost(self, lost: Lost) -> _T_co:
        """Return the outcome of a device that has none of its own."""


class Maker(Protocol[_T_co]):
    """Makes a worker in its process."""

    def __call__(self, secrets: bytes) -> Worker[_T_co]:
        """Return it; `secrets` came through the channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """To a process: visit this device; its link comes beside it."""

    number: int
    device: Device
    deadline: float
    may_enable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """To a process: the time of this visit is up, or a person stopped the run."""

    number: int
    is_stopped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """From a process: what became of a login."""

    number: int
    use: SecretUse
    is_accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Generic[T]):
    """From a process: how a visit ended."""

    number: int
    end: End[T]


def serve(jobs: socket.socket, results: socket.socket, make: Maker[T]) -> None:
    """Work until the channel closes."""
    # What was there before the fork stays shared: no collection touches its pages.
    gc.freeze()
    first = messages.receive(jobs)
    if first is None:
        return
    served = _Served(make(first[0]), results)
    while (received := messages.receive(jobs)) is not None:
        served.take(*received)
    served.close()


class _Served(Generic[T]):
    """The visits of this process; a lock keeps their messages whole."""

    def __init__(self, worker: Worker[T], results: socket.socket) -> None:
        self._worker = worker
        self._results = results
        self._sending = threading.Lock()
        self._deadlines: dict[int, DeviceDeadline] = {}

    def take(self, data: bytes, descriptors: tuple[int, ...]) -> None:
        """Do as a message says."""
        message: Begin | Finish = pickle.loads(data)  # noqa: S301 - from the process that started this one
        match message:
            case Begin():
                device_deadline = self._deadlines[message.number] = DeviceDeadline(
                    message.deadline - time.monotonic()
                )
                link = _link(message.device, descriptors)
                threading.Thread(
                    target=self._visit,
                    args=(message, device_deadline, link),
                    name="fleet-worker",
                    daemon=True,
                ).start()
            case Finish():
                leash_or_none = self._deadlines.get(message.number)
                if leash_or_none is not None:
                    leash_or_none.end(stopped=message.is_stopped)

    def close(self) -> None:
        """End what runs, and wait a little for it."""
        for device_deadline in tuple(self._deadlines.values()):
            device_deadline.end(stopped=True)
        deadline = time.monotonic() + GRACE_S
        while self._deadlines and time.monotonic() < deadline:
            time.sleep(0.05)

    def _visit(self, begin: Begin, device_deadline: DeviceDeadline, link: Link | None) -> None:
        def judged(use: SecretUse, accepted: bool) -> None:
            self._send(Told(number=begin.number, use=use, is_accepted=accepted))

        visit = Visit(
            device=begin.device,
            link=link,
            deadline=device_deadline,
            judged=judged,
            may_enable=begin.may_enable,
        )
        end = ended(self._worker.work, self._worker.lost, visit)
        if link is not None:
            link.close()
        self._send(Ended(number=begin.number, end=end))
        self._deadlines.pop(begin.number, None)

    def _send(self, message: Told | Ended[T]) -> None:
        data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        # Where nobody reads any more, this process is about to end.
        with self._sending, contextlib.suppress(OSError):
            messages.send(self._results, data)


def _link(device: Device, descriptors: tuple[int, ...]) -> Link | None:
    if not descriptors:
        return None
    sock, *said = descriptors
    return Link(
        sock=socket.socket(fileno=sock),
        said=os.fdopen(said[0], "rb") if said else None,
        jump=device.jump or "",
    )
