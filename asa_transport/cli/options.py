"""The options that several commands share, and those of a plan and a push."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from asa_transport.cli import completion
from asa_transport.cli.formats import OutputFormat
from asa_transport.flows.inputs import LogFormat
from asa_transport.model import Goal, Severity

DEFAULT_INVENTORY = completion.DEFAULT_INVENTORY
# What `-o` calls it, as other programs do.
STDOUT: Final = Path("-")


def _parse_instant(text: str) -> datetime:
    """Return an ISO 8601 time as aware UTC; one without a zone could be anyone's, and is refused."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise typer.BadParameter(f"{text!r}: expected a time with its zone, e.g. 2026-01-12T13:00:00Z")
    return at.astimezone(UTC)


def _no_file_for_stdout(output: Path | None) -> Path | None:
    return None if output == STDOUT else output


InventoryOption = Annotated[
    Path, typer.Option("--inventory", "-i", metavar="FILE", help="The inventory file (YAML).")
]
LimitOption = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        "-l",
        metavar="PATTERN",
        autocompletion=completion.patterns,
        help="Names, globs, group:NAME, tag:NAME, region:NAME, @FILE; comma = or, ! = not.",
    ),
]


def _without_processes(count: int | None) -> None:
    """Say that an option of the last release has no effect any more."""
    if count is not None:
        typer.echo(
            "note: --processes has no effect any more: one process does all of it; leave it out", err=True
        )


WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        "-w",
        min=1,
        max=1000,
        metavar="N",
        help="Devices at once.  [default: 100]",
    ),
]
ProcessesOption = Annotated[
    int | None,
    # Accepted for one release: a nightly script that names it goes on running.
    typer.Option("--processes", min=1, metavar="N", hidden=True, callback=_without_processes),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="WORD,…",
        autocompletion=completion.only,
        help="Show these devices in the table: those of a verdict (compliant, change, hold, manual, "
        "not-applicable), not-audited, or with a finding of a severity (critical, high, medium, low, info). "
        "The rest is counted; the run, its exit code and every other format have all devices.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        callback=_no_file_for_stdout,
        readable=False,
        help="Write the result to this file instead of stdout; - is stdout.",
    ),
]
FormatOption = Annotated[OutputFormat, typer.Option("--format", help="Table for people, JSON for programs.")]
StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state-dir",
        envvar="ASA_TRANSPORT_STATE_DIR",
        metavar="DIR",
        help="Where runs are kept.  [default: the XDG state directory]",
    ),
]
SignKeyOption = Annotated[
    Path | None,
    typer.Option(
        "--sign-key",
        envvar="ASA_TRANSPORT_SIGN_KEY",
        metavar="FILE",
        help="Sign the journal at the end with this SSH key (with a passphrase: one that the agent holds).",
    ),
]
AllowedSignersOption = Annotated[
    Path | None,
    typer.Option(
        "--allowed-signers",
        metavar="FILE",
        help="Who may sign, as ssh-keygen(1) says; a signature is demanded then.",
    ),
]
ApprovalOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--approval",
        metavar="FILE",
        help="A signature over the plan's digest; repeat it.  [default: every PLAN.json*.sig]",
    ),
]
StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar="ASA_TRANSPORT_STORE",
        metavar="URL",
        show_default=False,
        help="The database of runs, for several machines: postgresql+psycopg://USER@HOST/DATABASE; the "
        "password in ~/.pgpass.  (default: history.db in the state directory)",
    ),
]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Say more on stderr.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on stderr but errors.")]
NoColorOption = Annotated[bool, typer.Option("--no-color", help="No colours (NO_COLOR works too).")]
SshConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--ssh-config",
        metavar="FILE",
        help="The ssh configuration for jump hosts, as `ssh -F`.  [default: ~/.ssh/config and the system's]",
    ),
]
TextfsmOption = Annotated[
    Path | None,
    typer.Option(
        "--textfsm-templates",
        metavar="DIR",
        help="Your own parsing templates; searched before ours.",
    ),
]
NowOption = Annotated[
    datetime | None,
    typer.Option(
        "--now",
        metavar="ISO8601",
        parser=_parse_instant,
        help="Judge as of this time, e.g. 2026-01-12T13:00:00Z.",
    ),
]


def _seconds(name: str, limited: str) -> Any:
    """Declare an option for one limit."""
    return typer.Option(
        name, min=0.1, metavar="SECONDS", help=f"Limit for {limited}.", rich_help_panel="Limits"
    )


ConnectTimeout = Annotated[float, _seconds("--connect-timeout", "name lookup and TCP, each attempt")]
HandshakeTimeout = Annotated[float, _seconds("--handshake-timeout", "SSH banner and key exchange")]
LoginTimeout = Annotated[float, _seconds("--login-timeout", "user name and password")]
CommandTimeout = Annotated[float, _seconds("--command-timeout", "one command")]
DeviceTimeout = Annotated[float, _seconds("--device-timeout", "one device as a whole")]
Attempts = Annotated[
    int,
    typer.Option(
        "--attempts",
        min=1,
        max=10,
        metavar="N",
        help="Connection attempts; a silent device is tried twice at most, a rejected password never again.",
        rich_help_panel="Limits",
    ),
]

_JUDGEMENT = "Judgement"
PolicyOption = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        help="The policy.  (default: policy.yaml beside the inventory, else safe defaults)",
        rich_help_panel=_JUDGEMENT,
    ),
]
BugsOption = Annotated[
    Path | None,
    typer.Option(
        "--bugs", metavar="FILE", help="Your own bugs, merged into ours by id.", rich_help_panel=_JUDGEMENT
    ),
]
ExceptionsOption = Annotated[
    Path | None,
    typer.Option(
        "--exceptions",
        metavar="FILE",
        help="The exceptions ledger.  (default: exceptions.yaml beside the inventory)",
        rich_help_panel=_JUDGEMENT,
    ),
]
WaiversOption = Annotated[
    Path | None,
    typer.Option(
        "--waivers",
        metavar="FILE",
        help="Findings that are accepted for a time.  (default: waivers.yaml beside the inventory)",
        rich_help_panel=_JUDGEMENT,
    ),
]
FailOnOption = Annotated[
    Severity,
    typer.Option(
        "--fail-on",
        metavar="SEVERITY",
        help="Exit with 3 where a finding is at least so severe, and not waived.",
        rich_help_panel=_JUDGEMENT,
    ),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="last|RUN",
        autocompletion=completion.audits,
        help="Print what changed since the last whole audit, or since RUN, instead of the report; with -o "
        "the report goes to FILE.",
        rich_help_panel="Changes",
    ),
]
FailOnNewOption = Annotated[
    Severity | None,
    typer.Option(
        "--fail-on-new",
        metavar="SEVERITY",
        help="Exit with 3 only where a finding at least so severe is new, or has become so.",
        rich_help_panel="Changes",
    ),
]

_NIGHTLY = "Unattended"
MetricsOption = Annotated[
    Path | None,
    typer.Option(
        "--metrics",
        metavar="FILE",
        help="Write metrics for Prometheus there, for node_exporter's textfile collector (*.prom).",
        rich_help_panel=_NIGHTLY,
    ),
]
LogFormatOption = Annotated[
    LogFormat | None,
    typer.Option(
        "--log-format",
        metavar="text|json",
        help="Write a record for each device: key=value pairs, or JSON lines.  (to stderr, or --log-file)",
        rich_help_panel=_NIGHTLY,
    ),
]
LogFileOption = Annotated[
    Path | None,
    typer.Option(
        "--log-file",
        metavar="FILE",
        help="Append the records there; as text, if no --log-format is given.",
        rich_help_panel=_NIGHTLY,
    ),
]
NotifyOption = Annotated[
    Path | None,
    typer.Option(
        "--notify",
        metavar="FILE",
        help="Tell the channels of this file (YAML) when there is something to tell.",
        rich_help_panel=_NIGHTLY,
    ),
]


_GOAL: Final = "Goal"
_REVERT: Final = "Temporary revert (--goal callhome)"

PlanFileOption = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        metavar="PLAN.json",
        readable=False,
        show_default=False,
        help="The plan file; - is stdout.",
    ),
]
GoalOption = Annotated[
    Goal,
    typer.Option(
        "--goal",
        metavar="expected|smart|callhome",
        rich_help_panel=_GOAL,
        help="expected: what the inventory expects. smart: back after an outage, only devices now on "
        "callhome. callhome: a temporary revert; writes the exceptions too.",
    ),
]
FromRunOption = Annotated[
    str | None,
    typer.Option(
        "--from-run",
        metavar="RUN",
        autocompletion=completion.audits,
        help="Do not contact the fleet; read the answers that a run kept: its id, its folder, or `last`.",
    ),
]
ProbeOption = Annotated[
    bool,
    typer.Option(
        "--probe",
        help="Let each firewall try what its new transport needs (`ping tcp` to the proxy or to Cisco); "
        "more than half of 5 connections must open.",
    ),
]
DetailedOption = Annotated[
    bool, typer.Option("--detailed-exitcode", help="Exit with 5 where at least one change is planned.")
]
TemplatesOption = Annotated[
    Path | None,
    typer.Option("--templates", metavar="DIR", help="Your own change templates (Jinja2); searched first."),
]
ValidForOption = Annotated[
    str | None,
    typer.Option(
        "--valid-for",
        metavar="SPAN",
        help="How long after the fleet was read the plan may be pushed, e.g. 8h.  (default: the policy's)",
    ),
]
TicketOption = Annotated[
    str | None,
    typer.Option("--ticket", metavar="ID", help="The change or incident.", rich_help_panel=_REVERT),
]
OwnerOption = Annotated[
    str | None,
    typer.Option("--owner", metavar="NAME", help="Who answers for it.", rich_help_panel=_REVERT),
]
UntilOption = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="DATE|TIME",
        help="2026-12-31 (that day's end, UTC) or a time with zone.",
        rich_help_panel=_REVERT,
    ),
]


ShapeOption = Annotated[OutputFormat, typer.Option("--format", help="table for people, json for programs.")]

_COMMIT = "Sending"


CommitOption = Annotated[
    bool,
    typer.Option(
        "--commit",
        help="Send the lines, prove them by licence contact, save, or go back.",
        rich_help_panel=_COMMIT,
    ),
]
YesOption = Annotated[
    bool,
    typer.Option(
        "--yes",
        help="Do not ask before the waves; removes the question, never a check.",
        rich_help_panel=_COMMIT,
    ),
]
ContactTimeoutOption = Annotated[
    float | None,
    typer.Option(
        "--contact-timeout",
        min=0.1,
        metavar="SECONDS",
        help="How long a licence contact is awaited.  (default: the policy's, 180)",
        rich_help_panel=_COMMIT,
    ),
]
ReconnectTimeoutOption = Annotated[
    float,
    typer.Option(
        "--reconnect-timeout",
        min=0.1,
        metavar="SECONDS",
        help="How long a device whose session was lost has to answer again.",
        rich_help_panel=_COMMIT,
    ),
]
MaxFailOption = Annotated[
    str | None,
    typer.Option(
        "--max-fail",
        metavar="N|P%",
        help="How many devices may fail, in place of the policy's number and percentage.",
        rich_help_panel=_COMMIT,
    ),
]
PauseOption = Annotated[
    float,
    typer.Option(
        "--pause-between",
        min=0.0,
        metavar="SECONDS",
        help="Wait so long between two waves.",
        rich_help_panel=_COMMIT,
    ),
]
