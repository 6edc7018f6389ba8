"""Log in to a device from the work on it, which dials for itself: what a push does.

An audit's fleet dials in front of its workers (`audit_worker.py`), and tries secrets by permits; until one
device is proven a push works on one at a time, so that what the trial says before each login is enough.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from asa_transport.capabilities import Approach, Deadline, EnableHeld, OpenConfigSession, OpenSession
from asa_transport.edges.ssh.hostkeys import KnownHosts
from asa_transport.engine import bridge, retry
from asa_transport.engine.admission import Trial
from asa_transport.flows.audit import Request
from asa_transport.flows.audit_worker import EnableSession, host_keys, tell_of_secrets
from asa_transport.model import Device, SecretUse, SshPolicy, with_ssh

_S = TypeVar("_S", bound=EnableSession)


def logins(request: Request, trial: Trial, ssh: SshPolicy, approach: Approach) -> OpenSession:
    """Return what opens a session that reads, and cannot even probe."""
    from asa_transport.edges.ssh.backend import open_session  # noqa: PLC0415 - see `audit_worker.py`

    return _opener(request, trial, ssh, approach, open_session)


def config_logins(request: Request, trial: Trial, ssh: SshPolicy, approach: Approach) -> OpenConfigSession:
    """Return what opens a session that may write, once its lines are permitted; for `push --commit` alone."""
    from asa_transport.edges.ssh.backend import open_config_session  # noqa: PLC0415 - see `audit_worker.py`

    return _opener(request, trial, ssh, approach, open_config_session)


def _opener(
    request: Request, trial: Trial, ssh: SshPolicy, approach: Approach, open_: Callable[..., _S]
) -> Callable[[Device, Deadline], _S]:
    known = KnownHosts(request.inventory.devices)

    def login(device: Device, deadline: Deadline) -> _S:
        def opened() -> _S:
            return open_(
                with_ssh(device, ssh),
                credential=request.secrets[device.credential],
                host_keys=host_keys(known, device),
                limits=request.limits,
                deadline=deadline,
                dial=lambda one: bridge.wait_for(approach(one, deadline)),
                may_enable=not trial.is_lost(device.credential, SecretUse.ENABLE),
            )

        trial.refuse(device, SecretUse.LOGIN)
        retrying = retry.connection_retry(request.limits.attempts, deadline)
        try:
            return tell_of_secrets(partial(retrying, opened), partial(trial.judge, device.credential))
        except EnableHeld:
            trial.refuse(device, SecretUse.ENABLE)
            raise

    return login
