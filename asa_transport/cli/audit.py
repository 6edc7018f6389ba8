"""`asa-transport audit`: collect, parse, decide; changes nothing on any device."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated

import typer

from asa_transport import __version__
from asa_transport.cli import auditing, judging, options
from asa_transport.cli.bundles import Voice, with_bundles
from asa_transport.cli.common import exit_on_user_error, say
from asa_transport.cli.exit_codes import ExitCode, strongest
from asa_transport.cli.nightly import Night, Nightly
from asa_transport.cli.progress import meter
from asa_transport.cli.rendering import Format, render
from asa_transport.core.judge import cases, judged
from asa_transport.core.report import audit_document
from asa_transport.core.report.audit_report import Report, summary
from asa_transport.edges.runs import AUDIT, RunFolder, new_run_id, state_directory
from asa_transport.errors import UserError
from asa_transport.fleet import Stop
from asa_transport.model import Audited, AuditOutcome, Limits, NotAudited, Severity

_LIMITS, _FILES, _NIGHTLY, _VOICE = Limits(), judging.Files(), Nightly(), Voice()


@with_bundles
def audit(
    inventory: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    workers: options.WorkersOption = None,
    processes: options.ProcessesOption = None,
    output_format: Annotated[
        Format,
        typer.Option(
            "--format",
            help="table, md and html (a page in one file) for people, json and jsonl (a line a device) "
            "for programs, csv for a spreadsheet, junit and sarif for CI.",
        ),
    ] = Format.TABLE,
    output: options.OutputOption = None,
    now: options.NowOption = None,
    files: judging.Files = _FILES,
    fail_on: options.FailOnOption = Severity.MEDIUM,
    limits: Limits = _LIMITS,
    ssh_config: options.SshConfigOption = None,
    textfsm_templates: options.TextfsmOption = None,
    state_dir: options.StateOption = None,
    nightly: Nightly = _NIGHTLY,
    voice: Voice = _VOICE,
) -> None:
    """Audit the fleet: read every firewall's licence transport; change nothing."""
    ask = ask_secret if sys.stdin.isatty() else None
    with exit_on_user_error():
        judgement = judging.read(
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
        night = nightly.prepared(ask)
        code = run_audit(
            request,
            inventory_file=inventory,
            output_format=output_format,
            output=output,
            state_dir=state_dir,
            judgement=judgement,
            fail_on=fail_on,
            night=night,
            voice=replace(voice, quiet=True) if night.has_stderr else voice,
        )
    raise typer.Exit(code)


def run_audit(
    request: auditing.Request,
    *,
    inventory_file: Path,
    output_format: Format,
    output: Path | None,
    state_dir: Path | None,
    judgement: judging.Judgement,
    fail_on: Severity,
    night: Night,
    voice: Voice,
) -> ExitCode:
    """Run the audit, keep it, print it; return its exit code."""
    started_at = datetime.now(UTC)
    folder = RunFolder(state_directory(state_dir), new_run_id(started_at))
    stop, policy = Stop(), judgement.standard.policy
    with opened(output) as file:
        with (
            auditing.stopping_on_signals(stop),
            meter(
                len(request.devices), quiet=voice.quiet, verbose=voice.verbose, no_color=voice.no_color
            ) as progress,
        ):
            observer = night.observer(progress, folder.path.name, request)
            found = tuple(auditing.run(request, folder, stop, observer, caps=policy.max_sessions))
        ordered = judged(audit_document.in_order(request.devices, found), judgement.standard)
        code = exit_code_of(ordered, stop, fail_on)
        run = audit_document.Run(
            id=folder.path.name,
            kind="audit",
            started_at=started_at,
            finished_at=datetime.now(UTC),
            tool_version=__version__,
            inventory=str(inventory_file),
            policy_sha256=judgement.policy_sha256,
            exit_code=code,
        )
        report = Report(
            run=run,
            devices=request.devices,
            outcomes=ordered,
            cases=cases(ordered, judgement.standard),
            now=judgement.standard.now,
            fail_on=fail_on,
        )
        folder.save_texts(AUDIT, audit_document.texts(run, report.devices, ordered, now=report.now, indent=1))
        render(output_format, file, report, no_color=voice.no_color)
    if stop.is_set() and not voice.quiet:
        say("stopped: what was not finished is listed as not audited")
    if (output is not None or output_format is not Format.TABLE) and not voice.quiet:
        say(summary(ordered))
    if voice.verbose and not voice.quiet:
        say(f"answers of the devices: {folder.path / 'raw'}")
    night.after_run(report, request.inventory, judgement)
    return code


def exit_code_of(outcomes: Sequence[AuditOutcome], stop: Stop, fail_on: Severity) -> ExitCode:
    """Return how a run with these outcomes ends (CONTRACT §3)."""
    codes = set()
    found = (finding for o in outcomes if isinstance(o, Audited) for finding in o.findings)
    if any(finding.severity.rank >= fail_on.rank for finding in found):
        codes.add(ExitCode.FINDINGS)
    if any(map(auditing.is_internal_error, outcomes)):
        codes.add(ExitCode.INTERNAL)
    if stop.is_set():
        codes.add(ExitCode.INTERRUPTED)
    if any(isinstance(outcome, NotAudited) for outcome in outcomes):
        codes.add(ExitCode.NOT_AUDITED)
    return strongest(codes)


@contextmanager
def opened(output: Path | None) -> Iterator[IO[str]]:
    """Give stdout, or a file that appears under its name only when it is whole."""
    if output is None:
        yield sys.stdout
        return
    # `/dev/null` or a named pipe is written, not replaced: a file in its place is no use to anybody.
    is_special = output.exists() and not output.is_file()
    try:
        if is_special:
            file, temporary = output.open("w", encoding="utf-8"), None
        else:
            descriptor, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
            file, temporary = os.fdopen(descriptor, "w", encoding="utf-8"), Path(name)
    except OSError as error:
        raise UserError(f"{output}: cannot be written: {error.strerror}") from error
    try:
        with file:
            yield file
        if temporary is not None:
            temporary.replace(output)
    except BaseException:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise


def ask_secret(question: str) -> str:
    """Ask for a secret on the terminal, without echo, on stderr."""
    return str(typer.prompt(question, hide_input=True, err=True))
