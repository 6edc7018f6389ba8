"""Read the assumptions that the program ships: what it rests on and no public source proves.

Source: asa/assumptions.yaml, which a test checks, and not every run.
"""

from __future__ import annotations

import functools
import importlib.resources
from collections.abc import Callable, Mapping
from typing import Any, Final

from asa_transport.files import yamltext
from asa_transport.model import Assumption, Confidence, Effect

_PACKAGE: Final = "asa_transport.asa"
_RESOURCE: Final = "assumptions.yaml"


@functools.cache
def load() -> tuple[Assumption, ...]:
    """Return the rows, in the file's order."""
    data = importlib.resources.files(_PACKAGE).joinpath(_RESOURCE).read_bytes()
    document = yamltext.parse(data, file=_RESOURCE)
    if document.root is None or document.problems:
        raise ValueError(f"{_RESOURCE}: {document.problems}")
    file: Any = yamltext.to_plain(document.root)
    return tuple(
        Assumption(id=name, **{key: _KINDS.get(key, str)(value) for key, value in row.items()})
        for name, row in file["assumptions"].items()
    )


def _named(value: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    return {kind: tuple(names) for kind, names in value.items()}


# What is not one text.
_KINDS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "confidence": Confidence,
    "effect": Effect,
    "shown_by": tuple,
    "used_by": _named,
}
