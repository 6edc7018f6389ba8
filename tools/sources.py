"""Fill the part of docs/architecture.md that lists the documents which facts about ASA come from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from asa_transport.asa import sources
from tools import parts


def _documents() -> Iterator[str]:
    for document in vars(sources).values():
        if isinstance(document, sources.Document):
            yield f"- [{document.title}]({document.address})"


architecture = partial(parts.filled, parts={"sources": _documents}, path="docs/architecture.md")
