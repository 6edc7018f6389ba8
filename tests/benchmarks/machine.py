"""Say on what machine and with what versions something was measured."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

from asa_transport._version import __version__

_OURS = ("netmiko", "paramiko", "cryptography", "asyncssh", "textfsm", "pyyaml")


def machine() -> str:
    """Return cores, processor, system, interpreter."""
    return (
        f"{os.cpu_count()} cores, {_processor()}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def versions() -> str:
    """Return our version and those of what we stand on."""
    names = ", ".join(f"{name} {version(name)}" for name in _OURS)
    return f"asa-transport {__version__}; {names}"


def load() -> str:
    """Return how busy the machine was in the last minute."""
    return f"{os.getloadavg()[0]:.2f}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
