"""Choose the devices that `--limit` names.

Pure; files of `@file` are read by the caller's function.  Every pattern must
match something, so that a typing mistake never narrows or widens a push in
silence, and the order of the devices is kept.

Source: the help of `-l/--limit`; `&` and `!` count for the whole of it, as in Ansible ("Patterns:
targeting hosts and groups").
"""

from __future__ import annotations

import difflib
import enum
import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
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
_Index: TypeAlias = Mapping[str, Mapping[str, set[str]]]
# A file may name another one; a circle ends here.
_MAX_FILE_DEPTH = 5
_SUGGESTIONS = 2
# What a message line still holds.
_MOST_NAMES: Final = 5


class _Sign(enum.Enum):
    """What a pattern does with the devices that it names."""

    OR = ""
    AND = "&"
    NOT = "!"


class _WrongPattern(Exception):
    """A pattern is wrong; says which, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The devices that are meant, in their order.

    Attributes:
        devices: Those to work on; at least one where there are any devices.
        not_enabled: The others of those that are named: their inventory says `enabled: false`.
    """

    devices: tuple[Device, ...]
    not_enabled: tuple[Device, ...] = ()


def select(
    devices: Sequence[Device],
    patterns: Sequence[str],
    read_file: Callable[[str], str],
    *,
    option: str = "--limit",
) -> tuple[Device, ...]:
    """Return those of `named` that are enabled; errors as of `selection`."""
    return selection(devices, patterns, read_file, option=option).devices


def selection(
    devices: Sequence[Device],
    patterns: Sequence[str],
    read_file: Callable[[str], str],
    *,
    option: str = "--limit",
) -> Selection:
    """Return those of `named`, apart by whether they are enabled.

    Raises:
        SelectionError: As of `named`, or none of them is enabled.
    """
    found = named(devices, patterns, read_file, option=option)
    enabled = tuple(device for device in found if device.enabled)
    if found and not enabled:
        whose = f"{option} {_quoted(','.join(patterns))}" if patterns else "the inventory"
        raise SelectionError(
            f"{whose}: no device is left, because the inventory says 'enabled: false' of {_names(found)}; "
            "see 'asa-transport inventory show'"
        )
    return Selection(devices=enabled, not_enabled=tuple(one for one in found if not one.enabled))


def _names(devices: Sequence[Device]) -> str:
    shown = ", ".join(device.name for device in devices[:_MOST_NAMES])
    return f"{shown} and {len(devices) - _MOST_NAMES} more" if len(devices) > _MOST_NAMES else shown


def named(
    devices: Sequence[Device],
    patterns: Sequence[str],
    read_file: Callable[[str], str],
    *,
    option: str = "--limit",
) -> tuple[Device, ...]:
    """Return the devices that a pattern names and none with `!` names; all of them without a pattern.

    A pattern is a name, a glob (`*`, `?`, `[…]`; upper and lower case differ),
    `group:NAME`, `tag:NAME`, `region:NAME` (globs too) or `@FILE`, with `!` before it
    for "not" and `&` for "and"; commas separate.  `&` and `!` count for all that is
    named, whatever the order, and `!` wins; with nothing but such patterns, all
    other devices are meant.

    Args:
        read_file: Returns the text of an `@FILE`: one pattern a line, `#` begins a comment.
            Its OSError or UnicodeError becomes a SelectionError.
        option: What messages call the place of the patterns.

    Raises:
        SelectionError: A pattern is empty or matches nothing, or no device is left.
    """
    if not patterns:
        return tuple(devices)
    index = _index(devices)
    try:
        terms = [term for pattern in patterns for term in _terms(pattern, read_file)]
        names = _meant(index, terms, _matches)
    except _WrongPattern as error:
        raise SelectionError(f"{option} {error}") from error
    chosen = tuple(device for device in devices if device.name in names)
    if not chosen:
        is_not = any(term.sign is _Sign.NOT for term in terms)
        why = (
            "because '!' excludes all of them; remove one '!' pattern"
            if is_not
            else "because none is in every '&' pattern; remove one '&' pattern"
        )
        raise SelectionError(f"{option} {_quoted(','.join(patterns))}: no device is left, {why}")
    return chosen


def names_of(devices: Sequence[Device], pattern: str) -> frozenset[str]:
    """Return the names that one pattern means among these devices; a term that matches none means none.

    For patterns that were checked against the whole inventory once, and meet a part of it here.
    """

    def matches(index: _Index, term: _Term) -> set[str]:
        try:
            return _matches(index, term)
        except _WrongPattern:
            return set()

    return frozenset(_meant(_index(devices), _terms(pattern, _no_file), matches))


def _no_file(name: str) -> str:
    raise SelectionError(f"@{name[:60]}: no file of patterns is read here; write the patterns themselves")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term:
    """A name, a glob or KIND:NAME; `at` is how a message calls it.

    What a person typed is quoted.  What stands in a file is not: it may be another program's, with passwords.

    Attributes:
        file: The patterns of a file that mean one set of devices; `text` is empty then.
    """

    text: str
    sign: _Sign
    at: str
    file: tuple[_Term, ...] = ()


def _meant(index: _Index, terms: Iterable[_Term], matches: Callable[[_Index, _Term], set[str]]) -> set[str]:
    """Return the names that the terms mean together."""
    found: dict[_Sign, list[set[str]]] = {sign: [] for sign in _Sign}
    for term in terms:
        names = _meant(index, term.file, matches) if term.file else matches(index, term)
        found[term.sign].append(names)
    # Without a pattern that names some, all are meant.
    wanted = found[_Sign.OR] or index["device"].values()
    return set().union(*wanted).intersection(*found[_Sign.AND]).difference(*found[_Sign.NOT])


def _terms(
    pattern: str, read_file: Callable[[str], str], depth: int = 0, at: str | None = None
) -> Iterable[_Term]:
    """Yield each term; `@FILE` is replaced by its terms."""
    for part in pattern.split(","):
        text = part.strip()
        sign = next((one for one in (_Sign.AND, _Sign.NOT) if text.startswith(one.value)), _Sign.OR)
        term = text.removeprefix(sign.value).strip()
        if not term or term in {"@", *(f"{kind}:" for kind in _KINDS)}:
            raise _WrongPattern(
                f"{at or _quoted(pattern)}: a pattern is empty; {_EXPECTED}, separated by ','"
            )
        if sign is not _Sign.OR and term[0] in "!&":
            raise _WrongPattern(f"{at or _quoted(text)}: '!' and '&' stand together; write one of them")
        if term.startswith("@"):
            yield from _of_file(tuple(_file_terms(term[1:], read_file, depth + 1)), sign)
        else:
            yield _Term(text=term, sign=sign, at=at or _quoted(term))


def _of_file(inner: tuple[_Term, ...], sign: _Sign) -> Iterable[_Term]:
    """Yield what the patterns of a file are where it is named with this sign."""
    has_and = any(term.sign is _Sign.AND for term in inner)
    if sign is _Sign.AND or (sign is _Sign.NOT and has_and):
        yield _Term(text="", sign=sign, at="", file=inner)
    elif sign is _Sign.NOT:
        yield from (replace(term, sign=_Sign.OR if term.sign is _Sign.NOT else _Sign.NOT) for term in inner)
    else:
        yield from inner


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
    """Return the names of the devices that a term means, whatever its sign: at least one."""
    kind, colon, value = term.text.partition(":")
    if not colon:
        kind, value = "device", term.text
    elif kind not in _KINDS:
        raise _WrongPattern(f"{term.at}: {_no_kind(index, term, kind)}")
    by_label = index[kind]
    if value in by_label:
        return by_label[value]
    found = _named_so(by_label, value)
    if not found:
        near = [_quoted(label) for label in difflib.get_close_matches(value[:100], by_label, n=_SUGGESTIONS)]
        # What is nearly a name is no password.
        shown = f" {_quoted(term.text)}:" if near and not _is_typed(term) else ""
        hint = _hint(index, kind, value, near, is_typed=_is_typed(term))
        raise _WrongPattern(f"{term.at}:{shown} {_LABELS[kind]}; {hint}")
    return found


def _named_so(by_label: Mapping[str, set[str]], glob: str) -> set[str]:
    matcher = re.compile(fnmatch.translate(glob))
    return {name for label, names in by_label.items() if matcher.match(label) for name in names}


def _no_kind(index: _Index, term: _Term, kind: str) -> str:
    """Return why the word before a colon is wrong: other programs join patterns by one."""
    parts = [(part[:1] if part[:1] in "!&" else "", part.lstrip("!&")) for part in term.text.split(":")]
    kinds = [next((one for one in _LABELS if word in index[one]), None) for _, word in parts]
    if None not in kinds:
        words = zip(parts, kinds, strict=True)
        meant = ",".join(f"{sign}{_written(str(one), word)}" for (sign, word), one in words)
        return f"':' joins nothing here; write {meant}"
    shown = _quoted(f"{kind}:") if _is_typed(term) else "the word before ':'"
    return f"{shown} is not known; {_EXPECTED}"


def _written(kind: str, word: str) -> str:
    return word if kind == "device" else f"{kind}:{word}"


def _hint(index: _Index, kind: str, value: str, near: Sequence[str], *, is_typed: bool) -> str:
    # A word that is here is no secret.
    others = [one for one in _LABELS if one != kind and value in index[one]]
    if others:
        return f"it is a {others[0]}: write {_written(others[0], value)}"
    if kind == "device" and value in index[_ADDRESS]:
        return f"it is the address of {min(index[_ADDRESS][value])}: write that name"
    if kind == "device" and value == _EVERY:
        return "leave --limit out for all devices"
    if near:
        return f"did you mean {' or '.join(near)}?"
    return (
        is_typed and kind == "device" and _label_meant(index, value)
    ) or "see 'asa-transport inventory show'"


def _label_meant(index: _Index, value: str) -> str | None:
    """Return what a word may mean that names no device: a glob of groups or tags, or nearly one of them."""
    for one in _KINDS:
        if _named_so(index[one], value):
            return f"{one}s are named so: write {one}:{value}"
    labels = {label: one for one in reversed(_KINDS) for label in index[one]}
    near = difflib.get_close_matches(value[:100], labels, n=1)
    return f"did you mean {_quoted(_written(labels[near[0]], near[0]))}?" if near else None


def _is_typed(term: _Term) -> bool:
    return term.at == _quoted(term.text)


def _index(devices: Sequence[Device]) -> _Index:
    return {kind: _by_label(devices, kind) for kind in (*_LABELS, _ADDRESS)}


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
