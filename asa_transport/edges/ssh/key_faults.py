"""Say why a login by a key came to nothing: rejected, not signed, not asked for, or not enough.

Touches nothing.  A public key is no secret: its fingerprint is named, so that it can be looked for.
"""

from __future__ import annotations

from typing import Final

from asa_transport.asa.public_keys import ENTER_KEY, PLAIN_KEYS_ALONE
from asa_transport.edges.ssh.client import Heard
from asa_transport.errors import AuthenticationError
from asa_transport.model import AgentKey, Device, LoginKey
from asa_transport.text import printable

_NOT_AGAIN: Final = "it is not shown again, so that no account is locked"


def key_error(
    device: Device, key: LoginKey, heard: Heard, *, is_refused: bool, is_silent: bool, saw: str
) -> AuthenticationError:
    """Return what a device made of a key.

    Args:
        is_refused: It said that it lets this user in by nothing more.
        saw: What was seen, where it said nothing.
    """
    is_rejection = False
    methods = printable(", ".join(heard.methods)) or "no method at all"
    of_agent = isinstance(key, AgentKey)
    if heard.unsigned and not is_silent:
        said = f"the agent has not signed with it: {printable(heard.unsigned)}"
        hint = "is the agent unlocked, and has it the key still (`ssh-add -l`)? nothing was rejected there"
    elif is_refused and heard.is_partial:
        said = f"the key was accepted, and the device asks for more ({methods}), which is not given"
        hint = "allow a login with the key alone for this account"
    elif is_refused and not heard.keys_shown:
        said, hint = f"the device takes only {methods}", f"{ENTER_KEY}, or give the credential a password"
    elif is_silent:
        said = saw
        hint = (
            "does the agent wait for somebody to confirm or touch it?" if of_agent else _SILENT
        ) + " the key is not shown again"
    else:
        is_rejection = bool(heard.keys_shown)
        said = "the key was rejected" if is_refused else f"{saw} after the key was shown"
        hint = f"{_PLAIN if key.certificate is None else PLAIN_KEYS_ALONE}; {_NOT_AGAIN}"
    kind = "certificate of the key" if key.certificate is not None else "key"
    return AuthenticationError(
        device.name,
        did=f"logging in as {device.username!r} with the {kind} {key.fingerprint} of the credential "
        f"{device.credential!r}",
        saw=said,
        hint=hint,
        is_rejection=is_rejection,
    )


_SILENT: Final = "is its AAA server reachable?"
_PLAIN: Final = f"check the user name, and {ENTER_KEY}"
