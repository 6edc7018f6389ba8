"""How often a stream is looked at; without a network and without waiting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from asa_transport.edges.ssh.reader import Reader
from asa_transport.errors import CollectError
from asa_transport.model import Device, Limits

DEVICE = Device(
    name="fw", host="192.0.2.1", port=22, username="u", credential="c", known_hosts=Path("/nowhere")
)
MOST = 200_000


class Flood:
    """A stream that prints without end, in pieces of one size."""

    def __init__(self, piece: int) -> None:
        self._piece = b"x" * (piece - 1) + b"\n"
        self.looks = 0

    def settimeout(self, timeout: float | None) -> None:
        del timeout

    def recv(self, nbytes: int) -> bytes:
        del nbytes
        self.looks += 1
        return self._piece

    def sendall(self, data: bytes) -> None:
        raise AssertionError(data)


class Patient:
    """A deadline that is far off, and counts how often it is waited on."""

    def __init__(self) -> None:
        self.sleeps: list[float] = []

    def remaining_s(self) -> float:
        return 1e6

    def is_stopped(self) -> bool:
        return False

    def hold(self, close: Callable[[], None]) -> None:
        raise AssertionError(close)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)


def flooded(piece: int) -> tuple[Flood, Patient]:
    stream, deadline = Flood(piece), Patient()
    limits = Limits(command_s=1e6, output_bytes=MOST)
    reader = Reader(DEVICE, stream, limits=limits, device_deadline=deadline)
    with pytest.raises(CollectError, match="more than 200000 bytes"):
        reader.until(str.isspace, "'show version'")
    return stream, deadline


def test_a_device_that_prints_without_end_is_looked_at_less_often_than_it_prints() -> None:
    """Each look costs the loop that all devices share; what came meanwhile is read at once."""
    stream, deadline = flooded(500)

    assert len(deadline.sleeps) == (MOST - 65_536) // 500 + 1
    assert sum(deadline.sleeps) >= 0.1 * len(deadline.sleeps)
    assert stream.looks == MOST // 500 + 1


def test_a_long_answer_that_comes_fast_is_not_held_up() -> None:
    """Three megabytes of configuration are no flood: they come as fast as the line takes them."""
    _, deadline = flooded(40_000)

    assert deadline.sleeps == []
