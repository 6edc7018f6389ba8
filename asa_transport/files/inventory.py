"""Read the inventory from wherever it is kept: one row for each kind of source.

A source is a function that takes a path and returns an `Inventory`, or raises InventoryError with
every problem that it found; it contacts nothing and obtains no secret.

Source: docs/schemas/inventory.json.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asa_transport.files import inventory_native
from asa_transport.model import Inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One kind of inventory.

    Attributes:
        name: What people call it.
        takes: Whether a path, which may not exist, is one of this kind.
        load: Returns its devices, or raises InventoryError.
    """

    name: str
    takes: Callable[[Path], bool]
    load: Callable[[Path], Inventory]


# The first that takes a path reads it; our own format, which takes every path, is the last.
SOURCES: Final = (Source(name="native", takes=lambda _path: True, load=inventory_native.load),)


def load(path: Path) -> Inventory:
    """Return the inventory at a path.

    Raises:
        InventoryError: Holds every problem, in the order of the file.
    """
    return next(source for source in SOURCES if source.takes(path)).load(path)
