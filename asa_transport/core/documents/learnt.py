"""What was learnt of releases, as the program keeps it: written, and read back strictly.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from asa_transport.core.documents.records import WireError, decode, encode
from asa_transport.core.judgement.cases.learnt import ACTING
from asa_transport.model import Learnt

SCHEMA: Final = "asa-transport/learnt/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    schema: str
    entries: tuple[Learnt, ...]


def document(entries: Sequence[Learnt]) -> dict[str, Any]:
    """Return what is kept."""
    found: dict[str, Any] = encode(_Kept(schema=SCHEMA, entries=tuple(entries)))
    return found


def read(value: Any) -> tuple[Learnt, ...]:
    """Return the entries; raise WireError where the value is not what `document` returns."""
    # First: what another release keeps may have other keys.
    if isinstance(value, dict) and value.get("schema", SCHEMA) != SCHEMA:
        raise WireError(f"schema: {value['schema']!r:.80}, of another release; expected {SCHEMA!r}")
    kept = decode(_Kept, value)
    for number, entry in enumerate(kept.entries):
        if entry.id not in ACTING:
            raise WireError(
                f"entries[{number}].id: {entry.id!r:.80}; expected one of {', '.join(sorted(ACTING))}"
            )
    return kept.entries
