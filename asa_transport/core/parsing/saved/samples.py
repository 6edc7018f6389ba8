"""Find the outputs of firewalls in a saved text: transcripts, `show tech`, raw outputs, pastes on a page.

Pure; no text raises.  What is not the output of a known command is passed over and
counted, and never read as a fact.  Three shapes, told apart by what no firewall prints:

* A *page* holds at least one single-line paste (`unflatten`).  Every paste is a sample of
  its own, named FILE:LINE; only pastes with nothing but blank lines between them belong
  together.  An output ends at the first line that is not of its kind: the page's prose.
* A *transcript* has prompts.  An output ends at the next prompt or with the session, and
  at nothing else, so that a line of a newer release is kept and named unknown.  One sample
  a unit: host name, and `pri`/`sec` where the prompt shows it; a `show version` with another
  serial number begins another one of the same name, and so does a new login, unless it
  shows the same serial number.  The last answer to a command counts.
* A *backup* is a configuration with comments ahead of it (`backup`).
* Any other text may hold headings of `show tech` or outputs that begin as outputs do.

Source: oxidized (prompts, login lines, the pager); Cisco TAC document 225967.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from asa_transport.asa import chatter, command_names
from asa_transport.asa.commands import EXIT, LICENSE_ALL, VERSION
from asa_transport.asa.prompts import Prompt
from asa_transport.asa.terminal import stray, typed_at, without_pager
from asa_transport.core.parsing.saved import backup
from asa_transport.core.parsing.saved import loose as offline_loose
from asa_transport.core.parsing.saved.loose import Piece
from asa_transport.core.parsing.saved.undress import undressed
from asa_transport.core.parsing.unflatten import is_paste
from asa_transport.model import CommandOutput, SshFacts

# The longest prompt: host name, context, unit, state and mode (ASA: 63 + 32 letters, and names).
_LONGEST_PROMPT = 200
# A typed line, or a prompt with a whole pasted output behind it (`unflatten` takes no longer one).
_LONGEST_TYPED = 21_000
_BARE_TYPED = frozenset({"", EXIT, "logout", f"{VERSION} system"})
# What stands in a log where a session ended or a new one begins, beside the device's own words
# (OpenSSH, PuTTY and SecureCRT write these).
_ANOTHER_LOGIN = re.compile(
    r"(?:Shared )?[Cc]onnection (?:to|closed by|reset by) \S{1,255}|Connection closed\b"
    r"|=~=~=~=~=~=~=~=~=~=~=~= PuTTY log|Session \S{1,100} (?:logged|started)\b"
)
_UDI = re.compile(r"UDI: PID:[^,]{1,60},\s?SN:(\S{1,40})")
_HEADING = re.compile(r"-{4,80} ?(show [^-\s][^\r\n]{0,100}?) ?-{4,80}\s*")
# Between two prompts an ASA prints few lines unasked.
_MOST_CHATTER = 20
_SERIAL = re.compile(r"Serial Number:\s*(\S{1,40})\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """How many lines, not counting blank ones, were passed over.

    Attributes:
        prose: Text that is no output of a firewall; login banners.
        configuration: Lines typed in configuration mode, or that lead to it.
        other: Other commands, and what they printed.
        commands: The other commands themselves, as they were typed or as files are named after them.
    """

    prose: int = 0
    configuration: int = 0
    other: int = 0
    commands: tuple[str, ...] = ()

    def __add__(self, more: Skipped) -> Skipped:
        return Skipped(
            prose=self.prose + more.prose,
            configuration=self.configuration + more.configuration,
            other=self.other + more.other,
            commands=self.commands + more.commands,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was saved of one firewall.

    Attributes:
        name: File, FILE:LINE or directory.
        hostname: As the prompts say; `None` without prompts.
        is_named: The name holds, whatever the host name is.
        needs_version: `show version` is there as a whole, so it must be that of an ASA.
        ssh: What the session agreed on in which they were read; of a run of this program only.
    """

    name: str
    hostname: str | None
    outputs: tuple[CommandOutput, ...]
    is_named: bool = False
    needs_version: bool = False
    ssh: SshFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one text holds; `saw` describes it for a person where it holds no sample."""

    samples: tuple[Sample, ...]
    skipped: Skipped
    saw: str


@dataclass(slots=True)
class _Group:
    """The pieces of one sample while they are gathered; adding one costs no more than that one."""

    pieces: list[Piece] = field(default_factory=list)
    serials: set[str] = field(default_factory=set)
    _commands: set[str | None] = field(default_factory=set)

    def add(self, piece: Piece) -> None:
        self.pieces.append(piece)
        self._commands.add(piece.command)
        self.serials |= _serials(piece)

    def has(self, command: str | None) -> bool:
        return command in self._commands

    def is_other(self, piece: Piece) -> bool:
        """Return whether this is `show version` of another firewall of the same name."""
        own = _serials(piece) if piece.command == VERSION else set()
        return bool(own and self.serials and not own & self.serials)


def read(text: str, *, name: str, at: datetime) -> Reading:
    """Return the samples of one text.

    Args:
        text: As saved, with any line ends.
        name: Of the file, for the samples' names.
        at: The time that the outputs are given, aware UTC; nobody knows the true one.
    """
    lines = _lines(text)
    if not lines[-1]:
        lines.pop()
    pieces = backup.pieces(lines)
    if pieces is not None:
        sample = _sample(_joined(pieces), name=name, at=at, is_page=False, is_alone=True)
        return Reading(samples=(sample,), skipped=Skipped(), saw="")
    pieces = _pieces(lines)
    is_page = any(piece.body for piece in pieces) or any(is_paste(line.strip()) for line in lines if line)
    found, skipped = offline_loose.outputs(pieces, is_page=is_page)
    groups = _on_page(found) if is_page else _of_devices(found)
    samples = tuple(
        _sample(group, name=name, at=at, is_page=is_page, is_alone=len(groups) == 1) for group in groups
    )
    return Reading(
        samples=samples,
        skipped=Skipped(
            prose=skipped.prose,
            configuration=skipped.configuration,
            other=skipped.other,
            commands=tuple(skipped.commands),
        ),
        saw=_saw(lines, pieces),
    )


def is_transcript(text: str) -> bool:
    """Return whether a known command stands behind a prompt anywhere in the text."""
    for line in _lines(text):
        at = _typed(line)
        if at is not None and command_names.typed(at[1]) is not None:
            return True
    return False


def output(command: str, text: str, *, at: datetime, prompt: str = "") -> CommandOutput:
    """Return a saved answer; how long it took is not known."""
    return CommandOutput(
        command=command, text="\n".join(_lines(text)), prompt=prompt, started_at=at, duration_s=0.0
    )


def _lines(text: str) -> list[str]:
    """Return the lines as the firewall printed them, whatever a program wrote in front of them."""
    # `re` patterns for a run of carriage returns before a line feed cost the square of its length.
    lines = [line.strip("\r") for line in text.removeprefix("\ufeff").split("\n")]
    return [without_pager(line) for line in undressed(lines)]


def _typed(line: str) -> tuple[Prompt, str] | None:
    head = line[:_LONGEST_PROMPT]
    if ("#" not in head and ">" not in head) or len(line) > _LONGEST_TYPED:
        return None
    found = typed_at(line, bare=True)
    if found is None or not found[0].is_bare:
        return found
    # Threat Defense's `> ` is the mark of a quotation too: only what an audit types there counts.
    return found if command_names.typed(found[1]) == VERSION or found[1] in _BARE_TYPED else None


def _host(prompt: Prompt) -> str | None:
    return prompt.text if prompt.is_bare else prompt.hostname


def _pieces(lines: Sequence[str]) -> list[Piece]:
    """Cut a text at its prompts and headings; what stands before the first is a loose piece."""
    hosts = set()
    for line in lines:
        at = _typed(line)
        # A name is a host's where somebody typed a command behind it: prose has `#` and `>` too.
        if at is not None and command_names.is_exec(at[1]):
            hosts.add(_host(at[0]))
    pieces = [Piece(number=1)]
    prompt: Prompt | None = None
    session = 0
    for number, line in enumerate(lines, 1):
        at = _typed(line) if hosts else None
        heading = _HEADING.fullmatch(line[:_LONGEST_PROMPT]) if line.startswith("----") else None
        if at is None and hosts and prompt is not None and _is_waiting(pieces[-1]):
            # Chatter behind a prompt that was not printed again: the command stands alone.
            at = (prompt, line.strip()) if command_names.typed(line) is not None else None
        if at is not None and _host(at[0]) in hosts:
            prompt = at[0]
            pieces.append(_prompted(number, prompt, at[1], session))
            session += not prompt.mode and command_names.is_leaving(at[1])
        elif hosts and (chatter.is_login(line) or _ANOTHER_LOGIN.match(line)):
            session += 1
            pieces.append(Piece(number=number, lines=[(number, line)], session=session))
        elif heading is not None:
            command = command_names.typed(heading[1])
            pieces.append(
                Piece(
                    number=number,
                    prompt=prompt,
                    typed=heading[1],
                    command=command,
                    is_section=True,
                    session=session,
                )
            )
        else:
            pieces[-1].lines.append((number, line))
    return pieces


def _is_waiting(piece: Piece) -> bool:
    """Return whether nothing was typed at a prompt yet, and nothing but chatter came since."""
    if piece.prompt is None or piece.typed or len(piece.lines) > _MOST_CHATTER:
        return False
    return bool(piece.lines) and stray(line for _, line in piece.lines) is None


def _prompted(number: int, prompt: Prompt, typed: str, session: int) -> Piece:
    command, body = command_names.typed(typed), ""
    if command is None:
        # A page that lost its line ends has the output behind the command.
        words = typed.split(" ", 6)
        for count in range(2, len(words)):
            rest = " ".join(words[count:]).strip()
            found = command_names.typed(" ".join(words[:count]))
            if found is not None and is_paste(rest):
                command, body = found, rest
    lines = [(number, body)] if body else []
    return Piece(
        number=number,
        prompt=prompt,
        typed=typed,
        command=command,
        body=body,
        lines=lines,
        session=session,
    )


def _joined(pieces: Sequence[Piece]) -> _Group:
    group = _Group()
    for piece in pieces:
        group.add(piece)
    return group


def _on_page(pieces: Sequence[Piece]) -> list[_Group]:
    """Join pieces that stand side by side, unless they say the same thing twice or name two hosts."""
    groups: list[_Group] = []
    for piece in pieces:
        last = groups[-1] if groups else None
        if (
            last is None
            or piece.after_gap
            or last.has(piece.command)
            or not _may_join(last.pieces[-1], piece)
        ):
            groups.append(_Group())
        groups[-1].add(piece)
    return groups


def _serials(piece: Piece) -> set[str]:
    """Return the serial numbers by which an output names its firewall: one, or none."""
    pattern = {VERSION: _SERIAL, LICENSE_ALL: _UDI}.get(piece.command or "")
    if pattern is None:
        return set()
    found = (pattern.match(line) for _, line in piece.lines)
    return set(next(([match[1]] for match in found if match), []))


def _may_join(one: Piece, other: Piece) -> bool:
    if one.prompt is None or other.prompt is None:
        return other.prompt is None
    return (one.prompt.hostname, one.prompt.unit) == (other.prompt.hostname, other.prompt.unit)


def _of_devices(pieces: Sequence[Piece]) -> list[_Group]:
    """Sort pieces by the unit whose prompt stood before them; those without one by their order."""
    groups: list[_Group] = []
    by_unit: dict[tuple[str | None, str | None, int], _Group] = {}
    unprompted: _Group | None = None
    for piece in pieces:
        if piece.prompt is None:
            is_new = unprompted is None or (
                unprompted.has(piece.command) and (piece.command == VERSION or not piece.is_section)
            )
            if is_new or unprompted is None:
                unprompted = _Group()
                groups.append(unprompted)
            unprompted.add(piece)
            continue
        unit = (_host(piece.prompt), piece.prompt.unit, piece.session)
        if unit not in by_unit or by_unit[unit].is_other(piece):
            by_unit[unit] = _Group()
            groups.append(by_unit[unit])
        by_unit[unit].add(piece)
    return _of_one_serial(groups)


def _of_one_serial(groups: Sequence[_Group]) -> list[_Group]:
    """Join the sessions that one unit's serial number joins: a host name alone proves nothing."""
    joined: dict[tuple[str | None, str | None, str], _Group] = {}
    kept: list[_Group] = []
    for group in groups:
        prompt = group.pieces[0].prompt
        if prompt is None or len(group.serials) != 1:
            kept.append(group)
            continue
        key = (_host(prompt), prompt.unit, min(group.serials))
        earlier = joined.setdefault(key, group)
        if earlier is group:
            kept.append(group)
            continue
        for piece in group.pieces:
            earlier.add(piece)
    return kept


def _sample(group: _Group, *, name: str, at: datetime, is_page: bool, is_alone: bool) -> Sample:
    first = group.pieces[0]
    hostname = first.prompt.hostname if first.prompt else None
    is_placed = is_page or (hostname is None and not is_alone)
    outputs = tuple(
        output(
            piece.command or "",
            "".join(f"{line}\n" for _, line in piece.lines),
            at=at,
            prompt=piece.prompt.text if piece.prompt else "",
        )
        for piece in group.pieces
    )
    return Sample(
        name=f"{name}:{first.number}" if is_placed else name,
        hostname=hostname,
        outputs=outputs,
        is_named=is_placed,
        needs_version=any(piece.command == VERSION and piece.is_whole for piece in group.pieces)
        and not is_page,
    )


def _saw(lines: Sequence[str], pieces: Sequence[Piece]) -> str:
    typed = list(dict.fromkeys(piece.typed for piece in pieces if piece.typed))
    if typed:
        shown = ", ".join(repr(text[:60]) for text in typed[:5])
        return f"no known command among {len(typed)}: {shown}{', …' if len(typed) > 5 else ''}"
    first = next((line.strip() for line in lines if line.strip()), "")
    if not first:
        return "nothing but blank lines" if any(lines) else "the file is empty"
    count = sum(bool(line.strip()) for line in lines)
    return f"no output of a known command in {count} lines; it begins {first[:80]!r}"
