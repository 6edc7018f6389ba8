"""Reach a device again whose session was lost: it is given time, because it may be on its way back.

Tries again only where no connection came about, to it or to its jump host; a rejected password or a
changed key is final, of the one as of the other.
"""

from __future__ import annotations

from typing import Final

from tenacity import Retrying, retry_if_exception, stop_before_delay, wait_fixed

from asa_transport.capabilities import ConfigSession, Deadline, OpenConfigSession
from asa_transport.engine.retry import BeforeEnd
from asa_transport.errors import ConnectError, JumpError
from asa_transport.model import Device

_BETWEEN: Final = wait_fixed(2.0)


def reopened(
    open_config: OpenConfigSession, device: Device, device_deadline: Deadline, limit_s: float
) -> ConfigSession:
    """Return a new session; raise DeviceError where none comes about within `limit_s`, or the deadline."""
    return Retrying(
        retry=retry_if_exception(_may_pass),
        stop=stop_before_delay(limit_s) | BeforeEnd(device_deadline),
        wait=_BETWEEN,
        sleep=device_deadline.sleep,
        reraise=True,
    )(open_config, device, device_deadline)


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, JumpError):
        return not error.is_lasting
    return isinstance(error, ConnectError)
