"""Read and extend the exceptions ledger: temporary reverts to callhome, with an owner and an end.

    exceptions:
      - device: fw-par-01
        until: 2026-12-31T23:59:59Z
        owner: A. Meyer
        ticket: CHG0012345
        reason: proxy change in January
        added_at: 2026-11-22T05:40:00Z

Guarantees what `ledger_file.py` does for every ledger: what a person wrote stays, an entry is
never dropped, of two writers one waits.

Source: docs/outage.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from asa_transport.errors import ExemptionError
from asa_transport.files.checker import nearest, quoted
from asa_transport.files.ledger_file import Ledger
from asa_transport.files.other_files import EXCEPTIONS
from asa_transport.model import Exemption
from asa_transport.text import instant


def load(path: Path, *, must_exist: bool = False) -> tuple[Exemption, ...]:
    """Return all entries in file order, closed ones too; none where there is no file; raises as below."""
    return load_if_there(path, must_exist=must_exist) or ()


def load_if_there(path: Path, *, must_exist: bool = False) -> tuple[Exemption, ...] | None:
    """Return all entries in file order, closed ones too; `None` where there is no file.

    Raises:
        LedgerError: Holds every problem, in file order; with `must_exist` also that there is no file.
    """
    return _LEDGER.load(path, must_exist=must_exist)


def add(
    path: Path,
    exemption: Exemption,
    *,
    devices: Collection[str],
    max_days: float,
) -> Exemption:
    """Append an entry, and return it as it was written: in whole seconds.

    Args:
        path: The ledger; it is made if it is not there.
        exemption: Its `added_at` is now.
        devices: Names that exist.
        max_days: The longest exception allowed, from `added_at` to `until`.

    Raises:
        ExemptionError: It may not be added; says why.
        LedgerError: The file cannot be used as it is.
    """
    return add_all(path, (exemption,), devices=devices, max_days=max_days)[0]


def add_all(
    path: Path,
    exemptions: Iterable[Exemption],
    *,
    devices: Collection[str],
    max_days: float,
) -> tuple[Exemption, ...]:
    """Append several entries, all of them or none; arguments and errors as `add`."""
    entries = [
        replace(
            one,
            until=one.until.replace(microsecond=0),
            added_at=one.added_at.replace(microsecond=0),
        )
        for one in exemptions
    ]
    if not entries:
        return ()
    for new in entries:
        _check(new, devices, max_days)
    _LEDGER.append(path, tuple(entries), lambda before: _refuse_second_ones(before, entries))
    return tuple(entries)


def _refuse_second_ones(before: Iterable[Exemption], entries: Iterable[Exemption]) -> None:
    """Raise ExemptionError where a device would have two live exceptions."""
    known: dict[str, list[Exemption]] = {}
    for one in before:
        known.setdefault(one.device, []).append(one)
    for new in entries:
        for other in known.get(new.device, ()):
            if other.is_live(new.added_at):
                raise ExemptionError(
                    f"{new.device}: it already has an exception until {instant(other.until)} "
                    f"({other.ticket}, {other.owner}); close that one first: "
                    f"'asa-transport exceptions close {new.device}'"
                )
        known.setdefault(new.device, []).append(new)


def close(path: Path, device: str, *, now: datetime) -> Exemption:
    """End the device's open exception (the one that runs longest, if several are open), and return it.

    Raises:
        ExemptionError: The device has no open exception.
        LedgerError: The file cannot be used as it is, or is not there.
    """

    def choose(before: tuple[Exemption, ...]) -> tuple[int, Exemption]:
        open_ones = [i for i, one in enumerate(before) if one.device == device and one.closed_at is None]
        if not open_ones:
            near = nearest(device, {one.device for one in before if one.closed_at is None})
            raise ExemptionError(
                f"{device}: {path} has no open exception of this device{near}; "
                "see 'asa-transport exceptions list'"
            )
        index = max(open_ones, key=lambda i: before[i].until)
        return index, replace(before[index], closed_at=now.replace(microsecond=0))

    return _LEDGER.extend(path, choose, "closed_at", instant(now))


def _check(new: Exemption, devices: Collection[str], max_days: float) -> None:
    """Raise ExemptionError for what may not be added, whatever the file holds."""
    _LEDGER.check_texts(new, ("device", "owner", "ticket", "reason"))
    if new.device not in devices:
        raise ExemptionError(
            f"device {quoted(new.device)} is not in the inventory{nearest(new.device, devices)}; "
            "see 'asa-transport inventory show'"
        )
    _LEDGER.check_end(new.until, now=new.added_at)
    if new.until - new.added_at > timedelta(days=max_days):
        last = instant(new.added_at + timedelta(days=max_days))
        raise ExemptionError(
            f"until {instant(new.until)} is too late: the policy allows {max_days:g} days "
            f"(exception_max_days); give {last} or earlier"
        )


_LEDGER: Final = Ledger(
    kind=EXCEPTIONS,
    entry=Exemption,
    refusal=ExemptionError,
    header=(
        "# Temporary reverts to callhome: who answers for them and when they end.\n"
        "# Written by `asa-transport exceptions add` and `close`; comments and order are kept.\n"
    ),
)
