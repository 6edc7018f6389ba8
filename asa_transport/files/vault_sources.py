"""Read the `vault` section, which HashiCorp Vault there is and how it is logged in to, and what is in it.

Pure.  Asks nobody.  Nothing that stands there is shown: it may be a token by mistake.

Source: docs/schemas/inventory.json; HashiCorp Vault's documentation of the KV engine and of AppRole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from asa_transport.files.quiet_reader import Part, QuietReader, matching, object_of, path
from asa_transport.files.yamltext import Entry, Node
from asa_transport.model import (
    PlainSource,
    SecretSource,
    VaultAppRole,
    VaultServer,
    VaultSource,
    VaultToken,
)

_HERE: Final = frozenset(("127.0.0.1", "localhost", "::1"))
_TEXT: Final = {"$ref": "#/$defs/text"}
_PATH: Final = r"(?!.*(?:^|/)\.\.?(?:/|$))[A-Za-z0-9_][A-Za-z0-9_./ -]*"


def _address(quiet: QuietReader, node: Node, what: str) -> str | None:
    expected = "https://HOST:PORT; http only to this machine, as a token would cross the network readably"
    text = quiet.text(node, what, expected)
    if text is None:
        return None
    try:
        url = urlsplit(text)
        is_right = bool(url.hostname) and url.username is None and url.port != 0 and not url.query
    except ValueError:
        is_right, url = False, urlsplit("")
    if is_right and (url.scheme == "https" or (url.scheme == "http" and url.hostname in _HERE)):
        return text.rstrip("/")
    quiet.add(node, f"{what}: expected {expected}; what stands here is not shown")
    return None


def _in_vault(description: str = "") -> Part:
    return matching(_PATH, "a path or a name in Vault", _TEXT, description)


# One field of a secret; and a server, without how it is logged in to.
_PLACE: Final = {
    "path": _in_vault("Below the mount."),
    "field": _in_vault(),
    "mount": _in_vault("Of the engine; secret if not given."),
    "kv": matching("[12]", "1 or 2", {"enum": [1, 2, "1", "2"]}, "Version of the engine; 2 if not given."),
}
_SERVER: Final = {
    "address": Part(
        read=_address,
        schema={"description": "Its URL; https but on this machine.", "type": "string", "minLength": 1},
    ),
    "namespace": matching(_PATH, "the path of a namespace", _TEXT),
    "ca_file": path(
        "the path of a file of authorities", "Authorities, in the place of the known ones.", _TEXT
    ),
}
_MOUNT: Final = matching(_PATH, "a path in Vault", _TEXT, "Of the method; approle if not given.")
_LOGINS: Final = ("token", "approle")


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
        found = self._quiet.fields(mapping, (*_SERVER, *_LOGINS), "vault")
        if "address" not in found:
            self._quiet.add(mapping, "vault: no address; add e.g. address: https://vault.example.net:8200")
            return
        if ("token" in found) == ("approle" in found):
            self._quiet.add(
                mapping, "vault: expected one of token: SOURCE, approle: {role_id: SOURCE, secret_id: SOURCE}"
            )
            return
        said = self._quiet.values(found, _SERVER, "vault: ")
        auth = self._token(found["token"]) if "token" in found else self._approle(found["approle"])
        if said is not None and auth is not None:
            self._server = VaultServer(
                address=said["address"], auth=auth, namespace=said.get("namespace"), ca=said.get("ca_file")
            )

    def source(self, node: Node, what: str) -> VaultSource | None:
        """Return where in Vault one secret is."""
        if self._is_reading:
            self._quiet.add(node, f"{what}: this would be in Vault itself; name another source")
            return None
        mapping = self._quiet.mapping(node, what)
        if mapping is None:
            return None
        found = self._quiet.fields(mapping, _PLACE, what)
        missing = [key for key in ("path", "field") if key not in found]
        if missing:
            self._quiet.add(
                mapping, f"{what}: no {' and no '.join(missing)}; expected {{path: PATH, field: NAME}}"
            )
            return None
        texts = self._quiet.values(found, _PLACE, f"{what}.")
        if texts is None:
            return None
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
            mount = _MOUNT.read(self._quiet, found["mount"].value, f"{what}: mount")
        if role is None or secret is None or mount is None:
            return None
        return VaultAppRole(role_id=role, secret_id=secret, mount=mount.strip("/"))

    def _plain(self, entry: Entry, what: str) -> PlainSource | None:
        source = self._source(entry, what)
        return None if isinstance(source, VaultSource) else source


def schema() -> dict[str, Any]:
    """Return the schema of the section."""
    part = {"$ref": "#/$defs/source"}
    server = {key: one.schema for key, one in _SERVER.items()}
    approle = {"role_id": part, "secret_id": part, "mount": _MOUNT.schema}
    logins = {
        "token": {"description": "Source of a token.", **part},
        "approle": object_of(approle, "role_id", "secret_id"),
    }
    return {
        "description": "Which HashiCorp Vault the sources of kind vault are in, and how it is logged in to.",
        "oneOf": [object_of({**server, key: form}, "address", key) for key, form in logins.items()],
    }


def place_schema() -> dict[str, Any]:
    """Return the schema of a source that is in Vault."""
    return {
        "description": "A field of a secret in HashiCorp Vault (extra vault); see the section vault.",
        **object_of({key: one.schema for key, one in _PLACE.items()}, "path", "field"),
    }
