"""Remember which plans were pushed: `STATE/plans/DIGEST.json`; a plan is pushed once.

The file is there, on disk, before the push goes on, and of two pushes one makes it.  A file that
is empty or unreadable was left by a crash in between, and counts as used.  Never removes one.
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from asa_transport.errors import StateError, UsedPlan
from asa_transport.ownfiles import create, make_private, sync_folder, write_through

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_LARGEST: Final = 4096
_SHOWN: Final = 80


def mark_used(state: Path, digest: str, *, run: str, at: datetime) -> None:
    """Note that this run pushes the plan, for good.

    Raises:
        UsedPlan: It was pushed before; says by which run, and what to do.
        StateError: The note cannot be written.
    """
    path = _path(state, digest)
    text = json.dumps({"run": run, "at": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}) + "\n"
    try:
        _make_folder(path.parent)
        try:
            descriptor = create(path)
        except FileExistsError:
            raise _used(path) from None
        try:
            write_through(descriptor, text.encode())
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StateError(
            f"{path}: cannot be written ({error.strerror}), so the plan was not pushed; give a state "
            "directory of your own with --state-dir or ASA_TRANSPORT_STATE_DIR"
        ) from error


def check_unused(state: Path, digest: str) -> None:
    """Raise UsedPlan where the plan was pushed before; for a word before anybody is asked anything."""
    path = _path(state, digest)
    if os.path.lexists(path):
        raise _used(path)


def _make_folder(folder: Path) -> None:
    """Make the folder, and put its name on disk."""
    make_private(folder)
    sync_folder(folder.parent)


def _path(state: Path, digest: str) -> Path:
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"{digest!r:.80} is not the digest of a plan")
    return state / "plans" / f"{digest}.json"


def _used(path: Path) -> UsedPlan:
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_LARGEST))
        run, at = str(found["run"])[:_SHOWN], str(found["at"])[:_SHOWN]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return UsedPlan(
            f"the plan was used before, by a push that begins now or ended as it began ({path} does not say "
            "which); make a new plan"
        )
    return UsedPlan(
        f"the plan was used before: run {run} pushed it at {at}; see 'asa-transport resume {run}', or make a "
        "new plan"
    )
