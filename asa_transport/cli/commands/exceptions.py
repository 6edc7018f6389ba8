"""`asa-transport exceptions list|add|close`: temporary reverts to callhome, who answers for them, until when.

Contacts nothing.  `add` and `close` change the exceptions file and nothing else.
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
from asa_transport.cli.options import DEFAULT_INVENTORY, FormatOption, InventoryOption, NowOption
from asa_transport.text import instant

app = typer.Typer(
    help="Manage exceptions: devices that may stay on callhome for a time. Contacts nothing.",
    no_args_is_help=True,
)

_TONE = Tone()

FileOption = Annotated[
    Path | None,
    typer.Option(
        "--file",
        metavar="FILE",
        show_default="exceptions.yaml beside the inventory",
        help="The exceptions file.",
    ),
]
PolicyOption = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        show_default="policy.yaml beside the inventory, else built-in values",
        help="The policy file.",
    ),
]
DeviceArgument = Annotated[
    str,
    typer.Argument(
        metavar="DEVICE", autocompletion=completion.devices, help="A device's name in the inventory."
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
    """List all exceptions: live, expired or closed, with the days left."""
    from asa_transport.cli.views.ledgers import EXCEPTIONS
    from asa_transport.files import ledger
    from asa_transport.flows.inputs import exceptions_path

    path = exceptions_path(inventory_file, file)
    with exit_on_user_error():
        loaded = ledger.load(path, must_exist=file is not None)
    EXCEPTIONS.show(
        path,
        loaded,
        now or datetime.now(UTC),
        as_json=output_format is OutputFormat.JSON,
        no_color=tone.no_color,
    )


@app.command()
@with_bundles
def add(
    device: DeviceArgument,
    until: UntilOption,
    owner: OwnerOption,
    ticket: Annotated[
        str, typer.Option("--ticket", metavar="ID", help="The number of the change or the incident.")
    ],
    reason: ReasonOption,
    inventory_file: InventoryOption = DEFAULT_INVENTORY,
    file: FileOption = None,
    policy_file: PolicyOption = None,
    now: NowOption = None,
    tone: Tone = _TONE,
) -> None:
    """Let one device stay on callhome for a time; it can have one live exception."""
    from asa_transport.files import inventory, ledger
    from asa_transport.files import policy as policyfile
    from asa_transport.flows.inputs import exceptions_path
    from asa_transport.flows.standard import policy_path
    from asa_transport.model import Exemption

    path = exceptions_path(inventory_file, file)
    with exit_on_user_error():
        end = end_of(until)
        devices = [one.name for one in inventory.load(inventory_file).devices]
        policy = policyfile.load(policy_path(inventory_file, policy_file))
        wanted = Exemption(
            device=device, until=end, owner=owner, ticket=ticket, reason=reason,
            added_at=now or datetime.now(UTC),
        )  # fmt: skip
        added = ledger.add(path, wanted, devices=devices, max_days=policy.exception_max_days)
    StderrTeller(quiet=tone.quiet).note(
        f"{path}: {added.device} may stay on callhome until {instant(added.until)} ({added.ticket})"
    )


@app.command()
@with_bundles
def close(
    device: Annotated[
        str,
        typer.Argument(
            metavar="DEVICE",
            autocompletion=completion.exceptions,
            help="A device's name in the inventory.",
        ),
    ],
    inventory_file: InventoryOption = DEFAULT_INVENTORY,
    file: FileOption = None,
    now: NowOption = None,
    tone: Tone = _TONE,
) -> None:
    """End a device's exception now. The entry stays in the file, with the time."""
    from asa_transport.files import ledger
    from asa_transport.flows.inputs import exceptions_path

    path = exceptions_path(inventory_file, file)
    with exit_on_user_error():
        closed = ledger.close(path, device, now=now or datetime.now(UTC))
    StderrTeller(quiet=tone.quiet).note(
        f"{path}: the exception of {closed.device} ({closed.ticket}) is closed"
    )
