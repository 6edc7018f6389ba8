"""What is said of every situation that the tests know: the decision with its reasons, each finding whole.

The situations are those of docs/decisions.md and of `tests/unit/test_rules_golden.py`, in their words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from asa_transport.core.judgement.decisions.table import decide, deciding_row
from asa_transport.core.judgement.rules.table import findings
from asa_transport.model import Decision, Finding
from tests.unit.judging import case_of
from tests.unit.test_decisions_doc import doc_rows
from tests.unit.test_rules_golden import FIRES, SILENT

# Each once, in the order in which they stand there.
SITUATIONS: Final = tuple(
    dict.fromkeys(
        (
            *((row.facts, row.expect, row.around) for row in doc_rows()),
            *((case.facts, case.expect, case.around) for case in FIRES),
            *((case.facts, case.expect, case.around) for case in SILENT),
        )
    )
)


def texts() -> Iterator[tuple[str, str]]:
    """Return the decisions and the findings, each as one text with the name of its file."""
    decided, found = [], []
    for words in SITUATIONS:
        case = case_of(*words)
        hits = findings(case)
        head = " | ".join(words)
        decided += [head, *_of_decision(deciding_row(case, hits).name, decide(case, hits)), ""]
        found += [head, *(line for hit in hits for line in _of_finding(hit)), ""]
    yield "judgement/decisions.txt", "\n".join(decided)
    yield "judgement/findings.txt", "\n".join(found)


def _of_decision(row: str, decision: Decision) -> Iterator[str]:
    yield f"  {decision.verdict.value} by {row}: {', '.join(decision.changes) or 'no change'}"
    yield from (f"    {reason}" for reason in decision.reasons)


def _of_finding(finding: Finding) -> Iterator[str]:
    yield f"  {finding.key} {finding.severity.value}: {finding.detail}"
    yield from (f"    {one.name}={one.value}" for one in finding.values or ())
    yield from (f"    {one.command} {one.line}: {one.text}" for one in finding.evidence)
    if finding.missing_from is not None:
        yield f"    missing from: {finding.missing_from}"
    yield f"    remedy: {finding.remedy}"
