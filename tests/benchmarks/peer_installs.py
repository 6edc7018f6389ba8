"""Install the peers into an environment of their own, build/peers; for `make bench` only."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.fleets import ROOT

_LIMIT_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A peer: its client program in `peers/`, what to install, and whether it works in threads.

    Attributes:
        place: The environment that it is installed into.
        workers: Devices at once; `None` for the settings' own.
        given: Further arguments of its program.
    """

    name: str
    script: str
    requires: tuple[str, ...]
    is_threaded: bool
    place: str = "build/peers"
    workers: int | None = None
    given: tuple[str, ...] = ()

    @property
    def python(self) -> Path:
        """The interpreter that has it."""
        return ROOT / self.place / "bin" / "python"


PEERS = (
    Peer(
        name="netmiko in threads",
        script="netmiko_threads",
        requires=("netmiko>=4.5",),
        is_threaded=True,
    ),
    Peer(
        name="Nornir + nornir-netmiko",
        script="nornir_threads",
        requires=("nornir>=3.5", "nornir-netmiko>=1.0.1"),
        is_threaded=True,
    ),
    Peer(
        name="scrapli + asyncssh",
        script="scrapli_asyncssh",
        # What is published as scrapli from 2026 on is another program, without asyncssh.
        requires=("scrapli[asyncssh]>=2025.1.30,<2026",),
        is_threaded=False,
    ),
    Peer(name="raw asyncssh", script="raw_asyncssh", requires=("asyncssh>=2.18",), is_threaded=False),
    Peer(
        name="raw asyncssh, AES-GCM first",
        script="raw_asyncssh",
        requires=("asyncssh>=2.18",),
        is_threaded=False,
        given=("aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes256-ctr",),
    ),
    Peer(
        name="scrapli 2026, compiled core",
        script="scrapli_compiled",
        requires=("scrapli>=2026.10,<2027",),
        is_threaded=False,
        place="build/peers-2026",
        # More sessions at once, and it failed (200: a sixth of them).
        workers=50,
    ),
)


def installed() -> tuple[tuple[Peer, ...], dict[str, str], str]:
    """Return the peers that are there, why others are not, and the versions of what was installed."""
    there, missing = [], {}
    for peer in PEERS:
        if not peer.python.exists():
            place = str(ROOT / peer.place)
            subprocess.run([sys.executable, "-m", "venv", place], check=True, timeout=_LIMIT_S)
        argv = [str(peer.python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *peer.requires]
        try:
            done = subprocess.run(argv, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
        except subprocess.TimeoutExpired:
            missing[peer.name] = f"pip took longer than {_LIMIT_S} s"
            continue
        if done.returncode == 0:
            there.append(peer)
        else:
            missing[peer.name] = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
    return tuple(there), missing, _versions()


def _versions() -> str:
    names = ["netmiko", "paramiko", "cryptography", "nornir", "nornir-netmiko", "scrapli", "asyncssh"]
    text = (
        "from importlib.metadata import version, PackageNotFoundError\n"
        f"for name in {names!r}:\n"
        "    try: print(name, version(name))\n"
        "    except PackageNotFoundError: pass\n"
    )
    found: dict[str, None] = {}
    for python in dict.fromkeys(peer.python for peer in PEERS):
        done = subprocess.run([python, "-c", text], capture_output=True, text=True, timeout=60, check=True)
        found |= dict.fromkeys(done.stdout.split("\n")[:-1])
    return ", ".join(found)
