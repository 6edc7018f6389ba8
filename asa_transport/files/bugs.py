"""Read the bug catalogue that the program ships, and a user's own over it.

An entry of the user's file replaces ours of the same id as a whole, and the result says so.  Never judges a
version, never goes to the network.

Source: data/bugs.yaml; `bug_file.py` reads what a user has written.
"""

from __future__ import annotations

import hashlib
import importlib.resources
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from asa_transport.errors import CatalogueError
from asa_transport.files import yamltext
from asa_transport.files.user_file import data_of
from asa_transport.model import Bug, Catalogue, Severity

SHIPPED: Final = "bugs.yaml (shipped)"
_PACKAGE: Final = "asa_transport.data"
_RESOURCE: Final = "bugs.yaml"


def load(path: Path | None, *, train_of: Callable[[str], Hashable]) -> Catalogue:
    """Return the shipped catalogue, with the user's file merged into it.

    Args:
        path: The user's file; `None` where there is none.
        train_of: Returns the train of a release as written; its ValueError becomes a
            problem at the release's place.

    Raises:
        CatalogueError: Holds every problem of one file, in file order.
    """
    data = importlib.resources.files(_PACKAGE).joinpath(_RESOURCE).read_bytes()
    version, ours = shipped(data, train_of)
    if path is None:
        return _catalogue(version, ours, {}, (data,))
    mine = data_of(path, CatalogueError)
    _, theirs = _checked(str(path), mine, train_of, ours)
    return _catalogue(version, ours, theirs, (data, mine))


def shipped(data: bytes, train_of: Callable[[str], Hashable]) -> tuple[str, dict[str, Bug]]:
    """Return the version and the entries of our own file, which a test checks, and not every run.

    Raises:
        CatalogueError: Somebody has edited it, and it cannot be read; holds every problem.
    """
    document = yamltext.parse(data, file=SHIPPED)
    if document.root is not None and not document.problems:
        try:
            return _plainly(yamltext.to_plain(document.root))
        except (AttributeError, KeyError, TypeError, ValueError):
            pass
    return _checked(SHIPPED, data, train_of, ())


def _plainly(file: Any) -> tuple[str, dict[str, Bug]]:
    bugs = {
        name: Bug(id=name, **{key: _KINDS.get(key, str.__str__)(value) for key, value in entry.items()})
        for name, entry in file["bugs"].items()
    }
    return file["version"], bugs


def _texts(value: list[str]) -> tuple[str, ...]:
    return tuple(list.copy(value))


# What an entry of ours has that is not one text; a value of another kind is an error.
_KINDS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "severity": Severity,
    "as_of": date.fromisoformat,
    **dict.fromkeys(("affected", "fixed_in", "platforms"), _texts),
    **dict.fromkeys(
        ("blocks", "breaks_contact", "trusts_proxy_status"), {"true": True, "false": False}.__getitem__
    ),
}


def _checked(
    file: str, data: bytes, train_of: Callable[[str], Hashable], known: Iterable[str]
) -> tuple[str, dict[str, Bug]]:
    # Brings pydantic, and importing that takes longer than most commands.
    from asa_transport.files import bug_file  # noqa: PLC0415

    return bug_file.read(file, data, train_of, known)


def _catalogue(
    version: str, ours: Mapping[str, Bug], theirs: Mapping[str, Bug], read: tuple[bytes, ...]
) -> Catalogue:
    merged = {**ours, **theirs}
    digest = hashlib.sha256(read[0])
    for data in read[1:]:
        # A separator that no YAML file can hold: two files never look like one.
        digest.update(b"\0" + data)
    return Catalogue(
        bugs=tuple(merged[name] for name in sorted(merged)),
        version=version,
        sha256=digest.hexdigest(),
        replaced=tuple(sorted(name for name in theirs if name in ours)),
        added=tuple(sorted(name for name in theirs if name not in ours)),
    )
