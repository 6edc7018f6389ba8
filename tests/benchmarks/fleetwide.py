"""P4, P5 and P6: broken devices in the fleet, memory, ten thousand devices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

from tests.benchmarks import then
from tests.benchmarks.clients import Audit, Visit, audited
from tests.benchmarks.fleets import Served, broken_ones, served
from tests.benchmarks.page import Figure, Table, spread
from tests.benchmarks.settings import Settings

_MOST_MB, _MOST_GROWTH, _MOST_OF_THEN = 120, 1.1, 0.6


def bad_fleet(settings: Settings, directory: Path, say: Callable[[str], None]) -> tuple[Figure, Table]:
    """Return P4: the fleet with its broken devices against the same fleet without them."""
    clean: list[float] = []
    bad: list[float] = []
    audits: list[Audit] = []
    with served(settings, settings.devices, directory, faults=broken_ones(settings)) as fleet:
        for run in range(settings.runs):
            clean.append(audited(settings, fleet, fleet.healthy, f"clean-{run}").healthy_done_s(fleet))
            audits.append(audited(settings, fleet, fleet.devices, f"bad-{run}"))
            bad.append(audits[-1].healthy_done_s(fleet))
            say(f"run {run + 1}: healthy done in {bad[-1]:.1f} s, without the broken in {clean[-1]:.1f} s")
    ratios = [with_broken / without for with_broken, without in zip(bad, clean, strict=True)]
    is_right = all(_is_right(audit, fleet) for audit in audits)
    figure = Figure(
        name="P4",
        title="broken devices: until the last healthy one is done, against the fleet without them",
        asked="<= 1.05x",
        measured=spread(ratios, 2) + "x" + ("" if is_right else "; the verdicts were NOT those expected"),
        is_met=is_right and median(ratios) <= 1.05,
        how=f"{settings.devices} devices, of which {settings.black_holes} black holes (half answer no SYN, "
        f"half take the connection and say nothing), {settings.freezers} freeze after the password, "
        f"{settings.wrong} reject it; the time when the last healthy device has been read.",
    )
    rows = tuple(
        (spread(values, 2), spread([one.visit.wall_s for one in audits], 1), _stages(audits[-1]), f"{left}")
        for values, left in ((bad, max(one.visit.left for one in audits)),)
    )
    header = ("healthy done s", "whole run s", "not audited, by stage", "processes left afterwards")
    note = f"Without the broken: {spread(clean, 2)} s."
    return figure, Table(title="P4: the broken fleet", header=header, rows=rows, note=note)


def _is_right(audit: Audit, fleet: Served) -> bool:
    lost = {one["name"] for one in audit.document["devices"] if one["outcome"] == "not-audited"}
    return lost == fleet.broken


def _stages(audit: Audit) -> str:
    counts = Counter(one["stage"] for one in audit.document["devices"] if one["outcome"] == "not-audited")
    return ", ".join(f"{stage} {count}" for stage, count in sorted(counts.items()))


def great_fleet(settings: Settings, directory: Path) -> Visit:
    """Return one audit of the biggest fleet."""
    return fleet_of(settings, settings.big, directory)


def fleet_of(settings: Settings, count: int, directory: Path) -> Visit:
    """Return one audit of a fleet of so many devices."""
    with served(settings, count, directory) as fleet:
        return audited(settings, fleet, fleet.devices, f"fleet-{count}").visit


def memory(visits: tuple[Visit, ...]) -> tuple[Figure, Table]:
    """Return P5 from audits of growing fleets."""
    peaks = [visit.peak_mb for visit in visits]
    figure = Figure(
        name="P5",
        title=f"peak memory at {' / '.join(f'{visit.devices:,}' for visit in visits)} devices, MB",
        asked=f"<= {_MOST_MB}, and the last within {_MOST_GROWTH} of the one before",
        measured=" / ".join(f"{peak:.0f}" for peak in peaks),
        is_met=max(peaks) <= _MOST_MB and peaks[-1] <= _MOST_GROWTH * peaks[-2],
        how="what all processes of the program hold together, pages that they share counted once (the sum of "
        "their proportional set sizes, five times a second), or the kernel's maximum resident size of one "
        "where that is more.",
    )
    rows = tuple(
        (
            f"{v.devices:,}",
            f"{v.done:,}",
            f"{v.peak_mb:.0f}",
            f"{v.wall_s:.1f}",
            f"{v.rate:.1f}",
            f"{v.cpu_ms:.1f}",
        )
        for v in visits
    )
    header = ("devices", "audited", "peak MB", "wall s", "devices/s", "CPU ms/device")
    return figure, Table(title="P5, P6: growing fleets", header=header, rows=rows)


def earlier_fleet(settings: Settings, directory: Path) -> Visit:
    """Return one audit of the biggest fleet by the build that the figures are held against."""
    with served(settings, settings.big, directory) as fleet:
        return audited(settings, fleet, fleet.devices, "fleet-then", then.PROGRAM).visit


def great_wall(settings: Settings, visit: Visit, earlier: Visit | None) -> Figure:
    """Return P6."""
    ratio = visit.wall_s / earlier.wall_s if earlier else 0.0
    return Figure(
        name="P6",
        title=f"{settings.big:,} devices, wall s",
        asked=f"<= {_MOST_OF_THEN} of {then.COMMIT}",
        measured=f"{visit.wall_s:.1f}"
        + (f"; {ratio:.2f} of its {earlier.wall_s:.1f}" if earlier else "; it was not run beside"),
        is_met=visit.done == settings.big and 0 < ratio <= _MOST_OF_THEN,
        how=f"one audit of {settings.big:,} mock devices, each with an address and port of its own, served "
        f"by {settings.mocks} processes on the same cores; start and report included.",
    )


def without_latency(settings: Settings, directory: Path) -> Table:
    """Return what an audit costs where the network costs nothing."""
    still = replace(settings, rtt_s=0.0, command_s=0.0, profile="modern")
    visits = []
    with served(still, settings.small, directory) as fleet:
        for run in range(settings.runs):
            visits.append(audited(still, fleet, fleet.devices, f"still-{run}").visit)
    row = (
        f"{settings.small}",
        f"{min(visit.done for visit in visits)}",
        spread([visit.wall_s for visit in visits], 2),
        spread([visit.rate for visit in visits]),
        spread([visit.cpu_ms for visit in visits]),
        spread([visit.peak_mb for visit in visits], 0),
    )
    header = ("devices", "audited", "wall s", "devices/s", "CPU ms/device", "peak MB")
    return Table(title="No delays, curve25519 and ed25519", header=header, rows=(row,))
