"""Print the figures of the run store: `python -m tests.benchmarks.store [RUNS [DEVICES [URL]]]`.

Runs of judged devices of every kind whose clocks move from night to night; then the
installed program's `diff` and `report` of the last run, each a process of its own.
Nothing here passes or fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from asa_transport.core.judgement.judge import Standard, judged
from asa_transport.edges.state.store import Store
from asa_transport.model import (
    Audited,
    AuditOutcome,
    DeviceClock,
    DeviceFacts,
    Severity,
)
from tests.benchmarks.clients import PROGRAM
from tests.unit.judging import NOW, facts_of
from tests.unit.reporting import BUG, KINDS, STANDARD, audited
from tests.unit.stores import run

_COMMANDS = (
    ("runs",),
    ("diff",),
    ("report", "last"),
    ("report", "last", "--format", "json"),
    ("report", "last", "--format", "md"),
)


def moved(facts: DeviceFacts, by: timedelta) -> DeviceFacts:
    """Return the same device so much later: its clock, its last contact and its deadline move on."""
    authorization, clock = facts.authorization, facts.clock
    contact, deadline = authorization.last_contact, authorization.deadline_at
    return replace(
        facts,
        serial=f"9A{hash((facts.hostname, facts.version)) & 0xFFFFFFFFF:X}",
        clock=None if clock is None or clock.at is None else DeviceClock(at=clock.at + by, zone=clock.zone),
        authorization=replace(
            authorization,
            last_contact=replace(contact, at=None if contact.at is None else contact.at + by),
            deadline_at=None if deadline is None else deadline + by,
        ),
    )


def night(number: int, count: int) -> tuple[Standard, tuple[AuditOutcome, ...]]:
    """Return a night's devices, judged; each of its own name, most of them healthy."""
    standard = replace(STANDARD, catalogue=(BUG,), now=NOW + timedelta(days=number))
    found = []
    for index in range(count):
        words = KINDS[index % len(KINDS)] if index % 10 == 0 else "-"
        facts = replace(facts_of(words), hostname=f"fw-{index:05}")
        found.append(audited(f"fw-{index:05}", moved(facts, timedelta(days=number, seconds=index))))
    return standard, judged(found, standard)


def fill(store: Store, runs: int, devices: int) -> None:
    """Write so many nights as audits do."""
    for number in range(runs):
        standard, outcomes = night(number, devices)
        findings = [f.severity for o in outcomes if isinstance(o, Audited) for f in o.findings]
        severities = {one: findings.count(one) for one in Severity if one in findings}
        ours = run(number, devices=len(outcomes), by_severity=severities)
        store.begin(ours, outcomes, standard)


def main(runs: int = 400, devices: int = 1000, url: str | None = None) -> None:
    """Print how long filling took, how large it is, and the seconds of each command."""
    with tempfile.TemporaryDirectory(prefix="asa-transport-bench-") as name:
        state = Path(name)
        began = time.perf_counter()
        with Store(state, url) as store:
            fill(store, runs, devices)
            opened = time.perf_counter()
            seen = len(store.callhome_since())
            read = time.perf_counter()
        size = sum(path.stat().st_size for path in state.glob("history.db*"))
        print(f"{runs} runs x {devices} devices: filled in {opened - began:.0f} s")
        print(f"{size / 1e6:.0f} MB, {size / runs / devices:.0f} bytes a device and run")
        print(f"callhome since when, of {seen} devices: {read - opened:.2f} s")
        print(f"{'wall s':>7} {'CPU s':>6}  command")
        extra = [] if url is None else ["--store", url]
        for command in (("--version",), *_COMMANDS):
            options = [] if command == ("--version",) else ["--state-dir", name, *extra]
            began = time.perf_counter()
            process = subprocess.Popen(
                [PROGRAM, *command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            _, _, usage = os.wait4(process.pid, 0)
            process.returncode = 0
            print(
                f"{time.perf_counter() - began:7.2f} {usage.ru_utime + usage.ru_stime:6.2f} "
                f"  {' '.join(command)}"
            )


def _with_arguments(runs: str = "400", devices: str = "1000", url: str | None = None) -> None:
    main(int(runs), int(devices), url)


if __name__ == "__main__":
    _with_arguments(*sys.argv[1:])
