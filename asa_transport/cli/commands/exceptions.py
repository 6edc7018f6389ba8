"""`asa-transport exceptions list|add|close`: temporary reverts to callhome, who answers for them, until when.

Contacts nothing.  `add` and `close` change the exceptions file and nothing else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from asa_transport.cli import completion
from asa_transport.cli.console import exit_on_user_error, say
from asa_transport.cli.formats import OutputFormat
from asa_transport.cli.ledger_options import OwnerOption, ReasonOption, UntilOption, end_of
from asa_transport.cli.options import DEFAULT_INVENTORY, FormatOption, InventoryOption, NowOption
from asa_transport.text import instant

app = typer.Typer(
    help="Temporary reverts to callhome: owner, ticket, end. Contacts nothing.", no_args_is_help=True
)

FileOption = Annotated[
    Path | None,
    typer.Option(
        "--file",
        metavar="FILE",
        help="The exceptions file; if not given, exceptions.yaml beside the inventory.",
    ),
]
PolicyOption = Annotated[
    Path | None,
    typer.Option(
        "--policy", metavar="FILE", help="The policy file; if not given, policy.yaml beside the inventory."
    ),
]
DeviceArgument = Annotated[
    str,
    typer.Argument(
        metavar="DEVICE", autocompletion=completion.devices, help="A device's name in the inventory."
    ),
]


@app.command("list")
def list_(
    inventory_file: InventoryOption = DEFAULT_INVENTORY,
    file: FileOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
) -> None:
    """List every exception: live, expired or closed, with the days left."""
    from asa_transport.cli.views.ledgers import EXCEPTIONS
    from asa_transport.files import ledger
    from asa_transport.flows.inputs import exceptions_path

    path = exceptions_path(inventory_file, file)
    with exit_on_user_error():
        loaded = ledger.load(path, must_exist=file is not None)
    EXCEPTIONS.show(path, loaded, now or datetime.now(UTC), as_json=output_format is OutputFormat.JSON)


@app.command()
def add(
    device: DeviceArgument,
    until: UntilOption,
    owner: OwnerOption,
    ticket: Annotated[str, typer.Option("--ticket", help="The change or incident.")],
    reason: ReasonOption,
    inventory_file: InventoryOption = DEFAULT_INVENTORY,
    file: FileOption = None,
    policy_file: PolicyOption = None,
    now: NowOption = None,
) -> None:
    """Add an exception for one device; a second live one for it is refused."""
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
    say(f"{path}: {added.device} may stay on callhome until {instant(added.until)} ({added.ticket})")


@app.command()
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
) -> None:
    """End a device's exception now; the entry stays, with the time that it was closed."""
    from asa_transport.files import ledger
    from asa_transport.flows.inputs import exceptions_path

    path = exceptions_path(inventory_file, file)
    with exit_on_user_error():
        closed = ledger.close(path, device, now=now or datetime.now(UTC))
    say(f"{path}: the exception of {closed.device} ({closed.ticket}) is closed")
