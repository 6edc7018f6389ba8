"""Read the inventory from wherever it is kept: one row for each kind of source.

Our own file is named by its path alone, every other source by its name and where it is, as in
`csv:hosts.csv`.  A source is a module whose `read` returns a `Draft`; the draft becomes the tree that a
file of ours has too, and one reader checks and merges them all.  Obtains no secret of a device, and
contacts none.

Source: docs/schemas/inventory.json, docs/inventories.md.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from asa_transport.errors import InventoryError

if TYPE_CHECKING:
    from asa_transport.files.inventory_draft import Draft, ReadOptions
    from asa_transport.model import Inventory, Problem

_NATIVE: Final = "asa_transport.files.inventory_native"
_DRAFTS: Final = "asa_transport.files.inventory_draft"
_ONE_SLASH: Final = re.compile(r"^(https?):/+")
_TEXTS: Final = "asa_transport.files.source_text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One kind of inventory of another program.

    Attributes:
        name: What stands before the colon, and behind `--from`.
        module: Its `read(where, options)` returns a `Draft`, or raises InventoryError with every problem.
            Imported when it is needed: a TAB needs none of them.
        where: What stands behind the colon.
        is_on_disk: It is a path, which the files beside the inventory are looked for beside.
    """

    name: str
    module: str
    where: str
    is_on_disk: bool = True


SOURCES: Final = (
    Source(name="ansible", module="asa_transport.files.inventory_ansible", where="PATH"),
    Source(name="csv", module="asa_transport.files.inventory_csv", where="PATH"),
    Source(name="netbox", module="asa_transport.files.inventory_netbox", where="URL", is_on_disk=False),
    Source(name="nornir", module="asa_transport.files.inventory_nornir", where="PATH"),
    Source(name="oxidized", module="asa_transport.files.inventory_oxidized", where="PATH"),
    Source(name="rancid", module="asa_transport.files.inventory_rancid", where="PATH"),
)  # the end of SOURCES


def source_of(path: Path) -> tuple[Source, str] | None:
    """Return the source that a path names and what stands behind its colon; `None` for a file of ours."""
    name, colon, where = str(path).partition(":")
    found = next((source for source in SOURCES if source.name == name), None)
    if found is None or not colon:
        return None
    # A path that was an address has lost a slash.
    return found, where if found.is_on_disk else _ONE_SLASH.sub(r"\1://", where)


def folder_of(path: Path) -> Path:
    """Return the folder in which the files beside an inventory are: policy, exceptions, waivers."""
    named = source_of(path)
    if named is None:
        return path.parent
    source, where = named
    return _expanded(where).parent if source.is_on_disk else Path()


def identity(path: Path) -> str:
    """Return what names the same inventory from any folder: two runs of it are compared."""
    named = source_of(path)
    if named is None:
        return str(path.resolve())
    source, where = named
    return f"{source.name}:{_expanded(where).resolve() if source.is_on_disk else where}"


def load(path: Path) -> Inventory:
    """Return the inventory at a path.

    Raises:
        InventoryError: Holds every problem, in the order of the file.
    """
    named = source_of(path)
    if named is None:
        native: Any = importlib.import_module(_NATIVE)
        loaded: Inventory = native.load(path)
        return loaded
    drafts: Any = importlib.import_module(_DRAFTS)
    options: ReadOptions = drafts.ReadOptions(username=os.environ.get(drafts.USERNAME_VARIABLE) or None)
    return of_draft(path, read_draft(path, options), options)


def read_draft(path: Path, options: ReadOptions) -> Draft:
    """Return what a source that is not ours says.

    Raises:
        InventoryError: It cannot be read.
        ValueError: The path names none.
    """
    named = source_of(path)
    if named is None:
        raise ValueError(f"{path} names no source")
    source, where = named
    if not where:
        texts: Any = importlib.import_module(_TEXTS)
        raise texts.refused(
            str(path), f"nothing stands behind the colon; expected {source.name}:{source.where}"
        )
    module: Any = importlib.import_module(source.module)
    draft: Draft = module.read(str(_expanded(where)) if source.is_on_disk else where, options)
    return draft


def of_draft(path: Path, draft: Draft, options: ReadOptions) -> Inventory:
    """Return the inventory that a draft means.

    Raises:
        InventoryError: Holds every problem, each with its place in the source.
    """
    drafts: Any = importlib.import_module(_DRAFTS)
    native: Any = importlib.import_module(_NATIVE)
    problems: Sequence[Problem] = drafts.problems_of(draft, str(path), options)
    if problems:
        raise InventoryError(tuple(problems))
    # Where login lands at '>' is a matter of the devices, and no source says it but by having the secret.
    has_enable = draft.needs_enable or drafts.ENABLE_VARIABLE in os.environ
    root = drafts.tree(draft, options, has_enable=has_enable)
    beside = folder_of(path).absolute() / "inventory"
    inventory: Inventory = native.read_tree(str(path), root, beside)
    return replace(
        inventory,
        path=Path(identity(path)),
        notes=tuple(str(one) for one in draft.not_taken),
        left_out=sum(one.times for one in draft.not_taken if one.is_device),
    )


def _expanded(where: str) -> Path:
    """Return the path, `~` followed: no shell does that behind a colon."""
    try:
        return Path(where).expanduser()
    except RuntimeError:
        return Path(where)
