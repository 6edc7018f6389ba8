"""Know what the pushes of a state directory left unsettled, and note which reading settles it.

Joins the journals (their index, `edges/state/unsettled.py`) and what they mean
(`core/pushing/unsettled.py`).  A run whose process lives is not unsettled yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from asa_transport.capabilities import Teller
from asa_transport.core.documents import journal as form
from asa_transport.core.documents import plan as plan_document
from asa_transport.core.documents.records import WireError, decode, encode
from asa_transport.core.judgement.cases.unsettled import is_about, unproven
from asa_transport.core.pushing.unsettled import unsettled_of
from asa_transport.edges.state import run_folder
from asa_transport.edges.state import unsettled as kept
from asa_transport.errors import PlanError, StoreError, UserError
from asa_transport.files.regular_file import is_named
from asa_transport.model import Audited, AuditOutcome, Unsettled
from asa_transport.text import instant


class SharedStore(Protocol):
    """A store in which several machines say what their pushes left."""

    def left_elsewhere(self) -> tuple[Unsettled, ...]:
        """Return what pushes left whose process lives no more, on any machine."""

    def settle(self, entry: Unsettled, *, by: str) -> None:
        """Note that this run settles it."""


def known(state: Path, *, but: str | None = None, shared: SharedStore | None = None) -> tuple[Unsettled, ...]:
    """Return what is unsettled, the oldest run first; raise UserError where a journal cannot be read.

    Args:
        but: The run that is being resumed.
        shared: Where other machines say what they left.

    Raises:
        StoreUnusable: The shared store cannot be read.
    """
    found: list[Unsettled] = []
    here, over = set[str](), set[str]()
    for folder in run_folder.folders(state):
        journal = folder / run_folder.JOURNAL
        if not is_named(journal):
            continue
        here.add(folder.name)
        if folder.name != but and not kept.is_being_written(journal):
            over.add(folder.name)
            found += _of(folder)
    if shared is None:
        return tuple(found)
    ours = {(entry.run, entry.device) for entry in found}
    for entry in shared.left_elsewhere():
        if entry.run not in here:
            found.append(entry)
        elif entry.run in over and (entry.run, entry.device) not in ours:
            # The store was away when this machine settled it; the journal is what counts.
            # One that takes nothing is asked again.
            with suppress(StoreError):
                shared.settle(entry, by=entry.run)
    return tuple(sorted(found, key=lambda entry: entry.run))


def last_run(state: Path) -> str | None:
    """Return the newest run that left something unsettled; `None` where none did."""
    left = known(state)
    return left[-1].run if left else None


def note_settled(
    state: Path,
    entries: Sequence[Unsettled],
    outcomes: Iterable[AuditOutcome],
    *,
    run: str,
    tell: Teller,
    settle: Callable[[Unsettled], None] | None = None,
) -> None:
    """Note what these live readings settle.

    Args:
        run: The one that read.
        tell: Told of each.
        settle: Notes it of a push of another machine.
    """
    by: dict[int, str] = {}
    # Most nights nothing is, and nothing is read.
    for outcome in outcomes if entries else ():
        if isinstance(outcome, Audited):
            for number, entry in enumerate(entries):
                if is_about(entry, outcome.name, outcome.facts) and not unproven(entry, outcome.facts):
                    by.setdefault(number, outcome.name)
    for number, entry in enumerate(entries):
        if number not in by:
            continue
        folder = state / "runs" / entry.run
        values = kept.index(folder)
        if values is not None:
            settled = {"device": entry.device, "by": run, "at": instant(datetime.now(UTC))}
            kept.keep(folder, {**values, "settled": [*_settled(values), settled]})
        if settle is not None:
            settle(entry)
        if values is not None or settle is not None:
            tell.warn(f"{by[number]}: what the push {entry.run} left is settled by this reading")


def _of(folder: Path) -> tuple[Unsettled, ...]:
    journal = folder / run_folder.JOURNAL
    values = kept.index(folder)
    entries = None if values is None else _open(values, kept.size(journal))
    if values is None or entries is None:
        data = kept.read(journal)
        history = form.read(data)
        if history.broken is not None and not history.records:
            raise UserError(
                f"{journal}: its first record is damaged, so nobody knows what that push left between "
                f"two states: look at those of {folder / run_folder.PLAN}, then move the folder away"
            )
        entries = unsettled_of(folder.name, history, _serials(folder))
        # Settled is what the same words of the same journal say; a push that went on says others.
        was = () if values is None else _settled(values)
        values = {
            "journal_bytes": len(data),
            "open": [encode(entry) for entry in entries],
            "settled": [one for one in was if not any(_began_again(one, entry) for entry in entries)],
        }
        kept.keep(folder, values)
    settled = {one["device"] for one in _settled(values)}
    return tuple(entry for entry in entries if entry.device not in settled)


def _open(values: Mapping[str, Any], size: int) -> tuple[Unsettled, ...] | None:
    """Return the entries that were kept; `None` where they are not those of the journal as it is."""
    if values.get("journal_bytes") != size or not isinstance(values.get("open"), list):
        return None
    try:
        return tuple(decode(Unsettled, one) for one in values["open"])
    except WireError:
        return None


def _settled(values: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
    found = values.get("settled")
    return tuple(
        one
        for one in (found if isinstance(found, list) else ())
        if isinstance(one, dict) and all(isinstance(one.get(key), str) for key in ("device", "by", "at"))
    )


def _began_again(settled: Mapping[str, str], entry: Unsettled) -> bool:
    return settled["device"] == entry.device and settled["at"] <= instant(entry.at)


def _serials(folder: Path) -> Mapping[str, str | None]:
    """Return the serial numbers of the run's plan, by name; of a plan of another release none."""
    with suppress(OSError, PlanError):
        data = (folder / run_folder.PLAN).read_bytes()
        plan = plan_document.read(data.decode("utf-8", "surrogateescape"))
        return {device.name: device.identity.serial for device in plan.devices}
    return {}
