"""Every command of the README is run, as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import site
import subprocess
from pathlib import Path

from mock_devices import MockFleet, load_scenario
from mock_devices.__main__ import BASE_PORT
from tests.support import PROGRAM, ROOT

README = (ROOT / "README.md").read_text()
# These two do their own set-up and would run this test again; .ci/run calls them.
BY_CI = {"make demo", "make test"}


def commands(text: str) -> list[str]:
    """Return the lines after `$ ` in the console blocks, in order."""
    blocks = re.findall(r"^ *```console\n(.*?)^ *```", text, flags=re.DOTALL | re.MULTILINE)
    return [line.strip()[2:] for block in blocks for line in block.splitlines() if line.strip()[:2] == "$ "]


def test_the_readme_has_the_two_commands_and_ci_calls_them() -> None:
    """A stranger's first two commands are the ones that are kept working."""
    ci = (ROOT / ".ci" / "run").read_text().splitlines()

    assert set(commands(README)) >= BY_CI
    assert set(ci) >= BY_CI


def test_the_readme_installs_the_program(tmp_path: Path) -> None:
    """The install section, against what is on disk: no dependency is fetched again."""
    packages = site.getsitepackages()[0]
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        # The build backend of this environment, and no download of what it has already.
        "PYTHONPATH": packages,
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    install = [line for line in commands(README) if ".venvs" in line]

    for line in install:
        done = subprocess.run(
            ["bash", "-ec", line],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, (line, done.stderr)

    assert len(install) == 2
    assert (tmp_path / ".venvs/asa-transport/bin/asa-transport").exists()


def test_every_other_command_of_the_readme_runs(tmp_path: Path) -> None:
    """In the README's order, in one folder, against the mock fleet; findings and misses are fine."""
    shutil.copytree(ROOT / "tests" / "golden" / "devices", tmp_path / "audit-outputs")
    environment = {
        **os.environ,
        "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
        "ASA_TRANSPORT_STATE_DIR": str(tmp_path / "state"),
    }
    with MockFleet.serve(load_scenario("demo")) as fleet:
        text = (ROOT / "inventory.example.yaml").read_text()
        for index, name in enumerate(fleet.names):
            text = text.replace(f"port: {BASE_PORT + index}", f"port: {fleet[name].port}")
        (tmp_path / "inventory.example.yaml").write_text(text)
        lines = [line for line in commands(README) if line not in BY_CI and ".venvs" not in line]

        for line in lines:
            if line.startswith("export "):
                for pair in line.split()[1:]:
                    name, _, value = pair.partition("=")
                    environment[name] = value
                continue
            done = subprocess.run(
                ["bash", "-ec", line], cwd=tmp_path, env=environment, capture_output=True, text=True,
                timeout=100, stdin=subprocess.DEVNULL, check=False,
            )  # fmt: skip
            # 3: there are findings, as there should be; 4: the demo fleet has devices that answer nobody.
            assert done.returncode in (0, 3, 4), (line, done.returncode, done.stdout, done.stderr)
            assert "Traceback" not in done.stderr, line

    assert len(lines) >= 10
    assert (tmp_path / "audit.json").exists()
