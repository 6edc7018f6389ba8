"""A machine to follow the page on: this one, with everything that is written going to memory.

Guarantees, by mount namespaces of its own, that nothing below is written on the real machine: what is in
`WRITTEN` is an overlay whose upper layer is a tmpfs, and goes with the last process.  What an earlier
installation left is not there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support import ROOT

# Where the machine keeps its own; what the real one has there is not seen, so nothing of ours may be there.
_NEEDED = tuple(Path(path).resolve() for path in (ROOT, sys.prefix, sys.base_prefix))
DESK = next(
    place
    for place in (Path("/mnt"), Path("/media"))
    if not any(needed.is_relative_to(place) for needed in _NEEDED)
)
STAND_INS, EDITS, JOURNAL, CREDENTIALS = (DESK / name for name in ("bin", "edits", "journal", "credentials"))
CHECKOUT, PACKAGES = DESK / "checkout", DESK / "packages"
WRITTEN = ("/etc", "/var", "/opt", "/usr/local", "/home", "/root", "/srv")
# Of an installation that is there: the page begins on a machine without it.
_OURS = (
    "/etc/asa-transport",
    "/etc/default/asa-transport",
    "/etc/systemd/system/asa-transport-audit.service",
    "/etc/systemd/system/asa-transport-audit.service.d",
    "/opt/asa-transport",
    "/usr/local/bin/asa-transport",
    "/var/lib/asa-transport",
    "/var/cache/asa-transport",
)
OPERATOR = "kim"
# Where the page installs the program: in the memory of this machine, whatever the real one has there.
PROGRAM = Path("/opt/asa-transport")


def enter(*arguments: str) -> list[str]:
    """Return the command that runs this module's package inside namespaces of its own."""
    spaces = ("--mount", "--propagation=private", "--pid", "--fork", "--kill-child", "--mount-proc", "--uts")
    return ["unshare", *spaces, sys.executable, "-m", "tests.nightly.page", *arguments]


def fingerprint() -> dict[str, object]:
    """Return what must be as before when all is over: /etc whole, of the others what they hold."""
    found: dict[str, object] = {}
    for path in _seen():
        state = path.lstat()
        # A directory's own time is that of the names in it; of others, somebody may work there.
        is_whole = path.is_relative_to("/etc")
        found[str(path)] = (state.st_mode, state.st_uid, state.st_mtime_ns if is_whole else 0)
    return found


def _seen() -> Iterator[Path]:
    for parent, folders, files in os.walk("/etc"):
        yield from (Path(parent, name) for name in (*folders, *files))
    for place in ("/opt", "/usr/local/bin", "/var/lib", "/var/cache", "/home", "/srv", DESK):
        yield from Path(place).iterdir()


def build() -> None:
    """Make the machine; called inside the namespaces, as root."""
    _mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", str(DESK))
    for folder in (STAND_INS, EDITS, JOURNAL, CREDENTIALS, CHECKOUT, PACKAGES):
        folder.mkdir()
    # First, because an overlay of an overlay of an overlay is more than the kernel stacks.
    _overlay(ROOT, CHECKOUT)
    # What the program needs beside itself: without a network pip takes it from here.
    _mount("--bind", str(_packages()), str(PACKAGES))
    _mount("-o", "remount,bind,ro", str(PACKAGES))
    for name in WRITTEN:
        _overlay(Path(name), Path(name))
    for left in map(Path, _OURS):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink(missing_ok=True)
    for account in ("asa-transport", OPERATOR):
        _run("userdel", account, check=False)
    _run("groupdel", "asa-transport", check=False)
    _run("useradd", "--create-home", "--shell", "/bin/bash", OPERATOR)
    _python()


def link_packages() -> None:
    """Let the environment that the page makes find the packages, as if they had been downloaded."""
    (place,) = (PROGRAM / "lib").glob("python3.*/site-packages")
    (place / "packages.pth").write_text(f"{PACKAGES}\n")


def _packages() -> Path:
    return Path(next(path for path in sys.path if path.endswith("site-packages")))


def _python() -> None:
    """Put a `python3` first that takes those packages: Debian's own, else the one that runs this.

    One from a home directory is mounted elsewhere, because the service sees no homes.
    """
    own = Path("/usr/bin/python3")
    ask = "import sys, ensurepip; print(sys.version_info[:2])"
    said = (
        subprocess.run([own, "-c", ask], capture_output=True, text=True, check=False)
        if own.exists()
        else None
    )
    if said is None or said.stdout.strip() != str(sys.version_info[:2]):
        place = DESK / "python"
        place.mkdir()
        _mount("--bind", sys.base_prefix, str(place))
        own = place / "bin" / "python3"
    (STAND_INS / "python3").symlink_to(own)


def _overlay(lower: Path, place: Path) -> None:
    name = str(place).strip("/").replace("/", "-")
    upper, work = DESK / "written" / name, DESK / "overlay" / name
    for folder in (upper, work):
        folder.mkdir(parents=True)
    shutil.copystat(lower, upper)
    _mount("-t", "overlay", "overlay", "-o", f"lowerdir={lower},upperdir={upper},workdir={work}", str(place))


def _mount(*arguments: str) -> None:
    _run("mount", *arguments)


def _run(*command: str, check: bool = True) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
