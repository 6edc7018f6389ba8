"""`asa-transport analyze`: the same judgement on saved outputs; contacts nothing and stores nothing."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asa_transport.cli import options
from asa_transport.cli.console import StderrTeller, exit_on_user_error
from asa_transport.cli.formats import check_name
from asa_transport.cli.option_groups import Voice, with_bundles
from asa_transport.core.reports.formats import Format
from asa_transport.errors import UserError
from asa_transport.flows import inputs
from asa_transport.model import ExpectedTransport, ProxyPolicy, Severity

if TYPE_CHECKING:
    from asa_transport.model import ExpectedProxy

_EXPECTED = "Expectation"


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
        help="Saved outputs: a directory for each firewall with a file for each command "
        "(show_version.txt), the raw folder of a run, transcripts, `show tech-support`, or pages "
        "with pasted outputs; - is stdin.",
    ),
]

_InventoryOption = Annotated[
    Path | None,
    typer.Option(
        "--inventory",
        "-i",
        metavar="FILE",
        help="An inventory: what it expects of a firewall counts if the host name or the file name is "
        "one of its names.",
    ),
]
_TransportOption = Annotated[
    ExpectedTransport,
    typer.Option(help="The transport that every other firewall should have.", rich_help_panel=_EXPECTED),
]
_ProxyOption = Annotated[
    str,
    typer.Option(
        metavar="none|any|HOST:PORT",
        help="The proxy that every other firewall should have; with any, no proxy is wrong.",
        rich_help_panel=_EXPECTED,
    ),
]
_FormatOption = Annotated[
    Format, typer.Option("--format", help="As for `audit`; the documents are the same.")
]


@with_bundles
def analyze(
    paths: _PathsArgument,
    inventory: _InventoryOption = None,
    expect_transport: _TransportOption = ExpectedTransport.SMART,
    expect_proxy: _ProxyOption = ProxyPolicy.ANY.value,
    limit: options.LimitOption = None,
    output_format: _FormatOption = Format.TABLE,
    output: options.OutputOption = None,
    only: options.OnlyOption = None,
    now: options.NowOption = None,
    files: inputs.Files = _FILES,
    fail_on: options.FailOnOption = Severity.MEDIUM,
    textfsm_templates: options.TextfsmOption = None,
    voice: Voice = _VOICE,
) -> None:
    """Judge saved outputs as an audit would. Contacts nothing, stores nothing."""
    from asa_transport.cli.views.formats import chosen, render
    from asa_transport.core.reports.report import summary
    from asa_transport.edges.output_file import opened
    from asa_transport.edges.saved_outputs import standard_input
    from asa_transport.files.inventory import load
    from asa_transport.flows import standard
    from asa_transport.flows.analyze import analyze as analyzed
    from asa_transport.model import Expectation

    with exit_on_user_error():
        check_name(output, output_format, list(Format))
        shown = chosen(only, output_format)
        judged_by = standard.read(
            inventory or options.DEFAULT_INVENTORY,
            files,
            now=now or datetime.now(UTC),
            # When these clocks were read is not known, so no clock is called wrong.
            is_now_given=False,
        )
        found = analyzed(
            paths,
            inventory=load(inventory) if inventory is not None else None,
            inventory_name=str(inventory or ""),
            expect=Expectation(transport=expect_transport, proxy=_proxy(expect_proxy)),
            limit=limit or (),
            standard=judged_by,
            fail_on=fail_on,
            textfsm=textfsm_templates,
            stdin=standard_input(),
        )
        with opened(output, sys.stdout) as file:
            render(output_format, file, found.report, no_color=voice.no_color, shown=shown)
    tell = StderrTeller(quiet=voice.quiet)
    for line in found.remarks:
        tell.note(line)
    for outcome in found.report.ordered if voice.verbose else ():
        tell.note(f"{outcome.device.name}: {outcome.device.host}")
    if output is not None or output_format is not Format.TABLE:
        tell.note(summary(found.report.ordered))
    raise typer.Exit(found.report.run.exit_code)
