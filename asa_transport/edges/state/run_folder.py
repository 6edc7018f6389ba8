"""Keep what a run read and said, in the state directory: `runs/ID/`.

    runs/ID/audit.json                 the audit document
    runs/ID/plan.json, push.json       what a plan or a push made of it, beside it
    runs/ID/journal.jsonl              what a push did, step by step (edges/state/journal.py)
    runs/ID/raw/answers-NNNN.tar.zst   what an audit, a plan or a dry run read: each answer, untouched, as
                                       DEVICE/COMMAND.txt (edges/answer_pack.py)
    runs/ID/raw/dictionary             what those were packed with
    runs/ID/raw/DEVICE/COMMAND.txt.gz  what a push that commits read before its first line, on the disk itself
    runs/ID/raw-after/DEVICE/…         what it read after that line, all of it: COMMAND.2.txt.gz, …
    runs/ID/errors.txt                 tracebacks of our own faults, if there were any
    runs/ID/.lock                      held while the process that makes the run lives
    runs/ID/.sequence                  its number among the runs (edges/state/run_turns.py)

The same answer gives the same bytes.  Directories are 0700, files 0600; in a state directory that is
also a group's, 0750 and 0640 (durable.py).  Device names are safe as file names, because the inventory
takes no others; commands are turned into safe names here.
"""

from __future__ import annotations

import fcntl
import gzip
import itertools
import json
import os
import re
import secrets
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import platformdirs

from asa_transport.edges.state import durable, run_turns
from asa_transport.edges.state.answer_packs import AnswerPacks
from asa_transport.edges.state.durable import OWN_DIRECTORY, file_mode, folder_mode, sync_folder
from asa_transport.errors import UserError, in_words
from asa_transport.files.regular_file import is_file, is_named
from asa_transport.model import SSH_SESSION, Capture

AUDIT: Final = "audit.json"
JOURNAL: Final = "journal.jsonl"
PUSH: Final = "push.json"
PLAN: Final = "plan.json"
RAW: Final = "raw"
LAST: Final = "last"
_LOCK: Final = ".lock"
# As `new_run_id` makes them; what a store says must not lead anywhere else.
_RUN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_WHOLE_ID: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4}")
# What a run that holds such a file is called, and the command that makes one.
_KINDS: Final = {
    AUDIT: ("audit", "asa-transport audit"),
    JOURNAL: ("push", "asa-transport push PLAN.json --commit"),
}
# A run's document has about 3 KiB a device.
_LARGEST: Final = 512 * 1024 * 1024


def state_directory(given: Path | None) -> Path:
    """Return the state directory: as given, else XDG's (`~/.local/state/asa-transport`)."""
    return given if given is not None else Path(platformdirs.user_state_dir("asa-transport", appauthor=False))


def new_run_id(started_at: datetime) -> str:
    """Return an id that sorts by time, e.g. ``20260112T130000Z-4f1c``."""
    return run_id(started_at, secrets.token_hex(2))


def run_id(started_at: datetime, distinct: str) -> str:
    """Return the id of a run that began then, told from others of that second by hexadecimal digits."""
    return f"{started_at:%Y%m%dT%H%M%SZ}-{distinct:.4}"


def is_run_id(text: str) -> bool:
    """Return whether this is an id as `new_run_id` makes them."""
    return bool(_WHOLE_ID.fullmatch(text))


def started_at(run_id: str) -> datetime:
    """Return when a run began, by its id; raise UserError where it is not one of ours."""
    try:
        return datetime.strptime(run_id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise UserError(f"{run_id!r:.80}: no id of a run") from error


def find_run(state: Path, wanted: str, holding: str = AUDIT) -> Path:
    """Return the folder of a run.

    Args:
        wanted: Its id, the path of its folder, or `last` for the newest one.
        holding: The file that makes it a run of the kind that is looked for: `AUDIT` or `JOURNAL`.

    Raises:
        UserError: There is none; says where it was looked for.
    """
    runs = state / "runs"
    kind, first = _KINDS[holding]
    if wanted == LAST:
        found = [folder / holding for folder in folders(state) if is_named(folder / holding)]
        if not found:
            raise UserError(f"{runs}: there is no {kind} here; run {first!r} first")
        return found[-1].parent
    for folder in (runs / wanted, Path(wanted)):
        if is_file(folder / holding):
            return folder
        if is_named(folder / holding):
            raise UserError(f"{folder / holding}: cannot be read: it is not a plain file")
        if is_run(folder):
            raise UserError(_of_another_kind(wanted, holding))
    raise UserError(
        f"run {wanted!r:.100}: there is no such {kind} in {runs}; expected an id from 'asa-transport runs "
        f"--kind {kind}', the folder of a run, or {LAST!r}"
    )


def _of_another_kind(wanted: str, holding: str) -> str:
    kind, _ = _KINDS[holding]
    return (
        f"run {wanted!r:.100}: this run is not {'an' if kind == 'audit' else 'a'} {kind}; "
        f"see 'asa-transport runs --kind {kind}'"
    )


def check_no_push(state: Path, wanted: str) -> None:
    """Raise UserError where an audit is looked for, and this is the id of a push."""
    if _RUN_ID.fullmatch(wanted) and is_file(state / "runs" / wanted / JOURNAL):
        raise UserError(_of_another_kind(wanted, AUDIT))


def own_run(state: Path, wanted: str, holding: str) -> Path:
    """Return the folder of a run of this state directory, on whose word something will be done.

    Args:
        wanted: Its id, the path of its folder there, or `last`.
        holding: The file that makes it a run of the kind that is looked for.

    Raises:
        UserError: There is none; or it is elsewhere, or a link leads elsewhere.
    """
    runs = state / "runs"
    folder = find_run(state, wanted, holding)
    is_here = folder.resolve().parent == runs.resolve() and _RUN_ID.fullmatch(folder.resolve().name)
    if not is_here or folder.is_symlink():
        raise UserError(
            f"run {wanted!r:.200}: it is not one of {runs}, so nothing is sent for it; give its own state "
            "directory with --state-dir"
        )
    linked = [path for path in folder.iterdir() if path.is_symlink()]
    if linked:
        raise UserError(f"{linked[0]}: it is a link to a file elsewhere, so nothing is sent for this run")
    special = [path for path in folder.iterdir() if not path.is_file() and not path.is_dir()]
    if special:
        raise UserError(f"{special[0]}: it is a pipe or a device, so nothing is sent for this run")
    return runs / folder.resolve().name


def any_run(state: Path, wanted: str) -> Path:
    """Return the folder of a run of any kind; `last` is the newest one.

    Raises:
        UserError: There is none; says where it was looked for.
    """
    if wanted == LAST:
        found = [folder for folder in folders(state) if is_run(folder)]
        if not found:
            raise UserError(f"{state / 'runs'}: there is no run here; run 'asa-transport audit' first")
        return found[-1]
    for folder in (state / "runs" / wanted, Path(wanted)):
        if is_run(folder):
            return folder
    raise UserError(
        f"{wanted!r:.100}: there is no such plan file here, and no such run in {state / 'runs'}; expected a "
        f"plan's file, an id from 'asa-transport runs', the folder of a run, or {LAST!r}"
    )


def is_run(folder: Path) -> bool:
    """Return whether a folder holds what an audit or a push left."""
    return any(is_file(folder / name) for name in (JOURNAL, PUSH, AUDIT))


def read_document(path: Path) -> Mapping[str, Any]:
    """Return the JSON object of a file, or raise UserError naming it."""
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(_LARGEST))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: this is not JSON: {in_words(error)}") from error
    if not isinstance(document, dict):
        raise UserError(f"{path}: expected a JSON object")
    return document


class RunFolder:
    """The files of one run; safe to share between threads and processes.

    Attributes:
        sequence: Its number among the runs; `None` where it has none.
    """

    def __init__(self, state: Path, run_id: str, *, after: int = 0) -> None:
        """Create the folder, or raise UserError naming it.

        Args:
            after: The highest number of a run that is known of elsewhere; a new run has a higher one.
        """
        check_closed(state)
        self.path = state / "runs" / run_id
        is_new = not self.path.exists()
        make_private(self.path / RAW)
        self.sequence = (
            run_turns.number(self.path, after=after) if is_new else run_turns.turn(self.path).sequence
        )
        self._packs = AnswerPacks(self.path / RAW)

    @contextmanager
    def held(self) -> Iterator[RunFolder]:
        """Say to other processes that this run is alive; the system ends it with ours, whatever kills it."""
        try:
            descriptor = os.open(self.path / _LOCK, os.O_WRONLY | os.O_CREAT, file_mode(self.path))
        except OSError as error:
            raise UserError(f"{self.path}: cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield self
        finally:
            os.close(descriptor)

    def pack_capture(self, capture: Capture) -> None:
        """Append every answer of one device to those of the others; raise OSError where that fails.

        An answer counts where its command was asked more than once: the last one.
        """
        answers = {name: text.encode() for name, text in _texts(capture)}
        self._packs.add(capture.device, tuple(answers.items()), at=int(capture.finished_at.timestamp()))

    def save_capture(
        self, capture: Capture, part: str = RAW, *, durable: bool = False, each: bool = False
    ) -> None:
        """Write every answer of one device to a file of its own, compressed.

        Args:
            capture: What one session read; may be empty.
            part: The part of the run's folder.
            durable: Return only after the answers, and their names, are on the disk itself.
            each: Keep an answer beside those to the same command that are there, numbered from 2 on:
                what was read back before the way back is evidence too.
        """
        folder = self.path / part / capture.device
        folder.parent.mkdir(mode=folder_mode(self.path), exist_ok=True)
        folder.mkdir(mode=folder_mode(folder.parent), exist_ok=True)
        there = {path.name for path in folder.iterdir()} if each else set()
        for name, text in _texts(capture):
            if each and name == answer_file(SSH_SESSION):
                # Once is enough: these are several parts of what one session read.
                continue
            # Without a time in it: the same answer gives the same bytes.
            data = gzip.compress(text.encode("utf-8"), mtime=0)
            file = _free(f"{name}.gz", there) if each else f"{name}.gz"
            there.add(file)
            _write(folder / file, (data,), durable=durable)
        if durable:
            for path in (folder, folder.parent, self.path, self.path.parent):
                sync_folder(path)

    def save_document(self, document: Mapping[str, Any], name: str = AUDIT) -> None:
        """Write a document of the run."""
        self.save_text(name, json.dumps(document, indent=1, ensure_ascii=False) + "\n")

    def save_text(self, name: str, text: str) -> None:
        """Write a file of the run, byte for byte."""
        self.save_texts(name, (text,))

    def save_texts(self, name: str, texts: Iterable[str]) -> None:
        """Write a file of the run from its parts, byte for byte."""
        # surrogateescape never occurs: texts were decoded with replacement.
        _write(self.path / name, (text.encode("utf-8") for text in texts))

    def save_bytes(self, name: str, data: bytes) -> None:
        """Write a file of the run, and return after it is on the disk itself; makes the folder it is in."""
        path = self.path / name
        path.parent.mkdir(mode=folder_mode(self.path), exist_ok=True)
        _write(path, (data,), durable=True)
        sync_folder(path.parent)

    def size(self) -> int:
        """Return the bytes of its files."""
        return size(self.path)

    def save_error(self, text: str) -> None:
        """Append a traceback of ours."""
        descriptor = os.open(
            self.path / "errors.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, file_mode(self.path)
        )
        try:
            # One write at the end: threads may do so at once.
            os.write(descriptor, f"{text}\n".encode("utf-8", "backslashreplace"))
        finally:
            os.close(descriptor)


def is_held(state: Path, run_id: str) -> bool:
    """Return whether the process that makes this run lives; False where nothing tells."""
    try:
        descriptor = os.open(state / "runs" / run_id / _LOCK, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def is_there(state: Path) -> bool:
    """Return whether there is a state directory; raise UserError where nobody may look."""
    try:
        state.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UserError(f"{state}: cannot be read: {error.strerror}") from error
    return True


def folders(state: Path) -> tuple[Path, ...]:
    """Return the folders of all runs, in the order in which they began; not those that a link leads to."""
    runs = state / "runs"
    try:
        found = [Path(entry) for entry in os.scandir(runs) if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise UserError(f"{runs}: cannot be read: {error.strerror}") from error
    return run_turns.in_order(path for path in found if _RUN_ID.fullmatch(path.name))


def owner(folder: Path) -> str | None:
    """Return the login name of whose run it is; `None` where the machine knows none."""
    try:
        return folder.owner()
    except (OSError, KeyError):
        return None


def remove(state: Path, run_id: str) -> None:
    """Remove a run's folder, if there is one; follows no link."""
    folder = state / "runs" / run_id
    if _RUN_ID.fullmatch(run_id) and folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)


def size(folder: Path) -> int:
    """Return the bytes of all files in a folder; 0 where it is missing."""
    return sum(os.lstat(Path(parent, name)).st_size for parent, _, names in os.walk(folder) for name in names)


def _free(name: str, there: Collection[str]) -> str:
    """Return the name, or, where there is such a file, the first one with a number that is free."""
    stem, _, suffix = name.partition(".txt")
    numbered = (f"{stem}.{number}.txt{suffix}" for number in itertools.count(2))
    return next(each for each in itertools.chain((name,), numbered) if each not in there)


def _texts(capture: Capture) -> Iterator[tuple[str, str]]:
    """Yield the files of one device, names and texts: what the session agreed on, and each answer."""
    if capture.ssh is not None:
        yield answer_file(SSH_SESSION), "".join(f"{line}\n" for line in capture.ssh.lines)
    for output in capture.outputs:
        yield answer_file(output.command), output.text


def answer_file(command: str) -> str:
    """Return the name of the file that holds a command's answer, inside its device's folder, unpacked."""
    return f"{file_name(command)}.txt"


def file_name(command: str) -> str:
    """Return a command as a file name: ``show running-config license`` -> ``show_running-config_license``."""
    return re.sub(r"[^A-Za-z0-9.-]+", "_", command).strip("_.")


def make_private(folder: Path) -> None:
    """Make a folder and what is missing above it, each for those who have the one above it; or UserError."""
    try:
        durable.make_private(folder)
    except OSError as error:
        why = error.strerror
        if isinstance(error, FileExistsError | NotADirectoryError):
            why = "a file has this name, or that of a directory above it"
        raise UserError(f"{folder}: cannot be created ({why}); {OWN_DIRECTORY}") from error


def check_closed(state: Path) -> None:
    """Raise UserError where anybody may put files into the state directory, or into its runs.

    Whoever can may exchange a run, a lock or the history for one of his own.
    """
    for folder in (state, state / "runs"):
        with suppress(FileNotFoundError):
            if folder.stat().st_mode & stat.S_IWOTH:
                raise UserError(
                    f"{folder}: anybody may write here, so nothing that is kept can be trusted; take that "
                    f"right away (chmod o-w {folder}), or {OWN_DIRECTORY}"
                )


def _write(path: Path, parts: Iterable[bytes], *, durable: bool = False) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, file_mode(path.parent))
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(parts)
            if durable:
                file.flush()
                os.fsync(file.fileno())
    except OSError:
        # A full disk: half a document would be taken for a whole one that somebody has damaged.
        with suppress(OSError):
            path.unlink()
        raise
