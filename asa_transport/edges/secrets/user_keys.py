"""Obtain the key by which a credential logs in: from a file that only we can read, or of the SSH agent.

A key from a file is read, and freed of its passphrase, once a run.  From an agent one key is taken, the
one that the inventory names; that it is there is seen before anybody is contacted.  A certificate is
read beside the key, and refused where it is not the key's, not a user's, or not valid today.  No message
holds anything of a private key or a passphrase.

Source: PROTOCOL.agent and PROTOCOL.certkeys of OpenSSH; ssh-keygen(1); ssh(1), "-cert.pub".
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import socket
import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from asa_transport.edges.secrets import secret_file
from asa_transport.edges.secrets.secret_file import Unobtainable
from asa_transport.engine.wait_limit import Wait, WaitBudget
from asa_transport.model import (
    AgentKey,
    AgentKeySpec,
    FileSource,
    KeyCertificate,
    PrivateKey,
    PrivateKeySpec,
    Secret,
)

if TYPE_CHECKING:
    import asyncssh

# The largest RSA key that OpenSSH makes, 16384 bits, is a file of 13 kB.
_MOST_BYTES: Final = 65536
# PROTOCOL.agent: its largest message; requests and their answers.
_MOST_ANSWER: Final = 256 * 1024
_LIST: Final = 11
_LISTED: Final = 12


def private_key(spec: PrivateKeySpec, passphrase: Secret | None) -> PrivateKey:
    """Return the key of a file.

    Raises:
        Unobtainable: It cannot be read, is no private key, or the passphrase is not the right one.
    """
    # A sixth of a second, for who has no key.
    import asyncssh  # noqa: PLC0415

    path, is_ours = _place(spec.source)
    data = secret_file.read(path, only_ours=is_ours, most=_MOST_BYTES)
    _check_kind(data)
    try:
        key = asyncssh.import_private_key(data, None if passphrase is None else passphrase.reveal())
        plain = key.export_private_key("openssh").decode()
    except ValueError as error:
        # Cut off: it may quote the file.
        raise Unobtainable(_why_unread(error, passphrase)) from None
    if key.algorithm.startswith(b"sk-"):
        raise Unobtainable("it is a hardware key's: an agent must hold it; see `agent: true`")
    public = key.public_data
    return PrivateKey(
        private=Secret(plain), certificate=_certificate(spec.certificate, path, public),
        fingerprint=fingerprint(public),
    )  # fmt: skip


def _why_unread(error: ValueError, passphrase: Secret | None) -> str:
    """Say why there is no key, by what asyncssh says of its format."""
    said = str(error)
    if passphrase is None and "Passphrase" in said:
        return "it has a passphrase; name its source, e.g. passphrase: {prompt: true}, or use an agent"
    if "Incorrect passphrase" in said or "Unable to decrypt" in said:
        return "the passphrase is not this key's; correct what its source gives"
    return "it is no private key that can be read; look with `ssh-keygen -y -f`"


def _place(source: object) -> tuple[Path, bool]:
    """Return the path, and whether the file itself has to be kept from others."""
    if isinstance(source, FileSource):
        return source.path, True
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    name = getattr(source, "name", "")
    if not directory:
        raise Unobtainable(
            f"CREDENTIALS_DIRECTORY is not set; start from a unit with LoadCredential={name}:PATH"
        )
    return Path(directory) / name, False


def _check_kind(data: bytes) -> None:
    if len(data) > _MOST_BYTES:
        raise Unobtainable(f"it is longer than {_MOST_BYTES} bytes; is this the right file?")
    if data.startswith(b"PuTTY-User-Key-File"):
        raise Unobtainable("it is PuTTY's format; convert it: `puttygen KEY.ppk -O private-openssh -o KEY`")
    if b"PRIVATE KEY" not in data:
        is_public = data.split(b" ")[0].startswith((b"ssh-", b"ecdsa-", b"sk-"))
        raise Unobtainable(
            "it is a public key; name the private one" if is_public else "it is no private key"
        )


def agent_key(spec: AgentKeySpec, budget: WaitBudget) -> AgentKey:
    """Return the key that the agent holds.

    Raises:
        Unobtainable: There is no agent, it does not answer in time, or it has no such key.
    """
    public = None if spec.public is None else _public_half(spec.public)
    wanted = spec.fingerprint if public is None else fingerprint(public)
    path = os.environ.get("SSH_AUTH_SOCK")
    if not path:
        raise Unobtainable(
            "SSH_AUTH_SOCK is not set: there is no agent here; start one, or name a key's file"
        )
    if budget.is_spent:
        raise Unobtainable(f"not asked, as the {budget.whole_s:g} s of all sources were over")
    try:
        with budget.wait() as wait:
            held = _held(path, wait)
    except TimeoutError:
        raise Unobtainable(f"the agent did not answer within {wait.limit_s:g} s; is it locked?") from None
    except (OSError, ValueError, struct.error) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise Unobtainable(
            f"the agent at SSH_AUTH_SOCK does not answer: {reason or 'what came is no answer'}"
        ) from None
    found = next((blob for blob in held if fingerprint(blob) == wanted), None)
    if found is None:
        has = f"it has {len(held)} other key{'s' * (len(held) != 1)}" if held else "it has none"
        raise Unobtainable(f"the agent does not hold this key ({has}); add it with ssh-add")
    return AgentKey(
        socket=path, public=found, fingerprint=fingerprint(found),
        certificate=_certificate(spec.certificate, spec.public, found),
    )  # fmt: skip


def _held(path: str, wait: Wait) -> list[bytes]:
    """Return the keys of an agent, as it lists them; those of certificates are not among them."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as agent:
        agent.settimeout(wait.left_s())
        agent.connect(path)
        agent.sendall(struct.pack(">IB", 1, _LIST))
        (length,) = struct.unpack(">I", _exactly(agent, 4, wait))
        if not 5 <= length <= _MOST_ANSWER:
            raise ValueError
        answer = _exactly(agent, length, wait)
    kind, count = struct.unpack_from(">BI", answer)
    if kind != _LISTED:
        raise ValueError
    at, blobs = 5, []
    for _ in range(count):
        blob, at = _text(answer, at)
        _, at = _text(answer, at)
        if b"-cert-v01@" not in blob[:64]:
            blobs.append(blob)
    return blobs


def _exactly(agent: socket.socket, many: int, wait: Wait) -> bytes:
    parts = b""
    while len(parts) < many:
        left_s = wait.left_s()
        if left_s <= 0:
            raise TimeoutError
        agent.settimeout(left_s)
        part = agent.recv(many - len(parts))
        if not part:
            raise ValueError
        parts += part
    return parts


def _text(data: bytes, at: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from(">I", data, at)
    end = at + 4 + length
    if end > len(data):
        raise ValueError
    return data[at + 4 : end], end


def _public_half(path: Path) -> bytes:
    """Return the public key of a file, or of the `.pub` beside it."""
    import asyncssh  # noqa: PLC0415

    for file in (path.with_name(f"{path.name}.pub"), path):
        with contextlib.suppress(OSError, ValueError):
            return asyncssh.read_public_key(str(file)).public_data
    raise Unobtainable("there is no public key; name the file that ends in .pub, or the fingerprint")


def fingerprint(public: bytes) -> str:
    """Return a public key's fingerprint as OpenSSH prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(public).digest()).decode().rstrip("=")


# --------------------------------------------------------------------------- certificates


def _certificate(wanted: KeyCertificate, key: Path | None, public: bytes) -> bytes | None:
    """Return the certificate that is shown in the place of a plain key; `None` where there is none."""
    if not wanted.is_wanted:
        return None
    path = wanted.path
    if path is None:
        path = None if key is None else key.with_name(f"{key.name.removesuffix('.pub')}-cert.pub")
        if path is None or not path.exists():
            return None
    return _checked_certificate(path, public)


def _checked_certificate(path: Path, public: bytes) -> bytes:
    import asyncssh  # noqa: PLC0415

    shown = f"its certificate {path}"
    otherwise = "or set `certificate: none` to log in with the plain key"
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
        certificate = asyncssh.import_certificate(data)
    except OSError as error:
        raise Unobtainable(
            f"{shown} cannot be read: {error.strerror}; make it readable, {otherwise}"
        ) from None
    except ValueError:
        raise Unobtainable(f"{shown} is no certificate; make it anew, {otherwise}") from None
    if certificate.key.public_data != public:
        raise Unobtainable(f"{shown} is another key's; name the right one, {otherwise}")
    why = _why_invalid(certificate)
    if why is not None:
        raise Unobtainable(f"{shown} {why}; have it signed anew, {otherwise}")
    return data


def _why_invalid(certificate: asyncssh.SSHCertificate) -> str | None:
    """Return why an authority's word does not count today; who may log in by it, the server says."""
    user = 1  # PROTOCOL.certkeys: SSH_CERT_TYPE_USER
    begins, ends, kind = (
        getattr(certificate, name) for name in ("_valid_after", "_valid_before", "_cert_type")
    )
    now = datetime.now(UTC).timestamp()
    if kind != user:
        return "is a host's, not a user's"
    if now < begins:
        return f"is not valid before {_moment(begins)}"
    return f"was valid until {_moment(ends)}" if now >= ends else None


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
