"""Read the `credentials` section: where each secret comes from; `notify.yaml` has the same sources.

Pure.  Obtains no secret.  No message of this module shows any text of the
section but the names of credentials and of known keys, because a secret may
stand anywhere in it by mistake.

Source: docs/schemas/inventory.json; systemd.exec(5), LoadCredential=.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from asa_transport.files.checker import Checker
from asa_transport.files.key_sources import KeyReader
from asa_transport.files.quiet_reader import QuietReader
from asa_transport.files.vault_sources import VaultReader
from asa_transport.files.yamltext import Entry, Mapping, Node, Scalar, Sequence
from asa_transport.model import (
    CommandSource,
    CredentialSpec,
    EnvSource,
    FileSource,
    KeyringSource,
    PromptSource,
    SecretSource,
    SystemdSource,
)

SOURCE_KEYS: Final = ("env", "file", "command", "keyring", "systemd", "prompt", "vault")
SOURCES: Final = (
    "{env: NAME}, {file: PATH}, {command: [PROGRAM, ARGUMENT]}, {keyring: {service: S, username: U}}, "
    "{systemd: NAME} or {prompt: true}"
)
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# A file name in $CREDENTIALS_DIRECTORY: no separators, not `.` or `..`.
_SYSTEMD_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.@:-]{1,255}")


class SecretsReader:
    """Reads the section; see `SettingsReader` for the arguments."""

    def __init__(self, checker: Checker, resolve_path: Callable[[str], Path]) -> None:
        self._checker = checker
        self._quiet = QuietReader(checker, resolve_path)
        self._keys = KeyReader(self._quiet, self._systemd_or_file, self.source)
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
        key, source = next(iter(found.items()))
        readers: dict[str, Callable[[Node, str], SecretSource | None]] = {
            "env": self._env,
            "file": self._file,
            "command": self._command,
            "keyring": self._keyring,
            "systemd": self._systemd,
            "prompt": self._prompt,
            "vault": self._vault.source,
        }
        return readers[key](source.value, f"{what}: {key}")

    def _env(self, node: Node, what: str) -> SecretSource | None:
        name = self._quiet.matching(
            node, what, _ENV_NAME, "the name of an environment variable, e.g. ASA_TRANSPORT_PASSWORD"
        )
        return None if name is None else EnvSource(name=name)

    def _systemd(self, node: Node, what: str) -> SystemdSource | None:
        name = self._quiet.matching(
            node, what, _SYSTEMD_NAME, "the name of a systemd credential, without '/'"
        )
        return None if name is None else SystemdSource(name=name)

    def _file(self, node: Node, what: str) -> FileSource | None:
        text = self._quiet.text(node, what, "the path of a file that only you can read")
        if text is None:
            return None
        path = self._quiet.path(node, text, what)
        return None if path is None else FileSource(path=path)

    def _systemd_or_file(self, key: str, node: Node, what: str) -> SystemdSource | FileSource | None:
        return self._file(node, what) if key == "file" else self._systemd(node, what)

    def _command(self, node: Node, what: str) -> SecretSource | None:
        expected = "a list of a program and its arguments, e.g. [pass, show, asa]; no shell is used"
        if not isinstance(node, Sequence) or not node.items:
            self._checker.add(node, f"{what}: expected {expected}")
            return None
        argv = [
            self._quiet.text(item, what, expected, empty_ok=index > 0)
            for index, item in enumerate(node.items)
        ]
        program = argv[0]
        if program is None or None in argv:
            return None
        if "/" in program or program.startswith("~"):
            path = self._quiet.path(node.items[0], program, what)
            if path is None:
                return None
            program = str(path)
        return CommandSource(argv=(program, *(argument for argument in argv[1:] if argument is not None)))

    def _keyring(self, node: Node, what: str) -> SecretSource | None:
        mapping = self._quiet.mapping(node, what)
        if mapping is None:
            return None
        found = self._quiet.fields(mapping, ("service", "username"), what)
        values = {}
        for key in ("service", "username"):
            if key not in found:
                self._checker.add(node, f"{what}: no {key}; expected {{service: S, username: U}}")
            elif (text := self._quiet.text(found[key].value, f"{what}.{key}", "a text")) is not None:
                values[key] = text
        return KeyringSource(**values) if len(values) == 2 else None

    def _prompt(self, node: Node, what: str) -> SecretSource | None:
        if isinstance(node, Scalar) and node.text == "true":
            return PromptSource()
        self._checker.add(node, f"{what}: expected true; choose another source if nobody can be asked")
        return None
