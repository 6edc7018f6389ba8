"""Make of a credential's key what signs one login: the key itself, or the agent that holds it.

Each login has an object of its own, as asyncssh notes in it which signature a device takes.  Keys of files
are read once a run: that takes longer than a login.  An agent is connected to for one signature, which has
the limit of the login, whoever has to touch or confirm something.

Source: RFC 8332 (RSA signatures); PROTOCOL.agent and PROTOCOL.certkeys of OpenSSH.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Final

import asyncssh
from asyncssh.agent import SSHAgentKeyPair
from asyncssh.packet import SSHPacket

from asa_transport.edges.ssh.algorithms import Algorithms
from asa_transport.errors import in_words
from asa_transport.model import LoginKey, PrivateKey

_RSA: Final = b"ssh-rsa"
_SHA2: Final = b"rsa-sha2-256"
_CERTIFICATE: Final = b"-cert-v01@openssh.com"


class Signer:
    """What signs one login, or several of one jump host; close it after that.

    Attributes:
        pair: As asyncssh takes it.
    """

    def __init__(self, key: LoginKey, algorithms: Algorithms, unsigned: Callable[[str], None]) -> None:
        """Contact nobody yet; `unsigned` is told why the agent has not signed."""
        self._agent: asyncssh.SSHAgentClient | None = None
        if isinstance(key, PrivateKey):
            self.pair = copy.copy(_of_file(key))
        else:
            self._agent = asyncssh.SSHAgentClient(key.socket)
            self.pair = _AgentPair(self._agent, key.public, unsigned)
            if key.certificate is not None:
                self.pair.set_certificate(asyncssh.import_certificate(key.certificate))
        _choose_signature(self.pair, takes_sha1=_RSA.decode() in algorithms.host_keys)

    def close(self) -> None:
        """Part from the agent."""
        if self._agent is not None:
            self._agent.close()
            self._agent = None


class _AgentPair(SSHAgentKeyPair):
    """A key of the agent that tells why it has not signed: asyncssh goes on as if there were no key."""

    def __init__(
        self, agent: asyncssh.SSHAgentClient, public: bytes, unsigned: Callable[[str], None]
    ) -> None:
        super().__init__(agent, SSHPacket(public).get_string(), public, b"")
        self._unsigned = unsigned

    async def sign_async(self, data: bytes) -> bytes:
        """As asyncssh's own."""
        try:
            return await super().sign_async(data)
        except ValueError as error:
            self._unsigned(in_words(error))
            raise


def _choose_signature(pair: asyncssh.SSHKeyPair, *, takes_sha1: bool) -> None:
    """Say how an RSA key signs, where asyncssh would show it twice, or sign by SHA-1 against the policy."""
    if pair.key_algorithm != _RSA:
        return
    if pair.has_cert:
        # asyncssh shows it by its old name, and once more by its new one.
        pair.sig_algorithms, pair.sig_algorithm, pair.algorithm = (_SHA2,), _SHA2, _SHA2 + _CERTIFICATE
    elif not takes_sha1:
        # By SHA-1 is how it signs for a device that does not say what it takes.
        pair.sig_algorithms = (_SHA2,)
        pair.set_sig_algorithm(_SHA2)


@functools.lru_cache(maxsize=256)
def _of_file(key: PrivateKey) -> asyncssh.SSHKeyPair:
    private = asyncssh.import_private_key(key.private.reveal())
    if key.certificate is None:
        return asyncssh.load_keypairs([private])[0]
    return asyncssh.load_keypairs([(private, asyncssh.import_certificate(key.certificate))])[0]
