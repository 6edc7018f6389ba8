"""What the commands share: consoles, quoting, and the end of a command on a user's mistake.

Results go to stdout, messages to stderr.  Nothing that comes from a file or a
device is read as markup or reaches the terminal with control characters in it.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final

import typer

from asa_transport.errors import ProblemsError, UserError
from asa_transport.text import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_NO_WIDTH: Final = 100_000


def printable(text: str) -> str:
    """Return the text with every character that is not printable escaped, as in ``\\x1b``."""
    return visible(text, keep="\n")


def plain(text: str) -> Text:
    """Return the text for a table cell: printable, and never read as markup."""
    from rich.text import Text

    return Text(printable(text))


def results(*, no_color: bool = False) -> Console:
    """Return the console of stdout; made anew, so that it follows a redirected stream."""
    return console(sys.stdout, no_color=no_color)


def console(file: IO[str], *, no_color: bool = False) -> Console:
    """Return a console on a stream; no escapes at all with ``no_color`` or NO_COLOR, bold ones included."""
    from rich.console import Console

    # A file or a pipe has no width: one row is one line there, for grep.
    width = None if file.isatty() else _NO_WIDTH
    is_plain = no_color or bool(os.environ.get("NO_COLOR"))
    return Console(
        file=file,
        width=width,
        color_system=None if is_plain else "auto",
        highlight=False,
        markup=False,
        emoji=False,
    )


def say(message: str) -> None:
    """Print a message to stderr."""
    typer.echo(printable(message), err=True)


def write_stderr(text: str) -> None:
    """Write a finished text to stderr at once, as it is."""
    sys.stderr.write(text)
    sys.stderr.flush()


@dataclass(frozen=True, slots=True, kw_only=True)
class StderrTeller:
    """Says on stderr what flows tell; implements `capabilities.Teller`."""

    quiet: bool = False

    def note(self, message: str, /) -> None:
        """Say it, unless `--quiet` was asked for."""
        if not self.quiet:
            say(message)

    def warn(self, message: str, /) -> None:
        """Say it."""
        say(message)


def print_json(document: Any, file: IO[str] | None = None) -> None:
    """Print a result as JSON, to stdout where no file is given: UTF-8 as it is, two blanks a level."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    stream = sys.stdout if file is None else file
    # Whatever the locale says: JSON is UTF-8.
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8")
    # Half a surrogate pair, from a file name that is not UTF-8, becomes JSON's own escape.
    typer.echo(text.encode("utf-8", "backslashreplace").decode("utf-8"), file=stream)


@contextmanager
def exit_on_user_error() -> Iterator[None]:
    """Turn a `UserError` into its message on stderr and its exit code: 2, or 7 for an unusable plan."""
    try:
        yield
    except UserError as error:
        for line in str(error).splitlines():
            say(f"error: {line}")
        if isinstance(error, ProblemsError):
            count = len(error.problems)
            say(f"{count} problem{'' if count == 1 else 's'}; nothing was contacted")
        raise typer.Exit(error.exit_code) from None


def print_whole(console: Console, name: Text, lines: Iterable[Text]) -> None:
    """Print a name and lines below it, none of them cut or filled: an address is copied and clicked whole."""
    from rich.text import Text

    console.print(Text("  ") + name, soft_wrap=True)
    for line in lines:
        console.print(Text("    ") + line, soft_wrap=True)


def print_pairs(console: Console, rows: Iterable[tuple[Text, Text]]) -> None:
    """Print a name and a text a row: wrapped beside the names on a terminal, one line a row elsewhere."""
    from rich.text import Text

    if not console.is_terminal:
        for name, text in rows:
            first, *more = text.split("\n")
            console.print(Text("  ") + name + Text("  ") + first, soft_wrap=True)
            for line in more:
                console.print(Text("    ") + line, soft_wrap=True)
        return
    # Only here: a pipe needs none.
    from rich.table import Table

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in rows:
        grid.add_row(Text("  ") + name, text)
    console.print(grid)
