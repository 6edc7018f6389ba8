"""Offer a password to a device in the one way that it takes, once, and only to a device whose key is known.

paramiko's part of it; knows nothing of ASA.  A rejected password is never offered again, by
this or by another method.
"""

from __future__ import annotations

from typing import NoReturn

import paramiko

from asa_transport.ssh.faults import UnknownHostKey
from asa_transport.ssh.transport import Transport
from asa_transport.terminal import printable


class StrictHostKeys(paramiko.MissingHostKeyPolicy):
    """Never learns a key (netmiko's default adds unknown ones silently, PEERS T3)."""

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> NoReturn:
        """Raise UnknownHostKey; no password was sent yet."""
        del client, hostname
        raise UnknownHostKey(key)


class InteractiveTransport(Transport):
    """paramiko's transport for a device that takes the password by keyboard-interactive only.

    paramiko's own fallback asks for the authentication service a second time in one
    connection, which some servers take for an attack, and reports a rejected password
    as "bad authentication type".
    """

    def auth_password(self, username: str, password: str, *_: object, **__: object) -> list[str]:
        """Answer the one question for a password, once."""
        unsaid = [password]

        def answer(title: str, instructions: str, fields: list[tuple[str, bool]]) -> list[str]:
            del title, instructions
            if not fields:
                return []
            # Asked again, it was rejected; anything else (a token, a new password) is a person's matter.
            if len(fields) > 1 or "assword" not in fields[0][0] or not unsaid:
                raise paramiko.AuthenticationException(f"asked {printable(fields[0][0])!r}")
            return [unsaid.pop()]

        return list(self.auth_interactive(username, answer))


class PasswordTransport(Transport):
    """paramiko's transport without its fallback; see `InteractiveTransport`."""

    def auth_password(self, username: str, password: str, *_: object, **__: object) -> list[str]:
        """Offer the password by the method `password`, once."""
        return list(super().auth_password(username, password, fallback=False))


class InteractiveOnly(Exception):
    """The device takes no `password`, but `keyboard-interactive`; the password was not judged."""


def takes_interactive_only(error: Exception) -> bool:
    """Return whether a device that refused the method `password` would take `keyboard-interactive`."""
    return (
        isinstance(error, paramiko.BadAuthenticationType)
        and "password" not in error.allowed_types
        and "keyboard-interactive" in error.allowed_types
    )
