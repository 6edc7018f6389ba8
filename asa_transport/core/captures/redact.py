"""Replace what names somebody in the answers of many firewalls, the same value alike everywhere.

Pure; no text raises.  Everything else stays byte for byte: line ends, blanks, columns, words of licensing.
A doubtful word, which nobody can tell, is written in x (`Xxxxx`), so that its line keeps its form, unless
somebody has looked at the lines and said that they may stay.

What a session agreed on (`model.SSH_SESSION`) is no answer of the firewall's: names of algorithms.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from asa_transport.asa import command_names
from asa_transport.asa.identifying import Kind
from asa_transport.asa.own_words import is_own, is_own_name
from asa_transport.core.captures.spans import Seen, Span, is_address, is_told_apart, seen, words
from asa_transport.core.captures.stand_ins import StandIns
from asa_transport.model import SSH_SESSION, ssh_facts

# Device by device, what each file holds.
Answers = Mapping[str, Mapping[str, str]]
# What a session agreed on, among the answers to commands; it names algorithms, and nobody.
SSH_FILE: Final = SSH_SESSION.replace(" ", "_")
# What Cisco's server, and those of tests, call themselves.
_SSH_SERVER: Final = re.compile(r"SSH-2\.0-(?:Cisco|CiscoSSH|OpenSSH)[\w.-]{0,20}|")
_SSH_VALUE: Final = re.compile(r"[a-z0-9@.,-]+(?:, [a-z0-9@.,-]+)*")
_NO_SERVER: Final = "SSH-2.0-Cisco-1.25"
_LINE: Final = re.compile(r"([^\n]*?)(\r*\n|\r*\Z)")
# Commands whose answers are kept under their names, behind which a name stands.
_WITH_NAME: Final = re.compile(r"ping_tcp_|changeto_context_")
_REMEMBERED: Final = 65_536
# A known name of fewer letters stands in many words by chance.
_LEAST_KNOWN: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """How many values of one kind were replaced, and in how many places."""

    kind: Kind
    values: int
    places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtfulLine:
    """A line with words that nobody can tell.

    Attributes:
        text: As it would be if they stay.
        words: They themselves.
    """

    device: str
    file: str
    number: int
    text: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """Answers that name nobody.

    Attributes:
        names: What became of the names that were given, and of the devices'.
        values: Every value that was replaced, in lower case.
        doubtful: The lines with doubtful words, each text once.
    """

    answers: Answers
    names: Mapping[str, str]
    values: frozenset[str]
    replaced: tuple[Replaced, ...]
    doubtful: tuple[DoubtfulLine, ...]


def redacted(
    answers: Answers, *, names: Iterable[str] = (), secret: bytes, keep_doubtful: bool = False
) -> Redacted:
    """Return the answers without what names somebody.

    Args:
        answers: By device and file.
        names: What the inventory calls devices, and servers that it expects.
        secret: At least 16 random bytes; the same ones give the same result.
        keep_doubtful: Leave the words as they are that nobody can tell.
    """
    return _Redaction(answers, names, secret, keep_doubtful=keep_doubtful).run()


class _Redaction:
    """One capture at work."""

    def __init__(self, answers: Answers, names: Iterable[str], secret: bytes, *, keep_doubtful: bool) -> None:
        self._given = answers
        self._names = tuple(dict.fromkeys((*answers, *names)))
        self._is_keeping = keep_doubtful
        self._known: dict[str, Kind] = {}
        self._values: dict[Kind, set[str]] = {}
        self._places: Counter[Kind] = Counter()
        self._doubtful: dict[str, DoubtfulLine] = {}
        self._learn()
        self._stand_ins = StandIns(secret, frozenset(self._words()))
        self._seen = functools.lru_cache(_REMEMBERED)(functools.partial(seen, known=self._known))

    def run(self) -> Redacted:
        names = {name: self._name(name) for name in self._names}
        made = {
            names[device]: {
                self._file_name(file): self._file(device, file, text) for file, text in sorted(files.items())
            }
            for device, files in sorted(self._given.items())
        }
        return Redacted(
            answers=dict(sorted(made.items())),
            names=names,
            values=frozenset(value for values in self._values.values() for value in values),
            replaced=tuple(
                Replaced(kind=kind, values=len(self._values[kind]), places=self._places[kind])
                for kind in Kind
                if self._places[kind]
            ),
            doubtful=tuple(self._doubtful.values()),
        )

    def _learn(self) -> None:
        """Find every name that a position or a detector shows, before any is replaced elsewhere."""
        for line in (
            line for files in self._given.values() for text in files.values() for line, _ in lines_of(text)
        ):
            for span in seen(line, {}).spans:
                value = line[span.start : span.end]
                if span.kind not in {None, Kind.TEXT, Kind.FILE} and is_told_apart(value):
                    self._known.setdefault(value.casefold(), span.kind or Kind.NAME)
        for name in self._names:
            if is_told_apart(name):
                self._known[name.casefold()] = _kind_of(name)

    def _words(self) -> Iterator[str]:
        for name in (*self._names, *(file for files in self._given.values() for file in files)):
            yield from (name[a:b].casefold() for a, b in words(name))
        for text in (text for files in self._given.values() for text in files.values()):
            yield from (text[a:b].casefold() for a, b in words(text))

    def _name(self, name: str) -> str:
        return name if is_own_name(name) else self._stand_in(_kind_of(name), name)

    def _stand_in(self, kind: Kind, value: str) -> str:
        self._values.setdefault(kind, set()).add(value.casefold())
        self._places[kind] += 1
        return self._stand_ins.of(kind, value)

    def _file_name(self, file: str) -> str:
        """Return a file's name, in which `ping tcp` and `changeto context` name somebody."""
        named = command_names.of_file(file)
        if file == SSH_FILE or (named is not None and not named[0]):
            return file
        known = _WITH_NAME.match(file)
        start = known.end() if known is not None else 0
        return file[:start] + "_".join(self._file_word(word) for word in file[start:].split("_"))

    def _file_word(self, word: str) -> str:
        if not word or is_own(word):
            return word
        return self._stand_in(self._known.get(word.casefold(), _kind_of(word)), word)

    def _file(self, device: str, file: str, text: str) -> str:
        if file == SSH_FILE and ssh_facts(text) is not None:
            return _session(text)
        lines = enumerate(lines_of(text), 1)
        return "".join(self._line(device, file, number, line) + end for number, (line, end) in lines)

    def _line(self, device: str, file: str, number: int, line: str) -> str:
        found = self._seen(line)
        if not found.spans and not found.doubtful:
            return line
        if found.doubtful:
            shown = self._replaced(line, found, is_keeping=True)
            at = DoubtfulLine(
                device=device,
                file=file,
                number=number,
                text=shown,
                words=tuple(line[word.start : word.end] for word in found.doubtful),
            )
            self._doubtful.setdefault(line, at)
        return self._replaced(line, found, is_keeping=self._is_keeping, is_counted=True)

    def _replaced(self, line: str, found: Seen, *, is_keeping: bool, is_counted: bool = False) -> str:
        at, made = 0, []
        parts = [*((one, False) for one in found.spans), *((one, True) for one in found.doubtful)]
        for span, is_doubtful in sorted(parts, key=lambda part: part[0].start):
            value = line[span.start : span.end]
            made += [line[at : span.start], self._of(span, value, is_doubtful, is_keeping, is_counted)]
            at = span.end
        return "".join((*made, line[at:]))

    def _of(self, span: Span, value: str, is_doubtful: bool, is_keeping: bool, is_counted: bool) -> str:
        if is_doubtful:
            return value if is_keeping and not self._holds_known(value) else in_x(value)
        kind = span.kind or Kind.TEXT
        return self._stand_in(kind, value) if is_counted else self._stand_ins.of(kind, value)

    def _holds_known(self, word: str) -> bool:
        folded = word.casefold()
        return any(len(name) >= _LEAST_KNOWN and name in folded for name in self._known)


def in_x(word: str) -> str:
    """Return a word that is left out: its length, its capitals and its marks are all that is left."""
    return "".join(
        "0" if sign.isdigit() else "X" if sign.isupper() else "x" if sign not in "-_.'’" else sign
        for sign in word
    )


def _kind_of(name: str) -> Kind:
    if is_address(name):
        return Kind.ADDRESS
    return Kind.SERVER if "." in name.strip(".") else Kind.NAME


def lines_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield each line and its end, which together are the text."""
    for match in _LINE.finditer(text):
        if match.group():
            yield match[1], match[2]


def _session(text: str) -> str:
    """Return what a session agreed on, without what is no name of an algorithm or a server's version."""
    made = []
    for line, end in lines_of(text):
        label, colon, value = line.partition(": ")
        known = _SSH_SERVER if label == "server" else _SSH_VALUE
        kept = value if known.fullmatch(value) else _NO_SERVER if label == "server" else in_x(value)
        made.append(f"{label}{colon}{kept}{end}")
    return "".join(made)
