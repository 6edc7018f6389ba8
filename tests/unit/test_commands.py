"""The table of commands is what the commands themselves say."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import typer

from asa_transport.cli.commands.schema import NAMES
from asa_transport.cli.lazy import Entry, commands_of
from asa_transport.cli.main import COMMANDS, app
from asa_transport.cli.schemas import SCHEMAS


@pytest.fixture(scope="module")
def commands() -> dict[str, Any]:
    return dict(commands_of(typer.main.get_command(app)))


def test_the_table_names_the_commands_in_the_order_of_the_help(commands: dict[str, Any]) -> None:
    """What is not in the table cannot be run."""
    listed = typer.main.get_command(app)

    assert list(commands) == list(COMMANDS) == list(listed.commands)  # type: ignore[attr-defined]
    assert [command.name for command in commands.values()] == list(COMMANDS)


@pytest.mark.parametrize(("name", "entry"), COMMANDS.items())
def test_the_summary_of_the_table_is_the_first_paragraph_of_the_help(
    commands: dict[str, Any], name: str, entry: Entry
) -> None:
    """The help of the program must not promise what a command does not."""
    first = inspect.cleandoc(commands[name].help).split("\n\n")[0]

    assert " ".join(first.split()) == entry.summary


def test_the_help_of_schema_names_every_schema() -> None:
    """What is not named cannot be asked for."""
    assert list(SCHEMAS) == list(NAMES)
