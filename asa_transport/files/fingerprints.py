"""Read a list of SSH host key fingerprints that somebody vouches for, e.g. from the consoles of the devices.

A line is a device's name and a fingerprint, in either order, or what `ssh-keygen -l` prints of a file whose
comments, or host names, are the names of devices.  Empty lines and `#` comments are passed over; a name may
have several.  Every line that is none of these is told, all of them at once.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from asa_transport.errors import UserError, in_words
from asa_transport.files.regular_file import check_no_pipe
from asa_transport.model import Problem
from asa_transport.text import quoted

# 32 bytes of SHA-256 as base64 without its filling.
_FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
# 256 SHA256:... NAME (ED25519)
_LISTED: Final = re.compile(r"[0-9]+ (?P<fingerprint>\S+) (?P<name>\S+)(?: .*)? \([A-Z0-9-]+\)")
_MOST_PROBLEMS: Final = 20


def read(path: Path) -> Mapping[str, frozenset[str]]:
    """Return the fingerprints by the names that stand beside them; `-` is stdin.

    Raises:
        UserError: The file cannot be read, or a line is not understood.
    """
    try:
        if path == Path("-"):
            text = sys.stdin.read()
        else:
            check_no_pipe(path)
            text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--fingerprints {path}: cannot be read: {in_words(error)}") from error
    found: dict[str, set[str]] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        pair = _pair(words)
        if pair is None:
            message = f"{quoted(line.strip())}: expected a device's name and its fingerprint, SHA256:..."
            problems.append(Problem(file=str(path), line=number, column=1, message=message))
            continue
        name, fingerprint = pair
        found.setdefault(name, set()).add(fingerprint)
    if problems:
        more = len(problems) - _MOST_PROBLEMS
        tail = f"\nand {more} more" if more > 0 else ""
        raise UserError("\n".join(map(str, problems[:_MOST_PROBLEMS])) + tail)
    return {name: frozenset(fingerprints) for name, fingerprints in found.items()}


def _pair(words: list[str]) -> tuple[str, str] | None:
    """Return name and fingerprint; without the filling that some programs write."""
    if len(words) == 2:
        name, fingerprint = words if _is_fingerprint(words[1]) else reversed(words)
    else:
        listed = _LISTED.fullmatch(" ".join(words))
        if listed is None:
            return None
        name, fingerprint = listed["name"], listed["fingerprint"]
    if not _is_fingerprint(fingerprint) or _is_fingerprint(name):
        return None
    return name, fingerprint.rstrip("=")


def _is_fingerprint(word: str) -> bool:
    return _FINGERPRINT.fullmatch(word.rstrip("=")) is not None
