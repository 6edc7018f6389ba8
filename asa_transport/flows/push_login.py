"""Log in to a device from the work on it, which dials for itself: what a push does.

An audit's fleet dials in front of its workers (`audit_worker.py`); until one device is proven a push
works on one at a time.  What guards the secrets is the same, but that a push logs in to no device only to
find out about one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from asa_transport.capabilities import (
    Approach,
    Deadline,
    EnableHeld,
    Gate,
    LoginHeld,
    OpenConfigSession,
    OpenSession,
)
from asa_transport.edges.ssh.hostkeys import KnownHosts
from asa_transport.engine import bridge, retry
from asa_transport.engine.secret_guard import SecretGuard
from asa_transport.flows.audit import Request
from asa_transport.flows.audit_worker import EnableSession, host_keys, tell_of_secrets
from asa_transport.model import Device, SshPolicy, with_ssh

_S = TypeVar("_S", bound=EnableSession)


def logins(request: Request, guard: SecretGuard, ssh: SshPolicy, approach: Approach) -> OpenSession:
    """Return what opens a session that reads, and cannot even probe."""
    from asa_transport.edges.ssh.backend import open_session  # noqa: PLC0415 - see `audit_worker.py`

    return _opener(request, guard, ssh, approach, open_session)


def config_logins(
    request: Request, guard: SecretGuard, ssh: SshPolicy, approach: Approach
) -> OpenConfigSession:
    """Return what opens a session that may write, once its lines are permitted; for `push --commit` alone."""
    from asa_transport.edges.ssh.backend import open_config_session  # noqa: PLC0415 - see `audit_worker.py`

    return _opener(request, guard, ssh, approach, open_config_session)


def _opener(
    request: Request, guard: SecretGuard, ssh: SshPolicy, approach: Approach, open_: Callable[..., _S]
) -> Callable[[Device, Deadline], _S]:
    known = KnownHosts(request.inventory.devices)

    def opened(device: Device, deadline: Deadline, gate: Gate) -> _S:
        return open_(
            with_ssh(device, ssh),
            credential=request.secrets[device.credential],
            host_keys=host_keys(known, device),
            limits=request.limits,
            deadline=deadline,
            dial=lambda one: bridge.wait_for(approach(one, deadline)),
            gate=gate,
        )

    def login(device: Device, deadline: Deadline) -> _S:
        wants_enable = False
        retrying = retry.connection_retry(request.limits.attempts, deadline)
        while True:
            permits = bridge.wait_for(guard.permits(device, wants_enable=wants_enable))
            try:
                opening = partial(retrying, partial(opened, device, deadline, permits))
                return tell_of_secrets(opening, permits.judge)
            except LoginHeld:
                # Nothing was sent; the next time is with the secret of that time.
                continue
            except EnableHeld:
                wants_enable = True
            finally:
                permits.give_back()

    return login
