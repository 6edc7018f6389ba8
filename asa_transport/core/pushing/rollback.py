"""Say which lines take a change back, from what the device shows.

Pure.

Source: docs/push.md, "One device, step by step".
"""

from __future__ import annotations

from collections.abc import Sequence

from asa_transport.asa.license_block import state_of
from asa_transport.asa.licensing import type_of, unrestorable
from asa_transport.core.judgement.cases.standing import standing
from asa_transport.model import Standing, Undertaking


def lines_back(block: Sequence[str] | None, undertaking: Undertaking) -> tuple[str, ...]:
    """Return the lines that take this change back from what a block shows; none where there is none of it.

    On a block that is somebody else's only what still reads as this change left it is taken back:
    the other values are not ours, and are left alone.

    Args:
        block: `None` where it could not be read: then all of the way back is sent.
    """
    default, rollback = undertaking.default_type, undertaking.rollback
    if block is None or standing(block, undertaking) is not Standing.FOREIGN:
        return rollback
    if not block or unrestorable(block) is not None:
        return ()
    now, wanted, before = (
        state_of(each, default) for each in (block, undertaking.predicted, undertaking.before)
    )
    is_type_ours = now.type is wanted.type and wanted.type is not before.type
    is_proxy_ours = now.proxy == wanted.proxy and wanted.proxy != before.proxy
    ours = [line for line in rollback[1:] if (is_type_ours if type_of(line) is not None else is_proxy_ours)]
    return (rollback[0], *ours) if ours else ()
