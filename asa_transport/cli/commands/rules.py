"""`asa-transport rules [ID]`: what each rule means, its severity, its remedy; contacts nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from asa_transport.cli import options
from asa_transport.cli.console import exit_on_user_error, plain, print_json, print_pairs, results
from asa_transport.cli.formats import OutputFormat
from asa_transport.errors import UserError

if TYPE_CHECKING:
    from rich.table import Table

    from asa_transport.core.judgement.rules.rule import Rule


def _ids(incomplete: str) -> list[str]:
    """Return the ids that begin so, for the shell."""
    from asa_transport.core.judgement.rules.table import RULES

    return [rule.id for rule in RULES if rule.id.startswith(incomplete)]


def rules(
    rule_id: Annotated[
        str | None,
        typer.Argument(
            metavar="ID",
            autocompletion=_ids,
            help="One rule, e.g. AT101; all of them without.",
        ),
    ] = None,
    output_format: options.FormatOption = OutputFormat.TABLE,
) -> None:
    """Print what each rule means, its severity and its remedy; one rule in full."""
    from asa_transport.core.judgement.rules.table import RULES

    with exit_on_user_error():
        chosen = RULES if rule_id is None else (_find(rule_id),)
    if output_format is OutputFormat.JSON:
        print_json({"rules": [_json(rule) for rule in chosen]})
    elif rule_id is None:
        results().print(_overview(chosen))
    else:
        _print_in_full(chosen[0])


def _find(rule_id: str) -> Rule:
    """Return the rule; upper and lower case are one."""
    from asa_transport.core.judgement.rules.table import RULES

    wanted = rule_id.strip().upper()
    found = next((rule for rule in RULES if rule.id == wanted), None)
    if found is None:
        known = ", ".join(rule.id for rule in RULES)
        raise UserError(f"there is no rule {rule_id!r:.60}; the rules are {known}")
    return found


def _overview(chosen: Sequence[Rule]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for header in ("rule", "severity", "title"):
        table.add_column(header, overflow="fold")
    for rule in chosen:
        table.add_row(plain(rule.id), plain(rule.severity), plain(rule.title))
    return table


def _print_in_full(rule: Rule) -> None:
    from rich.text import Text

    rows = ((Text(f"{key:<8}", style="bold"), plain(value)) for key, value in _json(rule).items())
    print_pairs(results(), rows)


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
