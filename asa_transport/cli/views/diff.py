"""Print a diff as `diff` and `audit --since` do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import IO, assert_never

from rich.console import Console
from rich.text import Text

from asa_transport.cli.console import console, print_pairs
from asa_transport.cli.formats import Shape
from asa_transport.cli.views.formats import write_text
from asa_transport.cli.views.names import beside
from asa_transport.core.documents import diff as document
from asa_transport.core.history.differences import Diff
from asa_transport.core.history.grouped import Group, by_kind
from asa_transport.core.history.wording import HEADINGS, headline
from asa_transport.core.reports.formats import Format
from asa_transport.errors import UserError
from asa_transport.model import Severity
from asa_transport.text import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What `audit --since` asks for."""

    shape: Shape
    fail_on_new: Severity | None


def checked(
    since: str | None, fail_on_new: Severity | None, output_format: Format, output: Path | None
) -> Changes | None:
    """Return what an audit's options ask of its diff, `None` without `--since`; else UserError."""
    if since is None:
        if fail_on_new is not None:
            raise UserError("--fail-on-new needs an earlier run; add --since last")
        return None
    if output is not None:
        # The format is that of the report in the file.
        return Changes(shape=Shape.TABLE, fail_on_new=fail_on_new)
    if output_format.value not in set(Shape):
        raise UserError(
            f"--since prints what changed, which has no format {output_format.value!r}; expected "
            f"{', '.join(Shape)}, or -o FILE for the report"
        )
    return Changes(shape=Shape(output_format.value), fail_on_new=fail_on_new)


def print_diff(shape: Shape, file: IO[str], diff: Diff, *, no_color: bool = False) -> None:
    """Write a diff to an open file; one line where nothing changed."""
    match shape:
        case Shape.TABLE:
            _print_table(file, diff, no_color=no_color)
        case Shape.JSON:
            write_text(file, json.dumps(document.document(diff), indent=2, ensure_ascii=False) + "\n")
        case Shape.MD:
            write_text(file, document.markdown(diff))
        case _:
            assert_never(shape)


def _print_table(file: IO[str], diff: Diff, *, no_color: bool) -> None:
    out = console(file, no_color=no_color)
    out.print(Text(visible(headline(diff))), soft_wrap=not out.is_terminal)
    for kind, groups in by_kind(diff.changes):
        count = sum(len(group.names) for group in groups)
        out.print(Text(f"\n{HEADINGS[kind]}" + f" ({count})" * (count > 1), style="bold"))
        print_pairs(out, (_pair(out, group) for group in groups))


def _pair(out: Console, group: Group) -> tuple[Text, Text]:
    said = Text(visible(group.said))
    if group.example is not None:
        name, example = group.example
        said.append(f"\non {visible(name)}: {visible(example)}", "dim")
    return beside(out, group.names, said, style="bold", rest="--format md has all")
