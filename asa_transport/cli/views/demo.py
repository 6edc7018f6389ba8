"""What the demo says between its commands, and the files that it shows."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from asa_transport.cli.console import plain


def say_step(console: Console, text: str) -> None:
    """Say what comes now."""
    console.print(Text(f"\n{text}\n", style="bold"))


def print_file(console: Console, name: str, path: Path) -> None:
    """Print a file under a name, its lines in the colours of a diff."""
    console.print(Text(f"\n{name}", style="bold"))
    for line in path.read_text(encoding="utf-8").splitlines():
        style = {"+": "green", "-": "red"}.get(line[:1], "")
        console.print(plain(f"  {line}"), style=style)
