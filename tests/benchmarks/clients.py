"""Run clients against a served fleet and measure them as whole processes: ours and the peers'."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asa_transport.edges.state.store import Store
from tests.benchmarks.fleets import ROOT, Served
from tests.benchmarks.peer_installs import Peer
from tests.benchmarks.settings import AUDIT_COMMANDS, Settings

PROGRAM = Path(sysconfig.get_path("scripts")) / "asa-transport"
HERE = Path(__file__).resolve().parent
# No client may hold the benchmark up for longer, whatever it waits for.
LIMIT_S = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One client at work on a fleet: seconds, 10^6 bytes, devices; `mock_cpu_s` is the other side's."""

    devices: int
    done: int
    wall_s: float
    cpu_s: float
    peak_mb: float
    left: int
    mock_cpu_s: float
    said: str = ""

    @property
    def rate(self) -> float:
        """Devices a second, the program's start included."""
        return self.done / self.wall_s

    @property
    def cpu_ms(self) -> float:
        """Processor time a device, milliseconds, the program's start included."""
        return 1000 * self.cpu_s / max(self.done, 1)


def measured(argv: Sequence[object], *, cwd: Path = ROOT) -> tuple[dict[str, Any], str]:
    """Return the figures of a whole process tree, and what it printed last itself."""
    done = subprocess.run(
        [sys.executable, HERE / "measured.py", str(LIMIT_S), *map(str, argv)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=cwd,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    *said, figures = done.stdout.strip().splitlines()
    return json.loads(figures), said[-1] if said else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """One run of `asa-transport audit`: its measures, its document, its run folder, when it began."""

    visit: Visit
    document: Mapping[str, Any]
    folder: Path
    began: float

    def healthy_done_s(self, fleet: Served) -> float:
        """Return after how long the last healthy device had been read."""
        names = {one["name"] for one in fleet.healthy}
        with Store(self.folder.parent.parent) as store:
            captures = [o.capture for o in store.outcomes(self.folder.name) if o.device.name in names]
        return max(one.finished_at.timestamp() for one in captures if one is not None) - self.began


def audited(
    settings: Settings,
    fleet: Served,
    devices: Sequence[Mapping[str, Any]],
    name: str,
    program: Path = PROGRAM,
) -> Audit:
    """Audit these devices with the installed program, default options."""
    inventory = fleet.inventory(devices, name)
    output, state = fleet.directory / f"{name}.json", fleet.directory / f"state-{name}"
    argv = [program, "audit", "-i", inventory, "--format", "json", "-o", output, "-q", "--state-dir", state]
    mock_before, began = fleet.cpu_s(), time.time()
    # Not where this checkout is: an earlier build would find its modules there, in its worker processes.
    figures, _ = measured([*argv, *settings.ours], cwd=fleet.directory)
    document = json.loads(output.read_text())
    (folder,) = (state / "runs").iterdir()
    visit = _visit(figures, len(devices), document["totals"]["audited"], fleet.cpu_s() - mock_before)
    return Audit(visit=visit, document=document, folder=folder, began=began)


def visited_by(peer: Peer, settings: Settings, fleet: Served) -> Visit:
    """Have a peer visit its share of the fleet, with the audit's commands."""
    devices = fleet.devices[: settings.threaded] if peer.is_threaded else fleet.devices
    workers = peer.workers or (settings.workers if peer.is_threaded else 2 * settings.workers)
    if peer.workers is not None:
        devices = devices[: settings.threaded]
    job = fleet.job(devices, peer.script, commands=AUDIT_COMMANDS, workers=workers)
    # Deprecations in their libraries are not our news.
    argv = [peer.python, "-W", "ignore", HERE / "peers" / f"{peer.script}.py", job, *peer.given]
    return _run(argv, fleet, len(devices))


def visited_by_sessions(
    fleet: Served, devices: Sequence[Mapping[str, Any]], commands: Sequence[str], workers: int
) -> Visit:
    """Have our session class alone visit these devices."""
    job = fleet.job(devices, f"sessions-{len(devices)}", commands=commands, workers=workers)
    return _run([sys.executable, "-m", "tests.benchmarks.our_sessions", job], fleet, len(devices))


def _run(argv: Sequence[object], fleet: Served, devices: int) -> Visit:
    mock_before = fleet.cpu_s()
    figures, said = measured(argv)
    if figures["code"] != 0 or not said:
        raise RuntimeError(f"its program ended with {figures['code']}")
    result = json.loads(said)
    done = result["done"]
    if done == 0:
        raise RuntimeError(f"no device was read: {result['errors'][0]}")
    return _visit(figures, devices, done, fleet.cpu_s() - mock_before, said)


def _visit(figures: Mapping[str, Any], devices: int, done: int, mock_cpu_s: float, said: str = "") -> Visit:
    return Visit(
        devices=devices,
        done=done,
        wall_s=figures["wall_s"],
        cpu_s=figures["cpu_s"],
        peak_mb=figures["peak_mb"],
        left=figures["left"],
        mock_cpu_s=mock_cpu_s,
        said=said,
    )
