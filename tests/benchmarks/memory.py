"""Print the peak memory of what comes after the sessions: `python -m tests.benchmarks.memory [FORMAT ...]`.

Saved answers (tests/golden/devices; most devices are healthy, a tenth are units of pairs) are parsed, kept,
judged and written to the store, one device at a time; then the report is rendered, as `asa-transport audit
--format` does.  No SSH is in it.  For each format, all of them without arguments, a line: the peak resident
memory with 200, 1,000 and 10,000 devices, the ratio of the last two, and the processor time a device of the
last.  Nothing here passes or fails.

`diff` is the run of a second night, compared with the first, as `--since last` does.
"""

from __future__ import annotations

import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from asa_transport.asa import command_names
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
from asa_transport.flows.audit_worker import without_answers
from asa_transport.flows.inputs import StateLocation
from asa_transport.model import Audited, AuditOutcome, Capture, CommandOutput, Device, Severity

SIZES = (200, 1_000, 10_000)
NOW = datetime.now(UTC)
SAVED = Path(__file__).resolve().parents[1] / "golden" / "devices"
DIFF = "diff"
# Of twenty devices: what a fleet is mostly made of, and what takes the most room.
KINDS = (
    *["smart_healthy"] * 12,
    *["callhome_pair_with_http_proxy", "standby"],
    *["auth_expired", "evaluation", "unknown_values", "contradictions", "unsaved_changes", "onprem"],
)


def answers(kind: str) -> tuple[CommandOutput, ...]:
    """Return what a firewall of this kind answers."""
    found = []
    for path in sorted((SAVED / kind).glob("*.txt")):
        named = command_names.of_file(path.name)
        if named is not None:
            text = path.read_text(errors="replace")
            found.append(
                CommandOutput(command=named[1], text=text, prompt="fw#", started_at=NOW, duration_s=0.1)
            )
    return tuple(found)


def device(number: int) -> Device:
    """Return an inventory entry."""
    name = f"fw-{number:05}"
    groups = ("emea",) if number % 2 else ("amer", "edge")
    return Device(
        name=name,
        host=f"10.0.{number // 256}.{number % 256}",
        port=22,
        username="u",
        credential="lab",
        known_hosts=Path("/nonexistent"),
        groups=groups,
    )


def outcomes(devices: Sequence[Device], kept: recorder.RunRecorder) -> Iterator[AuditOutcome]:
    """Yield what an audit finds out, its answers on disk already."""
    tables = TableSet(templates.textfsm(None))
    said = {kind: answers(kind) for kind in KINDS}
    for entry, kind in zip(devices, itertools.cycle(KINDS), strict=False):
        capture = Capture(device=entry.name, started_at=NOW, finished_at=NOW, outputs=said[kind])
        facts = replace(parse.facts(capture, tables), hostname=entry.name, serial=f"9A{entry.name[3:]}")
        assert kept.folder is not None
        kept.folder.pack_capture(capture)
        yield without_answers(Audited(device=entry, capture=capture, facts=facts))


def night(state: Path, devices: tuple[Device, ...]) -> Report:
    """Keep a run of these devices."""
    inventory = state / "inventory.yaml"
    order = recorder.RunOrder(
        inventory_file=inventory,
        devices=devices,
        limit=(),
        standard=standard.read(inventory, inputs.Files(), now=NOW, is_now_given=False),
    )
    with recorder.open_run(order, StateLocation(state_dir=state), tell=Silence()) as kept:
        found = kept.take(outcomes(devices, kept), devices)
        kept.diff(found)
        report = Report(
            run=run_of(kept.run, audit_end(found, Severity.MEDIUM), datetime.now(UTC)),
            devices=devices,
            outcomes=found,
            cases=kept.cases(found),
            now=NOW,
            fail_on=Severity.MEDIUM,
            history=kept.history,
        )
        kept.keep(report, is_stopped=False)
        kept.finish()
    return report


def measure(wanted: str, count: int) -> None:
    """Keep a run and render it; print the peak in MB and the processor time."""
    devices = tuple(device(number) for number in range(count))
    with tempfile.TemporaryDirectory(prefix="asa-transport-memory-") as name:
        state = Path(name)
        report = night(state, devices)
        if wanted == DIFF:
            del report
            night(state, devices)
        else:
            with (state / "report").open("w") as file:
                render(Format(wanted), file, report)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"peak_mb": peak, "cpu_ms": 1000 * time.process_time() / count}))


def main(formats: Sequence[str]) -> None:
    """Print a line for each format."""
    print(f"{'':8} {' / '.join(f'{size:,}' for size in SIZES)} devices: MB; ratio; CPU ms/device")
    for wanted in formats:
        found = []
        for size in SIZES:
            argv = [sys.executable, "-m", "tests.benchmarks.memory", "--measure", wanted, str(size)]
            done = subprocess.run(argv, stdout=subprocess.PIPE, check=True)
            found.append(json.loads(done.stdout))
        peaks = [one["peak_mb"] for one in found]
        shown = " / ".join(f"{peak:.0f}" for peak in peaks)
        print(f"{wanted:8} {shown}; {peaks[-1] / peaks[-2]:.2f}; {found[-1]['cpu_ms']:.2f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], int(sys.argv[3]))
    else:
        main(sys.argv[1:] or [*map(str, Format), DIFF])
