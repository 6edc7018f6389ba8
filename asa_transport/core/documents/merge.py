"""Say whether audit documents are the parts of one whole: no device twice, none in no part, one standard.

Pure.  What is wrong comes all at once, each with the file that it is about.

Source: docs/regions.md, "What is refused".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from asa_transport.core.documents.audit import Run
from asa_transport.model import AUDIT_KIND, Problem, RunPart
from asa_transport.text import counted, ranges

# As many entries, each a name or a range of names, as a line still holds.
_MOST_ENTRIES: Final = 5
_DIGEST: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class PartHead:
    """What is compared of a document.

    Attributes:
        names: Of its devices, sorted.
        judged_by: What each of these is in it, by what a person calls it; only to be compared.
        now: As of when it was judged, where a person said so.
    """

    file: str
    run: Run
    names: tuple[str, ...]
    judged_by: Mapping[str, Any]
    now: str | None = None


def problems(parts: Sequence[PartHead]) -> tuple[Problem, ...]:
    """Return everything that keeps these documents from being one whole; nothing where they are."""
    found = [*_no_parts(parts), *_twice(parts)]
    if not found:
        found = list(_mismatches(parts))
    if not found:
        found = [*_overlaps(parts), *_gaps(parts)]
    return tuple(found)


def _no_parts(parts: Iterable[PartHead]) -> Iterator[Problem]:
    for part in parts:
        if part.run.kind != AUDIT_KIND:
            yield _problem(part, f"run {part.run.id} is of the kind {part.run.kind!r}; expected an audit's")
        elif part.run.part is None:
            yield _problem(
                part,
                f"run {part.run.id} is no part: it was made without --shard and --region, and is whole "
                "already; leave it out, or give the parts",
            )


def _twice(parts: Sequence[PartHead]) -> Iterator[Problem]:
    first: dict[str, PartHead] = {}
    for part in parts:
        twin = first.setdefault(part.run.id, part)
        if twin is not part:
            yield _problem(part, f"run {part.run.id} is in {twin.file} already; give each part once")


def _mismatches(parts: Sequence[PartHead]) -> Iterator[Problem]:
    first, *others = parts
    for part in others:
        for what, mine, its in _said(part, first):
            if mine != its:
                yield _problem(part, f"{what}: here {mine}, in {first.file} {its}; audit both with the same")
        for what, said in part.judged_by.items():
            if said != first.judged_by[what]:
                yield _problem(
                    part, f"{what}: other ones than in {first.file}; audit both with the same files"
                )


def _said(part: PartHead, first: PartHead) -> Iterator[tuple[str, str, str]]:
    mine, its = part.run, first.run
    yield "asa-transport", mine.tool_version, its.tool_version
    yield "policy", f"{mine.policy_sha256:.{_DIGEST}}…", f"{its.policy_sha256:.{_DIGEST}}…"
    yield "inventory and --limit", _selection(_part_of(part)), _selection(_part_of(first))
    yield "enabled: false", _names(mine.not_selected), _names(its.not_selected)
    yield "--now", part.now or "not given", first.now or "not given"


def _selection(part: RunPart) -> str:
    return f"{counted(part.selected, 'device')} ({part.selection_sha256:.{_DIGEST}}…)"


def _overlaps(parts: Sequence[PartHead]) -> Iterator[Problem]:
    for one, other in itertools.combinations(parts, 2):
        both = set(one.names) & set(other.names)
        if both:
            yield _problem(
                other,
                f"{counted(len(both), 'device')} twice, here ({_part_of(other).chosen}) and in {one.file} "
                f"({_part_of(one).chosen}): {_names(both)}; leave one of the two out",
            )


def _gaps(parts: Sequence[PartHead]) -> Iterator[Problem]:
    first = parts[0]
    every = {*first.names, *first.run.elsewhere}
    missing = every.difference(*(part.names for part in parts))
    if missing:
        yield Problem(
            file="these files",
            message=f"{counted(len(missing), 'device')} of {len(every)} in no part: {_names(missing)}; "
            f"{_remedy([_part_of(part) for part in parts])}",
        )


def _remedy(parts: Sequence[RunPart]) -> str:
    """Return what to do; which shards are missing follows where all are of one division."""
    divisions = {(part.region, None if part.shard is None else part.shard.of) for part in parts}
    given = {part.shard.number for part in parts if part.shard is not None}
    if len(divisions) == 1 and given:
        ((_, of),) = divisions
        missing = [str(number) for number in range(1, (of or 0) + 1) if number not in given]
        if missing:
            shards = ", ".join(f"{number}/{of}" for number in missing[:_MOST_ENTRIES])
            more = ", …" if len(missing) > _MOST_ENTRIES else ""
            return f"give shard {shards}{more} too"
    return "audit them as a part of their own, or give the file that has them"


def _names(names: Iterable[str]) -> str:
    entries = ranges(names, shown=str)
    rest = sum(count for _, count in entries[_MOST_ENTRIES:])
    shown = ", ".join(word for word, _ in entries[:_MOST_ENTRIES])
    return f"{shown} and {rest} more" if rest else shown or "none"


def _part_of(part: PartHead) -> RunPart:
    if part.run.part is None:
        raise ValueError(f"{part.file}: no part")
    return part.run.part


def _problem(part: PartHead, message: str) -> Problem:
    return Problem(file=part.file, message=message)
