"""Decide what should be done with one device: a literal table of guarded rows, the first that matches wins.

Pure; cannot fail: the last row matches always, and says hold.  Guarantees that what is
not known never yields `change` or `compliant`; that only `change` carries changes, the
proxy before the type; that a standby unit is never changed.

Source: docs/decisions.md lists the rows as they stand here, with examples, and a test runs these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asa_transport.core.judgement.decisions import change, contact, scope
from asa_transport.core.judgement.decisions.conditions import wanted_changes
from asa_transport.model import Decision, Verdict

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import Case
    from asa_transport.core.judgement.decisions.row import Findings, Row

ROWS: Final = (*scope.ROWS, *change.ROWS, *contact.ROWS)


def decide(case: Case, findings: Findings) -> Decision:
    """Return verdict, changes and reasons.

    Args:
        findings: What the rules said of the same case.
    """
    row = deciding_row(case, findings)
    changes = wanted_changes(case) if row.verdict is Verdict.CHANGE else ()
    return Decision(verdict=row.verdict, changes=changes, reasons=row.reasons(case))


def deciding_row(case: Case, findings: Findings) -> Row:
    """Return the first row that matches."""
    return next(row for row in ROWS if row.when(case, findings))


def is_not_applicable(case: Case) -> bool:
    """Return whether there is nothing to judge here; no finding bears on that."""
    return deciding_row(case, ()).verdict is Verdict.NOT_APPLICABLE
