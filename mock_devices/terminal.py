"""Turn typed bytes into lines and lines into bytes: echo, long-line redraw, pager.

What is shown when a line grows wider than the terminal (80 columns) is reconstructed
from public netmiko issues 2039, 254 and 105, where only the visible characters survive:
`no network-object object 20.20.20.20_SCTAS`, then `$.20.20.20_SCTASK` and blanks, then
the rest, and on Enter the head again with `$` at its end.  The control characters between
them are not in those reports: `backspace` assumes backspaces, `dollar` assumes a carriage
return and the prompt.  Both are unproven; `none` just echoes.

The pager's key behaviour and erase sequence are unproven, told by operators (recorded is the prompt only).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

MORE = "<--- More --->"
ERASE_MORE = "\r" + " " * len(MORE) + "\r"
# Issue 2039: sixteen characters of the input stay in view after a scroll.
KEPT_IN_VIEW = 16
# Below this the redraw would have no room to work in.
SMALLEST_WINDOW = KEPT_IN_VIEW + 4

Redraw = Literal["dollar", "backspace", "none"]


class LineEditor:
    """One line being typed.  Every method returns what the terminal shows for it."""

    def __init__(self, prompt: str, width: int, redraw: Redraw, *, echo: str = "on") -> None:
        self.prompt = prompt
        self.text = ""
        self._window = max(width - 1 - len(prompt), SMALLEST_WINDOW)
        self._redraw = redraw
        self._echo = echo
        self._shift = 0

    @property
    def _column(self) -> int:
        return len(self.text) - self._shift + (1 if self._shift else 0)

    def type(self, text: str) -> str:
        """Append printable text."""
        if self._echo == "off":
            self.text += text
            return ""
        if self._echo == "stars":
            self.text += text
            return "*" * len(text)
        if self._redraw == "none":
            self.text += text
            return text
        shown = []
        while text:
            room = self._window - self._column
            if room > 0:
                shown.append(text[:room])
                self.text += text[:room]
                text = text[room:]
            else:
                self.text += text[0]
                text = text[1:]
                shown.append(self._scroll())
        return "".join(shown)

    def _scroll(self) -> str:
        self._shift = len(self.text) - KEPT_IN_VIEW
        tail = "$" + self.text[self._shift :]
        blanks = self._window - len(tail)
        return self._home(self._window) + tail + " " * blanks + "\b" * blanks

    def _home(self, column: int) -> str:
        return "\b" * column if self._redraw == "backspace" else "\r" + self.prompt

    def erase(self, count: int = 1) -> str:
        """Take back the last characters."""
        count = min(count, len(self.text))
        if count == 0:
            return ""
        column = self._column
        self.text = self.text[:-count]
        if self._echo == "off":
            return ""
        if self._shift and len(self.text) <= self._shift:
            self._shift = max(0, len(self.text) - KEPT_IN_VIEW)
            tail = ("$" if self._shift else "") + self.text[self._shift :]
            blanks = max(0, column - len(tail))
            return self._home(column) + tail + " " * blanks + "\b" * blanks
        return "\b \b" * count

    def enter(self) -> str:
        """End the line: a scrolled one is shown again from its head."""
        if not self._shift:
            return "\r\n"
        head = self.text[: self._window - 1] + "$"
        return self._home(self._column) + head + "\r\n"


class Pager:
    """Hold back what does not fit the page until a key asks for it."""

    def __init__(self, lines: Sequence[str], page: int) -> None:
        self._lines = list(lines)
        self._page = page
        self._next = 0

    @property
    def is_waiting(self) -> bool:
        """Whether something is still held back."""
        return self._next < len(self._lines)

    def first(self) -> str:
        """Return the first page, with the `More` prompt if there is more."""
        return self._take(self._page)

    def key(self, char: str) -> str:
        """Answer one key: space a page, Enter a line, q the end; others are ignored."""
        if char == " ":
            return ERASE_MORE + self._take(self._page)
        if char in "\r\n":
            return ERASE_MORE + self._take(1)
        if char in "qQ\x03":
            self._next = len(self._lines)
            return ERASE_MORE
        return ""

    def _take(self, count: int) -> str:
        taken = self._lines[self._next : self._next + count]
        self._next += len(taken)
        return joined(taken) + (MORE if self.is_waiting else "")


def joined(lines: Sequence[str]) -> str:
    """Return lines as the ASA sends them."""
    return "".join(f"{line}\r\n" for line in lines)


class Typist:
    """Cut a stream of typed characters into text, edits and lines, and call back for each."""

    def __init__(self, on_line: Callable[[], None], on_help: Callable[[], None]) -> None:
        self.on_line = on_line
        self.on_help = on_help
        self._last_was_cr = False

    def consume(self, pending: str, editor: LineEditor, write: Callable[[str], None]) -> str:
        """Take characters up to and including one line end; return the rest."""
        if self._last_was_cr and pending[:1] == "\n":
            # A client that sends CR LF ends one line, not two.
            pending = pending[1:]
        self._last_was_cr = False
        run = 0
        while run < len(pending) and pending[run].isprintable() and pending[run] != "?":
            run += 1
        if run:
            write(editor.type(pending[:run]))
            return pending[run:]
        if not pending:
            return ""
        char, rest = pending[0], pending[1:]
        match char:
            case "\r" | "\n":
                self._last_was_cr = char == "\r"
                self.on_line()
            case "\b" | "\x7f":
                write(editor.erase())
            case "\x15" | "\x03":
                write(editor.erase(len(editor.text)))
            case "\x17":
                kept = editor.text.rstrip().rpartition(" ")
                write(editor.erase(len(editor.text) - len(kept[0] + kept[1])))
            case "?":
                self.on_help()
            case _:
                pass
        return rest
