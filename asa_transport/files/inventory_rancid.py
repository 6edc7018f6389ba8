"""Read an inventory from RANCID's router.db: name, type and state of each device, a line each.

RANCID 3 separates by `;`, older ones by `:`.  Who logs in stands in .cloginrc, beside the passwords: that
file is not read.

Source: router.db(5) of RANCID 2.3 and 3.
"""

from __future__ import annotations

from typing import Final

from asa_transport.files.inventory_draft import Draft, Drafter, ReadOptions, Said, place
from asa_transport.files.source_text import lines_of

_UP: Final = "up"
# RANCID reads an ASA with what it reads IOS with, and has one type for both.
_ANY_CISCO: Final = "cisco"


def read(where: str, options: ReadOptions) -> Draft:
    """Return what the file says.

    Raises:
        InventoryError: It cannot be read.
    """
    del options
    drafter = Drafter()
    for number, line in lines_of(where):
        separator = ";" if ";" in line else ":"
        name, kind, state, *_ = (*(cell.strip() for cell in line.split(separator)), "", "")
        at = place(where, number)
        if state.lower() != _UP:
            drafter.leave_out(
                "devices whose state is not 'up'", "RANCID leaves them alone", at, is_device=True
            )
            continue
        platform = None
        if kind.lower() == _ANY_CISCO:
            drafter.leave_out(
                "devices of type 'cisco'", "taken; RANCID calls routers so too: look through them", at
            )
        else:
            platform = Said(text=kind, at=at)
        drafter.device(Said(text=name, at=at), {"host": Said(text=name, at=at)}, platform=platform)
    return drafter.draft()
