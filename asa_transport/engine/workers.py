"""What a run is made with, who does its work, and what becomes of a device without an outcome.

Touches nothing.
"""

from __future__ import annotations

import asyncio
import enum
import math
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from tenacity.wait import wait_base

from asa_transport.capabilities import Visit
from asa_transport.engine import retry
from asa_transport.engine.admission import Trial
from asa_transport.engine.secret_guard import ReadAgain, unread, untold_words
from asa_transport.errors import DeviceError
from asa_transport.model import Device, SessionCaps

T = TypeVar("T")
_T_co = TypeVar("_T_co", covariant=True)

# After a session was closed from outside its worker normally returns at once.  One that
# does not (a command for a password) is given up after this long.
GRACE_S = 5.0


class Loss(enum.Enum):
    """Why a device has no outcome of its own."""

    STOPPED = enum.auto()
    STUCK = enum.auto()
    CRASHED = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A device without an outcome of its own; `error` is what was raised, if anything was."""

    device: Device
    loss: Loss
    error: Exception | None = None


class WorkerPool(Protocol[_T_co]):
    """What does the work on an open link."""

    def visit(self, visit: Visit) -> Coroutine[Any, Any, _T_co]:
        """Return the outcome of the work; soon after the visit's deadline has ended.

        Raises:
            DeviceError: The device could not be worked on; another try is made where `retry` says so.
            EnableHeld: It wants the enable password, which may not be typed yet; visited again when it may.
        """

    async def close(self) -> None:
        """End what is left."""


def _ignore(device: Device) -> None:
    del device


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms(Generic[T]):
    """What a run is made with.

    Attributes:
        lost: Makes the outcome of a device that has none of its own.
        failed: Makes the outcome of a device that could not be reached or logged in to.
        workers: The most devices in work at once.
        device_s: Seconds for each device, all attempts and the waits between them included.
        attempts: How often each is approached, after faults that may pass (`retry.py`).
        silence_s: A fault of the approach that may pass, and took so many seconds to come, is silence.
        silent: How many devices that do not answer are dialled at once; each costs a socket.
        lent: How many devices in work that came to a stand may have another work in their place.
        grace_s: Seconds after the end of a deadline until its worker is given up.
        trial: Guards the credentials; `None` where nobody logs in.
        read_again: Reads the source of one that went bad again.
        login: Only logs in to a device, and out; `None` for work that cannot.
        tell: Told in words what became of a credential.
        started: Told when a device is begun, from the scheduler's thread.
        jitter: Of the wait before another attempt.
    """

    lost: Callable[[Lost], T]
    failed: Callable[[Device, DeviceError], T]
    workers: int
    device_s: float
    attempts: int = 1
    silence_s: float = math.inf
    caps: SessionCaps = field(default_factory=lambda: SessionCaps(per_jump=0))
    silent: int = 256
    lent: int = 0
    grace_s: float = GRACE_S
    trial: Trial | None = None
    read_again: ReadAgain = unread
    login: Callable[[Visit], object] | None = None
    tell: Callable[[str], object] = untold_words
    started: Callable[[Device], None] = _ignore
    jitter: wait_base = retry.JITTER
    new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
