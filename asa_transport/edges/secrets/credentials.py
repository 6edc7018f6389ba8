"""Obtain the secrets of a run from where the inventory and `notify.yaml` say they are.

Each credential that is needed is obtained once, and all that fail are reported
together.  No message, traceback or return value holds a secret's text outside a
`Secret`: causes that could carry it are cut off (`from None`).  A secret that
holds a line end or another control character is refused, because a session
would type it as several lines.  Nothing is given to a shell.  Programs and keyrings are
waited for within a limit for each and one for all together; a person has all the time.

Source: docs/security.md, "Secrets"; systemd.exec(5), `$CREDENTIALS_DIRECTORY`.
"""

from __future__ import annotations

import importlib
import os
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Final, assert_never

from asa_transport.edges.secrets import programs, secret_file, user_keys
from asa_transport.edges.secrets.secret_file import Unobtainable
from asa_transport.edges.secrets.vault import Vaults
from asa_transport.engine.wait_limit import GivenUp, Wait, WaitBudget, WaitLimit
from asa_transport.errors import CredentialError
from asa_transport.model import (
    AgentKeySpec,
    CommandSource,
    Credential,
    CredentialSpec,
    EnvSource,
    FileSource,
    KeyringSource,
    KeySpec,
    LoginKey,
    PlainSource,
    PrivateKeySpec,
    PromptSource,
    Secret,
    SecretSource,
    SecretUse,
    SystemdSource,
    VaultSource,
)

# A password manager that waits for a person's finger or PIN answers within this; a
# hanging one must not hold a nightly audit.
EACH_S: Final = 30.0
# Twenty credentials with two secrets each, from a slow server, are obtained within this.
WHOLE_S: Final = 120.0
# No ASA password is longer than 127 characters (ASA command reference, `username`); the
# bound keeps a wrong path, e.g. a log file, from being read whole.
MAX_SECRET_BYTES: Final = 4096

Ask = Callable[[str], str]


class _OutOfTime(Unobtainable):
    """The time of all programs and keyrings was over before this one was asked."""


class _Gathering:
    """The secrets of a run as they are obtained, one after another, and what failed of them."""

    def __init__(self, ask: Ask | None, budget: WaitBudget | None) -> None:
        self.failures: list[str] = []
        self._unasked: list[str] = []
        self._ask = ask
        self._budget = WaitBudget(each_s=EACH_S, whole_s=WHOLE_S) if budget is None else budget
        self._vaults = Vaults(
            lambda source, what: _obtained(source, what, self._ask, self._budget), self._budget
        )

    def secret(self, source: SecretSource, what: str) -> Secret | None:
        """Return a secret; `None`, and a failure that names it, where there is none."""
        try:
            if isinstance(source, VaultSource):
                return _checked(self._vaults.text(source))
            return _obtained(source, what, self._ask, self._budget)
        except _OutOfTime:
            self._unasked.append(what)
        except Unobtainable as reason:
            self.failures.append(f"{what}: {describe(source)}: {reason}")
        return None

    def key(self, spec: KeySpec, what: str) -> LoginKey | None:
        """Return a key that may log in; `None`, and a failure that names it, where there is none."""
        passphrase = None
        if isinstance(spec, PrivateKeySpec) and spec.passphrase is not None:
            passphrase = self.secret(spec.passphrase, f"{what}: passphrase")
            if passphrase is None:
                return None
        try:
            if isinstance(spec, PrivateKeySpec):
                return user_keys.private_key(spec, passphrase)
            return user_keys.agent_key(spec, self._budget)
        except Unobtainable as reason:
            self.failures.append(f"{what}: {describe_key(spec)}: {reason}")
        return None

    def end(self, note: Callable[[str], object] | None = None) -> None:
        """Log out where this had to log in, and note what could not be left as it was."""
        for said in self._vaults.revoke():
            if note is not None:
                note(said)

    def check(self) -> None:
        """Raise CredentialError where one could not be obtained."""
        if self._unasked:
            self.failures.append(
                f"not asked for, as the {self._budget.whole_s:g} s of all commands and keyrings were over: "
                + ", ".join(self._unasked)
            )
        if self.failures:
            raise CredentialError("\n".join(self.failures))


def resolve(
    specs: Iterable[CredentialSpec],
    needed: set[str],
    jumps: Collection[str] = (),
    *,
    ask: Ask | None,
    budget: WaitBudget | None = None,
    note: Callable[[str], object] | None = None,
) -> dict[str, Credential]:
    """Return the secrets of each needed credential.

    Args:
        needed: Names of credentials; the others' sources are not touched.
        jumps: Names of those that log in to jump hosts: their `enable` is not touched.
        ask: Puts a question to a person and returns the answer without its line end;
            `None` where nobody can be asked.
        budget: How long programs and keyrings are waited for; `None` for `EACH_S` and `WHOLE_S`.
        note: Told in words what a person may want to know.

    Raises:
        CredentialError: One line for each secret that could not be obtained; one for all that were not
            asked for, because the time was over.
    """
    obtained: dict[str, Credential] = {}
    gathering = _Gathering(ask, budget)
    known = {spec.name: spec for spec in specs}
    for name in sorted({*needed, *jumps}):
        if (spec := known.get(name)) is None:
            gathering.failures.append(f"credential {name}: not defined in the inventory")
            continue
        password, key, enable = None, None, None
        if spec.password is not None:
            password = gathering.secret(spec.password, f"credential {name}: password")
        if spec.key is not None:
            key = gathering.key(spec.key, f"credential {name}: key")
        if spec.enable is not None and name in needed:
            enable = gathering.secret(spec.enable, f"credential {name}: enable")
        obtained[name] = Credential(password=password, enable=enable, key=key)
    gathering.end(note)
    gathering.check()
    return obtained


def read_again(
    spec: CredentialSpec, before: Credential, use: SecretUse, *, budget: WaitBudget | None = None
) -> tuple[Credential | None, str]:
    """Return what a credential's sources give now; `None`, and why, where one of its secrets stays as it is.

    The others are read again too: who changes a password often changes the enable password with it.
    Nobody is asked; a secret that a person typed stays as it is.

    Args:
        use: The secret that must be another one.
    """
    gathering = _Gathering(None, budget)
    password, key, enable = before.password, before.key, before.enable
    if spec.password is not None and not isinstance(spec.password, PromptSource):
        password = gathering.secret(spec.password, "password") or password
    if spec.key is not None and not isinstance(_passphrase(spec), PromptSource):
        key = gathering.key(spec.key, "key") or key
    if enable is not None and spec.enable is not None and not isinstance(spec.enable, PromptSource):
        enable = gathering.secret(spec.enable, "enable") or enable
    gathering.end()
    found = Credential(password=password, enable=enable, key=key)
    if use not in differing(before, found):
        return None, _why_same(spec, use, gathering)
    return found, ""


def differing(before: Credential, after: Credential) -> frozenset[SecretUse]:
    """Return which secrets of a credential are others than they were."""
    is_login_same = (before.password, _identity(before.key)) == (after.password, _identity(after.key))
    logins = () if is_login_same else (SecretUse.LOGIN,)
    return frozenset(logins if before.enable == after.enable else (*logins, SecretUse.ENABLE))


def _identity(key: LoginKey | None) -> object:
    # Not the private key: as it is kept, it is written with random numbers in it.
    return None if key is None else (key.fingerprint, key.certificate)


def _why_same(spec: CredentialSpec, use: SecretUse, gathering: _Gathering) -> str:
    """Return why a secret stays as it is, as the end of a sentence."""
    source: SecretSource | None = spec.enable if use is SecretUse.ENABLE else spec.password
    what = "enable: " if use is SecretUse.ENABLE else "key: " if spec.key is not None else "password: "
    if isinstance(source, PromptSource) or (source is None and isinstance(_passphrase(spec), PromptSource)):
        return "and a person is asked once a run"
    for failure in gathering.failures:
        if failure.startswith(what):
            return f"and its source gave none when it was read again ({failure.removeprefix(what)})"
    where = describe_key(spec.key) if source is None and spec.key is not None else ""
    return f"and its source ({describe(source) if source is not None else where}) still gives the same"


def variables(specs: Iterable[CredentialSpec]) -> tuple[str, ...]:
    """Return the environment variables that hold secrets."""
    sources = (source for spec in specs for source in (spec.password, spec.enable, _passphrase(spec)))
    return tuple(source.name for source in sources if isinstance(source, EnvSource))


def _passphrase(spec: CredentialSpec) -> SecretSource | None:
    return spec.key.passphrase if isinstance(spec.key, PrivateKeySpec) else None


def obtain(
    sources: Mapping[str, SecretSource], *, ask: Ask | None, budget: WaitBudget | None = None
) -> dict[str, Secret]:
    """Return each secret under the words that name it, e.g. ``channel on-call: url``; raises as `resolve`."""
    gathering = _Gathering(ask, budget)
    found = {what: gathering.secret(source, what) for what, source in sources.items()}
    gathering.end()
    gathering.check()
    return {what: secret for what, secret in found.items() if secret is not None}


def describe(source: SecretSource) -> str:
    """Return the source in words, e.g. ``env ASA_TRANSPORT_PASSWORD``; never its content."""
    if isinstance(source, VaultSource):
        return f"vault {source.mount}/{source.path} {source.field}"
    return _described(source)


def _described(source: PlainSource) -> str:
    match source:
        case EnvSource():
            return f"env {source.name}"
        case FileSource():
            return f"file {source.path}"
        case CommandSource():
            # Arguments may hold tokens; the program is enough to find the entry.
            return f"command {source.argv[0]}"
        case KeyringSource():
            return f"keyring {source.service} {source.username}"
        case SystemdSource():
            return f"systemd {source.name}"
        case PromptSource():
            return "prompt"
        case _:
            assert_never(source)


def describe_key(spec: KeySpec) -> str:
    """Return where a key is, in words, e.g. ``file /home/me/.ssh/asa``; never its content."""
    match spec:
        case PrivateKeySpec():
            return describe(spec.source)
        case AgentKeySpec():
            return f"agent {spec.fingerprint or spec.public}"
        case _:
            assert_never(spec)


def describe_login(spec: CredentialSpec) -> str:
    """Return by what a credential logs in, and where each part of it comes from."""
    parts = []
    if spec.password is not None:
        parts.append(f"password: {describe(spec.password)}")
    if spec.key is not None:
        parts.append(f"key: {describe_key(spec.key)}")
    passphrase = _passphrase(spec)
    if passphrase is not None:
        parts.append(f"passphrase: {describe(passphrase)}")
    if spec.enable is not None:
        parts.append(f"enable: {describe(spec.enable)}")
    return ", ".join(parts)


def _obtained(source: PlainSource, what: str, ask: Ask | None, budget: WaitBudget) -> Secret:
    match source:
        case EnvSource():
            return _from_environment(source)
        case FileSource():
            return _from_file(source.path, only_ours=True)
        case CommandSource():
            return _from_command(source, budget)
        case KeyringSource():
            return _from_keyring(source, budget)
        case SystemdSource():
            return _from_systemd(source)
        case PromptSource():
            if ask is None:
                raise Unobtainable("there is no terminal to ask on; name another source")
            try:
                return _checked(ask(what))
            except EOFError:
                raise Unobtainable("the question was not answered; start again") from None
        case _:
            assert_never(source)


def _checked(text: str) -> Secret:
    if not text:
        raise Unobtainable("it is empty; set it")
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise Unobtainable("it holds a line end or another control character, which cannot be typed; fix it")
    return Secret(text)


def _decoded(data: bytes) -> str:
    """Return the text without the one line end that an editor or `echo` leaves at its end."""
    if len(data) > MAX_SECRET_BYTES:
        raise Unobtainable(f"it is longer than {MAX_SECRET_BYTES} bytes; is this the right source?")
    try:
        return data.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        # The error object holds the bytes.
        raise Unobtainable("it is not UTF-8 text; write it as UTF-8") from None


def _from_environment(source: EnvSource) -> Secret:
    text = os.environ.get(source.name)
    if text is None:
        raise Unobtainable(f"the variable is not set; set it: read -rs {source.name}; export {source.name}")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Unobtainable("it is not UTF-8 text; write it as UTF-8") from None
    return _checked(text)


def _from_file(path: Path, *, only_ours: bool) -> Secret:
    return _checked(_decoded(secret_file.read(path, only_ours=only_ours, most=MAX_SECRET_BYTES)))


def _from_command(source: CommandSource, budget: WaitBudget) -> Secret:
    if budget.is_spent:
        raise _OutOfTime
    overdue = None
    try:
        with budget.wait() as wait:
            code, printed = programs.first_line(source.argv, wait, most=MAX_SECRET_BYTES)
    except programs.Overdue as error:
        overdue = error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise Unobtainable(f"cannot be started: {reason or 'bad argument'}") from None
    if overdue is not None:
        advice = (
            "it has ended, but what it has started holds its output open: let that be closed, "
            "or a whole line be printed"
            if overdue.has_ended
            else "run it by hand"
        )
        raise Unobtainable(f"{_late(wait, budget)}; {advice}")
    if code != 0:
        raise Unobtainable(f"it ended with exit code {code}; run it by hand")
    return _checked(_decoded(printed.partition(b"\n")[0]))


def _late(wait: Wait, budget: WaitBudget) -> str:
    if wait.is_cut:
        return f"no answer before the {budget.whole_s:g} s of all commands and keyrings together were over"
    return f"no answer within {wait.limit_s:g} s"


def _from_keyring(source: KeyringSource, budget: WaitBudget) -> Secret:
    advice = "install asa-transport[keyring], or name another source"
    try:
        keyring = importlib.import_module("keyring")
        errors = importlib.import_module("keyring.errors")
    except ImportError:
        raise Unobtainable(f"the package keyring is not installed; {advice}") from None
    if budget.is_spent:
        raise _OutOfTime
    try:
        with budget.wait() as wait:
            text: str | None = WaitLimit(limit_s=wait.limit_s).call(
                "keyring", lambda: keyring.get_password(source.service, source.username)
            )
    except GivenUp:
        raise Unobtainable(f"{_late(wait, budget)}; unlock it, or name another source") from None
    except errors.NoKeyringError:
        raise Unobtainable("this machine has no keyring (a server seldom has); name another source") from None
    # OSError, RuntimeError: a backend whose D-Bus or desktop session is not there.
    except (errors.KeyringError, OSError, RuntimeError) as error:
        raise Unobtainable(f"the keyring refused: {type(error).__name__}; unlock it") from None
    if text is None:
        raise Unobtainable("the keyring has no such entry; add it with 'keyring set'")
    return _checked(text)


def _from_systemd(source: SystemdSource) -> Secret:
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if not directory:
        raise Unobtainable(
            f"CREDENTIALS_DIRECTORY is not set; start from a unit with LoadCredential={source.name}:PATH"
        )
    # systemd itself guards the directory; in a user's unit the files are mode 0440 with an ACL.
    return _from_file(Path(directory) / source.name, only_ours=False)
