"""The versions that the container installs are those that pyproject.toml takes, each file with its hash."""

from __future__ import annotations

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support import ROOT

LOCK = (ROOT / "contrib" / "container" / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINNED = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;]+)(?: ; [^\\]+)? \\\n(?:    --hash=\S+(?: \\)?\n)+", re.M
)


def pinned() -> dict[str, str]:
    return {canonicalize_name(one["name"]): one["version"] for one in PINNED.finditer(LOCK)}


def test_every_line_of_the_lock_is_a_version_with_its_hashes() -> None:
    """A package without a hash is whatever an index answers on the day of the build."""
    assert PINNED.sub("", LOCK) == ""
    assert set(re.findall(r"--hash=(\w+):", LOCK)) == {"sha256"}
    assert "://" not in LOCK


def test_each_dependency_is_locked_to_a_version_that_is_taken() -> None:
    """Somebody who raises a bound and forgets `make lock` would ship what was never tested together."""
    wanted = map(Requirement, [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["postgres"]])
    locked = pinned()

    for requirement in wanted:
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, requirement.name
        assert requirement.specifier.contains(version), f"{requirement}: locked to {version}"


def test_what_test_tools_bring_is_not_in_it() -> None:
    """The container audits; it tests nothing."""
    tools = {canonicalize_name(Requirement(one).name) for one in PROJECT["optional-dependencies"]["dev"]}
    shared = {
        canonicalize_name(Requirement(one).name) for one in PROJECT["optional-dependencies"]["postgres"]
    }

    assert not (tools - shared) & set(pinned())
