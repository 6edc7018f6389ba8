"""Make and check detached signatures with OpenSSH's `ssh-keygen -Y`.

The verdicts are ssh-keygen's: validity of a key, its namespaces and its certificate are judged there.
Never asks for a passphrase: a key that has one must be in an agent.  Files are read once and
given to ssh-keygen as copies in a folder of our own, so that what is checked does not change
between two calls; a principal reaches a command line only if it looks like one.  Each call of
ssh-keygen has a limit, and all calls that one question takes have one together.

Source: ssh-keygen(1), "-Y sign" and ALLOWED SIGNERS; needs OpenSSH 8.8 or newer (`verify-time`).
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from asa_transport.edges.secrets import programs
from asa_transport.edges.state.durable import sync_folder, write_through
from asa_transport.engine.wait_limit import WaitBudget
from asa_transport.errors import SignatureError
from asa_transport.files.checker import why_unreadable
from asa_transport.files.regular_file import read_plain
from asa_transport.model import Rejected, SignatureVerdict, SignedBy

JOURNAL_NAMESPACE: Final = "asa-transport-journal"
# Signs nothing that counts anywhere.
TRIAL_NAMESPACE: Final = "asa-transport-trial"
PLAN_NAMESPACE: Final = "asa-transport-plan"
BEGIN: Final = b"-----BEGIN SSH SIGNATURE-----"
# A person touches a hardware key within this; an agent that hangs must not hold a push.
EACH_S: Final = 30.0
# A check asks nobody: a hundred calls are over within this.
WHOLE_S: Final = 60.0
# An RSA certificate's signature has about 10 KiB; an allowed signers file a line a key.
_LARGEST_SIGNATURE: Final = 64 * 1024
_LARGEST_ALLOWED: Final = 4 * 1024 * 1024
# No blank, comma or quote, which part names in the file; no `*`, `?`, `!`, which make patterns.
_PRINCIPAL: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@+/:-]{0,254}")
# Lines of the file that have the key of one signature; more is a file that somebody made to be slow.
_MOST_PRINCIPALS: Final = 16
# Names, in quotes or not, and what follows them; no comment.
_ALLOWED_LINE: Final = re.compile(r'\s*("[^"]*"|[^#\s"]\S*)\s(.*)')
# As OpenSSH writes dates: 8, 12 or 14 digits, with a `Z` for UTC from 9.1 on.
_VALIDITY: Final = re.compile(
    rb'(valid-(?:after|before)=")([0-9]{8}(?:[0-9]{4}(?:[0-9]{2})?)?)([Zz]?)"', re.IGNORECASE
)
_GOOD: Final = re.compile(r"Good .* with \S+ key (SHA256:[A-Za-z0-9+/]{43})", re.DOTALL)
_LISTED: Final = re.compile(r"\d+ (SHA256:[A-Za-z0-9+/]{43}) .*", re.DOTALL)


def waits() -> WaitBudget:
    """Return how long ssh-keygen is waited for, for all that belongs to one question."""
    return WaitBudget(each_s=EACH_S, whole_s=WHOLE_S)


def sign(data: bytes, key: Path, namespace: str, *, budget: WaitBudget | None = None) -> bytes:
    """Return a signature, armoured.

    Args:
        key: A private key without passphrase, or one, public or private, that an agent holds.
        budget: An agent that has not signed by then is given up; `None` for `waits`, as everywhere here.

    Raises:
        SignatureError: It cannot be made; says what to do.
    """
    with _folder() as folder:
        # As a file: on its standard input ssh-keygen would look for a passphrase.
        (folder / "data").write_bytes(data)
        command = ["sign", "-f", _named(key), "-n", namespace, str(folder / "data")]
        try:
            done = _keygen(command, budget=budget)
        except _NoAnswer as error:
            raise SignatureError(
                f"{key}: {error}; is the agent or the hardware key waiting for a person?"
            ) from None
        with contextlib.suppress(FileNotFoundError):
            if done.returncode == 0:
                return (folder / "data.sig").read_bytes()
    said = _said(done)
    if "passphrase" in said:
        said = (
            f"it has a passphrase, which is never asked for here; load it into an agent first: ssh-add {key}"
        )
    raise SignatureError(f"{key}: OpenSSH cannot sign with this key: {said}; give a private SSH key")


def check_key(key: Path) -> None:
    """Raise SignatureError where there is no file of a key; what is in it, only a signature shows."""
    if key.is_dir():
        raise SignatureError(f"{key}: this is a directory; give the file of an SSH key")
    if not key.exists():
        raise SignatureError(f"{key}: there is no such file; give the file of an SSH key")


def try_key(key: Path, *, budget: WaitBudget | None = None) -> None:
    """Sign a text of no meaning, so that a key that cannot is found before anything depends on it.

    Raises:
        SignatureError: As `sign`.
    """
    sign(b"asa-transport: a trial\n", key, TRIAL_NAMESPACE, budget=budget)


def sign_file(path: Path, key: Path, namespace: str) -> Path:
    """Sign a file as it is now, put the signature beside it as `FILE.sig` (0600), and return that path."""
    return write(path.with_name(f"{path.name}.sig"), sign(read(path), key, namespace), mode=0o600)


def check(
    data: bytes, signature: bytes, namespace: str, *, budget: WaitBudget | None = None
) -> str | Rejected:
    """Return the fingerprint of the key that signed exactly these bytes; whose it is, nobody is asked."""
    with _folder() as folder:
        given = _given_signature(folder, signature)
        if isinstance(given, Rejected):
            return given
        return _key_of(_keygen(["check-novalidate", "-n", namespace, "-s", given], data, budget=budget))


def verify(
    data: bytes,
    signature: bytes,
    allowed_signers: bytes,
    namespace: str,
    *,
    at: datetime | None = None,
    budget: WaitBudget | None = None,
) -> SignatureVerdict:
    """Return who signed these bytes, by the allowed signers.

    Args:
        allowed_signers: The content of such a file.
        at: Judge the validity of keys as of this time, aware; now if `None`.

    Raises:
        SignatureError: ssh-keygen is missing or does not answer.
    """
    budget = waits() if budget is None else budget
    key = check(data, signature, namespace, budget=budget)
    if isinstance(key, Rejected):
        return key
    # Without a `Z`, which OpenSSH takes from 9.1 on only: ssh-keygen runs in UTC here.
    as_of = [] if at is None else [f"-Overify-time={at.astimezone(UTC):%Y%m%d%H%M%S}"]
    with _folder() as folder:
        given = _given_signature(folder, signature)
        if isinstance(given, Rejected):
            return given
        allowed = folder / "allowed_signers"
        allowed.write_bytes(_in_utc(allowed_signers))
        found = _keygen(["find-principals", *as_of, "-s", given, "-f", str(allowed)], budget=budget)
        # It stops at the first line that has the key; a later one may accept it, or give it another name.
        names = (*found.stdout.decode(errors="replace").splitlines(), *_names_of(allowed_signers, key))
        candidates = [name for name in dict.fromkeys(names) if _PRINCIPAL.fullmatch(name)]
        if not candidates:
            return Rejected(reason=_unnamed(key, names, _said(found)))
        accepted, refusal = [], ""
        for name in candidates[:_MOST_PRINCIPALS]:
            command = ["verify", *as_of, "-f", str(allowed), "-I", name, "-n", namespace, "-s", given]
            verdict = _key_of(_keygen(command, data, budget=budget))
            if isinstance(verdict, Rejected):
                refusal = refusal or verdict.reason
            elif verdict == key:
                accepted.append(name)
    if not accepted:
        return Rejected(reason=f"the key {key} of {candidates[0]} is not accepted: {refusal}")
    return SignedBy(principals=tuple(accepted), names=tuple(dict.fromkeys(names)), key=key)


def fingerprint(key: Path) -> str:
    """Return the fingerprint of a key file, public or private, or raise SignatureError."""
    done = _keygen(["-l", "-E", "sha256", "-f", _named(key)], option=False)
    match = _LISTED.match(done.stdout.decode(errors="replace"))
    if done.returncode or match is None:
        raise SignatureError(f"{key}: not a key: {_said(done)}")
    return match[1]


def read(path: Path, most: int = -1) -> bytes:
    """Return the content of a plain file, or raise SignatureError naming it."""
    try:
        return read_plain(path, most)
    except (OSError, ValueError) as error:
        raise SignatureError(f"{path}: {why_unreadable(error)}") from error


def read_allowed(path: Path) -> bytes:
    """Return the content of an allowed signers file, or raise SignatureError naming it."""
    data = read(path, _LARGEST_ALLOWED + 1)
    if len(data) > _LARGEST_ALLOWED:
        raise SignatureError(f"{path}: larger than {_LARGEST_ALLOWED} bytes; expected a line for each key")
    return data


def read_signature(path: Path) -> bytes:
    """Return the content of a signature's file, or raise SignatureError; too long a one is refused later."""
    return read(path, _LARGEST_SIGNATURE + 1)


def write(path: Path, signature: bytes, *, mode: int) -> Path:
    """Put a signature in a file, in the place of an older one, and return the path.

    Raises:
        SignatureError: It cannot be written, or there is something else than a signature.
    """
    if os.path.lexists(path) and not read(path, len(BEGIN)).startswith(BEGIN):
        raise SignatureError(f"{path}: there is a file that is no signature; it was left as it is")
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            os.fchmod(descriptor, mode)
            write_through(descriptor, signature)
        finally:
            os.close(descriptor)
        scratch.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise SignatureError(f"{path}: the signature cannot be written: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
    return path


def _in_utc(allowed_signers: bytes) -> bytes:
    """Return the same with the validity of keys in UTC, as ssh-keygen is to read it.

    A date without `Z` is in the zone of this machine, summer time included (ssh-keygen(1)); one that is
    no date stays, and ssh-keygen says so.
    """

    def utc(match: re.Match[bytes]) -> bytes:
        before, digits, zone = match[1], match[2].decode(), match[3]
        try:
            local = datetime.strptime(f"{digits:0<14}", "%Y%m%d%H%M%S")
            at = local.replace(tzinfo=UTC) if zone else local.astimezone(UTC)
        except (ValueError, OverflowError):
            return match[0]
        return before + f'{at:%Y%m%d%H%M%S}"'.encode()

    return _VALIDITY.sub(utc, allowed_signers)


def _names_of(allowed_signers: bytes, key: str) -> list[str]:
    """Return every name of the lines that have the key, patterns too; those of certificates are not there."""
    names: list[str] = []
    for line in allowed_signers.decode(errors="replace").splitlines():
        match = _ALLOWED_LINE.match(line)
        if match and any(_fingerprint_of(word) == key for word in match[2].split()):
            names.extend(name for name in match[1].strip('"').split(",") if name)
    return names


def _fingerprint_of(token: str) -> str | None:
    """Return the fingerprint of a key as it stands in a file; `None` for any other word."""
    try:
        blob = base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        return None
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _unnamed(key: str, names: tuple[str, ...], said: str) -> str:
    if names:
        return f"the key {key} has no name that counts in the allowed signers, but {names[0]!r:.80}"
    return f"the key {key} is not accepted by the allowed signers" + (f": {said}" if said else "")


def _given_signature(folder: Path, signature: bytes) -> str | Rejected:
    if not signature.lstrip().startswith(BEGIN) or len(signature) > _LARGEST_SIGNATURE:
        return Rejected(reason="not a signature of ssh-keygen")
    path = folder / "signature"
    path.write_bytes(signature)
    return str(path)


def _key_of(done: subprocess.CompletedProcess[bytes]) -> str | Rejected:
    match = _GOOD.match(done.stdout.decode(errors="replace"))
    if done.returncode == 0 and match is not None:
        return match[1]
    return Rejected(reason=_said(done) or "ssh-keygen does not accept the signature")


class _NoAnswer(SignatureError):
    """ssh-keygen has not come to its end."""


def _keygen(
    arguments: list[str], data: bytes = b"", *, option: bool = True, budget: WaitBudget | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run ssh-keygen, without a terminal that it could ask at."""
    program = shutil.which("ssh-keygen")
    if program is None:
        raise SignatureError(
            "ssh-keygen was not found on PATH; signatures need the OpenSSH client, 8.8 or newer"
        )
    environment = {
        **{name: value for name, value in os.environ.items() if name not in {"DISPLAY", "SSH_ASKPASS"}},
        "SSH_ASKPASS_REQUIRE": "never",
        "LC_ALL": "C",
        # It reads local dates as standard time (`tm_isdst` is 0 in its misc.c), an hour off in summer.
        "TZ": "UTC0",
    }
    budget = waits() if budget is None else budget
    if budget.is_spent:
        raise _NoAnswer(f"ssh-keygen was not asked, as the {budget.whole_s:g} s of all its calls were over")
    try:
        with budget.wait() as wait:
            # No controlling terminal: /dev/tty is where it would ask for a passphrase.
            return programs.whole(
                [program, *(["-Y"] if option else []), *arguments], wait, data=data, environment=environment
            )
    except programs.Overdue:
        if wait.is_cut:
            raise _NoAnswer(
                f"ssh-keygen did not answer before the {budget.whole_s:g} s of all its calls were over"
            ) from None
        raise _NoAnswer(f"ssh-keygen did not answer within {wait.limit_s:g} s") from None


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return what ssh-keygen complained of, in one line."""
    lines = done.stderr.decode(errors="replace").split("\n")
    return "; ".join(line.strip() for line in lines if line.strip())[:300]


def _named(key: Path) -> str:
    check_key(key)
    return str(key.absolute())


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder for the files of one call, for us alone (0700), and remove it."""
    try:
        with tempfile.TemporaryDirectory(prefix="asa-transport-") as folder:
            yield Path(folder)
    except OSError as error:
        raise SignatureError(
            f"{tempfile.gettempdir()}: no room for temporary files: {error.strerror}"
        ) from error
