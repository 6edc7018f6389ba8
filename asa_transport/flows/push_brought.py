"""Bring into a run's folder what workers of the regions put on record for it, before `resume` goes by it.

A push that workers do leaves a mark in its folder, which goes when all of their record is there.  While the
mark is there, the folder alone does not say what was sent: so it is not gone by without the store.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from asa_transport._version import __version__
from asa_transport.core.documents import journal as form
from asa_transport.edges.state import used_plans
from asa_transport.edges.state.journal import JournalFile
from asa_transport.edges.state.run_folder import JOURNAL, RunFolder
from asa_transport.errors import JournalError, UsedPlan, UserError
from asa_transport.flows.inputs import StateLocation
from asa_transport.flows.push import keep_answers, operator
from asa_transport.model import Began, JournalEvent, Step, Stepped

if TYPE_CHECKING:
    from asa_transport.edges.state.store.pushes import PushTable, Record

_MARK: Final = "workers.txt"


def mark(folder: RunFolder, place: str) -> None:
    """Note that workers put on record in this store what they do for a run."""
    folder.save_text(_MARK, f"{place}\n")


def unmark(folder: Path) -> None:
    """Note that all of it is in the folder."""
    (folder / _MARK).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bringing:
    """Brings it; to be called with the folder of a run."""

    location: StateLocation

    def __call__(self, folder: Path) -> None:
        """Bring all that is there, and see to it that nobody adds to it.

        Raises:
            UserError: A worker is still at work, or the store is not the one of the run; nothing was sent.
        """
        if not (folder / _MARK).is_file():
            return
        place = (folder / _MARK).read_text(encoding="utf-8").strip()
        if self.location.store is None:
            raise UserError(
                f"run {folder.name}: workers of the regions pushed for it, and what they did is in the run "
                f"store {place}; give it with --store, and resume again"
            )
        # Only here: it brings the database.
        from asa_transport.edges.state.store.pushes import PushTable  # noqa: PLC0415

        with PushTable(self.location.directory, self.location.store) as table:
            given = table.given(folder.name)
            if not given and table.place != place:
                raise UserError(
                    f"run {folder.name}: the run store {table.place} has nothing of it; what workers did for "
                    f"it is in {place}: give that with --store, and resume again"
                )
            with JournalFile.resume(
                folder / JOURNAL,
                clock=lambda: datetime.now(UTC),
                form=form,
                operator=operator(),
                tool_version=__version__,
            ) as file:
                _take_all(table, folder.name, tuple(given))
                _copy_all(table, RunFolder(folder.parent.parent, folder.name), file, tuple(given))
            unmark(folder)
            table.close_push(folder.name)


def _take_all(table: PushTable, run: str, names: Sequence[str]) -> None:
    """Take every device from whoever has it; raise UserError where one of them is at work."""
    from asa_transport.edges.state.store.pushes import PushState  # noqa: PLC0415

    for name in names:
        table.withdraw(run, name)
        seen = table.look(run, name, 0)
        if seen is None or seen.state is not PushState.CLAIMED:
            continue
        if not seen.is_abandoned:
            raise UserError(
                f"run {run}: a worker of its region still pushes {name}; wait for its end, and resume again"
            )
        table.fence(run, name, seen.attempt)


def _copy_all(table: PushTable, folder: RunFolder, file: JournalFile, names: Sequence[str]) -> None:
    path = folder.path / JOURNAL
    try:
        history = form.read(path.read_bytes())
    except OSError as error:
        raise JournalError(f"{path}: cannot be read: {error.strerror}") from error
    events = [record.event for record in history.records]
    digest = next((event.plan_digest for event in events if isinstance(event, Began)), "")
    for name in names:
        known = sum(getattr(event, "device", None) == name for event in events)
        for record in _since(table.records(folder.path.name, name), known):
            _copy(folder, file, record, digest)


def _since(records: Sequence[Record], known: int) -> Sequence[Record]:
    """Return the records after so many events."""
    for place, record in enumerate(records):
        if known == 0:
            return records[place:]
        known -= not record.part
    return ()


def _copy(folder: RunFolder, file: JournalFile, record: Record, digest: str) -> None:
    from asa_transport.flows.push_rows import answers_of, event_of  # noqa: PLC0415

    try:
        if record.part:
            keep_answers(folder, answers_of(record), record.part)
            return
        event = event_of(record)
        file.note(event)
        _mark_used(folder, event, digest)
    except OSError as error:
        raise JournalError(
            f"{file.path}: what the workers did cannot be written: {error.strerror or error}; nothing was "
            "sent; make room, and resume again"
        ) from error


def _mark_used(folder: RunFolder, event: JournalEvent, digest: str) -> None:
    """Note on this machine too for which devices the plan was used."""
    if isinstance(event, Stepped) and event.step is Step.EVIDENCED:
        state = folder.path.parent.parent
        # By another run: then the store says so too, and resuming is refused there.
        with contextlib.suppress(UsedPlan):
            used_plans.mark_used(state, digest, event.device, run=folder.path.name, at=datetime.now(UTC))
