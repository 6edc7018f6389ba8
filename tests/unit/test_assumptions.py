"""What the program assumes of the ASA is a list of rows: each is used by code that exists, and tried."""

from __future__ import annotations

import ast
import importlib
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from asa_transport.asa import commands
from asa_transport.core.assumptions.tries import TRIALS
from asa_transport.core.judgement.rules.table import RULES
from asa_transport.files import assumptions
from asa_transport.model import SSH_SESSION, Assumption, Effect

ROOT = Path(__file__).parents[2]
ROWS = {row.id: row for row in assumptions.load()}
# A push of which nothing proves that it worked is another matter than a fact of the ASA; so are names.
OTHER_MEANING = re.compile(r"unproven or unsaved|`[\w.]*unproven`|^\s*unproven:", re.MULTILINE)
UNPROVEN = re.compile(r"\b(?:unproven|uncited)\b|\bnot proven\b.*\bASA\b", re.IGNORECASE)


def python_texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each docstring, and each block of comments, with its line."""
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for child in node.body:
                # Those of attributes too.
                value = child.value if isinstance(child, ast.Expr) else None
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield child.lineno, value.value
    comments = [
        (token.start[0], token.string)
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    ]
    yield from _blocks(comments)


def template_texts(path: Path) -> Iterator[tuple[int, str]]:
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    yield from _blocks([(number, line) for number, line in lines if line.lstrip().startswith("#")])


def _blocks(comments: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    block: list[tuple[int, str]] = []
    for number, text in [*comments, (-1, "")]:
        if block and number != block[-1][0] + 1:
            yield block[0][0], "\n".join(line for _, line in block)
            block = []
        block.append((number, text))


def test_each_comment_that_says_unproven_names_its_row() -> None:
    """Else nobody learns from a real firewall what the code there rests on."""
    texts = [
        (path, number, text)
        for folder, pattern, read in (
            (ROOT / "asa_transport", "**/*.py", python_texts),
            (ROOT / "textfsm_templates", "*.textfsm", template_texts),
        )
        for path in sorted(folder.glob(pattern))
        for number, text in read(path)
    ]
    without = [
        f"{path.relative_to(ROOT)}:{number}: {' '.join(text.split())[:100]}"
        for path, number, text in texts
        if UNPROVEN.search(OTHER_MEANING.sub("", text)) and not any(f"`{name}`" in text for name in ROWS)
    ]

    assert len(texts) > 1000
    assert without == []


def test_each_rule_that_rests_on_something_unproven_names_its_row() -> None:
    """A rule's page says that nobody has published it; the row says how to find out."""
    named = []
    for path in sorted((ROOT / "asa_transport").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "not_proven":
                row = next((word.value for word in node.keywords if word.arg == "row"), None)
                assert isinstance(row, ast.Constant), f"{path}:{node.lineno}"
                named.append(row.value)

    assert named
    assert set(named) <= ROWS.keys()


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_each_row_says_both_readings_and_what_follows(row: Assumption) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", row.id)
    for text in (row.statement, row.otherwise):
        assert text.endswith("."), text
        assert text[0].isupper() or text[0] == "`", text
        assert len(text.split()) <= 25, text
    assert row.source
    assert row.consequence.endswith("."), row.consequence


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_what_a_row_says_to_depend_on_it_exists(row: Assumption) -> None:
    rules = {rule.id for rule in RULES}
    assert row.used_by
    for kind, names in row.used_by.items():
        assert kind in {"parser", "rule", "guard", "prediction", "message"}
        assert names
        for name in names:
            if kind == "rule":
                assert name in rules, name
            elif "." not in name:
                assert (ROOT / "textfsm_templates" / f"{name}.textfsm").is_file(), name
            else:
                _found(name)


def _found(name: str) -> None:
    module, _, attribute = f"asa_transport.{name}".rpartition(".")
    owner = importlib.import_module(module)
    if not hasattr(owner, attribute):
        importlib.import_module(f"{module}.{attribute}")


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_a_row_is_tried_exactly_where_an_answer_shows_it(row: Assumption) -> None:
    known = {command.text for command in commands.COMMANDS} | {"ping tcp", SSH_SESSION}

    assert set(row.shown_by) <= known
    assert (row.id in TRIALS) is bool(row.shown_by)


def test_no_trial_is_of_a_row_that_is_not_there() -> None:
    assert TRIALS.keys() <= ROWS.keys()


def test_a_difference_never_loosens_a_guard() -> None:
    """What is learnt makes a prediction right, or makes the tool refuse; all other rows only inform."""
    acting = {row.id: row.effect for row in ROWS.values() if row.effect is not Effect.INFORMS}

    assert acting == {
        "default-transport": Effect.REFUSES,
        "default-line-hidden": Effect.PREDICTS,
        "transport-lines-last": Effect.PREDICTS,
        "proxy-behind-type": Effect.PREDICTS,
        "checksum-of-running": Effect.REFUSES,
    }
