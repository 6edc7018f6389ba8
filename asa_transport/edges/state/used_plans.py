"""Remember for which devices a plan was used: `STATE/plans/DIGEST/NAME.json`; each is pushed once by it.

The file is there, on disk, before the first line is sent to the device, and of two pushes one makes
it.  A file that is empty or unreadable was left by a crash in between, and counts as used.  What
an older release left, `STATE/plans/DIGEST.json`, means every device of the plan.  Never removes one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from asa_transport.edges.state.durable import OWN_DIRECTORY, create, make_private, sync_folder, write_through
from asa_transport.errors import StateError, UsedPlan

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
# As the inventory takes names; they become names of files here.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_LARGEST: Final = 4096
_SHOWN: Final = 80
_MOST_NAMED: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """By which run a plan was used for a device, and when; both `None` where a crash left no word.

    Attributes:
        by: Who pushed it and where, in a store that several machines share; `None` on this machine.
    """

    run: str | None = None
    at: str | None = None
    by: str | None = None


def uses(state: Path, digest: str, names: Collection[str]) -> Mapping[str, Use]:
    """Return the use of each of these devices that the plan was used for.

    Raises:
        StateError: It cannot be found out.
    """
    whole, folder = _paths(state, digest)
    try:
        if os.path.lexists(whole):
            return dict.fromkeys(names, _read(whole))
        found = {path.name for path in folder.iterdir()} if os.path.lexists(folder) else set()
    except OSError as error:
        raise StateError(
            f"{folder}: cannot be read ({error.strerror}), so it is not known what the plan was used for; "
            "make it readable"
        ) from error
    return {name: _read(folder / f"{name}.json") for name in names if f"{name}.json" in found}


def check_unused(state: Path, digest: str, names: Collection[str], *, run: str | None = None) -> None:
    """Raise UsedPlan where the plan was used for one of these devices, by another run than this one.

    Raises:
        UsedPlan: Says for which, by which run, and what may still be pushed.
        StateError: It cannot be found out.
    """
    check_uses(uses(state, digest, names), of=len(names), run=run)


def check_uses(found: Mapping[str, Use], *, of: int, run: str | None = None) -> None:
    """Raise UsedPlan where one of these uses is not this run's.

    Args:
        of: How many devices were asked for.
    """
    used = {name: use for name, use in found.items() if run is None or use.run != run}
    if used:
        raise _used(used, of=of)


def mark_used(state: Path, digest: str, device: str, *, run: str, at: datetime) -> None:
    """Note that this run pushes the plan to the device, for good; once more by the same run is the same.

    Raises:
        UsedPlan: Another run did so before; says which, and what to do.
        StateError: The note cannot be written.
    """
    if not _NAME.fullmatch(device):
        raise ValueError(f"{device!r:.80} is not the name of a device")
    check_unused(state, digest, (device,), run=run)
    _, folder = _paths(state, digest)
    path = folder / f"{device}.json"
    text = json.dumps({"run": run, "at": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}) + "\n"
    try:
        _make_folder(folder.parent)
        _make_folder(folder)
        try:
            descriptor = create(path)
        except FileExistsError:
            check_unused(state, digest, (device,), run=run)
            return
        try:
            write_through(descriptor, text.encode())
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StateError(
            f"{path}: cannot be written ({error.strerror}), so the plan was not pushed; {OWN_DIRECTORY}"
        ) from error


def _make_folder(folder: Path) -> None:
    """Make the folder, and put its name on disk."""
    make_private(folder)
    sync_folder(folder.parent)


def _paths(state: Path, digest: str) -> tuple[Path, Path]:
    """Return the note of the whole plan and the folder of the devices' notes."""
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"{digest!r:.80} is not the digest of a plan")
    return state / "plans" / f"{digest}.json", state / "plans" / digest


def _read(path: Path) -> Use:
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_LARGEST))
        return Use(run=str(found["run"])[:_SHOWN], at=str(found["at"])[:_SHOWN])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Use()


def _used(used: Mapping[str, Use], *, of: int) -> UsedPlan:
    names = sorted(used)
    shown = ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
    last = max(used.values(), key=lambda use: use.at or "")
    if last.run is None:
        by = "by a push that starts now, or that ended at its start"
    elif last.by is None:
        by = f"run {last.run} pushed it at {last.at}; see 'asa-transport resume {last.run}'"
    else:
        by = f"run {last.run} of {last.by} pushed it at {last.at}; 'asa-transport resume {last.run}' there"
    if len(names) == of:
        return UsedPlan(f"the plan was used before, for {shown}: {by}, or make a new plan")
    rest = ",".join(f"!{name}" for name in names) if len(names) <= _MOST_NAMED else "…"
    return UsedPlan(
        f"the plan was used before, for {len(names)} of these {of} devices ({shown}): {by}. "
        f"The others may still be pushed: choose them with -l, e.g. -l '{rest}'"
    )
