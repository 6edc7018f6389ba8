"""Write the pages that are made from the code: `make pages`.

    python -m tools.pages [--check]

They are docs/rules.md, docs/schemas/, the made parts of docs/decisions.md, docs/formats.md,
docs/faq.md, docs/security.md, docs/doctor.md, docs/compatibility.md and docs/architecture.md, and the
manual page.  `--check` writes nothing, names what is stale and ends with 1 then.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from asa_transport.cli.schemas import SCHEMAS
from asa_transport.core.judgement.rules.page import rules_page
from asa_transport.core.judgement.rules.table import RULES
from tools import assumptions, commands, compatibility, decisions, formats, manual, sources

ROOT: Final = Path(__file__).resolve().parent.parent
_SCHEMAS: Final = Path("docs/schemas")


def _schema_text(schema: Callable[[], dict[str, Any]], _today: str) -> str:
    """Return what `asa-transport schema NAME` prints."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


# Each page by its path in the checkout, made from what it holds today.
PAGES: Final[Mapping[Path, Callable[[str], str]]] = {
    Path("docs/rules.md"): lambda _today: rules_page(RULES),
    Path("docs/decisions.md"): decisions.decisions,
    Path("docs/formats.md"): formats.filled,
    Path("docs/faq.md"): commands.faq,
    Path("docs/security.md"): commands.security,
    Path("docs/doctor.md"): assumptions.filled,
    Path("docs/compatibility.md"): compatibility.filled,
    Path("docs/architecture.md"): sources.architecture,
    Path("contrib/man/asa-transport.1"): lambda _today: manual.page(),
    **{_SCHEMAS / f"{name}.json": partial(_schema_text, schema) for name, schema in SCHEMAS.items()},
}


def stale(root: Path) -> Iterator[tuple[Path, str | None]]:
    """Yield each page that is not as it should be, with its text; None for one that should not be there."""
    for path, make in PAGES.items():
        today = (root / path).read_text(encoding="utf-8") if (root / path).is_file() else ""
        made = make(today)
        if made != today:
            yield path, made
    for file in sorted((root / _SCHEMAS).glob("*")):
        if file.relative_to(root) not in PAGES:
            yield file.relative_to(root), None


def main(argv: Sequence[str], root: Path = ROOT) -> int:
    """Write what is stale, or name it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.pages", description="Write the made pages.")
    parser.add_argument("--check", action="store_true", help="Write nothing; end with 1 where one is stale.")
    is_check = parser.parse_args(argv).check
    found = list(stale(root))
    for path, text in found:
        if is_check:
            print(f"{path}: stale; run 'make pages'")
        elif text is None:
            (root / path).unlink()
        else:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
            print(path)
    return int(is_check and bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
