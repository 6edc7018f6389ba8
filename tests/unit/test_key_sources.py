"""Where the key of a credential comes from, as the inventory says it, and what is said of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from asa_transport.errors import InventoryError
from asa_transport.files.inventory_native import load
from asa_transport.model import (
    AgentKeySpec,
    CredentialSpec,
    EnvSource,
    FileSource,
    KeyCertificate,
    PrivateKeySpec,
    SystemdSource,
)

PRINT = "SHA256:" + "a" * 43
SENTINEL = "Hunter2SENTINEL"
REST = """
defaults: {username: netaudit, credential: lab, known_hosts: known}
devices: {fw-a: {host: 192.0.2.1}}
"""


def credential(directory: Path, text: str) -> CredentialSpec:
    file = directory / "inventory.yaml"
    file.write_text(f"credentials: {{lab: {text}}}{REST}")
    (found,) = load(file).credentials
    return found


def problem(directory: Path, text: str) -> str:
    with pytest.raises(InventoryError) as caught:
        credential(directory, text)
    assert SENTINEL not in str(caught.value)
    return "\n".join(one.message for one in caught.value.problems if "fw-a" not in one.message)


def test_a_key_of_a_file_has_its_passphrase_and_its_certificate(tmp_path: Path) -> None:
    """Paths start from the inventory, as all of its paths do."""
    found = credential(
        tmp_path, "{key: {file: id, passphrase: {env: A}, certificate: c.pub}, enable: {env: B}}"
    )

    assert found == CredentialSpec(
        name="lab",
        enable=EnvSource(name="B"),
        key=PrivateKeySpec(
            source=FileSource(path=tmp_path / "id"),
            passphrase=EnvSource(name="A"),
            certificate=KeyCertificate(path=tmp_path / "c.pub"),
        ),
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("{systemd: asa-key}", PrivateKeySpec(source=SystemdSource(name="asa-key"))),
        (f"{{agent: true, fingerprint: '{PRINT}'}}", AgentKeySpec(fingerprint=PRINT)),
        (
            f"{{agent: true, fingerprint: '{PRINT}', certificate: none}}",
            AgentKeySpec(fingerprint=PRINT, certificate=KeyCertificate(is_wanted=False)),
        ),
    ],
)
def test_a_key_comes_from_where_it_says(
    text: str, key: PrivateKeySpec | AgentKeySpec, tmp_path: Path
) -> None:
    """Each form that the schema has."""
    assert credential(tmp_path, f"{{key: {text}}}").key == key


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{key: {file: id}, password: {env: A}}", "a password and a key; keep one of them"),
        (f"{{key: {SENTINEL}}}", "key: expected a map (key: value); what stands here is not shown"),
        ("{key: {}}", "key: expected one of {file: PRIVATE_KEY}, {systemd: NAME}, {agent: true, "),
        ("{key: {file: a, systemd: b}}", "key: expected one of {file: PRIVATE_KEY}"),
        (f"{{key: {{file: a, fingerprint: '{PRINT}'}}}}", "key: expected one of {file: PRIVATE_KEY}"),
        ("{key: {agent: true}}", "an agent is asked for one named key"),
        ("{key: {agent: true, file: a, passphrase: {env: A}}}", "an agent is asked for one named key"),
        (f"{{key: {{agent: {SENTINEL}, file: a}}}}", "key: agent: expected true"),
        (
            f"{{key: {{agent: true, fingerprint: {SENTINEL}}}}}",
            "fingerprint: expected SHA256: and 43 characters",
        ),
        (f"{{key: {{file: a, passphrase: {SENTINEL}}}}}", "the secret itself stands here (not shown)"),
        (
            f"{{key: {{file: a, {SENTINEL}: b}}}}",
            "unknown key (not shown); expected one of: file, systemd, agent",
        ),
        ("{key: {file: a, certificate: [b]}}", "certificate: expected the path of a certificate, or none"),
    ],
)
def test_a_mistake_in_a_key_says_what_is_expected_and_shows_nothing(
    text: str, said: str, tmp_path: Path
) -> None:
    """A key or a passphrase may stand there by mistake."""
    assert said in problem(tmp_path, text)
