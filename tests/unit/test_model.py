"""The package of nouns gives every noun, and each only when it is asked for."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from asa_transport import model


def test_the_table_of_nouns_is_that_of_the_imports() -> None:
    """mypy reads the imports, the program the table: a noun in one of them only is a lie to the other."""
    tree = ast.parse(Path(model.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.name: found.module.rpartition(".")[2]
        for found in ast.walk(tree)
        if isinstance(found, ast.ImportFrom) and found.module and found.module.startswith("asa_transport.")
        for alias in found.names
    }

    assert imported == model._MODULE_OF
    assert sorted(model.__all__) == sorted(imported)


@pytest.mark.parametrize("name", model.__all__)
def test_every_noun_can_be_had(name: str) -> None:
    """A noun under a wrong module would be missed only when it is needed."""
    assert getattr(model, name) is not None
