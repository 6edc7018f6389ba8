"""Read typed values from a YAML tree and collect what is wrong with it, all of it.

Pure.  A `Checker` never raises for a bad value: it notes a `Problem` with the
place, what was seen, what was expected and what to do, and returns `None`, so
that one reading of a file finds every mistake in it.  Knows no file format.
"""

from __future__ import annotations

import difflib
import errno
import re
from collections.abc import Callable, Collection, Iterable
from collections.abc import Mapping as Keys
from types import MappingProxyType

from asa_transport.files.wording import OTHER, WORDS
from asa_transport.files.yamltext import Entry, Mapping, Mark, Node, Scalar, Sequence
from asa_transport.model import Problem

# A message line stays readable beside its place in 120 columns.
_SHOWN_CHARACTERS = 60
# One suggestion among 10,000 names takes some 50 ms; nobody reads more of them than this.
_MAX_SUGGESTIONS = 50
# Names become file names and parts of `--limit` patterns: no separators, no blanks, no `,`
# `!` `*` `@` `:`, no leading `-`.  63 is the longest DNS label and leaves room for suffixes.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


def quoted(text: str) -> str:
    """Return untrusted text in quotes, with control characters escaped, cut at 60 characters."""
    return repr(text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…")


def nearest(text: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the most similar known text, or nothing."""
    near = difflib.get_close_matches(text[:100], list(known), n=1)
    return f" (did you mean {quoted(near[0])}?)" if near else ""


def is_name(text: str) -> bool:
    """Return whether the text can name a device, group, tag, region or credential."""
    return bool(_NAME.fullmatch(text)) and ".." not in text


def has_control_characters(text: str) -> bool:
    """Return whether the text holds anything that a terminal would not print as a character."""
    return not text.isprintable()


def why_unreadable(error: OSError | ValueError) -> str:
    """Return what kept a file from being opened or read, as the message of a `Problem`."""
    if isinstance(error, OSError):
        known = {
            errno.ENOENT: "there is no such file",
            errno.EISDIR: "this is a directory, not a file",
            errno.ENOTDIR: "a part of this path is a file, not a directory",
            errno.EACCES: "you may not read this file; look at its owner and mode",
            errno.ELOOP: "its symbolic links lead in a circle",
        }
        return known.get(error.errno or 0, f"cannot be read: {error.strerror or type(error).__name__}")
    return "this is not a file name"


class Checker:
    """Collects the problems of one file while its values are read.

    Args:
        file: Name of the file for the messages.
        problems: Those that are known already, e.g. from reading the YAML.
    """

    def __init__(self, file: str, problems: Iterable[Problem] = ()) -> None:
        self.file = file
        self._problems = list(problems)
        self._suggestions_left = _MAX_SUGGESTIONS

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems in file order, each once: an aliased value may be read many times."""
        return tuple(sorted(set(self._problems), key=lambda p: (p.line or 0, p.column or 0, p.message)))

    def add(self, place: Node | Mark, message: str) -> None:
        """Note a problem."""
        mark = place if isinstance(place, Mark) else place.mark
        self._problems.append(mark.problem(self.file, message))

    def say(self, node: Node, what: str, kind: str, **more: object) -> None:
        """Note a problem in the words that there are for its kind; ``more`` fills their blanks."""
        words = WORDS.get(kind, OTHER).format(seen=seen(node), kind=kind_of(node), **more)
        self.add(node, f"{what}: {words}")

    def nearest(self, text: str, known: Iterable[str]) -> str:
        """Return the suggestion of `nearest` while this file's share of them lasts, then nothing."""
        self._suggestions_left -= 1
        return nearest(text, known) if self._suggestions_left >= 0 else ""

    def mapping(
        self, node: Node, what: str, *, empty_ok: bool = False, example: str = " (key: value)"
    ) -> Mapping | None:
        """Return the node if it is a map; with `empty_ok`, nothing at all is an empty map."""
        if isinstance(node, Mapping):
            return node
        if empty_ok and isinstance(node, Scalar) and node.is_null:
            return Mapping(mark=node.mark, entries=())
        self.add(node, f"{what}: {kind_of(node)}; expected a map{example}")
        return None

    def fields(
        self,
        mapping: Mapping,
        known: Collection[str],
        what: str,
        *,
        meant: Keys[str, str] = MappingProxyType({}),
    ) -> dict[str, Entry]:
        """Return the entries with known keys; every other key is a problem.

        Args:
            meant: What is said of keys that other programs have, in place of a suggestion.
        """
        found: dict[str, Entry] = {}
        for entry in mapping.entries:
            key = entry.key.text
            if key in known:
                found[key] = entry
            else:
                self.unknown(entry.key, known, what, meant.get(key))
        return found

    def unknown(self, key: Scalar, known: Collection[str], what: str, meant: str | None = None) -> None:
        """Note a key that is not known; `meant` is said in place of a suggestion."""
        near = meant or (self.nearest(key.text, known) if is_name(key.text) else "")
        named = quoted(key.text) if is_name(key.text) else "(not shown)"
        # Who has mistyped a key needs the one that was meant, and not all of them.
        rest = near or f"; expected one of: {', '.join(known)}"
        self.add(key, f"{what}: unknown key {named}{rest}")

    def text(self, node: Node, what: str) -> str | None:
        """Return a text that is not empty, has no control characters and no blank at its ends."""
        if not isinstance(node, Scalar) or node.is_null or not node.text:
            self.say(node, what, "text")
            return None
        if has_control_characters(node.text) or node.text != node.text.strip():
            self.say(node, what, "unprintable")
            return None
        return node.text

    def name(self, node: Node, what: str) -> str | None:
        """Return a text that can be a name; see `is_name`."""
        text = self.text(node, what)
        if text is not None and not is_name(text):
            self.say(node, what, "name")
            return None
        return text

    def number(self, node: Node, what: str, *, low: int, high: int) -> int | None:
        """Return a whole number in decimal digits, from `low` to `high`."""
        text = self.text(node, what)
        if text is None:
            return None
        # Ten digits bound the conversion; a leading 0 means octal to some YAML readers.
        if re.fullmatch(r"0|[1-9][0-9]{0,9}", text) and low <= int(text) <= high:
            return int(text)
        self.say(node, what, "count", low=low, high=high)
        return None

    def choice(self, node: Node, what: str, known: Collection[str]) -> str | None:
        """Return one of the known texts."""
        text = self.text(node, what)
        if text is None or text in known:
            return text
        self.say(node, what, "choice", near=self.nearest(text, known), known=", ".join(known))
        return None

    def each(
        self, node: Node, what: str, read: Callable[[Node, str], str | None]
    ) -> tuple[Scalar, ...] | None:
        """Return the list's items that `read` accepts; an item given twice is a problem."""
        if not isinstance(node, Sequence):
            self.say(node, what, "tuple_type")
            return None
        good: dict[str, Scalar] = {}
        for item in node.items:
            text = read(item, what)
            if text is None or not isinstance(item, Scalar):
                continue
            if text in good:
                self.say(item, what, "twice")
            good[text] = item
        return tuple(good.values())


def seen(node: Node) -> str:
    """Return what a node is, for a message: its text quoted, or its kind."""
    match node:
        case Scalar():
            return "empty" if node.is_null else quoted(node.text)
        case Sequence():
            return "a list"
        case Mapping():
            return "a map"


def kind_of(node: Node) -> str:
    """Return what a node is without its text: a file of another program may have a password there."""
    return "a text" if isinstance(node, Scalar) and not node.is_null else seen(node)
