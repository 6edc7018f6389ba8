"""Make a ticket of a plan or an audit, or the closing record of a push: Markdown, HTML, JSON, evidence.

The same plan gives the same bytes.  Secrets are masked.  Contacts nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asa_transport.asa.commands import CONFIG_LICENSE, LICENSE_STATUS
from asa_transport.capabilities import Teller
from asa_transport.core.documents import stored_audit
from asa_transport.core.documents.stored_audit import AuditRun
from asa_transport.core.reports.ticket.after import Readings
from asa_transport.core.reports.ticket.bundle import bundle, push_bundle, run_bundle
from asa_transport.edges import templates, ticket_folder
from asa_transport.edges.state import kept_answers
from asa_transport.edges.state.run_folder import AUDIT, LAST, any_run, file_name, find_run, read_document
from asa_transport.errors import MalformedPlan, TemplateError, UserError
from asa_transport.files.regular_file import is_file
from asa_transport.flows.plan_file import read_plan
from asa_transport.flows.push_records import is_push, kept_plan, read_record
from asa_transport.model import Plan

# As `new_run_id` makes them; a plan's text must not lead anywhere else.
_RUN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What is approved and attached.

    Attributes:
        name: Its folder's name inside a zip.
        files: Their bytes, by path in the folder.
    """

    name: str
    files: Mapping[str, bytes]


def make_ticket(subject: str, *, state: Path, own_templates: Path | None, tell: Teller) -> Ticket:
    """Return the ticket of a plan's file, or of a run.

    Args:
        subject: The plan's file; or the run's id, its folder, or `last`, the newest audit.
        state: The state directory, where runs are kept.
        own_templates: A directory of page templates that are searched before ours.
        tell: Told where a plan's run is not kept here.

    Raises:
        UserError: There is no such plan or run, or a template is faulty.
    """
    path = Path(subject)
    try:
        pages = templates.jinja(own_templates)
        if is_file(path):
            return _of_plan(path, state, pages, tell)
        run = find_run(state, subject) if subject == LAST else any_run(state, subject)
        return _of_push(run, pages) if is_push(run) else _of_audit(run, pages)
    except TemplateError as error:
        # Whose template it was, the message says; nothing was contacted and nothing is written.
        named = "" if own_templates is None else f"--templates {own_templates}: "
        raise UserError(f"{named}{error}") from error


def write_ticket(ticket: Ticket, directory: Path, *, with_zip: bool) -> None:
    """Write the ticket as a new folder, and as a zip beside it; raise UserError where that cannot be."""
    ticket_folder.write(ticket.files, directory, zip_root=ticket.name if with_zip else None)


def _of_plan(path: Path, state: Path, pages: Mapping[str, str], tell: Teller) -> Ticket:
    plan = read_plan(path)
    run = _run_of(plan, state, tell)
    audit = None if run is None else _audit(run)
    names = {device.name for device in plan.devices} | {device.name for device in plan.held}
    evidence = {} if run is None else kept_answers.read(run, names)
    try:
        files = bundle(plan, audit=audit, evidence=evidence, templates=pages)
    except ValueError as error:
        raise MalformedPlan(f"{path}: {error}") from error
    return Ticket(name=_name(plan.id), files=files)


def _of_audit(run: Path, pages: Mapping[str, str]) -> Ticket:
    audit = _audit(run)
    names = {device.name for device in audit.seen} | {device.name for device in audit.missed}
    files = run_bundle(audit, evidence=kept_answers.read(run, names), templates=pages)
    return Ticket(name=_name(audit.id), files=files)


def _of_push(run: Path, pages: Mapping[str, str]) -> Ticket:
    """Return the closing record of a push; what was read after the first line is `after_COMMAND`."""
    record = read_record(run)
    names = {device.name for device in record.devices}
    before, after = kept_answers.read(run, names), kept_answers.read(run, names, "raw-after")
    evidence = {
        name: {
            **before.get(name, {}),
            **{f"after_{command}": text for command, text in after.get(name, {}).items()},
        }
        for name in names
        if name in before or name in after
    }
    readings = {name: _readings(before.get(name, {}), after.get(name, {})) for name in evidence}
    files = push_bundle(record, kept_plan(run), evidence=evidence, readings=readings, templates=pages)
    return Ticket(name=_name(record.id), files=files)


def _readings(before: Mapping[str, str], after: Mapping[str, str]) -> Readings:
    return Readings(
        config_before=_last(before, CONFIG_LICENSE),
        config_after=_last(after, CONFIG_LICENSE),
        status_before=_last(before, LICENSE_STATUS),
        status_after=_last(after, LICENSE_STATUS),
    )


def _last(answers: Mapping[str, str], command: str) -> str | None:
    """Return the last answer to a command: `NAME` is the first, `NAME.2` the next one."""
    name = file_name(command)
    found = max((one for one in answers if one.partition(".")[0] == name), key=_number, default=None)
    return None if found is None else answers[found]


def _number(name: str) -> int:
    number = name.partition(".")[2]
    return int(number) if number.isdecimal() else 1


def _run_of(plan: Plan, state: Path, tell: Teller) -> Path | None:
    """Return the folder of the plan's run; `None`, and told, where it is not kept here."""
    if _RUN_ID.fullmatch(plan.run) and (state / "runs" / plan.run / AUDIT).is_file():
        return state / "runs" / plan.run
    tell.warn(
        f"warning: the plan's run {plan.run!r:.100} is not in {state / 'runs'}: the ticket is without risk "
        "and evidence, and says so; name the state directory it was made with (--state-dir)"
    )
    return None


def _audit(run: Path) -> AuditRun:
    document = read_document(run / AUDIT)
    try:
        return stored_audit.read(document)
    except ValueError as error:
        raise UserError(f"{run / AUDIT}: not the document of an audit: {error}") from error


def _name(text: str) -> str:
    """Return a folder's name for an id."""
    return f"ticket-{re.sub(r'[^A-Za-z0-9-]+', '-', text)[:64] or 'unnamed'}"
