"""Open the byte stream to a device: plain TCP, or through a jump host.

A jump host is reached with the user's own `ssh -W`, so that its configuration,
keys, agent and known_hosts apply there unchanged; it never asks anything
(BatchMode).  Either way the caller gets a real socket, which can be closed from
another thread.  (paramiko's ProxyCommand spins at end of file and has no socket.)
An `ssh` that does not end soon after its socket was closed is ended, so that none is
left behind.
"""

from __future__ import annotations

import atexit
import math
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

from asa_transport.asa.terminal import quoted
from asa_transport.edges.ssh.links import TcpLink
from asa_transport.errors import ConnectError
from asa_transport.model import Device, JumpHost, jump_host

# An `ssh` at work ends at once when its socket is closed; one that still connects, or whose
# device never hangs up, does not.
_LINGER_S = 2.0


def dial(device: Device, limit_s: float, *, ssh_config: Path | None = None) -> TcpLink:
    """Return a link to a device that has a jump host; the caller closes it.

    Args:
        device: Its `host`, `port` and `jump` are used.
        limit_s: Seconds for the SSH handshake of the jump host.
        ssh_config: Used instead of `~/.ssh/config` and the system's.

    Raises:
        ConnectError: With `is_transient` where another attempt may succeed.
    """
    return _through(device, device.jump or "", limit_s, ssh_config)


class _JumpSocket(socket.socket):
    """Our end of the pair; tells when it is shut or closed, from whichever thread."""

    def __init__(self, end: socket.socket) -> None:
        super().__init__(fileno=end.detach())
        self.is_over = threading.Event()

    def shutdown(self, how: int) -> None:
        """As in `socket.socket`."""
        self.is_over.set()
        super().shutdown(how)

    def close(self) -> None:
        """As in `socket.socket`."""
        self.is_over.set()
        super().close()


def _through(device: Device, jump: str, limit_s: float, ssh_config: Path | None) -> TcpLink:
    named = jump_host(jump)
    if named is None:
        raise ConnectError(
            device.name,
            did=f"reading jump {quoted(jump)}",
            saw="not a Host of ~/.ssh/config and not user@host:port",
            hint="correct `jump` in the inventory",
        )
    argv = _argv(device, named, limit_s, ssh_config)
    end, theirs = socket.socketpair()
    ours = _JumpSocket(end)
    # A file, not a pipe: nobody reads while the session runs, and a full pipe would stop ssh.
    said = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the link that quotes it
    try:
        # A session of its own: Ctrl-C is for this program, which then ends its sessions in order.
        process = subprocess.Popen(
            argv,
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=said,
            start_new_session=True,
        )
    except OSError as error:
        ours.close()
        said.close()
        raise ConnectError(
            device.name,
            did=f"starting ssh to the jump host {named.host}",
            saw=error.strerror or str(error),
            hint="install the OpenSSH client",
        ) from error
    finally:
        theirs.close()
    # The thread ends with this program; an `ssh` would not.
    atexit.register(process.kill)
    threading.Thread(
        target=_end, args=(process, ours.is_over), name=f"jump-{device.name}", daemon=True
    ).start()

    return TcpLink(ours, said=said, jump=jump)


def _argv(device: Device, jump: JumpHost, limit_s: float, ssh_config: Path | None) -> list[str]:
    host = f"[{device.host}]" if ":" in device.host else device.host
    argv = ["ssh", *(["-F", str(ssh_config)] if ssh_config else []), "-o", "BatchMode=yes"]
    # Whole seconds only, and 0 would mean no limit.
    argv += ["-o", f"ConnectTimeout={math.ceil(max(limit_s, 1))}", "-W", f"{host}:{device.port}"]
    argv += ["-p", str(jump.port)] if jump.port is not None else []
    argv += ["-l", jump.user] if jump.user is not None else []
    return [*argv, "--", jump.host]


def _end(process: subprocess.Popen[bytes], is_over: threading.Event) -> None:
    """Wait for an `ssh` whose socket was closed; end one that lingers."""
    is_over.wait()
    try:
        process.wait(_LINGER_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    atexit.unregister(process.kill)
