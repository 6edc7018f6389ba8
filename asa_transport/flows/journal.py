"""Check the journal of a push: its chain, its end, and the signature beside it; contacts nothing.

Reads only, and says what it could not check instead of passing it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asa_transport.core.documents import journal_checks
from asa_transport.core.documents.journal import read
from asa_transport.core.documents.journal_checks import Check, CheckVerdict
from asa_transport.edges.secrets import signatures
from asa_transport.edges.secrets.signatures import JOURNAL_NAMESPACE as NAMESPACE
from asa_transport.edges.state.run_folder import JOURNAL, PUSH, read_document
from asa_transport.engine.wait_limit import WaitBudget
from asa_transport.errors import JournalError
from asa_transport.model import Rejected, SignatureVerdict
from asa_transport.model.ending import RunEnd
from asa_transport.model.journal import JournalHistory

# Each resume that was signed and resumed again; more is not worth asking ssh-keygen for.
_MOST_ENDS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedJournal:
    """A journal, and what each check of it says."""

    path: Path
    history: JournalHistory
    checks: tuple[Check, ...]

    @property
    def end(self) -> RunEnd:
        """`STATE_UNKNOWN` where it is broken, altered or not validly signed."""
        is_wrong = any(check.verdict is CheckVerdict.WRONG for check in self.checks)
        return RunEnd.STATE_UNKNOWN if is_wrong else RunEnd.OK


def verify_journal(run: Path, allowed_signers: Path | None) -> VerifiedJournal:
    """Check the journal in a run's folder.

    Args:
        allowed_signers: Who may sign; a signature is demanded then.

    Raises:
        UserError: The journal, or what is needed to check it, cannot be read.
    """
    path = run / JOURNAL
    data = _bytes(path)
    history = read(data)
    document = read_document(run / PUSH) if (run / PUSH).exists() else None
    checks = (
        journal_checks.chain(history),
        journal_checks.ending(history),
        journal_checks.recorded_head(history, document),
        _signature(path, data, history, allowed_signers),
    )
    return VerifiedJournal(path=path, history=history, checks=checks)


def _signature(path: Path, data: bytes, history: JournalHistory, allowed_signers: Path | None) -> Check:
    """Return what the signature beside the journal says."""
    file = path.with_name(f"{path.name}.sig")
    is_demanded = allowed_signers is not None
    if not file.exists():
        return journal_checks.signature(None, is_demanded=is_demanded)
    made = signatures.read_signature(file)
    budget = signatures.waits()
    verdict: SignatureVerdict | str
    if allowed_signers is None:
        verdict = signatures.check(data, made, NAMESPACE, budget=budget)
    else:
        # As of the last record: a key that ended since then was good when the push was over.
        at = history.records[-1].at if history.records else None
        allowed = signatures.read_allowed(allowed_signers)
        verdict = signatures.verify(data, made, allowed, NAMESPACE, at=at, budget=budget)
    older = _signed_lines(data, made, budget) if isinstance(verdict, Rejected) else None
    return journal_checks.signature(verdict, is_demanded=is_demanded, signed_lines=older)


def _signed_lines(data: bytes, made: bytes, budget: WaitBudget) -> int | None:
    """Return how many lines a signature of an older journal is over; `None` where it is of no such one."""
    for lines, earlier in journal_checks.earlier_ends(data)[:_MOST_ENDS]:
        if not isinstance(signatures.check(earlier, made, NAMESPACE, budget=budget), Rejected):
            return lines
    return None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise JournalError(f"{path}: the journal cannot be read: {error.strerror}") from error
