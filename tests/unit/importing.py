"""Inventories of other programs for the tests, and what becomes of them here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from asa_transport.files import inventory
from asa_transport.files.inventory_draft import ReadOptions
from asa_transport.flows.inventory_import import Imported, import_from
from asa_transport.model import Device

# In no output, file or message.
SENTINEL = "Hunter2SENTINEL"
NETAUDIT = ReadOptions(username="netaudit")


def imported(source: str, **columns: str) -> Imported:
    """Import a source; no secret is in what comes of it."""
    made = import_from(Path(source), replace(NETAUDIT, columns=columns))
    assert SENTINEL not in made.text
    assert not any(SENTINEL in note for note in made.inventory.notes)
    return made


def devices(source: str, folder: Path, **columns: str) -> Mapping[str, Device]:
    """Return the devices of a source by name: those that the written file has are the same."""
    made = imported(source, **columns)
    file = folder / "written.yaml"
    file.write_text(made.text, encoding="utf-8")
    again = inventory.load(file)
    assert again.devices == made.inventory.devices
    assert again.groups == made.inventory.groups
    assert again.credentials == made.inventory.credentials
    return {device.name: device for device in again.devices}
