"""All rules in the order of their ids, and the function that runs them.

Pure; cannot fail.  A rule is a function with its row below it, in the module of its subject, and one
golden case (`tests/unit/test_rules_golden.py`); docs/rules.md is made from the rows.

Source: as each rule names them; `asa/sources.py` has the documents.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from asa_transport.core.judgement.rules import denied, device, saved, ssh, transport
from asa_transport.core.judgement.rules import license as license_
from asa_transport.core.judgement.rules.rule import judge

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import Case
    from asa_transport.core.judgement.rules.rule import Rule
    from asa_transport.model import Finding, Severity

RULES: Final = tuple(
    sorted(
        (*transport.RULES, *license_.RULES, *denied.RULES, *device.RULES, *saved.RULES, *ssh.RULES),
        key=lambda rule: rule.id,
    )
)


def findings(case: Case, rules: Iterable[Rule] = RULES) -> tuple[Finding, ...]:
    """Return what fires, the most urgent first, then by rule."""
    found = [finding for rule in rules for finding in judge(rule, case)]
    return tuple(sorted(found, key=lambda finding: (-finding.severity.rank, finding.rule)))


def worst(found: Iterable[Finding]) -> Severity | None:
    """Return the highest severity, `None` without findings."""
    return max((finding.severity for finding in found), key=lambda severity: severity.rank, default=None)
