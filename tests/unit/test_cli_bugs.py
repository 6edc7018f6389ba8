"""`bugs` and `schema` on the command line: what is printed where, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
import yaml
from typer.testing import CliRunner, Result

from asa_transport import data
from asa_transport.asa.version import train_of
from asa_transport.cli.commands.bugs import bugs
from asa_transport.cli.commands.schema import schema
from asa_transport.cli.schemas import SCHEMAS
from asa_transport.files import bugs as catalogue

app = typer.Typer()
app.command("bugs")(bugs)
app.command("schema")(schema)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def run_json(*arguments: str) -> Any:
    result = run(*arguments, "--format", "json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_bugs_lists_the_catalogue_with_source_and_date() -> None:
    """A person must be able to check where a threshold comes from."""
    result = run("bugs")

    assert result.exit_code == 0
    for part in (
        "CSCwp10957",
        "CSCws62173",
        "CSCwr56980",
        "9.20(4)14, 9.22(2)14, 9.23(1)22",
        "FPR-21",
        "2026-05-21",
    ):
        assert part in result.stdout


def test_bugs_as_json_names_the_catalogue_it_used() -> None:
    """Two answers compare only if the catalogue is the same."""
    document = run_json("bugs")

    assert document["catalogue_version"]
    assert len(document["catalogue_sha256"]) == 64
    shipped = catalogue.load(None, train_of=train_of)
    assert [bug["id"] for bug in document["bugs"]] == [bug.id for bug in shipped.bugs]
    assert {bug["from"] for bug in document["bugs"]} == {"shipped"}


@pytest.mark.parametrize(
    ("version", "model", "verdicts"),
    [
        ("9.20(4)13", "ASAv", ["affected", "no-fix-listed", "not-affected", "not-affected"]),
        ("9.22(1.1)", "FPR-2110", ["affected", "no-fix-listed", "affected", "not-affected"]),
        ("9.18(4)40", "Firepower 2130", ["no-fix-listed", "no-fix-listed", "no-fix-listed", "not-affected"]),
        ("9.24(1)9", "FPR-2110", ["fixed", "no-fix-listed", "fixed", "not-affected"]),
        ("9.24(1)", None, ["fixed", "no-fix-listed", "no-fix-listed", "not-affected"]),
    ],
)
def test_bugs_gives_a_verdict_for_each_entry(version: str, model: str | None, verdicts: list[str]) -> None:
    """One row an entry, with the reason."""
    document = run_json("bugs", version, *(["--model", model] if model else []))

    found = {one["id"]: one["verdict"] for one in document["verdicts"]}
    assert [found[name] for name in ("CSCwp10957", "CSCwr56980", "CSCws62173", "FN72103")] == verdicts
    assert all(one["why"] for one in document["verdicts"])


def test_the_table_says_why() -> None:
    """A verdict that nobody can follow is not believed."""
    result = run("bugs", "9.18(4)40", "--model", "ASAv")

    assert result.exit_code == 0
    assert "no-fix-listed" in result.stdout
    assert "because Cisco's text 'lower than 9.20(4)14" in result.stdout


def test_a_replaced_entry_is_said(tmp_path: Path) -> None:
    """Nobody should wonder why the verdict differs from a colleague's."""
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "bugs:\n"
        "  CSCwp10957: {title: t, severity: low, fixed_in: [9.20(4)99], source: s, as_of: 2026-06-01}\n",
        encoding="utf-8",
    )

    result = run("bugs", "9.20(4)14", "--bugs", str(mine))

    assert result.exit_code == 0
    assert "CSCwp10957 replaces the shipped entry" in result.stderr
    assert "9.20(4)14 is lower than 9.20(4)99" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["9.20(4"], "'9.20(4' is not an ASA version; expected e.g. 9.20(4)14"),
        (["nonsense\x1b[2J"], "is not an ASA version"),
        (["--model", "ASAv"], "--model says nothing without a version"),
        (["--bugs", "/nowhere/bugs.yaml"], "/nowhere/bugs.yaml: there is no such file"),
    ],
)
def test_a_users_mistake_ends_with_exit_code_2(arguments: list[str], message: str) -> None:
    """The message is on stderr, and stdout stays empty for the program that reads it."""
    result = run("bugs", *arguments)

    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""
    assert "\x1b" not in result.stderr


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_is_a_schema(name: str) -> None:
    """An editor refuses a malformed one without saying why."""
    result = run("schema", name)

    assert result.exit_code == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(result.stdout))


def test_an_unknown_schema_is_named_with_the_nearest() -> None:
    """Exit code 2, and what there is."""
    result = run("schema", "polcy")

    assert result.exit_code == 2
    assert "did you mean 'policy'?" in result.stderr
    assert "inventory, policy, bugs, exceptions" in result.stderr


def test_the_shipped_catalogue_fits_its_schema() -> None:
    """The schema is for users' files of the same form."""
    shipped = Path(data.__file__).with_name("bugs.yaml").read_text(encoding="utf-8")

    # As texts: YAML's own types would turn the dates into something that JSON does not have.
    jsonschema.validate(yaml.load(shipped, Loader=yaml.BaseLoader), SCHEMAS["bugs"]())
