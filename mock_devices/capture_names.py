"""Say under which key the answer to a command is kept."""

from __future__ import annotations

import re


def key_of(command: str) -> str:
    """Return the key of a command's answer: letters and digits of the command, in lower case."""
    return re.sub(r"[^a-z0-9.]+", "_", command.lower()).strip("_.")
