"""The manual page: as the commands are, whole, and without a fault that groff knows."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import date
from typing import Any

import typer

from asa_transport._version import __date__, __version__
from asa_transport.cli.lazy import commands_of
from asa_transport.cli.main import app
from asa_transport.model.ending import RunEnd
from tests.support import ROOT, tool
from tools.manual import EXITS, page

FILE = ROOT / "contrib" / "man" / "asa-transport.1"


def commands(group: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command with its path."""
    for name, command in commands_of(group).items():
        if hasattr(command, "commands"):
            yield from commands(command, (*above, name))
        else:
            yield " ".join((*above, name)), command


def shown() -> str:
    """The page as a reader sees it."""
    argv = [tool("groff", "groff-base"), "-man", "-Tascii", "-P-cbou", "-rLL=300n", str(FILE)]
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_page_is_that_of_the_commands() -> None:
    """`make pages` writes it anew; an option that is not in it does not exist for many."""
    assert FILE.read_text() == page(), "run 'make pages'"


def test_every_command_and_option_is_shown() -> None:
    """Through groff, so that an option is read as it is typed."""
    text = shown()

    for path, command in commands(typer.main.get_command(app)):
        assert f"asa-transport {path}" in text
        for option in command.params:
            if option.param_type_name == "option" and not option.hidden:
                assert all(name in text for name in option.opts), (path, option.opts)


def test_the_page_has_the_day_of_its_release() -> None:
    """A page without a date does not say whether it is the one of the program that is installed."""
    assert date.fromisoformat(__date__).isoformat() == __date__
    assert f"asa-transport {__version__}" in shown()
    assert __date__ in shown()


def test_every_exit_code_is_explained() -> None:
    """Scripts are written from this page."""
    assert set(EXITS) == set(RunEnd)


def test_groff_has_nothing_to_say_of_it() -> None:
    """Its warnings are words that a reader does not see."""
    argv = [tool("groff", "groff-base"), "-man", "-ww", "-z", "-Tutf8", str(FILE)]

    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
