"""Begin a committed push: approvals, what the plan was used for, the question, the journal.

Everything that can be wrong with the input, the approvals or the plan's use is found before
the first device is contacted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, assert_never

import typer

from asa_transport import __version__
from asa_transport.cli.console import console, say
from asa_transport.cli.options import Conduct
from asa_transport.cli.views.push_outlook import print_outlook
from asa_transport.core.documents import journal as form
from asa_transport.core.documents import plan
from asa_transport.core.planning.approvals import Approved, NotApproved, Operator
from asa_transport.core.pushing.campaign.outlook import outlook
from asa_transport.edges.secrets import signatures
from asa_transport.edges.secrets.operator import names as operator_names
from asa_transport.edges.state.journal import JournalFile
from asa_transport.edges.state.locks import DeviceLocks, Held, Lock
from asa_transport.edges.state.run_folder import JOURNAL, RunFolder, new_run_id
from asa_transport.edges.state.used_plans import check_unused
from asa_transport.errors import UnapprovedPlan, UsedPlan, UserError
from asa_transport.flows import audit
from asa_transport.flows.approvals import Signature, approved, keep
from asa_transport.flows.dry_run import Work, budget_of
from asa_transport.flows.push import Task, carry_out
from asa_transport.flows.pushers import operator
from asa_transport.model import Began, Device
from asa_transport.model.ending import RunEnd

PLAN: Final = "plan.json"


def check_dry(conduct: Conduct) -> None:
    """Raise UserError where an option speaks of sending, and nothing is to be sent.

    What only says how a commit is judged (`--max-fail`, `--approval`) is for its forecast, too.
    """
    if conduct != Conduct(sign_key=conduct.sign_key, max_fail=conduct.max_fail):
        raise UserError("this is a dry run: the options under 'Sending' need --commit beside them")


def run_commit(
    work: Work,
    request: audit.Request,
    devices: tuple[Device, ...],
    conduct: Conduct,
    approvals: Sequence[Signature],
) -> RunEnd:
    """Push these devices of the plan; `request` is for them and their mates."""
    chosen = tuple(device.name for device in devices)
    check_unused(work.state, work.plan.digest, chosen)
    try_key(conduct)
    principals = check_approved(work, conduct, approvals, operator_names())
    _show(work, chosen, conduct)
    count = len(devices)
    ask_first(f"Push to {count} device{'' if count == 1 else 's'}, in this order?", conduct)
    # A person may have thought about it for an hour: what time decides is judged from here on.
    started_at = work.clock()
    plan.check_valid(work.plan, started_at)
    run = new_run_id(started_at)
    with holding(work, run):
        check_unused(work.state, work.plan.digest, chosen)
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
                started_at=started_at,
            )
            return carry_out(task, file)


def try_key(conduct: Conduct) -> None:
    """Raise SignatureError where the key that will sign the journal cannot sign now."""
    if conduct.sign_key is not None:
        signatures.try_key(conduct.sign_key)


def _show(work: Work, names: Sequence[str], conduct: Conduct) -> None:
    """Show what the question is about; nothing where none is asked."""
    if conduct.yes or not sys.stdin.isatty():
        return
    policy = work.judgement.standard.policy
    view = outlook(work.plan, names, budget_of(work, conduct.max_fail), policy.proof)
    print_outlook(console(sys.stderr, no_color=work.voice.no_color), work.plan, view, whole=False)
    sys.stderr.write("\n")


def check_approved(
    work: Work, conduct: Conduct, given: Sequence[Signature], operators: frozenset[str]
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
                say(f"approval: {note}")
            return decision.principals
        case NotApproved():
            raise UnapprovedPlan("\n".join((decision.reason, *decision.notes)))
        case _:
            assert_never(decision)


def holding(work: Work, run: str) -> Lock:
    """Return the lock on the plan, as a context; raise UsedPlan where another push has it."""
    found = DeviceLocks(work.state, run=run).take(f"plan-{work.plan.digest}", datetime.now(UTC))
    if isinstance(found, Held):
        raise UsedPlan(f"the plan is being pushed right now, by {found.by}; wait for its end")
    return found


def ask_first(question: str, conduct: Conduct) -> None:
    """Ask before anything is contacted; raise UserError where nobody can answer, or the answer is no."""
    if conduct.yes:
        return
    if not sys.stdin.isatty():
        raise UserError("this asks before it sends, and there is no terminal: give --yes, if that is meant")
    try:
        is_meant = typer.confirm(question, err=True)
    except typer.Abort:
        say("interrupted; nothing was contacted")
        raise typer.Exit(RunEnd.INTERRUPTED) from None
    if not is_meant:
        raise UserError("not pushed; nothing was contacted")
