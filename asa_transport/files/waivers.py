"""Read and extend the waivers ledger: findings that a person has accepted for a time.

    waivers:
      - rule: AT301
        bug: CSCwp10957
        devices: group:lab,!fw-lab-09
        until: 2026-12-31
        owner: A. Meyer
        reason: the upgrade is planned for the new year

Guarantees what `ledger_file.py` does for every ledger: what a person wrote stays, an entry is
never dropped, of two writers one waits.

Source: docs/schemas/waivers.json.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from asa_transport.errors import WaiverError
from asa_transport.files.checker import nearest, quoted
from asa_transport.files.ledger_file import Ledger
from asa_transport.files.other_files import WAIVERS
from asa_transport.model import Waiver
from asa_transport.text import instant


def load(path: Path, *, must_exist: bool = False) -> tuple[Waiver, ...]:
    """Return all entries in file order, closed ones too; none where there is no file.

    Raises:
        LedgerError: Holds every problem, in file order; with `must_exist` also that there is no file.
    """
    return _LEDGER.load(path, must_exist=must_exist) or ()


def add(
    path: Path, waiver: Waiver, *, rules: Collection[str], bugs: Collection[str], never: Collection[str]
) -> Waiver:
    """Append an entry, and return it as it was written: in whole seconds.

    Args:
        path: The ledger; it is made if it is not there.
        waiver: Its `added_at` is now; its devices were checked.
        rules: Ids that exist; `bugs` likewise.
        never: Rules that are never waived.

    Raises:
        WaiverError: It may not be added; says why.
        LedgerError: The file cannot be used as it is.
    """
    at = None if waiver.added_at is None else waiver.added_at.replace(microsecond=0)
    new = replace(waiver, until=waiver.until.replace(microsecond=0), added_at=at)
    _check(new, rules, bugs, never)

    def refuse_a_second_one(before: tuple[Waiver, ...]) -> None:
        for other in before:
            is_same = (other.rule, other.bug, other.devices) == (new.rule, new.bug, new.devices)
            if is_same and new.added_at is not None and other.is_live(new.added_at):
                raise WaiverError(
                    f"{new.what} is already waived for {new.devices} until {instant(other.until)} (by "
                    f"{other.owner}); close that waiver first: 'asa-transport waivers close {new.what}'"
                )

    _LEDGER.append(path, (new,), refuse_a_second_one)
    return new


def close(path: Path, what: str, devices: str | None, *, now: datetime) -> Waiver:
    """End an open waiver, and return it.

    Args:
        what: Its rule or its bug.
        devices: Its pattern, word for word; may be left out where one waiver of that id is open.

    Raises:
        WaiverError: There is none, or more than one.
        LedgerError: The file cannot be used as it is, or is not there.
    """

    def choose(before: tuple[Waiver, ...]) -> tuple[int, Waiver]:
        found = [
            index
            for index, one in enumerate(before)
            if one.closed_at is None
            and what in (one.rule, one.bug, one.what)
            and devices in (None, one.devices)
        ]
        if not found:
            known = {text for one in before if one.closed_at is None for text in (one.rule, one.bug) if text}
            raise WaiverError(
                f"{path} has no open waiver of {quoted(what)}"
                f"{f' for {devices}' if devices else ''}{nearest(what, known)}; see 'asa-transport "
                "waivers list'"
            )
        if len(found) > 1:
            patterns = ", ".join(quoted(before[index].devices) for index in found)
            raise WaiverError(
                f"{what}: {len(found)} waivers are open, for {patterns}; say which with --devices"
            )
        return found[0], replace(before[found[0]], closed_at=now.replace(microsecond=0))

    return _LEDGER.extend(path, choose, "closed_at", instant(now))


def _check(new: Waiver, rules: Collection[str], bugs: Collection[str], never: Collection[str]) -> None:
    """Raise WaiverError for what may not be added, whatever the file holds."""
    _LEDGER.check_texts(new, ("devices", "owner", "reason"))
    if new.rule is None and new.bug is None:
        raise WaiverError("--rule or --bug is missing: give what is waived, e.g. --rule AT301")
    if new.rule is not None and new.rule not in rules:
        raise WaiverError(
            f"{quoted(new.rule)} is not a rule{nearest(new.rule, rules)}; see 'asa-transport rules'"
        )
    if new.rule in never:
        raise WaiverError(f"{new.rule} cannot be waived: somebody must act on it")
    if new.bug is not None and new.bug not in bugs:
        raise WaiverError(
            f"{quoted(new.bug)} is not in the bug catalogue{nearest(new.bug, bugs)}; see 'asa-transport bugs'"
        )
    if new.added_at is not None:
        _LEDGER.check_end(new.until, now=new.added_at)


_LEDGER: Final = Ledger(
    kind=WAIVERS,
    entry=Waiver,
    refusal=WaiverError,
    header=(
        "# Findings that are known and accepted for a time: who answers for them and when they end.\n"
        "# Written by `asa-transport waivers add` and `close`; comments and order are kept.\n"
    ),
)
