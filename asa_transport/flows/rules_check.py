"""Hold a push to the rules that its plan was made under: policy, allowed signers, exceptions ledger.

Missing rules are never permission: a plan that is pushed from beside another inventory, or after a file
was lost, is refused before any device is reached.
"""

from __future__ import annotations

import hashlib

from asa_transport.core.planning.ledger import goes_on, seen
from asa_transport.edges.secrets import signatures
from asa_transport.errors import StalePlan
from asa_transport.flows.standard import LoadedStandard
from asa_transport.model import LedgerSeen, Plan

_OR = "or make a new plan, and get it approved again"


def ledger_seen(judgement: LoadedStandard) -> LedgerSeen | None:
    """Return what a plan keeps of the ledger; `None` where there is none."""
    return seen(judgement.standard.exemptions) if judgement.has_ledger else None


def signers_sha256(judgement: LoadedStandard) -> str | None:
    """Return the digest of the allowed signers, `None` where no approval is demanded.

    Raises:
        SignatureError: Approvals are demanded, and the file cannot be read.
    """
    policy = judgement.standard.policy
    if not policy.approvals or policy.allowed_signers is None:
        return None
    return hashlib.sha256(signatures.read_allowed(policy.allowed_signers)).hexdigest()


def check_rules(plan: Plan, judgement: LoadedStandard) -> None:
    """Raise StalePlan where the rules are not those that the plan was made under.

    Exceptions may have been added since: they are judged device by device.

    Raises:
        SignatureError: As `signers_sha256`.
    """
    policy = judgement.policy_file
    where = "the built-in policy (no policy.yaml beside the inventory)" if policy is None else str(policy)
    if judgement.policy_sha256 != plan.policy_sha256:
        raise StalePlan(
            f"the plan was made with another policy ({plan.policy_sha256[:12]}) than {where}, which is "
            f"{judgement.policy_sha256[:12]}; give the policy of the plan with --policy, {_OR}"
        )
    if signers_sha256(judgement) != plan.signers_sha256:
        raise StalePlan(
            f"{judgement.standard.policy.allowed_signers}: the allowed signers are not the same as when the "
            f"plan was made; restore that file, {_OR}"
        )
    if plan.ledger is None:
        return
    if not judgement.has_ledger:
        raise StalePlan(
            f"{judgement.ledger_file}: there is no such file, but the plan was made with an exceptions file; "
            f"give it with --exceptions, {_OR}"
        )
    if not goes_on(judgement.standard.exemptions, plan.ledger):
        raise StalePlan(
            f"{judgement.ledger_file}: the plan was made with another exceptions file: the first "
            f"{plan.ledger.entries} entries are not the same; give that file with --exceptions, {_OR}"
        )
