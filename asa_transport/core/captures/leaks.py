"""Look in a capture for anything that the answers name: the second look, at what was made.

Pure.  A value is looked for as it is, whatever its case.  So is each word of the answers that is not the
ASA's own, which finds too what no position and no detector has told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from asa_transport.asa.identifying import Kind
from asa_transport.asa.own_words import is_own, is_own_name
from asa_transport.core.captures.redact import SSH_FILE, Answers, lines_of
from asa_transport.core.captures.spans import seen, words
from asa_transport.core.captures.stand_ins import TOP_LEVEL

# A shorter word stands in many texts by chance.
_LEAST: Final = 3
_LEFT_OUT: Final = frozenset("xX0-_.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Where something of a run stands in a capture; `value` is for the person who has both."""

    file: str
    line: int
    value: str


def leaks(
    answers: Answers, names: Iterable[str], texts: Mapping[str, str], *, are_words_kept: bool
) -> Iterator[Leak]:
    """Yield each place in the texts of a capture that holds a value of the answers.

    Args:
        names: What the inventory calls devices, servers and users.
        texts: Of the capture, by path; the paths are looked at too.
        are_words_kept: Somebody said that doubtful words may stay, so that these are none.
    """
    values, several = _values(answers, names, are_words_kept=are_words_kept)
    for path, text in sorted(texts.items()):
        for number, (line, _) in enumerate((("", path), *lines_of(text))):
            shown = path if number == 0 else line
            if f"/{SSH_FILE}." in path and number:
                continue
            found = {shown[a:b].casefold() for a, b in words(_without_own(shown))} & values
            found.update(one for one in several if one in shown.casefold())
            yield from (Leak(file=path, line=number, value=value) for value in sorted(found))


def _values(
    answers: Answers, names: Iterable[str], *, are_words_kept: bool
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the values that are one word, and those that are more."""
    found = {name for name in names if not is_own_name(name)}
    texts = (text for files in answers.values() for file, text in files.items() if file != SSH_FILE)
    for line in (line for text in texts for line, _ in lines_of(text)):
        held = seen(line, {})
        told = (span for span in held.spans if span.kind not in {None, Kind.TEXT} or not are_words_kept)
        found.update(line[span.start : span.end] for span in told)
        if not are_words_kept:
            found.update(line[span.start : span.end] for span in held.doubtful)
    folded = {one.casefold() for one in found if len(one) >= _LEAST and not _is_nothing(one)}
    single = {one for one in folded if any((a, b) == (0, len(one)) for a, b in words(one))}
    return frozenset(single), frozenset(folded - single)


def _without_own(line: str) -> str:
    """Return the line with blanks where the ASA's own stands: `Inside Hosts` is no interface."""
    for span in seen(line, {}).own:
        line = line[: span.start] + " " * (span.end - span.start) + line[span.end :]
    return line


def _is_nothing(value: str) -> bool:
    """Return whether a value is one that a capture may hold: the ASA's own, or what we write ourselves."""
    parts = [value[a:b] for a, b in words(value)]
    return all(is_own(part) or part.casefold() == TOP_LEVEL or set(part) <= _LEFT_OUT for part in parts)
