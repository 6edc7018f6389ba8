"""Judge the approvals of a plan before a push: files read, OpenSSH asked, then the pure decision."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from asa_transport.core import approvals
from asa_transport.edges import signatures
from asa_transport.errors import SignatureError
from asa_transport.model import Rejected, SignatureVerdict


def beside(plan_file: Path) -> tuple[Path, ...]:
    """Return the signatures that lie beside a plan: `PLAN.json*.sig`, sorted."""
    return tuple(sorted(plan_file.parent.glob(f"{glob.escape(plan_file.name)}*.sig")))


def approved(
    digest: str,
    files: Sequence[Path],
    allowed_signers: Path | None,
    *,
    needed: int,
    operator: approvals.Operator,
) -> approvals.ApprovalDecision:
    """Return whether enough other people approved the plan.

    Args:
        digest: The plan's, 64 hexadecimal digits.
        files: Detached signatures over it.
        allowed_signers: As the policy says; `None` where it says none, and then nobody is known.
        needed: As the policy says; with 0 the signatures are judged for the record only.

    Raises:
        SignatureError: Approvals are needed, and the allowed signers cannot be read.
    """
    if allowed_signers is None:
        notes = tuple(f"{file}: not checked: the policy names no allowed_signers" for file in files)
        if needed:
            return approvals.NotApproved(
                reason=f"the policy demands approvals ({needed}) and names no allowed_signers; add the file "
                "of those who may approve",
                notes=notes,
            )
        return approvals.Approved(principals=(), notes=notes)
    try:
        allowed = signatures.read_allowed(allowed_signers)
    except SignatureError as error:
        if needed:
            raise
        return approvals.Approved(principals=(), notes=(str(error),) if files else ())
    judged = [approvals.Approval(file=str(file), verdict=_verdict(digest, file, allowed)) for file in files]
    return approvals.decide(judged, needed=needed, operator=operator)


def _verdict(digest: str, file: Path, allowed: bytes) -> SignatureVerdict:
    try:
        signature = signatures.read_signature(file)
        return signatures.verify(approvals.signed_text(digest), signature, allowed, signatures.PLAN_NAMESPACE)
    except SignatureError as error:
        return Rejected(reason=str(error))
