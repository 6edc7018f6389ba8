"""Write the tree of an inventory as YAML, each value with the place that it came from beside it.

Pure.  What is written is read back as the same texts, by our reader and by others: what another reader of
YAML may take for a number or a truth value stands in quotes.

Source: YAML 1.1 and 1.2, plain and double-quoted scalars.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

from asa_transport.files.inventory_draft import Place
from asa_transport.files.yamltext import Mapping, Node, Scalar
from asa_transport.files.yamltext import Sequence as YamlSequence
from asa_transport.text import visible

# The first line by which an import knows a file that it has written itself.
MARK: Final = "# Written by 'asa-transport inventory import'."
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*|[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+|[1-9][0-9]*")
# What readers of YAML 1.1 take for something else.
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
# Where comments begin, where the value leaves room.
_COLUMN: Final = 40


def written(root: Mapping, heading: Sequence[str]) -> str:
    """Return the file's text; `heading` are lines of comment at its top."""
    comments = [f"# {visible(line)}".rstrip() for line in heading]
    return "\n".join([MARK, *comments, *_lines(root, 0)]) + "\n"


def _lines(mapping: Mapping, depth: int) -> Iterator[str]:
    for entry in mapping.entries:
        key = f"{'  ' * depth}{_text(entry.key.text)}:"
        if isinstance(entry.value, Mapping) and entry.value.entries:
            # A map's place is said at its key; that of a map with one value, at the value.
            yield _commented(key, entry.key if depth == 1 else None)
            yield from _lines(entry.value, depth + 1)
        else:
            yield _commented(f"{key} {_flow(entry.value)}", entry.value)


def _flow(node: Node) -> str:
    match node:
        case Scalar():
            return _text(node.text)
        case YamlSequence():
            return f"[{', '.join(map(_flow, node.items))}]"
        case Mapping():
            return "{}"


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return "".join(_escaped(character) for character in json.dumps(text, ensure_ascii=False))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _commented(line: str, node: Node | None) -> str:
    if node is None or not isinstance(node.mark, Place) or not node.mark.file:
        return line
    return f"{line:<{_COLUMN}}  # {node.mark}"
