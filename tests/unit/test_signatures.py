"""Signatures of OpenSSH: what its programs accept we accept, and no hostile text leads astray."""

from __future__ import annotations

import os
import pty
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from asa_transport.edges.secrets import signatures
from asa_transport.engine.wait_limit import WaitBudget
from asa_transport.errors import SignatureError
from asa_transport.model import Rejected, SignedBy
from tests.processes import all_end
from tests.unit.signing import allowed, fingerprint, key_of, public, run, signed

SPACE = "asa-transport-plan"
DATA = b"ab" * 32 + b"\n"


@pytest.fixture(autouse=True)
def no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The person who runs the tests may have an agent."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run an agent for this test."""
    # Below /tmp: a socket's path has at most 107 characters.
    folder = Path(run("mktemp", "-d").decode().strip())
    socket = folder / "s"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        yield
        process.terminate()
        process.stdout.read()
    socket.unlink(missing_ok=True)
    folder.rmdir()


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_a_signature_is_accepted_by_us_and_by_ssh_keygen(tmp_path: Path, kind: str) -> None:
    """An auditor checks it without this program."""
    key = key_of(tmp_path, "kim", kind=kind)
    file = allowed(tmp_path, f"kim@example.net {public(key)}")

    made = signatures.sign(DATA, key, SPACE)

    assert signatures.verify(DATA, made, file.read_bytes(), SPACE) == SignedBy(
        principals=("kim@example.net",), names=("kim@example.net",), key=fingerprint(key)
    )
    (tmp_path / "sig").write_bytes(made)
    command = ("ssh-keygen", "-Y", "verify", "-f", file, "-I", "kim@example.net", "-n", SPACE)
    assert b"Good" in run(*command, "-s", tmp_path / "sig", data=DATA)


def test_a_signature_made_by_hand_is_accepted(tmp_path: Path) -> None:
    """Who approves need not have this program."""
    key = key_of(tmp_path, "kim")
    file = allowed(tmp_path, "# who may approve", "", f"kim {public(key)} Kim's laptop")

    verdict = signatures.verify(DATA, signed(key, DATA, SPACE), file.read_bytes(), SPACE)

    assert isinstance(verdict, SignedBy)
    assert verdict.principals == ("kim",)


@pytest.mark.usefixtures("agent")
def test_a_key_in_an_agent_signs_by_its_public_half(tmp_path: Path) -> None:
    """The private half is on another machine, or in hardware."""
    key = key_of(tmp_path, "kim", passphrase="correct horse")
    unlocked = key_of(tmp_path, "plain")
    run("ssh-add", "-q", unlocked)
    unlocked.unlink()

    made = signatures.sign(DATA, Path(f"{unlocked}.pub"), SPACE)

    assert signatures.check(DATA, made, SPACE) == fingerprint(unlocked)
    with pytest.raises(SignatureError, match="ssh-add"):
        signatures.sign(DATA, key, SPACE)


def test_a_key_with_a_passphrase_fails_at_once_and_names_the_agent(tmp_path: Path) -> None:
    """At the end of a push at night nobody sits there to type."""
    key = key_of(tmp_path, "kim", passphrase="correct horse")

    with pytest.raises(SignatureError, match=rf"load it into an agent first: ssh-add {key}"):
        signatures.sign(b"correct horse\n", key, SPACE)


def test_no_passphrase_is_asked_for_on_a_terminal(tmp_path: Path) -> None:
    """A question that the live view of a push paints over would never be answered."""
    key = key_of(tmp_path, "kim", passphrase="correct horse")
    script = (
        "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
        "from pathlib import Path; from asa_transport.edges.secrets import signatures\n"
        "from asa_transport.errors import SignatureError\n"
        "try: signatures.sign(b'x', Path(sys.argv[1]), 'asa-transport-plan')\n"
        "except SignatureError as error: print('refused:', 'ssh-add' in str(error))\n"
    )
    ours, theirs = pty.openpty()

    done = subprocess.run(
        [sys.executable, "-c", script, key],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        start_new_session=True,
        check=False,
        timeout=100,
    )

    os.write(theirs, b"<end>")
    assert os.read(ours, 4096) == b"<end>"
    assert done.stdout == b"refused: True\n"
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("name", ["nothing", "-Y", "folder"])
def test_a_key_that_is_none_is_one_clear_message(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one whose name looks like an option."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "-Y").write_text("no key")
    monkeypatch.chdir(tmp_path)

    for use in (lambda: signatures.sign(DATA, Path(name), SPACE), lambda: signatures.fingerprint(Path(name))):
        with pytest.raises(SignatureError, match=name):
            use()


def test_a_signature_over_other_bytes_or_for_another_purpose_is_rejected(tmp_path: Path) -> None:
    """A signed journal must not pass as an approval."""
    key = key_of(tmp_path, "kim")
    file = allowed(tmp_path, f"kim {public(key)}").read_bytes()
    made = signed(key, DATA, SPACE)

    for data, namespace in ((DATA + b"\n", SPACE), (DATA, "asa-transport-journal")):
        assert isinstance(signatures.verify(data, made, file, namespace), Rejected)
        assert isinstance(signatures.check(data, made, namespace), Rejected)


def test_validity_and_namespaces_of_a_key_are_ssh_keygens_business(tmp_path: Path) -> None:
    """Whoever left, or may sign something else only, does not approve."""
    key = key_of(tmp_path, "kim")
    made = signed(key, DATA, SPACE)

    for option, is_good in (
        ('valid-before="20200101"', False),
        ('valid-after="20990101"', False),
        ('namespaces="git"', False),
        (f'valid-after="20200101",namespaces="git,{SPACE}"', True),
    ):
        file = allowed(tmp_path, f"kim {option} {public(key)}").read_bytes()
        verdict = signatures.verify(DATA, made, file, SPACE)
        assert isinstance(verdict, SignedBy) is is_good, (option, verdict)


def test_validity_can_be_judged_as_of_another_time(tmp_path: Path) -> None:
    """An old journal was signed with a key that was good then."""
    key = key_of(tmp_path, "kim")
    made = signed(key, DATA, SPACE)
    file = allowed(tmp_path, f'kim valid-before="20200101" {public(key)}').read_bytes()

    then = signatures.verify(DATA, made, file, SPACE, at=datetime(2019, 12, 31, tzinfo=UTC))

    assert isinstance(then, SignedBy)
    assert isinstance(signatures.verify(DATA, made, file, SPACE), Rejected)


def test_a_certificate_is_judged_by_its_authority(tmp_path: Path) -> None:
    """Larger companies sign keys instead of listing them."""
    authority, key = key_of(tmp_path, "ca"), key_of(tmp_path, "kim")
    run("ssh-keygen", "-q", "-s", authority, "-I", "id", "-n", "kim@example.net", f"{key}.pub")
    made = signatures.sign(DATA, Path(f"{key}-cert.pub"), SPACE)

    trusted = allowed(tmp_path, f"*@example.net cert-authority {public(authority)}").read_bytes()
    other = allowed(tmp_path, f"*@example.org cert-authority {public(authority)}").read_bytes()

    assert signatures.verify(DATA, made, trusted, SPACE) == SignedBy(
        principals=("kim@example.net",), names=("kim@example.net",), key=fingerprint(key)
    )
    assert isinstance(signatures.verify(DATA, made, other, SPACE), Rejected)


def test_every_name_of_a_key_is_told(tmp_path: Path) -> None:
    """Else a key that is listed twice would be two people."""
    key = key_of(tmp_path, "kim")
    file = allowed(
        tmp_path,
        f'old@example.net valid-before="20200101" {public(key)}',
        f'"kim@example.net,k.smith" {public(key)}',
        f"ann {public(key_of(tmp_path, 'ann'))}",
    ).read_bytes()

    verdict = signatures.verify(DATA, signed(key, DATA, SPACE), file, SPACE)

    assert isinstance(verdict, SignedBy)
    assert verdict.principals == ("kim@example.net", "k.smith")
    assert set(verdict.names) == {"old@example.net", "kim@example.net", "k.smith"}


@pytest.mark.parametrize(
    "principal", ["-Overify-time=2019", "*", "*@example.net", '"a b"', "!kim", "\x1b[2J"]
)
def test_a_name_that_is_no_name_reaches_no_command_line(tmp_path: Path, principal: str) -> None:
    """The file may come from a shared folder."""
    key = key_of(tmp_path, "kim")
    file = allowed(tmp_path, f"{principal} {public(key)}").read_bytes()

    verdict = signatures.verify(DATA, signed(key, DATA, SPACE), file, SPACE)

    assert isinstance(verdict, Rejected)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"junk",
        b"/etc/passwd",
        signatures.BEGIN + b"\nAAAA\n-----END SSH SIGNATURE-----\n",
        signatures.BEGIN + b"\n" + b"A" * 100_000,
        b"\0" * 10,
    ],
)
def test_what_is_no_signature_is_rejected_with_a_reason(tmp_path: Path, text: bytes) -> None:
    """Anything may be called plan.json.x.sig."""
    file = allowed(tmp_path, f"kim {public(key_of(tmp_path, 'kim'))}").read_bytes()

    verdict = signatures.verify(DATA, text, file, SPACE)

    assert isinstance(verdict, Rejected)
    assert verdict.reason


@pytest.mark.parametrize("text", [b"", b"\xff\xfe\0", b"kim\n", b"kim ssh-ed25519 AAAA\n" * 100])
def test_hostile_allowed_signers_accept_nobody(tmp_path: Path, text: bytes) -> None:
    """A damaged file must not open the door."""
    made = signed(key_of(tmp_path, "kim"), DATA, SPACE)

    assert isinstance(signatures.verify(DATA, made, text, SPACE), Rejected)


def test_a_file_is_signed_beside_itself_and_again_later(tmp_path: Path) -> None:
    """A resume adds to the journal, and signs it anew."""
    key = key_of(tmp_path, "kim")
    journal = tmp_path / "journal.jsonl"
    for content in (b"one\n", b"one\ntwo\n"):
        journal.write_bytes(content)

        path = signatures.sign_file(journal, key, "asa-transport-journal")

        assert path == tmp_path / "journal.jsonl.sig"
        assert signatures.check(content, path.read_bytes(), "asa-transport-journal") == fingerprint(key)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_no_signature_is_never_overwritten(tmp_path: Path) -> None:
    """`-o PLAN.json` is a slip of the hand."""
    plan = tmp_path / "plan.json"
    plan.write_text("{}")

    with pytest.raises(SignatureError, match="left as it is"):
        signatures.write(plan, signatures.BEGIN, mode=0o644)

    assert plan.read_text() == "{}"
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


def test_without_openssh_the_message_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container image often has no OpenSSH client."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SignatureError, match="OpenSSH client"):
        signatures.check(DATA, signatures.BEGIN, SPACE)


def test_the_fingerprint_of_a_key_is_the_same_for_both_halves(tmp_path: Path) -> None:
    """By it the operator's own approval is recognised."""
    key = key_of(tmp_path, "kim", passphrase="correct horse")

    assert signatures.fingerprint(key) == signatures.fingerprint(Path(f"{key}.pub")) == fingerprint(key)


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Give what sets the zone of this machine, for this test."""

    def put(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield put
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]
)
@pytest.mark.parametrize("month", [1, 7])
@pytest.mark.parametrize("form", ["local", "utc"])
def test_the_validity_of_a_key_ends_when_its_date_says(
    tmp_path: Path, zone: Callable[[str], None], name: str, month: int, form: str
) -> None:
    """By the wall clock of this machine, summer time included: ssh-keygen alone is an hour late then."""
    zone(name)
    local = datetime(2026, month, 15, 12, 0, tzinfo=ZoneInfo(name))
    end = f"{local:%Y%m%d%H%M}" if form == "local" else f"{local.astimezone(UTC):%Y%m%d%H%M}Z"
    key = key_of(tmp_path, "kim")
    made = signatures.sign(DATA, key, SPACE)
    before = allowed(tmp_path, f'kim valid-before="{end}" {public(key)}').read_bytes()
    after = allowed(tmp_path, f'kim Valid-After="{end}" {public(key)}').read_bytes()
    early, late = local - timedelta(minutes=20), local + timedelta(minutes=20)

    def is_valid(file: bytes, at: datetime) -> bool:
        return isinstance(signatures.verify(DATA, made, file, SPACE, at=at), SignedBy)

    assert [is_valid(file, at) for file in (before, after) for at in (early, late)] == [
        True,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize("date", ["20261341", "2026", "202601150", "20260115120099", "soon", "20260115+0100"])
def test_a_date_that_is_none_is_no_validity_for_ever(tmp_path: Path, date: str) -> None:
    """OpenSSH refuses the line, and so do we."""
    key = key_of(tmp_path, "kim")
    file = allowed(tmp_path, f'kim valid-after="{date}" {public(key)}').read_bytes()

    assert isinstance(signatures.verify(DATA, signed(key, DATA, SPACE), file, SPACE), Rejected)


def test_an_agent_that_does_not_answer_has_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frozen agent takes the connection and says nothing."""
    folder = Path(run("mktemp", "-d").decode().strip())
    key = key_of(tmp_path, "kim")
    key.unlink()
    with socket.socket(socket.AF_UNIX) as frozen:
        frozen.bind(str(folder / "s"))
        frozen.listen()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(folder / "s"))

        with pytest.raises(
            SignatureError, match=r"did not answer within 0\.5 s; is the agent or the hardware"
        ):
            signatures.try_key(Path(f"{key}.pub"), budget=WaitBudget(each_s=0.5, whole_s=60))
    (folder / "s").unlink()
    folder.rmdir()


# Prints a byte and waits; a child of it holds its output open, too.
STALLS = """\
import os, signal, sys
os.write(1, b"x")
child = os.fork()
if child:
    with open(os.environ["BEGUN"] + ".part", "w") as file:
        file.write(f"{os.getpid()} {child}")
    os.rename(os.environ["BEGUN"] + ".part", os.environ["BEGUN"])
    if "END_WITH" in os.environ:
        os.kill(os.getppid(), int(os.environ["END_WITH"]))
signal.pause()
"""


@pytest.fixture
def stalling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ssh-keygen that comes to no end; gives the file that has its processes, once they run."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "ssh-keygen"
    program.write_text(f"#!{sys.executable}\n{STALLS}")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("BEGUN", str(tmp_path / "begun"))
    return tmp_path / "begun"


@pytest.mark.parametrize(
    ("ending", "raised"),
    [
        (KeyboardInterrupt(), KeyboardInterrupt),
        (subprocess.TimeoutExpired("ssh-keygen", 30), SignatureError),
    ],
    ids=["a-person", "the-limit"],
)
def test_whatever_ends_the_waiting_ends_ssh_keygen_and_what_it_has_started(
    stalling: Path, monkeypatch: pytest.MonkeyPatch, ending: BaseException, raised: type[BaseException]
) -> None:
    """Ctrl-C, SIGTERM, which does the same, and the limit; a helper that is left holds the hardware key."""

    def over(*_: object) -> None:
        raise ending

    monkeypatch.setenv("END_WITH", str(int(signal.SIGUSR1)))
    before = signal.signal(signal.SIGUSR1, over)
    try:
        with pytest.raises(raised):
            signatures.check(DATA, signatures.BEGIN, SPACE)
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert all_end([int(number) for number in stalling.read_text().split()])


@pytest.mark.usefixtures("stalling")
def test_all_calls_of_one_question_have_a_limit_together() -> None:
    """Eighteen calls, each of them within its own, are nine minutes."""
    budget = WaitBudget(each_s=60, whole_s=0.2)

    with pytest.raises(SignatureError, match=r"did not answer before the 0\.2 s of all its calls were over"):
        signatures.check(DATA, signatures.BEGIN, SPACE, budget=budget)
    with pytest.raises(SignatureError, match=r"was not asked, as the 0\.2 s of all its calls were over"):
        signatures.verify(DATA, signatures.BEGIN, b"", SPACE, budget=budget)
