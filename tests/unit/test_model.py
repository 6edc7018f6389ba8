"""The package of nouns gives every noun, and each only when it is asked for."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from asa_transport import model

PACKAGE = Path(model.__file__).parent


def public(module: str) -> set[str]:
    """What a type checker finds in a module of nouns: what is defined there, and has no underscore."""
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    names: set[str] = set()
    for found in tree.body:
        match found:
            case (
                ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name))
            ):
                names.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]):
                names.add(name)
    return {name for name in names if not name.startswith("_")}


def test_each_module_of_the_table_is_one_that_a_type_checker_reads() -> None:
    """A module in one of the two only is a lie to the other."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    read = [
        found.module.rpartition(".")[2]
        for found in ast.walk(tree)
        if isinstance(found, ast.ImportFrom)
        and [alias.name for alias in found.names] == ["*"]
        and found.module
    ]

    assert read == list(model._NOUNS)


@pytest.mark.parametrize("module", model._NOUNS)
def test_the_table_has_what_is_public_in_each_module(module: str) -> None:
    """mypy believes that the package has all of it; a name that the table lacks fails when it is run."""
    names = model._NOUNS[module].split()

    assert sorted(names) == sorted(public(module))


@pytest.mark.parametrize("name", model.__all__)
def test_every_noun_can_be_had(name: str) -> None:
    """A noun under a wrong module would be missed only when it is needed."""
    assert getattr(model, name) is not None
