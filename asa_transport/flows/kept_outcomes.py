"""The outcomes of a run on disk: judged as they come, read back a device at a time.

A device that has no mate is judged when it comes; the others when all are there, by each other's
facts.  In memory stays what finds an outcome again, what tells who is whose mate, and the counts.
"""

from __future__ import annotations

import functools
import itertools
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, overload

from asa_transport.core.history.compare import are_values_missing
from asa_transport.core.judgement.cases.case import Bond, bond_of, in_pairs, mates_of
from asa_transport.core.judgement.judge import Judge, MateOf, Standard
from asa_transport.edges.state.record_spool import RecordSpool
from asa_transport.edges.state.store import Row, Store, codec, rows
from asa_transport.edges.state.store.imported import is_taken_in
from asa_transport.model import Audited, AuditOutcome, Device, DeviceFacts
from asa_transport.model.outcome_counts import OutcomeCounter, OutcomeCounts, OutcomeList

_MISSING: Final = -1
# Mates stand beside each other in most inventories, and are asked for in turn.
_NEIGHBOURS: Final = 16


class KeptOutcomes(OutcomeList):
    """Outcomes that were put on disk; those of a run that is over, or of one that is being made.

    Attributes:
        devices: As they were given, sorted by name; outcomes come back with these.  Empty where only
            names were given, and each outcome has a device of its own.
    """

    def __init__(self, names: Iterable[str], folder: Path, devices: Sequence[Device] = ()) -> None:
        """Expect one outcome for each of the names; the file is in the folder, and has no name there."""
        self.devices = tuple(sorted(devices, key=lambda device: device.name))
        self._names = tuple(sorted(names))
        self._number = {name: number for number, name in enumerate(self._names)}
        self._spool = RecordSpool(folder)
        self._place = array("l", [_MISSING]) * len(self._names)
        self._counter = OutcomeCounter()
        self._bonds: dict[str, Bond] = {}
        self._recent = functools.lru_cache(_NEIGHBOURS)(self._read)

    def put(self, outcome: AuditOutcome, record: bytes, *, is_last_word: bool = True) -> None:
        """Take the outcome of one of the devices; a later one of the same device replaces it.

        Args:
            record: The outcome, as the store writes it.
            is_last_word: It is judged, and counts.

        Raises:
            ValueError: The device is none of those that were given.
        """
        name = outcome.device.name
        if name not in self._number:
            raise ValueError(f"an outcome of {name!r}, which the run did not select")
        self._place[self._number[name]] = self._spool.add(record)
        if isinstance(outcome, Audited):
            self._bonds[name] = bond_of(outcome.facts)
        if is_last_word:
            self._counter.add(outcome)

    @property
    def names(self) -> Sequence[str]:
        """The devices that have an outcome, in order."""
        found = zip(self._names, self._place, strict=True)
        return [name for name, place in found if place != _MISSING]

    @property
    def counts(self) -> OutcomeCounts:
        """How many of each kind."""
        return self._counter.counts

    def named(self, name: str) -> AuditOutcome | None:
        """Return one device's outcome; `None` where it has none."""
        number = self._number.get(name)
        if number is None or self._place[number] == _MISSING:
            return None
        return self._recent(number, self._place[number])

    def mates(self, devices: Sequence[Device]) -> MateOf:
        """Return what gives a device's mate, and its facts where it was audited; all outcomes are there.

        Args:
            devices: All of the run.
        """
        # In order, whichever came first: of two devices with one serial number the last counts.
        mates = mates_of(devices, {name: self._bonds[name] for name in sorted(self._bonds)})

        def found(name: str) -> tuple[str | None, DeviceFacts | None]:
            mate = mates.get(name)
            outcome = None if mate is None else self.named(mate)
            return mate, outcome.facts if isinstance(outcome, Audited) else None

        return found

    def __len__(self) -> int:
        return len(self._names) - self._place.count(_MISSING)

    def __iter__(self) -> Iterator[AuditOutcome]:
        for number, place in enumerate(self._place):
            if place != _MISSING:
                yield self._read(number, place)

    @overload
    def __getitem__(self, index: int) -> AuditOutcome: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[AuditOutcome]: ...
    def __getitem__(self, index: int | slice) -> AuditOutcome | Sequence[AuditOutcome]:
        if isinstance(index, int) and index >= 0 and len(self) == len(self._names):
            return self._read(index, self._place[index])
        there = [(number, place) for number, place in enumerate(self._place) if place != _MISSING]
        found = there[index]
        return self._read(*found) if isinstance(found, tuple) else tuple(itertools.starmap(self._read, found))

    def _read(self, number: int, place: int) -> AuditOutcome:
        outcome = codec.read_outcome(self._spool[place])
        return replace(outcome, device=self.devices[number]) if self.devices else outcome


class OutcomeKeeper:
    """Judges outcomes as they come and puts them on disk; hands on what the store is to have."""

    def __init__(
        self, devices: Sequence[Device], standard: Standard, folder: Path, write: Callable[[Row], None]
    ) -> None:
        """Begin a run of these devices.

        Args:
            write: Given what the store is to have of each device, once or, where it had to wait
                for a mate, twice.
        """
        self.outcomes = KeptOutcomes([device.name for device in devices], folder, devices)
        self._judge = Judge(standard)
        self._paired = in_pairs(devices)
        self._waiting: list[str] = []
        self._write = write

    def put(self, outcome: AuditOutcome, *, is_stored: bool = False) -> None:
        """Take one outcome, not judged yet.

        Args:
            is_stored: The store has it; where it has to wait for its mate, it gets what becomes of it.
        """
        alone = self._judge.judged_alone(outcome, self._paired)
        if alone is None:
            self._waiting.append(outcome.device.name)
        self._keep(outcome if alone is None else alone, is_last_word=alone is not None, is_stored=is_stored)

    def judge_rest(self) -> None:
        """Judge those that had to wait; all are there."""
        mate_of = self.outcomes.mates(self.outcomes.devices)
        for name in sorted(self._waiting):
            outcome = self.outcomes.named(name)
            assert outcome is not None  # noqa: S101 - it was put there
            self._keep(self._judge.judged(outcome, *mate_of(name)), is_last_word=True)
        self._waiting = []

    def _keep(self, outcome: AuditOutcome, *, is_last_word: bool, is_stored: bool = False) -> None:
        row = rows.columns(outcome)
        self.outcomes.put(outcome, row["record"], is_last_word=is_last_word)
        if not is_stored:
            self._write(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOutcomes:
    """The outcomes of a run of the store, copied, so that they outlive it.

    Attributes:
        is_old: An older release kept them, which kept the words of findings, and not their values.
        is_taken_in: They were read from a document, which does not say all.
    """

    outcomes: KeptOutcomes
    is_old: bool
    is_taken_in: bool


def stored_outcomes(store: Store, run_id: str) -> StoredOutcomes:
    """Return the outcomes of a run as the store has them."""
    kept = KeptOutcomes(store.names(run_id), store.state)
    is_old, is_taken = False, True
    for _, record in store.pages(run_id):
        outcome = codec.read_outcome(record)
        kept.put(outcome, record)
        is_old = is_old or are_values_missing((outcome,))
        is_taken = is_taken and is_taken_in((outcome,))
    return StoredOutcomes(outcomes=kept, is_old=is_old, is_taken_in=is_taken)


def judged_anew(outcomes: OutcomeList, standard: Standard, folder: Path) -> KeptOutcomes:
    """Return the outcomes of a run that came to no end, judged by what it was begun with."""
    keeper = OutcomeKeeper([outcome.device for outcome in outcomes], standard, folder, lambda _: None)
    for outcome in outcomes:
        keeper.put(outcome)
    keeper.judge_rest()
    return keeper.outcomes
