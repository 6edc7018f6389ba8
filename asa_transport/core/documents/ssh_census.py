"""Count the devices of a run by release, model and what their SSH session agreed on, or what they offered.

Pure.  Every device of the run is in exactly one row, also where nothing came of SSH: the numbers add
up to the devices that were selected, so that who plans to leave an algorithm behind misses nobody.

The order is that of the work: who shares no algorithm with us at all, whose release nobody knows, then
the oldest release and the weakest session first.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from asa_transport.asa.version import Version, try_parse
from asa_transport.model import Audited, AuditOutcome, NotAudited, SshFacts, SshOffer, Stage
from asa_transport.model.fields import says

# What tells a kind of algorithm by its name, the weakest first: CBC, SHA-1, DSA; finite fields and RSA;
# then what costs nobody anything.  RFC 9142, RFC 8332; OpenSSH's release notes.
_MARKS: Final = (
    "-cbc",
    "arcfour",
    "sha1",
    "ssh-dss",
    "ssh-rsa",
    "diffie-hellman",
    "rsa-sha2",
    "-ctr",
    "ecd",
)
_UNREACHED: Final = frozenset((Stage.JUMP, Stage.CONNECT))


class SshReach(enum.StrEnum):
    """How far a device came with SSH, in the order of the rows."""

    OFFERED = "offered"
    AGREED = "agreed"
    NOT_KNOWN = "not-known"
    NOT_REACHED = "not-reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class SshCensusRow:
    """So many devices that are alike."""

    reach: SshReach = field(
        metadata=says(
            "agreed: a key exchange came about; offered: the two have nothing in common; not-reached: no SSH "
            "server was reached; not-known: reached, or not tried, and nothing is known of its SSH."
        )
    )
    version: str | None = field(metadata=says("Release; null: the device did not come to say it."))
    model: str | None = field(metadata=says("As `version`."))
    kex: tuple[str, ...] = field(metadata=says("What was agreed on; where it is only offered, all of that."))
    host_key: tuple[str, ...] = field(metadata=says("Signature algorithms; as `kex`."))
    cipher: tuple[str, ...] = field(metadata=says("From the device to us; as `kex`."))
    devices: int = field(metadata=says("How many.", minimum=1))


def ssh_census(outcomes: Iterable[AuditOutcome]) -> tuple[SshCensusRow, ...]:
    """Return the rows; each outcome is read once and let go."""
    counts = Counter(map(_kind, outcomes))
    rows = (
        SshCensusRow(
            reach=reach,
            version=version,
            model=model,
            kex=kex,
            host_key=host_key,
            cipher=cipher,
            devices=number,
        )
        for (reach, version, model, (kex, host_key, cipher)), number in counts.items()
    )
    return tuple(sorted(rows, key=_rank))


def by_reach(rows: Iterable[SshCensusRow]) -> Mapping[SshReach, int]:
    """Return how many devices came how far; one that nobody came to has no entry."""
    found: Counter[SshReach] = Counter()
    for row in rows:
        found[row.reach] += row.devices
    return found


def _kind(
    outcome: AuditOutcome,
) -> tuple[SshReach, str | None, str | None, tuple[tuple[str, ...], ...]]:
    """Return what devices of one row have in common."""
    match outcome:
        case Audited(facts=facts):
            reach = SshReach.NOT_KNOWN if facts.ssh is None else SshReach.AGREED
            return reach, facts.version, facts.model, _names(facts.ssh)
        case NotAudited(ssh=None, ssh_offer=None):
            reach = SshReach.NOT_REACHED if outcome.stage in _UNREACHED else SshReach.NOT_KNOWN
            return reach, None, None, _names(None)
        case NotAudited(ssh=None):
            return SshReach.OFFERED, None, None, _names(outcome.ssh_offer)
        case NotAudited():
            return SshReach.AGREED, None, None, _names(outcome.ssh)


def _names(known: SshFacts | SshOffer | None) -> tuple[tuple[str, ...], ...]:
    match known:
        case None:
            return (), (), ()
        case SshFacts():
            return (known.kex,), (known.host_key,), (known.cipher,)
        case SshOffer():
            return known.kex, known.host_key, known.cipher


def _rank(row: SshCensusRow) -> tuple[Any, ...]:
    release = None if row.version is None else try_parse(row.version)
    names = (row.kex, row.host_key, row.cipher)
    return (
        tuple(SshReach).index(row.reach),
        release is not None,
        release or Version(major=0, minor=0),
        sorted(_strength(name) for some in names for name in some),
        row.model or "",
        row.version or "",
        names,
    )


def _strength(name: str) -> int:
    """Return a place among the kinds of algorithms, 0 for the weakest."""
    return next((place for place, mark in enumerate(_MARKS) if mark in name), len(_MARKS))
