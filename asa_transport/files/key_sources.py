"""Read where the key of a credential comes from: a file, a systemd credential, or the SSH agent.

Pure.  Reads no key.  Nothing that stands there is shown: it may be a key by mistake.

Source: docs/schemas/inventory.json; ssh-add(1), `-l`; ssh(1), "-cert.pub".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from asa_transport.files.quiet_reader import QuietReader
from asa_transport.files.yamltext import Entry, Mapping, Node, Scalar
from asa_transport.model import (
    AgentKeySpec,
    FileSource,
    KeyCertificate,
    KeySpec,
    PrivateKeySpec,
    SecretSource,
    SystemdSource,
)

KEY_KEYS: Final = ("file", "systemd", "agent", "fingerprint", "passphrase", "certificate")
AGENT_KEYS: Final = "{agent: true, file: PUBLIC_KEY} or {agent: true, fingerprint: SHA256:...}"
KEYS: Final = f"{{file: PRIVATE_KEY}}, {{systemd: NAME}}, {AGENT_KEYS}"
# As a jump host is switched off.
NO_CERTIFICATE: Final = "none"
_FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")

Place: TypeAlias = Callable[[str, Node, str], FileSource | SystemdSource | None]
Sourced: TypeAlias = Callable[[Entry, str], SecretSource | None]


class KeyReader:
    """Reads one `key:`; see `SecretsReader` for what it is given."""

    def __init__(self, quiet: QuietReader, place: Place, source: Sourced) -> None:
        self._quiet = quiet
        self._place = place
        self._source = source

    def read(self, node: Node, what: str) -> KeySpec | None:
        """Return where a key comes from; `None`, and a problem, where that is not said."""
        mapping = self._quiet.mapping(node, what)
        if mapping is None:
            return None
        found = self._quiet.fields(mapping, KEY_KEYS, what)
        if not found and mapping.entries:
            return None
        certificate = self._certificate(found.get("certificate"), f"{what}: certificate")
        if certificate is None:
            return None
        if "agent" in found:
            return self._of_agent(mapping, found, certificate, what)
        return self._private(mapping, found, certificate, what)

    def _private(
        self, mapping: Mapping, found: dict[str, Entry], certificate: KeyCertificate, what: str
    ) -> PrivateKeySpec | None:
        places = [key for key in ("file", "systemd") if key in found]
        if len(places) != 1 or "fingerprint" in found:
            self._quiet.add(mapping, f"{what}: expected one of {KEYS}")
            return None
        (key,) = places
        source = self._place(key, found[key].value, f"{what}: {key}")
        passphrase = None
        if "passphrase" in found:
            passphrase = self._source(found["passphrase"], f"{what}: passphrase")
            if passphrase is None:
                return None
        if source is None:
            return None
        return PrivateKeySpec(source=source, passphrase=passphrase, certificate=certificate)

    def _of_agent(
        self, mapping: Mapping, found: dict[str, Entry], certificate: KeyCertificate, what: str
    ) -> AgentKeySpec | None:
        agent = found["agent"].value
        if not (isinstance(agent, Scalar) and agent.text == "true"):
            self._quiet.add(agent, f"{what}: agent: expected true; leave it out where the key is in a file")
            return None
        named = [key for key in ("file", "fingerprint") if key in found]
        if len(named) != 1 or "systemd" in found or "passphrase" in found:
            self._quiet.add(mapping, f"{what}: an agent is asked for one named key; expected {AGENT_KEYS}")
            return None
        if named == ["file"]:
            place = self._place("file", found["file"].value, f"{what}: file")
            if not isinstance(place, FileSource):
                return None
            return AgentKeySpec(public=place.path, certificate=certificate)
        node, name = found["fingerprint"].value, f"{what}: fingerprint"
        text = self._quiet.matching(
            node, name, _FINGERPRINT, "SHA256: and 43 characters, as `ssh-add -l` has it"
        )
        return None if text is None else AgentKeySpec(fingerprint=text, certificate=certificate)

    def _certificate(self, entry: Entry | None, what: str) -> KeyCertificate | None:
        """Return which certificate is shown; the one beside the key where nothing is said."""
        if entry is None:
            return KeyCertificate()
        node = entry.value
        if isinstance(node, Scalar) and node.text == NO_CERTIFICATE:
            return KeyCertificate(is_wanted=False)
        text = self._quiet.text(node, what, f"the path of a certificate, or {NO_CERTIFICATE}")
        path = None if text is None else self._quiet.path(node, text, what)
        return None if path is None else KeyCertificate(path=path)
