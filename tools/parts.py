"""Fill the made parts of a page: each stands between `<!-- made: NAME -->` and `<!-- end -->`.

The words around them are written by hand, where they are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

_PART = re.compile(r"(<!-- made: ([a-z -]+) -->\n).*?(<!-- end -->)", flags=re.DOTALL)


def filled(page: str, parts: Mapping[str, Callable[[], Iterable[str]]], *, path: str) -> str:
    """Return the page with its made parts as they are today.

    Raises:
        ValueError: A part is not known, or one that is known is not in the page exactly once.
    """
    found = sorted(name for _, name, _ in _PART.findall(page))
    if found != sorted(parts):
        raise ValueError(f"{path} has the made parts {found}, expected {sorted(parts)}")
    return _PART.sub(lambda part: f"{part[1]}{_text(parts[part[2]]())}{part[3]}", page)


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
