"""Choose among stored runs: which one a word means, and which one a run is compared with.

Pure.  Runs are in the order in which they began.  A whole run is a finished audit of a
whole inventory; only those are compared unless a person names others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from asa_transport.errors import UserError
from asa_transport.model import AUDIT_KIND, RunPart, RunStatus, StoredRun

LAST: Final = "last"
_MOST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What is compared; `skipped` are interrupted audits, later than `before`, that were passed over."""

    before: StoredRun
    after: StoredRun
    skipped: tuple[StoredRun, ...] = ()


def named(runs: Sequence[StoredRun], wanted: str) -> StoredRun:
    """Return the run of an id, of the beginning of one, or the newest audit for `last`; else UserError."""
    if wanted == LAST:
        found = [run for run in runs if run.is_finished_audit]
        if not found:
            raise UserError("there is no finished audit here; run 'asa-transport audit' first")
        return found[-1]
    matching = [run for run in runs if run.id.startswith(wanted)] if wanted else []
    exact = [run for run in matching if run.id == wanted]
    if len(exact or matching) == 1:
        return (exact or matching)[0]
    if matching:
        shown = ", ".join(run.id for run in matching[:_MOST]) + (", …" if len(matching) > _MOST else "")
        raise UserError(f"run {wanted!r:.100}: {len(matching)} ids begin with it; give more of one: {shown}")
    raise UserError(
        f"run {wanted!r:.100}: there is no such run here; expected an id from 'asa-transport runs', the "
        f"beginning of one, or {LAST!r}"
    )


def check_comparable(run: StoredRun) -> None:
    """Raise UserError where the run is no audit that came to its end."""
    if not run.is_finished_audit:
        seen = f"this is a {run.kind}" if run.kind != AUDIT_KIND else f"this audit is {run.status.value}"
        raise UserError(
            f"run {run.id}: {seen}; only finished audits are compared: see 'asa-transport runs --kind audit'"
        )


def baseline(runs: Sequence[StoredRun], inventory_file: str, part: RunPart | None = None) -> StoredRun | None:
    """Return the newest whole audit of this inventory, of any inventory where it has none.

    Args:
        part: For a run of a part, one of just that part will do too.
    """
    whole = [run for run in runs if run.covers(part)]
    same = [run for run in whole if run.inventory_file == inventory_file]
    return next(reversed(same or whole), None)


def pair(runs: Sequence[StoredRun], names: Sequence[str]) -> Pair:
    """Return what to compare.

    Args:
        runs: All that are kept.
        names: None: the last two whole audits.  One: it and the last whole audit.  Two: these, in order.

    Raises:
        UserError: There is no such run, or none to compare it with.
    """
    match names:
        case [one, other]:
            before, after = named(runs, one), named(runs, other)
        case [one]:
            before, after = named(runs, one), _newest(runs)
        case _:
            after = _newest(runs)
            found = baseline(_earlier(runs, after), after.inventory_file, after.part) or next(
                reversed([run for run in _earlier(runs, after) if run.is_finished_audit]), None
            )
            if found is None:
                raise UserError(
                    f"there is only one finished audit here ({after.id}), so there is nothing to compare; "
                    "run 'asa-transport audit' again"
                )
            before = found
    for run in (before, after):
        check_comparable(run)
    if before.id == after.id:
        raise UserError(f"both runs are {before.id}; give two different ones, or none for the last two")
    skipped = () if len(names) > 1 else passed_over(runs, before)
    return Pair(before=before, after=after, skipped=skipped)


def passed_over(runs: Sequence[StoredRun], before: StoredRun) -> tuple[StoredRun, ...]:
    """Return the interrupted audits of the same inventory, or of the same part, that began after this one."""
    later = runs[_place(runs, before) + 1 :]
    return tuple(
        run
        for run in later
        if run.kind == AUDIT_KIND
        and run.status is RunStatus.INTERRUPTED
        and not run.limit
        and run.is_divided_as(before.part)
        and run.inventory_file == before.inventory_file
    )


def _newest(runs: Sequence[StoredRun]) -> StoredRun:
    whole = [run for run in runs if run.is_whole]
    return whole[-1] if len(whole) > 1 else named(runs, LAST)


def _earlier(runs: Sequence[StoredRun], run: StoredRun) -> Sequence[StoredRun]:
    return runs[: _place(runs, run)]


def _place(runs: Sequence[StoredRun], run: StoredRun) -> int:
    return [one.id for one in runs].index(run.id)
