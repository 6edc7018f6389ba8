"""The terms of the one retry, in plain code; those of a fleet are met in `test_scheduler.py`."""

from __future__ import annotations

import pytest

from asa_transport.engine import retry
from asa_transport.errors import AuthenticationError, ConnectError, DeviceError

PASSING = ConnectError("fw", did="connecting", saw="reset", hint="", is_transient=True)
LASTING = ConnectError("fw", did="connecting", saw="no such name", hint="")
REJECTED = AuthenticationError("fw", did="logging in", saw="rejected", hint="", is_rejection=True)


class Time:
    """A deadline whose time passes while it sleeps; implements `capabilities.Deadline`."""

    def __init__(self, seconds: float) -> None:
        self._left_s = seconds
        self.slept: list[float] = []

    def remaining_s(self) -> float:
        return self._left_s

    def is_stopped(self) -> bool:
        return False

    def hold(self, close: object) -> None:
        del close

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._left_s -= seconds


def waits(error: DeviceError, *, attempts: int, device_s: float = 120.0) -> list[float]:
    """Return how long was waited before each further attempt of a device that never answers."""
    time = Time(device_s)

    def connect() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        retry.connection_retry(attempts, time)(connect)
    assert raised.value is error
    return time.slept


def test_a_fault_that_may_pass_is_tried_again_later_and_later() -> None:
    """A thousand devices that a switch cut off must not come back in one moment."""
    waited = waits(PASSING, attempts=7)

    assert all(least <= wait <= least + 1 for least, wait in zip((0.5, 1, 2, 4, 4, 4), waited, strict=True))
    assert waits(PASSING, attempts=1) == []


@pytest.mark.parametrize("error", [LASTING, REJECTED], ids=["connect", "authenticate"])
def test_what_does_not_pass_is_tried_once(error: DeviceError) -> None:
    """A rejected password that is sent again locks an account."""
    assert waits(error, attempts=7) == []


def test_no_wait_is_begun_that_the_deadline_would_not_outlast() -> None:
    """The error is told then, not after a time in which nothing could be done."""
    assert waits(PASSING, attempts=7, device_s=0.5) == []
    assert sum(waits(PASSING, attempts=7, device_s=6.0)) < 6.0
