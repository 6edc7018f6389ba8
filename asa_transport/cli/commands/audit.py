"""`asa-transport audit`: collect, parse, decide; changes nothing on any device."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asa_transport.cli import options
from asa_transport.cli.console import exit_on_user_error, say
from asa_transport.cli.formats import Format
from asa_transport.cli.option_groups import Voice, with_bundles
from asa_transport.flows import inputs
from asa_transport.flows.inputs import Home, Nightly
from asa_transport.model import Limits, Severity
from asa_transport.model.ending import RunEnd, strongest

if TYPE_CHECKING:
    from asa_transport.cli.views.diff import Changes
    from asa_transport.core.documents import audit as audit_document
    from asa_transport.core.history.differences import Diff
    from asa_transport.core.reports.report import Report
    from asa_transport.engine.fleet import RunStop
    from asa_transport.flows import audit as auditing
    from asa_transport.flows import recorder
    from asa_transport.flows.unattended import Night
    from asa_transport.model import AuditOutcome, StoredRun

_LIMITS, _FILES, _HOME, _NIGHTLY, _VOICE = Limits(), inputs.Files(), Home(), Nightly(), Voice()

_FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        help="table, md and html (a page in one file) for people, json and jsonl (a line a device) "
        "for programs, csv for a spreadsheet, junit and sarif for CI.",
    ),
]


@with_bundles
def audit(
    inventory: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    workers: options.WorkersOption = None,
    processes: options.ProcessesOption = None,
    output_format: _FormatOption = Format.TABLE,
    output: options.OutputOption = None,
    now: options.NowOption = None,
    files: inputs.Files = _FILES,
    fail_on: options.FailOnOption = Severity.MEDIUM,
    since: options.SinceOption = None,
    fail_on_new: options.FailOnNewOption = None,
    limits: Limits = _LIMITS,
    ssh_config: options.SshConfigOption = None,
    textfsm_templates: options.TextfsmOption = None,
    home: Home = _HOME,
    nightly: Nightly = _NIGHTLY,
    voice: Voice = _VOICE,
) -> None:
    """Audit the fleet: read every firewall's licence transport; change nothing."""
    from asa_transport.cli.views.diff import checked
    from asa_transport.flows import audit as auditing
    from asa_transport.flows import recorder, standard
    from asa_transport.flows.unattended import prepared

    ask = ask_secret if sys.stdin.isatty() else None
    with exit_on_user_error():
        wanted = Wanted(
            output_format=output_format,
            output=output,
            fail_on=fail_on,
            changes=checked(since, fail_on_new, output_format, output),
        )
        judgement = standard.read(
            inventory,
            files,
            now=now or datetime.now(UTC),
            is_now_given=now is not None,
        )
        request = auditing.prepare(
            inventory,
            limit or (),
            workers=workers,
            processes=processes,
            limits=limits,
            ssh_config=ssh_config,
            textfsm=textfsm_templates,
            ask=ask,
        )
        night = prepared(nightly, ask)
        order = recorder.Order(
            inventory_file=inventory,
            devices=request.devices,
            limit=tuple(limit or ()),
            judgement=judgement,
            fail_on=fail_on,
            since=since,
        )
        voice = replace(voice, quiet=True) if night.has_stderr else voice
        code = run_audit(request, order, wanted, home=home, night=night, voice=voice)
    raise typer.Exit(code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is printed of an audit, and what makes it fail; `changes` is `None` without `--since`."""

    output_format: Format
    output: Path | None
    fail_on: Severity
    changes: Changes | None


def run_audit(
    request: auditing.Request,
    order: recorder.Order,
    wanted: Wanted,
    *,
    home: Home,
    night: Night,
    voice: Voice,
) -> RunEnd:
    """Run the audit, keep it, print it, tell of it; return its exit code."""
    from asa_transport.cli.signals import stopping_on_signals
    from asa_transport.cli.views.diff import print_diff
    from asa_transport.cli.views.formats import RENDERERS, render
    from asa_transport.cli.views.progress import meter
    from asa_transport.core.documents import audit as audit_document
    from asa_transport.core.judgement.judge import cases, judged
    from asa_transport.core.reports.notification import of_changes
    from asa_transport.core.reports.report import Report
    from asa_transport.edges.output_file import opened
    from asa_transport.engine.fleet import RunStop
    from asa_transport.flows import audit as auditing
    from asa_transport.flows import recorder

    stop, policy = RunStop(), order.judgement.standard.policy
    with opened(wanted.output, sys.stdout) as file, recorder.keeping(home, order) as kept:
        with (
            stopping_on_signals(stop),
            meter(
                len(request.devices), quiet=voice.quiet, verbose=voice.verbose, no_color=voice.no_color
            ) as progress,
        ):
            observer = night.observer(progress, kept.folder.path.name, request)
            found = kept.take(auditing.run(request, kept.folder, stop, observer, policy=policy))
        ordered = judged(audit_document.in_order(request.devices, found), kept.standard)
        diff = kept.diff(ordered)
        report = Report(
            run=run_of(kept.run, exit_code_for(ordered, stop, wanted, diff), datetime.now(UTC)),
            devices=request.devices,
            outcomes=ordered,
            cases=cases(ordered, kept.standard),
            now=kept.standard.now,
            fail_on=wanted.fail_on,
            history=kept.history,
        )
        kept.finish(report, is_stopped=stop.is_set())
        if wanted.changes is None or wanted.output is not None:
            render(wanted.output_format, file, report, no_color=voice.no_color)
        if wanted.changes is not None:
            print_diff(wanted.changes.shape, sys.stdout, diff, no_color=voice.no_color)
    _say_rest(wanted, report, kept, voice, is_stopped=stop.is_set())
    night.after_run(
        report,
        request.inventory,
        order.judgement,
        summary=of_changes(report, diff),
        html=RENDERERS[Format.HTML](report) if night.people.wants_page else None,
    )
    return RunEnd(report.run.exit_code)


def _say_rest(wanted: Wanted, report: Report, kept: recorder.Kept, voice: Voice, *, is_stopped: bool) -> None:
    from asa_transport.core.reports.report import summary

    if is_stopped and not voice.quiet:
        say("stopped: what was not finished is listed as not audited")
    is_report_elsewhere = wanted.output is not None or wanted.output_format is not Format.TABLE
    if wanted.changes is None and is_report_elsewhere and not voice.quiet:
        say(summary(report.ordered))
    if voice.verbose and not voice.quiet:
        say(f"answers of the devices: {kept.folder.path / 'raw'}")


def run_of(run: StoredRun, code: RunEnd, finished_at: datetime) -> audit_document.Run:
    """Return what documents say of a run."""
    from asa_transport.core.documents import audit as audit_document

    return audit_document.Run(
        id=run.id,
        kind=run.kind,
        started_at=run.started_at,
        finished_at=finished_at,
        tool_version=run.tool_version,
        inventory=run.inventory,
        policy_sha256=run.policy_sha256,
        exit_code=code,
    )


def exit_code_for(outcomes: Sequence[AuditOutcome], stop: RunStop, wanted: Wanted, diff: Diff) -> RunEnd:
    """Return how an audit ends: by all that it found, or with `--fail-on-new` by what is new."""
    from asa_transport.cli.views.diff import new_codes

    changes = wanted.changes
    if changes is None or changes.fail_on_new is None:
        return exit_code_of(outcomes, stop, wanted.fail_on)
    if diff.before is None:
        # All of it is new.
        return exit_code_of(outcomes, stop, changes.fail_on_new)
    return strongest({*_own_codes(outcomes, stop), *new_codes(diff, changes.fail_on_new)})


def exit_code_of(outcomes: Sequence[AuditOutcome], stop: RunStop, fail_on: Severity) -> RunEnd:
    """Return how a run with these outcomes ends (CONTRACT §3)."""
    from asa_transport.model import Audited, NotAudited

    codes = _own_codes(outcomes, stop)
    found = (finding for o in outcomes if isinstance(o, Audited) for finding in o.findings)
    if any(finding.counts(fail_on) for finding in found):
        codes.add(RunEnd.FINDINGS)
    if any(isinstance(outcome, NotAudited) for outcome in outcomes):
        codes.add(RunEnd.NOT_AUDITED)
    return strongest(codes)


def _own_codes(outcomes: Sequence[AuditOutcome], stop: RunStop) -> set[RunEnd]:
    """Return the codes of what holds whatever the audit found, or what was found before."""
    from asa_transport.flows import audit as auditing

    codes = set()
    if any(map(auditing.is_internal_error, outcomes)):
        codes.add(RunEnd.INTERNAL)
    # It counts every night, new or not, until something settles it (AT601).
    if any(outcome.unsettled is not None for outcome in outcomes):
        codes.add(RunEnd.FINDINGS)
    if stop.is_set():
        codes.add(RunEnd.INTERRUPTED)
    return codes


def ask_secret(question: str) -> str:
    """Ask for a secret on the terminal, without echo, on stderr."""
    try:
        return str(typer.prompt(question, hide_input=True, err=True))
    except typer.Abort:
        raise typer.Exit(RunEnd.INTERRUPTED) from None
