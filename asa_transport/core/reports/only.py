"""Choose of a report what `--only` names: devices by verdict, by severity, and those not audited.

Pure.  It chooses what is shown and nothing else: who shows a part says how much it is not.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from asa_transport.core.reports.report import Report
from asa_transport.errors import UserError
from asa_transport.model import Audited, AuditOutcome, Severity, Verdict

NOT_AUDITED: Final = "not-audited"
_NOT_JUDGED: Final = "not judged"
WORDS: Final = (*(one.value for one in Verdict), NOT_AUDITED, *(one.value for one in reversed(Severity)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """What is asked for: a device is chosen where one of the words is true of it."""

    words: tuple[str, ...]

    def chooses(self, outcome: AuditOutcome) -> bool:
        """Return whether the device is to be shown; a severity is that of a finding that is not waived."""
        if not isinstance(outcome, Audited):
            return NOT_AUDITED in self.words
        severities = {finding.severity.value for finding in outcome.findings if finding.waived is None}
        return outcome.verdict in self.words or not severities.isdisjoint(self.words)


def only(patterns: Sequence[str] | None) -> Only | None:
    """Return what these words ask for, several of them parted by commas; `None` without any.

    Raises:
        UserError: One of them is no verdict, no severity and not `not-audited`.
    """
    if not patterns:
        return None
    words = [word.strip() for pattern in patterns for word in pattern.split(",")]
    for word in words:
        if word not in WORDS:
            near = difflib.get_close_matches(word[:60].lower(), WORDS, n=1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            raise UserError(f"--only: {word!r:.80}{meant}; expected one of: {', '.join(WORDS)}")
    return Only(words=tuple(dict.fromkeys(words)))


def part_of(report: Report, wanted: Only) -> Report:
    """Return the report of the chosen devices alone; what was judged, and how the run ended, stays."""
    outcomes = tuple(outcome for outcome in report.ordered if wanted.chooses(outcome))
    names = {outcome.name for outcome in outcomes}
    return replace(
        report,
        devices=tuple(device for device in report.devices if device.name in names),
        outcomes=outcomes,
        cases=tuple(case for case in report.cases if case.device.name in names),
    )


def left_out(report: Report, wanted: Only) -> str | None:
    """Return how many devices are not shown, by verdict; `None` where all of them are."""
    hidden = [outcome for outcome in report.ordered if not wanted.chooses(outcome)]
    if not hidden:
        return None
    counts = Counter(_kind(outcome) for outcome in hidden)
    kinds = ", ".join(f"{counts[kind]} {kind}" for kind in sorted(counts))
    count, of = len(hidden), len(report.devices)
    return f"not shown: {count} of {of} devices ({kinds}), by --only {','.join(wanted.words)}"


def _kind(outcome: AuditOutcome) -> str:
    if not isinstance(outcome, Audited):
        return "not audited"
    return _NOT_JUDGED if outcome.verdict is None else outcome.verdict.value
