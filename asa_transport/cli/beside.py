"""The files that stand beside the inventory: `policy.yaml`, `exceptions.yaml`, `waivers.yaml`.

A file that the user names is used and must be there; one that nobody names is used
if it is there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from asa_transport.userfiles.plainfile import is_named

POLICY_NAME: Final = "policy.yaml"
EXCEPTIONS_NAME: Final = "exceptions.yaml"
WAIVERS_NAME: Final = "waivers.yaml"


def policy_path(inventory: Path, given: Path | None) -> Path | None:
    """Return the policy file: as given, else the one beside the inventory, else `None` for the defaults."""
    if given is not None:
        return given
    beside = inventory.parent / POLICY_NAME
    # By its name alone: a link that leads nowhere is a policy that cannot be read, not "no policy".
    return beside if is_named(beside) else None


def exceptions_path(inventory: Path, given: Path | None) -> Path:
    """Return the exceptions file: as given, else the one beside the inventory, which may not be there yet."""
    return given if given is not None else inventory.parent / EXCEPTIONS_NAME


def waivers_path(inventory: Path, given: Path | None) -> Path:
    """Return the waivers file: as given, else the one beside the inventory, which may not be there yet."""
    return given if given is not None else inventory.parent / WAIVERS_NAME
