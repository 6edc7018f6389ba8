"""Decide whether enough other people approved a plan.

Pure; OpenSSH has judged the signatures.  Signatures that share a name or a key are one person's, so one
key under two names counts once, and two keys of one name count once; so are those whose names the
policy gives to one person (`people`).  The operator's own do not count, nor do those of a person who
shares a name or a key with them.  A signature that does not count is always said.

What is signed is the plan's digest, 64 hexadecimal digits, and a newline.

Source: docs/journal.md, "Approve a plan".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from asa_transport.model import Rejected, SignatureVerdict, SignedBy

_PATTERN: Final = re.compile(r"[*?!]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A signature's file, and what became of it."""

    file: str
    verdict: SignatureVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who pushes: login names, and fingerprints of the keys that they sign with."""

    names: frozenset[str]
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """Enough people approved: one principal of each, sorted; `notes` says what did not count, and why."""

    principals: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotApproved:
    """Too few people approved; `notes` as above."""

    reason: str
    notes: tuple[str, ...] = ()


ApprovalDecision: TypeAlias = Approved | NotApproved


@dataclass(slots=True)
class _Person:
    """All that one person signed with."""

    names: set[str]
    keys: set[str]
    principals: list[str]
    files: list[str]


def signed_text(digest: str) -> bytes:
    """Return what an approval signs."""
    return f"{digest}\n".encode("ascii")


def decide(
    approvals: Sequence[Approval],
    *,
    needed: int,
    operator: Operator,
    known: Sequence[Sequence[str]] = (),
) -> ApprovalDecision:
    """Return whether at least `needed` people, none of them the operator, signed.

    Args:
        known: The names of one person each, of those who have several; case means nothing.
    """
    notes: list[str] = []
    people: list[_Person] = []
    for approval in approvals:
        match approval.verdict:
            case Rejected(reason=reason):
                notes.append(f"{approval.file}: does not count: {reason}")
            case SignedBy() as signed:
                if any(map(_PATTERN.search, signed.names)):
                    notes.append(
                        f"{approval.file}: does not count: the allowed signers give the key {signed.key} to "
                        "a pattern, not to a person"
                    )
                else:
                    people = _with(people, signed, _all_names(signed.names, known), approval.file)
            case _:
                assert_never(approval.verdict)
    counted: list[str] = []
    for person in people:
        files = ", ".join(person.files)
        if _is_operator(person, operator, known):
            notes.append(f"{files}: does not count: it is the operator's own ({person.principals[0]})")
            continue
        counted.append(person.principals[0])
        if len(person.files) > 1:
            notes.append(f"{files}: count once: they share a name or a key ({person.principals[0]})")
    if len(counted) >= needed:
        return Approved(principals=tuple(sorted(counted)), notes=tuple(notes))
    have = f"{len(counted)} ({', '.join(sorted(counted))})" if counted else "none"
    return NotApproved(
        reason=f"the plan needs {_count(needed)}, and has {have} that counts; ask for one: "
        "'asa-transport approve PLAN.json --key FILE'",
        notes=tuple(notes),
    )


def _all_names(names: Iterable[str], known: Sequence[Sequence[str]]) -> set[str]:
    """Return these names, without their case, and all others of the same people."""
    found = {name.casefold() for name in names}
    for person in known:
        theirs = {name.casefold() for name in person}
        if found & theirs:
            found |= theirs
    return found


def _with(people: Iterable[_Person], signed: SignedBy, names: set[str], file: str) -> list[_Person]:
    """Return the people with this signature; those that it shows to be one are one."""
    one = _Person(names=names, keys={signed.key}, principals=[], files=[])
    others = []
    for person in people:
        if person.names & names or signed.key in person.keys:
            one.names |= person.names
            one.keys |= person.keys
            one.principals += person.principals
            one.files += person.files
        else:
            others.append(person)
    one.principals += signed.principals
    one.files.append(file)
    return [*others, one]


def _is_operator(person: _Person, operator: Operator, known: Sequence[Sequence[str]]) -> bool:
    own = _all_names(operator.names, known)
    theirs = person.names | {name.partition("@")[0] for name in person.names}
    return bool(own & theirs) or bool(operator.keys & person.keys)


def _count(needed: int) -> str:
    return "1 approval by another person" if needed == 1 else f"{needed} approvals by other people"
