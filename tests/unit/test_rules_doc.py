"""docs/rules.md and `asa-transport rules` say what the table of rules says."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from typer.testing import CliRunner, Result

from asa_transport.cli.commands.rules import rules
from asa_transport.core.judgement.rules.page import rules_page
from asa_transport.core.judgement.rules.table import RULES

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"

app = typer.Typer()
app.command()(rules)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_the_page_of_rules_is_current() -> None:
    """A page that lags behind the program sends people to the wrong remedy."""
    assert PAGE.read_text(encoding="utf-8") == rules_page(RULES)


def test_the_table_lists_every_rule_on_one_line() -> None:
    """grep finds a rule by its id."""
    result = run()

    assert result.exit_code == 0
    lines = [line.split()[0] for line in result.stdout.splitlines()[1:]]
    assert lines == [rule.id for rule in RULES]


def test_one_rule_is_printed_in_full_whatever_its_case() -> None:
    """The remedy is what the reader came for."""
    result = run("at205")

    assert result.exit_code == 0
    rule = next(rule for rule in RULES if rule.id == "AT205")
    assert all(
        text in result.stdout for text in (rule.title, rule.meaning, rule.remedy, *map(str, rule.sources))
    )
    assert "AT204" not in result.stdout


def test_rules_are_json_for_programs() -> None:
    """Ticket systems attach the remedy to the finding's id."""
    result = run("--format", "json")

    document = json.loads(result.stdout)
    assert [rule["id"] for rule in document["rules"]] == [rule.id for rule in RULES]
    assert all(rule["remedy"] and rule["meaning"] and rule["severity"] for rule in document["rules"])


def test_an_unknown_rule_is_a_usage_error_that_says_where_the_known_ones_are() -> None:
    """A typing error must not look like a rule without text."""
    result = run("AT999")

    assert result.exit_code == 2
    assert "'AT999'" in result.stderr
    assert "see 'asa-transport rules'" in result.stderr
    assert result.stdout == ""
