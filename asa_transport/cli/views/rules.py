"""The rules: a row each for people, one of them in full, or all of it as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from asa_transport.cli.console import plain, print_json, print_pairs, print_whole, results
from asa_transport.core.judgement.rules.rule import Rule

if TYPE_CHECKING:
    from rich.table import Table


def print_rules(chosen: Sequence[Rule], *, is_one: bool, as_json: bool, no_color: bool) -> None:
    """Print what each rule means; of one alone everything."""
    if as_json:
        print_json({"rules": [_json(rule) for rule in chosen]})
    elif is_one:
        _print_in_full(chosen[0], no_color=no_color)
    else:
        results(no_color=no_color).print(_overview(chosen))


def _overview(chosen: Sequence[Rule]) -> Table:
    # Only here: one rule needs none.
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for header in ("rule", "severity", "title"):
        table.add_column(header, overflow="fold")
    for rule in chosen:
        table.add_row(plain(rule.id), plain(rule.severity), plain(rule.title))
    return table


def _print_in_full(rule: Rule, *, no_color: bool) -> None:
    console, shown = results(no_color=no_color), _json(rule)
    del shown["source"]
    print_pairs(console, ((Text(f"{key:<8}", style="bold"), plain(value)) for key, value in shown.items()))
    print_whole(console, Text("source", style="bold"), (plain(str(source)) for source in rule.sources))


def _json(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity,
        "meaning": rule.meaning,
        "remedy": rule.remedy,
        "evidence": rule.evidence,
        "source": rule.source,
    }
