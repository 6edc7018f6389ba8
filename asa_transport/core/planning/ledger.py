"""Say which exceptions ledger a plan was made under, and whether another one goes on from it.

Pure.  Entries are only ever added at the end, and closing one adds a time to it; so a later state of
the same ledger begins with the entries of the earlier one.

Source: docs/outage.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from asa_transport.model import Exemption, LedgerSeen
from asa_transport.text import instant


def seen(entries: Sequence[Exemption]) -> LedgerSeen:
    """Return what a plan keeps of a ledger."""
    values = [
        [entry.device, instant(entry.until), entry.owner, entry.ticket, entry.reason, instant(entry.added_at)]
        for entry in entries
    ]
    canonical = json.dumps(values, separators=(",", ":"), ensure_ascii=True)
    return LedgerSeen(entries=len(entries), sha256=hashlib.sha256(canonical.encode("ascii")).hexdigest())


def goes_on(entries: Sequence[Exemption], from_: LedgerSeen) -> bool:
    """Return whether these entries begin with those of the earlier ledger."""
    return seen(entries[: from_.entries]) == from_
