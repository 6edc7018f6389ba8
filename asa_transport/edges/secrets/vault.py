"""Read secrets from HashiCorp Vault: key-value engines 1 and 2, by a token or an AppRole, over TLS.

Each server is logged in to once a run, and each secret of it is read once, however many of its fields are
wanted: a password and its enable password are then of one version.  A token that came of an AppRole is
revoked once all is read; one that somebody gave stays as it is.  Nothing is followed to another address,
which would get the token; no request waits longer than the budget of all sources lets it.  No message
holds what the server said.

Source: HashiCorp Vault's HTTP API (`X-Vault-Token`, `X-Vault-Namespace`, AppRole, KV 1 and 2); hvac.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from asa_transport.edges.secrets.secret_file import Unobtainable
from asa_transport.engine.wait_limit import GivenUp, WaitBudget, WaitLimit
from asa_transport.model import PlainSource, Secret, VaultAppRole, VaultServer, VaultSource

_ADVICE: Final = "install asa-transport[vault], or name another source"
Obtain = Callable[[PlainSource, str], Secret]


@dataclass(slots=True)
class Vaults:
    """The servers of one run, and what was read of them.

    Attributes:
        obtain: Gives a token, or a part of an AppRole, from its own source.
    """

    obtain: Obtain
    budget: WaitBudget
    _clients: dict[VaultServer, Any] = field(default_factory=dict)
    _read: dict[tuple[VaultServer, str, str, int], Any] = field(default_factory=dict)
    _failed: dict[object, str] = field(default_factory=dict)
    _own: list[VaultServer] = field(default_factory=list)

    def text(self, source: VaultSource) -> str:
        """Return what a field holds.

        Raises:
            Unobtainable: Why there is nothing; a server that let nobody in is asked once.
        """
        key = (source.server, source.mount, source.path, source.version)
        if key not in self._read:
            self._read[key] = self._once(key, lambda: self._values(source))
        found = self._read[key]
        value = found.get(source.field) if isinstance(found, dict) else None
        if not isinstance(value, str):
            raise Unobtainable(f"it has no field {source.field!r} with a text; look with 'vault kv get'")
        return value

    def _once(self, key: object, work: Callable[[], Any]) -> Any:
        if key in self._failed:
            raise Unobtainable(self._failed[key])
        try:
            return work()
        except Unobtainable as error:
            self._failed[key] = str(error)
            raise

    def _values(self, source: VaultSource) -> Any:
        client = self._once(source.server, lambda: self._client(source.server))
        if source.version == 1:
            answer = self._asked(
                lambda: client.secrets.kv.v1.read_secret(path=source.path, mount_point=source.mount)
            )
            return _part(answer, "data")
        answer = self._asked(
            lambda: client.secrets.kv.v2.read_secret_version(
                path=source.path, mount_point=source.mount, raise_on_deleted_version=True
            )
        )
        return _part(_part(answer, "data"), "data")

    def _client(self, server: VaultServer) -> Any:
        """Return a client that is logged in."""
        if server in self._clients:
            return self._clients[server]
        try:
            hvac = importlib.import_module("hvac")
        except ImportError:
            raise Unobtainable(f"the package hvac is not installed; {_ADVICE}") from None
        client = hvac.Client(
            url=server.address,
            # Empty, so that it is not looked for in the environment and in ~/.vault-token.
            token="",
            verify=True if server.ca is None else str(server.ca),
            namespace=server.namespace,
            timeout=self.budget.each_s,
            allow_redirects=False,
        )
        auth = server.auth
        if isinstance(auth, VaultAppRole):
            role = self.obtain(auth.role_id, "vault: role_id")
            secret = self.obtain(auth.secret_id, "vault: secret_id")
            answer = self._asked(
                lambda: client.auth.approle.login(
                    role.reveal(), secret.reveal(), mount_point=auth.mount, use_token=False
                )
            )
            login = _part(answer, "auth")
            client.token = str(_part(login, "client_token"))
            # A batch token cannot be revoked: it is in no storage.
            if login.get("token_type") != "batch":
                self._own.append(server)
        else:
            client.token = self.obtain(auth.token, "vault: token").reveal()
        self._clients[server] = client
        return client

    def revoke(self) -> tuple[str, ...]:
        """Revoke the tokens of our own logins; return in words what could not be revoked."""
        notes = []
        while self._own:
            server = self._own.pop()
            try:
                self._asked(self._clients.pop(server).auth.token.revoke_self)
            except Unobtainable as error:
                notes.append(
                    f"note: the token of this run's login to Vault ({server.address}) is not revoked: "
                    f"{error}; it ends by itself, as its role says"
                )
        return tuple(notes)

    def _asked(self, work: Callable[[], Any]) -> Any:
        """Return an answer; `Unobtainable` in words of our own, as a server's may hold anything."""
        if self.budget.is_spent:
            raise Unobtainable(f"not asked, as the {self.budget.whole_s:g} s of all sources were over")
        why = ""
        try:
            with self.budget.wait() as wait:
                return WaitLimit(limit_s=wait.limit_s).call("vault", work)
        except GivenUp:
            why = f"Vault did not answer within {wait.limit_s:g} s"
        # requests' errors are OSErrors; what it cannot read of an answer is a ValueError.
        except (OSError, ValueError, importlib.import_module("hvac.exceptions").VaultError) as error:
            why = _in_words(error)
        raise Unobtainable(why)


def _part(answer: Any, key: str) -> Any:
    if not isinstance(answer, dict) or key not in answer:
        raise Unobtainable("what answers is not Vault, or its engine is of the other version (kv: 1 or 2)")
    return answer[key]


_WORDS: Final = {
    "Forbidden": "Vault denied it (403): the token or role has ended, or its policy does not read this path",
    "Unauthorized": "Vault denied it (401): check the token or the role",
    "InvalidRequest": "Vault did not take the request (400): check role_id, secret_id and the namespace",
    "InvalidPath": "there is nothing at this path (404): check mount, path and the engine's version (kv)",
    "VaultDown": "Vault is sealed or in maintenance (503)",
    "VaultNotInitialized": "Vault is not initialized (501)",
    "RateLimitExceeded": "Vault has had too many requests (429)",
    "SSLError": "the certificate of Vault is not trusted; name its authority as ca_file",
    "ConnectTimeout": "Vault is not reached",
    "ReadTimeout": "Vault did not answer in time",
    "ConnectionError": "Vault is not reached; check the address",
}


def _in_words(error: Exception) -> str:
    for kind in type(error).__mro__:
        if kind.__name__ in _WORDS:
            return _WORDS[kind.__name__]
    if isinstance(error, OSError) and error.strerror:
        return f"Vault is not reached: {error.strerror}"
    return "what Vault answered is not understood; look with 'vault kv get'"
