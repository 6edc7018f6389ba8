"""Find in one line of an answer what names somebody, and what nobody can tell.

Pure; no text raises.  What a position or a detector finds is a span with its kind; of the rest each word is
the ASA's own (`asa/own_words`), or doubtful.  A line that is longer than any real one is not looked at by
patterns: all of its words are doubtful that are not the ASA's.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from asa_transport.asa import chatter, prompts
from asa_transport.asa.identifying import DETECTORS, OWN, PLACES, POSITIONS, URL, ZONES, Kind
from asa_transport.asa.own_words import is_own, is_own_name
from asa_transport.core.parsing.lines import LONGEST_LINE, PROMPT_ECHO

# What is looked for; beside `Kind`, a place that is the ASA's own, and a URL, which has parts.
_Found: TypeAlias = Kind | str
# Letters of any language, digits, and what joins them; and each sign that is not ASCII, but for those that
# make a line unreadable to templates, which it has to stay.
_WORD: Final = re.compile(
    r"[^\W_]+(?:[-_.'’][^\W_]+)*|[^\x00-\x9f\s\w\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffd]+"
)
_USER: Final = re.compile(r"(?P<user>[^\s/?#@:]*)(?::(?P<key>[^\s/?#@]*))?@")
_HOST: Final = re.compile(r"\[?(?P<host>[^\]/?#\s]*?)\]?(?::\d{1,5})?(?=[/?#\s]|$)")
_CISCO: Final = re.compile(r"(?:[\w-]{1,63}\.){1,4}cisco\.com", re.IGNORECASE)
_MASK: Final = re.compile(
    r"(?:255|254|252|248|240|224|192|128|0)(?:\.(?:255|254|252|248|240|224|192|128|0)){3}"
)
_LOOPBACK: Final = ipaddress.ip_network("127.0.0.0/8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of a line; `kind` is `None` where it is the ASA's own."""

    start: int
    end: int
    kind: Kind | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one line holds, each in order; no two of these overlap.

    Attributes:
        spans: What names somebody.
        doubtful: Words that nobody can tell.
        own: What only looks like somebody's.
    """

    spans: tuple[Span, ...]
    doubtful: tuple[Span, ...]
    own: tuple[Span, ...]


def seen(line: str, known: Mapping[str, Kind]) -> Seen:
    """Return what a line holds.

    Args:
        line: Without its end.
        known: Names, in lower case, that stand elsewhere in the same answers.
    """
    taken = _taken(line)
    rest = tuple(_rest(line, taken, known))
    is_told = chatter.kind(line) is chatter.Chatter.SYSLOG
    # What a syslog line says is said by somebody's names; nobody has to be asked.
    named = (one for one in rest if one.kind is not Kind.TEXT or is_told)
    spans = sorted([*(span for span in taken if span.kind is not None), *named], key=lambda span: span.start)
    doubtful = () if is_told else tuple(one for one in rest if one.kind is Kind.TEXT)
    own = tuple(span for span in taken if span.kind is None)
    return Seen(spans=tuple(spans), doubtful=doubtful, own=own)


# Both looks at a capture ask for each line, and its distinct lines are few.
@functools.lru_cache(maxsize=65_536)
def _taken(line: str) -> tuple[Span, ...]:
    """Return what positions and detectors find, in order; where two overlap, the first of them."""
    taken: list[Span] = []
    for span in _found(line):
        if span.start < span.end and not any(one.start < span.end and span.start < one.end for one in taken):
            taken.append(span)
    return tuple(sorted(taken, key=lambda span: span.start))


def words(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the words of a text are."""
    for match in _WORD.finditer(text):
        yield match.span()


def _found(line: str) -> Iterator[Span]:
    if len(line) > LONGEST_LINE:
        return
    yield from _prompt(line)
    for pattern in POSITIONS:
        match = pattern.match(line)
        if match is not None:
            for place, value in match.groupdict().items():
                if value:
                    yield from _place(line, place.rstrip("0123456789"), *match.span(place))
    for match in ZONES.finditer(line):
        yield from (Span(start=match.start(n), end=match.end(n), kind=None) for n in (1, 2, 3) if match[n])
    for kind, detector in DETECTORS:
        for match in detector.finditer(line):
            yield from _detected(line, kind, *match.span(detector.groups))


def _prompt(line: str) -> Iterator[Span]:
    """Yield the names in a prompt that a line begins with, or is."""
    leading = prompts.leading(line) if PROMPT_ECHO.match(line) else None
    prompt = prompts.whole(line.rstrip()) if leading is None else leading[0]
    if prompt is None:
        return
    start = 0
    for part in prompt.parts:
        start = line.index(part, start)
        if part in prompt.names:
            yield from _named(line, Kind.NAME, start, start + len(part))
        start += len(part)


def _place(line: str, place: str, start: int, end: int) -> Iterator[Span]:
    if place == OWN:
        yield Span(start=start, end=end, kind=None)
    elif place == URL:
        yield from _url(line, start, end)
    else:
        yield from _named(line, PLACES[place], start, end)


def _named(line: str, kind: Kind, start: int, end: int) -> Iterator[Span]:
    """Yield what stands at a position of this kind."""
    value = line[start:end]
    if kind in {Kind.TEXT, Kind.FILE}:
        for a, b in words(value):
            yield from _in_text(line, kind, start + a, start + b)
        return
    if is_own_name(value):
        yield Span(start=start, end=end, kind=None)
        return
    if kind is Kind.SERVER:
        yield from _server(line, start, end)
        return
    if kind is Kind.EMAIL:
        yield from _detected(line, kind, start, end)
        return
    if kind in {Kind.NAME, Kind.USER} and (other := _other_kind(value)) is not None:
        kind = other
    yield Span(start=start, end=end, kind=kind)


def _in_text(line: str, kind: Kind, start: int, end: int) -> Iterator[Span]:
    """Yield a word of a text or a path, as what it is; of a file its ending stays."""
    value = line[start:end]
    if is_own(value):
        return
    stem, dot, ending = value.rpartition(".")
    if kind is Kind.FILE and dot and is_own(ending) and not is_address(value):
        yield Span(start=start, end=end - len(ending) - 1, kind=None if is_own(stem) else Kind.FILE)
        return
    yield Span(start=start, end=end, kind=_other_kind(value) or kind)


def _other_kind(value: str) -> Kind | None:
    """Return what a name is that is written as something else."""
    if is_address(value):
        return Kind.ADDRESS
    if "@" in value and DETECTORS[1][1].fullmatch(value):
        return Kind.EMAIL
    return Kind.SERVER if "." in value.strip(".") and " " not in value else None


def _server(line: str, start: int, end: int) -> Iterator[Span]:
    """Yield user, password and server of `[USER[:PASSWORD]@]SERVER[:PORT]`, and what stands behind it."""
    user = _USER.match(line, start, end)
    if user is not None:
        yield from (
            Span(start=user.start(place), end=user.end(place), kind=PLACES[place])
            for place in ("user", "key")
            if user[place]
        )
        start = user.end()
    if not is_address(line[start:end]):
        host = _HOST.match(line, start, end)
        if host is None:
            return
        yield from _path(line, host.end(), end)
        start, end = host.span("host")
    value = line[start:end]
    if is_address(value):
        yield from _detected(line, Kind.ADDRESS, start, end)
    elif value:
        is_known = _CISCO.fullmatch(value) is not None or is_own_name(value)
        yield Span(start=start, end=end, kind=None if is_known else Kind.SERVER)


def _url(line: str, start: int, end: int) -> Iterator[Span]:
    scheme = line.find("://", start, end)
    # Punctuation behind a URL is a sentence's.
    end -= len(line[start:end]) - len(line[start:end].rstrip(".,;)"))
    yield from _server(line, start if scheme < 0 else scheme + 3, end)


def _path(line: str, start: int, end: int) -> Iterator[Span]:
    """Yield the words of a path that are none of ours, and all of a query."""
    query = min(
        (at for at in (line.find("?", start, end), line.find("#", start, end)) if at >= 0), default=end
    )
    for a, b in words(line[start:query]):
        value = line[start + a : start + b]
        yield Span(start=start + a, end=start + b, kind=None if is_own(value) else Kind.FILE)
    if query + 1 < end:
        yield Span(start=query + 1, end=end, kind=Kind.KEY)


def _detected(line: str, kind: _Found, start: int, end: int) -> Iterator[Span]:
    """Yield what a detector found, if it is what it looks like."""
    value = line[start:end]
    match kind:
        case Kind.ADDRESS:
            if is_address(value):
                yield Span(start=start, end=end, kind=None if _is_nobodys(value) else Kind.ADDRESS)
        case Kind.SERVER:
            if all(is_own(value[a:b]) for a, b in words(value)) or _CISCO.fullmatch(value):
                return
            if not all(is_own(part) for part in value.split(".")):
                yield Span(start=start, end=end, kind=Kind.SERVER)
        case Kind.FILE:
            yield from _named(line, Kind.FILE, start, end)
        case Kind.EMAIL:
            is_ciscos = value.casefold().endswith("@cisco.com")
            yield Span(start=start, end=end, kind=None if is_ciscos else Kind.EMAIL)
        case Kind():
            yield Span(start=start, end=end, kind=kind)
        case _:
            yield from _url(line, start, end)


def is_address(value: str) -> bool:
    """Return whether this is an IP address."""
    try:
        ipaddress.ip_address(value.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_nobodys(value: str) -> bool:
    """Return whether an address is a mask, or one that every host has."""
    address = ipaddress.ip_address(value.partition("%")[0])
    if address.is_unspecified or address.is_loopback:
        return True
    return _MASK.fullmatch(value) is not None


def _rest(line: str, taken: Iterable[Span], known: Mapping[str, Kind]) -> Iterator[Span]:
    """Yield what is left beside the spans: known names with their kind, doubtful words as text."""
    at = 0
    for span in (*taken, Span(start=len(line), end=len(line), kind=None)):
        for start, end in words(line[at : span.start]):
            yield from _word(line, at + start, at + end, known)
        at = span.end


def _word(line: str, start: int, end: int, known: Mapping[str, Kind]) -> Iterator[Span]:
    value = line[start:end]
    kind = known.get(value.casefold())
    if kind is not None:
        yield Span(start=start, end=end, kind=kind)
    elif not is_own(value):
        yield Span(start=start, end=end, kind=Kind.TEXT)


def is_told_apart(value: str) -> bool:
    """Return whether a name, wherever it stands, can be nothing else: no word or number of the ASA's."""
    return len(value) > 1 and not value.isdigit() and not is_own(value) and _WORD.fullmatch(value) is not None
