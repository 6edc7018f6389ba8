"""Docstrings, comments and pages name modules that are there: a reader follows them."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("asa_transport", "mock_devices", "tools", "tests")
MODULES = frozenset(
    path.relative_to(ROOT).as_posix() for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")
)
# What a page may call a module: its path, or the end of it.
ENDS = frozenset(
    "/".join(parts[start:])
    for parts in (module.split("/") for module in MODULES)
    for start in range(len(parts))
)
# An old change log speaks of the program of its day.
PAGES = tuple(
    page for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")) if page.name != "CHANGELOG.md"
)
PATH = re.compile(r"(?<![\w./<{*-])(?:[\w-]+/)*[\w-]+\.py\b(?![\w.])")
# `rules/SUBJECT.py`: the reader's own, by the word in capitals.
PLACEHOLDER = re.compile(r"(?:^|[/_])[A-Z]{2,}\.py$")
DOTTED = re.compile(r"\b(?:asa_transport|mock_devices)(?:\.\w+)+")
NAMING = re.compile(r"^(?!from |import ).*(?:\.py\b|\b(?:asa_transport|mock_devices)\.\w)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def prose(source: str) -> Iterator[str]:
    """Yield docstrings and comments."""
    # Most files name no module but in imports, and reading them all is slow.
    if not any(map(NAMING.search, source.splitlines())):
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node, clean=False) or ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def is_there(dotted: str) -> bool:
    """Whether this is a module or a package, or stands in one."""
    path = dotted.replace(".", "/")
    if f"{path}.py" in MODULES or f"{path}/__init__.py" in MODULES:
        return True
    holder, _, name = path.rpartition("/")
    found = next((one for one in (f"{holder}.py", f"{holder}/__init__.py") if one in MODULES), None)
    return found is not None and re.search(rf"\b{name}\b", (ROOT / found).read_text()) is not None


def strangers(text: str) -> list[str]:
    """Return the modules that a text names and that are not there."""
    paths = [name for name in PATH.findall(text) if name not in ENDS and not PLACEHOLDER.search(name)]
    return paths + [name for name in DOTTED.findall(text) if not is_there(name)]


def test_a_name_of_a_module_that_is_gone_is_found() -> None:
    """The test below must be able to fail."""
    assert strangers("as `core/gone.py` and asa_transport.core.gone.read do") == [
        "core/gone.py",
        "asa_transport.core.gone.read",
    ]
    assert strangers("`core/GONE.py` and `core/facts_NAME.py` are the reader's") == []
    assert strangers("`tests/unit/test_named_modules.py`, judge.py, asa_transport.text.visible") == []


def test_every_module_that_docstrings_and_comments_name_is_there() -> None:
    """After a move the words of the old place mislead whoever reads them."""
    told = {
        f"{module}: {name}"
        for module in MODULES - {"tests/unit/test_named_modules.py"}
        for text in prose((ROOT / module).read_text())
        for name in strangers(text)
    }

    assert sorted(told) == []


def test_every_module_that_a_page_names_is_there() -> None:
    """So does a page; an example in it may name files of the reader's own."""
    told = {
        f"{page.relative_to(ROOT)}: {name}"
        for page in PAGES
        for name in strangers(FENCED.sub("", page.read_text()))
    }

    assert sorted(told) == []
