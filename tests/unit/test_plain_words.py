"""What a user reads is short and direct: who reads English as a second language reads it once."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator

import pytest

from asa_transport.core.judgement.rules import table
from asa_transport.core.judgement.rules.rule import Rule
from asa_transport.core.parsing import parse
from tests.golden.golden import DEVICES, capture_of
from tests.support import ROOT
from tests.unit.test_words import AROUND, GOLDEN, TABLES, judged, said_of

# Sayings that were taken out: an idiom, an inverted order, or a thing that nobody names.
SAYINGS = re.compile(
    "|".join(
        (
            r"\band yet\b",
            r"\bcom(?:e|es|ing) to (?:a stand|no end|its end|nothing)\b",
            r"\bits turn had not come\b",
            r"\bwhose turn had not come\b",
            r"\bgoing back failed\b",
            r"\bthe way back\b",
            r"\b(?:its|the only|no) way out\b",
            r"\bread[s]? otherwise\b",
            r"\bnever rewritten from here\b",
            r"\bnever from here\b",
            r"\bon (?:its|the) word\b",
            r"\bmust be looked at\b",
            r"\bis to be looked at\b",
            r"\bbe done with\b",
            r"\bis done with\b",
            r"\bnot to be trusted\b",
            r"\bnobody owns\b",
            r"\btold by operators\b",
            r"\bnone of the (?:models|releases) affected\b",
            r"\bthat clients are leaving\b",
            r"\bdoes not let '",
            r"\band was given up\b",
            r"\ba fault of ours\b",
            r"\btake(?:s|n)? (?:it|the change|them) back\b",
            r"\bcould not be taken back\b",
            r"\bor takes back\b",
            r"\bfinishes or takes\b",
            r"\bbut between\b",
            r"\bare leaving\b",
            r"\bdo not reload before(?:$|[.;])",
            r"\bsilent (?:where|above|for)\b",
        )
    ),
    re.IGNORECASE,
)
# In the words of a sentence: the longest that a message of a rule or a decision may have.  What is quoted
# (a command, a device's own line) is one word, and a colon or a semicolon ends a sentence.
LONGEST = 25


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences; what stands in quotes is a word."""
    bare = re.sub(r"(?<!\w)'[^']*'(?!\w)|\([^)]*\)", "QUOTED", text)
    yield from re.split(r"[.;:](?:\s|$)", bare)


@functools.cache
def literals() -> tuple[tuple[str, str], ...]:
    """Return every text of the program that may be shown, with its file and line; no docstring."""
    return tuple(_literals())


def _literals() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "asa_transport").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or id(node) in docstrings:
                continue
            if isinstance(node.value, str) and " " in node.value:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value


def test_no_text_sends_its_reader_to_a_page_that_an_install_does_not_have() -> None:
    """A wheel brings the program and its help; docs/ stays in the checkout."""
    named = [f"{place}: {text}" for place, text in literals() if re.search(r"docs/[\w-]+\.md", text)]

    assert named == []


def test_no_saying_that_was_taken_out_comes_back() -> None:
    """At three in the morning "the way back" is a road, and "it reads otherwise" is a riddle."""
    found = list(literals())

    assert len(found) > 2000
    assert [(place, text) for place, text in found if SAYINGS.search(text)] == []


@pytest.mark.parametrize("rule", table.RULES, ids=lambda rule: rule.id)
def test_a_rule_is_explained_in_short_sentences(rule: Rule) -> None:
    """A sentence of forty words is read three times."""
    texts = (rule.title, rule.meaning, rule.severity, rule.evidence)

    assert [one for text in texts for one in sentences(text) if len(one.split()) > LONGEST] == []


@pytest.mark.parametrize("name", GOLDEN)
def test_findings_and_reasons_are_short_sentences(name: str) -> None:
    """They are read on a telephone, by somebody who was asleep."""
    facts = parse.facts(capture_of(DEVICES / name), TABLES)

    said = {text for expect in range(len(AROUND)) for text in said_of(judged(facts, expect))}

    assert [one for text in said for one in sentences(text) if len(one.split()) > LONGEST] == []


def test_the_sayings_that_are_looked_for_are_found() -> None:
    """A pattern that matches nothing would let everything pass."""
    for text in (
        "its turn had not come when the run ended",
        "the device says that it is authorized, and yet its enforce mode is Eval",
        "the run ended; going back failed: timeout",
        "finishes or takes back",
        "then renew; do not reload before",
    ):
        assert SAYINGS.search(text), text
