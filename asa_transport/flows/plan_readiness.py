"""Say what stands for and against a plan before anything is contacted: approvals, windows, its uses, its age.

For `show PLAN.json` and for the dry run, which foretell what `push --commit` would say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from asa_transport.core.documents import plan as plan_document
from asa_transport.core.planning.approvals import Approved, Operator
from asa_transport.core.pushing.campaign.window import closed
from asa_transport.edges.secrets.operator import names as operator_names
from asa_transport.edges.state.used_plans import Use, uses
from asa_transport.errors import PlanError, SignatureError, UserError
from asa_transport.flows import inputs, standard
from asa_transport.flows.approvals import Signature, approved, beside
from asa_transport.flows.rules_check import check_rules
from asa_transport.model import FailureBudget, Plan, Policy, Verified

_NO_RULES: Final = "policy and ledger cannot be read, so neither approvals nor limits are known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What is known of a commit before a device is asked.

    Attributes:
        budget: `None` where the rules cannot be read.
        needed: How many approvals the policy demands.
        principals: Who approved the plan, and counts.
        unapproved: Why the approvals do not do; `None` where they do.
        against: All that would stop a commit now, a sentence each.
    """

    budget: FailureBudget | None
    accept: Verified = Verified.CONTACT
    needed: int = 0
    principals: tuple[str, ...] = ()
    unapproved: str | None = None
    used: Mapping[str, Use]
    against: tuple[str, ...]


def readiness(
    file: Path, plan: Plan, inventory: Path, files: inputs.Files, *, state: Path, now: datetime
) -> Readiness:
    """Return them for a plan's file, by the rules that are named, or that stand beside the inventory."""
    used = uses(state, plan.digest, [one.name for one in plan.devices])
    against = list(_of_plan(plan, used, now))
    try:
        judgement = standard.read(inventory, files, now=now, is_now_given=False)
    except UserError as error:
        said = (*against, f"{_NO_RULES}: {'; '.join(str(error).splitlines())}")
        return Readiness(budget=None, used=used, against=said)
    try:
        check_rules(plan, judgement)
    except (PlanError, SignatureError) as error:
        against.append(str(error))
    policy = judgement.standard.policy
    principals, unapproved = approvers(plan, policy, beside(file))
    shut = closed(policy.change_windows, now)
    return Readiness(
        budget=policy.failure_budget,
        accept=policy.proof,
        needed=policy.approvals,
        principals=principals,
        unapproved=unapproved,
        used=used,
        against=(*against, *(one for one in (unapproved, shut) if one is not None)),
    )


def _of_plan(plan: Plan, used: Mapping[str, Use], now: datetime) -> Iterator[str]:
    try:
        plan_document.check_valid(plan, now)
    except PlanError as error:
        yield str(error)
    if used and len(used) == len(plan.devices):
        yield "the plan is spent: it was used for each of its devices"


def approvers(
    plan: Plan, policy: Policy, approvals: Sequence[Signature]
) -> tuple[tuple[str, ...], str | None]:
    """Return who approved the plan, and why that does not do; `None` where it does."""
    try:
        decision = approved(
            plan.digest,
            approvals,
            policy.allowed_signers,
            needed=policy.approvals,
            operator=Operator(names=operator_names()),
        )
    except SignatureError as error:
        return (), str(error)
    if isinstance(decision, Approved):
        return decision.principals, None
    return (), "; ".join((decision.reason, *decision.notes))
