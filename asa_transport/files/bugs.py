"""Read the bug catalogue that the program ships, and a user's own over it.

Guarantees every problem of a file at once, in file order, each with its line and
column; unknown keys are refused.  An entry of the user's file replaces ours of the same
id as a whole, and the result says so.  Never judges a version, never goes to the network.

Source: data/bugs.yaml describes the form.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asa_transport.errors import CatalogueError
from asa_transport.files import other_files, yamltext
from asa_transport.files.checker import Checker, quoted, why_unreadable
from asa_transport.files.fields import boolean, day
from asa_transport.files.regular_file import read_plain
from asa_transport.files.yamltext import Entry, Node, Scalar
from asa_transport.model import Bug, Catalogue, Problem, Severity

SHIPPED: Final = "bugs.yaml (shipped)"
_PACKAGE: Final = "asa_transport.data"
_RESOURCE: Final = "bugs.yaml"
_REQUIRED: Final = ("title", "severity", "source", "as_of")
_KEYS: Final = (
    "title", "severity", "affected", "fixed_in", "platforms", "blocks", "breaks_contact",
    "trusts_proxy_status", "detail", "remedy", "source", "as_of",
)  # fmt: skip
# The beginning of a model's name: `FPR-21`, `Firepower 21`, `ASAv`.
_PLATFORM: Final = re.compile(r"[A-Za-z][A-Za-z0-9 -]*")
_SEVERITIES: Final = tuple(severity.value for severity in Severity)


def load(path: Path | None, *, train_of: Callable[[str], Hashable]) -> Catalogue:
    """Return the shipped catalogue, with the user's file merged into it.

    Args:
        path: The user's file; `None` where there is none.
        train_of: Returns the train of a release as written; its ValueError becomes a
            problem at the release's place.

    Raises:
        CatalogueError: Holds every problem of one file, in file order.
    """
    ours_data = importlib.resources.files(_PACKAGE).joinpath(_RESOURCE).read_bytes()
    ours = _Reader(SHIPPED, ours_data, train_of).read({})
    if path is None:
        return _catalogue(ours, _File(version="", bugs={}), (ours_data,))
    data = _read_bytes(path)
    theirs = _Reader(str(path), data, train_of).read({name.lower(): name for name in ours.bugs})
    return _catalogue(ours, theirs, (ours_data, data))


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    version: str
    bugs: Mapping[str, Bug]


def _catalogue(ours: _File, theirs: _File, read: tuple[bytes, ...]) -> Catalogue:
    merged = {**ours.bugs, **theirs.bugs}
    digest = hashlib.sha256(read[0])
    for data in read[1:]:
        # A separator that no YAML file can hold: two files never look like one.
        digest.update(b"\0" + data)
    return Catalogue(
        bugs=tuple(merged[name] for name in sorted(merged)),
        version=ours.version,
        sha256=digest.hexdigest(),
        replaced=tuple(sorted(name for name in theirs.bugs if name in ours.bugs)),
        added=tuple(sorted(name for name in theirs.bugs if name not in ours.bugs)),
    )


def _read_bytes(path: Path) -> bytes:
    try:
        return read_plain(path, yamltext.MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise CatalogueError((Problem(file=str(path), message=why_unreadable(error)),)) from error


class _Reader:
    """Reads one file; ids are taken from their keys."""

    def __init__(self, file: str, data: bytes, train_of: Callable[[str], Hashable]) -> None:
        self._document = yamltext.parse(data, file=file)
        self._train_of = train_of
        self.checker = Checker(file, self._document.problems)

    def read(self, folded: dict[str, str]) -> _File:
        """Return the entries; ``folded`` maps ids in lower case that are known already to their spelling."""
        if self._document.root is None:
            raise CatalogueError(self._document.problems)
        found = self._file(self._document.root, dict(folded))
        if self.checker.problems:
            raise CatalogueError(self.checker.problems)
        return found

    def _file(self, root: Node, folded: dict[str, str]) -> _File:
        bugs: dict[str, Bug] = {}
        top = other_files.top(self.checker, root, other_files.BUGS)
        sections = {} if top is None else self.checker.fields(top, other_files.BUGS.keys, "bug catalogue")
        if top is not None and "bugs" not in sections:
            self.checker.add(top, "bug catalogue: no bugs; add bugs: {ID: {title: TEXT, ...}}")
        section = "bugs" in sections and self.checker.mapping(sections["bugs"].value, "bugs", empty_ok=True)
        for entry in section.entries if section else ():
            name = self.checker.name(entry.key, "bug id")
            if name is None:
                continue
            known = folded.setdefault(name.lower(), name)
            if known != name:
                self.checker.add(entry.key, f"bug {name}: differs from {known} only in case; write {known}")
            bug = self._bug(entry, name)
            if bug is not None:
                bugs[name] = bug
        version = sections.get("version")
        text = None if version is None else self.checker.text(version.value, "version")
        return _File(version=text or "", bugs=bugs)

    def _bug(self, entry: Entry, name: str) -> Bug | None:
        """Return the entry, or `None` where something that it needs is wrong or missing; that is noted."""
        what = f"bug {name}"
        mapping = self.checker.mapping(entry.value, what)
        if mapping is None:
            return None
        fields = self.checker.fields(mapping, _KEYS, what)
        for key in _REQUIRED:
            if key not in fields:
                self.checker.add(entry.key, f"{what}: no {key}; add it")
        texts = {key: self._text(fields, key, what) for key in ("title", "source", "detail", "remedy")}
        severity = self._severity(fields, what)
        as_of = day(self.checker, fields["as_of"].value, f"{what}: as_of") if "as_of" in fields else None
        affected, fixed_in = self._affected(fields, what), self._fixed_in(fields, what)
        platforms = self._platforms(fields, what)
        blocks = self._flag(fields, "blocks", what, default=False)
        breaks = self._flag(fields, "breaks_contact", what, default=False)
        trusts = self._flag(fields, "trusts_proxy_status", what, default=True)
        if blocks and "fixed_in" not in fields:
            self.checker.add(
                fields["blocks"].value,
                f"{what}: blocks: true without fixed_in would hold every device for ever; add fixed_in",
            )
        if severity is None or as_of is None or texts["title"] is None or texts["source"] is None:
            return None
        return Bug(
            id=name, title=texts["title"], severity=severity, affected=affected, fixed_in=fixed_in,
            platforms=platforms, blocks=blocks, breaks_contact=breaks, trusts_proxy_status=trusts,
            detail=texts["detail"] or "", remedy=texts["remedy"] or "", source=texts["source"], as_of=as_of,
        )  # fmt: skip

    def _text(self, fields: Mapping[str, Entry], key: str, what: str) -> str | None:
        return self.checker.text(fields[key].value, f"{what}: {key}") if key in fields else None

    def _severity(self, fields: Mapping[str, Entry], what: str) -> Severity | None:
        if "severity" not in fields:
            return None
        text = self.checker.choice(fields["severity"].value, f"{what}: severity", _SEVERITIES)
        return None if text is None else Severity(text)

    def _flag(self, fields: Mapping[str, Entry], key: str, what: str, *, default: bool) -> bool:
        value = boolean(self.checker, fields[key].value, f"{what}: {key}") if key in fields else None
        return default if value is None else value

    def _affected(self, fields: Mapping[str, Entry], what: str) -> tuple[str, ...]:
        items = self._list(fields, "affected", what)
        for item in items:
            try:
                self._train_of(item.text)
            except ValueError as error:
                self.checker.add(item, f"{what}: affected: {error}")
        return tuple(item.text for item in items)

    def _fixed_in(self, fields: Mapping[str, Entry], what: str) -> tuple[str, ...]:
        items = self._list(fields, "fixed_in", what)
        trains: dict[Hashable, str] = {}
        for item in items:
            try:
                train = self._train_of(item.text)
            except ValueError as error:
                self.checker.add(item, f"{what}: fixed_in: {error}")
                continue
            first = trains.setdefault(train, item.text)
            if first is not item.text:
                self.checker.add(
                    item,
                    f"{what}: fixed_in: {quoted(item.text)} is of the same train as {quoted(first)}; "
                    "keep the first fixed release of each train",
                )
        return tuple(item.text for item in items)

    def _platforms(self, fields: Mapping[str, Entry], what: str) -> tuple[str, ...]:
        items = self._list(fields, "platforms", what)
        for item in items:
            if not _PLATFORM.fullmatch(item.text):
                self.checker.add(
                    item,
                    f"{what}: platforms: {quoted(item.text)} is not the beginning of a model name; "
                    "expected e.g. FPR-21 or ASAv",
                )
        return tuple(item.text for item in items)

    def _list(self, fields: Mapping[str, Entry], key: str, what: str) -> tuple[Scalar, ...]:
        if key not in fields:
            return ()
        value = fields[key].value
        items = self.checker.each(value, f"{what}: {key}", self.checker.text)
        if isinstance(value, yamltext.Sequence) and not value.items:
            self.checker.add(value, f"{what}: {key}: the list is empty; leave the key out")
        return items or ()
