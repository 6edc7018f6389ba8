"""netmiko's own ASA connection over our terminal: what people know how to use, and nothing more.

`send_command`, `find_prompt`, `is_alive`, `disconnect` and a session log work on it.  Whatever is
written through it passes the guard of its session first, so that netmiko's helpers (which enter
configuration mode, and look for prompts with blank lines) can type no line that the session
could not.  netmiko polls: its own methods hold the loop up, and are for a person's script; the
program itself reads through `reader.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from netmiko.channel import SSHChannel
from netmiko.cisco.cisco_asa_ssh import CiscoAsaSSH
from netmiko.session_log import SessionLog

from asa_transport.edges.ssh.client import Opened
from asa_transport.model import Device

# What netmiko polls for is waited for on the loop: no longer than its own pause would be.
_POLL_S: Final = 0.01


class GuardedTerminal:
    """The terminal as netmiko sees it, in the place of a paramiko channel."""

    def __init__(self, opened: Opened, admit: Callable[[str], None]) -> None:
        self._opened = opened
        self._admit = admit
        self._unsent = ""

    def recv_ready(self) -> bool:
        """Return whether there is something to read, waiting a moment for it."""
        return self._opened.terminal.recv_ready(_POLL_S)

    def recv(self, nbytes: int) -> bytes:
        """Return what has come; `b""` at the end."""
        return self._opened.terminal.recv(nbytes)

    def sendall(self, data: bytes) -> None:
        """Send whole lines that the session may send; a line in pieces waits for its end.

        Raises:
            ForbiddenCommand: A line is not one of those; nothing of it was sent.
        """
        *lines, self._unsent = (self._unsent + data.decode()).split("\n")
        for line in lines:
            try:
                # A blank line is how netmiko asks for the prompt: it does nothing at one.
                if line.strip():
                    self._admit(line)
            except BaseException:
                self._unsent = ""
                raise
            self._opened.terminal.sendall(f"{line}\n".encode())

    def settimeout(self, timeout: float | None) -> None:
        """Limit each read."""
        self._opened.terminal.settimeout(timeout)

    def close(self) -> None:
        """Close the terminal, and the connection with it; never waits."""
        self._opened.terminal.close()
        self._opened.connection.close()

    def is_active(self) -> bool:
        """Return whether the connection stands, as far as this side knows."""
        return not (self._opened.terminal.is_over or self._opened.connection.is_closed())


class Connection(CiscoAsaSSH):
    """netmiko's ASA connection on an open session; it is given one, and opens none itself."""

    def __init__(self, device: Device, opened: Opened, admit: Callable[[str], None]) -> None:
        """Take an open session.

        Args:
            admit: Raises ForbiddenCommand for a line that the session may not send.
        """
        # No password: it is not needed any more, and what is not here cannot be shown.
        super().__init__(
            host=device.host,
            port=device.port,
            username=device.username,
            device_type="cisco_asa",
            auto_connect=False,
            allow_auto_change=False,
            ssh_strict=True,
        )
        self._hidden: dict[str, str] = {}
        self._terminal = GuardedTerminal(opened, admit)
        self.remote_conn = cast(Any, self._terminal)
        self.channel = SSHChannel(conn=cast(Any, self._terminal), encoding=self.encoding)
        self.remote_conn_pre = None

    def establish_connection(self, *_: Any, **__: Any) -> None:
        """Do nothing: it is open."""

    def session_preparation(self) -> None:
        """Do nothing: `AsaSession.prepare` does it, without a line that an audit may not send."""

    def cleanup(self, command: str = "") -> None:
        """Do nothing: netmiko's version looks for configuration mode, and waits."""

    def is_alive(self) -> bool:
        """Return whether the session stands; unlike netmiko's, without sending the device a NUL."""
        return self.remote_conn is not None and self._terminal.is_active()

    def hide(self, secrets: Sequence[str]) -> None:
        """Have these written as asterisks in a session log that is attached later."""
        self._hidden = {f"secret-{number}": secret for number, secret in enumerate(secrets)}

    def log_session(self, log: SessionLog) -> None:
        """Write what the session reads from now on to a log of netmiko's, which is closed with it."""
        log.no_log.update(self._hidden)
        log.open()
        self.session_log = log

    def heard(self, text: str) -> None:
        """Note in the session log, where there is one, what was read around netmiko."""
        if self.session_log is not None:
            self.session_log.write(text)
