"""`asa-transport inventory check`, `list`, `show`, `import`: what the inventory means, contacting no device.

No secret is obtained; a credential is shown as the source of its secrets only.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from asa_transport.cli import completion, options
from asa_transport.cli.console import StderrTeller, exit_on_user_error
from asa_transport.cli.formats import OutputFormat
from asa_transport.cli.option_groups import Tone, with_bundles
from asa_transport.files.inventory import SOURCES
from asa_transport.model import UNDIVIDED, Part
from asa_transport.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from asa_transport.core.judgement.select import Selection
    from asa_transport.model import Inventory

app = typer.Typer(
    help="Check the inventory, list, show or import what is in it. Contacts no device.",
    no_args_is_help=True,
)

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE", help="Where it is, with its kind in front, as in csv:hosts.csv; or see --from."
    ),
]
FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="|".join(source.name for source in SOURCES),
        autocompletion=completion.sources,
        help="Whose inventory it is, where SOURCE does not say.",
    ),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="COLUMN=KEY",
        help="What a column of a table is, e.g. 'Mgmt IP=host'; '-' takes it out. May be repeated.",
    ),
]
UsernameOption = Annotated[
    str | None,
    typer.Option(
        "--username",
        metavar="NAME",
        envvar="ASA_TRANSPORT_USERNAME",
        help="Who logs in where the source does not say.",
    ),
]


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

    with exit_on_user_error():
        loaded, chosen = _chosen(inventory_file, limit)
    print_checked(inventory_file, loaded, chosen, as_json=output_format is OutputFormat.JSON, tone=tone)


@app.command("list")
@with_bundles
def list_(
    inventory_file: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    part: Part = UNDIVIDED,
    output_format: options.FormatOption = OutputFormat.TABLE,
    tone: Tone = _TONE,
) -> None:
    """List the names of the devices that a limit, a shard or a region chooses, one a line."""
    from asa_transport.cli.telling import say_not_selected, say_parted
    from asa_transport.cli.views.inventory import print_names
    from asa_transport.core.judgement.parts import divided
    from asa_transport.files import inventory
    from asa_transport.files.pattern_file import read_pattern_file

    with exit_on_user_error():
        loaded = inventory.load(inventory_file)
        found = divided(loaded.devices, limit or (), read_pattern_file, part)
        say_not_selected(found.selected.not_enabled, inventory_file, quiet=tone.quiet)
        say_parted(found, inventory_file, quiet=tone.quiet)
    print_names(
        inventory_file,
        found.selected.devices,
        as_json=output_format is OutputFormat.JSON,
        no_color=tone.no_color,
    )


def _chosen(inventory_file: Path, limit: Sequence[str] | None) -> tuple[Inventory, Selection]:
    from asa_transport.core.judgement.select import selection
    from asa_transport.files import inventory
    from asa_transport.files.pattern_file import read_pattern_file

    loaded = inventory.load(inventory_file)
    return loaded, selection(loaded.devices, limit or (), read_pattern_file)


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
    from asa_transport.core.judgement.select import named
    from asa_transport.files import inventory
    from asa_transport.files.pattern_file import read_pattern_file
    from asa_transport.flows import standard

    with exit_on_user_error():
        loaded = inventory.load(inventory_file)
        chosen = named(loaded.devices, limit or (), read_pattern_file)
        chosen = standard.with_offers(chosen, standard.policy_path(inventory_file, policy))
    print_devices(
        inventory_file, loaded, chosen, as_json=output_format is OutputFormat.JSON, no_color=tone.no_color
    )


@app.command("import")
@with_bundles
def import_(
    source: SourceArgument,
    kind: FromOption = None,
    output: options.OutputOption = None,
    mapped: MapOption = None,
    username: UsernameOption = None,
    tone: Tone = _TONE,
) -> None:
    """Write another program's inventory as one of ours, with where each value came from beside it."""
    from asa_transport.edges.output_file import opened
    from asa_transport.files.inventory_draft import ReadOptions
    from asa_transport.flows import inventory_import

    tell = StderrTeller(quiet=tone.quiet)
    with exit_on_user_error():
        path = inventory_import.source_path(source, kind)
        wanted = ReadOptions(username=username or None, columns=inventory_import.columns(mapped or []))
        inventory_import.check_target(output)
        imported = inventory_import.import_from(path, wanted)
        with opened(output, sys.stdout) as file:
            file.write(imported.text)
    found = imported.inventory
    for note in found.notes:
        tell.note(f"note: {note}")
    counts = [f"{counted(len(found.devices), 'device')}, {counted(len(found.groups), 'group')} imported"]
    if found.left_out:
        counts.append(f"{counted(found.left_out, 'device')} left out")
    tell.note(f"{path}: {', '.join(counts)}")
