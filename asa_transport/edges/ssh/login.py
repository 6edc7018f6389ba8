"""Offer a password to a device in the one way that it takes, once, and only to a device whose key is known.

paramiko's part of it; knows nothing of ASA.  A rejected password is never offered again, by
this or by another method.
"""

from __future__ import annotations

from typing import Final, NoReturn

import paramiko

from asa_transport.asa.questions import Question, question
from asa_transport.edges.ssh.faults import UnexpectedQuestion, UnknownHostKey
from asa_transport.edges.ssh.transport import Transport

# RFC 4252, section 6.
_USERAUTH_REQUEST: Final = bytes([50])


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
        """Answer the one question for a password, once, and no other question."""
        unsaid = [password]

        def answer(title: str, instructions: str, fields: list[tuple[str, bool]]) -> list[str]:
            if not fields:
                return []
            if len(fields) > 1:
                raise UnexpectedQuestion(Question.OTHER, count=len(fields))
            asked = question(fields[0][0], before=f"{title} {instructions}")
            if asked is not Question.PASSWORD or not unsaid:
                raise UnexpectedQuestion(asked)
            self.heard.is_password_sent = True
            return [unsaid.pop()]

        return _whole(list(self.auth_interactive(username, answer)))


class PasswordTransport(Transport):
    """paramiko's transport without its fallback; see `InteractiveTransport`."""

    def auth_password(self, username: str, password: str, *_: object, **__: object) -> list[str]:
        """Offer the password by the method `password`, once."""
        return _whole(list(super().auth_password(username, password, fallback=False)))

    def _send_message(self, data: paramiko.Message) -> None:
        """Note when the password leaves: it is in the only request for authentication that this makes."""
        if data.asbytes()[:1] == _USERAUTH_REQUEST:
            self.heard.is_password_sent = True
        super()._send_message(data)  # type: ignore[misc] # no stub


def _whole(left: list[str]) -> list[str]:
    """Raise where the password was taken and something else is wanted beside it."""
    if left:
        raise UnexpectedQuestion(Question.SECOND_FACTOR)
    return left


class InteractiveOnly(Exception):
    """The device takes no `password`, but `keyboard-interactive`; the password was not judged."""


def takes_interactive_only(error: Exception) -> bool:
    """Return whether a device that refused the method `password` would take `keyboard-interactive`."""
    return (
        isinstance(error, paramiko.BadAuthenticationType)
        and "password" not in error.allowed_types
        and "keyboard-interactive" in error.allowed_types
    )
