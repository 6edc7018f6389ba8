"""Read an ASA's terminal: where a prompt stands, whether an echo is ours, which bytes are the answer.

Pure.  Guarantees that an answer is taken only between the echo of the command
that was typed and a prompt of the same device; anything else is reported, so
that a session which lost its place is never read as if it had not.

Sources: prompts and their `\\r`: `prompts`; login lines: recorded by oxidized; what nobody asked
for: `chatter`; line ends: netmiko `CiscoAsaSSH.normalize_linefeeds`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from asa_transport.asa import chatter, prompts
from asa_transport.asa.prompts import Prompt

__all__ = ["Answer", "Prompt"]

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[@-Z\\^_]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
# Public netmiko issues (2039, 254, 105) show a line wider than the terminal scrolled behind a `$`
# while it is typed, and shown from its head with a `$` behind it on Enter.  `<` is an
# operator's report.  The bytes between are unproven (`long-line-echo`), so both ends and both
# marks are taken.
_SCROLL_MARKS = "$<"
PAGER: Final = "<--- More --->"
# It is wiped with as many blanks between two carriage returns, or with backspaces; some programs
# drop the carriage returns.  No more than these blanks are taken: the next line's indentation has
# a meaning.
_WIPED_PAGER = re.compile(
    rf"{PAGER}(?: {{0,80}}\r {{0,80}}\r| {{0,80}}\x08{{1,80}} {{0,14}}\x08{{0,80}}| {{0,14}}\r?)"
)
# Shorter pieces of a command could be anything.
_LEAST_ECHO = 6
# An echo that was redrawn at each scroll is some lines long; the rest of a longer line is no echo.
_LONGEST_ECHO: Final = 8_000
# A long echo comes in up to so many pieces where the device wraps it.
_ECHO_PIECES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What stood between the echo and the next prompt.

    Attributes:
        before: The lines that came ahead of the echo.
        prompt: The one that ended the answer; `None` where a question did, or nothing.
        after: The lines behind that prompt, which it was not printed again after.
    """

    before: tuple[str, ...]
    text: str
    prompt: Prompt | None = None
    after: tuple[str, ...] = ()


def prompt_at_end(raw: str, *, bare: bool = False) -> Prompt | None:
    """Return the prompt that the stream ends with, or `None`; `bare` as `prompts.whole`."""
    tail = raw[-prompts.LONGEST :]
    # Asked of every line of every answer: most of them end as no prompt does, whatever stands before.
    if not tail.rstrip(" ").endswith(("#", ">")) and "\x1b" not in tail:
        return None
    line = re.split(r"[\r\n]", _ESCAPES.sub("", tail))[-1]
    return prompts.whole(line, bare=bare)


def typed_at(line: str, *, bare: bool = False) -> tuple[Prompt, str] | None:
    """Return the prompt that a line of a transcript begins with, and what stands behind it, or `None`.

    A line with backspaces, carriage returns or escapes is taken as a terminal shows it,
    because that is how a person's corrected typing is recorded; `bare` as `prompts.whole`.
    """
    found = prompts.leading(line if line.isprintable() else render(line), bare=bare)
    return None if found is None else (found[0], found[1].strip())


def asks_reporting(raw: str) -> bool:
    """Return whether the stream ends with the question about anonymous reporting (unicon.plugins)."""
    return re.search(r"\[Y\]es, \[N\]o, \[A\]sk later: ?\Z", raw[-200:]) is not None


def asks_more(raw: str) -> bool:
    """Return whether the stream ends in the pager (recorded)."""
    return re.search(rf"{PAGER}[ \r]*\Z", raw[-80:]) is not None


def without_pager(line: str) -> str:
    """Return a line without the pagers that were answered in front of it, and without what wiped them."""
    start = 0
    while (match := _WIPED_PAGER.match(line, start)) is not None:
        start = match.end()
    return line[start:]


def lines_of(raw: str) -> list[str]:
    """Split at the device's line ends (`\\r\\n`, `\\r\\r\\n`, `\\n\\r`, …) and at nothing else."""
    first, *rest = raw.split("\n")
    if not rest:
        return [first]
    *middle, last = rest
    return [first.rstrip("\r"), *(line.strip("\r") for line in middle), last.lstrip("\r")]


def answer_to(command: str, raw: str, *, known: Prompt | None = None) -> Answer | None:
    """Return the answer in all that came since `command` was typed, or `None` where its echo is missing.

    Args:
        command: The line that was typed.
        raw: All that came since, ending with a prompt, a question, or a prompt and lines behind it.
        known: The session's prompt, where it is proven.
    """
    lines = lines_of(raw)
    for index in range(len(lines)):
        pieces = echo_at(lines[index : index + _ECHO_PIECES], command)
        if pieces:
            end, prompt = _ending(lines, index + pieces, known)
            return Answer(
                before=tuple(lines[:index]),
                text=_body(lines[index + pieces : end]),
                prompt=prompt,
                after=tuple(lines[end + 1 :]),
            )
    return None


def _ending(lines: list[str], first: int, known: Prompt | None) -> tuple[int, Prompt | None]:
    """Return where the answer ends that begins at `first`, and with which prompt."""
    is_bare = known is not None and known.is_bare
    if first >= len(lines):
        return len(lines), None
    last = _prompt_of(lines[-1], bare=is_bare)
    if last is not None:
        return len(lines) - 1, last
    # A line end behind the last prompt: what follows it came unasked.
    for index in range(len(lines) - 1, first - 1, -1):
        found = _prompt_of(lines[index], bare=is_bare)
        if found is not None and (known is None or found.is_same_device(known)):
            return index, found
    return len(lines), None


def echo_at(lines: list[str], command: str) -> int:
    """Return how many of the first lines together are the echo of the command; 0 where they are not."""
    for pieces in range(1, min(_ECHO_PIECES, len(lines)) + 1):
        if _is_echo("".join(lines[:pieces]), command):
            return pieces
    return 0


def is_chatter(line: str) -> bool:
    """Return whether an ASA prints such a line, or a blank one, or a redrawn prompt, without being asked."""
    if len(line) > _LONGEST_ECHO:
        return not line.strip() or chatter.kind(render(line[:_LONGEST_ECHO])) is not None
    visible = render(line)
    found = prompts.leading(visible)
    rest = visible if found is None else found[1]
    return not rest.strip() or chatter.kind(rest) is not None or chatter.kind(visible) is not None


def stray(lines: Iterable[str], *, typed: str = "") -> str | None:
    """Return the first line that nobody asked for and that is no chatter; `None` where all is.

    Args:
        typed: What was typed: chatter may tear its echo, which is printed again behind it.
    """
    return next((line for line in lines if not is_chatter(line) and not _is_torn(line, typed)), None)


def _is_torn(line: str, typed: str) -> bool:
    shown = _without_prompt(render(line[:_LONGEST_ECHO])).strip()
    return bool(shown) and len(line) <= _LONGEST_ECHO and typed.startswith(shown)


def render(line: str) -> str:
    """Return what a terminal shows of one line after its carriage returns, backspaces and escapes."""
    return line if line.isprintable() else _rendered(line)


# The echo of a long command is redrawn alike on every firewall, and looked at more than once.
@functools.lru_cache(maxsize=128)
def _rendered(line: str) -> str:
    visible = _ESCAPES.sub("", line)
    if "\b" not in visible:
        # Carriage returns alone: each part stands over the beginning of what is there.
        over = ""
        for part in visible.split("\r"):
            printed = part if part.isprintable() else "".join(one for one in part if one >= " ")
            over = printed + over[len(printed) :]
        return over
    shown: list[str] = []
    column = 0
    for character in visible:
        if character == "\r":
            column = 0
        elif character == "\b":
            column = max(0, column - 1)
        elif character >= " ":
            shown[column : column + 1] = character
            column += 1
    return "".join(shown)


def _is_prompt(line: str) -> bool:
    return _prompt_of(line) is not None


def _prompt_of(line: str, *, bare: bool = False) -> Prompt | None:
    if len(line) > _LONGEST_ECHO:
        return None
    return prompts.whole(_ESCAPES.sub("", line).strip("\r"), bare=bare)


def _body(lines: list[str]) -> str:
    text = "\n".join(lines)
    return text + "\n" if text else ""


def _is_echo(line: str, command: str) -> bool:
    if len(line) > _LONGEST_ECHO:
        return False
    if "\r" not in line and "\b" not in line:
        return _shows_all(_ESCAPES.sub("", line), command)
    # After a redraw, what a terminal shows and what came after the last carriage return
    # may differ, because older text is overwritten rather than wiped.
    shown = (render(line), render(line.rpartition("\r")[2]))
    return any(_shows_all(visible, command) or _shows_part(visible, command) for visible in shown)


def _shows_all(visible: str, command: str) -> bool:
    """Return whether the line is the command, with nothing but the prompt in front of it."""
    visible = visible.rstrip()
    ahead = visible.removesuffix(command)
    return visible != ahead and (not ahead.strip() or _is_prompt(ahead) or ahead == "> ")


def _shows_part(visible: str, command: str) -> bool:
    """Return whether a redrawn line shows the head or the end of the command next to a scroll mark."""
    visible = visible.rstrip()
    for mark in _SCROLL_MARKS:
        head = _without_prompt(visible.removesuffix(mark))
        if visible.endswith(mark) and len(head) >= _LEAST_ECHO and command.startswith(head):
            return True
        _, found, end = visible.rpartition(mark)
        if found and len(end) >= _LEAST_ECHO and command.endswith(end):
            return True
    return False


def _without_prompt(visible: str) -> str:
    found = prompts.leading(visible)
    return visible if found is None else found[1]
