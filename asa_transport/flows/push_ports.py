"""Whom a push tells and asks: the only way in which a person meets it.

Whoever runs a push gives these: the command line with a terminal, another program with what it has.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from asa_transport.capabilities import CampaignObserver, Teller
from asa_transport.core.pushing.campaign.outlook import Outlook
from asa_transport.flows.campaign import PushStop, WaveSummary
from asa_transport.model import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPush:
    """May a plan be pushed?"""

    plan: Plan
    devices: int
    outlook: Outlook


@dataclass(frozen=True, slots=True, kw_only=True)
class CutPush:
    """May a push that was cut go on with devices whose turn had not come?

    Attributes:
        in_doubt: How many devices are looked at first.
        untouched: How many are pushed then.
    """

    in_doubt: int
    untouched: int


Question: TypeAlias = NewPush | CutPush


class PushWatcher(CampaignObserver, Protocol):
    """Told of a push while it runs, and asked between its waves."""

    def confirm(self, summary: WaveSummary) -> bool:
        """Return whether the next wave may begin; no answer is a no."""


class Watch(Protocol):
    """Watch a push for as long as its devices are in work."""

    def __call__(self, plan: Plan, total: int, stop: PushStop, /) -> AbstractContextManager[PushWatcher]:
        """Give who is told of a push over `total` devices; may set `stop`, from a signal handler too."""


def _nothing() -> None:
    """Make nothing ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushPorts:
    """Whom a push tells and asks.

    Attributes:
        teller: Told what a person should know beside the outcomes.
        ask: Asked once, before anything is contacted, unless `Conduct.yes` is set; may raise
            UserError where nobody can answer.
        watch: Entered once the push begins, left before it is recorded.
        ready: Called when all is checked and answered and nothing was contacted yet; what it
            raises ends the push there.
    """

    teller: Teller
    ask: Callable[[Question], bool]
    watch: Watch
    ready: Callable[[], None] = _nothing
