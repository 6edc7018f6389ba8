"""A fleet of which a tenth misbehaves in every way, and what is left of it afterwards.

A process of its own does the audits, by the library, so that its tasks, sockets and threads can be counted:
`python -m tests.benchmarks.rough INVENTORY…` prints a line of JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import asa_transport
from asa_transport.model import AuditOutcome
from tests.benchmarks.clients import measured
from tests.benchmarks.fleets import served
from tests.benchmarks.page import Figure, Table, spread
from tests.benchmarks.settings import Settings

_DEVICES, _MOST = 2000, 1.05
# Each in its place in the audit's commands; a byte a second is met by the limit of a command.
_KINDS: tuple[dict[str, Any], ...] = (
    {"action": "hang", "match": "license all"},
    {"action": "freeze_after_auth"},
    {"action": "endless", "match": "show version"},
    {"action": "drop", "match": "license status"},
    {"action": "slow", "match": "show mode", "per_byte_s": 1.0},
)


def rough_fleet(settings: Settings, directory: Path, say: Callable[[str], None]) -> tuple[Figure, Table]:
    """Return what a tenth of broken devices costs the others, and what they leave behind."""
    count = settings.devices if settings.devices < _DEVICES // 2 else _DEVICES
    names = [f"fw-{number:05}" for number in range(1, count + 1)]
    picked = random.Random(2).sample(names, max(1, count // 10))
    faults = {name: _KINDS[at % len(_KINDS)] for at, name in enumerate(picked)}
    found: list[dict[str, Any]] = []
    with served(replace(settings, devices=count), count, directory, faults=faults) as fleet:
        whole = fleet.inventory(fleet.devices, "whole")
        healthy = fleet.inventory(fleet.healthy, "healthy")
        for run in range(settings.runs):
            _, said = measured([sys.executable, "-m", "tests.benchmarks.rough", healthy, whole])
            found.append(json.loads(said))
            say(f"run {run + 1}: {found[-1]}")
    ratios = [one["ratio"] for one in found]
    own = [one["own_ratio"] for one in found]
    left = {what: max(one[what] for one in found) for what in ("tasks", "sockets", "threads")}
    is_clean = not any(left.values())
    figure = Figure(
        name="P4b",
        title=f"{count:,} devices, a tenth freeze, flood, hang up or crawl: the others, against them alone",
        asked=f"<= {_MOST}x; no task, socket or thread left",
        measured=f"{spread(ratios, 2)}x, the visit of each of them {spread(own, 2)}x; left: "
        + ", ".join(f"{many} {what}" for what, many in left.items()),
        is_met=median(ratios) <= _MOST and is_clean and all(one["is_right"] for one in found),
        how="one process audits the healthy ones alone, then all of them, by the library; the time of the "
        "last healthy outcome, and the median of how long the visit of a healthy one takes; then counted: "
        "tasks of asyncio, sockets, threads.",
    )
    row = (
        f"{count:,}",
        spread([one["alone_s"] for one in found], 1),
        spread([one["beside_s"] for one in found], 1),
        spread([one["own_alone_s"] for one in found], 2),
        spread([one["own_beside_s"] for one in found], 2),
    )
    header = ("devices", "healthy alone s", "beside the broken s", "one visit, alone s", "beside s")
    return figure, Table(title="P4b: a fleet that misbehaves", header=header, rows=(row,))


def main(healthy: str, whole: str) -> None:
    """Audit the two, and print the figures."""
    logging.disable(logging.CRITICAL)
    threads, sockets = set(threading.enumerate()), _sockets()
    names = {device.name for device in asa_transport.load_inventory(healthy).devices}
    alone_s, own_alone_s, _ = _audited(healthy, names)
    beside_s, own_beside_s, outcomes = _audited(whole, names)
    gc.collect()
    tasks = [one for one in gc.get_objects() if isinstance(one, asyncio.Task) and not one.done()]
    # An outcome is what went wrong, or nothing.
    wrong = {name: f"{what}" for name, what in outcomes.items() if (what is None) != (name in names)}
    result = {
        "ratio": beside_s / alone_s,
        "alone_s": alone_s,
        "beside_s": beside_s,
        "own_ratio": own_beside_s / own_alone_s,
        "own_alone_s": own_alone_s,
        "own_beside_s": own_beside_s,
        "is_right": not wrong,
        "wrong": dict(sorted(wrong.items())[:5]),
        "tasks": len(tasks),
        "sockets": len(_sockets() - sockets),
        "threads": len([one for one in set(threading.enumerate()) - threads if one.is_alive()]),
    }
    print(json.dumps(result))


def _audited(inventory: str, names: set[str]) -> tuple[float, float, dict[str, str | None]]:
    """Audit; return when the last of these was done, how long the visit of one takes, and what went wrong."""
    outcomes: dict[str, str | None] = {}
    visits: list[float] = []
    last, began = 0.0, time.monotonic()

    def note(outcome: AuditOutcome) -> None:
        nonlocal last
        if isinstance(outcome, asa_transport.Audited):
            outcomes[outcome.device.name] = None
            visits.append((outcome.capture.finished_at - outcome.capture.started_at).total_seconds())
        else:
            outcomes[outcome.device.name] = f"{outcome.error}; {outcome.hint}"
        if outcome.device.name in names:
            last = time.monotonic() - began

    asa_transport.audit(asa_transport.load_inventory(inventory), on_outcome=note)
    return last, median(visits), outcomes


def _sockets() -> set[str]:
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = f"{entry.readlink()}"
        except OSError:
            continue
        if target.startswith("socket:"):
            found.add(target)
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
