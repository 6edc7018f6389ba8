"""The made parts of docs/compatibility.md: what the captures of tests/captures say of what is assumed.

A folder there that begins with `mock-` is of firewalls that this project made up: it shows that all of this
works, and proves nothing of an ASA.  So the two stand apart.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asa_transport.asa.commands import READS
from asa_transport.core.captures.shapes import shapes
from asa_transport.files import assumptions
from asa_transport.flows.captures import opened
from asa_transport.flows.doctor import examine_saved
from asa_transport.model import CheckVerdict, Examined
from mock_devices import load_scenario
from mock_devices.capture_names import key_of
from mock_devices.printed import printed
from tools import parts

CAPTURES: Final = Path(__file__).resolve().parent.parent / "tests" / "captures"
_MADE_UP: Final = "mock-"
# What nobody could tell, and what a firewall has not, is an empty cell.
_CELLS: Final = {CheckVerdict.HOLDS: "holds", CheckVerdict.DIFFERS: "**differs**"}
_SHOWS: Final = tuple(sorted(command for command in READS if command.startswith("show ")))
_TRAIN: Final = re.compile(r"\d+\.\d+")
# What is in no capture yet and could be: the trains and models of the recorded outputs and guides.
_TRAINS: Final = ("9.12", "9.14", "9.16", "9.18", "9.20", "9.22", "9.23", "9.24")
_MODELS: Final = (
    "ASAv", "ASAc", "FPR-1010", "FPR-1120", "FPR-1150", "FPR-2110", "FPR-2130", "FPR-3105", "FPR-3130",
    "FPR-4215",
)  # fmt: skip
_LONGEST: Final = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What the firewalls of one model and release say of each assumption; `differs` counts before `holds`."""

    model: str
    release: str
    firewalls: int
    verdicts: dict[str, CheckVerdict]


def filled(page: str) -> str:
    """Return the page with its made parts as they are today."""
    made: dict[str, Callable[[], Iterator[str]]] = {
        "real firewalls": functools.partial(_where, is_real=True),
        "real assumptions": functools.partial(_matrix, is_real=True),
        "mock assumptions": functools.partial(_matrix, is_real=False),
        "other lines": _other_lines,
    }
    return parts.filled(page, made, path="docs/compatibility.md")


def _folders(*, is_real: bool) -> tuple[Path, ...]:
    found = (path.parent for path in CAPTURES.glob("*/manifest.json"))
    return tuple(sorted(path for path in found if path.name.startswith(_MADE_UP) is not is_real))


@functools.cache
def _columns(is_real: bool) -> tuple[Column, ...]:
    examined: dict[tuple[str, str], list[Examined]] = {}
    for folder in _folders(is_real=is_real):
        devices = sorted(str(path) for path in folder.iterdir() if path.is_dir())
        for one in examine_saved(devices, textfsm=None, stdin=None).outcomes:
            if isinstance(one, Examined):
                examined.setdefault((one.model or "unknown", one.version or "unknown"), []).append(one)
    return tuple(
        Column(model=model, release=release, firewalls=len(found), verdicts=_together(found))
        for (model, release), found in sorted(examined.items())
    )


def _together(found: Sequence[Examined]) -> dict[str, CheckVerdict]:
    verdicts: dict[str, CheckVerdict] = {}
    for check in (check for one in found for check in one.checks):
        if check.verdict is CheckVerdict.DIFFERS or (
            check.verdict is CheckVerdict.HOLDS and verdicts.get(check.id) is not CheckVerdict.DIFFERS
        ):
            verdicts[check.id] = check.verdict
    return verdicts


def _where(*, is_real: bool) -> Iterator[str]:
    """Yield how many firewalls there are of each train and model."""
    counts: dict[tuple[str, str], int] = {}
    for column in _columns(is_real):
        train = found[0] if (found := _TRAIN.match(column.release)) else column.release
        counts[column.model, train] = counts.get((column.model, train), 0) + column.firewalls
    models = (*_MODELS, *sorted({model for model, _ in counts} - set(_MODELS)))
    trains = sorted({*_TRAINS, *(train for _, train in counts)}, key=_in_numbers)
    yield f"| train | {' | '.join(models)} |"
    yield f"|---|{'---|' * len(models)}"
    for train in trains:
        yield f"| {train} | {' | '.join(str(counts.get((model, train), '')) for model in models)} |"


def _in_numbers(train: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", train))


def _matrix(*, is_real: bool) -> Iterator[str]:
    """Yield each assumption with what each model and release says of it."""
    columns = _columns(is_real)
    heads = [f"{column.model} {column.release}" for column in columns] or ["no capture yet"]
    yield f"| assumption | {' | '.join(heads)} |"
    yield f"|---|{'---|' * len(heads)}"
    for row in assumptions.load():
        cells = [_CELLS.get(column.verdicts.get(row.id, CheckVerdict.UNKNOWN), "") for column in columns] or [
            ""
        ]
        yield f"| `{row.id}` | {' | '.join(cells)} |"


@functools.cache
def _of_mocks() -> dict[str, frozenset[tuple[str, ...]]]:
    """Return by command what the mock firewalls of the demo print: the form of each line, and of each two."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for _, command, answer in printed(load_scenario("demo"), _SHOWS):
        found.setdefault(key_of(command), set()).update(_sequences(answer))
    return {key: frozenset(forms) for key, forms in found.items()}


def _sequences(answer: str) -> Iterator[tuple[str, ...]]:
    """Yield the form of each line, and of each line with the one behind it."""
    forms = tuple(shapes(answer))
    yield from ((form,) for form in forms)
    yield from itertools.pairwise(forms)


def other_lines(folder: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield command and forms, once: of a line that no mock firewall prints, or of two that none has so.

    Two lines count where it prints both, and never one behind the other.
    """
    known, told = _of_mocks(), set()
    _, answers = opened(folder)
    names = {key_of(command): command for command in _SHOWS}
    for file, text in ((file, text) for files in answers.values() for file, text in files.items()):
        command, mocks = names.get(key_of(file)), known.get(key_of(file), frozenset())
        for forms in _sequences(text) if command is not None else ():
            is_new = forms not in mocks and (len(forms) == 1 or all((form,) in mocks for form in forms))
            if command is not None and is_new and (command, forms) not in told:
                told.add((command, forms))
                yield command, forms


def _other_lines() -> Iterator[str]:
    yield "| capture | command | line |"
    yield "|---|---|---|"
    for folder in (*_folders(is_real=True), *_folders(is_real=False)):
        for command, forms in sorted(other_lines(folder)):
            line = ", then ".join(f"`{_cell(form)}`" for form in forms)
            yield f"| {folder.name} | `{command.partition(' |')[0]}` | {line} |"


def _cell(form: str) -> str:
    shown = form.strip() if len(form) <= _LONGEST else f"{form.strip()[: _LONGEST - 1]}…"
    return shown.replace("|", "\\|").replace("`", "'")
