"""Send output badly: drop by drop, or without end."""

from __future__ import annotations

from collections.abc import Callable

from mock_devices.faults import Fault

# Control sequences, invalid UTF-8, half a line that looks like a prompt.
GARBAGE = b"\x1b[2J\x1b[1;1H\x00\xff\xfe\x80\x07\r\n%ASA-3-\x1b[31m garbage \xc3\x28 half a li\r\nxx#>"

# Often enough to keep a reader busy, seldom enough to leave the loop to the other devices.
_ENDLESS_EVERY_S = 0.005

Later = Callable[[float, Callable[[], None]], None]
Send = Callable[[bytes], None]


class Endless:
    """Output that never ends; stops while the client does not read."""

    def __init__(self, send: Send, later: Later, line: str) -> None:
        self._chunk = (f"{line}\r\n" * 20).encode()
        self._send = send
        self._later = later
        self.paused = False

    def start(self) -> None:
        """Send one more piece, and come back."""
        if not self.paused:
            self._send(self._chunk)
        self._later(_ENDLESS_EVERY_S, self.start)


class Drip:
    """An answer that comes line by line or byte by byte."""

    def __init__(self, text: str, fault: Fault, send: Send, later: Later, done: Callable[[], None]) -> None:
        data = text.encode()
        by_byte = fault.per_byte_s > 0
        self._pieces = (
            [data[i : i + 1] for i in range(len(data))] if by_byte else data.splitlines(keepends=True)
        )
        self._every = fault.per_byte_s if by_byte else fault.per_line_s
        self._send = send
        self._later = later
        self._done = done
        self._next = 0

    def start(self) -> None:
        """Send the next piece, and come back."""
        if self._next >= len(self._pieces):
            self._done()
            return
        self._send(self._pieces[self._next])
        self._next += 1
        self._later(self._every, self.start)
