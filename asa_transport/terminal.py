"""Read an ASA's terminal: where a prompt stands, whether an echo is ours, which bytes are the answer.

Pure.  Guarantees that an answer is taken only between the echo of the command
that was typed and a prompt of the same device; anything else is reported, so
that a session which lost its place is never read as if it had not.

Sources: prompts and their `\\r` DOMAIN §9.3; login lines §9.4; replication chatter
§4.11; line ends netmiko `CiscoAsaSSH.normalize_linefeeds`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# `host`, `host/pri/act`, `host/context`, `host/pri/act(config)`; the order of the parts is
# the user's (`prompt` command), so no part is taken for the hostname by its place.
_PROMPT = re.compile(
    r"(?P<name>[\w.@:+-]+(?:/[\w.@:+-]+)*)(?P<mode>\([\w-]{0,32}\))?(?P<level>[#>])(?P<blank> ?)"
)
_ROLE_PARTS = frozenset({"pri", "sec", "act", "stby", "actNoFailover", "stbyNoFailover", "negotiation"})
_UNIT_PARTS = frozenset({"pri", "sec"})
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[@-Z\\^_]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
_LINE_ENDS = re.compile(r"\r*\n\r*")
# Lines that an ASA prints by itself, between or before commands (DOMAIN §4.11; syslog on
# the terminal starts with a percent sign or a time).
_CHATTER = re.compile(
    r"\s*(?:Beginning configuration replication.*|End Configuration Replication.*"
    r"|Switching to (?:Active|Standby).*|.*%ASA-\d-\d+:.*)?\s*"
)
# Public netmiko issues (2039, 254, 105) show a line wider than the terminal scrolled behind a `$`
# while it is typed, and shown from its head with a `$` behind it on Enter.  `<` is an
# operator's report.  The bytes between are unproven, so both ends and both marks are taken.
_SCROLL_MARKS = "$<"
# Shorter pieces of a command could be anything.
_LEAST_ECHO = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt as printed, e.g. ``fw-par-01/pri/act(config)#``.

    Attributes:
        parts: The texts between the slashes, in the device's order.
        mode: What stands in parentheses, e.g. ``config``; empty outside configuration.
        is_privileged: True at ``#``.
        is_certain: A blank follows, as ASA prints it; without one a banner's line may look the same.
    """

    text: str
    parts: tuple[str, ...]
    mode: str
    is_privileged: bool
    is_certain: bool

    def is_same_device(self, other: Prompt) -> bool:
        """Return whether both prompts may be one device's: role, context and mode may differ."""
        return bool(self._names() & other._names())

    @property
    def hostname(self) -> str | None:
        """The first part that names no role: the host name, unless the user ordered the parts otherwise."""
        return next((part for part in self.parts if part not in _ROLE_PARTS), None)

    @property
    def unit(self) -> str | None:
        """`pri` or `sec`, which a unit of a pair keeps when it changes its role; `None` where not shown."""
        return next((part for part in self.parts if part in _UNIT_PARTS), None)

    def _names(self) -> frozenset[str]:
        return frozenset(self.parts) - _ROLE_PARTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What stood between the echo and the next prompt; `before` is what came ahead of the echo."""

    before: tuple[str, ...]
    text: str


def prompt_at_end(raw: str) -> Prompt | None:
    """Return the prompt that the stream ends with, or `None`."""
    tail = raw[-400:]
    line = re.split(r"[\r\n]", _ESCAPES.sub("", tail))[-1]
    match = _PROMPT.fullmatch(line)
    return None if match is None else _prompt(match)


def typed_at(line: str) -> tuple[Prompt, str] | None:
    """Return the prompt that a line of a transcript begins with, and what stands behind it, or `None`.

    A line with backspaces, carriage returns or escapes is taken as a terminal shows it,
    because that is how a person's corrected typing is recorded.
    """
    shown = line if line.isprintable() else render(line)
    match = _PROMPT.match(shown)
    return None if match is None else (_prompt(match), shown[match.end() :].strip())


def _prompt(match: re.Match[str]) -> Prompt:
    return Prompt(
        text=match.group().rstrip(),
        parts=tuple(match["name"].split("/")),
        mode=(match["mode"] or "").strip("()"),
        is_privileged=match["level"] == "#",
        is_certain=bool(match["blank"]),
    )


def asks_password(raw: str) -> bool:
    """Return whether the stream ends with a question for a password."""
    return re.search(r"(?:^|[\r\n])[^\r\n]*[Pp]assword: ?\Z", raw[-200:]) is not None


def asks_reporting(raw: str) -> bool:
    """Return whether the stream ends with the question about anonymous reporting (DOMAIN §9.5)."""
    return re.search(r"\[Y\]es, \[N\]o, \[A\]sk later: ?\Z", raw[-200:]) is not None


def asks_more(raw: str) -> bool:
    """Return whether the stream ends in the pager (DOMAIN §9.6)."""
    return re.search(r"<--- More --->[ \r]*\Z", raw[-80:]) is not None


def lines_of(raw: str) -> list[str]:
    """Split at the device's line ends (`\\r\\n`, `\\r\\r\\n`, `\\n\\r`, …) and at nothing else."""
    return _LINE_ENDS.split(raw)


def answer_to(command: str, raw: str) -> Answer | None:
    """Return the answer in all that came since `command` was typed, or `None` where its echo is missing.

    Args:
        command: The line that was typed.
        raw: All that came since, ending with a prompt.
    """
    lines = lines_of(raw)
    if _is_prompt(lines[-1]):
        lines = lines[:-1]
    for index in range(len(lines)):
        # A long echo may come in up to three pieces where the device wraps it.
        for pieces in (1, 2, 3):
            if _is_echo("".join(lines[index : index + pieces]), command):
                return Answer(before=tuple(lines[:index]), text=_body(lines[index + pieces :]))
    return None


def is_chatter(line: str) -> bool:
    """Return whether an ASA prints such a line, or a blank one, without being asked."""
    visible = render(line)
    return bool(_CHATTER.fullmatch(visible)) or _is_prompt(line)


def render(line: str) -> str:
    """Return what a terminal shows of one line after its carriage returns, backspaces and escapes."""
    shown: list[str] = []
    column = 0
    for character in _ESCAPES.sub("", line):
        if character == "\r":
            column = 0
        elif character == "\b":
            column = max(0, column - 1)
        elif character >= " ":
            shown[column : column + 1] = character
            column += 1
    return "".join(shown)


def printable(text: str, *, limit: int = 200) -> str:
    """Return device text for a person's eyes: one line, no control characters, at most `limit` long."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def quoted(text: str) -> str:
    """Return what a device said, in quotes and `printable`."""
    return f"'{printable(text)}'"


def _is_prompt(line: str) -> bool:
    return _PROMPT.fullmatch(_ESCAPES.sub("", line).strip("\r")) is not None


def _body(lines: list[str]) -> str:
    text = "\n".join(lines)
    return text + "\n" if text else ""


def _is_echo(line: str, command: str) -> bool:
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
    return visible != ahead and (not ahead.strip() or _is_prompt(ahead))


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
    match = _PROMPT.match(visible)
    return visible[match.end() :] if match else visible
