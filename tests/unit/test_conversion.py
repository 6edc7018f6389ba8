"""What the command line converts itself is what typer would have made of it, or is left to typer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from asa_transport.cli.conversion import NOT_PLAIN, convert_plainly, converted
from asa_transport.cli.lazy import commands_of
from asa_transport.cli.main import app

WORDS = (
    "", "x", "last", "fw-par-01", "a,b", " a ", "a\nb", "é", "e\u0301", "a\udc80b", "a\0b", "-", "~",
    "/", "~/x",
    "0", "1", "5", "10", "11", "007", "+5", " 5", "5 ", "-3", "1_000", "1e3", "nan", "inf", "٣", "²",
    "1000", "1001", "9" * 15, "9" * 30, "1.5", ".5", "5.", ".", "1.2.3", "0.1", "0.09",
    "table", "json", "JSON", "high", "smart", "true", "2026-01-12T13:00:00Z",
)  # fmt: skip
VALUES = (*WORDS, None, True, False, 0, 5, 2000, 0.05, 2.0, Path("x"), Path("/"), b"x", object())
LISTS: tuple[Any, ...] = ([], (), ["a", "b"], ("a",), ["a\udc80b"], [Path("x"), "/"], [5], "ab")


def kinds() -> Iterator[Any]:
    """One parameter of each kind that some command takes, `--help` too."""
    found: dict[str, Any] = {}
    for command in commands_of(typer.main.get_command(app)).values():
        for one in (command, *getattr(command, "commands", {}).values()):
            for param in one.get_params(typer.Context(one)):
                taken = param.type_descriptor
                rules = {name: value for name, value in vars(taken.parameter_info).items() if is_rule(name)}
                found.setdefault(repr((taken.annotation, param.multiple, param.nargs, rules)), param)
    yield from found.values()


def is_rule(name: str) -> bool:
    return name not in {
        "default",
        "param_decls",
        "help",
        "autocompletion",
        "envvar",
        "metavar",
        "show_default",
    }


KINDS = tuple(kinds())


def by_typer(param: Any, value: Any) -> Any:
    try:
        return param.get_runtime_param().coerce(
            value, param=param, ctx=typer.Context(typer.main.get_command(app))
        )
    except typer.BadParameter:
        return NOT_PLAIN


def whole(value: Any) -> Any:
    """With its types, and those of its parts: 1, 1.0 and True are three."""
    parts = [whole(part) for part in value] if isinstance(value, list | tuple) else None
    return type(value), repr(value) if parts is None else parts


@pytest.mark.parametrize("param", KINDS, ids=lambda param: param.name)
def test_what_is_converted_here_is_what_typer_makes_of_it(param: Any, tmp_path: Path) -> None:
    """A word that two ways read two ways would depend on which of the two is the faster one."""
    there = tmp_path / "there"
    there.write_text("")
    several = param.multiple or param.nargs == -1
    given = (
        *VALUES,
        str(there),
        str(tmp_path),
        str(tmp_path / "not"),
        param.default,
        *(LISTS if several else ()),
    )

    for value in given:
        found = converted(param, value)

        if found is not NOT_PLAIN:
            assert whole(found) == whole(by_typer(param, value)), value


@pytest.mark.parametrize("param", KINDS, ids=lambda param: param.name)
def test_what_nobody_gave_is_converted_here(param: Any) -> None:
    """One option that is left to typer costs a start as much as all of them."""
    assert converted(param, param.default) is not NOT_PLAIN


@pytest.mark.parametrize(
    ("name", "word", "value"),
    [("limit", ["fw1", "!fw2"], ["fw1", "!fw2"]), ("inventory", "fleet.yaml", Path("fleet.yaml"))],
)
def test_what_a_person_types_is_converted_here(name: str, word: Any, value: Any) -> None:
    param = next(one for one in KINDS if one.name == name)

    assert converted(param, word) == value


def test_a_typer_without_its_own_record_converts_everything() -> None:
    """What an option takes is read from typer's insides; without them a start is slower, and no other."""

    class Option:
        def process_value(self, _: object, value: str) -> str:
            return f"{value} by typer"

    option = Option()

    convert_plainly(option)

    assert option.process_value(None, "5") == "5 by typer"
