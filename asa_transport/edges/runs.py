"""Keep what a run read and said, in the state directory: `runs/ID/`.

    runs/ID/audit.json                 the audit document
    runs/ID/plan.json, push.json       what a plan or a push made of it, beside it
    runs/ID/journal.jsonl              what a push did, step by step (edges/journal.py)
    runs/ID/raw/DEVICE/COMMAND.txt     each answer, untouched
    runs/ID/errors.txt                 tracebacks of our own faults, if there were any

Directories are 0700, files 0600.  Device names are safe as file names, because
the inventory takes no others; commands are turned into safe names here.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import platformdirs

from asa_transport.errors import UserError
from asa_transport.model import Capture
from asa_transport.ownfiles import make_private, sync_folder

AUDIT: Final = "audit.json"
JOURNAL: Final = "journal.jsonl"
RAW: Final = "raw"
LAST: Final = "last"
# What was done in a run that holds such a file, and the command that does it.
_KINDS: Final = {
    AUDIT: ("audited", "asa-transport audit"),
    JOURNAL: ("pushed", "asa-transport push PLAN.json --commit"),
}
# A run's document has about 3 KiB a device.
_LARGEST: Final = 512 * 1024 * 1024


def state_directory(given: Path | None) -> Path:
    """Return the state directory: as given, else XDG's (`~/.local/state/asa-transport`)."""
    return given if given is not None else Path(platformdirs.user_state_dir("asa-transport", appauthor=False))


def new_run_id(started_at: datetime) -> str:
    """Return an id that sorts by time, e.g. ``20260112T130000Z-4f1c``."""
    return f"{started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def find_run(state: Path, wanted: str, holding: str = AUDIT) -> Path:
    """Return the folder of a run.

    Args:
        wanted: Its id, the path of its folder, or `last` for the newest one.
        holding: The file that makes it a run of the kind that is looked for: `AUDIT` or `JOURNAL`.

    Raises:
        UserError: There is none; says where it was looked for.
    """
    runs = state / "runs"
    done, first = _KINDS[holding]
    if wanted == LAST:
        found = sorted(runs.glob(f"*/{holding}"))
        if not found:
            raise UserError(f"{runs}: no {done} run is kept here; run {first!r} first")
        return found[-1].parent
    for folder in (runs / wanted, Path(wanted)):
        if (folder / holding).is_file():
            return folder
    raise UserError(
        f"run {wanted!r}: expected the id of a run in {runs}, the folder of one, or {LAST!r}; "
        f"a run that was {done} has a file {holding}"
    )


def read_document(path: Path) -> Mapping[str, Any]:
    """Return the JSON object of a file, or raise UserError naming it."""
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(_LARGEST))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: no JSON: {error}") from error
    if not isinstance(document, dict):
        raise UserError(f"{path}: expected a JSON object")
    return document


class RunFolder:
    """The files of one run; safe to share between threads and processes."""

    def __init__(self, state: Path, run_id: str) -> None:
        """Create the folder, or raise UserError naming it."""
        self.path = state / "runs" / run_id
        try:
            # One by one: `parents=True` would give the folders above the umask's mode.
            for folder in (self.path.parent, self.path / RAW):
                make_private(folder)
        except OSError as error:
            raise UserError(
                f"{self.path}: cannot be created ({error.strerror}); give a state directory of your own "
                "with --state-dir or ASA_TRANSPORT_STATE_DIR"
            ) from error

    def save_capture(self, capture: Capture, part: str = RAW, *, durable: bool = False) -> None:
        """Write every answer of one device; `durable` returns only when all of it is on the disk."""
        folder = self.path / part / capture.device
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        for output in capture.outputs:
            _write(folder / f"{file_name(output.command)}.txt", (output.text,), durable=durable)
        if durable:
            sync_folder(folder)

    def save_document(self, document: Mapping[str, Any], name: str = AUDIT) -> None:
        """Write a document of the run."""
        self.save_text(name, json.dumps(document, indent=1, ensure_ascii=False) + "\n")

    def save_text(self, name: str, text: str) -> None:
        """Write a file of the run, byte for byte."""
        self.save_texts(name, (text,))

    def save_texts(self, name: str, texts: Iterable[str]) -> None:
        """Write a file of the run from its parts, byte for byte."""
        _write(self.path / name, texts)

    def save_error(self, text: str) -> None:
        """Append a traceback of ours."""
        descriptor = os.open(self.path / "errors.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # One write at the end: threads and worker processes may do so at once.
            os.write(descriptor, f"{text}\n".encode("utf-8", "backslashreplace"))
        finally:
            os.close(descriptor)


def file_name(command: str) -> str:
    """Return a command as a file name: ``show running-config license`` -> ``show_running-config_license``."""
    return re.sub(r"[^A-Za-z0-9.-]+", "_", command).strip("_.")


def _write(path: Path, texts: Iterable[str], *, durable: bool = False) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    # surrogateescape never occurs: texts were decoded with replacement; newline="" keeps line ends.
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.writelines(texts)
        if durable:
            file.flush()
            os.fsync(file.fileno())
