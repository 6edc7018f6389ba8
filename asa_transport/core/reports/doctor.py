"""What `doctor` found, as a matrix by release and model, and as Markdown.

Pure.  Whatever a device says is inert in the page (`text.py`).

Source: docs/doctor.md; GitHub Flavored Markdown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from asa_transport.asa.version import Version, try_parse
from asa_transport.core.documents.doctor import DoctorRun, verdicts
from asa_transport.model import Check, CheckVerdict, Effect, Examined
from asa_transport.text import code, counted, inline, instant, ranges

# Of firewalls of one release and model that do not agree, the first of these that any of them has.
_TELLING: Final = (
    CheckVerdict.DIFFERS,
    CheckVerdict.HOLDS,
    CheckVerdict.UNKNOWN,
    CheckVerdict.NOT_APPLICABLE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The firewalls of one release and model."""

    version: str
    model: str
    examined: tuple[Examined, ...]

    @property
    def title(self) -> str:
        """Release and model."""
        return f"{self.version} {self.model}"

    @property
    def names(self) -> str:
        """The names of its firewalls, in few words."""
        return _few([one.name for one in self.examined])

    def cell(self, row: str) -> tuple[CheckVerdict, int, int]:
        """Return what is found of an assumption: the telling verdict, how many have it, how many say so."""
        found = [check.verdict for one in self.examined for check in one.checks if check.id == row]
        telling = next(verdict for verdict in _TELLING if verdict in found)
        said = sum(verdict in (CheckVerdict.HOLDS, CheckVerdict.DIFFERS) for verdict in found)
        return telling, found.count(telling), said or len(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An assumption that differs, with what one firewall shows of it, and on which firewalls it does."""

    check: Check
    names: str


def kinds(examined: Sequence[Examined]) -> tuple[Kind, ...]:
    """Return the firewalls by release and model, the oldest release first, those without one last."""
    groups: dict[tuple[str, str], list[Examined]] = {}
    for one in examined:
        groups.setdefault((one.version or "?", one.model or "?"), []).append(one)
    return tuple(
        Kind(version=version, model=model, examined=tuple(found))
        for (version, model), found in sorted(groups.items(), key=lambda group: (_age(group[0]), group[0]))
    )


def _age(kind: tuple[str, str]) -> tuple[bool, Version]:
    release = try_parse(kind[0])
    return release is None, release or Version(major=0, minor=0)


def rows(examined: Sequence[Examined]) -> tuple[str, ...]:
    """Return the assumptions of which some firewall says something, in their order."""
    silent = (CheckVerdict.UNKNOWN, CheckVerdict.NOT_APPLICABLE)
    first = examined[0].checks if examined else ()
    said = {check.id for one in examined for check in one.checks if check.verdict not in silent}
    return tuple(check.id for check in first if check.id in said)


def differences(examined: Sequence[Examined]) -> tuple[Difference, ...]:
    """Return what differs, once for each assumption and what is seen of it, in the order of the rows."""
    found: dict[tuple[str, str], list[tuple[str, Check]]] = {}
    for one in examined:
        for check in one.checks:
            if check.verdict is CheckVerdict.DIFFERS:
                found.setdefault((check.id, check.seen), []).append((one.name, check))
    order = {check.id: place for place, check in enumerate(examined[0].checks)} if examined else {}
    return tuple(
        Difference(
            check=several[0][1],
            names=_few([name for name, _ in several]),
        )
        for _, several in sorted(found.items(), key=lambda item: order[item[0][0]])
    )


def summary(run: DoctorRun) -> str:
    """Return the last line: how many firewalls, how many checks came out how."""
    found = verdicts(run.examined)
    parts = [f"{count} {_WORDS[verdict]}" for verdict, count in found.items() if count]
    missed = f", {len(run.missed)} not reached" if run.missed else ""
    shares = f": {', '.join(parts)}" if parts else ""
    return f"{counted(len(run.outcomes), 'firewall')}{missed}{shares}"


_WORDS: Final = {
    CheckVerdict.HOLDS: "hold",
    CheckVerdict.DIFFERS: "differ",
    CheckVerdict.NOT_APPLICABLE: "not applicable",
    CheckVerdict.UNKNOWN: "unknown",
}
EFFECTS: Final = {
    Effect.PREDICTS: "plans of this release follow it",
    Effect.REFUSES: "audits and pushes of this release no longer rest on it",
    Effect.INFORMS: "nothing is done by it",
}


def markdown(run: DoctorRun) -> str:
    """Return the page."""
    parts = (_head(run), _matrix(run), _differing(run), _contradicting(run), _missed(run))
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _head(run: DoctorRun) -> Iterator[str]:
    where = "saved outputs" if run.is_saved else "the firewalls"
    yield from ("# What firewalls say of the assumptions", "")
    yield from (f"{summary(run)}. Asked: {where}, {instant(run.started_at)}.", "")


def _matrix(run: DoctorRun) -> Iterator[str]:
    groups = kinds(run.examined)
    if not groups:
        return
    yield from ("## By release and model", "")
    yield _row(["assumption", *(inline(group.title) for group in groups)])
    yield _row(["---"] * (len(groups) + 1))
    for row in rows(run.examined):
        yield _row([code(row), *(_cell(group, row) for group in groups)])
    silent = len(run.examined[0].checks) - len(rows(run.examined))
    yield from ("", f"Of {silent} more no firewall here says anything.", "")


def _cell(group: Kind, row: str) -> str:
    verdict, count, of = group.cell(row)
    word = f"**{verdict.value}**" if verdict is CheckVerdict.DIFFERS else verdict.value
    return f"{word} ({count} of {of})" if count < of else word


def _differing(run: DoctorRun) -> Iterator[str]:
    found = differences(run.examined)
    if found:
        yield from ("## What differs", "")
    for one in found:
        check = one.check
        yield from (f"### {code(check.id)}", "", check.assumption, "")
        yield f"- On {inline(one.names)}: {inline(check.seen)}."
        yield from (
            f"- {code(line.command)}, line {line.line}: {code(line.text.strip())}" for line in check.evidence
        )
        yield f"- Consequence: {check.consequence}"
        yield f"- Effect: {EFFECTS[check.effect]}."
        yield from (f"- Source: {check.source}", "")


def contradicted(run: DoctorRun) -> Iterator[str]:
    """Yield a sentence for each assumption of which saved outputs say otherwise, or that there is none."""
    for one in run.contradictions or ():
        yield (
            f"{one.id} {one.here.value} on {_few(one.here_on)}, and {one.there.value} in the saved outputs "
            f"of {_few(one.there_on)}"
        )
    if run.contradictions == ():
        yield "the saved outputs contradict nothing of it"


def _few(names: Sequence[str]) -> str:
    return ", ".join(words for words, _ in ranges(names, shown=str))


def _contradicting(run: DoctorRun) -> Iterator[str]:
    if run.contradictions is not None:
        yield from ("## Beside saved outputs", "", *(f"- {inline(line)}" for line in contradicted(run)), "")


def _missed(run: DoctorRun) -> Iterator[str]:
    if run.missed:
        yield from ("## Not reached", "")
    for one in run.missed:
        yield f"- {inline(one.device.name)}: {inline(one.error)}; {inline(one.hint)}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
