"""Install the readers into build/readers: `python -m tests.readers.installs`, for `make readers`.

The programs whose files we read are among them.  Says of each whether it is there; one that cannot be
installed is left out, and ends nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PLACE: Final = ROOT / "build" / "readers"
BIN: Final = PLACE / "bin"
NODE_MODULES: Final = PLACE / "node_modules"
SARIF: Final = NODE_MODULES / "@microsoft" / "sarif-multitool-linux" / "Sarif.Multitool"
_LIMIT_S: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One program: where it comes from, what shows that it is there, and which file of tests asks it."""

    name: str
    source: str
    requires: tuple[str, ...]
    shows: Path
    tests: str

    @property
    def is_there(self) -> bool:
        """Whether its tests can be run."""
        return self.shows.exists() or (self.source == "apt" and shutil.which(self.name) is not None)


READERS: Final = (
    Reader(name="csvkit", source="pip", requires=("csvkit",), shows=BIN / "csvstat", tests="test_csvkit.py"),
    Reader(
        name="junitparser",
        source="pip",
        requires=("junitparser",),
        shows=BIN / "junitparser",
        tests="test_junit.py",
    ),
    Reader(
        name="pip-audit",
        source="pip",
        requires=("pip-audit",),
        shows=BIN / "pip-audit",
        tests="test_pip_audit.py",
    ),
    Reader(
        name="ansible",
        source="pip",
        requires=("ansible-core",),
        shows=BIN / "ansible-inventory",
        tests="test_ansible.py",
    ),
    Reader(
        name="nornir",
        source="pip",
        requires=("nornir",),
        # It has no program of its own.
        shows=PLACE
        / "lib"
        / f"python{sys.version_info[0]}.{sys.version_info[1]}"
        / "site-packages"
        / "nornir",
        tests="test_nornir.py",
    ),
    Reader(
        name="ajv",
        source="npm",
        requires=("ajv@8", "ajv-formats@3"),
        shows=NODE_MODULES / "ajv-formats",
        tests="test_ajv.py",
    ),
    Reader(
        name="sarif-multitool",
        source="npm",
        requires=("@microsoft/sarif-multitool@5",),
        shows=SARIF,
        tests="test_sarif.py",
    ),
    Reader(
        name="mandoc",
        source="apt",
        requires=("mandoc",),
        shows=Path("/usr/bin/mandoc"),
        tests="test_manual.py",
    ),
    Reader(name="zsh", source="apt", requires=("zsh",), shows=Path("/usr/bin/zsh"), tests="test_zsh.py"),
    Reader(name="fish", source="apt", requires=("fish",), shows=Path("/usr/bin/fish"), tests="test_fish.py"),
)


def main() -> int:
    """Install what is missing and can be; say what is there; 0 always."""
    PLACE.mkdir(parents=True, exist_ok=True)
    if not (BIN / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(PLACE)], check=True, timeout=_LIMIT_S)
    for reader in READERS:
        why = "" if reader.is_there else _install(reader)
        print(f"{reader.name}: {'there' if reader.is_there else f'not there: {why}'}")
    return 0


def _install(reader: Reader) -> str:
    """Install one; return why it could not be."""
    match reader.source:
        case "pip":
            argv = [str(BIN / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
            argv += ["--constraint", str(_constraints())]
        case "npm":
            argv = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(PLACE)]
        case _:
            argv = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
    if shutil.which(argv[0]) is None:
        return f"no {argv[0]} on this machine"
    if reader.source == "apt" and os.geteuid() != 0:
        return f"install the package {' '.join(reader.requires)}"
    try:
        done = subprocess.run(
            [*argv, *reader.requires],
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return f"{argv[0]} took longer than {_LIMIT_S} s"
    if SARIF.is_file():
        # npm runs no script of a package unless it is told to, and this one's sets the mode.
        SARIF.chmod(0o755)
    return (done.stderr.strip().splitlines() or [f"{argv[0]} ended with {done.returncode}"])[-1]


def _constraints() -> Path:
    """Write the versions of the lock as pip takes them beside names: without hashes."""
    lines = (ROOT / "requirements-tools.lock").read_text(encoding="utf-8").splitlines()
    file = PLACE / "constraints.txt"
    pins = [line.removesuffix(" \\") + "\n" for line in lines if "==" in line]
    file.write_text("".join(pins), encoding="utf-8")
    return file


if __name__ == "__main__":
    sys.exit(main())
