"""Secrets: obtained once, from where the inventory says, and never shown."""

from __future__ import annotations

import os
import stat
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from asa_transport.edges.secrets.credentials import describe, resolve
from asa_transport.errors import CredentialError
from asa_transport.model import (
    CommandSource,
    Credential,
    CredentialSpec,
    EnvSource,
    FileSource,
    KeyringSource,
    PromptSource,
    Secret,
    SecretSource,
    SystemdSource,
)

SENTINEL = "Hunter2SENTINEL"
UNTYPABLE = "it holds a line end or another control character, which cannot be typed; fix it"


def get(source: SecretSource, ask: Callable[[str], str] | None = None) -> Credential:
    return resolve([CredentialSpec(name="lab", password=source)], {"lab"}, ask=ask)["lab"]


def refusal(source: SecretSource, ask: Callable[[str], str] | None = None) -> str:
    """Return the one line of the error, after looking for the secret everywhere in it."""
    with pytest.raises(CredentialError) as caught:
        get(source, ask)
    shown = (
        "".join(traceback.format_exception(caught.value))
        + repr(caught.value)
        + repr(caught.value.__context__)
    )
    assert SENTINEL not in shown
    return str(caught.value).removeprefix("credential lab: password: ")


def secret_file(directory: Path, content: bytes = b"s3cret\n", mode: int = 0o600) -> Path:
    path = directory / "pw"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def python(code: str) -> CommandSource:
    return CommandSource(argv=(sys.executable, "-c", code))


EXPECTED = Credential(password=Secret("s3cret"))


# --------------------------------------------------------------------------- sources


def test_a_variable_gives_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simplest source, and the one of the examples."""
    monkeypatch.setenv("PW", "s3cret")

    assert get(EnvSource(name="PW")) == EXPECTED


@pytest.mark.parametrize("content", [b"s3cret", b"s3cret\n", b"s3cret\r\n"])
def test_a_private_file_gives_the_secret_without_its_line_end(tmp_path: Path, content: bytes) -> None:
    """Editors and `echo` leave a line end that is not part of the password."""
    assert get(FileSource(path=secret_file(tmp_path, content))) == EXPECTED


def test_a_link_to_a_private_file_is_followed(tmp_path: Path) -> None:
    """Secret stores hand out links; the file behind it is what is judged."""
    link = tmp_path / "link"
    link.symlink_to(secret_file(tmp_path))

    assert get(FileSource(path=link)) == EXPECTED


@pytest.mark.parametrize(
    "code", ["print('s3cret')", "print('s3cret\\nuser: x')", "import sys; sys.stdout.write('s3cret')"]
)
def test_the_first_line_of_a_command_is_the_secret(code: str) -> None:
    """`pass` prints the password first and notes below it."""
    assert get(python(code)) == EXPECTED


def test_a_command_is_never_given_to_a_shell() -> None:
    """A `;` in an argument is an argument."""
    source = CommandSource(argv=(sys.executable, "-c", "import sys; print(sys.argv[1])", "a; echo b $HOME"))

    assert get(source) == Credential(password=Secret("a; echo b $HOME"))


def test_a_systemd_credential_gives_the_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The source for a nightly service; systemd guards the directory, whatever the mode."""
    secret_file(tmp_path, mode=0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    assert get(SystemdSource(name="pw")) == EXPECTED


def test_a_person_is_asked_once_for_each_credential_and_kind() -> None:
    """Ten thousand devices share one question."""
    questions: list[str] = []

    def ask(question: str) -> str:
        questions.append(question)
        return "s3cret"

    specs = [
        CredentialSpec(name=name, password=PromptSource(), enable=PromptSource())
        for name in ("b", "a", "unused")
    ]
    found = resolve(specs, {"a", "b"}, ask=ask)

    assert questions == [
        "credential a: password", "credential a: enable", "credential b: password", "credential b: enable",
    ]  # fmt: skip
    assert set(found) == {"a", "b"}


def test_a_credential_that_is_not_needed_is_not_touched() -> None:
    """`--limit` to one site must not ask for another site's password."""
    specs = [CredentialSpec(name="lab", password=EnvSource(name="NOT_SET_ANYWHERE"))]

    assert resolve(specs, set(), ask=None) == {}


class FakeKeyring(ModuleType):
    """Stands in for the third-party package, which need not be installed."""

    def __init__(self, answer: str | Exception | None) -> None:
        super().__init__("keyring")
        self._answer = answer

    def get_password(self, service: str, username: str) -> str | None:
        assert (service, username) == ("asa", "netaudit")
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


class KeyringError(Exception):
    pass


class NoKeyringError(KeyringError):
    pass


def install_keyring(monkeypatch: pytest.MonkeyPatch, answer: str | Exception | None) -> KeyringSource:
    monkeypatch.setitem(sys.modules, "keyring", FakeKeyring(answer))
    errors = SimpleNamespace(KeyringError=KeyringError, NoKeyringError=NoKeyringError)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return KeyringSource(service="asa", username="netaudit")


def test_a_keyring_gives_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a person at a desktop."""
    assert get(install_keyring(monkeypatch, "s3cret")) == EXPECTED


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "the keyring has no such entry; add it with 'keyring set'"),
        (
            NoKeyringError(SENTINEL),
            "this machine has no keyring (a server seldom has); name another source",
        ),
        (KeyringError(SENTINEL), "the keyring refused: KeyringError; unlock it"),
        (RuntimeError(SENTINEL), "the keyring refused: RuntimeError; unlock it"),
    ],
)
def test_a_keyring_that_cannot_answer_says_why(
    monkeypatch: pytest.MonkeyPatch, answer: str | Exception | None, message: str
) -> None:
    """A headless server has no keyring, and its operator must learn what to use instead."""
    assert refusal(install_keyring(monkeypatch, answer)) == f"keyring asa netaudit: {message}"


def test_a_missing_keyring_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is optional."""
    monkeypatch.setitem(sys.modules, "keyring", None)

    assert refusal(KeyringSource(service="s", username="u")) == (
        "keyring s u: the package keyring is not installed; "
        "install asa-transport[keyring], or name another source"
    )


# --------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "the variable is not set; set it: read -rs PW; export PW"),
        ("", "it is empty; set it"),
        (f"{SENTINEL}\n", UNTYPABLE),
        (
            f"{SENTINEL}\nreload",
            UNTYPABLE,
        ),
        (
            f"{SENTINEL}\x1b",
            UNTYPABLE,
        ),
        (f"{SENTINEL}\udcff", "it is not UTF-8 text; write it as UTF-8"),
    ],
)
def test_a_variable_that_holds_no_usable_secret_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str | None, message: str
) -> None:
    """A line end in a password would be typed as a second line into a firewall."""
    monkeypatch.delenv("PW", raising=False)
    if value is not None:
        monkeypatch.setenv("PW", value)

    assert refusal(EnvSource(name="PW")) == f"env PW: {message}"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o644])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    """Whoever can read it has the password; whoever can write it chooses what is typed."""
    path = secret_file(tmp_path, mode=mode)

    assert refusal(FileSource(path=path)) == (
        f"file {path}: other people may use it (mode {mode:04o}); change that with chmod 600"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    """Its owner could change the password under us."""
    path = secret_file(tmp_path)
    os.chown(path, 12345, -1)

    assert refusal(FileSource(path=path)) == (
        f"file {path}: it belongs to user 12345, not to you and not to root; change that with chown"
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _: None, "cannot be opened: No such file or directory"),
        (lambda path: path.mkdir(mode=0o700), "it is not a regular file; name one"),
        (lambda path: os.mkfifo(path, 0o600), "it is not a regular file; name one"),
        (lambda path: path.symlink_to(path), "cannot be opened: Too many levels of symbolic links"),
    ],
)
def test_what_is_no_regular_file_is_refused(
    tmp_path: Path, make: Callable[[Path], object], message: str
) -> None:
    """A FIFO would hold the run for ever."""
    path = tmp_path / "pw"
    make(path)

    assert refusal(FileSource(path=path)) == f"file {path}: {message}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty; set it"),
        (b"\n", "it is empty; set it"),
        (
            SENTINEL.encode() + b"\nsecond\n",
            UNTYPABLE,
        ),
        (
            SENTINEL.encode() + b"\0",
            UNTYPABLE,
        ),
        (SENTINEL.encode() + b"\xff", "it is not UTF-8 text; write it as UTF-8"),
        (SENTINEL.encode() * 400, "it is longer than 4096 bytes; is this the right source?"),
    ],
)
def test_a_file_that_holds_no_usable_secret_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """The message says what is wrong without saying what it is."""
    path = secret_file(tmp_path, content)

    assert refusal(FileSource(path=path)) == f"file {path}: {message}"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (f"import sys; print('{SENTINEL}'); print('{SENTINEL}', file=sys.stderr); sys.exit(7)",
         "it ended with exit code 7; run it by hand"),
        ("pass", "it is empty; set it"),
        (f"print('{SENTINEL}\\t')", UNTYPABLE),
        (f"import sys; sys.stdout.buffer.write(b'{SENTINEL}\\xff')",
         "it is not UTF-8 text; write it as UTF-8"),
    ],
)  # fmt: skip
def test_a_command_that_fails_never_shows_what_it_printed(code: str, message: str) -> None:
    """A password manager that fails half way may have printed the password."""
    assert refusal(python(code)) == f"command {sys.executable}: {message}"


def test_a_command_that_does_not_exist_is_named() -> None:
    """The usual cause is a PATH that a service does not have."""
    source = CommandSource(argv=("no-such-program-here", SENTINEL))

    assert refusal(source) == "command no-such-program-here: cannot be started: No such file or directory"


def test_a_question_without_a_terminal_is_refused() -> None:
    """A nightly run must end with a message, not hang on a question."""
    assert refusal(PromptSource()) == ("prompt: there is no terminal to ask on; name another source")


def test_an_unanswered_question_is_refused() -> None:
    """Ctrl-D is an answer too."""

    def ask(question: str) -> str:
        raise EOFError(question)

    assert refusal(PromptSource(), ask) == "prompt: the question was not answered; start again"


def test_a_systemd_credential_outside_a_service_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Started by hand there is no such directory."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)

    assert refusal(SystemdSource(name="pw")) == (
        "systemd pw: CREDENTIALS_DIRECTORY is not set; start from a unit with LoadCredential=pw:PATH"
    )


def test_all_failures_are_reported_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """One round of mending, not one for each variable."""
    for name in ("A", "B", "C"):
        monkeypatch.delenv(name, raising=False)
    specs = [
        CredentialSpec(name="two", password=EnvSource(name="C")),
        CredentialSpec(name="one", password=EnvSource(name="A"), enable=EnvSource(name="B")),
    ]

    with pytest.raises(CredentialError) as caught:
        resolve(specs, {"one", "two", "three"}, ask=None)

    assert str(caught.value).splitlines() == [
        "credential one: password: env A: the variable is not set; set it: read -rs A; export A",
        "credential one: enable: env B: the variable is not set; set it: read -rs B; export B",
        "credential three: not defined in the inventory",
        "credential two: password: env C: the variable is not set; set it: read -rs C; export C",
    ]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (EnvSource(name="PW"), "env PW"),
        (FileSource(path=Path("/run/pw")), "file /run/pw"),
        (CommandSource(argv=("vault", "--token", SENTINEL)), "command vault"),
        (KeyringSource(service="s", username="u"), "keyring s u"),
        (SystemdSource(name="pw"), "systemd pw"),
        (PromptSource(), "prompt"),
    ],
)
def test_a_source_is_described_without_the_arguments_of_its_command(source: SecretSource, text: str) -> None:
    """An argument may be a token."""
    assert describe(source) == text


def test_the_permissions_are_those_of_the_opened_file(tmp_path: Path) -> None:
    """A link that is private itself must not hide a file that is not."""
    path = secret_file(tmp_path, mode=0o644)
    link = tmp_path / "link"
    link.symlink_to(path)

    assert "other people may use it" in refusal(FileSource(path=link))
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
