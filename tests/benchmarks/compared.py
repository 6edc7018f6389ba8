"""P2 and P3: ours and the peers on one fleet, in turn, so that a busy machine is busy for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.benchmarks import then
from tests.benchmarks.clients import Visit, audited, visited_by, visited_by_sessions
from tests.benchmarks.fleets import Served, served
from tests.benchmarks.page import Figure, Table, spread
from tests.benchmarks.peer_installs import Peer
from tests.benchmarks.settings import AUDIT_COMMANDS, FIVE_COMMANDS, Settings

OURS = "asa-transport audit"
SESSIONS = "our sessions, same commands"
FIVE = "our sessions, 5 commands"
# What P3 asks: times as many devices a second.
_RATIOS = {"Nornir + nornir-netmiko": 8.0, "scrapli + asyncssh": 1.3, "raw asyncssh": 1.2}
THEN = f"asa-transport audit at {then.COMMIT}"
_MOST_MS, _MOST_OF_THEN = 7.0, 0.45
_SESSION_WORKERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Every client's visits, the failures of clients that could not be run, and the folder of an audit."""

    visits: Mapping[str, Sequence[Visit]]
    missing: Mapping[str, str]
    folder: Path

    @property
    def ours(self) -> Sequence[Visit]:
        """The audits."""
        return self.visits[OURS]


def compared(
    settings: Settings,
    peers: Sequence[Peer],
    missing: Mapping[str, str],
    directory: Path,
    say: Callable[[str], None],
) -> Comparison:
    """Let every client visit the fleet, each in turn, as often as the settings say."""
    visits: dict[str, list[Visit]] = {}
    lost = dict(missing)
    with served(settings, settings.devices, directory) as fleet:
        folder = directory
        for run in range(settings.runs):
            audit = audited(settings, fleet, fleet.devices, f"ours-{run}")
            folder = audit.folder
            visits.setdefault(OURS, []).append(audit.visit)
            say(f"run {run + 1}: {OURS}: {audit.visit.rate:.1f} devices/s, {audit.visit.cpu_ms:.1f} ms")
            if settings.has_peers and then.PROGRAM.exists():
                earlier = audited(settings, fleet, fleet.devices, f"then-{run}", then.PROGRAM).visit
                visits.setdefault(THEN, []).append(earlier)
                say(f"run {run + 1}: {THEN}: {earlier.rate:.1f} devices/s, {earlier.cpu_ms:.1f} ms")
            for name, visit in _others(settings, peers, fleet, lost):
                visits.setdefault(name, []).append(visit)
                say(f"run {run + 1}: {name}: {visit.rate:.1f} devices/s")
    return Comparison(visits=visits, missing=lost, folder=folder)


def _others(
    settings: Settings, peers: Sequence[Peer], fleet: Served, lost: dict[str, str]
) -> list[tuple[str, Visit]]:
    found = [
        (name, visited_by_sessions(fleet, fleet.devices, commands, _SESSION_WORKERS))
        for name, commands in ((SESSIONS, AUDIT_COMMANDS), (FIVE, FIVE_COMMANDS))
    ]
    for peer in peers:
        if peer.name in lost:
            continue
        try:
            found.append((peer.name, visited_by(peer, settings, fleet)))
        except RuntimeError as error:
            lost[peer.name] = str(error)
    return found


def figures(comparison: Comparison) -> tuple[Figure, ...]:
    """Return P2 and P3."""
    cpu_ms = [visit.cpu_ms for visit in comparison.ours]
    before = [visit.cpu_ms for visit in comparison.visits.get(THEN, ())]
    of_then = median(cpu_ms) / median(before) if before else 0.0
    p2 = Figure(
        name="P2",
        title="client CPU ms a device",
        asked=f"<= {_MOST_MS:g}, and <= {_MOST_OF_THEN} of {then.COMMIT}",
        measured=spread(cpu_ms)
        + (f"; {of_then:.2f} of {then.COMMIT}" if of_then else "; it was not run beside"),
        is_met=median(cpu_ms) <= _MOST_MS and 0 < of_then <= _MOST_OF_THEN,
        how="user and system time of the installed program and all its processes (`getrusage` of the "
        "children), divided by the devices audited: start, inventory, login, 8 commands, parsing, judgement "
        "and report included. The peers' programs only log in and read.",
    )
    ours = median(visit.rate for visit in comparison.ours)
    ratios = {
        name: ours / median(visit.rate for visit in comparison.visits[name])
        for name in _RATIOS
        if name in comparison.visits
    }
    p3 = Figure(
        name="P3",
        title="devices a second, beside the peers",
        asked=", ".join(f">= {ratio:g}x {name}" for name, ratio in _RATIOS.items()),
        measured=f"{ours:.1f}/s; "
        + (", ".join(f"{ratio:.1f}x {name}" for name, ratio in ratios.items()) or "no peer was run"),
        is_met=all(name in ratios and ratios[name] >= ratio for name, ratio in _RATIOS.items()),
        how="devices divided by the wall time of the whole program, start included; all clients in turn on "
        "the same fleet, same commands, strict host keys. A peer's known_hosts holds only the devices that "
        "it visits (scrapli's: a line an address, because it looks up no ports).",
    )
    return p2, p3


def table(comparison: Comparison) -> Table:
    """Return every client's figures; one that could not be run says why."""
    rows = [
        (
            name,
            f"{visits[0].devices}",
            f"{min(visit.done for visit in visits)}",
            spread([visit.wall_s for visit in visits], 2),
            spread([visit.rate for visit in visits]),
            spread([visit.cpu_ms for visit in visits]),
            spread([1000 * visit.mock_cpu_s / visit.devices for visit in visits]),
            spread([visit.peak_mb for visit in visits], 0),
        )
        for name, visits in comparison.visits.items()
    ]
    rows += [(name, "-", f"not run: {why}", "", "", "", "", "") for name, why in comparison.missing.items()]
    return Table(
        title="P2, P3: ours and the peers in one run",
        header=(
            "client",
            "devices",
            "done",
            "wall s",
            "devices/s",
            "CPU ms/device",
            "mock's CPU ms/device",
            "peak MB",
        ),
        rows=tuple(rows),
        note="Clients and mock share the cores. Fewer devices than the fleet has: a slow peer's sample.",
    )
