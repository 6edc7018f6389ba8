"""A group of commands of which each is imported when it is run, and none to be listed.

`--version`, the help of the program and a TAB need names and summaries only; importing the commands
for them would take most of a second.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Final, cast

import typer
from typer.core import TyperCommand, TyperGroup

from asa_transport.cli.command_first import WORDS, command_first
from asa_transport.cli.conversion import convert_plainly
from asa_transport.model.ending import RunEnd

_ONE_FILE: Final = "FILE"
# By which a shell's script asks the program what it offers.
_COMPLETING: Final = "_ASA_TRANSPORT_COMPLETE"
# The options that give that script.
_SCRIPTS: Final = frozenset({"--install-completion", "--show-completion"})
# The base of all that is wrong with a command line, in whichever click this typer has.
_CLICK_ERROR: Any = typer.BadParameter.__bases__[0].__bases__[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A command, or a group of them, in the table of the program.

    Attributes:
        at: "module:name" of its function, or of the `typer.Typer` of its group.
        summary: What lists say of it: the first paragraph of its help.
    """

    at: str
    summary: str


class _Shown:
    """Mixed into a command or a group: how its help and its usage are shown, and its words converted."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, and `--help`; what is plainly given, they convert themselves."""
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            convert_plainly(param)
        return params

    def get_help(self, ctx: Any) -> str:
        """Return the help, or print it; examples are at its end, and a flag has no type."""
        # Only here: no other command needs the examples of all.
        from asa_transport.cli import examples
        from asa_transport.cli.help_imports import import_help_printer

        import_help_printer()
        shown: Any = self
        for param in shown.get_params(ctx):
            examples.hide_types(param)
        shown.epilog = examples.epilog(ctx.command_path, shown.epilog)
        text: str = super().get_help(ctx)  # type: ignore[misc]
        return text

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words of the usage; an argument that is needed is a bare word, as in other programs."""
        pieces: list[str] = super().collect_usage_pieces(ctx)  # type: ignore[misc]
        return [piece.replace("{", "").replace("}", "") for piece in pieces]


@contextmanager
def _in_context(ctx: Any) -> Iterator[None]:
    """Let every exception of a command's words name the command: click leaves it out of some."""
    try:
        yield
    except _CLICK_ERROR as error:
        if getattr(error, "ctx", None) is None:
            error.ctx = ctx
        raise


class Group(_Shown, TyperGroup):
    """A group of commands."""

    def whole(self, name: str) -> Any:
        """Return the command of that name with its options."""
        return self.commands[name]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words; options of a command may stand before its name."""
        ctx.meta.setdefault(WORDS, list(args))
        with _in_context(ctx):
            rest: list[str] = super().parse_args(ctx, command_first(self, ctx, args))
        return rest


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
        # A name may be two words, where the first of them is a command too.
        if " ".join(args[:2]) in self.entries:
            args = [" ".join(args[:2]), *args[2:]]
        name, listed, rest = super().resolve_command(ctx, args)
        return name, None if name is None or listed is None else self.whole(name), rest

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Return what may stand there; the second word of a name is offered by the command of the first."""
        return [item for item in super().shell_complete(ctx, incomplete) if " " not in item.value]

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the program; a mistake in its words is said in one line, like any other."""
        if os.environ.get(_COMPLETING) or not _SCRIPTS.isdisjoint(sys.argv):
            # Another typer keeps its own; then not every word is completed.
            with suppress(ImportError, AttributeError):
                from asa_transport.cli import bash_words, zsh_fish_words

                bash_words.register()
                zsh_fish_words.register()
        if not extra.pop("standalone_mode", True):
            return super().main(*args, **{**extra, "standalone_mode": False})
        try:
            code = super().main(*args, **{**extra, "standalone_mode": False})
        except _CLICK_ERROR as error:
            from asa_transport.cli.mistakes import say_mistake

            say_mistake(error)
            sys.exit(error.exit_code)
        except typer.Abort:
            # A question that nobody answered.
            sys.exit(RunEnd.INTERRUPTED)
        sys.exit(code if isinstance(code, int) else RunEnd.OK)

    def whole(self, name: str) -> Any:
        """Return the command of that name whole, with its options or its own commands."""
        if name not in self._loaded:
            self._loaded[name] = _command(name, self.entries[name])
        return self._loaded[name]


class Command(_Shown, TyperCommand):
    """A command whose words are converted when it is run, and not when one of them is completed."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of the command.

        For a TAB they stay text: converted they help nobody who completes, and to convert typer imports
        pydantic and builds a validator for each option, which takes longer than all else of a TAB.
        """
        if not ctx.resilient_parsing:
            ctx.meta[WORDS] = list(args)
            with _in_context(ctx):
                self._check_given_once(ctx, args)
                return super().parse_args(ctx, args)
        given, rest, _ = self.make_parser(ctx).parse_args(args=args)
        for param in self.get_params(ctx):
            value, source = param.consume_value(ctx, given)
            ctx.set_parameter_source(param.name, source)
            ctx.params[param.name] = value
        ctx.args = rest
        return rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command; what the SSH libraries log stays off stderr."""
        from asa_transport.edges.quiet import quiet

        quiet()
        return super().invoke(ctx)

    def _check_given_once(self, ctx: Any, args: list[str]) -> None:
        """Refuse a second FILE of one option: the last one would count, and nobody would be told."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for param, count in Counter(order).items():
            if count > 1 and not param.multiple and param.metavar == _ONE_FILE:
                raise typer.BadParameter(
                    f"given {count} times; give it once", ctx=ctx, param=cast("Any", param)
                )


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
        return {name: group.whole(name) for name in group.entries}
    commands: Mapping[str, Any] = group.commands
    return commands


def _nothing() -> None:
    """Make a typer a group."""
