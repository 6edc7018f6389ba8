"""`asa-transport audit`: collect, parse, decide; changes nothing on any device."""

from __future__ import annotations

import enum
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated, assert_never

import typer
from rich.console import Console

from asa_transport import __version__
from asa_transport.cli import auditing, judging, options
from asa_transport.cli.audit_table import print_table, summary
from asa_transport.cli.common import exit_on_user_error, say
from asa_transport.cli.exit_codes import ExitCode, strongest
from asa_transport.cli.progress import meter
from asa_transport.core.judge import judged
from asa_transport.core.report import audit_document
from asa_transport.edges.runs import RunFolder, new_run_id, state_directory
from asa_transport.errors import UserError
from asa_transport.fleet import Stop
from asa_transport.model import Audited, AuditOutcome, Limits, NotAudited, Severity

# Enough to hide the waits of a WAN, few enough for one AAA server (PERFORMANCE §4).
_WORKERS = 50
DEFAULT = Limits()


class Format(enum.StrEnum):
    """How the audit is printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How much is said, and how."""

    verbose: bool = False
    quiet: bool = False
    no_color: bool = False


def audit(
    inventory: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    workers: options.WorkersOption = None,
    output_format: Annotated[
        Format, typer.Option("--format", help="Table for people, JSON for programs, JSONL a line a device.")
    ] = Format.TABLE,
    output: options.OutputOption = None,
    now: options.NowOption = None,
    policy: options.PolicyOption = None,
    bugs: options.BugsOption = None,
    exceptions: options.ExceptionsOption = None,
    fail_on: options.FailOnOption = Severity.MEDIUM,
    connect_timeout: options.ConnectTimeout = DEFAULT.tcp_s,
    handshake_timeout: options.HandshakeTimeout = DEFAULT.handshake_s,
    login_timeout: options.LoginTimeout = DEFAULT.authentication_s,
    command_timeout: options.CommandTimeout = DEFAULT.command_s,
    device_timeout: options.DeviceTimeout = DEFAULT.device_s,
    attempts: options.Attempts = DEFAULT.attempts,
    ssh_config: options.SshConfigOption = None,
    textfsm_templates: options.TextfsmOption = None,
    state_dir: options.StateOption = None,
    verbose: options.VerboseOption = False,
    quiet: options.QuietOption = False,
    no_color: options.NoColorOption = False,
) -> None:
    """Audit the fleet: read every firewall's licence transport; change nothing."""
    limits = Limits(
        tcp_s=connect_timeout,
        handshake_s=handshake_timeout,
        authentication_s=login_timeout,
        command_s=command_timeout,
        device_s=device_timeout,
        attempts=attempts,
    )
    with exit_on_user_error():
        judgement = judging.read(
            inventory,
            judging.Files(policy=policy, bugs=bugs, exceptions=exceptions),
            now=now or datetime.now(UTC),
            is_now_given=now is not None,
        )
        request = auditing.prepare(
            inventory,
            limit or (),
            workers=workers or _WORKERS,
            limits=limits,
            ssh_config=ssh_config,
            textfsm=textfsm_templates,
            ask=_ask if sys.stdin.isatty() else None,
        )
        code = run_audit(
            request,
            inventory_file=inventory,
            output_format=output_format,
            output=output,
            state_dir=state_dir,
            judgement=judgement,
            fail_on=fail_on,
            voice=Voice(verbose=verbose, quiet=quiet, no_color=no_color),
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
    voice: Voice,
) -> ExitCode:
    """Run the audit, keep it, print it; return its exit code."""
    started_at = datetime.now(UTC)
    folder = RunFolder(state_directory(state_dir), new_run_id(started_at))
    stop = Stop()
    with _opened(output) as file:
        with (
            auditing.stopping_on_signals(stop),
            meter(len(request.devices), quiet=voice.quiet, verbose=voice.verbose) as observer,
        ):
            found = tuple(auditing.run(request, folder, stop, observer))
        ordered = judged(audit_document.in_order(request.devices, found), judgement.standard)
        code = _exit_code(ordered, stop, fail_on)
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
        judged_at = judgement.standard.now
        document = audit_document.document(run, request.devices, ordered, now=judged_at)
        folder.save_document(document)
        _print(output_format, file, document, ordered, judged_at, voice)
    if not voice.quiet:
        if stop.is_set():
            say("stopped: what was not finished is listed as not audited")
        if output is not None or output_format is not Format.TABLE:
            say(summary(ordered))
        if voice.verbose:
            say(f"answers of the devices: {folder.path / 'raw'}")
    return code


def _print(
    output_format: Format,
    file: IO[str],
    document: dict[str, object],
    ordered: Sequence[AuditOutcome],
    now: datetime,
    voice: Voice,
) -> None:
    match output_format:
        case Format.TABLE:
            console = Console(file=file, no_color=voice.no_color or None, highlight=False, emoji=False)
            print_table(console, ordered, now)
        case Format.JSON:
            json.dump(document, file, indent=2, ensure_ascii=False)
            file.write("\n")
        case Format.JSONL:
            for outcome in ordered:
                record = audit_document.outcome_record(outcome, now)
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
        case _:
            assert_never(output_format)


def _exit_code(outcomes: Sequence[AuditOutcome], stop: Stop, fail_on: Severity) -> ExitCode:
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
def _opened(output: Path | None) -> Iterator[IO[str]]:
    """Give stdout, or a file that appears under its name only when it is whole."""
    if output is None:
        yield sys.stdout
        return
    try:
        descriptor, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    except OSError as error:
        raise UserError(f"{output}: cannot be written: {error.strerror}") from error
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yield file
        temporary.replace(output)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _ask(question: str) -> str:
    """Ask for a secret on the terminal, without echo, on stderr."""
    return str(typer.prompt(question, hide_input=True, err=True))
