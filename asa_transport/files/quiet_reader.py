"""Read maps and texts in which a secret may stand by mistake: as the `Checker` does, but quoting nothing.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

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

    def fields(self, mapping: Mapping, known: tuple[str, ...], what: str) -> dict[str, Entry]:
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
