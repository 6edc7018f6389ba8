"""What the tests of signatures share: real keys of OpenSSH, made for one test."""

from __future__ import annotations

import subprocess
from pathlib import Path


def run(*command: str | Path, data: bytes = b"") -> bytes:
    """Run an OpenSSH program as a person would, and return what it prints."""
    arguments = [str(part) for part in command]
    done = subprocess.run(arguments, input=data, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def key_of(folder: Path, name: str, *, kind: str = "ed25519", passphrase: str = "") -> Path:
    """Make a key, and return the path of its private half."""
    path = folder / name
    run("ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", f"comment of {name}", "-f", path)
    return path


def public(key: Path) -> str:
    """Return a key as it stands in an allowed signers file."""
    kind, blob, *_ = Path(f"{key}.pub").read_text().split()
    return f"{kind} {blob}"


def fingerprint(key: Path) -> str:
    """Return its fingerprint, as ssh-keygen lists it."""
    return run("ssh-keygen", "-l", "-f", f"{key}.pub").split()[1].decode()


def allowed(folder: Path, *lines: str) -> Path:
    """Write an allowed signers file."""
    path = folder / "allowed_signers"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def signed(key: Path, data: bytes, namespace: str) -> bytes:
    """Return a signature that ssh-keygen made without the program."""
    return run("ssh-keygen", "-Y", "sign", "-f", key, "-n", namespace, data=data)
