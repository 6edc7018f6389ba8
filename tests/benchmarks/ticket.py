"""Print the figures of a change ticket: `python -m tests.benchmarks.ticket [DEVICES]`.

A plan made by hand, with as many answers a device as an audit keeps and names that no
range can shorten in half of it.  Nothing here passes or fails.
"""

from __future__ import annotations

import hashlib
import resource
import sys
import tempfile
import time
from pathlib import Path

from asa_transport.core.documents.stored_audit import AuditRun
from asa_transport.core.reports.ticket.bundle import Evidence, bundle
from asa_transport.edges import ticket_folder as folder
from asa_transport.model import Change, Plan, PlannedDevice
from tests.unit.ticketing import AFTER, TEMPLATES, diff, found, missed, plan_of, planned, run_of, seen

ANSWERS = Path(__file__).resolve().parents[1] / "golden" / "devices" / "callhome_pair_with_http_proxy"
# The version of a chassis and its interfaces; the golden one is short.
PADDING = "Interface {n}: address is 0050.56b3.{n:04x}, irq {n}, internal key material is elsewhere\n"
WAVE = 250


def named(number: int) -> str:
    """Return a name: half of them count, half of them are of no order."""
    if number % 2 == 0:
        return f"fw-{number // 2:05}"
    return f"fw-{hashlib.sha256(str(number).encode()).hexdigest()[:12]}x"


def device(number: int) -> PlannedDevice:
    """Return one of three kinds; every fiftieth has a proxy of its own."""
    name, wave = named(number), number // WAVE + 1
    if number % 50:
        return planned(name, wave=wave)
    after = (*AFTER, f" transport proxy proxy-{number:05}.example.net port 8080")
    return planned(
        name,
        wave=wave,
        changes=(Change.PROXY_SET,),
        apply=("license smart", after[-1]),
        rollback=("license smart", " no transport proxy"),
        before=AFTER,
        predicted=after,
        diff=diff(name, AFTER, after),
    )


def fleet(count: int) -> tuple[Plan, AuditRun, Evidence]:
    """Return a plan of so many devices, its run and its answers."""
    devices = sorted((device(number) for number in range(count)), key=lambda one: one.name)
    answers = {path.stem: path.read_bytes().decode() for path in sorted(ANSWERS.glob("*.txt"))}
    answers["show_version"] += "".join(PADDING.format(n=n) for n in range(60))
    audited = [seen(one.name, findings=(found(), found("AT501"))) for one in devices]
    lost = [missed(f"fw-lost-{number}") for number in range(count // 100)]
    evidence = {
        one.name: {name: f"{text}\n{one.name}\n" for name, text in answers.items()} for one in devices
    }
    return plan_of(devices), run_of(audited, lost), evidence


def main(count: int = 5000) -> None:
    """Print the seconds of each step, and the sizes."""
    plan, audit, evidence = fleet(count)
    raw = sum(len(text) for answers in evidence.values() for text in answers.values())
    began = time.perf_counter()
    files = bundle(plan, audit=audit, evidence=evidence, templates=TEMPLATES)
    made = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="asa-transport-bench-") as name:
        folder.write(files, Path(name) / "change", zip_root="ticket")
        written = time.perf_counter()
        zipped = (Path(name) / "change.zip").stat().st_size
    print(f"{count} devices, {raw / 1e6:.1f} MB of answers; {len(files)} files")
    print(f"bundle {made - began:.2f} s, folder and zip {written - made:.2f} s, sum {written - began:.2f} s")
    for page in ("ticket.md", "ticket.html", "ticket.json"):
        print(f"{page:12} {len(files[page]) / 1e3:10.1f} kB")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{'zip':12} {zipped / 1e3:10.1f} kB; peak {peak / 1e3:.0f} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
