"""Choose the module that opens SSH sessions: the one place where a library is named over another.

A backend is a module of this folder with two functions, `open_session` and `open_config_session`, of
the shapes below; its sessions ask `is_read_only` before they send.  To import this module imports the
library too, so that whoever needs no session does not.
"""

from __future__ import annotations

from typing import Final, Protocol

from asa_transport.capabilities import ConfigSession, Deadline, Dial, Gate, Session
from asa_transport.edges.ssh import session as chosen
from asa_transport.model import Credential, Device, HostKeys, Limits


class SshSession(Session, Protocol):
    """A session that knows whether the enable password was typed in it."""

    has_typed_enable: bool


class SshConfigSession(SshSession, ConfigSession, Protocol):
    """The same of a session that may write."""


class SessionOpener(Protocol):
    """Connect, log in, reach privileged mode, turn the pager off."""

    def __call__(
        self,
        device: Device,
        *,
        credential: Credential,
        host_keys: HostKeys,
        limits: Limits,
        deadline: Deadline,
        dial: Dial,
        probe: bool = False,
        gate: Gate | None = None,
    ) -> SshSession:
        """Return a session that reads.

        Args:
            host_keys: What is known of the device; another key is refused before a password is sent.
            deadline: Given the hand that closes the session; nothing waits longer.
            dial: Opens the byte stream; called once.
            probe: Whether `ping tcp` may be sent too.
            gate: Asked before each secret leaves; `None` lets all through.

        Raises:
            DeviceError: As `capabilities.OpenSession`.
            LoginHeld: The gate said no to the login.
            EnableHeld: The enable password is needed, and the gate said no to it.
        """


class ConfigSessionOpener(Protocol):
    """The same for a committed push."""

    def __call__(
        self,
        device: Device,
        *,
        credential: Credential,
        host_keys: HostKeys,
        limits: Limits,
        deadline: Deadline,
        dial: Dial,
        gate: Gate | None = None,
    ) -> SshConfigSession:
        """Return a session that may probe, and write what it is permitted; otherwise as `SessionOpener`."""


open_session: Final[SessionOpener] = chosen.open_session
open_config_session: Final[ConfigSessionOpener] = chosen.open_config_session
