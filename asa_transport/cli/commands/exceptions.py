"""`asa-transport exceptions list|add|close`: temporary reverts to callhome, who answers for them, until when.

Contacts nothing.  `add` and `close` change the exceptions file and nothing else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from asa_transport.cli import completion
from asa_transport.cli.commands.inventory import FormatOption, OutputFormat
from asa_transport.cli.console import exit_on_user_error, plain, print_json, results, say
from asa_transport.cli.options import DEFAULT_INVENTORY, InventoryOption, NowOption
from asa_transport.errors import UserError

if TYPE_CHECKING:
    from asa_transport.model import Exemption

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
_SECONDS_A_DAY = 86400.0


@app.command("list")
def list_(
    inventory_file: InventoryOption = DEFAULT_INVENTORY,
    file: FileOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
) -> None:
    """List every exception: live, expired or closed, with the days left."""
    from rich.table import Table

    from asa_transport.files import ledger
    from asa_transport.files.fields import moment_text
    from asa_transport.flows.standard import exceptions_path

    at = now or datetime.now(UTC)
    path = exceptions_path(inventory_file, file)
    with exit_on_user_error():
        loaded = ledger.load(path, must_exist=file is not None)
    if output_format is OutputFormat.JSON:
        print_json({"file": str(path), "now": moment_text(at), "exceptions": [_json(e, at) for e in loaded]})
        return
    if not loaded:
        say(f"{path}: no exceptions")
        return
    table = Table(box=None, pad_edge=False)
    for header in ("device", "state", "days left", "until", "owner", "ticket", "reason"):
        table.add_column(header, overflow="fold")
    for one in loaded:
        state, left = _state(one, at), _days_left(one, at)
        cells = (
            one.device, state, "" if left is None else f"{left:.1f}", moment_text(one.until), one.owner,
            one.ticket, one.reason,
        )  # fmt: skip
        table.add_row(*map(plain, cells))
    results().print(table)


@app.command()
def add(
    device: DeviceArgument,
    until: Annotated[
        str,
        typer.Option(
            "--until", metavar="DATE|TIME", help="2026-12-31 (that day's end, UTC) or a time with zone."
        ),
    ],
    owner: Annotated[str, typer.Option("--owner", help="Who answers for it.")],
    ticket: Annotated[str, typer.Option("--ticket", help="The change or incident.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, in one line.")],
    inventory_file: InventoryOption = DEFAULT_INVENTORY,
    file: FileOption = None,
    policy_file: PolicyOption = None,
    now: NowOption = None,
) -> None:
    """Add an exception for one device; a second live one for it is refused."""
    from asa_transport.files import inventory, ledger
    from asa_transport.files import policy as policyfile
    from asa_transport.files.fields import moment_text
    from asa_transport.flows.standard import exceptions_path, policy_path
    from asa_transport.model import Exemption

    path = exceptions_path(inventory_file, file)
    with exit_on_user_error():
        end = _moment(until)
        devices = [one.name for one in inventory.load(inventory_file).devices]
        policy = policyfile.load(policy_path(inventory_file, policy_file))
        wanted = Exemption(
            device=device, until=end, owner=owner, ticket=ticket, reason=reason,
            added_at=now or datetime.now(UTC),
        )  # fmt: skip
        added = ledger.add(path, wanted, devices=devices, max_days=policy.exception_max_days)
    say(f"{path}: {added.device} may stay on callhome until {moment_text(added.until)} ({added.ticket})")


@app.command()
def close(
    device: DeviceArgument,
    inventory_file: InventoryOption = DEFAULT_INVENTORY,
    file: FileOption = None,
    now: NowOption = None,
) -> None:
    """End a device's exception now; the entry stays, with the time that it was closed."""
    from asa_transport.files import ledger
    from asa_transport.flows.standard import exceptions_path

    path = exceptions_path(inventory_file, file)
    with exit_on_user_error():
        closed = ledger.close(path, device, now=now or datetime.now(UTC))
    say(f"{path}: the exception of {closed.device} ({closed.ticket}) is closed")


def _moment(text: str) -> datetime:
    from asa_transport.files.fields import parse_moment

    try:
        return parse_moment(text)
    except ValueError as error:
        raise UserError(f"--until {error}") from None


def _state(one: Exemption, now: datetime) -> str:
    if one.closed_at is not None:
        return "closed"
    return "live" if one.is_live(now) else "expired"


def _days_left(one: Exemption, now: datetime) -> float | None:
    """Return days to the end, negative once it is past; `None` for a closed one."""
    if one.closed_at is not None:
        return None
    return round((one.until - now).total_seconds() / _SECONDS_A_DAY, 1)


def _json(one: Exemption, now: datetime) -> dict[str, Any]:
    from asa_transport.files.fields import moment_text

    return {
        "device": one.device,
        "state": _state(one, now),
        "days_left": _days_left(one, now),
        "until": moment_text(one.until),
        "owner": one.owner,
        "ticket": one.ticket,
        "reason": one.reason,
        "added_at": moment_text(one.added_at),
        "closed_at": None if one.closed_at is None else moment_text(one.closed_at),
    }
