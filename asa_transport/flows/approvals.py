"""Approve a plan, and judge its approvals before a push: files read once, OpenSSH asked, then decided purely.

What was judged is kept in the run's folder (`approvals/`), so that `resume` judges it again.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asa_transport.core.planning import approvals
from asa_transport.edges.secrets import signatures
from asa_transport.edges.secrets.operator import login_name
from asa_transport.edges.state.run_folder import RunFolder
from asa_transport.engine.wait_limit import WaitBudget
from asa_transport.errors import SignatureError, UserError
from asa_transport.model import Plan, Rejected, SignatureVerdict

KEPT: Final = "approvals"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature's file as it was read once; `content` is why it was not, where it could not be."""

    file: str
    content: bytes | SignatureError


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSignature:
    """An approval that was just given: the key's fingerprint, and the signature, armored."""

    by: str
    text: str


def check_key(key: Path) -> None:
    """Raise SignatureError where there is no such key, before anything is shown for it."""
    signatures.check_key(key)


def sign(plan: Plan, key: Path) -> NewSignature:
    """Approve a plan with an SSH key; raise SignatureError where it makes none that holds."""
    text = approvals.signed_text(plan.digest)
    budget = signatures.waits()
    signature = signatures.sign(text, key, signatures.PLAN_NAMESPACE, budget=budget)
    signed_by = signatures.check(text, signature, signatures.PLAN_NAMESPACE, budget=budget)
    if isinstance(signed_by, Rejected):
        raise SignatureError(f"{key}: the signature that was made does not verify: {signed_by.reason}")
    return NewSignature(by=signed_by, text=signature.decode("ascii"))


def keep_signature(made: NewSignature, output: Path) -> Path:
    """Put a signature in a file and return its path; SignatureError where it cannot be written."""
    # Who collects the approvals must be able to read it; it is no secret.
    return signatures.write(output, made.text.encode("ascii"), mode=0o644)


def signature_file(plan_file: Path) -> Path:
    """Return where this person's signature is looked for: `PLAN.json.LOGIN.sig`."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", login_name())
    return plan_file.with_name(f"{plan_file.name}.{name}.sig")


def beside(plan_file: Path) -> tuple[Signature, ...]:
    """Return the signatures that lie beside a plan: `PLAN.json*.sig`, sorted."""
    return _read(sorted(plan_file.parent.glob(f"{glob.escape(plan_file.name)}*.sig")))


def given(files: Sequence[Path]) -> tuple[Signature, ...]:
    """Return the signatures that the user named; raise UserError where one cannot be read."""
    found = _read(files)
    wrong = [str(one.content) for one in found if isinstance(one.content, SignatureError)]
    if wrong:
        raise UserError("\n".join(f"--approval {text}" for text in wrong))
    return found


def kept(run: Path) -> tuple[Signature, ...]:
    """Return the signatures that a run kept, by its folder."""
    return _read(sorted((run / KEPT).glob("*.sig")))


def keep(folder: RunFolder, found: Iterable[Signature]) -> None:
    """Put what was judged in the run's folder; what could not be read counts for nothing there either."""
    for number, one in enumerate(found, 1):
        if isinstance(one.content, bytes):
            folder.save_bytes(f"{KEPT}/{number:03}.sig", one.content)


def _read(files: Iterable[Path]) -> tuple[Signature, ...]:
    return tuple(Signature(file=str(file), content=_content(file)) for file in files)


def _content(file: Path) -> bytes | SignatureError:
    try:
        return signatures.read_signature(file)
    except SignatureError as error:
        return error


def approved(
    digest: str,
    given: Sequence[Signature],
    allowed_signers: Path | None,
    *,
    needed: int,
    operator: approvals.Operator,
    people: Sequence[Sequence[str]] = (),
    budget: WaitBudget | None = None,
) -> approvals.ApprovalDecision:
    """Return whether enough other people approved the plan.

    Args:
        digest: The plan's, 64 hexadecimal digits.
        given: Detached signatures over it.
        allowed_signers: As the policy says; `None` where it says none, and then nobody is known.
        needed: As the policy says; with 0 the signatures are judged for the record only.
        people: As the policy says.
        budget: How long OpenSSH is waited for, over all signatures; `None` for the usual time.

    Raises:
        SignatureError: Approvals are needed, and the allowed signers cannot be read, or OpenSSH did not
            come to an end with the signatures.
    """
    if allowed_signers is None:
        notes = tuple(f"{one.file}: not checked: the policy names no allowed_signers" for one in given)
        if needed:
            return approvals.NotApproved(
                reason=f"the policy demands approvals ({needed}) and names no allowed_signers; add the file "
                "of those who may approve",
                notes=notes,
            )
        return approvals.Approved(principals=(), notes=notes)
    try:
        allowed = signatures.read_allowed(allowed_signers)
        judged = _judged(digest, given, allowed, signatures.waits() if budget is None else budget)
    except SignatureError as error:
        if needed:
            raise
        return approvals.Approved(principals=(), notes=(str(error),) if given else ())
    return approvals.decide(judged, needed=needed, operator=operator, known=people)


def _judged(
    digest: str, given: Sequence[Signature], allowed: bytes, budget: WaitBudget
) -> list[approvals.Approval]:
    judged = []
    for one in given:
        verdict = _verdict(digest, one, allowed, budget)
        if budget.is_spent and isinstance(verdict, Rejected):
            raise SignatureError(
                f"{one.file}: OpenSSH has not judged the signatures up to this one within "
                f"{budget.whole_s:g} s; check it with 'ssh-keygen -Y check-novalidate', or leave it out"
            )
        judged.append(approvals.Approval(file=one.file, verdict=verdict))
    return judged


def _verdict(digest: str, given: Signature, allowed: bytes, budget: WaitBudget) -> SignatureVerdict:
    if isinstance(given.content, SignatureError):
        return Rejected(reason=str(given.content))
    text = approvals.signed_text(digest)
    try:
        return signatures.verify(text, given.content, allowed, signatures.PLAN_NAMESPACE, budget=budget)
    except SignatureError as error:
        return Rejected(reason=str(error))
