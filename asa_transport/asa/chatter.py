"""Know the lines that an ASA prints without being asked, between and inside answers.

Pure.  The one list: sessions, saved outputs, the templates' input and the judgement of a
push pass over what this file knows and over nothing else.  Every pattern looks at a
bounded beginning of the line, so that no line costs more than its length.

Never takes a line for chatter because such words stand somewhere in it: a licence's name or an
account may hold them.

Source: Cisco's unicon.plugins, recorded dialogues and issue 71 (replication, licence warning);
observed on ASAv 9.23(1) (roles); ansible issue 62352 (syslog inside an answer); the
forms of a syslog line are those of `logging timestamp`, `logging device-id`, `logging emblem`
and of the class in the tag (ASA syslog guide).  Unproven, told by operators (`unasked-lines`): the
shutdown notices and the block on the mate's version.
"""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Iterable
from typing import Final


class Chatter(enum.StrEnum):
    """What such a line is."""

    SYSLOG = "syslog"
    LICENSE = "platform licence warning"
    MATE_VERSION = "mate version"
    REPLICATION = "replication"
    ROLE = "change of role"
    SHUTDOWN = "shutdown notice"


# Longer is no notice; a syslog line is known by its beginning.
_LONGEST_NOTICE: Final = 200
_LONGEST_HEAD: Final = 300

_CLOCK: Final = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
_TIME: Final = (
    r"(?:"
    # `Mar 10 2026 12:00:01`, `Mar 10 12:00:01.123 UTC`, `*Mar 10 ...`
    r"[*.]?[A-Z][a-z]{2} {1,2}[0-9]{1,2}(?: [0-9]{4})?"
    rf" {_CLOCK}(?: [A-Z]{{1,6}})?"
    # `2026-03-10T12:00:01Z` (logging timestamp rfc5424), with its version digit
    rf"|(?:1 )?[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_CLOCK}(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})"
    r")"
)
_TAG: Final = r"%(?:ASA|FTD|NGIPS|PIX|FWSM)-(?:[A-Za-z][A-Za-z-]{0,20}-)?[0-7]-[0-9]{5,7}: ?"
_NAME: Final = r"[\w.@/+-]{1,100}"
_SYSLOG: Final = re.compile(
    rf"\s{{0,20}}(?:<[0-9]{{1,3}}>)?:?\s?"
    # A device's name without a time is printed as `NAME : %ASA-`; `Field: %ASA-` is an answer's.
    rf"(?:{_TIME}(?::? {_NAME})?(?: ?: ?| )(?:{_NAME} ?: ?)?|{_NAME} : )?{_TAG}"
)
_NOTICES: Final = (
    (
        Chatter.LICENSE,
        re.compile(
            r"(?:WARNING|Warning): ASA[a-z]? platform licen[sc]e state is [\w .-]{1,60}"
            r"|Install (?:an )?ASA[a-z]? platform licen[sc]e for full functionality\.?"
        ),
    ),
    (
        Chatter.MATE_VERSION,
        re.compile(
            r"\*{4,}(?:WARNING\*{4,}){2,6}"
            r"|Mate version \S{1,40} is (?:not )?(?:identical with|compatible with) ours \S{1,40}"
        ),
    ),
    (
        Chatter.REPLICATION,
        re.compile(
            r"(?:Beginning|End) [Cc]onfiguration [Rr]eplication\b.{0,80}"
            r"|Configuration has changed, replicate to mate\.{0,3}"
            r"|(?:State check d|D)etected an? (?:Active|Standby) [Mm]ate\.?"
            r"|(?:Group [0-9]{1,2} )?No Response from (?:Mate|Other Unit).{0,60}"
        ),
    ),
    (
        Chatter.ROLE,
        re.compile(
            r"(?:Group [0-9]{1,2} )?Switching to (?:Active|Standby|OK|Failed)\b.{0,60}", re.IGNORECASE
        ),
    ),
    (
        Chatter.ROLE,
        re.compile(r"Cluster unit [\w.-]{1,64} transitioned from [A-Z_]{1,30} to [A-Z_]{1,30}\.?"),
    ),
    (
        Chatter.SHUTDOWN,
        re.compile(
            r"\*\*\*|\*\*\* --- .{1,60} ---|\*\*\* Message to all terminals:|\*\*\* {2,4}\S.{0,150}"
            r"|Shutting down [A-Za-z][A-Za-z -]{0,40}|Process shutdown finished|Rebooting\.{3,}.{0,40}"
        ),
    ),
)


# Of the lines around a session, those that stand in a log where one ended or a new one begins
# (recorded by oxidized).
_LOGIN: Final = re.compile(
    r"Logoff\s*$|User \S{1,100} logged in to \S|Type help or '\?' for a list of available commands"
)


def is_login(line: str) -> bool:
    """Return whether a line says that a session ended or a new one begins."""
    return _LOGIN.match(line) is not None


def kind(line: str) -> Chatter | None:
    """Return what kind of chatter a line is, or `None`; the line as a terminal shows it, without its end."""
    if len(line) <= _LONGEST_NOTICE:
        return _short_kind(line)
    return Chatter.SYSLOG if _SYSLOG.match(line, 0, _LONGEST_HEAD) else None


# Most lines of a firewall stand in the same answer of the next one, letter by letter.
@functools.lru_cache(maxsize=2048)
def _short_kind(line: str) -> Chatter | None:
    if _SYSLOG.match(line):
        return Chatter.SYSLOG
    text = line.strip()
    return next((kind for kind, pattern in _NOTICES if pattern.fullmatch(text)), None)


def count(lines: Iterable[str]) -> int:
    """Return how many of these lines are chatter."""
    return sum(kind(line) is not None for line in lines)
