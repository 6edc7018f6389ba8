"""Complete names in a shell: devices, groups, tags, regions, runs.

Reads the inventory that `-i` names (or the default one) and the names of the folders in the
state directory, and nothing else.  Contacts nothing, obtains no secret, never raises: where a
file cannot be read there is nothing to offer, and the command itself will say why.

In bash a name behind a colon (`group:em`) is not completed: bash ends a word there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from asa_transport.errors import UserError

if TYPE_CHECKING:
    from asa_transport.model import Device

DEFAULT_INVENTORY: Final = Path("inventory.yaml")
_RUN_ID: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4}")
# A shell shows no longer list, and an older run is found with `runs`.
_MOST_RUNS: Final = 50


def devices(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of devices that begin so."""
    return _beginning(incomplete, (device.name for device in _devices(ctx)))


def patterns(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return what `-l` takes and begins so; behind a comma or a `!` a new name begins."""
    known = _devices(ctx)
    done, comma, last = incomplete.rpartition(",")
    bang = "!" if last.startswith("!") else ""
    offered = [
        *(device.name for device in known),
        *sorted({f"group:{group}" for device in known for group in device.groups}),
        *sorted({f"tag:{tag}" for device in known for tag in device.tags}),
        *sorted({f"region:{device.region}" for device in known if device.region is not None}),
    ]
    return [f"{done}{comma}{bang}{name}" for name in _beginning(last.removeprefix("!"), offered)]


def runs(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return `last`, and the ids of kept runs that begin so, the newest first."""
    from asa_transport.edges.state.run_folder import LAST, state_directory

    given = ctx.params.get("state_dir")
    folder = state_directory(None if given is None else Path(str(given))) / "runs"
    try:
        names = sorted((path.name for path in folder.iterdir()), reverse=True)
    except (OSError, ValueError):
        names = []
    found = [name for name in names if _RUN_ID.fullmatch(name)]
    return _beginning(incomplete, (LAST, *found))[:_MOST_RUNS]


def _devices(ctx: typer.Context) -> Sequence[Device]:
    from asa_transport.files import inventory

    given = ctx.params.get("inventory") or ctx.params.get("inventory_file") or DEFAULT_INVENTORY
    try:
        return inventory.load(Path(str(given)).expanduser()).devices
    # RuntimeError: a `~name` that is nobody's.
    except (UserError, OSError, ValueError, RuntimeError):
        return ()


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
