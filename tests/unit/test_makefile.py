"""`make demo` on a machine whose Python is too old or not whole: one line, and a next try that works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support import ROOT, tool

# Does what `make demo` asks of a Python, and makes a virtual environment of itself.
PYTHON = """\
#!/bin/sh
case "$*" in
    *venv,*) exit $VENV_IS_MISSING ;;
    *version_info*) exit $IS_OLD ;;
    --version) echo "Python 3.9.2" ;;
    "-m venv .venv")
        mkdir -p .venv/bin
        cp "$0" .venv/bin/python
        exit $VENV_FAILS ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a Python of its own."""
    for name in ("Makefile", "pyproject.toml", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    return tmp_path


def alone() -> dict[str, str]:
    """Return the environment without what a make tells a make below it: the tests may be run by one."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}


def make_demo(checkout: Path, python: str, **fault: str) -> tuple[int, list[str]]:
    """Return how `make demo` ended, and what it said on stderr, without make's own line."""
    faults = {"IS_OLD": "0", "VENV_IS_MISSING": "0", "VENV_FAILS": "0", **fault}
    done = subprocess.run(
        [tool("make", "make"), "demo", f"PYTHON={python}"],
        cwd=checkout,
        env={**alone(), **faults},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, [line for line in done.stderr.splitlines() if not line.startswith("make:")]


def make_demo_works(checkout: Path) -> bool:
    """Return whether the next try, with a Python that is whole, comes to what the demo runs on."""
    done = subprocess.run(
        ["sh", "-c", f"{tool('make', 'make')} .venv/.demo PYTHON=./python && test -x .venv/bin/python"],
        cwd=checkout,
        env={**alone(), "IS_OLD": "0", "VENV_IS_MISSING": "0", "VENV_FAILS": "0"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode == 0 and (checkout / ".venv" / "bin" / "python").exists()


def test_too_old_a_python_is_named_with_what_to_install(checkout: Path) -> None:
    code, said = make_demo(checkout, "./python", IS_OLD="1")

    assert code != 0
    assert said == [
        "asa-transport needs Python 3.11 or newer, and './python' is Python 3.9.2: install one (apt install "
        "python3, dnf install python3.11), then 'make demo PYTHON=python3.11'"
    ]
    assert not (checkout / ".venv").exists()
    assert make_demo_works(checkout)


def test_no_python_at_all_is_said(checkout: Path) -> None:
    code, said = make_demo(checkout, "./none")

    assert code != 0
    assert len(said) == 1
    assert said[0].startswith(
        "asa-transport needs Python 3.11 or newer, and './none' is not there: install one"
    )


def test_a_python_without_its_venv_module_is_named_with_what_to_install(checkout: Path) -> None:
    """Debian has it in a package of its own."""
    code, said = make_demo(checkout, "./python", VENV_IS_MISSING="1")

    assert code != 0
    assert said == [
        "'./python' has no module venv or ensurepip: install it (apt install python3-venv), then 'make demo'"
    ]
    assert not (checkout / ".venv").exists()
    assert make_demo_works(checkout)


def test_this_python_without_ensurepip_is_such_a_one(checkout: Path) -> None:
    """The question that the Makefile puts is one that a real Python understands."""
    hidden = checkout / "hidden" / "ensurepip"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ImportError")

    code, said = make_demo(checkout, sys.executable, PYTHONPATH=str(hidden.parent))

    assert code != 0
    assert len(said) == 1
    assert "has no module venv or ensurepip" in said[0]


def test_a_virtual_environment_that_did_not_become_whole_is_gone(checkout: Path) -> None:
    """Its `bin/python` is there, and every later try would take it for a whole one."""
    code, _ = make_demo(checkout, "./python", VENV_FAILS="1")

    assert code != 0
    assert not (checkout / ".venv").exists()
    assert make_demo_works(checkout)


def test_the_release_is_that_of_the_package(checkout: Path) -> None:
    needed = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]["requires-python"]

    found = re.findall(r"version_info < \((\d+), (\d+)\)", (checkout / "Makefile").read_text())
    assert {f">={major}.{minor}" for major, minor in found} == {needed}
