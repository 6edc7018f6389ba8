"""What .venv, the container and build/tools are given: versions that pyproject.toml takes, with hashes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.support import ROOT

CONTAINER = "contrib/container/requirements.lock"
DEV = "requirements-dev.lock"
TOOLS = "requirements-tools.lock"
LOCKS = (CONTAINER, DEV, TOOLS)
WHOLE = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = WHOLE["project"]
EXTRAS = PROJECT["optional-dependencies"]
WANTED = {
    CONTAINER: [*PROJECT["dependencies"], *EXTRAS["postgres"], *EXTRAS["distributed"]],
    DEV: [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)],
    TOOLS: [line for group in WHOLE["dependency-groups"].values() for line in group],
}
PINNED = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;]+)(?: ; (?P<marker>[^\\]+))? \\\n"
    r"(?:    --hash=\S+(?: \\)?\n)+",
    re.MULTILINE,
)
# Where it is installed: on Linux, with each Python that the classifiers name.
PYTHONS = [
    version
    for line in PROJECT["classifiers"]
    for version in re.findall(r"^Programming Language :: Python :: (3\.\d+)$", line)
]
MACHINES = [
    {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "platform_machine": machine,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    for python in PYTHONS
    for machine in ("x86_64", "aarch64")
]


def text(lock: str) -> str:
    return (ROOT / lock).read_text(encoding="utf-8")


def pinned(lock: str, machine: dict[str, str]) -> dict[str, list[str]]:
    """Return the versions of each package that a machine is given."""
    found: dict[str, list[str]] = {}
    for one in PINNED.finditer(text(lock)):
        if one["marker"] is None or Marker(one["marker"].strip()).evaluate(machine):
            found.setdefault(canonicalize_name(one["name"]), []).append(one["version"])
    return found


def wanted(lock: str, machine: dict[str, str]) -> Iterator[Requirement]:
    for requirement in map(Requirement, WANTED[lock]):
        if requirement.marker is None or requirement.marker.evaluate(machine):
            yield requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_the_lock_is_a_version_with_its_hashes(lock: str) -> None:
    """A package without a hash is whatever an index answers on the day; an address would be no mirror's."""
    assert PINNED.sub("", text(lock)) == ""
    assert set(re.findall(r"--hash=(\w+):", text(lock))) == {"sha256"}
    assert "://" not in text(lock)


@pytest.mark.parametrize(
    "machine", MACHINES, ids=lambda one: f"{one['python_version']}-{one['platform_machine']}"
)
@pytest.mark.parametrize("lock", LOCKS)
def test_each_dependency_is_locked_to_one_version_that_is_taken(lock: str, machine: dict[str, str]) -> None:
    """Somebody who raises a bound and forgets `make lock` would ship what was never tested together."""
    locked = pinned(lock, machine)

    for requirement in wanted(lock, machine):
        versions = locked.get(canonicalize_name(requirement.name), [])
        assert len(versions) == 1, (requirement, versions)
        assert requirement.specifier.contains(versions[0]), f"{requirement}: locked to {versions[0]}"
    assert [name for name, versions in locked.items() if len(versions) > 1] == []


def test_the_container_installs_what_is_tested() -> None:
    """Each of its lines, hashes and all, is one of those that CI installs."""
    tested = {one[0] for one in PINNED.finditer(text(DEV))}

    assert [one["name"] for one in PINNED.finditer(text(CONTAINER)) if one[0] not in tested] == []


def test_what_test_tools_bring_is_not_in_the_containers() -> None:
    """The container audits; it tests nothing."""
    tools = {canonicalize_name(Requirement(one).name) for one in EXTRAS["dev"]}
    extras = (*EXTRAS["postgres"], *EXTRAS["distributed"])
    # kombu compares versions with it, as some of our tests do.
    shared = {canonicalize_name(Requirement(one).name) for one in extras} | {"packaging"}

    assert not (tools - shared) & {canonicalize_name(one["name"]) for one in PINNED.finditer(text(CONTAINER))}


def test_a_release_that_may_break_us_is_not_taken_unseen() -> None:
    """Each dependency has an upper bound, but those whose major release is a year."""
    by_year = {"tzdata", "structlog"}

    unbounded = {
        requirement.name
        for requirement in map(Requirement, PROJECT["dependencies"])
        if not any(one.operator == "<" for one in requirement.specifier)
    }

    assert unbounded == by_year
    assert all(Version(pinned(DEV, MACHINES[0])[name][0]).major > 20 for name in by_year)
