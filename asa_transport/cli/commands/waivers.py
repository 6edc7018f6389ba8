"""`asa-transport waivers list|add|close`: findings that somebody has accepted, and until when.

Contacts nothing.  `add` and `close` change the waivers file and nothing else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from asa_transport.cli import completion
from asa_transport.cli.console import StderrTeller, exit_on_user_error
from asa_transport.cli.formats import OutputFormat
from asa_transport.cli.ledger_options import OwnerOption, ReasonOption, UntilOption, end_of
from asa_transport.cli.option_groups import Tone, with_bundles
from asa_transport.cli.options import DEFAULT_INVENTORY, BugsOption, FormatOption, InventoryOption, NowOption
from asa_transport.errors import UserError
from asa_transport.text import counted, instant

app = typer.Typer(
    help="Manage waivers: findings that somebody has accepted for a time. Contacts nothing.",
    no_args_is_help=True,
)

_TONE = Tone()

FileOption = Annotated[
    Path | None,
    typer.Option(
        "--file", metavar="FILE", show_default="waivers.yaml beside the inventory", help="The waivers file."
    ),
]


@app.command("list")
@with_bundles
def list_(
    inventory_file: InventoryOption = DEFAULT_INVENTORY,
    file: FileOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    tone: Tone = _TONE,
) -> None:
    """List all waivers: live, expired or closed; `never` if the rule cannot be waived."""
    from asa_transport.cli.views.ledgers import WAIVERS
    from asa_transport.files import waivers
    from asa_transport.flows.inputs import waivers_path

    path = waivers_path(inventory_file, file)
    with exit_on_user_error():
        loaded = waivers.load(path, must_exist=file is not None)
    WAIVERS.show(
        path,
        loaded,
        now or datetime.now(UTC),
        as_json=output_format is OutputFormat.JSON,
        no_color=tone.no_color,
    )


@app.command()
@with_bundles
def add(
    devices: Annotated[
        str,
        typer.Argument(
            metavar="DEVICES",
            autocompletion=completion.patterns,
            help="The devices, written as for -l: fw-lab-1, group:lab, 'fw-*'.",
        ),
    ],
    until: UntilOption,
    owner: OwnerOption,
    reason: ReasonOption,
    rule: Annotated[
        str | None,
        typer.Option("--rule", metavar="ID", autocompletion=completion.rules, help="The rule, e.g. AT301."),
    ] = None,
    bug: Annotated[
        str | None,
        typer.Option("--bug", metavar="ID", autocompletion=completion.bugs, help="The bug, e.g. CSCwp10957."),
    ] = None,
    inventory_file: InventoryOption = DEFAULT_INVENTORY,
    file: FileOption = None,
    bugs: BugsOption = None,
    now: NowOption = None,
    tone: Tone = _TONE,
) -> None:
    """Accept a finding on some devices for a time: it is still shown, but fails no run."""
    from asa_transport.asa.version import train_of
    from asa_transport.core.judgement.rules.table import RULES
    from asa_transport.core.judgement.select import named, names_of
    from asa_transport.core.judgement.waivers import NEVER
    from asa_transport.files import bugs as catalogue
    from asa_transport.files import inventory, waivers
    from asa_transport.flows.inputs import waivers_path
    from asa_transport.model import Waiver

    path = waivers_path(inventory_file, file)
    with exit_on_user_error():
        loaded = inventory.load(inventory_file).devices
        names = names_of(loaded, devices)
        # Says what is wrong with a pattern, or that it matches nothing.
        named(loaded, (devices,), _no_file, option="DEVICES")
        wanted = Waiver(
            rule=rule, bug=bug, devices=devices, until=end_of(until), owner=owner, reason=reason,
            added_at=now or datetime.now(UTC),
        )  # fmt: skip
        added = waivers.add(
            path,
            wanted,
            rules=[one.id for one in RULES],
            bugs=[one.id for one in catalogue.load(bugs, train_of=train_of).bugs],
            never=NEVER,
        )
    count = counted(len(names), "device")
    StderrTeller(quiet=tone.quiet).note(
        f"{path}: {added.what} is waived for {added.devices} ({count} now) until {instant(added.until)}"
    )


@app.command()
@with_bundles
def close(
    what: Annotated[
        str, typer.Argument(metavar="ID", autocompletion=completion.waivers, help="The rule or the bug.")
    ],
    devices: Annotated[
        str | None,
        typer.Option(
            "--devices",
            metavar="DEVICES",
            autocompletion=completion.waived_devices,
            help="The devices as they stand in the entry, if several entries are open.",
        ),
    ] = None,
    inventory_file: InventoryOption = DEFAULT_INVENTORY,
    file: FileOption = None,
    now: NowOption = None,
    tone: Tone = _TONE,
) -> None:
    """End a waiver now. The entry stays in the file, with the time."""
    from asa_transport.files import waivers
    from asa_transport.flows.inputs import waivers_path

    path = waivers_path(inventory_file, file)
    with exit_on_user_error():
        closed = waivers.close(path, what, devices, now=now or datetime.now(UTC))
    StderrTeller(quiet=tone.quiet).note(f"{path}: the waiver of {closed.what} for {closed.devices} is closed")


def _no_file(name: str) -> str:
    raise UserError(f"@{name}: no file of patterns in a waiver; write the patterns themselves")
