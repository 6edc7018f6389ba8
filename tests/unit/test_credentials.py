"""Secrets: obtained once, from where the inventory says, and never shown."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from asa_transport.edges.secrets.credentials import describe, resolve
from asa_transport.engine.wait_limit import WaitBudget
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
from tests.processes import all_end, command_line

SENTINEL = "Hunter2SENTINEL"
UNTYPABLE = "it holds a line end or another control character, which cannot be typed; fix it"


def get(
    source: SecretSource, ask: Callable[[str], str] | None = None, budget: WaitBudget | None = None
) -> Credential:
    return resolve([CredentialSpec(name="lab", password=source)], {"lab"}, ask=ask, budget=budget)["lab"]


def refusal(
    source: SecretSource, ask: Callable[[str], str] | None = None, budget: WaitBudget | None = None
) -> str:
    """Return the one line of the error, after looking for the secret everywhere in it."""
    with pytest.raises(CredentialError) as caught:
        get(source, ask, budget)
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


# --------------------------------------------------------------------------- limits

# A program is in the middle of its work; what it has started is, too, and holds its output open.
STALLS = f"""
import os, signal, sys, time
os.write(1, b"{SENTINEL}")
begun, is_left = sys.argv[1:]
child = os.fork()
if child:
    with open(begun + ".part", "w") as file:
        file.write(f"{{os.getpid()}} {{child}}")
    os.rename(begun + ".part", begun)
    if is_left:
        os._exit(0)
    if "END_WITH" in os.environ:
        os.kill(os.getppid(), int(os.environ["END_WITH"]))
signal.pause()
"""


class Stalling:
    """A command that comes to no end, and the time until it has begun."""

    def __init__(self, tmp_path: Path, *, is_left: bool = False) -> None:
        self.begun = tmp_path / "begun"
        argv = (sys.executable, "-c", STALLS, str(self.begun), "left" if is_left else "")
        self.source = CommandSource(argv=argv)

    def budget(self, *, whole_s: float = 600.0) -> WaitBudget:
        """A time that is over as soon as it has begun."""
        return WaitBudget(each_s=300.0, whole_s=whole_s, clock=lambda: 1000.0 if self.begun.exists() else 0.0)

    def processes(self) -> list[int]:
        return [int(number) for number in self.begun.read_text().split()]


@pytest.fixture(params=[True, False], ids=["at-a-terminal", "without-a-terminal"])
def at_a_terminal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a command could ask a person; whoever runs the tests may have a terminal or none."""
    # Not ours: the name of the terminal, as the kernel is asked for it.
    real = os.open

    def opened(path: str, flags: int, mode: int = 0o777) -> int:
        if path != "/dev/tty":
            return real(path, flags, mode)
        if not request.param:
            raise OSError(6, "No such device or address")
        return real(os.devnull, flags)

    monkeypatch.setattr(os, "open", opened)
    return bool(request.param)


def test_a_command_that_does_not_end_is_killed_and_named(tmp_path: Path, at_a_terminal: bool) -> None:
    """It has printed a part of the secret, which is neither used nor shown."""
    stalling = Stalling(tmp_path)

    assert refusal(stalling.source, budget=stalling.budget()) == (
        f"command {sys.executable}: no answer within 300 s; run it by hand"
    )
    own, its = stalling.processes()
    if at_a_terminal:
        # In our own group, where Ctrl-C at the terminal would reach it.
        end(its)
    assert all_end([own, its])


@pytest.mark.parametrize("piece", ["x", "\\n"], ids=["no-line-end", "lines"])
def test_a_command_that_prints_and_prints_has_no_more_time_than_another(tmp_path: Path, piece: str) -> None:
    """A byte now and then, or gigabytes: the limit is on the whole, and the memory bounded."""
    begun = tmp_path / "begun"
    code = f"import os, sys\nopen(sys.argv[1], 'w').close()\nwhile True: os.write(1, '{piece}'.encode())"
    source = CommandSource(argv=(sys.executable, "-c", code, str(begun)))
    budget = WaitBudget(each_s=300.0, whole_s=600.0, clock=lambda: 1000.0 if begun.exists() else 0.0)

    assert (
        refusal(source, budget=budget) == f"command {sys.executable}: no answer within 300 s; run it by hand"
    )


def test_a_person_who_ends_the_program_does_not_wait_for_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_a_terminal: bool
) -> None:
    """Ctrl-C, and SIGTERM, which does the same."""
    stalling = Stalling(tmp_path)
    monkeypatch.setenv("END_WITH", str(int(signal.SIGUSR1)))
    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            get(stalling.source)
    finally:
        signal.signal(signal.SIGUSR1, before)

    own, its = stalling.processes()
    if at_a_terminal:
        end(its)
    assert all_end([own, its])


@pytest.mark.usefixtures("at_a_terminal")
def test_a_person_who_ends_the_program_as_it_starts_a_command_leaves_none_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signal comes when the command runs, and before anybody here knows its process."""
    stalling = Stalling(tmp_path)
    start = subprocess.Popen.__init__
    running: list[int] = []

    def signalled(process: subprocess.Popen[bytes], *given: Any, **more: Any) -> None:
        start(process, *given, **more)
        running.append(process.pid)
        signal.raise_signal(signal.SIGUSR1)

    monkeypatch.setattr(subprocess.Popen, "__init__", signalled)
    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            get(stalling.source)
        handler = signal.getsignal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert all_end(running)
    assert len(running) == 1
    assert handler is signal.default_int_handler


def test_half_a_line_of_a_command_that_has_ended_is_not_taken(tmp_path: Path) -> None:
    """What it has left behind may print the rest: half a password, sent to each firewall, locks its user."""
    stalling = Stalling(tmp_path, is_left=True)

    def clock() -> float:
        return 1000.0 if stalling.begun.exists() and not command_line(stalling.processes()[0]) else 0.0

    budget = WaitBudget(each_s=300.0, whole_s=600.0, clock=clock)

    assert refusal(stalling.source, budget=budget) == (
        f"command {sys.executable}: no answer within 300 s; it has ended, but what it has started holds "
        "its output open: let that be closed, or a whole line be printed"
    )
    end(stalling.processes()[1])


def end(process: int) -> None:
    """End what a command has left behind, where it goes on: without a terminal it was ended."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    assert all_end([process])


def test_a_command_may_leave_something_behind_that_holds_its_output(tmp_path: Path) -> None:
    """A password manager that starts its agent; the agent goes on."""
    code = (
        "import os, signal, sys\nprint('s3cret', flush=True)\nchild = os.fork()\n"
        "if not child: signal.pause()\nopen(sys.argv[1], 'w').write(str(child))"
    )
    left = tmp_path / "left"

    found = get(CommandSource(argv=(sys.executable, "-c", code, str(left))))

    assert found == EXPECTED
    end(int(left.read_text()))


def test_all_commands_have_a_limit_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty that hang would hold the night for ten minutes; what needs no program is still tried."""
    stalling = Stalling(tmp_path)
    specs = [
        CredentialSpec(name="a", password=python("print('s3cret')"), enable=stalling.source),
        CredentialSpec(name="b", password=stalling.source, enable=EnvSource(name="NOT_SET_ANYWHERE")),
        CredentialSpec(name="c", password=install_keyring(monkeypatch, "s3cret")),
    ]

    with pytest.raises(CredentialError) as caught:
        resolve(specs, {"a", "b", "c"}, ask=None, budget=stalling.budget(whole_s=299.0))

    assert str(caught.value).splitlines() == [
        f"credential a: enable: command {sys.executable}: no answer before the 299 s of all commands and "
        "keyrings together were over; run it by hand",
        "credential b: enable: env NOT_SET_ANYWHERE: the variable is not set; set it: "
        "read -rs NOT_SET_ANYWHERE; export NOT_SET_ANYWHERE",
        "not asked for, as the 299 s of all commands and keyrings were over: credential b: password, "
        "credential c: password",
    ]  # fmt: skip


def test_a_person_who_thinks_spends_nothing_of_it() -> None:
    """Who is asked between two commands may have gone for a coffee."""
    now = [0.0]

    def ask(_: str) -> str:
        now[0] += 10_000.0
        return "s3cret"

    spec = CredentialSpec(name="lab", password=PromptSource(), enable=python("print('s3cret')"))
    budget = WaitBudget(each_s=30.0, whole_s=30.0, clock=lambda: now[0])

    assert resolve([spec], {"lab"}, ask=ask, budget=budget)["lab"].enable == Secret("s3cret")


def test_a_keyring_that_waits_for_nobody_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A desktop asks for the password of its keyring, and at night nobody is there."""
    source = install_keyring(monkeypatch, "s3cret")
    silent = threading.Event()
    monkeypatch.setattr(sys.modules["keyring"], "get_password", lambda *_: silent.wait())

    said = refusal(source, budget=WaitBudget(each_s=0.1, whole_s=60.0))
    silent.set()

    assert said == "keyring asa netaudit: no answer within 0.1 s; unlock it, or name another source"
