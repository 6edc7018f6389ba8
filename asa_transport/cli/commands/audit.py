"""`asa-transport audit`: collect, parse, decide; changes nothing on any device."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asa_transport.cli import options
from asa_transport.cli.console import StderrTeller, exit_on_user_error
from asa_transport.cli.formats import check_name
from asa_transport.cli.option_groups import Voice, with_bundles
from asa_transport.cli.secrets import asker
from asa_transport.cli.telling import say_left_out, say_parted, unattended_run
from asa_transport.core.reports.formats import Format, readers
from asa_transport.errors import UserError
from asa_transport.flows import inputs
from asa_transport.model import UNDIVIDED, Limits, Part, Severity
from asa_transport.model.ending import RunEnd

if TYPE_CHECKING:
    from asa_transport.cli.views.diff import Changes
    from asa_transport.cli.views.fleet_audit import AuditOutput
    from asa_transport.flows.audit import FleetAudit, FleetEngine, Request
    from asa_transport.flows.recorder import RunOrder
    from asa_transport.flows.unattended import Unattended

_LIMITS, _FILES, _LOCATION, _VOICE = Limits(), inputs.Files(), inputs.StateLocation(), Voice()
_UNATTENDED, _ENGINE = inputs.UnattendedOptions(), inputs.EngineOptions()

_FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        help=f"{readers()}.",
    ),
]


@with_bundles
def audit(
    inventory: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    part: Part = UNDIVIDED,
    workers: options.WorkersOption = None,
    processes: options.ProcessesOption = None,
    output_format: _FormatOption = Format.TABLE,
    output: options.OutputOption = None,
    only: options.OnlyOption = None,
    ssh_census: options.SshCensusOption = False,
    now: options.NowOption = None,
    files: inputs.Files = _FILES,
    fail_on: options.FailOnOption = Severity.MEDIUM,
    since: options.SinceOption = None,
    fail_on_new: options.FailOnNewOption = None,
    attach: options.AttachOption = None,
    limits: Limits = _LIMITS,
    ssh_config: options.SshConfigOption = None,
    textfsm_templates: options.TextfsmOption = None,
    location: inputs.StateLocation = _LOCATION,
    unattended: inputs.UnattendedOptions = _UNATTENDED,
    engine: inputs.EngineOptions = _ENGINE,
    voice: Voice = _VOICE,
) -> None:
    """Audit the fleet: read the licence transport of every firewall. Changes nothing."""
    del processes
    from asa_transport.cli.views.diff import checked
    from asa_transport.flows import standard
    from asa_transport.flows.audit import prepare
    from asa_transport.flows.recorder import RunOrder
    from asa_transport.flows.regions import regional_engine

    with exit_on_user_error():
        if attach is not None and now is not None:
            raise UserError(
                "--now: a run that goes on is judged as of its own time; leave out --now or --attach"
            )
        changes = checked(since, fail_on_new, output_format, output)
        reader = regional_engine(engine, location, textfsm_templates)
        wanted = _wanted(output_format, output, changes, only=only, ssh_census=ssh_census)
        at = now or datetime.now(UTC)
        judged_by = standard.read(inventory, files, now=at, is_now_given=now is not None)
        request = prepare(
            inventory,
            limit or (),
            part=part,
            workers=workers,
            limits=limits,
            ssh_config=ssh_config,
            textfsm=textfsm_templates,
            ask=asker(),
            is_elsewhere=reader is not None,
        )
        say_left_out(request.inventory.left_out, inventory, quiet=voice.quiet)
        say_parted(request.division, inventory, quiet=voice.quiet)
        order = RunOrder(
            inventory_file=inventory,
            devices=request.devices,
            limit=tuple(limit or ()),
            not_selected=request.not_selected,
            part=request.division.part,
            elsewhere=request.division.elsewhere,
            standard=judged_by,
            fail_on=fail_on,
            since=since,
            fail_on_new=fail_on_new,
            attach=attach,
        )
        beside, voice = unattended_run(unattended, request.inventory.devices, voice)
        end = _run(request, order, wanted, location=location, beside=beside, voice=voice, engine=reader)
    raise typer.Exit(end)


def _wanted(
    output_format: Format,
    output: Path | None,
    changes: Changes | None,
    *,
    only: list[str] | None,
    ssh_census: bool,
) -> AuditOutput:
    """Return what is printed, or raise UserError where that cannot be."""
    from asa_transport.cli.views.fleet_audit import AuditOutput
    from asa_transport.cli.views.formats import check_census, chosen

    check_name(output, output_format, list(Format))
    is_report = changes is None or output is not None
    check_census(ssh_census, output_format, is_report=is_report)
    return AuditOutput(
        output_format=output_format,
        output=output,
        changes=changes,
        shown=chosen(only, output_format, is_table=is_report),
        has_census=ssh_census,
    )


def _run(
    request: Request,
    order: RunOrder,
    wanted: AuditOutput,
    *,
    location: inputs.StateLocation,
    beside: Unattended,
    voice: Voice,
    engine: FleetEngine | None,
) -> int:
    """Run the audit, print it, tell of it; return how it ended."""
    from asa_transport.cli.signals import stopping_on_signals
    from asa_transport.cli.views.fleet_audit import AuditPrinter
    from asa_transport.cli.views.progress import meter
    from asa_transport.engine.fleet import RunStop
    from asa_transport.flows.audit import audit_fleet

    stop, tell = RunStop(), StderrTeller(quiet=voice.quiet)
    bar = meter(len(request.devices), quiet=voice.quiet, verbose=voice.verbose, no_color=voice.no_color)
    with AuditPrinter(wanted, voice, tell) as printer, stopping_on_signals(stop):
        observer = beside.observer(printer.ended_before(bar), request.inventory.path)

        def show(done: FleetAudit) -> None:
            if stop.is_set() and not done.was_stopped:
                # It came after the last device, while the run was being judged or written.
                raise KeyboardInterrupt
            printer.show(done)

        teller = beside.teller(tell)
        done = audit_fleet(
            request,
            order,
            location=location,
            observer=observer,
            tell=teller,
            stop=stop,
            show=show,
            engine=engine,
        )
    # Who ended the waiting for the store, after the report, is no longer waiting for mail servers either.
    is_ended = stop.is_set() and not done.was_stopped
    beside.after_run(
        done.report,
        done.diff,
        inventory=request.inventory.devices,
        catalogue_version=order.standard.catalogue_version,
        is_ended=is_ended,
    )
    if is_ended:
        raise KeyboardInterrupt
    return done.report.run.exit_code if printer.is_whole else RunEnd.INTERNAL
