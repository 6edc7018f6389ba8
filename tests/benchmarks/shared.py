"""Print what a big fleet costs at a shared store: `python -m tests.benchmarks.shared [DEVICES [URL]]`.

Outcomes of 100,000 devices, without SSH, through a real PostgreSQL: an audit that is killed (SIGKILL) when
half of them have come, another process that goes on with it (`audit --attach`) and writes the report as
JSON, and a third one that writes the report from the store.  For each process its peak resident memory, the
seconds, and how many devices it found finished; then what the database holds.  Nothing here passes or fails.

The database is made for it, and dropped, on the server of the tests (`ASA_TRANSPORT_TEST_POSTGRES`), or is
that of the URL.
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from asa_transport.capabilities import Silence
from asa_transport.cli.views.formats import render
from asa_transport.core.documents.audit import run_of
from asa_transport.core.history.run_end import audit_end
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.reports.formats import Format
from asa_transport.core.reports.report import Report
from asa_transport.edges import templates
from asa_transport.flows import inputs, recorder, standard
from asa_transport.flows.attach import attached_run
from asa_transport.flows.audit_worker import without_answers
from asa_transport.flows.history import report_of
from asa_transport.flows.inputs import StateLocation
from asa_transport.model import Audited, AuditOutcome, Capture, Device, Severity
from tests.benchmarks.memory import KINDS, NOW, answers, device
from tests.unit.stores import postgresql

COUNT = 100_000


def outcomes(devices: Sequence[Device], die_after: int | None) -> Iterator[AuditOutcome]:
    """Yield what an audit finds out; each kind is parsed once. Dies after so many."""
    tables, known = TableSet(templates.textfsm(None)), {}
    for kind in KINDS:
        capture = Capture(device=kind, started_at=NOW, finished_at=NOW, outputs=answers(kind))
        known[kind] = (capture, parse.facts(capture, tables))
    for number, (entry, kind) in enumerate(zip(devices, itertools.cycle(KINDS), strict=False)):
        if number == die_after:
            os.kill(os.getpid(), signal.SIGKILL)
        capture, facts = known[kind]
        facts = replace(facts, hostname=entry.name, serial=f"9A{entry.name[3:]}")
        yield without_answers(Audited(device=entry, capture=replace(capture, device=entry.name), facts=facts))


def audit(location: StateLocation, count: int, *, attach: str | None, die_after: int | None) -> int:
    """Keep a run of so many devices, or go on with one; return how many were finished before."""
    devices = tuple(device(number) for number in range(count))
    inventory = location.directory / "inventory.yaml"
    order = recorder.RunOrder(
        inventory_file=inventory,
        devices=devices,
        limit=(),
        standard=standard.read(inventory, inputs.Files(), now=NOW, is_now_given=False),
        attach=attach,
    )
    opening = recorder.open_run if attach is None else attached_run
    with opening(order, location, tell=Silence()) as kept:
        left = tuple(one for one in devices if one.name not in kept.done)
        found = kept.take(outcomes(left, die_after), devices)
        report = Report(
            run=run_of(kept.run, audit_end(found, Severity.MEDIUM), datetime.now(UTC)),
            devices=devices,
            outcomes=found,
            cases=kept.cases(found),
            now=NOW,
            fail_on=Severity.MEDIUM,
        )
        kept.keep(report, is_stopped=False)
        write(location, report)
        kept.finish()
        return len(kept.done)


def write(location: StateLocation, report: Report) -> None:
    """Write the report as JSON."""
    with (location.directory / "report").open("w") as file:
        render(Format.JSON, file, report)


def process(what: str, state: Path, url: str, count: int) -> None:
    """Be one of the three processes; print its figures, unless it is the one that dies."""
    location, began = StateLocation(state_dir=state, store=url, limit_s=600.0), time.monotonic()
    if what == "report":
        _, report = report_of(location, "last")
        done = len(report.outcomes)
        write(location, report)
    else:
        is_first = what == "killed"
        attach, dies = (None, count // 2) if is_first else ("last", None)
        done = audit(location, count, attach=attach, die_after=dies)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"peak_mb": peak, "s": time.monotonic() - began, "done": done}))


def size_mb(url: str) -> float:
    """Return what the database holds."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        size = connection.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one()
    engine.dispose()
    return float(size) / 1e6


def main(count: int = COUNT, url: str | None = None) -> None:
    """Print a line for each process, and one for the database."""
    with (
        tempfile.TemporaryDirectory(prefix="asa-transport-shared-") as name,
        postgresql() if url is None else nullcontext(url) as at,
    ):
        before = size_mb(at)
        print(f"{count:,} devices, PostgreSQL")
        for what in ("killed", "attached", "report"):
            began = time.monotonic()
            argv = [sys.executable, "-m", "tests.benchmarks.shared", "--process", what, name, at, str(count)]
            done = subprocess.run(argv, stdout=subprocess.PIPE, check=what != "killed")
            if what == "killed":
                print(f"killed    after {time.monotonic() - began:.0f} s with half of them", flush=True)
                continue
            one = json.loads(done.stdout)
            print(
                f"{what:9} peak {one['peak_mb']:.0f} MB, {one['s']:.0f} s, {one['done']:,} finished before",
                flush=True,
            )
        print(f"database  {size_mb(at) - before:.0f} MB", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--process"]:
        process(sys.argv[2], Path(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
    else:
        main(*(int(given) if given.isdigit() else given for given in sys.argv[1:]))  # type: ignore[arg-type]
