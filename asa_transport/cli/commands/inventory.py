"""`asa-transport inventory check`, `list` and `show`: what the inventory means, contacting nothing.

No secret is obtained; a credential is shown as the source of its secrets only.
"""

from __future__ import annotations

import typer

from asa_transport.cli import options
from asa_transport.cli.console import exit_on_user_error
from asa_transport.cli.formats import OutputFormat
from asa_transport.cli.option_groups import Tone, with_bundles

app = typer.Typer(
    help="Check the inventory, list its names, or show its merged values. Contacts nothing.",
    no_args_is_help=True,
)


_TONE = Tone()


@app.command()
@with_bundles
def check(
    inventory_file: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    output_format: options.FormatOption = OutputFormat.TABLE,
    tone: Tone = _TONE,
) -> None:
    """Check the inventory: print every problem with its place, or how much is in it."""
    from asa_transport.cli.views.inventory import print_checked
    from asa_transport.core.judgement.select import select
    from asa_transport.files import inventory
    from asa_transport.files.pattern_file import read_pattern_file

    with exit_on_user_error():
        loaded = inventory.load(inventory_file)
        chosen = select(loaded.devices, limit or (), read_pattern_file)
    print_checked(inventory_file, loaded, chosen, as_json=output_format is OutputFormat.JSON, tone=tone)


@app.command("list")
@with_bundles
def list_(
    inventory_file: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    output_format: options.FormatOption = OutputFormat.TABLE,
    tone: Tone = _TONE,
) -> None:
    """List the names of the devices that a limit chooses, one a line."""
    from asa_transport.cli.views.inventory import print_names
    from asa_transport.core.judgement.select import select
    from asa_transport.files import inventory
    from asa_transport.files.pattern_file import read_pattern_file

    with exit_on_user_error():
        chosen = select(inventory.load(inventory_file).devices, limit or (), read_pattern_file)
    print_names(inventory_file, chosen, as_json=output_format is OutputFormat.JSON, no_color=tone.no_color)


@app.command()
@with_bundles
def show(
    inventory_file: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    output_format: options.FormatOption = OutputFormat.TABLE,
    policy: options.PolicyOption = None,
    tone: Tone = _TONE,
) -> None:
    """Show the merged values of each device, and where each value comes from."""
    from asa_transport.cli.views.inventory import print_devices
    from asa_transport.core.judgement.select import select
    from asa_transport.files import inventory
    from asa_transport.files.pattern_file import read_pattern_file
    from asa_transport.flows import standard

    with exit_on_user_error():
        loaded = inventory.load(inventory_file)
        chosen = select(loaded.devices, limit or (), read_pattern_file)
        chosen = standard.with_offers(chosen, standard.policy_path(inventory_file, policy))
    print_devices(
        inventory_file, loaded, chosen, as_json=output_format is OutputFormat.JSON, no_color=tone.no_color
    )
