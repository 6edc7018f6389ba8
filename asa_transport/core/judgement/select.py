"""Choose the devices that `--limit` names.

Pure; files of `@file` are read by the caller's function.  Every pattern must
match something, so that a typing mistake never narrows or widens a push in
silence, and the order of the devices is kept.

Source: the help of `-l/--limit`.
"""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from asa_transport.errors import SelectionError
from asa_transport.model import Device
from asa_transport.text import visible

_KINDS: Final = ("group", "tag", "region")
# What a message says where no device has what a kind of pattern compares.
_LABELS: Final = {
    "device": "no device has this name",
    "group": "no device is in this group",
    "tag": "no device has this tag",
    "region": "no device is in this region",
}
_EXPECTED: Final = "expected a name, a glob (fw-*), group:NAME, tag:NAME, region:NAME or @FILE"
# What no pattern compares, and people write all the same.
_ADDRESS: Final = "host"
# What Ansible calls every device.
_EVERY: Final = "all"
# Kind, then label, then the names of the devices that carry it.
_Index: TypeAlias = dict[str, dict[str, set[str]]]
# A file may name another one; a circle ends here.
_MAX_FILE_DEPTH = 5
_SUGGESTIONS = 2


class _WrongPattern(Exception):
    """A pattern is wrong; says which, and why."""


def select(
    devices: Sequence[Device],
    patterns: Sequence[str],
    read_file: Callable[[str], str],
    *,
    option: str = "--limit",
) -> tuple[Device, ...]:
    """Return the devices that a pattern names and none with `!` names; all of them without a pattern.

    A pattern is a name, a glob (`*`, `?`, `[…]`; upper and lower case differ),
    `group:NAME`, `tag:NAME`, `region:NAME` (globs too) or `@FILE`, with `!` before it
    for "not"; commas separate.  `!` wins whatever the order; with nothing but `!`
    patterns, all other devices are meant.

    Args:
        read_file: Returns the text of an `@FILE`: one pattern a line, `#` begins a comment.
            Its OSError or UnicodeError becomes a SelectionError.
        option: What messages call the place of the patterns.

    Raises:
        SelectionError: A pattern is empty or matches nothing, or no device is left.
    """
    if not patterns:
        return tuple(devices)
    index = {kind: _by_label(devices, kind) for kind in (*_LABELS, _ADDRESS)}
    wanted: set[str] = set()
    unwanted: set[str] = set()
    only_exclusions = True
    try:
        for pattern in patterns:
            for term in _terms(pattern, read_file):
                names = _matches(index, term)
                if term.is_not:
                    unwanted |= names
                else:
                    only_exclusions = False
                    wanted |= names
    except _WrongPattern as error:
        raise SelectionError(f"{option} {error}") from error
    chosen = tuple(
        device
        for device in devices
        if device.name not in unwanted and (only_exclusions or device.name in wanted)
    )
    if not chosen:
        raise SelectionError(
            f"{option} {_quoted(','.join(patterns))}: no device is left, because '!' excludes all of them; "
            "remove one '!' pattern"
        )
    return chosen


def names_of(devices: Sequence[Device], pattern: str) -> frozenset[str]:
    """Return the names that one pattern means among these devices; a term that matches none means none.

    For patterns that were checked against the whole inventory once, and meet a part of it here.
    """
    index = {kind: _by_label(devices, kind) for kind in (*_LABELS, _ADDRESS)}
    wanted: set[str] = set()
    unwanted: set[str] = set()
    only_exclusions = True
    for term in _terms(pattern, _no_file):
        try:
            names = _matches(index, term)
        except _WrongPattern:
            names = set()
        if term.is_not:
            unwanted |= names
        else:
            only_exclusions = False
            wanted |= names
    everyone = {device.name for device in devices}
    return frozenset((everyone if only_exclusions else wanted) - unwanted)


def _no_file(name: str) -> str:
    raise SelectionError(f"@{name[:60]}: no file of patterns is read here; write the patterns themselves")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term:
    """A name, a glob or KIND:NAME; `at` is how a message calls it.

    What a person typed is quoted.  What stands in a file is not: it may be another program's, with passwords.
    """

    text: str
    is_not: bool
    at: str


def _terms(
    pattern: str, read_file: Callable[[str], str], depth: int = 0, at: str | None = None
) -> Iterable[_Term]:
    """Yield each term; `@FILE` is replaced by its terms."""
    for part in pattern.split(","):
        text = part.strip()
        is_not = text.startswith("!")
        term = text.removeprefix("!").strip()
        if not term or term in {"@", *(f"{kind}:" for kind in _KINDS)}:
            raise _WrongPattern(
                f"{at or _quoted(pattern)}: a pattern is empty; {_EXPECTED}, separated by ','"
            )
        if not term.startswith("@"):
            yield _Term(text=term, is_not=is_not, at=at or _quoted(term))
            continue
        for inner in _file_terms(term[1:], read_file, depth + 1):
            yield replace(inner, is_not=is_not != inner.is_not)


def _file_terms(name: str, read_file: Callable[[str], str], depth: int) -> Iterable[_Term]:
    if depth > _MAX_FILE_DEPTH:
        raise _WrongPattern(
            f"{_quoted(name)}: more than {_MAX_FILE_DEPTH} files include each other; is there a loop?"
        )
    try:
        text = read_file(name)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise _WrongPattern(
            f"{_quoted(name)}: cannot be read: {reason}; give a file with one pattern a line"
        ) from error
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    if not any(lines):
        raise _WrongPattern(f"{_quoted(name)}: the file is empty; write one pattern a line")
    for number, line in enumerate(lines, 1):
        if line:
            yield from _terms(line, read_file, depth, at=f"@{visible(name)}, line {number}")


def _matches(index: _Index, term: _Term) -> set[str]:
    """Return the names of the devices that a term without `!` means: at least one."""
    kind, colon, value = term.text.partition(":")
    if not colon:
        kind, value = "device", term.text
    elif kind not in _KINDS:
        shown = _quoted(f"{kind}:") if _is_typed(term) else "the word before ':'"
        raise _WrongPattern(f"{term.at}: {shown} is not known; {_EXPECTED}")
    by_label = index[kind]
    if value in by_label:
        return by_label[value]
    matcher = re.compile(fnmatch.translate(value))
    found = {name for label, names in by_label.items() if matcher.match(label) for name in names}
    if not found:
        near = [_quoted(label) for label in difflib.get_close_matches(value[:100], by_label, n=_SUGGESTIONS)]
        # What is nearly a name is no password.
        shown = f" {_quoted(term.text)}:" if near and not _is_typed(term) else ""
        hint = _hint(index, kind, value, near)
        raise _WrongPattern(f"{term.at}:{shown} {_LABELS[kind]}; {hint}")
    return found


def _hint(index: _Index, kind: str, value: str, near: Sequence[str]) -> str:
    # A word that is here is no secret.
    others = [one for one in _KINDS if kind == "device" and value in index[one]]
    if others:
        return f"it is a {others[0]}: write {others[0]}:{value}"
    if kind == "device" and value in index[_ADDRESS]:
        return f"it is the address of {min(index[_ADDRESS][value])}: write that name"
    if kind == "device" and value == _EVERY:
        return "leave --limit out for all devices"
    return f"did you mean {' or '.join(near)}?" if near else "see 'asa-transport inventory show'"


def _is_typed(term: _Term) -> bool:
    return term.at == _quoted(term.text)


def _by_label(devices: Sequence[Device], kind: str) -> dict[str, set[str]]:
    by_label: dict[str, set[str]] = {}
    for device in devices:
        for label in _labels(device, kind):
            by_label.setdefault(label, set()).add(device.name)
    return by_label


def _labels(device: Device, kind: str) -> tuple[str, ...]:
    if kind == "group":
        return device.groups
    if kind == "tag":
        return device.tags
    if kind == "region":
        return () if device.region is None else (device.region,)
    return (device.host if kind == _ADDRESS else device.name,)


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "…")
