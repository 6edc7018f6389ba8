"""P1 and P7: one device by itself, and the work on its answers."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.benchmarks.clients import measured, visited_by_sessions
from tests.benchmarks.fleets import served
from tests.benchmarks.page import Figure, Table, spread
from tests.benchmarks.settings import FIVE_COMMANDS, Settings

# TCP, banner, key exchange, service, login, channel, terminal, shell, `enable`, its password,
# pager, five commands.  The device works on seven: `enable`, pager, five commands.
_ROUND_TRIPS, _COMMANDS = 16, 7


def one_device(settings: Settings, directory: Path) -> tuple[Figure, Table]:
    """Return P1: sessions one after the other, each timed from before its TCP connection to its end."""
    limit_s = _ROUND_TRIPS * settings.rtt_s + _COMMANDS * settings.command_s
    count = 5 * settings.runs
    with served(settings, count + 1, directory) as fleet:
        visit = visited_by_sessions(fleet, fleet.devices, FIVE_COMMANDS, 1)
    # The first one pays for imports that come late.
    ratios = [seconds / limit_s for seconds in json.loads(visit.said)["each_s"][1:]]
    figure = Figure(
        name="P1",
        title="one device, 5 commands: wall / physical limit",
        asked="<= 1.05",
        measured=spread(ratios, 3),
        is_met=bool(ratios) and sorted(ratios)[len(ratios) // 2] <= 1.05,
        how=f"our session class by itself, {count} devices one after the other, 5 `show` commands each, as "
        f"the figure asks (an audit asks more); limit = {_ROUND_TRIPS} round trips + {_COMMANDS} commands = "
        f"{limit_s:.3f} s.",
    )
    rows = ((f"{count}", spread([r * limit_s for r in ratios], 3), spread(ratios, 3)),)
    return figure, Table(title="P1: one device", header=("sessions", "wall s", "/ physical limit"), rows=rows)


def own_work(settings: Settings, folder: Path) -> tuple[Figure, Table]:
    """Return P7, from the saved answers of a run."""
    found = []
    for _ in range(settings.runs):
        _, said = measured([sys.executable, "-m", "tests.benchmarks.replay", folder, settings.replayed])
        found.append(json.loads(said))
    everything = [one["all"] for one in found]
    figure = Figure(
        name="P7",
        title="parse + decide + write, CPU ms a device",
        asked="<= 2",
        measured=spread(everything, 2),
        is_met=sorted(everything)[len(everything) // 2] <= 2,
        how=f"the answers of one run, {settings.replayed} devices, in one process without a network; "
        "process time; templates already compiled, the store already open.",
    )
    parts = ("parse", "files", "judge", "report", "all")
    rows = (tuple(spread([one[part] for one in found], 2) for part in parts),)
    return figure, Table(title="P7: milliseconds of CPU a device", header=parts, rows=rows)
