"""Log in to a device from the thread that works on it: what a push does, one device at a time.

An audit's fleet dials in front of its workers (`visiting.py`); here the worker dials.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from asa_transport.capabilities import Leash, OpenConfigSession, OpenSession
from asa_transport.cli.auditing import Request
from asa_transport.cli.visiting import host_keys
from asa_transport.edges.dial import dial
from asa_transport.edges.hostkeys import KnownHosts
from asa_transport.model import Device

_S = TypeVar("_S")


def logins(request: Request) -> OpenSession:
    """Return what opens a session that reads, and cannot even probe."""
    from asa_transport.edges.session import open_session  # noqa: PLC0415 - see `visiting.py`

    return _opener(request, open_session)


def config_logins(request: Request) -> OpenConfigSession:
    """Return what opens a session that may write, once its lines are permitted; for `push --commit` alone."""
    from asa_transport.edges.session import open_config_session  # noqa: PLC0415 - see `visiting.py`

    return _opener(request, open_config_session)


def _opener(request: Request, open_: Callable[..., _S]) -> Callable[[Device, Leash], _S]:
    known = KnownHosts()

    def login(device: Device, leash: Leash) -> _S:
        return open_(
            device,
            credential=request.secrets[device.credential],
            host_keys=host_keys(known, device),
            limits=request.limits,
            leash=leash,
            dial=partial(dial, ssh_config=request.ssh_config),
        )

    return login
