"""Write docs/push-colleagues.md from the second matrix: `python -m tests.faults.colleague_page`.

The matrix is run, not described; the tests run it again and compare each cell with the page.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor

from tests.faults.colleague_matrix import ROWS, Row, run
from tests.faults.colleague_steps import STEPS, Scene
from tests.faults.colleague_truth import UNSEEN, faults_of
from tests.support import ROOT

PAGE = ROOT / "docs" / "push-colleagues.md"

_TITLES: Mapping[Scene, str] = {
    Scene.THERE: "Contact comes",
    Scene.BACK: "Contact never comes, and the push goes back",
    Scene.PAIR: "A pair, each unit at its own address",
    Scene.MOVING: "A pair whose addresses follow the roles",
}

_HEAD = """# What a push does when somebody else is at work too

A firewall is rarely alone: a colleague types at the same time, a backup job saves, the licence agent
contacts the authority by itself, and sometimes another box answers at the address. Each act below was let
happen on a mock firewall over real SSH, at each step of `asa-transport push --commit`, exactly between two
lines. The tables show how each push ended. They are generated (`python -m tests.faults.colleague_page`),
and the tests run every cell again and compare it with this page. The page for faults is
[push-faults.md](push-faults.md).

For every cell the tests hold against the mock's own record of what it ran, saved and contacted:

- `applied` is said only where the licence block that runs is the intended one, and `saved` only where a
  reload would bring it.
- `verified: contact` is said only where a contact set out after our own request for it, over the intended
  transport and the intended proxy.
- `rolled-back` is said only where the licence block that runs is the one from before, whoever changed it.
- What `startup` says of the startup configuration is so, and so is which firewall answered (`identity`).
- No line is ever typed in configuration mode, no contact asked for and nothing saved on a firewall that is
  not the planned unit or its planned mate.
- What somebody else had not saved is not made permanent without a word about it; the exception is under
  [What nobody can see](#what-nobody-can-see).

The change is of two lines: `transport proxy` and `transport type smart`. `did not come to it` means that
the push had ended before that step. Behind the outcome stands what a reload would bring where it is not
what the outcome suggests: `starts as-before`, `starts as-intended`, `starts other`. Where a clock is set,
the outcome depends on fractions of a second (`as the moment has it`), and is held to the same truths.
"""

_FOOT = """## What nobody can see

A device names only the last change of all. What somebody types between our last look and the last of our
lines, outside the licence block, is hidden by our lines, and is saved with them: {unseen}. These moments
last as long as a few lines take; where the session or the process is lost just then, until the push goes on.
"""


def rendered(words: Mapping[str, str]) -> str:
    """Return the page, with these outcomes by the cells' names."""
    parts = [_HEAD]
    for scene, title in _TITLES.items():
        steps = STEPS[scene]
        parts.append(f"## {title}\n")
        parts.append(f"| somebody, or the device itself | {' | '.join(step.title for step in steps)} |")
        parts.append(f"|{'---|' * (len(steps) + 1)}")
        for row in rows_of(scene):
            cells = [words[f"{row.name}: {step.title}"] for step in steps]
            parts.append(f"| {row.act.title} | {' | '.join(cells)} |")
        parts.append("")
    parts.append(_FOOT.format(unseen=", ".join(sorted(UNSEEN))))
    return "\n".join(parts)


def read(page: str) -> dict[str, str]:
    """Return the outcomes of a page by the cells' names; what is not there is left out."""
    found = {}
    for scene, title in _TITLES.items():
        section = page.partition(f"## {title}\n")[2].partition("\n## ")[0]
        lines = [line for line in section.splitlines() if line.startswith("|")]
        table = {first: rest for first, *rest in (_cells(line) for line in lines)}
        for row in rows_of(scene):
            words = table.get(row.act.title, [])
            for step, word in zip(STEPS[scene], words, strict=False):
                found[f"{row.name}: {step.title}"] = word
    return found


def rows_of(scene: Scene) -> tuple[Row, ...]:
    """Return the rows of one table."""
    return tuple(row for row in ROWS if row.scene is scene)


def _cells(line: str) -> list[str]:
    return [part.strip() for part in line.strip("|").split(" | ")]


def _ran(number: int) -> list[tuple[str, str, list[str]]]:
    return [(ran.name, ran.word, faults_of(ran)) for ran in run(ROWS[number])]


def main() -> int:
    """Run the whole matrix and write the page; return 1 where a cell is not as it must be."""
    with ProcessPoolExecutor() as pool:
        results = [cell for row in pool.map(_ran, range(len(ROWS))) for cell in row]
    PAGE.write_text(rendered({name: word for name, word, _ in results}), encoding="utf-8")
    wrong = [fault for _, _, faults in results for fault in faults]
    print("\n".join(wrong) or f"{len(results)} cells, written to {PAGE.relative_to(ROOT)}", file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
