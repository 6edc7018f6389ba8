"""Every way in which a credential gets its secrets, each with secrets of its own, through a bastion.

A mode writes its sources into a folder that no test looks into, and says what the inventory has for them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import yaml

from mock_devices import MockFleet
from tests.fleet.jumps import jump_host
from tests.fleet.keys import UserKey, agent, certified, user_key
from tests.fleet.vault_server import ROLE_ID, SECRET_ID, TOKEN, vault_server
from tests.support import fleet_of

LOGIN = "Login7SENTINEL"
ENABLE = "Enable7SENTINEL"
PASSPHRASE = "Phrase7SENTINEL"
JUMP_PASSPHRASE = "Jump7SENTINEL"

_KEYRING = """
import keyring.backend
class Keyring(keyring.backend.KeyringBackend):
    priority = 1
    def get_password(self, service, username):
        return open(f"{service}/{username}").read()
    def set_password(self, service, username, password): ...
    def delete_password(self, service, username): ...
"""


@dataclass(slots=True, kw_only=True)
class Sources:
    """Where one mode's secrets are.

    Attributes:
        folder: Nobody looks into it for secrets.
        login: What the inventory has for the login: `password` or `key`.
        enable: Its source of the enable password.
        environment: Of the program.
        public: Keys that log in to the firewalls.
        authorities: Whose certificates do.
        sections: Others of the inventory.
        answers: What a person types, by the question.
        secrets: All that are used, beside those of every mode.
    """

    folder: Path
    open: ExitStack
    login: dict[str, Any] = field(default_factory=dict)
    enable: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    public: list[str] = field(default_factory=list)
    authorities: list[str] = field(default_factory=list)
    sections: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    secrets: list[bytes] = field(default_factory=list)

    def file(self, name: str, content: str, *, mode: int = 0o600) -> Path:
        """Write a source."""
        path = self.folder / name
        path.write_text(content)
        path.chmod(mode)
        return path

    def passwords(self, source: Callable[[str, str], dict[str, Any]]) -> None:
        """Have both passwords come from sources of one kind."""
        self.login = {"password": source("login", LOGIN)}
        self.enable = source("enable", ENABLE)

    def key(self, key: UserKey, spec: dict[str, Any]) -> None:
        """Log in by a key; the enable password comes from a file."""
        self.login = {"key": spec}
        self.public.append(key.public)
        self.enable = {"file": str(self.file("enable", ENABLE))}
        self.secrets += private_parts(key)


def private_parts(key: UserKey) -> list[bytes]:
    """Return what would show that a private key, as it lies there, was copied: each of its lines."""
    return [line for line in key.path.read_bytes().splitlines() if len(line) > 40]


def _env(sources: Sources) -> None:
    def source(name: str, secret: str) -> dict[str, Any]:
        sources.environment[f"MODE_{name.upper()}"] = secret
        return {"env": f"MODE_{name.upper()}"}

    sources.passwords(source)


def _file(sources: Sources) -> None:
    sources.passwords(lambda name, secret: {"file": str(sources.file(name, secret))})


def _command(sources: Sources) -> None:
    sources.passwords(lambda name, secret: {"command": ["cat", str(sources.file(name, secret))]})


def _systemd(sources: Sources) -> None:
    def source(name: str, secret: str) -> dict[str, Any]:
        sources.file(name, secret, mode=0o440)
        return {"systemd": name}

    sources.environment["CREDENTIALS_DIRECTORY"] = str(sources.folder)
    sources.passwords(source)


def _keyring(sources: Sources) -> None:
    def source(name: str, secret: str) -> dict[str, Any]:
        sources.file(name, secret)
        return {"keyring": {"service": str(sources.folder), "username": name}}

    sources.file("folder_keyring.py", _KEYRING)
    sources.environment.update(
        PYTHONPATH=str(sources.folder), PYTHON_KEYRING_BACKEND="folder_keyring.Keyring"
    )
    sources.passwords(source)


def _prompt(sources: Sources) -> None:
    sources.passwords(lambda _name, _secret: {"prompt": True})
    sources.answers.update({"credential lab: password": LOGIN, "credential lab: enable": ENABLE})


def _key_file(sources: Sources) -> None:
    key = user_key(sources.folder)
    sources.key(key, {"file": str(key.path)})


def _key_with_passphrase(sources: Sources) -> None:
    key = user_key(sources.folder, kind="rsa", passphrase=PASSPHRASE)
    sources.environment["MODE_PASSPHRASE"] = PASSPHRASE
    sources.key(key, {"file": str(key.path), "passphrase": {"env": "MODE_PASSPHRASE"}})
    # As it is once it is open, too.
    opened = asyncssh.read_private_key(key.path, PASSPHRASE).export_private_key("openssh")
    sources.secrets += [PASSPHRASE.encode(), *(line for line in opened.splitlines() if len(line) > 40)]


def _key_of_systemd(sources: Sources) -> None:
    key = user_key(sources.folder)
    sources.environment["CREDENTIALS_DIRECTORY"] = str(sources.folder)
    sources.key(key, {"systemd": "id"})


def _agent(sources: Sources) -> None:
    key, other = user_key(sources.folder), user_key(sources.folder, "other")
    sources.environment["SSH_AUTH_SOCK"] = str(sources.open.enter_context(agent(sources.folder, other, key)))
    sources.key(key, {"agent": True, "fingerprint": key.fingerprint})


def _certificate(sources: Sources) -> None:
    key, authority = user_key(sources.folder), user_key(sources.folder, "ca")
    certified(key, authority)
    sources.key(key, {"file": str(key.path)})
    sources.public.clear()
    sources.authorities.append(authority.public)


def _vault(sources: Sources) -> None:
    """Both passwords from one secret, by an AppRole whose parts come from two sources."""
    vault = sources.open.enter_context(vault_server())
    vault.put("asa/night", {"login": LOGIN, "enable": ENABLE})
    sources.environment["MODE_SECRET_ID"] = SECRET_ID
    role = {"file": str(sources.file("role", ROLE_ID))}
    approle = {"role_id": role, "secret_id": {"env": "MODE_SECRET_ID"}}
    sources.sections["vault"] = {"address": vault.address, "approle": approle}
    sources.secrets += [TOKEN.encode(), ROLE_ID.encode(), SECRET_ID.encode()]
    sources.passwords(lambda name, _secret: {"vault": {"path": "asa/night", "field": name}})


MODES: dict[str, Callable[[Sources], None]] = {
    "env": _env, "file": _file, "command": _command, "systemd": _systemd, "keyring": _keyring,
    "prompt": _prompt, "key": _key_file, "key-passphrase": _key_with_passphrase,
    "vault": _vault, "key-systemd": _key_of_systemd, "agent": _agent, "certificate": _certificate,
}  # fmt: skip


def devices(sources: Sources) -> list[dict[str, Any]]:
    """Return firewalls: well ones, ones that echo, hang up, reject, know nobody, and one that waits."""
    by_key = bool(sources.public or sources.authorities)
    login: dict[str, Any] = {"password": LOGIN, "enable_password": ENABLE}
    if by_key:
        login.update(public_keys=sources.public, user_authorities=sources.authorities)
    stranger: dict[str, Any] = {"password": "another", "public_keys": [], "user_authorities": []}
    ssh = {"auth": "publickey" if by_key else "both"}

    def device(name: str, more: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
        return {"name": f"fw-far-{name}", "login": {**login, **(more or {})}, "ssh": ssh, **spec}

    return [
        device("a", license_config={"transport": "callhome"}, latency={"contact_s": 0.0}),
        device("b-echoes", {"enable": "echo"}),
        device("c-hangs-up", {"enable": "hang-up"}),
        device("d-rejects", {"enable_password": "another"}),
        device("e-knows-nobody", stranger),
        device("f-waits", faults=[{"action": "hang", "match": "license all"}]),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A running fleet behind a bastion, and what is needed to audit it in one mode."""

    fleet: MockFleet
    inventory: Path
    ssh_config: Path
    sources: Sources
    hops: Callable[[], int]

    @property
    def secrets(self) -> list[bytes]:
        """All that this mode uses."""
        return [LOGIN.encode(), ENABLE.encode(), JUMP_PASSPHRASE.encode(), *self.sources.secrets]


@contextmanager
def site(mode: str, directory: Path, folder: Path) -> Iterator[Site]:
    """Serve one.

    Args:
        directory: Takes the inventory, and what the program writes.
        folder: Takes the sources.
    """
    with ExitStack() as stack:
        sources = Sources(folder=folder, open=stack)
        MODES[mode](sources)
        jump = user_key(folder / "jump", passphrase=JUMP_PASSPHRASE)
        phrase = sources.file("jump-phrase", JUMP_PASSPHRASE)
        trusted = asyncssh.import_authorized_keys(jump.public)
        host = stack.enter_context(jump_host(folder / "bastion", trusted=trusted))
        fleet = stack.enter_context(fleet_of(*devices(sources)))
        written = fleet.write(folder / "mock")
        document = yaml.safe_load(written.inventory.read_text())
        command = [sys.executable, "-c", f"print(open({str(phrase)!r}).read())"]
        document["credentials"] = {
            "lab": {**sources.login, "enable": sources.enable},
            "bastion": {"key": {"file": str(jump.path), "passphrase": {"command": command}}},
        }
        for entry in document["devices"].values():
            entry.pop("credential", None)
            entry.update(jump="bastion", jump_credential="bastion")
        document.update(sources.sections)
        document["defaults"]["known_hosts"] = str(written.known_hosts)
        inventory = directory / "inventory.yaml"
        inventory.write_text(yaml.safe_dump(document))
        # Those that reject may be first: at two rejections nobody would ask the others.
        inventory.with_name("policy.yaml").write_text(
            "lockout_after: 9\ncontact_poll: 0.1 s\ncontact_timeout: 20 s\n"
        )
        sources.secrets += private_parts(jump)
        yield Site(
            fleet=fleet, inventory=inventory, ssh_config=host.ssh_config, sources=sources,
            hops=lambda: host.connections,
        )  # fmt: skip
