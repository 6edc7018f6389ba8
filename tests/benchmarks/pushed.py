"""P9: a committed push over many devices, each of which takes its time until its licence contact."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.benchmarks.clients import PROGRAM, measured
from tests.benchmarks.fleets import served
from tests.benchmarks.page import Figure, Table
from tests.benchmarks.settings import Settings

_DEVICES, _CONTACT_S, _WORKERS = 100, 5.0, 100
_MOST = 1.3
# A device in work counts as a failure that may still come: a budget of a tenth is a limit of eleven.
_POLICY = """\
waves: {canary_tag: none, canary_count: 1, sizes: [100%]}
contact_poll: 1s
failure_budget: {percent: 100}
"""


def push(settings: Settings, directory: Path, say: Callable[[str], None]) -> tuple[Figure, Table]:
    """Return P9."""
    is_quick = settings.devices < _DEVICES
    count = settings.small if is_quick else _DEVICES + 1
    contact_s = 0.1 if is_quick else _CONTACT_S
    callhome = replace(settings, contact_s=contact_s, transport="callhome")
    with served(callhome, count, directory) as fleet:
        inventory, plan = fleet.inventory(fleet.devices, "push"), directory / "plan.json"
        (inventory.parent / "policy.yaml").write_text(_POLICY)
        state = directory / "state"
        given = ("-i", inventory, "--state-dir", state, "-w", _WORKERS, "-q")
        planned, _ = measured([PROGRAM, "plan", *given, "-o", plan])
        if planned["code"] != 0:
            raise RuntimeError(f"plan ended with {planned['code']}")
        output = directory / "push.json"
        figures, _ = measured(
            [PROGRAM, "push", plan, *given, "--commit", "--yes", "--format", "json", "-o", output]
        )
    document = json.loads(output.read_text())
    applied = sum(device["outcome"] == "applied" for device in document["devices"])
    canary_s, others_s = _times(state)
    say(f"P9: {applied} of {count} applied; canary {canary_s:.1f} s, the others {others_s:.1f} s")
    ratio = others_s / canary_s
    figure = Figure(
        name="P9",
        title=f"committed push of {count - 1} devices after the canary: wall / one device's",
        asked=f"<= {_MOST}x at {_WORKERS} workers, one thread in all",
        measured=f"{ratio:.2f}x ({others_s:.1f} s; the canary took {canary_s:.1f} s), "
        f"{figures['threads']} threads in the whole program",
        is_met=applied == count and ratio <= _MOST,
        how=f"each device's licence contact takes {contact_s:g} s after the change; from the journal: the "
        "first record of a device to its last. One thread is the loop's; beside it are the main one those "
        "in which a record is synced.",
    )
    row = (
        f"{count}",
        f"{applied}",
        f"{figures['wall_s']:.1f}",
        f"{figures['cpu_s']:.1f}",
        f"{figures['peak_mb']:.0f}",
    )
    header = ("devices", "applied", "wall s", "CPU s", "peak MB")
    return figure, Table(title="P9: a committed push", header=header, rows=(row,))


def _times(state: Path) -> tuple[float, float]:
    """Return the seconds of the first device, and of all the others together."""
    (journal,) = (path for path in state.glob("runs/*/journal.jsonl"))
    spans: dict[str, list[datetime]] = {}
    for line in journal.read_text().splitlines():
        record: dict[str, Any] = json.loads(line)
        name = record.get("device")
        if name:
            spans.setdefault(name, []).append(datetime.fromisoformat(record["at"]))
    first, *others = sorted(spans.values(), key=min)
    everything = [at for span in others for at in span]
    return (max(first) - min(first)).total_seconds(), (max(everything) - min(everything)).total_seconds()
