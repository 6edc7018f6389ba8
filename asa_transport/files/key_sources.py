"""Read where the key of a credential comes from: a file, a systemd credential, or the SSH agent.

Pure.  Reads no key.  Nothing that stands there is shown: it may be a key by mistake.

Source: docs/schemas/inventory.json; ssh-add(1), `-l`; ssh(1), "-cert.pub".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from asa_transport.files.plain_sources import FILE, SYSTEMD
from asa_transport.files.quiet_reader import QuietReader, matching, object_of, path, true
from asa_transport.files.yamltext import Entry, Mapping, Node, Scalar
from asa_transport.model import AgentKeySpec, KeyCertificate, KeySpec, PrivateKeySpec, SecretSource

KEY_KEYS: Final = ("file", "systemd", "agent", "fingerprint", "passphrase", "certificate")
AGENT_KEYS: Final = "{agent: true, file: PUBLIC_KEY} or {agent: true, fingerprint: SHA256:...}"
KEYS: Final = f"{{file: PRIVATE_KEY}}, {{systemd: NAME}}, {AGENT_KEYS}"
# As a jump host is switched off.
NO_CERTIFICATE: Final = "none"
_FINGERPRINT: Final = matching(
    "SHA256:[A-Za-z0-9+/]{43}",
    "SHA256: and 43 characters, as `ssh-add -l` has it",
    description="Which key of the agent, as `ssh-add -l` prints it.",
)
_CERTIFICATE: Final = path(
    f"the path of a certificate, or {NO_CERTIFICATE}",
    "Shown in the place of the plain key; if not given, the file beside it that ends in -cert.pub, if there "
    "is one; none for the plain key.",
)
_AGENT: Final = true("leave it out where the key is in a file", "The SSH agent signs (SSH_AUTH_SOCK).")
# Where a private key is, and what names one of an agent.
_PLACES: Final = {"file": FILE, "systemd": SYSTEMD}
_NAMED: Final = {"file": FILE, "fingerprint": _FINGERPRINT}

Sourced: TypeAlias = Callable[[Entry, str], SecretSource | None]


class KeyReader:
    """Reads one `key:`; see `SecretsReader` for what it is given."""

    def __init__(self, quiet: QuietReader, source: Sourced) -> None:
        self._quiet = quiet
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
        places = [key for key in _PLACES if key in found]
        if len(places) != 1 or "fingerprint" in found:
            self._quiet.add(mapping, f"{what}: expected one of {KEYS}")
            return None
        (key,) = places
        source = _PLACES[key].read(self._quiet, found[key].value, f"{what}: {key}")
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
        if _AGENT.read(self._quiet, found["agent"].value, f"{what}: agent") is None:
            return None
        named = [key for key in _NAMED if key in found]
        if len(named) != 1 or "systemd" in found or "passphrase" in found:
            self._quiet.add(mapping, f"{what}: an agent is asked for one named key; expected {AGENT_KEYS}")
            return None
        (key,) = named
        value = _NAMED[key].read(self._quiet, found[key].value, f"{what}: {key}")
        if value is None:
            return None
        if key == "file":
            return AgentKeySpec(public=value.path, certificate=certificate)
        return AgentKeySpec(fingerprint=value, certificate=certificate)

    def _certificate(self, entry: Entry | None, what: str) -> KeyCertificate | None:
        """Return which certificate is shown; the one beside the key where nothing is said."""
        if entry is None:
            return KeyCertificate()
        node = entry.value
        if isinstance(node, Scalar) and node.text == NO_CERTIFICATE:
            return KeyCertificate(is_wanted=False)
        path = _CERTIFICATE.read(self._quiet, node, what)
        return None if path is None else KeyCertificate(path=path)


def schema() -> dict[str, Any]:
    """Return the schema of a key."""
    opened = {
        "passphrase": {"description": "Source of its passphrase.", "$ref": "#/$defs/source"},
        "certificate": _CERTIFICATE.schema,
    }
    private = {
        "file": FILE.described("The private key, which only its owner can read."),
        "systemd": SYSTEMD.described("A private key by LoadCredential=."),
    }
    named = {
        "file": FILE.described("The public key of the one that the agent signs with."),
        "fingerprint": _FINGERPRINT.schema,
    }
    certificate = _CERTIFICATE.schema
    return {
        "description": "One key, and no other, is offered: of a file, or the one named of an agent.",
        "oneOf": [
            *(object_of({key: form, **opened}, key) for key, form in private.items()),
            *(
                object_of({"agent": _AGENT.schema, key: form, "certificate": certificate}, "agent", key)
                for key, form in named.items()
            ),
        ],
    }
