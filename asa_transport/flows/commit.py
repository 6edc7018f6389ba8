"""Begin a committed push: rules, approvals, what the plan was used for, the question, the journal.

Everything that can be wrong with the input, the approvals or the plan's use is found before
the first device is contacted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import assert_never

from asa_transport._version import __version__
from asa_transport.capabilities import Teller
from asa_transport.core.documents import journal as form
from asa_transport.core.documents import plan
from asa_transport.core.planning.approvals import Approved, NotApproved, Operator
from asa_transport.core.pushing.campaign.outlook import outlook
from asa_transport.edges.secrets import signatures
from asa_transport.edges.secrets.operator import names as operator_names
from asa_transport.edges.state.journal import JournalFile
from asa_transport.edges.state.run_folder import JOURNAL, PLAN, RunFolder, new_run_id
from asa_transport.errors import UnapprovedPlan, UserError
from asa_transport.flows import audit
from asa_transport.flows.approvals import Signature, approved, keep
from asa_transport.flows.inputs import Conduct
from asa_transport.flows.push import Elsewhere, PushEnd, Task, carry_out, operator
from asa_transport.flows.push_locks import holding
from asa_transport.flows.push_ports import NewPush, PushPorts, Question
from asa_transport.flows.push_work import Work, budget_of, check_unused
from asa_transport.flows.rules_check import check_rules
from asa_transport.model import Began, Device


def run_commit(
    work: Work,
    request: audit.Request,
    devices: tuple[Device, ...],
    conduct: Conduct,
    *,
    approvals: Sequence[Signature],
    ports: PushPorts,
    elsewhere: Elsewhere | None = None,
) -> PushEnd:
    """Push these devices of the plan; `request` is for them and their mates.

    Args:
        elsewhere: Who does the work on each device; `None` for this process.

    Raises:
        UserError: The plan may not be pushed so, or a person said no; nothing was contacted.
    """
    chosen = tuple(device.name for device in devices)
    check_rules(work.plan, work.judgement)
    check_unused(work, chosen)
    try_key(conduct)
    principals = check_approved(work, conduct, approvals, operator_names(), ports.teller)
    if not conduct.yes:
        ask_first(_question(work, chosen, conduct), ports)
    # A person may have thought about it for an hour: what time decides is judged from here on.
    started_at = work.clock()
    plan.check_valid(work.plan, started_at)
    run = new_run_id(started_at)
    with holding(work, run) as locks:
        check_unused(work, chosen)
        folder = RunFolder(work.state, run)
        folder.save_text(PLAN, plan.text(work.plan))
        keep(folder, approvals)
        with JournalFile.create(folder.path / JOURNAL, clock=lambda: datetime.now(UTC), form=form) as file:
            file.note(
                Began(
                    run=run,
                    operator=operator(),
                    tool_version=__version__,
                    plan_id=work.plan.id,
                    plan_digest=work.plan.digest,
                    devices=chosen,
                    approvals=principals,
                )
            )
            task = Task(
                work=work,
                request=request,
                devices=devices,
                conduct=conduct,
                folder=folder,
                locks=locks,
                started_at=started_at,
                elsewhere=elsewhere,
            )
            return carry_out(task, file, ports)


def try_key(conduct: Conduct) -> None:
    """Raise SignatureError where the key that will sign the journal cannot sign now."""
    if conduct.sign_key is not None:
        signatures.try_key(conduct.sign_key)


def _question(work: Work, names: Sequence[str], conduct: Conduct) -> Question:
    policy = work.judgement.standard.policy
    view = outlook(work.plan, names, budget_of(work, conduct.max_fail), policy.proof)
    return NewPush(plan=work.plan, devices=len(names), outlook=view)


def check_approved(
    work: Work,
    conduct: Conduct,
    given: Sequence[Signature],
    operators: frozenset[str],
    teller: Teller,
) -> tuple[str, ...]:
    """Return who approved the plan; raise UnapprovedPlan where they are too few.

    Args:
        operators: Login names of those who push: none of them approves for the others.
    """
    policy = work.judgement.standard.policy
    own = frozenset() if conduct.sign_key is None else frozenset({signatures.fingerprint(conduct.sign_key)})
    decision = approved(
        work.plan.digest,
        given,
        policy.allowed_signers,
        needed=policy.approvals,
        operator=Operator(names=operators, keys=own),
        people=policy.people,
    )
    match decision:
        case Approved():
            for note in decision.notes:
                teller.warn(f"approval: {note}")
            return decision.principals
        case NotApproved():
            raise UnapprovedPlan("\n".join((decision.reason, *decision.notes)))
        case _:
            assert_never(decision)


def ask_first(question: Question, ports: PushPorts) -> None:
    """Ask before anything is contacted; raise UserError where the answer is no."""
    if not ports.ask(question):
        raise UserError("not pushed; nothing was contacted")
