"""What holds for every command: options before its name, `-q` and `--no-color`, a help with examples."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from asa_transport.cli.examples import EXAMPLES
from asa_transport.cli.lazy import commands_of
from asa_transport.cli.main import app
from tests.support import cli

INVENTORY = """\
defaults: {username: u, credential: c, known_hosts: none}
credentials: {c: {password: {env: ASA_TRANSPORT_PASSWORD}}}
groups: {audit: {}}
devices:
  fw-par-01: {host: 192.0.2.1, groups: [audit]}
  fw-par-02: {host: 192.0.2.2}
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASA_TRANSPORT_STATE_DIR", "state")
    Path("inventory.yaml").write_text(INVENTORY)
    Path("other.yaml").write_text(INVENTORY.replace("fw-", "asa-"))
    return tmp_path


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that does something, by its words."""
    for name, command in commands_of(typer.main.get_command(app)).items():
        below = getattr(command, "commands", None)
        yield from (
            {name: command}.items() if below is None else ((f"{name} {one}", below[one]) for one in below)
        )


def test_every_command_has_the_options_that_all_have() -> None:
    """A script that says `-q` and `--no-color` of all of them fails at none."""
    for words, command in commands():
        names = {name for param in command.params for name in param.opts}

        assert {"-q", "--quiet", "--no-color"} <= names, words


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("-q inventory check", "inventory check -q"),
        ("inventory -i other.yaml check", "inventory check -i other.yaml"),
        ("-i other.yaml inventory check", "inventory check -i other.yaml"),
        (
            "--inventory=other.yaml -q inventory check -l asa-par-01",
            "inventory check -q -i other.yaml -l asa-par-01",
        ),
        ("-l fw-par-01 --no-color inventory show", "inventory show -l fw-par-01"),
        # A value that is called like a command is a value.
        ("-l group:audit inventory show --format json", "inventory show -l group:audit --format json"),
        ("--format json rules AT101", "rules AT101 --format json"),
        ("-qiother.yaml inventory check", "inventory check -i other.yaml"),
        ("--state-dir runs runs --format json", "runs --state-dir runs --format json"),
        ("--ticket T-1 exceptions add fw-par-01", "exceptions add fw-par-01 --ticket T-1"),
    ],
)
def test_options_may_stand_before_their_command(before: str, after: str) -> None:
    """As git, docker and kubectl take them; only the order of the words is another."""
    first, second = cli(*shlex.split(before)), cli(*shlex.split(after))

    assert (first.code, first.out, first.err) == (second.code, second.out, second.err)


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--frmat json rules", "error: there is no option --frmat; see 'asa-transport --help'\n"),
        ("-w 5 rules", "error: rules has no option -w; see 'asa-transport --help'\n"),
        (
            "-i",
            "error: the command is missing; write it first, e.g. asa-transport audit -i …; see "
            "'asa-transport --help'\n",
        ),
        ("-l runs", "error: runs has no option -l; see 'asa-transport --help'\n"),
    ],
)
def test_an_option_of_no_command_is_an_error_where_it_stands(words: str, said: str) -> None:
    """Nothing is guessed of what is behind it."""
    ended = cli(*words.split())

    assert (ended.code, ended.out, ended.err) == (2, "", said)


@pytest.mark.parametrize("words", ["-V", "--version"])
def test_the_version_has_a_letter(words: str) -> None:
    assert re.fullmatch(r"asa-transport [0-9][0-9.a-z]*\n", cli(words).out)


@pytest.mark.parametrize("words", ["", "audit", "hostkeys", "hostkeys scan", "exceptions add"])
def test_help_has_a_letter(words: str) -> None:
    """`-h` is what most people try first."""
    short, long = cli(*words.split(), "-h"), cli(*words.split(), "--help")

    assert (short.code, short.out) == (0, long.out)
    assert short.out.strip()


def test_no_help_shows_a_type_that_nobody_types() -> None:
    """A flag takes no `<bool>`, an argument with a name no `<str>`, one that is given again no `<list[`."""
    for words, _ in (("", None), *commands()):
        shown = cli(*words.split(), "--help").out

        assert "<bool>" not in shown, words
        assert "<str>" not in shown, words
        assert "<list" not in shown, words


def test_every_command_has_examples_of_itself() -> None:
    assert sorted(EXAMPLES) == sorted(("", *(words for words, _ in commands())))
    for words, examples in EXAMPLES.items():
        assert examples, words
        for one in examples:
            assert not words or f"{one.words} ".startswith(f"{words} "), one


@pytest.mark.usefixtures("desk")
def test_every_example_can_be_typed() -> None:
    """Who copies one must not be told that it is wrong."""
    root: Any = typer.main.get_command(app)
    for examples in EXAMPLES.values():
        for one in examples:
            words = shlex.split(one.words.partition(" > ")[0])
            command, context = root, root.make_context("asa-transport", [], resilient_parsing=True)
            while hasattr(command, "commands"):
                name, command, words = command.resolve_command(context, words)
                if words and not {"-h", "--help"} & set(words):
                    ending = {} if hasattr(command, "commands") else {"parent": context}
                    inner = [] if hasattr(command, "commands") else list(words)
                    context = command.make_context(name, inner, resilient_parsing=not ending, **ending)


@pytest.mark.parametrize("path", sorted(EXAMPLES))
def test_a_help_ends_with_its_examples(path: str) -> None:
    """A person reads the end of a help first: it is what stands above the prompt."""
    shown = cli(*path.split(), "--help").out
    _, mark, end = shown.partition("Examples:")

    assert mark, path
    joined = " ".join(end.replace("\\", " ").split())
    for one in EXAMPLES[path]:
        assert f"asa-transport {one.words} {one.does}" in joined
