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


class Group(TyperGroup):
    """A group of commands whose own options bring nothing to convert them."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options, and `--help`.

        typer's own flags default to None, and to convert that it imports pydantic, which takes longer
        than all else of a TAB; False means the same, and is converted by nobody.
        """
        params: list[Any] = super().get_params(ctx)
        for param in params:
            if getattr(param, "is_flag", False) and param.default is None:
                param.default = False
        return params


class LazyGroup(Group):
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


class Command(TyperCommand):
    """A command whose words are converted when it is run, and not when one of them is completed."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of the command.

        For a TAB they stay text: converted they help nobody who completes, and to convert typer imports
        pydantic and builds a validator for each option, which takes longer than all else of a TAB.
        """
        if not ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        given, rest, _ = self.make_parser(ctx).parse_args(args=args)
        for param in self.get_params(ctx):
            value, source = param.consume_value(ctx, given)
            ctx.set_parameter_source(param.name, source)
            ctx.params[param.name] = value
        ctx.args = rest
        return rest


def _command(name: str, entry: Entry) -> Any:
    module, _, attribute = entry.at.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    holder = typer.Typer(callback=_nothing, add_completion=False)
    if isinstance(found, typer.Typer):
        for below in found.registered_commands:
            below.cls = Command
        holder.add_typer(found, name=name, cls=Group)
    else:
        holder.command(name, cls=Command)(found)
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
