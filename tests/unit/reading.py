"""Reads a page as a test does: its elements, attributes, ids, links, and its text line by line."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = frozenset({"meta", "br", "input"})
_BLOCKS = frozenset(
    (
        *("title", "section", "div", "h1", "h2", "h3", "p", "ul", "li", "dt", "dd", "details", "summary"),
        *("table", "caption", "tr", "label", "button"),
    )
)
_UNREAD = frozenset({"style", "script"})


class Page(HTMLParser):
    """What a page is made of; fails where an element is not closed.

    Attributes:
        lines: The text, a line a block, in order; a cell's end is a bar.
        inline: The text of the style and of the script, by element.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.inline: dict[str, str] = {}
        self._open: list[str] = []
        self._text: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    @property
    def lines(self) -> list[str]:
        joined = ("".join(self._text)).split("\n")
        return [line for line in (" ".join(line.split()).strip(" |") for line in joined) if line]

    @property
    def ids(self) -> list[str]:
        return [value for _, name, value in self.attributes if name == "id"]

    @property
    def links(self) -> list[str]:
        return [
            value for _, name, value in self.attributes if name in {"href", "src", "action", "xlink:href"}
        ]

    def values(self, tag: str, name: str) -> list[str]:
        return [value for t, n, value in self.attributes if (t, n) == (tag, name)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag in _BLOCKS:
            self._text.append("\n")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        self._text.append("\n" if tag in _BLOCKS else " | " if tag in {"td", "th"} else "")

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside in _UNREAD:
            self.inline[inside] = self.inline.get(inside, "") + data
        else:
            self._text.append(data.replace("\n", " "))
