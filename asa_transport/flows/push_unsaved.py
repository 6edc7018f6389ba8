"""Look, right before saving, whether somebody else has changed the configuration since our lines.

Reads only.

Source: docs/push.md, "One device, step by step"; the reading of the two times is inferred.
"""

from __future__ import annotations

from asa_transport.asa.replies import Objected
from asa_transport.capabilities import Session
from asa_transport.core.pushing.config_trace import others_change
from asa_transport.flows.push_reader import PushReader
from asa_transport.model import ConfigTrace, ContactRequest, Unsaved


def changed_by_others(
    reader: PushReader, session: Session, request: ContactRequest | None, policy: Unsaved, warnings: list[str]
) -> Objected | None:
    """Return what somebody else has changed since our lines, where it is not ours to save.

    Args:
        request: It has the trace that our lines left.
        warnings: What is saved all the same, as the policy says, is added to it.
    """
    found = _found(reader, session, request)
    if found is None:
        return None
    if policy is Unsaved.INCLUDE:
        warnings.append(f"{found}: this was saved too (policy: unsaved)")
        return None
    return Objected(reason=f"{found}, and this push may not save it (policy: unsaved)")


def note_late_change(
    reader: PushReader, session: Session, request: ContactRequest | None, policy: Unsaved, warnings: list[str]
) -> None:
    """Tell what somebody changed between the last look and our save, which may have saved it."""
    found = _found(reader, session, request)
    if found is not None and policy is not Unsaved.INCLUDE:
        warnings.append(f"{found}; this was changed during the save, and may have been saved too")


def _found(reader: PushReader, session: Session, request: ContactRequest | None) -> str | None:
    ours = ConfigTrace() if request is None else request.trace
    return others_change(ours, reader.trace(session), reader.notes.device.username)
