"""Say what went wrong with a jump host, and with a device that it does not reach.

Touches nothing.  The fault of a jump host is told in the same words for every device behind it, and
names none of them.  A device that the jump host cannot reach has a fault of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import asyncssh

from asa_transport.edges.ssh.jump_config import Hop
from asa_transport.edges.ssh.tcp_faults import place, tcp_fault
from asa_transport.errors import ConnectError, JumpError
from asa_transport.model import Device
from asa_transport.text import printable

_ELSE: Final = "nothing is known of the devices behind it"


@dataclass(frozen=True, slots=True, kw_only=True)
class JumpFault:
    """Why there is no way through a jump host; `is_lasting` where it would be the same again."""

    did: str
    saw: str
    hint: str
    is_lasting: bool = False

    def error_of(self, device: str) -> JumpError:
        """Return it as what became of the device of this name."""
        return JumpError(device, did=self.did, saw=self.saw, hint=self.hint, is_lasting=self.is_lasting)


def jump_unreached(hop: Hop, error: OSError, limit_s: float) -> JumpFault:
    """Return that no TCP connection to it was made."""
    fault = tcp_fault(hop.host, hop.port, error, f"{limit_s:g} s")
    return JumpFault(
        did=f"connecting to the jump host {hop}",
        saw=fault.saw,
        hint=f"is it up, and is the address right (`HostName`, `Port`, `jump`)? {_ELSE}",
    )


def jump_unopened(hop: Hop, through: str, error: Exception, limit_s: float) -> JumpFault:
    """Return that the jump host before it did not connect to it."""
    saw = f"no answer within {limit_s:g} s" if isinstance(error, TimeoutError) else _reason(error)
    return JumpFault(
        did=f"connecting to the jump host {hop} through the jump host {through}",
        saw=saw,
        hint=f"is it up, and does the jump host before it forward to it (`ProxyJump`)? {_ELSE}",
    )


def jump_lost(hop: Hop, saw: str) -> JumpFault:
    """Return that the connection to it ended; `saw` is how."""
    return JumpFault(
        did=f"reaching it through the jump host {hop}",
        saw=f"the connection to the jump host was lost: {saw}",
        hint="repair the jump host, and run the command again for these devices; the devices themselves may "
        "be in order",
    )


def jump_given_up(loss: JumpFault, again: JumpFault | None) -> JumpFault:
    """Return that it was lost, and that there is no coming back: why, or because no device came through."""
    saw = "and no device was reached after a new connection to it"
    if again is not None:
        saw = f"then {again.did}: {again.saw}"
    return JumpFault(
        did=loss.did,
        saw=f"{loss.saw}; {saw}",
        hint=loss.hint if again is None else again.hint,
        is_lasting=again is not None and again.is_lasting,
    )


def unforwarded(device: Device, error: asyncssh.ChannelOpenError) -> ConnectError:
    """Return what the jump host says of a device that it did not connect to (RFC 4254 §5.1)."""
    saw, hint = (
        _reason(error),
        "is SSH enabled there, and may the jump host reach it (routing, access lists)?",
    )
    match error.code:
        case asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
            saw, hint = f"the jump host does not allow it: {saw}", _ALLOW
        case asyncssh.OPEN_UNKNOWN_CHANNEL_TYPE:
            saw, hint = f"the jump host forwards nothing: {saw}", _ALLOW
        case asyncssh.OPEN_RESOURCE_SHORTAGE:
            saw, hint = f"the jump host lacks a resource: {saw}", _FEWER
        case _:
            saw = f"the jump host says: {saw}"
    return ConnectError(
        device.name,
        did=f"connecting to {place(device)}",
        saw=saw,
        hint=hint,
        is_transient=hint is not _ALLOW,
    )


_ALLOW: Final = (
    "allow it there: `AllowTcpForwarding`, `PermitOpen`, `DisableForwarding` in its sshd_config, and the "
    "options of the key in its authorized_keys"
)
_FEWER: Final = "allow fewer sessions through it at once (`max_sessions.per_jump` in the policy)"


def unanswered(device: Device, limit_s: float) -> ConnectError:
    """Return that the jump host is well, and a device behind it did not answer it."""
    return ConnectError(
        device.name,
        did=f"connecting to {place(device)}",
        saw=f"no answer within {limit_s:g} s",
        hint="is the device up, and may the jump host reach it (routing, access lists)?",
        is_transient=True,
    )


def listed(names: Iterable[object]) -> str:
    """Return names in a row."""
    return ", ".join(map(str, names))


def _reason(error: Exception) -> str:
    words = error.reason if isinstance(error, asyncssh.Error) else f"{error}"
    return f"'{printable(words)}'" if words else type(error).__name__
