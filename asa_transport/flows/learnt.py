"""Learn from `doctor` where a release is not as the program assumes, and forget it again.

What is learnt makes the prediction of a plan right, or takes away what a verdict would rest on; it never
lets a guard pass what it would refuse otherwise (`core/judgement/cases/learnt.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asa_transport.core.documents import learnt as form
from asa_transport.core.documents.records import WireError
from asa_transport.core.judgement.cases.learnt import ACTING, release_of
from asa_transport.edges.state import learnt as kept
from asa_transport.edges.state import run_folder
from asa_transport.errors import UserError
from asa_transport.model import CheckVerdict, Examined, Learnt


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What became of what is kept: the entries that are new, and those that hold no longer."""

    added: tuple[Learnt, ...] = ()
    removed: tuple[Learnt, ...] = ()


def known(state: Path) -> tuple[Learnt, ...]:
    """Return what was learnt; raise UserError where the file cannot be used."""
    value = kept.read(state)
    try:
        return () if value is None else form.read(value)
    except WireError as error:
        raise kept.unusable(state, str(error)) from error


def learn(state: Path, examined: Iterable[Examined], *, by: str, at: datetime) -> Lesson:
    """Keep where the releases of these firewalls are not as assumed, and drop what holds there after all.

    Where firewalls of one release contradict each other, the release decides nothing: nothing is kept.

    Args:
        by: Who asks; at: when.

    Raises:
        UserError: The file cannot be used, or not be written.
    """
    before = known(state)
    differing: dict[tuple[str, str], set[Learnt]] = {}
    holding: set[tuple[str, str]] = set()
    for one in examined:
        release = release_of(one.version)
        if release is None:
            continue
        for check in one.checks:
            place = (release, check.id)
            if check.id in ACTING and check.verdict is CheckVerdict.HOLDS:
                holding.add(place)
            elif check.id in ACTING and check.verdict is CheckVerdict.DIFFERS and check.value is not None:
                entry = Learnt(
                    release=release, id=check.id, value=check.value, device=one.name, seen=check.seen,
                    by=by, at=at,
                )  # fmt: skip
                differing.setdefault(place, set()).add(entry)
    agreed = {
        place: min(entries, key=lambda entry: entry.device)
        for place, entries in differing.items()
        if place not in holding and len({entry.value for entry in entries}) == 1
    }
    tried = holding | differing.keys()
    old = {(entry.release, entry.id): entry for entry in before}
    stays = {
        place: old[place] for place in agreed if place in old and old[place].value == agreed[place].value
    }
    after = {**{place: entry for place, entry in old.items() if place not in tried}, **agreed, **stays}
    lesson = Lesson(
        added=tuple(entry for place, entry in sorted(agreed.items()) if place not in stays),
        removed=tuple(entry for place, entry in sorted(old.items()) if place not in after),
    )
    if lesson.added or lesson.removed:
        run_folder.make_private(state)
        run_folder.check_closed(state)
        _keep(state, [after[place] for place in sorted(after)])
    return lesson


def forget(state: Path, release: str | None) -> tuple[Learnt, ...]:
    """Forget what was learnt of a release, or of all with `None`; return what it was.

    Raises:
        UserError: The release is none, nothing is known of it, or the file cannot be used or written.
    """
    entries = known(state)
    wanted = None if release is None else release_of(release)
    if release is not None and wanted is None:
        raise UserError(f"{release!r:.60} is no release; expected one such as 9.20(4)14, or all")
    gone = tuple(entry for entry in entries if wanted in (None, entry.release))
    if not gone:
        there = ", ".join(sorted({entry.release for entry in entries})) or "of no release"
        what = "nothing is learnt" if release is None else f"nothing is learnt of {wanted}"
        raise UserError(f"{what}; what is known in {state}: {there}")
    _keep(state, [entry for entry in entries if entry not in gone])
    return gone


def _keep(state: Path, entries: Sequence[Learnt]) -> None:
    kept.write(state, form.document(entries))
