"""What a document of a part holds for its merge with the others: by what it was judged, and unmated facts.

The two devices of a pair that the inventory names are in one part.  A cluster's units, and a pair that
only says so itself, may not be: of each such device all facts are kept, with the lines that prove them,
which the document itself leaves out, so that it can be judged by its mate's when all parts are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from asa_transport.core.judgement.cases.case import in_pairs, may_have_mate
from asa_transport.core.judgement.judge import Standard
from asa_transport.edges.state.store import codec
from asa_transport.model import Audited, AuditOutcome, Device, DeviceFacts

_STANDARD: Final = "standard"
_FACTS: Final = "facts"
# What judges, by what a person calls it.  What a machine knows of its own earlier runs is not compared.
_JUDGES: Final = {
    "policy": "policy",
    "bug catalogue": "catalogue",
    "exceptions": "exemptions",
    "waivers": "waivers",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """What a part keeps for its merge.

    Attributes:
        facts: By device name, of those whose mate may be in another part.
    """

    standard: Standard
    facts: Mapping[str, DeviceFacts]


def merging_of(
    standard: Standard, devices: Sequence[Device], outcomes: Iterable[AuditOutcome]
) -> Mapping[str, Any]:
    """Return it as the document has it.

    Args:
        devices: All of the part.
        outcomes: One for each of them.
    """
    facts = {outcome.name: codec.encode(outcome.facts) for outcome in _unmated(devices, outcomes)}
    since = {name: at for name, at in standard.callhome_since.items() if name in facts}
    # Whose signature counts for a push is of no interest here, and a path of one machine.
    policy = replace(standard.policy, allowed_signers=None)
    return {
        _STANDARD: codec.encode(replace(standard, policy=policy, callhome_since=since)),
        _FACTS: facts,
    }


def read_merging(said: Mapping[str, Any]) -> Merging:
    """Return what a document has; raise ValueError, LookupError or TypeError where that is none."""
    if not isinstance(said, dict) or said.keys() != {_STANDARD, _FACTS}:
        raise ValueError(f"merging: expected an object of {_STANDARD} and {_FACTS}")
    return Merging(
        standard=codec.part(Standard, said[_STANDARD], f"merging.{_STANDARD}"),
        facts={
            name: codec.part(DeviceFacts, one, f"merging.{_FACTS}.{name}")
            for name, one in said[_FACTS].items()
        },
    )


def judges_in(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return of what a document has all that has to be the same in each part, by what a person calls it."""
    return {what: said[_STANDARD].get(key) for what, key in _JUDGES.items()}


def _unmated(devices: Sequence[Device], outcomes: Iterable[AuditOutcome]) -> Iterator[Audited]:
    here = {device.name for device in devices}
    paired = in_pairs(devices)
    for outcome in outcomes:
        if not isinstance(outcome, Audited) or outcome.device.pair in here:
            continue
        if may_have_mate(outcome.name, outcome.facts, paired):
            yield outcome
