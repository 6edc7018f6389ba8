"""A part by itself: reading known_hosts."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import paramiko

from asa_transport.edges.ssh.hostkeys import KnownHosts
from tests.benchmarks.page import Table
from tests.benchmarks.settings import Settings


def host_keys(settings: Settings, directory: Path) -> Table:
    """Return what reading a known_hosts file costs paramiko (at every connection) and us (once a run)."""
    directory.mkdir(parents=True, exist_ok=True)
    rows = []
    for entries in (settings.devices, 5 * settings.devices):
        path = directory / f"known_hosts-{entries}"
        # A key of its own for each, as devices have; its numbers do not matter here.
        prefix = b"\0\0\0\x0bssh-ed25519\0\0\0 "
        keys = (base64.b64encode(prefix + secrets.token_bytes(32)).decode() for _ in range(entries))
        path.write_text("".join(f"fw-{n:05}.example.net ssh-ed25519 {key}\n" for n, key in enumerate(keys)))
        name = f"fw-{entries // 2:05}.example.net"
        known = KnownHosts()
        theirs = _ms(paramiko.HostKeys, str(path))
        first = _ms(known.lookup, path, name, 22)
        next_ones = _ms(known.lookup, path, name, 22)
        rows.append((f"{entries:,}", f"{theirs:.1f}", f"{first:.1f}", f"{next_ones:.3f}"))
    header = ("entries", "paramiko, each connection, ms", "ours, first, ms", "ours, each further one, ms")
    return Table(title="Reading known_hosts", header=header, rows=tuple(rows))


def _ms(work: Callable[..., object], *given: object) -> float:
    began = time.process_time()
    work(*given)
    return 1000 * (time.process_time() - began)
