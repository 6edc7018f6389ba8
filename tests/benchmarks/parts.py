"""Two parts by themselves: the arithmetic of key exchanges, and reading known_hosts."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import paramiko
from paramiko.kex_group14 import KexGroup14SHA256
from paramiko.kex_group16 import KexGroup16SHA512

from asa_transport.edges.ssh.hostkeys import KnownHosts
from asa_transport.edges.ssh.key_exchange import working
from tests.benchmarks.page import Table, spread
from tests.benchmarks.settings import Settings

_ROUNDS = 9


def arithmetic() -> Table:
    """Return what one power costs with each library; a key exchange needs two."""
    rows = []
    for found in working():
        cells = []
        for group in (KexGroup14SHA256, KexGroup16SHA512):
            taken = []
            for _ in range(_ROUNDS):
                # As paramiko draws them: 1023 bits, whatever the group.
                base, exponent = secrets.randbelow(group.P - 4) + 2, secrets.randbits(1023) | 1 << 1022
                taken.append(_ms(found.power, base, exponent, group.P))
            cells.append(spread(taken, 2))
        rows.append((found.name, *cells))
    header = ("library", "group14, ms", "group16, ms")
    return Table(title="Key exchange: one power, of the two that it needs", header=header, rows=tuple(rows))


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
