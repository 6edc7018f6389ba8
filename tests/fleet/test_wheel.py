"""The wheel: built from the tree, installed elsewhere, run outside the checkout."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from asa_transport.asa import sources
from tests.support import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    # No isolation and no dependencies: the build backend is a development dependency already.
    argv = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps"]
    subprocess.run([*argv, "--wheel-dir", directory, ROOT], check=True, timeout=100)
    (built,) = directory.glob("*.whl")
    return built


def test_the_wheel_carries_templates_and_migrations_inside_the_package(wheel: Path) -> None:
    """An editable install finds templates beside the package, and data files anywhere; a wheel does not."""
    inside = set(zipfile.ZipFile(wheel).namelist())

    for template in (ROOT / "textfsm_templates").glob("*.textfsm"):
        assert f"asa_transport/textfsm_templates/{template.name}" in inside
    for template in (ROOT / "templates").glob("*.j2"):
        assert f"asa_transport/templates/{template.name}" in inside
    for facts in ("asa/assumptions.yaml", "data/bugs.yaml"):
        assert f"asa_transport/{facts}" in inside
    for folder in ("migrations/versions", "."):
        for file in (ROOT / "asa_transport" / "edges" / "state" / "store" / folder).glob("*.*"):
            assert str(file.relative_to(ROOT)) in inside
    assert not any(name.startswith(("textfsm_templates/", "templates/", "tests/")) for name in inside)


def test_each_address_of_the_package_is_that_of_a_document_it_cites(wheel: Path) -> None:
    """What an index shows beside the package must lead somewhere; nothing is made up."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        shown = Parser().parsestr(archive.read(name).decode()).get_all("Project-URL") or []
    cited = {one.address for one in vars(sources).values() if isinstance(one, sources.Document)}

    addresses = [line.partition(", ")[2] for line in shown]

    assert addresses
    assert set(addresses) <= cited


def test_the_wheel_says_that_its_types_may_be_used(wheel: Path) -> None:
    """Without this file a type checker takes every value of ours for anything at all (PEP 561)."""
    assert "asa_transport/py.typed" in zipfile.ZipFile(wheel).namelist()


def test_the_installed_wheel_runs_the_demo_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """What a user installs is the wheel, not the tree."""
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    (packages,) = home.glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(packages)
    # The dependencies of this environment; its editable install of the tree is not followed
    # from here, because only a site directory's own .pth files are.
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    run = "import asa_transport, sys; from asa_transport.cli.main import run; sys.argv[1:] = ['demo']; "
    run += "print(asa_transport.__file__); run()"

    done = subprocess.run(
        [home / "bin" / "python", "-c", run],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "140", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(packages))
    assert "0 configuration changes" in " ".join(done.stdout.split())
