"""Read a device's terminal stream within limits, and say exactly how it ended where it did.

Touches nothing but the stream it is given.  Guarantees that every wait ends: at
the expected end, at the end of the stream, at the command's limit, at the deadline,
or at the most bytes that one command may print.
"""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable
from typing import Protocol

from asa_transport.asa import terminal
from asa_transport.asa.commands import PAGER_OFF
from asa_transport.asa.exchange import Exchange
from asa_transport.capabilities import Deadline
from asa_transport.errors import CollectError, DeviceError
from asa_transport.model import Device, Limits
from asa_transport.text import quoted

_READ_BYTES = 65_536
# Enough for a prompt or a question; what is judged after each piece.
_END_CHARACTERS = 500
# No answer of an audit has so many bytes.  What is longer and comes in small pieces is looked at less
# often: forty devices that print without end took most of the loop's time from the others.
_LONG = 65_536
_SMALL = 32_768
_BREATH_S = 0.1
# Where an answer may have ended, so long a silence says that it did.
_QUIET_S = 0.5


class Stream(Protocol):
    """A `terminal.Terminal`, or a test's own."""

    def settimeout(self, timeout: float | None) -> None:
        """Limit the next `recv`, seconds."""

    def recv(self, nbytes: int) -> bytes:
        """Return the next bytes; `b""` at the end; TimeoutError when the time is up."""

    def sendall(self, data: bytes) -> None:
        """Send all of it, or raise OSError."""


def _unmasked(text: str) -> str:
    return text


def _by_the_device() -> None:
    return None


class _Heard(Protocol):
    """Told what comes, and says whether that was all; an `Exchange`, or `_End`."""

    def take(self, text: str) -> None:
        """Take the next piece."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come."""

    @property
    def may_be_over(self) -> bool:
        """Whether nothing more is to come, if nothing comes soon."""


class _End:
    """What is over when its end says so."""

    may_be_over = False

    def __init__(self, is_over: Callable[[str], bool]) -> None:
        self._is_over = is_over
        self._end = ""

    def take(self, text: str) -> None:
        self._end = (self._end + text)[-_END_CHARACTERS:]

    @property
    def is_over(self) -> bool:
        return self._is_over(self._end)


class Reader:
    """Sends lines and reads what comes, for one device and one stream."""

    def __init__(
        self,
        device: Device,
        stream: Stream,
        *,
        limits: Limits,
        device_deadline: Deadline,
        mask: Callable[[str], str] = _unmasked,
        heard: Callable[[str], None] | None = None,
        cut_by: Callable[[], DeviceError | None] = _by_the_device,
    ) -> None:
        """Read from a stream.

        Args:
            mask: Takes the session's own secrets out of what is quoted.
            heard: Told of each piece that came; for a log of the session.
            cut_by: Asked when the stream has ended: who else than the device ended it.
        """
        self._device = device
        self._mask = mask
        self._heard = heard
        self._cut_by = cut_by
        self._stream = stream
        self._limits = limits
        self._deadline = device_deadline
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def write(self, line: str) -> None:
        """Send one line, unless the deadline has ended."""
        if self._deadline.remaining_s() <= 0:
            return
        try:
            self._stream.sendall(f"{line}\n".encode())
        except OSError:
            # Closed already: the read that follows finds the end and says so.
            return

    def until(
        self,
        is_over: Callable[[str], bool],
        did: str,
        error: type[DeviceError] = CollectError,
        *,
        closed: Callable[[str], DeviceError] | None = None,
        is_quoting: bool = True,
    ) -> str:
        """Return all that comes until `is_over` holds of its end, which is asked after each piece.

        Args:
            is_over: Given the last few hundred characters.
            did: What we are doing, for the message.
            error: What to raise when it does not end well.
            closed: Makes the error where the device hangs up, from what was seen, in place of `error`.
            is_quoting: Whether errors may quote what came; never after a secret was sent.
        """
        return self._read(_End(is_over), did, error, closed=closed, is_quoting=is_quoting)

    def hear(self, exchange: Exchange, did: str, error: type[DeviceError] = CollectError) -> str:
        """Return all that comes until the exchange is over, or may be and nothing more comes.

        Args: as `until`.
        """
        return self._read(exchange, did, error)

    def _read(
        self,
        heard: _Heard,
        did: str,
        error: type[DeviceError],
        *,
        closed: Callable[[str], DeviceError] | None = None,
        is_quoting: bool = True,
    ) -> str:
        deadline = time.monotonic() + self._limits.command_s
        pieces: list[str] = []
        size = 0
        end = ""
        while True:
            left_s = min(deadline - time.monotonic(), self._deadline.remaining_s())
            quiet_s = _QUIET_S if heard.may_be_over else left_s
            data = self._receive(min(left_s, quiet_s))
            if data is None and quiet_s < left_s:
                return "".join(pieces)
            if data is None or (data == b"" and self._deadline.remaining_s() <= 0):
                raise self._ran_out(error, did, end if is_quoting else None)
            size += len(data)
            cut_by = self._cut_by() if data == b"" else None
            if cut_by is not None:
                raise cut_by
            if data == b"" and closed is not None:
                raise closed("the device closed the session")
            if data == b"":
                raise self._closed(error, did, size, end if is_quoting else "")
            if size > self._limits.output_bytes:
                raise error(
                    self._device.name,
                    did=did,
                    saw=f"more than {self._limits.output_bytes} bytes without an end of the answer",
                    hint="log in by hand and look: the device prints without end",
                )
            pieces.append(self._decoded(data))
            end = (end + pieces[-1])[-_END_CHARACTERS:]
            heard.take(pieces[-1])
            if heard.is_over:
                return "".join(pieces)
            if terminal.asks_more(end):
                raise self._paged(error, did)
            if size > _LONG and len(data) < _SMALL:
                self._deadline.sleep(_BREATH_S)

    def quoted(self, text: str, most: int = 160) -> str:
        """Return the end of what came, in quotes, printable, without the session's own secrets."""
        return quoted(self._mask(text)[-most:])

    def more(self, seconds: float) -> str:
        """Return what else comes within so many seconds; empty where nothing does."""
        return self._decoded(self._receive(seconds) or b"")

    def _decoded(self, data: bytes) -> str:
        text = self._decoder.decode(data)
        if self._heard is not None:
            self._heard(text)
        return text

    def _receive(self, seconds: float) -> bytes | None:
        """Return the next bytes, `b""` at the end of the stream, `None` when the time is up."""
        if seconds <= 0:
            return None
        self._stream.settimeout(seconds)
        try:
            return self._stream.recv(_READ_BYTES)
        except TimeoutError:
            return None
        except OSError:
            return b""

    def _closed(self, error: type[DeviceError], did: str, size: int, end: str) -> DeviceError:
        return error(
            self._device.name,
            did=did,
            saw=f"the device closed the session after {size} bytes"
            + (f", ending {self.quoted(end, 80)}" if end else ""),
            hint="audit it again; the device may be reloading, or out of SSH sessions (`show ssh sessions`)",
        )

    def _paged(self, error: type[DeviceError], did: str) -> DeviceError:
        return error(
            self._device.name,
            did=did,
            saw=f"the pager is on ({terminal.PAGER!r}), although `{PAGER_OFF}` was sent",
            hint=f"authorize `terminal pager` for the user {self._device.username!r}",
        )

    def _ran_out(self, error: type[DeviceError], did: str, end: str | None) -> DeviceError:
        if self._deadline.is_stopped():
            return error(
                self._device.name, did=did, saw="the run was stopped", hint="run it again for this device"
            )
        kind, limit = "command", self._limits.command_s
        if self._deadline.remaining_s() <= 0:
            kind, limit = "device", self._limits.device_s
        came = f"; the last output was {self.quoted(end, 80)}" if end else "; there was no output"
        return error(
            self._device.name,
            did=did,
            saw=f"no end of the answer within the {kind} limit of {limit:g} s{'' if end is None else came}",
            hint=f"log in by hand and look; a slow device may need a longer --{kind}-timeout",
        )
