"""`asa-transport ticket PLAN.json|RUN`: a folder to approve and to attach; contacts nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from asa_transport.cli import completion, options
from asa_transport.cli.console import exit_on_user_error, say
from asa_transport.errors import MalformedPlan, TemplateError, UserError

if TYPE_CHECKING:
    from asa_transport.core.documents.stored_audit import AuditRun
    from asa_transport.model import Plan

# As `new_run_id` makes them; a plan's text must not lead anywhere else.
_RUN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")


def ticket(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="PLAN.json|RUN",
            autocompletion=completion.runs,
            help="The file of a plan, or a run: its id, its folder, or `last`, the newest audit.",
        ),
    ],
    directory: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="DIR", help="The folder to make; it must not exist or be empty."
        ),
    ],
    with_zip: Annotated[bool, typer.Option("--zip", help="Make DIR.zip beside the folder, too.")] = False,
    own_templates: Annotated[
        Path | None,
        typer.Option("--templates", metavar="DIR", help="Your own ticket.html.j2; searched before ours."),
    ] = None,
    state_dir: options.StateOption = None,
    quiet: options.QuietOption = False,
) -> None:
    """Make a ticket of a plan or an audit, or the closing record of a push: Markdown, HTML, JSON, evidence.

    The same plan gives the same bytes. Secrets are masked. Contacts nothing.
    """
    from asa_transport.edges import templates
    from asa_transport.edges import ticket_folder as folder
    from asa_transport.edges.state.run_folder import state_directory

    with exit_on_user_error():
        folder.check_free(directory, with_zip=with_zip)
        try:
            pages = templates.jinja(own_templates)
            files, root = _files(Path(subject), subject, state_directory(state_dir), pages)
        except TemplateError as error:
            # Whose template it was, the message says; nothing was contacted and nothing is written.
            raise UserError(str(error)) from error
        folder.write(files, directory, zip_root=root if with_zip else None)
    if not quiet:
        also = f" and {folder.zip_beside(directory)}" if with_zip else ""
        say(f"{directory}{also}: {len(files)} files; begin with ticket.md")


def _files(path: Path, subject: str, state: Path, pages: Mapping[str, str]) -> tuple[dict[str, bytes], str]:
    """Return the bundle's files and the folder's name inside a zip."""
    from asa_transport.core.reports.ticket.bundle import bundle, run_bundle
    from asa_transport.edges.state import kept_answers
    from asa_transport.edges.state.run_folder import LAST, any_run, find_run
    from asa_transport.flows.plan_file import read_plan
    from asa_transport.flows.push_records import is_push

    if path.is_file():
        plan = read_plan(path)
        run = _run_of(plan, state)
        audit = None if run is None else _audit(run)
        names = {device.name for device in plan.devices} | {device.name for device in plan.held}
        evidence = {} if run is None else kept_answers.read(run, names)
        try:
            made = bundle(plan, audit=audit, evidence=evidence, templates=pages)
        except ValueError as error:
            raise MalformedPlan(f"{path}: {error}") from error
        return made, f"ticket-{_word(plan.id)}"
    run = find_run(state, subject) if subject == LAST else any_run(state, subject)
    if is_push(run):
        return _closing(run, pages)
    audit = _audit(run)
    names = {device.name for device in audit.seen} | {device.name for device in audit.missed}
    made = run_bundle(audit, evidence=kept_answers.read(run, names), templates=pages)
    return made, f"ticket-{_word(audit.id)}"


def _closing(run: Path, pages: Mapping[str, str]) -> tuple[dict[str, bytes], str]:
    """Return the closing record of a push; what was read after the first line is `after_COMMAND`."""
    from asa_transport.core.reports.ticket.bundle import push_bundle
    from asa_transport.edges.state import kept_answers
    from asa_transport.flows.push_records import kept_plan, read_record

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
    made = push_bundle(record, kept_plan(run), evidence=evidence, templates=pages)
    return made, f"ticket-{_word(record.id)}"


def _run_of(plan: Plan, state: Path) -> Path | None:
    """Return the folder of the plan's run; `None`, said on stderr, where it is not kept here."""
    from asa_transport.edges.state.run_folder import AUDIT

    if _RUN_ID.fullmatch(plan.run) and (state / "runs" / plan.run / AUDIT).is_file():
        return state / "runs" / plan.run
    say(
        f"warning: the plan's run {plan.run!r:.100} is not in {state / 'runs'}: the ticket is without risk "
        "and evidence, and says so; name the state directory it was made with (--state-dir)"
    )
    return None


def _audit(run: Path) -> AuditRun:
    from asa_transport.core.documents import stored_audit as ticket_audit
    from asa_transport.edges.state.run_folder import AUDIT, read_document

    document = read_document(run / AUDIT)
    try:
        return ticket_audit.read(document)
    except ValueError as error:
        raise UserError(f"{run / AUDIT}: not the document of an audit: {error}") from error


def _word(text: str) -> str:
    """Return an id as a folder's name."""
    return re.sub(r"[^A-Za-z0-9-]+", "-", text)[:64] or "unnamed"
