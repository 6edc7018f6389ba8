"""Follow what comes after a line was typed, piece by piece: its echo, its answer, where the answer ends.

Pure.  Guarantees that no prompt that came before the line's own echo ends or judges the
answer, and that each character is looked at a bounded number of times, however small the
pieces are.  Lives for one line of one session.

A prompt may be followed by chatter and not be printed again (unicon.plugins 71), and a
line that is nobody's may come where nothing was expected.  Then nothing more may come at
all: `may_be_over` says that quiet ends the wait.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from asa_transport.asa import terminal

if TYPE_CHECKING:
    from asa_transport.asa.prompts import Prompt

# Enough for a prompt or a question.
_END_CHARACTERS = 500
_ECHO_LINES = 3
# No echo, prompt or notice is longer; of a longer line the beginning and the end are kept.
_LONGEST_LINE = 10_000
# Only a line that ends so may be a prompt, or one that is coloured.  (Of an answer of a thousand lines none
# does, and none has to be looked at by itself.)
_MAY_END_PROMPT = re.compile(r"[#>] ?\r*(?:\n|\Z)|\x1b")


def _asks_nothing(end: str) -> bool:
    del end
    return False


class Exchange:
    """One typed line and what came since.

    Args:
        line: As typed.
        known: The session's prompt where it is proven; before that, the rest of a banner may come first.
        asks: Whether the end of the stream is a question that this line may lead to.
    """

    def __init__(
        self, line: str, *, known: Prompt | None = None, asks: Callable[[str], bool] = _asks_nothing
    ) -> None:
        self._line = line
        self._known = known
        self._asks = asks
        self._window: list[str] = []
        self._pending: list[str] = []
        self._pending_size = 0
        self._end = ""
        self._is_echoed = False
        self._has_stray = False
        self._is_behind_prompt = False

    def take(self, text: str) -> None:
        """Take the next piece of the stream."""
        self._end = (self._end + text)[-_END_CHARACTERS:]
        is_bare = self._is_bare
        start = 0
        while not self._is_echoed and (end := text.find("\n", start)) >= 0:
            self._append(text[start:end])
            self._complete(is_bare)
            start = end + 1
        first, ended, rest = text[start:].partition("\n")
        self._append(first)
        if ended:
            self._complete(is_bare)
            lines, _, last = rest.rpartition("\n")
            self._judge(lines, is_bare)
            self._append(last)

    @property
    def is_over(self) -> bool:
        """Whether the answer ended: a prompt of this device, or a question, stands at the end."""
        if not self._is_echoed:
            return False
        return self._asks(self._end) or self._is_own(terminal.prompt_at_end(self._end, bare=self._is_bare))

    @property
    def may_be_over(self) -> bool:
        """Whether nothing more is to come, if nothing comes soon."""
        is_at_prompt = terminal.prompt_at_end(self._end, bare=self._is_bare) is not None
        if not self._is_echoed:
            # Chatter and redrawn prompts may come before the echo of a slow device.
            return self._has_stray and is_at_prompt
        return self._is_behind_prompt or is_at_prompt

    @property
    def _is_bare(self) -> bool:
        return self._known is not None and self._known.is_bare

    def _is_own(self, prompt: Prompt | None) -> bool:
        return prompt is not None and (self._known is None or prompt.is_same_device(self._known))

    def _judge(self, lines: str, is_bare: bool) -> None:
        """Look at the lines behind the echo that may be a prompt; mostly there is none."""
        if _MAY_END_PROMPT.search(lines) is None:
            return
        for line in filter(_MAY_END_PROMPT.search, lines.split("\n")):
            if len(line) <= _LONGEST_LINE:
                self._look_for_prompt(line.strip("\r"), is_bare)

    def _look_for_prompt(self, line: str, is_bare: bool) -> None:
        prompt = terminal.prompt_at_end(line, bare=is_bare)
        self._is_behind_prompt = self._is_behind_prompt or (prompt is not None and self._is_own(prompt))

    def _append(self, text: str) -> None:
        room = _LONGEST_LINE - self._pending_size
        if text and room > 0:
            self._pending.append(text[:room])
        self._pending_size += len(text)

    def _complete(self, is_bare: bool) -> None:
        is_whole = self._pending_size <= _LONGEST_LINE
        line = "".join(self._pending).strip("\r")
        self._pending.clear()
        self._pending_size = 0
        if self._is_echoed:
            if is_whole:
                self._look_for_prompt(line, is_bare)
            return
        self._window = [*self._window, line][-_ECHO_LINES:]
        self._is_echoed = is_whole and any(
            terminal.echo_at(self._window[start:], self._line) == len(self._window) - start
            for start in range(len(self._window))
        )
        if self._is_echoed:
            self._has_stray = False
        elif self._known is not None and terminal.stray((line,), typed=self._line) is not None:
            self._has_stray = True
