"""A group of commands of which each is imported when it is run, and none to be listed.

`--version`, the help of the program and a TAB need names and summaries only; importing the commands
for them would take most of a second.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A command, or a group of them, in the table of the program.

    Attributes:
        at: "module:name" of its function, or of the `typer.Typer` of its group.
        summary: What lists say of it: the first paragraph of its help.
    """

    at: str
    summary: str


class LazyGroup(TyperGroup):
    """Lists the entries of its table, which a subclass gives; loads the one that is run."""

    entries: ClassVar[Mapping[str, Entry]] = {}

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self._loaded: dict[str, Any] = {}
        for name, entry in self.entries.items():
            self.commands[name] = TyperCommand(name, help=entry.summary)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the command that the words name, loaded, and the words behind its name."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, None if name is None or listed is None else self.loaded(name), rest

    def loaded(self, name: str) -> Any:
        """Return the command of that name whole, with its options or its own commands."""
        if name not in self._loaded:
            self._loaded[name] = _command(name, self.entries[name])
        return self._loaded[name]


def _command(name: str, entry: Entry) -> Any:
    module, _, attribute = entry.at.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    holder = typer.Typer(callback=_nothing, add_completion=False)
    if isinstance(found, typer.Typer):
        holder.add_typer(found, name=name)
    else:
        holder.command(name)(found)
    # A typer with a callback is a group, also of one command.
    group: Any = typer.main.get_command(holder)
    return group.commands[name]


def commands_of(group: Any) -> Mapping[str, Any]:
    """Return the commands of a group whole, by name, in the order of its help."""
    if isinstance(group, LazyGroup):
        return {name: group.loaded(name) for name in group.entries}
    commands: Mapping[str, Any] = group.commands
    return commands


def _nothing() -> None:
    """Make a typer a group."""
