"""Edit the text of a ledger (exceptions, waivers) without touching what a person wrote in it.

Pure.  Offers candidates and proves nothing: the caller reads each candidate again
and takes the first that says what was meant.  Every candidate keeps all lines of the
text, its line ends, its comments and its byte order mark, and only adds to them.

A library that writes YAML (ruamel.yaml) is not used: it would be one more
dependency, and it re-indents and re-wraps entries that nobody asked to change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from asa_transport.files import yamltext

_INDENT: Final = 2
# What every YAML reader takes as a text without quotes, and moments; all others are quoted.
_SAFE: Final = re.compile(
    r"[A-Za-z](?:[A-Za-z0-9 ._/()+-]*[A-Za-z0-9._/()+-])?"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
)
_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def is_only_comments(data: bytes) -> bool:
    """Return whether there is nothing to read but comments, blanks and `---`."""
    try:
        lines = data.decode("utf-8").removeprefix("\ufeff").split("\n")
    except UnicodeDecodeError:
        return False
    return all(not line.strip() or line.lstrip().startswith("#") or line.strip() == "---" for line in lines)


def entry(fields: Mapping[str, str], *, indent: int, newline: str = "\n") -> str:
    """Return one entry as block text, its dash after ``indent`` blanks."""
    lead = " " * indent
    lines = [f"{key}: {scalar(value)}" for key, value in fields.items()]
    return "".join(f"{lead}{'- ' if index == 0 else '  '}{line}{newline}" for index, line in enumerate(lines))


def scalar(text: str) -> str:
    """Return a printable text as a YAML scalar on one line, quoted where that is needed."""
    if _SAFE.fullmatch(text) and text.lower() not in _WORDS:
        return text
    # In single quotes nothing is special but the quote itself.
    return "'" + text.replace("'", "''") + "'"


def appended(
    data: bytes | None, entries: Sequence[Mapping[str, str]], name: str, header: str
) -> Iterator[bytes]:
    """Yield the text with these entries at its end, the likeliest reading of the file first.

    Args:
        name: That of the list.
        header: The head of a new file.
    """

    def added(indent: int, newline: str = "\n") -> str:
        return "".join(entry(fields, indent=indent, newline=newline) for fields in entries)

    heading = f"{name}:"
    if data is None or not data.strip():
        yield (header + heading + "\n" + added(_INDENT)).encode()
        return
    text = data.decode("utf-8")
    newline = "\r\n" if "\r\n" in text else "\n"
    base = text if text.endswith("\n") else text + newline
    if is_only_comments(data):
        yield (base + heading + newline + added(_INDENT, newline)).encode()
        return
    section = _list(data, name)
    if isinstance(section, yamltext.Sequence):
        if section.items:
            indent = section.mark.column - 1
            yield (base + added(indent, newline)).encode()
            return
        # `exceptions: []`
        lines = _Lines(text)
        start = lines.offset(section.mark)
        emptied = text[:start].rstrip(" ") + re.sub(r"\A\[\s*\]", "", text[start:])
        base = emptied if emptied.endswith("\n") else emptied + newline
    yield (base + added(_INDENT, newline)).encode()


def with_field(data: bytes, name: str, index: int, key: str, value: str) -> Iterator[bytes]:
    """Yield the text with `key: value` added to one entry of a list, nearest to its end first."""
    section = _list(data, name)
    item = section.items[index] if isinstance(section, yamltext.Sequence) else None
    if not isinstance(item, yamltext.Mapping):
        raise AssertionError("an entry that was read is a map")
    text = data.decode("utf-8")
    lines = _Lines(text)
    first, last = item.entries[0].key, item.entries[-1]
    addition = f"{key}: {scalar(value)}"
    newline = "\r\n" if "\r\n" in text else "\n"
    # A block entry: after the line of its last value, else before the line of its last key.
    column = first.mark.column - 1
    after = lines.start(last.value.mark.line + 1)
    lead = "" if text[:after].endswith("\n") else newline
    yield (text[:after] + lead + " " * column + addition + newline + text[after:]).encode()
    if last.key.mark.line > item.mark.line:
        before = lines.start(last.key.mark.line)
        yield (text[:before] + " " * column + addition + newline + text[before:]).encode()
    # An entry in braces: before one of the braces that follow its last value on that line.
    begin = lines.offset(last.value.mark)
    for brace in re.finditer(r"\}", text[begin:after]):
        at = begin + brace.start()
        head = text[:at].rstrip(" ,")
        yield (head + f", {addition}" + text[at:]).encode()


def _list(data: bytes, name: str) -> yamltext.Node | None:
    root = yamltext.parse(data, file="").root
    return root.get(name) if isinstance(root, yamltext.Mapping) else None


class _Lines:
    """Finds places in a text; lines end as in YAML, a byte order mark does not count as a column."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]
        if text.startswith("\ufeff"):
            self._starts[0] = 1

    def start(self, line: int) -> int:
        """Return where a line begins; the end of the text for the one after the last."""
        return self._starts[line - 1] if line <= len(self._starts) else len(self._text)

    def offset(self, mark: yamltext.Mark) -> int:
        """Return where a mark points to."""
        return self.start(mark.line) + mark.column - 1
