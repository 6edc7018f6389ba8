"""Read the `credentials` section: where each secret comes from; `notify.yaml` has the same sources.

Pure.  Obtains no secret.  No message of this module shows any text of the
section but the names of credentials and of known keys, because a secret may
stand anywhere in it by mistake.

Source: docs/schemas/inventory.json.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from asa_transport.files.checker import Checker
from asa_transport.files.key_sources import KeyReader
from asa_transport.files.plain_sources import PLAIN, SOURCES
from asa_transport.files.quiet_reader import QuietReader, object_of
from asa_transport.files.vault_sources import VaultReader
from asa_transport.files.yamltext import Entry, Mapping, Node, Scalar
from asa_transport.model import CredentialSpec, SecretSource

SOURCE_KEYS: Final = (*PLAIN, "vault")


class SecretsReader:
    """Reads the section; see `SettingsReader` for the arguments."""

    def __init__(self, checker: Checker, resolve_path: Callable[[str], Path]) -> None:
        self._checker = checker
        self._quiet = QuietReader(checker, resolve_path)
        self._keys = KeyReader(self._quiet, self.source)
        self._vault = VaultReader(self._quiet, self.source)
        self.names: set[str] = set()
        self.by_key: set[str] = set()

    def read(self, node: Node) -> tuple[CredentialSpec, ...]:
        """Return the credentials that are right; `names` then holds those that are wrong too."""
        section = self._quiet.mapping(node, "credentials", empty_ok=True)
        if section is None:
            return ()
        specs = []
        for entry in section.entries:
            self.names.add(entry.key.text)
            if self._checker.name(entry.key, "credential name") is None:
                continue
            spec = self._credential(entry)
            if spec is not None:
                specs.append(spec)
        return tuple(specs)

    def read_vault(self, node: Node) -> None:
        """Read which Vault there is, before the credentials that are in it."""
        self._vault.read(node)

    def _credential(self, entry: Entry) -> CredentialSpec | None:
        what = f"credential {entry.key.text}"
        mapping = self._quiet.mapping(entry.value, what)
        if mapping is None:
            return None
        found = self._quiet.fields(mapping, ("password", "enable", "key"), what)
        if "key" in found:
            self.by_key.add(entry.key.text)
        password, key, enable = None, None, None
        if "password" not in found and "key" not in found:
            self._checker.add(entry.key, f"{what}: no password; add its source: {SOURCES}")
        elif "password" in found and "key" in found:
            self._checker.add(
                found["key"].key,
                f"{what}: a password and a key; keep one of them: no second one is tried where the first was "
                "rejected",
            )
        elif "key" in found:
            key = self._keys.read(found["key"].value, f"{what}: key")
        else:
            password = self.source(found["password"], f"{what}: password")
        if "enable" in found:
            enable = self.source(found["enable"], f"{what}: enable")
            if enable is None:
                return None
        if password is None and key is None:
            return None
        return CredentialSpec(name=entry.key.text, password=password, enable=enable, key=key)

    def source(self, entry: Entry, what: str) -> SecretSource | None:
        """Return where one secret comes from; `what` names it in messages."""
        node = entry.value
        if not isinstance(node, Mapping):
            is_empty = isinstance(node, Scalar) and node.is_null
            seen = "empty" if is_empty else "the secret itself stands here (not shown)"
            self._checker.add(node, f"{what}: {seen}; give its source instead: {SOURCES}")
            return None
        found = self._quiet.fields(node, SOURCE_KEYS, what)
        if not found and node.entries:
            return None
        if len(found) != 1:
            self._checker.add(node, f"{what}: {len(found)} sources; expected exactly one of {SOURCES}")
            return None
        ((key, source),) = found.items()
        if key in PLAIN:
            plain: SecretSource | None = PLAIN[key].read(self._quiet, source.value, f"{what}: {key}")
            return plain
        return self._vault.source(source.value, f"{what}: {key}")


def schema() -> dict[str, Any]:
    """Return the schema of one credential."""
    part = {"$ref": "#/$defs/source"}
    logs_in = {
        "password": {"description": "Source of the login password.", **part},
        "key": {
            "description": "The SSH key that logs in, in the place of a password.",
            "$ref": "#/$defs/key",
        },
    }
    said = "Source of the enable password; leave out where login lands at '#'."
    enable = {"description": said, **part}
    return {"oneOf": [object_of({key: form, "enable": enable}, key) for key, form in logs_in.items()]}
