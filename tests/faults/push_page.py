"""Write docs/push-faults.md from the fault matrix: `python -m tests.faults.push_page`, about two minutes.

The matrix is run, not described; the tests run it again and compare each cell with the page.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor

from tests.faults.push_matrix import run
from tests.faults.push_steps import (
    GARBAGE_EVER,
    GONE_AFTER,
    GONE_BEFORE,
    GROUPS,
    LOOK_EVER,
    REFUSED_EVER,
    Cell,
    Group,
    cells,
)
from tests.faults.push_truth import faults_of
from tests.support import ROOT

PAGE = ROOT / "docs" / "push-faults.md"

# Where nobody could know, or could put it right, and why.
EXCUSES: Mapping[str, str] = {
    GONE_BEFORE.title: "The device is never reached again, so nobody can read what it runs.",
    GONE_AFTER.title: "The same.",
    LOOK_EVER.title: "Four sessions in a row were lost; a person looks at what is wrong with it.",
    REFUSED_EVER.title: "The device no longer shows its configuration: what it runs was put back, as "
    "far as it says, and nobody can prove it.",
    GARBAGE_EVER.title: "The same.",
    **{
        f"cut {when} it, the startup configuration reads as garbage": "Each look ends in noise, in which "
        "nobody can tell an answer from the prompt; a person looks at what is wrong with it."
        for when in ("before", "after")
    },
}

_HEAD = """# What a push does when something goes wrong

Every line that `asa-transport push --commit` sends, and every read, was made to fail in every way below, on a mock
firewall over real SSH. The tables show how each push ended. They are generated (`python -m tests.faults.push_page`),
and the tests run every cell again and compare it with this page.

For every cell the tests hold, byte by byte:

- The device ends with the running configuration from before or with the intended one, never between. The exceptions
  are named under [Where a person must look](#where-a-person-must-look).
- What is said of it is true: of the running configuration, of the startup configuration, of both units of a pair.
- No line of the change is sent twice, unless the device was read in between and the line was still needed.
- Every line was in the journal before it left.

The change is of two lines, so that there is something between: `transport proxy` and `transport type smart`. Contact
comes at once, except in the tables of the way back, where it never comes.

## The outcomes, and what to do

| outcome | what is true | what to do |
|---|---|---|
| applied | the change is in force and saved; the licence authority was reached after it | nothing; read the warnings, if any |
| applied, not saved | the change is in force on the device; that it is saved is not confirmed | log in, find out why, send `write memory` on the active unit; before that a reload may lose the change |
| rolled-back | the running configuration is as before, byte by byte, and a reload would bring it too | read the reason; make a new plan when it is gone |
| refused | a check said no before the first line; nothing was typed in configuration mode | read the reason |
| failed | something broke before the first line; nothing was typed in configuration mode | read the reason; push again |
| rollback-failed | lines were sent, and reading does not show the state before, running or saved | log in and look; the run stops |
| unknown | lines may have been sent, and nobody could read what is in force | log in and look; the run stops; `asa-transport resume RUN` looks again |

Behind `unknown` and `rollback-failed` stands, in parentheses, what the device really ran (its units, where they
differ): the mock can tell, you cannot.

`cut` is a connection that closes: before the line came, inside it (half of it was echoed), or after it took effect.
A device that `hangs` is silent until the limit. A `reload` loses what was not saved; of a pair, the mate takes over.
"""  # noqa: E501 - a row of a table is one line


def rendered(words: Mapping[str, str]) -> str:
    """Return the page, with these outcomes by the cells' names."""
    parts = [_HEAD]
    for group in GROUPS:
        titles = [point.title for point in group.points]
        parts.append(f"## {group.title}\n")
        parts.append(f"| what goes wrong | {' | '.join(titles)} |")
        parts.append(f"|{'---|' * (len(titles) + 1)}")
        for trouble in group.troubles:
            row = [words[Cell(group=group, point=each, trouble=trouble).name] for each in group.points]
            parts.append(f"| {trouble.title} | {' | '.join(row)} |")
        parts.append("")
    parts.append("## Where a person must look\n")
    parts.append("| what goes wrong | why nobody else can |")
    parts.append("|---|---|")
    parts += [f"| {title} | {why} |" for title, why in EXCUSES.items()]
    return "\n".join(parts) + "\n"


def read(page: str) -> dict[str, str]:
    """Return the outcomes of a page by the cells' names; what is not there is left out."""
    found = {}
    for group in GROUPS:
        for row in _rows(page, group)[2:]:
            trouble = next((each for each in group.troubles if each.title == row[0]), None)
            if trouble is not None and len(row) == len(group.points) + 1:
                for point, word in zip(group.points, row[1:], strict=True):
                    found[Cell(group=group, point=point, trouble=trouble).name] = word
    return found


def _rows(page: str, group: Group) -> list[list[str]]:
    section = page.partition(f"## {group.title}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[part.strip() for part in line.strip("|").split(" | ")] for line in lines]


def _ran(number: int) -> tuple[str, str, list[str]]:
    ran = run(tuple(cells())[number])
    return ran.cell.name, ran.word, faults_of(ran)


def main() -> int:
    """Run the whole matrix and write the page; return 1 where a cell is not as it must be."""
    with ProcessPoolExecutor() as pool:
        results = list(pool.map(_ran, range(len(tuple(cells()))), chunksize=8))
    PAGE.write_text(rendered({name: word for name, word, _ in results}), encoding="utf-8")
    wrong = [f"{name}: {'; '.join(faults)}" for name, _, faults in results if faults]
    print("\n".join(wrong) or f"{len(results)} cells, written to {PAGE.relative_to(ROOT)}", file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
