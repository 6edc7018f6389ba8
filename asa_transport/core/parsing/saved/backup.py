"""Read a configuration backup: the whole running configuration, with what its maker wrote ahead of it.

Pure.  Oxidized and RANCID write what `show version` said as comments ahead of the
configuration; the ASA itself (`show running-config`, `copy running-config`) writes serial
number and hardware behind colons.  All of it is one firewall's.

Source: oxidized `asa.rb` and rancid's ASA parser (shapes); Cisco TAC document 225967 and
CiscoDevNet/cisco-asav (the configuration).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from asa_transport.asa.commands import CONFIG, VERSION
from asa_transport.core.parsing.saved.loose import CONFIG_START, Piece

# Comment signs of the makers: `! ` and `!` (Oxidized, RANCID), `: ` (the ASA), `# `.
_COMMENT: Final = re.compile(r"[!:#] ?")
_BANNER: Final = re.compile(r"Cisco Adaptive Security Appliance Software Version \S")
_ENDS: Final = re.compile(r"Configuration (?:last modified by|has not been modified)\b")
# `show inventory` follows in Oxidized's files.
_OTHER: Final = re.compile(r"Name: \"|PID: ")
# Without a whole `show version`, these lines of it say what they say there.
_ALONE: Final = re.compile(r"Hardware:\s|Serial Number:\s|Model Id:\s")


def pieces(lines: Sequence[str]) -> list[Piece] | None:
    """Return the outputs that a backup holds, or `None` where the text is none."""
    start = _start(lines)
    if start is None:
        return None
    head = [(number, _COMMENT.sub("", line, count=1)) for number, line in enumerate(lines[:start], 1)]
    config = Piece(number=1, command=CONFIG, is_whole=False)
    config.lines = [
        (number, line)
        for number, line in enumerate(lines, 1)
        if number > start or line.startswith(":") or not line.strip()
    ]
    version = _version(head)
    if not version:
        return [config]
    return [Piece(number=version[0][0], command=VERSION, lines=version, is_whole=False), config]


def _start(lines: Sequence[str]) -> int | None:
    """Return the index of the configuration's first line, where nothing but comments stands ahead of it."""
    for index, line in enumerate(lines):
        if CONFIG_START.match(line):
            return index
        if line.strip() and _COMMENT.match(line) is None:
            return None
    return None


def _version(head: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    first = next((index for index, (_, line) in enumerate(head) if _BANNER.match(line)), None)
    if first is None:
        return [(number, line) for number, line in head if _ALONE.match(line)]
    kept: list[tuple[int, str]] = []
    for number, line in head[first:]:
        if _OTHER.match(line):
            break
        kept.append((number, line))
        if _ENDS.match(line):
            break
    return kept
