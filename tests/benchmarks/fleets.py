"""Serve a mock fleet in processes of its own, and write what clients need to reach it.

Each process has an address of its own in 127.0.0.0/8 and a port a device.  They are forked from one
that has imported the mock.  They end with the context, and also where this process dies: they read
its end of a pipe.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.benchmarks.serve import serve
from tests.benchmarks.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
USERNAME, PASSWORD, ENABLE = "netaudit", "mock-Login-1", "mock-Enable-1"
# A client that takes longer for one device has failed.
LIMIT_S = 120.0
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([serve.__module__])


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A fleet on the air: where each device is, its known_hosts line, and who serves it."""

    directory: Path
    devices: tuple[Mapping[str, Any], ...]
    host_keys: Mapping[str, str]
    pids: tuple[int, ...]
    broken: frozenset[str] = field(default_factory=frozenset)

    @property
    def healthy(self) -> tuple[Mapping[str, Any], ...]:
        """The devices that nothing is wrong with."""
        return tuple(one for one in self.devices if one["name"] not in self.broken)

    def known_hosts(self, devices: Sequence[Mapping[str, Any]], name: str) -> Path:
        """Write a file with the keys of these devices, one line each."""
        path = self.directory / f"known_hosts-{name}"
        path.write_text("".join(self.host_keys[one["name"]] for one in devices))
        return path

    def known_addresses(self, devices: Sequence[Mapping[str, Any]], name: str) -> Path:
        """Write a file with a line an address, for a client that does not look ports up.

        The devices of one address are served by one process, and have one RSA key.
        """
        by_host = {one["host"]: self.host_keys[one["name"]].split(" ", 1)[1] for one in devices}
        path = self.directory / f"known_addresses-{name}"
        path.write_text("".join(f"{host} {key}" for host, key in by_host.items()))
        return path

    def inventory(self, devices: Sequence[Mapping[str, Any]], name: str) -> Path:
        """Write an inventory of these devices for our program."""
        for secret, text in (("password", PASSWORD), ("enable", ENABLE)):
            (self.directory / secret).write_text(f"{text}\n")
            (self.directory / secret).chmod(0o600)
        lines = [
            "defaults:",
            f"  username: {USERNAME}",
            "  credential: lab",
            f"  known_hosts: {self.known_hosts(devices, name)}",
            "  expect: {transport: smart, proxy: none}",
            "credentials:",
            "  lab:",
            f"    password: {{file: {self.directory / 'password'}}}",
            f"    enable: {{file: {self.directory / 'enable'}}}",
            "devices:",
            *(f"  {one['name']}: {{host: {one['host']}, port: {one['port']}}}" for one in devices),
        ]
        path = self.directory / f"inventory-{name}.yaml"
        path.write_text("\n".join(lines) + "\n")
        return path

    def job(
        self, devices: Sequence[Mapping[str, Any]], name: str, *, commands: Sequence[str], workers: int
    ) -> Path:
        """Write what a peer's client program needs, into a directory of its own."""
        path = self.directory / f"job-{name}" / "job.json"
        path.parent.mkdir(exist_ok=True)
        job = {
            "devices": list(devices),
            "username": USERNAME,
            "password": PASSWORD,
            "enable": ENABLE,
            "known_hosts": str(self.known_hosts(devices, name)),
            "known_addresses": str(self.known_addresses(devices, name)),
            "commands": list(commands),
            "workers": workers,
            "limit_s": LIMIT_S,
        }
        path.write_text(json.dumps(job))
        return path

    def cpu_s(self) -> float:
        """Return the processor time that the mock's processes have used so far, where the system tells."""
        ticks = 0
        for pid in self.pids:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(
    settings: Settings, count: int, directory: Path, *, faults: Mapping[str, Any] | None = None
) -> Iterator[Served]:
    """Serve so many devices; `faults` gives some of them one, `None` for a port that answers no SYN."""
    faults = faults or {}
    names = [f"fw-{number:05}" for number in range(1, count + 1)]
    share = -(-count // settings.mocks)
    devices: list[Mapping[str, Any]] = []
    host_keys: dict[str, str] = {}
    with ExitStack() as stack:
        processes = []
        for number in range(0, count, share):
            place = directory / f"mock-{number}"
            place.mkdir(parents=True)
            spec = _spec(settings, names[number : number + share], faults, f"127.0.0.{number // share + 1}")
            (place / "spec.json").write_text(json.dumps(spec))
            processes.append((stack.enter_context(_serving(place)), place))
        for (_, link), place in processes:
            try:
                link.recv()
            except EOFError as error:
                raise RuntimeError(f"the mock fleet in {place} did not start") from error
            found = json.loads((place / "devices.json").read_text())
            devices += found
            keys = (place / "known_hosts").read_text().splitlines(keepends=True)
            for one, line in zip(found, keys, strict=True):
                key = line.split(" ", 1)[1]
                host_keys[one["name"]] = f"[{one['host']}]:{one['port']} {key}"
        yield Served(
            directory=directory,
            devices=tuple(devices),
            host_keys=host_keys,
            pids=tuple(process.pid for (process, _), _ in processes if process.pid is not None),
            broken=frozenset(faults),
        )


@contextmanager
def _serving(place: Path) -> Iterator[tuple[BaseProcess, Connection]]:
    ours, theirs = _FORKS.Pipe()
    process = _FORKS.Process(target=serve, args=(place, theirs), daemon=True)
    with ours:
        process.start()
        # Where the process ends, nobody has this end any more.
        theirs.close()
        yield process, ours
    process.join(20)
    process.kill()


def _spec(settings: Settings, names: Sequence[str], faults: Mapping[str, Any], host: str) -> dict[str, Any]:
    defaults = {
        "ssh": {"profile": settings.profile, "auth": "password"},
        "latency": {
            "rtt_s": settings.rtt_s,
            "command_s": settings.command_s,
            "contact_s": settings.contact_s,
        },
        "license_config": {"transport": settings.transport},
    }
    devices = [{"name": name, "faults": [faults[name]] if faults.get(name) else []} for name in names]
    return {
        "host": host,
        "holes": [name for name in names if name in faults and faults[name] is None],
        "scenario": {"defaults": defaults, "devices": devices},
    }


def broken_ones(settings: Settings) -> dict[str, Any]:
    """Return the faults of P4, spread over the fleet, always the same.

    Half of the black holes answer no SYN, the other half take the connection and say nothing.
    """
    kinds: list[Any] = [None] * (settings.black_holes - settings.black_holes // 2)
    kinds += [{"action": "black_hole"}] * (settings.black_holes // 2)
    kinds += [{"action": "freeze_after_auth"}] * settings.freezers
    kinds += [{"action": "reject_password"}] * settings.wrong
    places = random.Random(1).sample(range(1, settings.devices + 1), len(kinds))
    return {f"fw-{place:05}": kind for place, kind in zip(places, kinds, strict=True)}
