"""The options that several commands share, and those of a plan and a push."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from asa_transport.cli import completion
from asa_transport.cli.formats import OutputFormat
from asa_transport.flows.inputs import EngineKind, LogFormat
from asa_transport.model import Goal, Severity, Shard

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
        raise typer.BadParameter(f"{text!r}; expected a time with its zone, e.g. 2026-01-12T13:00:00Z")
    return at.astimezone(UTC)


_SHARD: Final = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})", re.ASCII)


def _parse_shard(text: str) -> Shard:
    """Return the shard that `2/3` names."""
    match = _SHARD.fullmatch(text)
    shard = None if match is None else Shard(number=int(match[1]), of=int(match[2]))
    if shard is None or shard.number > shard.of:
        raise typer.BadParameter(
            f"{text!r:.60}; expected the number of a shard and how many there are, from 1/1 to 9999/9999, "
            "e.g. 2/3"
        )
    return shard


def _no_file_for_stdout(output: Path | None) -> Path | None:
    return None if output == STDOUT else output


InventoryOption = Annotated[
    Path,
    typer.Option(
        "--inventory",
        "-i",
        metavar="FILE",
        help="The inventory file (YAML), or another program's, as in ansible:hosts.yml or csv:hosts.csv.",
    ),
]
LimitOption = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        "-l",
        metavar="PATTERN",
        autocompletion=completion.patterns,
        help="Only these devices: names, globs (fw-*), group:NAME, tag:NAME, region:NAME or @FILE; a "
        "comma means or, ! means not, & means and.",
    ),
]

_PARTS: Final = "Several machines"
ShardOption = Annotated[
    Shard | None,
    typer.Option(
        "--shard",
        metavar="I/N",
        parser=_parse_shard,
        help="Only shard I of N of the selected devices. Each device is in one shard, both of a pair in the "
        "same one, and a device that is added moves no other.",
        rich_help_panel=_PARTS,
    ),
]
RegionOption = Annotated[
    str | None,
    typer.Option(
        "--region",
        metavar="REGION",
        autocompletion=completion.regions,
        help="Only the selected devices of this region.",
        rich_help_panel=_PARTS,
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
        show_default="100",
        help="How many devices at once.",
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
SshCensusOption = Annotated[
    bool,
    typer.Option(
        "--ssh-census",
        help="Count all devices by release, model and the SSH algorithms that they agreed on or offered: a "
        "table below the report, a key in JSON.",
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
        show_default="~/.local/state/asa-transport",
        help="The directory where runs are kept.",
    ),
]
SignKeyOption = Annotated[
    Path | None,
    typer.Option(
        "--sign-key",
        envvar="ASA_TRANSPORT_SIGN_KEY",
        metavar="FILE",
        help="Sign the journal at the end with this SSH key; if it has a passphrase, your ssh-agent "
        "must hold it.",
    ),
]
AllowedSignersOption = Annotated[
    Path | None,
    typer.Option(
        "--allowed-signers",
        metavar="FILE",
        help="A file of the people who may sign, see ssh-keygen(1); then there must be a signature.",
    ),
]
ApprovalOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--approval",
        metavar="FILE",
        show_default="every PLAN.json*.sig",
        help="A signature of the plan; give the option once for each.",
    ),
]
StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar="ASA_TRANSPORT_STORE",
        metavar="URL",
        show_default="history.db in the state directory",
        help="The database of runs, for several machines: postgresql+psycopg://USER@HOST/DATABASE, "
        "with the password in ~/.pgpass.",
    ),
]
EngineOption = Annotated[
    EngineKind,
    typer.Option(
        "--engine",
        help="Who works on the devices: local is this process, celery are the workers of their regions.",
        rich_help_panel=_PARTS,
    ),
]
BrokerOption = Annotated[
    str | None,
    typer.Option(
        "--broker",
        envvar="ASA_TRANSPORT_BROKER",
        metavar="URL",
        show_default=False,
        help="The broker (RabbitMQ) that reaches the workers: amqp://USER:PASSWORD@HOST/VHOST, or amqps:// "
        "with TLS. With a password, better in the environment.",
        rich_help_panel=_PARTS,
    ),
]
BrokerAuthorityOption = Annotated[
    Path | None,
    typer.Option(
        "--broker-ca",
        envvar="ASA_TRANSPORT_BROKER_CA",
        metavar="FILE",
        show_default="the system's",
        help="With amqps://: the authorities that the broker's certificate may be of.",
        rich_help_panel=_PARTS,
    ),
]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Say more on stderr.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Say only errors on stderr.")]
NoColorOption = Annotated[
    bool, typer.Option("--no-color", help="Use no colours; the environment variable NO_COLOR does the same.")
]
SshConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--ssh-config",
        metavar="FILE",
        show_default="~/.ssh/config and the system's",
        help="The configuration file of ssh for jump hosts, as with `ssh -F`.",
    ),
]
TextfsmOption = Annotated[
    Path | None,
    typer.Option(
        "--textfsm-templates",
        metavar="DIR",
        help="A directory with your own parsing templates; they replace ours with the same name.",
    ),
]
NowOption = Annotated[
    datetime | None,
    typer.Option(
        "--now",
        metavar="ISO8601",
        parser=_parse_instant,
        help="Judge as if it were this time, e.g. 2026-01-12T13:00:00Z.",
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
        show_default="policy.yaml beside the inventory, else built-in values",
        help="The policy file.",
        rich_help_panel=_JUDGEMENT,
    ),
]
BugsOption = Annotated[
    Path | None,
    typer.Option(
        "--bugs",
        metavar="FILE",
        help="Your own bug file: its entries are added to ours, or replace those with the same id.",
        rich_help_panel=_JUDGEMENT,
    ),
]
ExceptionsOption = Annotated[
    Path | None,
    typer.Option(
        "--exceptions",
        metavar="FILE",
        show_default="exceptions.yaml beside the inventory",
        help="The exceptions file: who may stay on callhome, and until when.",
        rich_help_panel=_JUDGEMENT,
    ),
]
WaiversOption = Annotated[
    Path | None,
    typer.Option(
        "--waivers",
        metavar="FILE",
        show_default="waivers.yaml beside the inventory",
        help="The waivers file: findings that are accepted for a time.",
        rich_help_panel=_JUDGEMENT,
    ),
]
FailOnOption = Annotated[
    Severity,
    typer.Option(
        "--fail-on",
        metavar="SEVERITY",
        help="Exit with 3 if a finding has this severity or a higher one, and is not waived.",
        rich_help_panel=_JUDGEMENT,
    ),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="last|RUN",
        autocompletion=completion.audits,
        help="Print what has changed since the last complete audit, or since RUN, instead of the "
        "report; with -o, FILE still gets the report.",
        rich_help_panel="Changes",
    ),
]
AttachOption = Annotated[
    str | None,
    typer.Option(
        "--attach",
        metavar="last|RUN",
        autocompletion=completion.unfinished,
        help="Go on with an audit whose process died: what it has finished is not contacted again. "
        "Give its other options again.",
    ),
]
FailOnNewOption = Annotated[
    Severity | None,
    typer.Option(
        "--fail-on-new",
        metavar="SEVERITY",
        help="Exit with 3 only if a finding of this severity or a higher one is new, or has become "
        "that severe; needs --since.",
        rich_help_panel="Changes",
    ),
]

_NIGHTLY = "Unattended"
MetricsOption = Annotated[
    Path | None,
    typer.Option(
        "--metrics",
        metavar="FILE",
        help="Write metrics for Prometheus to this file (*.prom), which the textfile collector of "
        "node_exporter reads.",
        rich_help_panel=_NIGHTLY,
    ),
]
LogFormatOption = Annotated[
    LogFormat | None,
    typer.Option(
        "--log-format",
        metavar="text|json",
        help="Log a record for each device: text (key=value) or json (one object a line); to stderr, "
        "or to --log-file.",
        rich_help_panel=_NIGHTLY,
    ),
]
LogFileOption = Annotated[
    Path | None,
    typer.Option(
        "--log-file",
        metavar="FILE",
        help="Append the log to this file; as text, unless --log-format says json.",
        rich_help_panel=_NIGHTLY,
    ),
]
NotifyOption = Annotated[
    Path | None,
    typer.Option(
        "--notify",
        metavar="FILE",
        help="Send notifications to the channels in this file (YAML) when something has changed.",
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
        help="expected: what the inventory expects. smart: back to smart after an outage, only for "
        "devices that are on callhome now. callhome: back to callhome for a time; adds the "
        "exceptions too.",
    ),
]
FromRunOption = Annotated[
    str | None,
    typer.Option(
        "--from-run",
        metavar="RUN",
        autocompletion=completion.audits,
        help="Contact no device, and use the answers that a run has kept: its id, its folder, or `last`.",
    ),
]
ProbeOption = Annotated[
    bool,
    typer.Option(
        "--probe",
        help="Let each firewall test first whether it reaches the proxy or Cisco (`ping tcp`); more "
        "than half of 5 connections must open.",
    ),
]
DetailedOption = Annotated[
    bool, typer.Option("--detailed-exitcode", help="Exit with 5 if at least one change is planned.")
]
TemplatesOption = Annotated[
    Path | None,
    typer.Option(
        "--templates",
        metavar="DIR",
        help="A directory with your own change templates (Jinja2); they replace ours with the same name.",
    ),
]
ValidForOption = Annotated[
    str | None,
    typer.Option(
        "--valid-for",
        metavar="SPAN",
        show_default="as the policy says",
        help="How long the plan may be pushed, counted from when the fleet was read, e.g. 8h.",
    ),
]
TicketOption = Annotated[
    str | None,
    typer.Option(
        "--ticket", metavar="ID", help="The number of the change or the incident.", rich_help_panel=_REVERT
    ),
]
OwnerOption = Annotated[
    str | None,
    typer.Option(
        "--owner", metavar="NAME", help="The person who is responsible for it.", rich_help_panel=_REVERT
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="DATE|TIME",
        help="When it ends: a date (the end of that day, UTC), or a time with its zone.",
        rich_help_panel=_REVERT,
    ),
]


ShapeOption = Annotated[OutputFormat, typer.Option("--format", help="table for people, json for programs.")]

_COMMIT = "Sending"


CommitOption = Annotated[
    bool,
    typer.Option(
        "--commit",
        help="Send the lines, prove the licence contact, and save; or roll back.",
        rich_help_panel=_COMMIT,
    ),
]
YesOption = Annotated[
    bool,
    typer.Option(
        "--yes",
        help="Do not ask before the first line is sent; all checks are made all the same.",
        rich_help_panel=_COMMIT,
    ),
]
ContactTimeoutOption = Annotated[
    float | None,
    typer.Option(
        "--contact-timeout",
        min=0.1,
        metavar="SECONDS",
        show_default="as the policy says: 180",
        help="How long to wait for a licence contact.",
        rich_help_panel=_COMMIT,
    ),
]
ReconnectTimeoutOption = Annotated[
    float,
    typer.Option(
        "--reconnect-timeout",
        min=0.1,
        metavar="SECONDS",
        help="How long to wait for a device to answer again after its session was lost.",
        rich_help_panel=_COMMIT,
    ),
]
MaxFailOption = Annotated[
    str | None,
    typer.Option(
        "--max-fail",
        metavar="N|P%",
        show_default="as the policy says",
        help="How many devices may fail before the push stops.",
        rich_help_panel=_COMMIT,
    ),
]
PauseOption = Annotated[
    float,
    typer.Option(
        "--pause-between",
        min=0.0,
        metavar="SECONDS",
        help="How long to wait between two waves.",
        rich_help_panel=_COMMIT,
    ),
]
