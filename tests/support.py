"""What the tests share: the program as a user runs it, against a mock fleet."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from asa_transport.cli.main import app
from asa_transport.edges.answer_pack import DICTIONARY
from asa_transport.edges.zstandard import zstd
from mock_devices import MockFleet, parse_scenario
from tests.warm import forked

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = Path(sysconfig.get_path("scripts")) / "asa-transport"
# Short, because nothing on loopback takes long; long enough for a busy machine.
QUICK = tuple(
    f"--{limit}"
    for limit in (
        "connect-timeout=5",
        "handshake-timeout=10",
        "login-timeout=10",
        "command-timeout=20",
        "device-timeout=60",
        "attempts=1",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON on stdout."""
        assert self.out.strip(), f"nothing on stdout; exit code {self.code}: {self.err}"
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    def device(self, name: str) -> dict[str, Any]:
        """One device of the audit document on stdout."""
        (found,) = [device for device in self.document["devices"] if device["name"] == name]
        assert isinstance(found, dict)
        return found


def cli(*arguments: str | Path) -> Ended:
    """Run the program in this process."""
    code: object = 0
    with CliRunner().isolation() as (out, err, _):
        try:
            _root().main(args=[str(argument) for argument in arguments], prog_name="asa-transport")
        except SystemExit as ended:
            code = ended.code
        sys.stdout.flush()
        sys.stderr.flush()
        texts = [one.getvalue().decode() for one in (out, err)]
    assert isinstance(code, int)
    return Ended(code=code, out=texts[0], err=texts[1])


@functools.cache
def _root() -> Any:
    """Build the tree of commands once: it costs more than most of the commands that tests run."""
    return typer.main.get_command(app)


def program(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> Ended:
    """Run the installed program in a process of its own, forked from one that has imported it already."""
    with forked(PROGRAM, *map(str, arguments), cwd=cwd, environment=environment) as running:
        out, err = running.communicate(100)
        return Ended(code=running.wait(), out=out, err=err)


def installed(*arguments: str) -> Ended:
    """Start the installed program as a person's shell does; what is claimed is the start."""
    done = subprocess.run(
        [PROGRAM, *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)


def fleet_of(*devices: dict[str, Any], **scenario: Any) -> MockFleet:
    """Return a mock fleet of these devices, in the words of a scenario file."""
    text = yaml.safe_dump({"name": "test", **scenario, "devices": list(devices)})
    return MockFleet.serve(parse_scenario(text, Path("test.yaml")))


def audit(fleet: MockFleet, directory: Path, *arguments: str) -> Ended:
    """Audit a running fleet with short limits and return the document."""
    files = fleet.write(directory)
    state = ("--state-dir", directory / "state")
    return cli("audit", "-i", files.inventory, "--format", "json", *state, *QUICK, *arguments)


def python(*arguments: str, cwd: Path | None = None) -> Ended:
    """Run this interpreter on a module or a file."""
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=cwd, timeout=100, check=False
    )
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)


def plain(path: Path) -> bytes:
    """Return what a file holds, as it stands and as somebody reads it: a pack of answers is compressed."""
    data = path.read_bytes()
    if path.name.endswith(".tar.zst"):
        dictionary = path.with_name(DICTIONARY).read_bytes()
        return data + zstd.decompress(data, zstd_dict=zstd.ZstdDict(dictionary))
    return data


def tool(name: str, package: str) -> str:
    """Return the path of a program that a test drives, which `.ci/run` installs; skip where it is missing."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"no `{name}` on PATH (Debian package {package})")
    return path
