"""Outcomes that go to disk as they come: judged as if all were in memory, and none of them is."""

from __future__ import annotations

import gc
import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from asa_transport.capabilities import Silence
from asa_transport.core.documents.audit import in_order
from asa_transport.core.history.run_end import audit_end
from asa_transport.core.judgement.judge import cases, judged
from asa_transport.core.reports.report import summary
from asa_transport.edges.state.record_spool import RecordSpool
from asa_transport.edges.state.store import Row, codec
from asa_transport.flows import recorder
from asa_transport.flows.inputs import Files, StateLocation
from asa_transport.flows.kept_outcomes import KeptOutcomes, OutcomeKeeper
from asa_transport.flows.standard import read
from asa_transport.model import (
    Audited,
    AuditOutcome,
    ClusterFacts,
    ClusterMember,
    ClusterRole,
    FailoverFacts,
    FailoverState,
    Severity,
    Stage,
)
from asa_transport.model.outcome_counts import counts_of
from tests.full_disk import largest_file
from tests.unit.judging import NOW, facts_of
from tests.unit.reporting import STANDARD, audited, every_kind, missed


def unit(
    name: str, serial: str, mate: str | None = None, state: FailoverState = FailoverState.ACTIVE
) -> Audited:
    """A unit that knows its mate's serial number."""
    failover = FailoverFacts(enabled=mate is not None, state=state, mate_serial=mate)
    return audited(name, replace(facts_of("transport=callhome"), serial=serial, failover=failover))


def of_cluster(name: str, serial: str, role: ClusterRole, control: str) -> Audited:
    """A unit of a cluster that knows who controls it."""
    members = (ClusterMember(unit="u", state="CONTROL_NODE", role=ClusterRole.CONTROL, serial=control),)
    cluster = ClusterFacts(enabled=True, unit="u", role=role, members=members)
    return audited(name, replace(facts_of("-"), serial=serial, cluster=cluster))


def fleet() -> list[AuditOutcome]:
    """One of every kind, pairs by serial number and by the inventory, a cluster, half of a pair."""
    of_pair = audited("fw-pair-b", replace(facts_of("-"), serial="P2"))
    lost = missed("fw-half-a", Stage.CONNECT)
    unjudged = [
        replace(one, findings=(), decision=None) if isinstance(one, Audited) else one
        for one in every_kind().outcomes
    ]
    return [
        *unjudged,
        unit("fw-x-1", "S1", "S2"),
        unit("fw-x-2", "S2", "S1", FailoverState.STANDBY),
        unit("fw-y-2", "S4", "S3", FailoverState.STANDBY),
        audited("fw-pair-a", replace(facts_of("transport=callhome"), serial="P1")),
        replace(of_pair, device=replace(of_pair.device, pair="fw-pair-a")),
        replace(lost, device=replace(lost.device, pair="fw-half-b")),
        audited("fw-half-b", facts_of("failover=standby")),
        of_cluster("fw-c-1", "C1", ClusterRole.CONTROL, "C1"),
        of_cluster("fw-c-2", "C2", ClusterRole.DATA, "C1"),
    ]


def kept(found: Sequence[AuditOutcome], folder: Path) -> tuple[KeptOutcomes, list[Row]]:
    """Put these on disk in this order."""
    written: list[Row] = []
    keeper = OutcomeKeeper([outcome.device for outcome in found], STANDARD, folder, written.append)
    for outcome in found:
        keeper.put(outcome)
    keeper.judge_rest()
    return keeper.outcomes, written


@pytest.mark.parametrize("seed", range(6))
def test_outcomes_are_judged_as_if_all_were_in_memory(tmp_path: Path, seed: int) -> None:
    """A unit must not be judged without its mate because the mate answered later."""
    found = fleet()
    random.Random(seed).shuffle(found)
    whole = judged(in_order([o.device for o in found], found), STANDARD)

    outcomes, written = kept(found, tmp_path)

    assert tuple(outcomes) == whole
    assert outcomes.counts == counts_of(whole)
    assert summary(outcomes) == summary(whole)
    assert audit_end(outcomes, Severity.LOW) == audit_end(whole, Severity.LOW)
    assert tuple(cases(outcomes, STANDARD, outcomes.mates(outcomes.devices))) == tuple(cases(whole, STANDARD))
    last = {row["name"]: codec.read_outcome(row["record"]) for row in written}
    assert [last[outcome.name] for outcome in whole] == list(whole)


def test_a_device_without_a_mate_is_written_once_judged_already(tmp_path: Path) -> None:
    """Each further word costs the store another statement."""
    _, written = kept([audited("fw-a", facts_of("-")), unit("fw-b", "S1", "S2")], tmp_path)

    assert [row["name"] for row in written] == ["fw-a", "fw-b", "fw-b"]


def test_no_outcome_stays_in_memory(tmp_path: Path) -> None:
    """Ten thousand of them would be a hundred megabytes."""
    inventory = tmp_path / "inventory.yaml"
    entries = tuple(audited(f"fw-{number:03}", facts_of("-")).device for number in range(300))
    order = recorder.RunOrder(
        inventory_file=inventory,
        devices=entries,
        limit=(),
        standard=read(inventory, Files(), now=NOW, is_now_given=True),
    )

    def coming() -> Iterator[AuditOutcome]:
        for number, entry in enumerate(entries):
            words = "failover=standby" if number % 2 else "contact=failed; deadline=2d"
            yield replace(audited(entry.name, facts_of(words)), device=entry)

    with recorder.open_run(order, StateLocation(state_dir=tmp_path / "state"), tell=Silence()) as run:
        gc.collect()
        before = _in_memory()
        outcomes = run.take(coming(), entries)
        gc.collect()
        after = _in_memory()

    assert len(outcomes) == 300
    assert after - before < 20


def _in_memory() -> int:
    return sum(type(one) is Audited for one in gc.get_objects())


def test_an_outcome_that_is_missing_or_strange_is_an_error(tmp_path: Path) -> None:
    """A device silently missing from a report is the second worst thing."""
    entries = [audited(name, facts_of("-")) for name in ("fw-a", "fw-b")]
    outcomes, _ = kept(entries[:1], tmp_path)

    with pytest.raises(ValueError, match="fw-b"):
        in_order([entry.device for entry in entries], outcomes)
    with pytest.raises(ValueError, match="fw-b"):
        outcomes.put(entries[1], codec.write_outcome(entries[1]))


def test_what_a_full_disk_does_not_take_is_not_lost(tmp_path: Path) -> None:
    """A night without a report is worse than one with much memory."""
    spool = RecordSpool(tmp_path)
    records = [bytes([number]) * 100 for number in range(10)]

    with largest_file(350):
        numbers = [spool.add(record) for record in records]

    assert [spool[number] for number in numbers] == records
    assert list(tmp_path.iterdir()) == []


def test_without_room_for_a_file_all_stays_in_memory(tmp_path: Path) -> None:
    """The folder may be gone, or its disk be read only."""
    spool = RecordSpool(tmp_path / "gone")

    assert spool[spool.add(b"a record")] == b"a record"


def test_a_store_that_does_not_keep_up_has_all_in_the_end() -> None:
    """It is not waited for while devices are read, and does not fill the memory."""
    entries = [audited(f"fw-{number}", facts_of("-")) for number in range(5)]
    written: list[str] = []
    may_write = threading.Event()

    def write(found: Sequence[Row]) -> None:
        may_write.wait(60)
        written.extend(row["name"] for row in found)

    with recorder.StoreWriter(write, most=2, at_once=1) as writer:
        for entry in entries:
            writer.put(_row(entry))
        left = list(writer.left)
        may_write.set()

    assert sorted([*written, *writer.left]) == [entry.name for entry in entries]
    assert 2 <= len(left) <= 3


def _row(outcome: Audited) -> dict[str, Any]:
    return {"name": outcome.name}
