"""Tell outputs from everything else in the pieces of a saved text, by how outputs begin and what they hold.

Pure; no text raises.  Nothing is lost in silence: what is no output is counted.

Source: recorded outputs (how they begin); Cisco TAC document 225967 (pages).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from asa_transport.asa import chatter, command_names, licensing
from asa_transport.asa.commands import (
    CLOCK,
    CLUSTER,
    CONFIG,
    CONFIG_LICENSE,
    FAILOVER,
    LICENSE_ALL,
    LICENSE_STATUS,
    LICENSE_SUMMARY,
    LICENSE_USAGE,
    MODE,
    VERSION,
)
from asa_transport.asa.prompts import Prompt
from asa_transport.core.parsing.unflatten import begins_with_field, is_paste

# `<system>` and `<context>` may follow; Threat Defense writes `NGFW Version`.
CONFIG_START = re.compile(r"(?:ASA|NGFW) Version \d")

_STARTS = (
    (
        VERSION,
        re.compile(
            r"Cisco Adaptive Security Appliance Software Version \S|Licensed features for .*:\s*$"
            # Threat Defense (cisco.asa PR 87): the heading with the host name, or the line below it.
            r"|-{3,40}\[ \S{1,255} \]-{3,40}\s*$|Model\s{1,40}: Cisco .{1,100}Threat Defense\b"
        ),
    ),
    (
        LICENSE_STATUS,
        re.compile(
            r"Smart Licensing Status\s*$|Smart Licensing is (?:ENABLED|DISABLED)\s*$|Smart licensing enabled:"
            r"|(?:Registration|License Authorization|Transport|Utility|Data Privacy):\s*$"
        ),
    ),
    (FAILOVER, re.compile(r"Failover (?:On|Off)\s*$")),
    (CLUSTER, re.compile(r"Cluster \S+: (?:On|Off)\s*$|Clustering is not ")),
    (CONFIG, CONFIG_START),
    (CONFIG_LICENSE, re.compile(rf"{licensing.HEAD}\s*$")),
    (MODE, re.compile(r"Security context mode: (?:single|multiple)\s*$")),
    (CLOCK, re.compile(r"[.*]?\d\d:\d\d:\d\d\.\d{3} \S+ (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ")),
)
# A heading that comes a second time begins another firewall's output.
_HEADINGS = re.compile(
    r"(?<!\S)(?:Registration:|License Authorization:|Transport:|Smart Licensing (?:is|Status)(?!\S))"
)
_BARE_REGISTRATION = re.compile(r"Status: (?:UN)?REGISTER")
_LICENSE_OUTPUTS = frozenset({LICENSE_STATUS, LICENSE_ALL, LICENSE_SUMMARY, LICENSE_USAGE})
# These stand in `show license all` only (ntc-templates).
_ALL_ONLY = re.compile(r"(?:License Usage|Product Information|Agent Version|Reservation Info)\s*$")

# On a page: what may follow within an output of this kind.
_VALUE = re.compile(r"Not Supported|Not Configured|<empty>|None|=+|Smart Licensing Status|License Usage")
_CONFIG_LINE = re.compile(
    rf"\s+\S|{licensing.HEAD}|{licensing.CALL_HOME}\s*$|\[?\.\.+\]?|!"
    r"|(?:no )?(?:transport (?:type|proxy|url)|feature|throughput level|privacy)\b"
    r"|(?:no )?(?:http-proxy|profile|destination)\b"
)
# A word at least, and the end of a sentence; no output of these commands has such a line.
_SENTENCE = re.compile(r"(?:\S+\s+){4,}\S*[.!?]\s*\Z")


@dataclass(slots=True)
class Piece:
    """One stretch of a saved text; lives while that text is read.

    Attributes:
        number: Line of the prompt, the heading or the first line; from 1.
        typed: What stands behind the prompt or in the heading.
        command: The known command that this is; `None` for any other.
        body: The output that stood on the prompt's own line.
        lines: Number and text.
        is_whole: Between a prompt or a heading and the next, not found by how it begins.
        after_gap: Something was passed over in front of it.
        session: Which login of the text it stands in, from 0.
    """

    number: int
    prompt: Prompt | None = None
    typed: str = ""
    command: str | None = None
    body: str = ""
    lines: list[tuple[int, str]] = field(default_factory=list)
    is_section: bool = False
    is_whole: bool = True
    after_gap: bool = False
    session: int = 0


@dataclass(slots=True)
class Count:
    """Lines passed over so far; see `offline.Skipped`."""

    prose: int = 0
    configuration: int = 0
    other: int = 0
    commands: list[str] = field(default_factory=list)


def outputs(pieces: Sequence[Piece], *, is_page: bool) -> tuple[list[Piece], Count]:
    """Return the pieces that are outputs of known commands, in order, and what was passed over."""
    found: list[Piece] = []
    count = Count()
    gap = False
    for piece in pieces:
        before = len(found)
        rest = piece
        if piece.command is not None:
            own, rest = _trimmed(piece) if is_page else (piece, Piece(number=piece.number))
            own.after_gap = gap
            found.append(own)
            gap = False
        elif piece.typed and not _is_tech(piece):
            _count_command(piece, count, with_output=not is_page)
            gap = True
            if not is_page:
                continue
        for item in _found_in(rest, is_page=is_page):
            if isinstance(item, Piece):
                item.after_gap = gap
                found.append(item)
                gap = False
            elif item.strip():
                count.prose += 1
                gap = True
        if len(found) > before and _is_tech(piece):
            gap = False
    return found, count


def _is_tech(piece: Piece) -> bool:
    return not piece.is_section and command_names.is_tech_support(piece.typed)


def _count_command(piece: Piece, count: Count, *, with_output: bool) -> None:
    mode = piece.prompt.mode if piece.prompt else ""
    if mode or command_names.is_configure(piece.typed):
        count.configuration += 1
    else:
        count.other += 1
        # What nobody needs to be told of is how a session was entered and left.
        if not command_names.is_entering_or_leaving(piece.typed):
            count.commands.append(piece.typed)
    if with_output:
        count.other += sum(bool(line.strip()) for _, line in piece.lines)


def _trimmed(piece: Piece) -> tuple[Piece, Piece]:
    """Cut a page's output where the prose begins; return it, and what follows."""
    kept = len(piece.lines)
    for index, (_, line) in enumerate(piece.lines):
        if index == 0 and piece.body:
            continue
        if line.strip() and not _belongs(piece, line):
            kept = index
            break
    rest = piece.lines[kept:]
    piece.lines = piece.lines[:kept]
    number = rest[0][0] if rest else piece.number
    return piece, Piece(number=number, lines=rest, session=piece.session)


def _belongs(piece: Piece, line: str) -> bool:
    """Return whether a line of a page is of the same output as those before it."""
    command = piece.command or ""
    if chatter.kind(line) is not None:
        return True
    if not line.isascii() or is_paste(line.strip()):
        return False
    if command in _LICENSE_OUTPUTS:
        return begins_with_field(line) or line[0].isspace() or bool(_VALUE.match(line))
    if piece.lines and is_paste(piece.lines[0][1]):
        # The whole list stood on one line.
        return False
    if command.startswith(CONFIG):
        return bool(_CONFIG_LINE.match(line))
    return not _SENTENCE.match(line[:400])


def _found_in(loose: Piece, *, is_page: bool) -> Iterator[Piece | str]:
    """Yield the outputs of a piece that nobody named, and each line that is of none."""
    current: Piece | None = None
    seen: set[str] = set()
    for number, line in loose.lines:
        text = line.strip() if is_page and line and is_paste(line.strip()) else line
        command = _started(text)
        headings = _headings(command, text)
        if command is not None and _is_new(current, command, is_repeated=bool(seen & headings)):
            if current is not None:
                yield _finished(current)
            current = Piece(
                number=number,
                command=command,
                prompt=loose.prompt,
                is_whole=False,
                session=loose.session,
            )
            seen = set()
        is_inside = current is not None and (command is not None or not is_page or not text.strip())
        if current is not None and not is_inside and not _belongs(current, text):
            yield _finished(current)
            current = None
        if current is None:
            yield line
            continue
        seen |= headings
        current.lines.append((number, text))
    if current is not None:
        yield _finished(current)


def _started(text: str) -> str | None:
    """Return the command whose output begins so, or `None`; no output begins with a blank."""
    if not text or text[0].isspace():
        return None
    if is_paste(text):
        return VERSION if text.startswith("Licensed features") else LICENSE_STATUS
    return next((command for command, start in _STARTS if start.match(text)), None)


def _headings(command: str | None, text: str) -> set[str]:
    """Return the headings of a line that stand once in an output; none where it begins nothing."""
    if command is None:
        return set()
    if command != LICENSE_STATUS:
        return {text.split(" ", 1)[0]}
    bare = {"Registration:"} if _BARE_REGISTRATION.match(text) else set()
    return bare | set(_HEADINGS.findall(text))


def _is_new(current: Piece | None, command: str, *, is_repeated: bool) -> bool:
    """Return whether the line begins an output that is not the present one."""
    if current is None or is_repeated:
        return True
    # The whole configuration holds the license block.
    is_within = current.command == CONFIG and command == CONFIG_LICENSE
    return current.command != command and not is_within


def _finished(piece: Piece) -> Piece:
    if piece.command == LICENSE_STATUS and any(_ALL_ONLY.match(line) for _, line in piece.lines):
        piece.command = LICENSE_ALL
    return piece
