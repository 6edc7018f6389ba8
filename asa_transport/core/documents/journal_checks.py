"""Say what a journal proves, one check a fact: its chain, its end, and the head that was kept elsewhere.

Pure.  A check that could not be made says so; it is never counted as passed.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from asa_transport.core.documents.journal import say_break
from asa_transport.core.documents.records import in_json
from asa_transport.model import Finished, Rejected, SignatureVerdict, SignedBy
from asa_transport.model.journal import JournalHistory
from asa_transport.text import instant


class CheckVerdict(enum.StrEnum):
    """How a check ended; `WRONG` means that a person must look."""

    GOOD = "good"
    WRONG = "wrong"
    NOT_CHECKED = "not-checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One fact about a journal, for people; `detail` may hold text of the file, so it is shown escaped."""

    name: str
    verdict: CheckVerdict
    detail: str


def chain(history: JournalHistory) -> Check:
    """Return whether every record is where and what it was."""
    if history.broken is not None:
        kept = len(history.records)
        return _wrong("chain", f"broken after {kept} records that hold: {say_break(history.broken)}")
    if not history.records:
        return _wrong("chain", "no record; expected at least one")
    first, last = history.records[0], history.records[-1]
    count = len(history.records)
    return _good("chain", f"{count} records hold, from {instant(first.at)} to {instant(last.at)}")


def ending(history: JournalHistory) -> Check:
    """Return how the journal ends; a push that was cut off is no damage, but it is not over."""
    if history.broken is not None:
        return _not_checked("end", "what follows the break proves nothing")
    if history.torn:
        return _not_checked(
            "end", f"{len(history.torn)} bytes of an unfinished record: the push was cut off; resume it"
        )
    last = history.records[-1].event if history.records else None
    if isinstance(last, Finished):
        return _good("end", f"the push was over, with exit code {last.exit_code}")
    return _not_checked("end", "no record says that the push was over: it is running, or was cut off")


def recorded_head(history: JournalHistory, document: Mapping[str, Any] | None) -> Check:
    """Return whether the journal is the one that `push.json` speaks of.

    Args:
        document: The push document; `None` where there is none.
    """
    name = "push.json"
    if document is None:
        return _not_checked(name, "there is none to compare the head with: a cut at the end would not show")
    said = document.get("journal")
    if not isinstance(said, Mapping):
        return _not_checked(name, "it names no head: a cut at the end would not show")
    head, count = said.get("head"), said.get("records")
    if not isinstance(head, str) or type(count) is not int:
        return _wrong(
            name, f"its head is {in_json(head)} after {in_json(count)} records; expected a hash and a number"
        )
    have = len(history.records)
    if history.head_at(count) != head:
        seen = history.head_at(count)
        shown = (
            f"the hash of record {count} is {seen}" if seen else f"the journal has {have} records that hold"
        )
        return _wrong(name, f"{shown}; expected {count} records and the head {head:.64}")
    if count < have:
        return _good(
            name, f"it names the head of record {count}; {have - count} were added by a resume after it"
        )
    return _good(name, f"it names the same head, {head}")


def signature(
    verdict: SignatureVerdict | str | None, *, is_demanded: bool, signed_lines: int | None = None
) -> Check:
    """Return what a signature over the journal says.

    Args:
        verdict: Who signed; the key's fingerprint where nobody was asked whose it is; `None` where
            there is no signature.
        is_demanded: Allowed signers were given, so that an unsigned journal is not accepted.
        signed_lines: Where the journal was rejected: the signature is of its first lines, so many.
    """
    name = "signature"
    match verdict:
        case None if is_demanded:
            return _wrong(name, "there is none; expected one of the allowed signers")
        case None:
            return _not_checked(name, "there is none")
        case str():
            return _good(
                name,
                f"made by the key {verdict} over this journal: integrity only, whose key it is was not "
                "checked (give --allowed-signers)",
            )
        case SignedBy(principals=principals, key=key):
            return _good(name, f"by {', '.join(principals)}, with the key {key}, who may sign")
        case Rejected(reason=reason) if signed_lines is None:
            return _wrong(name, f"not valid: {reason}")
        case Rejected():
            return _wrong(
                name,
                f"not valid: it is over an older journal, the first {signed_lines} lines; what was added "
                "after them is not signed",
            )
        case _:
            assert_never(verdict)


def earlier_ends(data: bytes) -> tuple[tuple[int, bytes], ...]:
    """Return how the journal stood each time that a push was over, the whole of it left out.

    Newest first, each with its number of lines: what an older signature may be over.
    """
    found: list[tuple[int, bytes]] = []
    end = 0
    for number, written in enumerate(data.splitlines(keepends=True), 1):
        end += len(written)
        if b'"event":"finished"' in written and written.endswith(b"\n") and end < len(data):
            found.append((number, data[:end]))
    return tuple(reversed(found))


def _good(name: str, detail: str) -> Check:
    return Check(name=name, verdict=CheckVerdict.GOOD, detail=detail)


def _wrong(name: str, detail: str) -> Check:
    return Check(name=name, verdict=CheckVerdict.WRONG, detail=detail)


def _not_checked(name: str, detail: str) -> Check:
    return Check(name=name, verdict=CheckVerdict.NOT_CHECKED, detail=detail)
