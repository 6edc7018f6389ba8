"""Read what a push left in its run's folder, for `show RUN` and `ticket RUN`; contacts nothing."""

from __future__ import annotations

from pathlib import Path

from asa_transport.core.documents import journal as form
from asa_transport.core.reports.push_record import PushRecord, push_record
from asa_transport.edges.state.run_folder import JOURNAL, PLAN, PUSH, read_document
from asa_transport.errors import PlanError, UserError
from asa_transport.flows.plan_file import read_plan
from asa_transport.model import Plan


def is_push(run: Path) -> bool:
    """Return whether the run pushed, or tried to in a dry run."""
    return (run / JOURNAL).is_file() or (run / PUSH).is_file()


def read_record(run: Path) -> PushRecord:
    """Return what became of the push of this folder; raise UserError where it cannot be read."""
    journal, document = run / JOURNAL, run / PUSH
    try:
        history = form.read(journal.read_bytes()) if journal.is_file() else None
    except OSError as error:
        raise UserError(f"{journal}: cannot be read: {error.strerror}") from error
    written = read_document(document) if document.is_file() else None
    try:
        return push_record(written, history, kept_plan(run), run=run.resolve().name)
    except ValueError as error:
        raise UserError(f"{run}: not what a push leaves: {error}") from error


def kept_plan(run: Path) -> Plan | None:
    """Return the run's own copy of the plan; `None` where it is not there, or not whole."""
    path = run / PLAN
    try:
        return read_plan(path) if path.is_file() else None
    except PlanError:
        return None
