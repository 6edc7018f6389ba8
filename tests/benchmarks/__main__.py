"""Measure P1-P9, ours beside the peers, and print them: `python -m tests.benchmarks --help`.

`make bench` runs it and keeps what was printed as docs/performance.md.  The mock fleet
runs in processes of its own on loopback; every client is a whole process, and its figures are
the operating system's.  Nothing here passes or fails; everything ends by itself.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import compared, fleetwide, machine, parts, pushed, rough, single, start, then
from tests.benchmarks.page import Figure, Table, page
from tests.benchmarks.peer_installs import Peer, installed
from tests.benchmarks.settings import QUICK, Settings


def main(arguments: Sequence[str]) -> None:
    """Run what the options ask for; the page goes to stdout, and to a file where one is named."""
    options = _parser().parse_args(arguments)
    settings = _settings(options)
    started, load = datetime.now(UTC), machine.load()
    peers, missing, versions = installed() if settings.has_peers else ((), {}, "")
    if settings.has_peers and (why := then.installed()) is not None:
        missing = {**missing, compared.THEN: why}
    with tempfile.TemporaryDirectory(prefix="asa-transport-bench-") as name:
        figures, tables = _measured(settings, peers, missing, Path(name))
    conditions = [
        f"{started:%Y-%m-%d %H:%M} UTC to {datetime.now(UTC):%H:%M}; {settings.runs} runs of each, median "
        f"[range]; load before the start {load}",
        machine.machine(),
        machine.versions(),
        f"peers: {versions or 'not run'}",
        f"mock ASA on the same machine: {1000 * settings.rtt_s:g} ms a round trip (TCP and SSH included), "
        f"{1000 * settings.command_s:g} ms a command, profile {settings.profile}, in processes of its own; "
        "no real ASA",
        f"our program with default options{' and ' + shlex.join(settings.ours) if settings.ours else ''}",
    ]
    is_made = list(arguments) == ["--output", "docs/performance.md"]
    command = "make bench" if is_made else f"python -m tests.benchmarks {shlex.join(arguments)}"
    text = page(conditions=conditions, figures=figures, tables=tables, command=command)
    print(text, end="")
    if options.output is not None:
        options.output.write_text(text, encoding="utf-8")


def _measured(
    settings: Settings,
    peers: Sequence[Peer],
    missing: dict[str, str],
    directory: Path,
) -> tuple[list[Figure], list[Table]]:
    figures: list[Figure] = []
    tables: list[Table] = []

    def add(*found: Figure | Table) -> None:
        figures.extend(one for one in found if isinstance(one, Figure))
        tables.extend(one for one in found if isinstance(one, Table))

    if settings.wants("P1"):
        say("P1: one device")
        add(*single.one_device(settings, directory / "one"))
    middle = None
    if settings.wants("P2", "P3", "P7"):
        say(f"P2, P3: {settings.devices} devices, ours and {len(peers)} peers")
        beside = compared.compared(settings, peers, missing, directory / "compared", say)
        middle = beside.ours[0]
        add(*compared.figures(beside), compared.table(beside))
        say("P7: our own work")
        add(*single.own_work(settings, beside.folder))
    if settings.wants("P4"):
        say("P4: broken devices")
        add(*fleetwide.bad_fleet(settings, directory / "bad", say))
    if settings.wants("P4", "P4b"):
        say("P4b: a fleet that misbehaves")
        add(*rough.rough_fleet(settings, directory / "rough", say))
    if settings.wants("P5", "P6"):
        say(f"P5, P6: {settings.small}, {settings.devices} and {settings.big} devices")
        small = fleetwide.fleet_of(settings, settings.small, directory / "small")
        middle = middle or fleetwide.fleet_of(settings, settings.devices, directory / "middle")
        big = fleetwide.fleet_of(settings, settings.big, directory / "big")
        has_then = settings.has_peers and settings.wants("P6") and then.PROGRAM.exists()
        earlier = fleetwide.earlier_fleet(settings, directory / "then") if has_then else None
        add(*fleetwide.memory((small, middle, big)), fleetwide.great_wall(settings, big, earlier))
    if settings.wants("P8"):
        say("P8: starts")
        add(*(start.figures(most_rounds=1) if settings.runs == 1 else start.figures()))
    if settings.wants("P9"):
        add(*pushed.push(settings, directory / "push", say))
    if settings.wants("P2"):
        say("no delays; key exchange; known_hosts")
        add(fleetwide.without_latency(settings, directory / "still"))
        add(parts.host_keys(settings, directory / "parts"))
    return sorted(figures, key=lambda figure: figure.name), tables


def say(text: str) -> None:
    """Tell what is going on, on stderr."""
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--output", type=Path, metavar="FILE", help="keep what is printed there")
    parser.add_argument(
        "--quick", action="store_true", help="small, once, without peers: does the tool work?"
    )
    parser.add_argument("--no-peers", action="store_true", help="ours alone")
    parser.add_argument("--devices", type=int, metavar="N", help="the fleet of P2, P3, P4 [1000]")
    parser.add_argument("--big", type=int, metavar="N", help="the fleet of P6 [10000]")
    parser.add_argument("--threaded", type=int, metavar="N", help="the threaded peers' sample of it [200]")
    parser.add_argument("--runs", type=int, metavar="N", help="how often each is measured [3]")
    parser.add_argument("--only", metavar="P1,P3", help="these figures only")
    parser.add_argument(
        "--ours", metavar="ARGS", help="further arguments of `asa-transport audit`, e.g. '-w 100'"
    )
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    settings = QUICK if options.quick else Settings()
    given = {name: getattr(options, name) for name in ("devices", "big", "threaded", "runs")}
    settings = replace(settings, **{name: value for name, value in given.items() if value is not None})
    return replace(
        settings,
        has_peers=settings.has_peers and not options.no_peers,
        only=frozenset(options.only.split(",")) if options.only else frozenset(),
        ours=(*settings.ours, *shlex.split(options.ours or "")),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
