"""Take from a process what a unit's settings take, then become it: `python confine.py SETTING… -- WORDS`.

Runs as root in a mount namespace of its own, in which it makes everything read-only but what was named.
Needs nothing of this repository: nobody says there where that is.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

# What the kernel itself shows; systemd leaves these to other settings.
_KERNEL = ("/proc", "/sys", "/dev", "/run")


def confine(settings: Sequence[str]) -> None:
    """Mount as these say."""
    if "--own-tmp" in settings:
        for path in ("/tmp", "/var/tmp"):
            _mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", path)
    if "--no-homes" in settings:
        for path in ("/home", "/root"):
            _mount("-t", "tmpfs", "-o", "mode=0000", "tmpfs", path)
    if "--strict" in settings:
        written = [one.partition("=")[2] for one in settings if one.startswith("--written=")]
        written = [path for path in written if Path(path).is_dir()]
        for path in written:
            _mount("--bind", path, path)
        left = {*written, "/tmp", "/var/tmp"}
        for line in Path("/proc/self/mounts").read_text().splitlines():
            place = line.split()[1]
            # What another mount hides cannot be seen, and so not be written.
            if place not in left and not place.startswith(_KERNEL) and Path(place).is_mount():
                _mount("-o", "remount,bind,ro", place)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


if __name__ == "__main__":
    middle = sys.argv.index("--")
    confine(sys.argv[1:middle])
    words = sys.argv[middle + 1 :]
    os.execvp(words[0], words)
