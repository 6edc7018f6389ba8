"""Write the rules as the page docs/rules.md.

Pure; the same rules give the same text.

Source: CONTRACT §6.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asa_transport.core.judgement.rules.rule import Rule


def rules_page(rules: Sequence[Rule]) -> str:
    """Return docs/rules.md."""
    lines = [
        "# Rules",
        "",
        "Made from the table in `asa_transport/core/judgement/rules/table.py`; a test compares. "
        "`asa-transport rules [ID]` prints",
        "the same. DOMAIN and CONTRACT are the project's notes on ASA licensing and its fixed interface.",
        "",
        "| id | title | severity |",
        "|---|---|---|",
        *(f"| [{rule.id}](#{rule.id.lower()}) | {rule.title} | {rule.severity} |" for rule in rules),
        "",
    ]
    for rule in rules:
        lines += [
            f"## {rule.id}",
            "",
            f"**{rule.title}.** {rule.meaning}",
            "",
            f"- Severity: {rule.severity}",
            f"- Remedy: {rule.remedy}.",
            f"- Evidence: {rule.evidence}.",
            f"- Source: {rule.source}.",
            "",
        ]
    return "\n".join(lines)
