"""Write the rules as the page docs/rules.md.

Pure; the same rules give the same text.

Source: CommonMark (lists, links).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from asa_transport.asa.sources import Document, Source

if TYPE_CHECKING:
    from asa_transport.core.judgement.rules.rule import Rule


def rules_page(rules: Sequence[Rule]) -> str:
    """Return docs/rules.md."""
    lines = [
        "# Rules",
        "",
        "Made from the table in `asa_transport/core/judgement/rules/table.py`; a test compares. "
        "`asa-transport rules [ID]` prints",
        "the same. Each names where what it says is known from: a public document, or in plain words "
        "`observed` on a device,",
        "`inferred` from the other sources, `unproven` (told, and published nowhere that we know of), or an "
        "`own rule` of this",
        "program.",
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
            "- Sources:",
            *(f"    - {_linked(source)}" for source in rule.sources),
            "",
        ]
    return "\n".join(lines)


def _linked(source: Source) -> str:
    return f"[{source.title}]({source.address})" if isinstance(source, Document) else str(source)
