"""The composition of containers: what it starts is what the program takes."""

from __future__ import annotations

from typing import Any

import typer
import yaml

from asa_transport.cli.lazy import commands_of
from asa_transport.cli.main import app
from tests.support import ROOT

PLACE = ROOT / "contrib" / "container"


def composition() -> dict[str, Any]:
    found = yaml.safe_load((PLACE / "compose.yaml").read_text())
    assert isinstance(found, dict)
    return found


def test_every_command_of_the_composition_is_one_of_the_program() -> None:
    """A worker that ends at once with a usage error is found out nowhere else here."""
    commands = [one["command"] for one in composition()["services"].values() if one.get("command")]
    known: Any = commands_of(typer.main.get_command(app))

    assert len(commands) == 3
    for name, *rest in commands:
        known[name].make_context(name, list(rest))


def test_the_regions_that_are_audited_have_a_worker_and_firewalls() -> None:
    """The first thing that a person sees of it is a report without gaps."""
    services = composition()["services"]
    workers = {one["command"][2] for one in services.values() if one.get("command", [""])[:1] == ["worker"]}
    inventory = yaml.safe_load((ROOT / "inventory.example.yaml").read_text())
    regions = {one.get("region") for one in (*inventory["groups"].values(), *inventory["devices"].values())}
    limit = services["audit"]["command"][-1]

    assert {word.partition(":")[2] for word in limit.split(",")} == workers
    assert workers <= regions


def test_the_files_that_are_mounted_are_there() -> None:
    """A mount of nothing is an empty folder, without a word."""
    mounted = composition()["x-program"]["volumes"][0].partition(":")[0]

    assert (PLACE / mounted).is_file()
    assert (PLACE / composition()["services"]["mock"]["build"]["context"] / "pyproject.toml").is_file()
