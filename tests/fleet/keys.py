"""Keys for tests: made anew for each, in files as `ssh-keygen` leaves them, and an agent of OpenSSH's own."""

from __future__ import annotations

import signal
import socketserver
import struct
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh
import yaml

from mock_devices import MockFleet
from tests.processes import LIMIT_S
from tests.support import QUICK


@dataclass(frozen=True, slots=True, kw_only=True)
class UserKey:
    """A pair of keys in files of their own."""

    path: Path
    public: str
    fingerprint: str


def user_key(directory: Path, name: str = "id", *, kind: str = "ed25519", passphrase: str = "") -> UserKey:
    """Make one, as a person does."""
    directory.mkdir(exist_ok=True)
    path = directory / name
    _run("ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "night@audit", "-f", path)
    return UserKey(
        path=path,
        public=" ".join(path.with_name(f"{name}.pub").read_text().split()[:2]),
        fingerprint=asyncssh.read_public_key(path.with_name(f"{name}.pub")).get_fingerprint(),
    )


def certified(key: UserKey, authority: UserKey, *options: str, name: str = "netaudit") -> Path:
    """Have an authority sign a key; the certificate lies beside it."""
    public = key.path.with_name(f"{key.path.name}.pub")
    _run("ssh-keygen", "-q", "-s", authority.path, "-I", "night", "-n", name, *options, public)
    return key.path.with_name(f"{key.path.name}-cert.pub")


def by_key(
    fleet: MockFleet, directory: Path, key: Mapping[str, Any], more: Mapping[str, Any] | None = None
) -> Path:
    """Write the fleet's files, with a credential that logs in by a key; return the inventory."""
    files = fleet.write(directory)
    document = yaml.safe_load(files.inventory.read_text())
    lab = document["credentials"]["lab"]
    del lab["password"]
    lab["key"] = {name: str(value) if isinstance(value, Path) else value for name, value in key.items()}
    document["credentials"].update(more or {})
    files.inventory.write_text(yaml.safe_dump(document))
    return files.inventory


def words(inventory: Path, *more: str | Path) -> tuple[str | Path, ...]:
    """Return the words of an audit of it."""
    state = inventory.with_name("state")
    return "audit", "-i", inventory, "--format=json", "--state-dir", state, *QUICK, *more


@contextmanager
def agent(directory: Path, *keys: UserKey) -> Iterator[Path]:
    """Run an agent that holds these keys; yield where it listens."""
    path = directory / "agent"
    with subprocess.Popen(
        ["ssh-agent", "-D", "-a", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        assert running.stdout is not None
        # Its first line comes once it listens.
        running.stdout.readline()
        try:
            for key in keys:
                _run("ssh-add", "-q", key.path, environment={"SSH_AUTH_SOCK": str(path)})
            yield path
        finally:
            running.send_signal(signal.SIGTERM)


def _run(*argv: str | Path, environment: Mapping[str, str] | None = None) -> None:
    given: Sequence[str | Path] = argv
    subprocess.run(
        given, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **(environment or {})},
    )  # fmt: skip


@contextmanager
def listing_agent(directory: Path, key: UserKey) -> Iterator[Path]:
    """Run an agent that lists a key, and refuses to sign with it."""
    path = directory / "agent"
    blob = asyncssh.read_public_key(key.path.with_name(f"{key.path.name}.pub")).public_data
    listed = struct.pack(">BII", 12, 1, len(blob)) + blob + struct.pack(">I", 0)

    class Answers(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while header := self.rfile.read(4):
                asked = self.rfile.read(struct.unpack(">I", header)[0])
                answer = listed if asked[0] == 11 else b"\x05"
                self.wfile.write(struct.pack(">I", len(answer)) + answer)

    with socketserver.ThreadingUnixStreamServer(str(path), Answers) as server:
        serving = threading.Thread(target=server.serve_forever, name="agent", daemon=True)
        serving.start()
        try:
            yield path
        finally:
            server.shutdown()
            serving.join(LIMIT_S)
