"""One row of the decision table: a situation, its verdict, and why, in sentences.

Pure.  A row stands whole in the module of its subject, below the functions that only it needs.

Source: docs/decisions.md lists the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from asa_transport.model import Finding, Verdict

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import Case

Findings: TypeAlias = Sequence[Finding]
Reasons: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One situation: its verdict where `when` holds and no row above it did.

    Attributes:
        meaning: The situation in words, for the page.
        reasons: Why, and what comes next, in short sentences, at least one; asked only where the row matched.
    """

    name: str
    verdict: Verdict
    meaning: str
    when: Callable[[Case, Findings], bool]
    reasons: Callable[[Case], Reasons]
