"""Log in to a device from the work on it, which dials for itself: what a push does.

An audit's fleet dials in front of its workers (`audit_worker.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from asa_transport.capabilities import Approach, Deadline, EnableHeld, OpenConfigSession, OpenSession
from asa_transport.edges.ssh.hostkeys import KnownHosts
from asa_transport.engine.admission import MOST_REJECTED, Trial
from asa_transport.errors import EnableError
from asa_transport.flows.audit import Request
from asa_transport.flows.audit_worker import EnableSession, OpenedLink, host_keys, tell_of_secrets
from asa_transport.model import Device, SecretUse, SshPolicy, with_ssh

_S = TypeVar("_S", bound=EnableSession)


def logins(request: Request, guard: LoginGuard, ssh: SshPolicy, approach: Approach) -> OpenSession:
    """Return what opens a session that reads, and cannot even probe."""
    from asa_transport.edges.ssh.backend import open_session  # noqa: PLC0415 - see `audit_worker.py`

    return _opener(request, guard, ssh, approach, open_session)


def config_logins(
    request: Request, guard: LoginGuard, ssh: SshPolicy, approach: Approach
) -> OpenConfigSession:
    """Return what opens a session that may write, once its lines are permitted; for `push --commit` alone."""
    from asa_transport.edges.ssh.backend import open_config_session  # noqa: PLC0415 - see `audit_worker.py`

    return _opener(request, guard, ssh, approach, open_config_session)


def _opener(
    request: Request, guard: LoginGuard, ssh: SshPolicy, approach: Approach, open_: Callable[..., _S]
) -> Callable[[Device, Deadline], _S]:
    known = KnownHosts()

    def login(device: Device, deadline: Deadline) -> _S:
        def opened() -> _S:
            return open_(
                with_ssh(device, ssh),
                credential=request.secrets[device.credential],
                host_keys=host_keys(known, device),
                limits=request.limits,
                deadline=deadline,
                dial=OpenedLink(None, approach, deadline),
                may_enable=guard.may_enable(device),
            )

        guard.check(device)
        try:
            return tell_of_secrets(opened, partial(guard.judge, device))
        except EnableHeld:
            raise guard.enable_refused(device) from None

    return login


class LoginGuard:
    """Keeps a push from trying a wrong secret on one device after another; safe between threads.

    No permits as in an audit: until one device is proven a push works on one at a time.
    """

    def __init__(self, most_rejected: int = MOST_REJECTED) -> None:
        self._trial = Trial(most_rejected)
        self._lock = threading.Lock()

    def check(self, device: Device) -> None:
        """Raise AuthenticationError where the login password may not be tried any more."""
        with self._lock:
            self._trial.refuse(device, SecretUse.LOGIN)

    def may_enable(self, device: Device) -> bool:
        """Return whether the enable password may be typed."""
        with self._lock:
            return not self._trial.is_lost(device.credential, SecretUse.ENABLE)

    def enable_refused(self, device: Device) -> EnableError:
        """Return why the enable password was not typed."""
        try:
            with self._lock:
                self._trial.refuse(device, SecretUse.ENABLE)
        except EnableError as error:
            return error
        raise AssertionError("the enable password was held, and is not lost")

    def judge(self, device: Device, use: SecretUse, accepted: bool) -> None:
        """Note what a device made of a secret."""
        with self._lock:
            self._trial.judge(device.credential, use, accepted)
