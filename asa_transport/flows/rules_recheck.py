"""Look again at what may have changed since a push began, when a device's turn comes.

A push of many devices lasts for hours.  Meanwhile somebody may have added an exception, altered
the policy, or made either of them unreadable; and what a run left open may have been pushed by
another one.  Never stops a push by itself: it refuses the device, and the budget does the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from asa_transport.core.judgement.judge import Standard
from asa_transport.core.planning.ledger import goes_on, seen
from asa_transport.errors import StateError, UserError
from asa_transport.flows.push_work import Work, check_unused
from asa_transport.flows.standard import CurrentStandard


def device_standards(work: Work, *, run: str) -> Callable[[str], Standard | str]:
    """Return what gives, by a device's name, what it is judged by now, or why it is refused."""
    judgement, files = work.judgement, CurrentStandard(work.judgement)

    def standard_of(name: str) -> Standard | str:
        try:
            check_unused(work, (name,), run=run)
            fresh = files.now()
        except (UserError, StateError) as error:
            return "; ".join(str(error).splitlines())
        if fresh.policy_sha256 != judgement.policy_sha256:
            return "the policy has changed since the push began; check it, and make a new plan"
        if not goes_on(fresh.standard.exemptions, seen(judgement.standard.exemptions)):
            return (
                "entries of the exceptions file were removed since the push began; check the file, and resume"
            )
        return replace(judgement.standard, policy=fresh.standard.policy, exemptions=fresh.standard.exemptions)

    return standard_of
