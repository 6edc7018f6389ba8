"""One rule: its words, the function that asks it, and the finding that comes of both.

Pure; cannot fail.

Source: docs/rules.md is made of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from asa_transport.asa.sources import Source
from asa_transport.core.judgement.cases.case import Case, Hit, is_follower
from asa_transport.model import Finding

# AT401 says not to configure such a unit, and nothing is ever planned for it.
_ELSEWHERE: Final = (
    "do not configure this unit, because its configuration comes from another unit (AT401): audit the "
    "active or control unit, and correct it there: "
)

Check: TypeAlias = Callable[[Case], Hit | Iterator[Hit] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row: what the rule is called and means, and the function that asks it.

    Attributes:
        severity: In words, because it may depend on the days left.
        evidence: Which lines prove it.
        sources: Where what it says is known from, each a document or in plain words.
        remedy: What to do; a finding may carry a nearer one with the values filled in.
        configures: The remedy is lines of configuration, which only the leading unit takes.
    """

    id: str
    title: str
    severity: str
    meaning: str
    remedy: str
    evidence: str
    sources: tuple[Source, ...]
    check: Check
    configures: bool = False

    @property
    def source(self) -> str:
        """All its sources on one line, as the JSON of `rules` has them."""
        return "; ".join(map(str, self.sources))


def judge(rule: Rule, case: Case) -> tuple[Finding, ...]:
    """Return what one rule has to say, often nothing."""
    said = rule.check(case)
    hits = () if said is None else (said,) if isinstance(said, Hit) else said
    place = _ELSEWHERE if rule.configures and is_follower(case.facts) else ""
    return tuple(
        Finding(
            rule=rule.id,
            severity=hit.severity,
            title=rule.title,
            detail=hit.detail,
            remedy=f"{place}{hit.remedy or rule.remedy}",
            bug=hit.bug,
            evidence=hit.evidence,
            missing_from=hit.missing_from,
            values=hit.values,
        )
        for hit in hits
    )
