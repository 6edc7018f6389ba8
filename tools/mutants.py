"""Print how many changes of the code the tests notice: `python -m tools.mutants FOLDER`, for `make mutants`.

FOLDER is where mutmut keeps what became of each of its changes, a file `.meta` beside each module.  A change
that no test runs is a survivor like any other; one that was not tried yet counts nowhere but in its column.

Source: mutmut 3, `exit_code_by_key`: pytest's own exit code, and 33 where no test runs the function.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

# By how the name of a module begins; the first that fits.
ROOMS: Final = {
    "allow list": ("asa_transport/asa/", "asa_transport/capabilities"),
    "planning": ("asa_transport/core/planning/",),
    "pushing": ("asa_transport/core/pushing/",),
    "decisions": ("asa_transport/core/judgement/decisions/",),
    "rules": ("asa_transport/core/judgement/rules/",),
    "cases, judge": ("asa_transport/core/judgement/",),
}
_SURVIVED: Final = 0
_NO_TEST: Final = frozenset({5, 33})


def tally(folder: Path) -> Mapping[str, Counter[str]]:
    """Return by room what became of its changes: noticed, survived, no test, not tried."""
    found = {room: Counter[str]() for room in ROOMS}
    for file in sorted(folder.rglob("*.py.meta")):
        module = file.relative_to(folder).as_posix()
        room = next((room for room, begins in ROOMS.items() if module.startswith(begins)), None)
        if room is not None:
            codes = json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]
            found[room].update(map(_became, codes.values()))
    return found


def _became(code: int | None) -> str:
    if code is None:
        return "not tried"
    if code in _NO_TEST:
        return "no test"
    # pytest failed, could not go on, or ran out of time: it was noticed.
    return "survived" if code == _SURVIVED else "noticed"


def table(found: Mapping[str, Counter[str]]) -> Iterator[str]:
    """Return the lines of the table."""
    columns = ("noticed", "survived", "no test", "not tried")
    yield f"{'room':<14}{''.join(f'{column:>11}' for column in columns)}{'score':>9}"
    for room, became in found.items():
        tried = became.total() - became["not tried"]
        score = f"{became['noticed'] / tried:.0%}" if tried else "-"
        yield f"{room:<14}{''.join(f'{became[column]:>11}' for column in columns)}{score:>9}"


if __name__ == "__main__":
    print("\n".join(table(tally(Path(sys.argv[1])))))
