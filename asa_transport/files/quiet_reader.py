"""Read maps and texts in which a secret may stand by mistake: as the `Checker` does, but quoting nothing.

Pure.  A `Part` is one value of such a section, described once: how it is read, what is said of a wrong one,
and what it is in a JSON Schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from collections.abc import Mapping as Keys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asa_transport.files.checker import Checker, has_control_characters
from asa_transport.files.yamltext import Entry, Mapping, Node, Scalar


class QuietReader:
    """Reads parts of a section; what is wrong goes to the checker, without the text that stands there.

    Args:
        checker: Takes the problems.
        resolve_path: Makes a path absolute; raises ValueError with a reason that can be shown.
    """

    def __init__(self, checker: Checker, resolve_path: Callable[[str], Path]) -> None:
        self._checker = checker
        self._resolve_path = resolve_path

    def add(self, node: Node, message: str) -> None:
        """Note a problem."""
        self._checker.add(node, message)

    def mapping(self, node: Node, what: str, *, empty_ok: bool = False) -> Mapping | None:
        """Return a map; `None`, and a problem, where there is none."""
        if isinstance(node, Mapping):
            return node
        if empty_ok and isinstance(node, Scalar) and node.is_null:
            return Mapping(mark=node.mark, entries=())
        self._checker.add(node, f"{what}: expected a map (key: value); what stands here is not shown")
        return None

    def fields(self, mapping: Mapping, known: Collection[str], what: str) -> dict[str, Entry]:
        """Return the entries by their keys; one that is not known is a problem."""
        found = {}
        for entry in mapping.entries:
            if entry.key.text in known:
                found[entry.key.text] = entry
            else:
                self._checker.add(
                    entry.key, f"{what}: unknown key (not shown); expected one of: {', '.join(known)}"
                )
        return found

    def values(self, found: Keys[str, Entry], parts: Keys[str, Part], what: str) -> dict[str, Any] | None:
        """Return what the entries say that are parts; `None` where one of them is wrong."""
        values = {
            key: parts[key].read(self, entry.value, f"{what}{key}")
            for key, entry in found.items()
            if key in parts
        }
        return None if None in values.values() else values

    def text(self, node: Node, what: str, expected: str, *, empty_ok: bool = False) -> str | None:
        """Return a text of one line."""
        if not isinstance(node, Scalar) or node.is_null or not (node.text or empty_ok):
            self._checker.add(node, f"{what}: expected {expected}")
            return None
        if has_control_characters(node.text):
            self._checker.add(node, f"{what}: has control characters; delete them")
            return None
        return node.text

    def matching(self, node: Node, what: str, pattern: re.Pattern[str], expected: str) -> str | None:
        """Return a text that the whole of a pattern matches."""
        text = self.text(node, what, expected)
        if text is None or pattern.fullmatch(text):
            return text
        self._checker.add(node, f"{what}: expected {expected}; what stands here is not shown")
        return None

    def path(self, node: Node, text: str, what: str) -> Path | None:
        """Return a path made absolute."""
        try:
            return self._resolve_path(text)
        except ValueError as error:
            self._checker.add(node, f"{what}: {error}")
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A value of a section.

    Attributes:
        read: Returns it; `None`, and a problem, where it is none.
        schema: What it is in a JSON Schema.
    """

    read: Callable[[QuietReader, Node, str], Any]
    schema: Keys[str, Any]

    def to(self, make: Callable[[Any], Any]) -> Part:
        """Return what is written so and means what `make` returns."""

        def read(quiet: QuietReader, node: Node, what: str) -> Any:
            value = self.read(quiet, node, what)
            return None if value is None else make(value)

        return Part(read=read, schema=self.schema)

    def described(self, description: str) -> dict[str, Any]:
        """Return its schema in other words."""
        return {**self.schema, "description": description}


def matching(
    pattern: str, expected: str, schema: Keys[str, Any] | None = None, description: str = ""
) -> Part:
    """Return a text that the whole of a pattern matches, and so does its schema where it has no other."""
    known, form = re.compile(pattern), schema or {"type": "string", "pattern": f"^{pattern}$"}
    return Part(
        read=lambda quiet, node, what: quiet.matching(node, what, known, expected),
        schema={**({"description": description} if description else {}), **form},
    )


def path(expected: str, description: str, schema: Keys[str, Any] | None = None) -> Part:
    """Return the path of a file."""

    def read(quiet: QuietReader, node: Node, what: str) -> Path | None:
        text = quiet.text(node, what, expected)
        return None if text is None else quiet.path(node, text, what)

    form = schema or {"type": "string", "minLength": 1}
    return Part(read=read, schema={"description": description, **form})


def true(otherwise: str, description: str) -> Part:
    """Return what can only be true; ``otherwise`` is what to do in its place."""

    def read(quiet: QuietReader, node: Node, what: str) -> bool | None:
        if isinstance(node, Scalar) and node.text == "true":
            return True
        quiet.add(node, f"{what}: expected true; {otherwise}")
        return None

    return Part(read=read, schema={"description": description, "enum": [True, "true"]})


def object_of(properties: Keys[str, Any], *required: str, **more: Any) -> dict[str, Any]:
    """Return the schema of a map of these keys."""
    form = {"type": "object", "additionalProperties": False, **more, "properties": dict(properties)}
    return {**form, "required": list(required)} if required else form
