"""`asa-transport analyze`: the same judgement on saved outputs; contacts nothing and stores nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asa_transport import __version__
from asa_transport.cli import options
from asa_transport.cli.commands.audit import exit_code_of
from asa_transport.cli.console import exit_on_user_error, say
from asa_transport.cli.formats import Format
from asa_transport.cli.option_groups import Voice, with_bundles
from asa_transport.errors import UserError
from asa_transport.flows import inputs
from asa_transport.model import ExpectedTransport, ProxyPolicy, Severity

if TYPE_CHECKING:
    from asa_transport.core.parsing.saved.samples import Skipped
    from asa_transport.core.parsing.tables import TableSet
    from asa_transport.core.reports.report import Report
    from asa_transport.flows import standard
    from asa_transport.model import AuditOutcome, Device, Expectation, ExpectedProxy

_EXPECTED = "Expectation"
_MOST_NAMES = 10


def _proxy(text: str) -> ExpectedProxy:
    """Return `none`, `any` or HOST:PORT as an expectation, or raise UserError."""
    from asa_transport.model import Proxy

    if text in {policy.value for policy in ProxyPolicy}:
        return ProxyPolicy(text)
    host, _, port = text.rpartition(":")
    is_port = port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65_536
    if not host or not is_port or any(character.isspace() for character in host):
        raise UserError(f"--expect-proxy {text!r}: expected none, any, or HOST:PORT")
    return Proxy(host=host, port=int(port))


_FILES, _VOICE = inputs.Files(), Voice()

_PathsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH",
        show_default=False,
        help="Saved outputs: a directory a firewall with one file a command (show_version.txt), the raw "
        "folder of a run, transcripts, `show tech-support`, or pages with pasted outputs; - is stdin.",
    ),
]


@with_bundles
def analyze(
    paths: _PathsArgument,
    inventory: Annotated[
        Path | None,
        typer.Option(
            "--inventory",
            "-i",
            metavar="FILE",
            help="What is expected of a firewall whose host name or file name is one of this inventory.",
        ),
    ] = None,
    expect_transport: Annotated[
        ExpectedTransport,
        typer.Option(help="Expected of every other firewall.", rich_help_panel=_EXPECTED),
    ] = ExpectedTransport.SMART,
    expect_proxy: Annotated[
        str,
        typer.Option(
            metavar="none|any|HOST:PORT",
            help="Expected of every other firewall; with any, no proxy is called wrong.",
            rich_help_panel=_EXPECTED,
        ),
    ] = ProxyPolicy.ANY.value,
    limit: options.LimitOption = None,
    output_format: Annotated[
        Format, typer.Option("--format", help="As for `audit`; the document is the same.")
    ] = Format.TABLE,
    output: options.OutputOption = None,
    now: options.NowOption = None,
    files: inputs.Files = _FILES,
    fail_on: options.FailOnOption = Severity.MEDIUM,
    textfsm_templates: options.TextfsmOption = None,
    voice: Voice = _VOICE,
) -> None:
    """Judge saved outputs as an audit would; no network, no credentials, nothing is stored."""
    from asa_transport.cli.views.formats import render
    from asa_transport.core.parsing.tables import TableSet
    from asa_transport.core.reports.report import summary
    from asa_transport.edges import templates
    from asa_transport.edges.output_file import opened
    from asa_transport.files import inventory as inventories
    from asa_transport.flows import standard
    from asa_transport.model import Expectation

    with exit_on_user_error():
        judgement = standard.read(
            inventory or options.DEFAULT_INVENTORY,
            files,
            now=now or datetime.now(UTC),
            # When these clocks were read is not known, so no clock is called wrong.
            is_now_given=False,
        )
        known = inventories.load(inventory).devices if inventory is not None else ()
        expect = Expectation(transport=expect_transport, proxy=_proxy(expect_proxy))
        reading = _read(paths, limit or (), TableSet(templates.textfsm(textfsm_templates)), known, expect)
        report = _report(reading, judgement, str(inventory or ""), fail_on)
        with opened(output, sys.stdout) as file:
            render(output_format, file, report, no_color=voice.no_color)
    if not voice.quiet:
        for line in reading.remarks:
            say(line)
        for outcome in report.ordered if voice.verbose else ():
            say(f"{outcome.device.name}: {outcome.device.host}")
        if output is not None or output_format is not Format.TABLE:
            say(summary(report.ordered))
    raise typer.Exit(report.run.exit_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What the paths held, and what a person should know of how it was read."""

    started_at: datetime
    outcomes: tuple[AuditOutcome, ...]
    remarks: tuple[str, ...]


def _read(
    paths: Sequence[str],
    limit: Sequence[str],
    tables: TableSet,
    known: Sequence[Device],
    expect: Expectation,
) -> _Reading:
    from asa_transport.core.judgement.select import select
    from asa_transport.core.parsing.saved.samples import Skipped
    from asa_transport.edges import saved_outputs
    from asa_transport.flows import analyze as analyzing
    from asa_transport.flows import audit
    from asa_transport.model import Audited

    namer = analyzing.Namer(known={device.name: device for device in known}, expect=expect)
    at = datetime.now(UTC)
    found: list[AuditOutcome] = []
    skipped = Skipped()
    for folder in saved_outputs.read(paths, saved_outputs.standard_input()):
        items, passed = analyzing.found_in(folder, at)
        found.extend(analyzing.outcomes(items, tables, namer, at))
        skipped += passed
    chosen = select([outcome.device for outcome in found], limit, audit.read_pattern_file)
    names = {device.name for device in chosen}
    chatter = sum(outcome.facts.chatter for outcome in found if isinstance(outcome, Audited))
    return _Reading(
        started_at=at,
        outcomes=tuple(outcome for outcome in found if outcome.device.name in names),
        remarks=tuple(_remarks(skipped, chatter, analyzing.without_output(namer))),
    )


def _remarks(skipped: Skipped, chatter: int, missing: Sequence[str]) -> Iterator[str]:
    from asa_transport.asa.terminal import printable

    counts = {
        "prose": skipped.prose,
        "configuration": skipped.configuration,
        "other commands": skipped.other,
    }
    shown = dict.fromkeys(printable(command, limit=60) for command in skipped.commands)
    parts = [f"{count} of {what}" for what, count in counts.items() if count]
    if parts:
        yield f"lines passed over: {', '.join(parts)}"
    if shown:
        yield f"commands passed over: {_some(list(shown))}"
    if chatter:
        yield f"lines passed over that the firewalls printed unasked: {chatter}"
    if missing:
        yield f"nothing was saved of {len(missing)} devices of the inventory: {_some(missing)}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMES]) + (", …" if len(names) > _MOST_NAMES else "")


def _report(reading: _Reading, judgement: standard.Judgement, inventory: str, fail_on: Severity) -> Report:
    from asa_transport.core.documents.audit import Run, in_order
    from asa_transport.core.judgement.judge import cases, judged
    from asa_transport.core.reports.report import Report
    from asa_transport.edges.state.run_folder import new_run_id
    from asa_transport.engine.fleet import RunStop

    devices = tuple(outcome.device for outcome in reading.outcomes)
    ordered = judged(in_order(devices, reading.outcomes), judgement.standard)
    return Report(
        run=Run(
            id=new_run_id(reading.started_at),
            kind="analyze",
            started_at=reading.started_at,
            finished_at=datetime.now(UTC),
            tool_version=__version__,
            inventory=inventory,
            policy_sha256=judgement.policy_sha256,
            exit_code=exit_code_of(ordered, RunStop(), fail_on),
        ),
        devices=devices,
        outcomes=ordered,
        cases=cases(ordered, judgement.standard),
        now=judgement.standard.now,
        fail_on=fail_on,
    )
