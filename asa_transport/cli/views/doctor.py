"""What `doctor` found, at 80 columns: by release and model, then what differs in the device's lines."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from string import ascii_uppercase
from typing import IO, TYPE_CHECKING, Any, Final

from asa_transport.cli.console import console, plain, print_json, printable
from asa_transport.core.documents.doctor import DoctorRun, document
from asa_transport.core.documents.records import encode
from asa_transport.core.reports.doctor import (
    EFFECTS,
    Difference,
    Kind,
    contradicted,
    differences,
    kinds,
    rows,
    summary,
)
from asa_transport.model import Assumption, CheckVerdict, Examined, Learnt
from asa_transport.text import instant

if TYPE_CHECKING:
    from rich.console import Console

    from asa_transport.capabilities import Teller
    from asa_transport.flows.learnt import Lesson

# A terminal of an operator's jump host.
_WIDTH: Final = 80
_SIGNS: Final = {
    CheckVerdict.HOLDS: "=",
    CheckVerdict.DIFFERS: "X",
    CheckVerdict.NOT_APPLICABLE: ".",
    CheckVerdict.UNKNOWN: "?",
}
_LEGEND: Final = "= holds  X differs  ~ differs on some  ? not told  . not applicable"
# Of a letter, a blank and the longest id's column so many fit.
_KINDS_IN_A_ROW: Final = len(ascii_uppercase)


def print_document(run: DoctorRun, file: IO[str]) -> None:
    """Print the document."""
    print_json(document(run), file)


def print_run(run: DoctorRun, file: IO[str], *, verbose: bool, no_color: bool) -> None:
    """Print what was found of one firewall, or the matrix of several; then what differs, and who is missing.

    Args:
        verbose: Of one firewall, also what its answers do not tell, and what is not applicable to it.
    """
    shown, found = console(file, no_color=no_color), run.examined
    if len(found) == 1:
        _lines(shown, _one(found[0], verbose=verbose))
    elif found:
        groups = kinds(found)
        for start in range(0, len(groups), _KINDS_IN_A_ROW):
            _lines(shown, _matrix(groups[start : start + _KINDS_IN_A_ROW], rows(found)))
        _lines(shown, [_LEGEND])
    for difference in differences(found):
        _lines(shown, ["", *_difference(difference)])
    if run.contradictions is not None:
        _lines(shown, ["", *(line for said in contradicted(run) for line in _wrapped(said, "", "  "))])
    for missed in run.missed:
        said = f"{missed.device.name}: not reached: {missed.error}"
        _lines(shown, ["", *_wrapped(said, ""), *_wrapped(f"hint: {missed.hint}", "  ")])
    _lines(shown, ["", *_wrapped(summary(run), "")])


def _one(found: Examined, *, verbose: bool) -> Iterator[str]:
    yield f"{found.name} ({found.host}): {found.model or 'model not known'}, {found.version or 'no release'}"
    shown = [
        check
        for check in found.checks
        if verbose or check.verdict in (CheckVerdict.HOLDS, CheckVerdict.DIFFERS)
    ]
    width = max((len(check.id) for check in shown), default=0)
    words = max((len(check.verdict.value) for check in shown), default=0)
    for check in shown:
        head = f"  {check.id:<{width}}  {check.verdict.value:<{words}}  "
        yield from _wrapped(check.seen, head, " " * len(head))


def _matrix(groups: Sequence[Kind], names: Sequence[str]) -> Iterator[str]:
    for letter, group in zip(ascii_uppercase, groups, strict=False):
        yield from _wrapped(f"{group.title}: {group.names}", f"{letter}  ", "   ")
    width = max(map(len, names), default=0)
    yield ""
    yield f"{'':<{width}}  {' '.join(ascii_uppercase[: len(groups)])}"
    for name in names:
        yield f"{name:<{width}}  {' '.join(_sign(group, name) for group in groups)}"
    yield ""


def _sign(group: Kind, row: str) -> str:
    verdict, count, of = group.cell(row)
    return "~" if verdict is CheckVerdict.DIFFERS and count < of else _SIGNS[verdict]


def _difference(found: Difference) -> Iterator[str]:
    check = found.check
    yield from _wrapped(f"{check.id} differs on {found.names}", "")
    yield from _wrapped(check.assumption, "  assumed: ", "           ")
    yield from _wrapped(check.seen, "  seen: ", "        ")
    for line in check.evidence:
        yield from _wrapped(f"{line.command!r} line {line.line}: {line.text.strip()}", "    ", "      ")
    yield from _wrapped(check.consequence or "", "  consequence: ", "    ")
    yield from _wrapped(EFFECTS[check.effect], "  effect: ", "    ")


def _wrapped(text: str, head: str, rest: str | None = None) -> list[str]:
    """Return a text at the width of the table, whatever is in it; a word that is longer stays whole."""
    return textwrap.wrap(
        " ".join(printable(text).split()),
        _WIDTH,
        initial_indent=head,
        subsequent_indent=head if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _lines(shown: Console, lines: Sequence[str] | Iterator[str]) -> None:
    for line in lines:
        shown.print(plain(line), soft_wrap=True)


def print_rows(found: Sequence[Assumption], file: IO[str], *, as_json: bool, no_color: bool) -> None:
    """Print the assumptions: both readings, where they come from, what shows them and what rests on them."""
    if as_json:
        print_json([_row(row) for row in found], file)
        return
    shown = console(file, no_color=no_color)
    for row in found:
        used = "; ".join(f"{kind} {', '.join(names)}" for kind, names in row.used_by.items())
        asked = ", ".join(row.shown_by) or "no command that an audit may send"
        _lines(shown, [row.id])
        _lines(shown, _wrapped(row.statement, "  assumed: ", "    "))
        _lines(shown, _wrapped(row.otherwise, "  or: ", "    "))
        _lines(shown, _wrapped(f"{row.source} ({row.confidence.value})", "  source: ", "    "))
        _lines(shown, _wrapped(asked, "  shown by: ", "    "))
        _lines(shown, _wrapped(used, "  used by: ", "    "))
        _lines(shown, _wrapped(row.consequence, "  where it differs: ", "    "))
        _lines(shown, [*_wrapped(EFFECTS[row.effect], "  effect: ", "    "), ""])


def _row(row: Assumption) -> dict[str, Any]:
    found: dict[str, Any] = encode(row)
    return found


def print_learnt(found: Sequence[Learnt], file: IO[str], *, as_json: bool, no_color: bool) -> None:
    """Print what was learnt: of which release, on which firewall, by whom and when."""
    if as_json:
        print_json([encode(entry) for entry in found], file)
        return
    shown = console(file, no_color=no_color)
    if not found:
        _lines(shown, ["nothing is learnt: no release was seen to differ in what the program can follow"])
    for entry in found:
        _lines(shown, _wrapped(f"{entry.release}: {entry.id}: {entry.seen}", "", "  "))
        _lines(shown, _wrapped(f"on {entry.device}, {instant(entry.at)}, by {entry.by}", "  "))


def say_learnt(lesson: Lesson, tell: Teller) -> None:
    """Say what is kept of a release from now on, and what is not any more."""
    for entry in lesson.added:
        tell.note(f"learnt of {entry.release}: {entry.id}: {entry.seen} ({entry.device})")
    for entry in lesson.removed:
        tell.note(f"no longer kept of {entry.release}: {entry.id}: it holds there, or firewalls disagree")


def say_forgotten(gone: Sequence[Learnt], tell: Teller) -> None:
    """Say what was forgotten."""
    for entry in gone:
        tell.note(f"forgotten of {entry.release}: {entry.id}: {entry.seen} ({entry.device})")
