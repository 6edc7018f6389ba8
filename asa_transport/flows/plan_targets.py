"""What each firewall is to reach for a plan: asked where its session is, once its facts are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from asa_transport.core.judgement.cases.case import Case, is_follower
from asa_transport.core.judgement.decisions import conditions
from asa_transport.core.planning.targets import case_for, target_of
from asa_transport.model import Device, DeviceFacts, Proxy
from asa_transport.model.dispatch import ProbeOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTargets:
    """Nothing where the goal would change nothing on a firewall; implements `ProbeTargets`."""

    order: ProbeOrder

    def __call__(self, device: Device, facts: DeviceFacts) -> Sequence[Proxy]:
        """Return what this firewall is to reach."""
        case = bare_case(self.order, device, facts)
        wanted = conditions.wanted_changes(case_for(case, self.order.goal, self.order.revert))
        return () if is_follower(facts) or not wanted else (target_of(case, self.order.goal),)


def bare_case(order: ProbeOrder, device: Device, facts: DeviceFacts) -> Case:
    """Return a case to ask for wishes and targets; the judgement makes its own, of the whole run."""
    return Case(device=device, facts=facts, policy=order.policy, bugs=(), now=order.now, clock_read_at=None)
