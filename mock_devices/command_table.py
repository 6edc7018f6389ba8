"""Match what was typed against the command table, with the ASA's abbreviations and errors.

A pattern is words and `<arguments>`; `<rest>` takes the remainder of the line.  A keyword
may be shortened as long as it is the only one that fits; the exact word always wins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mock_devices.shell_state import ShellState
from mock_devices.state import DeviceState


@dataclass(slots=True, kw_only=True)
class Ask:
    """A question that takes the next line (or key) from the client."""

    prompt: str
    answered: Callable[[str], Answer]
    secret: bool = False
    one_key: bool = False


@dataclass(slots=True, kw_only=True)
class Answer:
    """What a command leads to: lines, perhaps a question, perhaps the end of the session."""

    lines: Sequence[str] = ()
    ask: Ask | None = None
    close: bool = False
    restart: bool = False
    then: Callable[[], object] | None = None  # after the prompt is out


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One recognised command: where it was typed and its arguments."""

    device: DeviceState
    shell: ShellState
    args: tuple[str, ...]
    words: tuple[str, ...]


Handler = Callable[[Call], Answer]
When = Callable[[DeviceState, ShellState], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One row of the command table."""

    words: tuple[str, ...]
    handler: Handler
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Exactly one command."""

    command: Command
    args: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Invalid:
    """Nothing fits from ``column`` of the typed text on."""

    column: int


@dataclass(frozen=True, slots=True)
class Incomplete:
    """More words are needed."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A shortened word fits several commands."""


Match = Found | Invalid | Incomplete | Ambiguous


@dataclass(slots=True)
class Table:
    """The commands of one mode."""

    commands: list[Command] = field(default_factory=list)

    def add(self, *patterns: str, when: When | None = None) -> Callable[[Handler], Handler]:
        """Register a handler under some patterns."""

        def register(handler: Handler) -> Handler:
            for pattern in patterns:
                self.commands.append(Command(words=tuple(pattern.split()), handler=handler, when=when))
            return handler

        return register


_TOKEN = re.compile(r"\S+")


def match(tables: Sequence[Table], text: str, device: DeviceState, shell: ShellState) -> Match:
    """Return the command that ``text`` means in the first table where it means something."""
    furthest = Invalid(-1)
    for table in tables:
        allowed = [one for one in table.commands if one.when is None or one.when(device, shell)]
        found = _match(allowed, text)
        if not isinstance(found, Invalid):
            return found
        if found.column > furthest.column:
            furthest = found
    return furthest


def _match(commands: list[Command], text: str) -> Match:
    tokens = [(one.group(), one.start()) for one in _TOKEN.finditer(text)]
    alive = commands
    args: list[tuple[int, str]] = []
    for index, (token, column) in enumerate(tokens):
        longer = [one for one in alive if len(one.words) > index]
        keywords = {one.words[index] for one in longer if not one.words[index].startswith("<")}
        lowered = token.lower()
        fits = {word for word in keywords if word.startswith(lowered)}
        if lowered in fits:
            fits = {lowered}
        if len(fits) > 1:
            return Ambiguous()
        if fits:
            word = fits.pop()
            alive = [one for one in longer if one.words[index] == word]
            continue
        alive = [
            one for one in longer if one.words[index].startswith("<") and _takes(one.words[index], token)
        ]
        if not alive:
            return Invalid(column + _common(lowered, keywords))
        args.append((index, token))
        if any(one.words[index] == "<rest>" for one in alive):
            rest = next(one for one in alive if one.words[index] == "<rest>")
            taken = [*[arg for _, arg in args[:-1]], text[column:].rstrip()]
            return Found(rest, tuple(taken), rest.words)
    complete = [one for one in alive if len(one.words) == len(tokens)]
    if not complete:
        return Incomplete()
    return Found(complete[0], tuple(arg for _, arg in args), complete[0].words)


def _takes(argument: str, token: str) -> bool:
    return token.isdigit() if argument == "<number>" else True


def _common(token: str, keywords: set[str]) -> int:
    """Return how many characters of ``token`` begin some keyword: where the caret goes."""
    best = 0
    for word in keywords:
        length = 0
        while length < min(len(word), len(token)) and word[length] == token[length]:
            length += 1
        best = max(best, length)
    return min(best, max(len(token) - 1, 0))


def next_words(tables: Sequence[Table], text: str, device: DeviceState, shell: ShellState) -> list[str]:
    """Return what may follow ``text``: the answer to `?`."""
    *done, last = [*text.split(), ""] if text.endswith(" ") or not text else text.split()
    found: set[str] = set()
    for table in tables:
        for one in table.commands:
            if one.when is not None and not one.when(device, shell):
                continue
            if len(one.words) > len(done) and all(
                word.startswith("<") or word.startswith(typed.lower())
                for word, typed in zip(one.words, done, strict=False)
            ):
                word = one.words[len(done)]
                if word.startswith("<") or word.startswith(last.lower()):
                    found.add(word)
            elif len(one.words) == len(done) and not last:
                found.add("<cr>")
    return sorted(found)


_FILTERS = ("include", "exclude", "begin", "grep")


def split_filter(text: str) -> tuple[str, str | None]:
    """Split `show x | include y` at the first bar; the filter part is None without one."""
    head, bar, tail = text.partition("|")
    return (head.rstrip(), tail.strip()) if bar else (text, None)


def apply_filter(lines: Sequence[str], text: str) -> list[str] | None:
    """Return the lines that a filter lets through; None where the filter is not one."""
    word, _, pattern = text.partition(" ")
    names = [name for name in _FILTERS if word and name.startswith(word.lower())]
    pattern = pattern.strip()
    if len(names) != 1 or not pattern:
        return None
    negated = names[0] == "exclude"
    if names[0] == "grep" and pattern.startswith("-v "):
        negated, pattern = True, pattern[3:].strip()
    try:
        wanted = re.compile(pattern.strip('"'))
    except re.error:
        return None
    if names[0] == "begin":
        start = next((number for number, line in enumerate(lines) if wanted.search(line)), len(lines))
        return list(lines[start:])
    return [line for line in lines if bool(wanted.search(line)) is not negated]
