"""Read the `vault` section, which HashiCorp Vault there is and how it is logged in to, and what is in it.

Pure.  Asks nobody.  Nothing that stands there is shown: it may be a token by mistake.

Source: docs/schemas/inventory.json; HashiCorp Vault's documentation of the KV engine and of AppRole.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from asa_transport.files.quiet_reader import QuietReader
from asa_transport.files.yamltext import Entry, Node
from asa_transport.model import (
    PlainSource,
    SecretSource,
    VaultAppRole,
    VaultServer,
    VaultSource,
    VaultToken,
)

SERVER_KEYS: Final = ("address", "namespace", "ca_file", "token", "approle")
PLACE_KEYS: Final = ("path", "field", "mount", "kv")
_HERE: Final = frozenset(("127.0.0.1", "localhost", "::1"))
_PATH: Final = re.compile(r"(?!.*(?:^|/)\.\.?(?:/|$))[A-Za-z0-9_][A-Za-z0-9_./ -]*")
_VERSION: Final = re.compile("[12]")


class VaultReader:
    """Reads the section, and sources that are in it; see `SecretsReader` for what it is given."""

    def __init__(self, quiet: QuietReader, source: Callable[[Entry, str], SecretSource | None]) -> None:
        self._quiet = quiet
        self._source = source
        self._server: VaultServer | None = None
        self._is_there = False
        self._is_reading = False

    def read(self, node: Node) -> None:
        """Read the server, for the sources that come after."""
        self._is_there = self._is_reading = True
        self._read(node)
        self._is_reading = False

    def _read(self, node: Node) -> None:
        mapping = self._quiet.mapping(node, "vault")
        if mapping is None:
            return
        found = self._quiet.fields(mapping, SERVER_KEYS, "vault")
        if "address" not in found:
            self._quiet.add(mapping, "vault: no address; add e.g. address: https://vault.example.net:8200")
            return
        if ("token" in found) == ("approle" in found):
            self._quiet.add(
                mapping, "vault: expected one of token: SOURCE, approle: {role_id: SOURCE, secret_id: SOURCE}"
            )
            return
        address = self._address(found["address"].value)
        auth = self._token(found["token"]) if "token" in found else self._approle(found["approle"])
        namespace, ca = None, None
        if "namespace" in found:
            namespace = self._quiet.matching(
                found["namespace"].value, "vault: namespace", _PATH, "the path of a namespace"
            )
        if "ca_file" in found:
            text = self._quiet.text(
                found["ca_file"].value, "vault: ca_file", "the path of a file of authorities"
            )
            ca = None if text is None else self._quiet.path(found["ca_file"].value, text, "vault: ca_file")
        if address is not None and auth is not None:
            self._server = VaultServer(address=address, auth=auth, namespace=namespace, ca=ca)

    def source(self, node: Node, what: str) -> VaultSource | None:
        """Return where in Vault one secret is."""
        if self._is_reading:
            self._quiet.add(node, f"{what}: this would be in Vault itself; name another source")
            return None
        mapping = self._quiet.mapping(node, what)
        if mapping is None:
            return None
        found = self._quiet.fields(mapping, PLACE_KEYS, what)
        missing = [key for key in ("path", "field") if key not in found]
        if missing:
            self._quiet.add(
                mapping, f"{what}: no {' and no '.join(missing)}; expected {{path: PATH, field: NAME}}"
            )
            return None
        texts: dict[str, str] = {}
        for key, entry in found.items():
            pattern, expected = (_VERSION, "1 or 2") if key == "kv" else (_PATH, "a path or a name in Vault")
            text = self._quiet.matching(entry.value, f"{what}.{key}", pattern, expected)
            if text is None:
                return None
            texts[key] = text
        if self._server is None:
            if not self._is_there:
                self._quiet.add(
                    node, f"{what}: there is no vault section; say there where it is, and its token"
                )
            return None
        return VaultSource(
            server=self._server, path=texts["path"].strip("/"), field=texts["field"],
            mount=texts.get("mount", "secret").strip("/"), version=int(texts.get("kv", "2")),
        )  # fmt: skip

    def _address(self, node: Node) -> str | None:
        expected = "https://HOST:PORT; http only to this machine, as a token would cross the network readably"
        text = self._quiet.text(node, "vault: address", expected)
        if text is None:
            return None
        try:
            url = urlsplit(text)
            is_right = bool(url.hostname) and url.username is None and url.port != 0 and not url.query
        except ValueError:
            is_right, url = False, urlsplit("")
        if is_right and (url.scheme == "https" or (url.scheme == "http" and url.hostname in _HERE)):
            return text.rstrip("/")
        self._quiet.add(node, f"vault: address: expected {expected}; what stands here is not shown")
        return None

    def _token(self, entry: Entry) -> VaultToken | None:
        source = self._plain(entry, "vault: token")
        return None if source is None else VaultToken(token=source)

    def _approle(self, entry: Entry) -> VaultAppRole | None:
        what = "vault: approle"
        mapping = self._quiet.mapping(entry.value, what)
        if mapping is None:
            return None
        found = self._quiet.fields(mapping, ("role_id", "secret_id", "mount"), what)
        if "role_id" not in found or "secret_id" not in found:
            self._quiet.add(mapping, f"{what}: expected {{role_id: SOURCE, secret_id: SOURCE}}")
            return None
        role, secret = (self._plain(found[key], f"{what}: {key}") for key in ("role_id", "secret_id"))
        mount: str | None = "approle"
        if "mount" in found:
            mount = self._quiet.matching(found["mount"].value, f"{what}: mount", _PATH, "a path in Vault")
        if role is None or secret is None or mount is None:
            return None
        return VaultAppRole(role_id=role, secret_id=secret, mount=mount.strip("/"))

    def _plain(self, entry: Entry, what: str) -> PlainSource | None:
        source = self._source(entry, what)
        return None if isinstance(source, VaultSource) else source
