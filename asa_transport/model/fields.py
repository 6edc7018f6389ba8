"""What the documents say of a field beside its type; `core/documents/records` reads it.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# Of a field that documents of older releases do not have.
ADDED: Final[Mapping[str, Any]] = {"added": True}
# Of a field that no document has: the program itself needs it, and nobody else.
LEFT_OUT: Final[Mapping[str, Any]] = {"left_out": True}


def says(description: str | None = None, **limits: Any) -> Mapping[str, Any]:
    """Return what a document's schema says of a field: in words, and in limits as JSON Schema names them."""
    return {"schema": limits if description is None else {"description": description, **limits}}
