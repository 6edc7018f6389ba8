"""Reach a device again whose session was lost: it is given time, because it may be on its way back.

Tries again only where no connection came about, to it or to its jump host; a rejected password or a
changed key is final, of the one as of the other.
"""

from __future__ import annotations

import time
from typing import Final

from asa_transport.capabilities import ConfigSession, Deadline, OpenConfigSession
from asa_transport.errors import ConnectError, DeviceError, JumpError
from asa_transport.model import Device

_RETRY_S: Final = 2.0


def reopened(
    open_config: OpenConfigSession, device: Device, device_deadline: Deadline, limit_s: float
) -> ConfigSession:
    """Return a new session; raise DeviceError where none comes about within `limit_s`, or the deadline."""
    deadline = time.monotonic() + limit_s
    while True:
        try:
            return open_config(device, device_deadline)
        except DeviceError as error:
            left = min(deadline - time.monotonic(), device_deadline.remaining_s())
            if not _may_pass(error) or left <= _RETRY_S:
                raise
            device_deadline.sleep(_RETRY_S)


def _may_pass(error: DeviceError) -> bool:
    if isinstance(error, JumpError):
        return not error.is_lasting
    return isinstance(error, ConnectError)
