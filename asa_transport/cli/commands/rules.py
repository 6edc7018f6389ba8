"""`asa-transport rules [ID]`: what each rule means, its severity, its remedy; contacts nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from asa_transport.cli import completion, options
from asa_transport.cli.console import exit_on_user_error
from asa_transport.cli.formats import OutputFormat
from asa_transport.cli.option_groups import Tone, with_bundles
from asa_transport.errors import UserError

if TYPE_CHECKING:
    from asa_transport.core.judgement.rules.rule import Rule


_TONE = Tone()


@with_bundles
def rules(
    rule_id: Annotated[
        str | None,
        typer.Argument(
            metavar="ID",
            autocompletion=completion.rules,
            help="A rule, e.g. AT101; without it, all rules are listed.",
        ),
    ] = None,
    output_format: options.FormatOption = OutputFormat.TABLE,
    tone: Tone = _TONE,
) -> None:
    """List the rules, or explain one of them: what it means, how severe it is, what to do."""
    from asa_transport.cli.views.rules import print_rules
    from asa_transport.core.judgement.rules.table import RULES

    with exit_on_user_error():
        chosen = RULES if rule_id is None else (_find(rule_id),)
    as_json = output_format is OutputFormat.JSON
    print_rules(chosen, is_one=rule_id is not None, as_json=as_json, no_color=tone.no_color)


def _find(rule_id: str) -> Rule:
    """Return the rule; upper and lower case are one."""
    from asa_transport.core.judgement.rules.table import RULES

    wanted = rule_id.strip().upper()
    found = next((rule for rule in RULES if rule.id == wanted), None)
    if found is None:
        # Only here: a rule that is found needs no reader of files.
        from asa_transport.files.checker import nearest

        ids = [rule.id for rule in RULES]
        # A number that no rule has is like any other one.
        near = "" if f"AT{wanted[2:]}" == wanted else nearest(f"AT{wanted}", ids)
        raise UserError(f"there is no rule {rule_id!r:.60}{near}; see 'asa-transport rules'")
    return found
