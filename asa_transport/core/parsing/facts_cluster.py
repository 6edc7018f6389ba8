"""Read a unit's part in its cluster from `show cluster info`.

Pure.  An answer that says neither that there is a cluster nor that there is none makes a unit's
part `OTHER`; the words for a part are in `asa/cluster`.

Source: CiscoDevNet/cisco-asav, cluster scripts (the two forms).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from asa_transport.asa import prompts
from asa_transport.asa.cluster import PROMPT_ROLES, role_of
from asa_transport.asa.commands import CLUSTER
from asa_transport.asa.replies import is_no_command
from asa_transport.core.parsing.reading import Notes, Readings
from asa_transport.core.parsing.walk import Cell, Table
from asa_transport.model import Capture, ClusterFacts, ClusterMember, ClusterRole


def cluster_facts(readings: Readings, capture: Capture, notes: Notes) -> ClusterFacts:
    """Return this unit's part in its cluster; all `None` where neither the answer nor the prompt says it.

    A prompt of a data unit beside an answer that makes it none, and a second control unit in one
    cluster, leave its part unknown.
    """
    found = _answered(readings, capture, notes)
    following = _by_prompt(capture).role is ClusterRole.DATA and found.role is not ClusterRole.DATA
    split = found.role is ClusterRole.CONTROL and any(
        member.role is ClusterRole.CONTROL for member in found.members
    )
    return replace(found, role=ClusterRole.OTHER) if following or split else found


def _answered(readings: Readings, capture: Capture, notes: Notes) -> ClusterFacts:
    table = next(iter(readings.several(CLUSTER)), None)
    if table is None:
        refused = readings.refused.get(CLUSTER)
        if refused is not None and is_no_command(refused.text):
            return ClusterFacts(enabled=False)
        return _by_prompt(capture)
    denied, named, role = table.first("NOT_CLUSTERED"), table.first("NAME"), table.first("ROLE")
    stated = table.first("ENABLED")
    proof = role or stated or denied
    if proof is not None:
        notes.prove("cluster.role", proof)
    if role is None and (denied is not None) == (stated is not None):
        # Neither form, or both: perhaps a cluster's unit, and no word of its part.
        return ClusterFacts(role=ClusterRole.OTHER)
    if role is None and denied is not None:
        return ClusterFacts(enabled=False)
    unit = table.first("UNIT")
    return ClusterFacts(
        enabled=stated is None or stated.value == "On",
        name=named.value if named is not None else None,
        unit=unit.value if unit is not None else None,
        role=ClusterRole.OTHER if role is None or denied is not None else role_of(role.value),
        members=tuple(_members(table)),
    )


def _by_prompt(capture: Capture) -> ClusterFacts:
    """Return the part that the prompt names: `host/unit-1-2/data#`."""
    prompt = prompts.whole(capture.outputs[-1].prompt.strip()) if capture.outputs else None
    role = PROMPT_ROLES.get((prompt.state if prompt is not None else None) or "")
    return ClusterFacts(enabled=None if role is None else True, role=role)


def _members(table: Table) -> Iterator[ClusterMember]:
    """Yield the other units: what stands below a `Unit "X" in state Y` belongs to it."""
    names = ("MEMBER", "MEMBER_ROLE", "MEMBER_VERSION", "MEMBER_SERIAL")
    cells = sorted((cell for name in names for cell in table.every(name)), key=_line)
    starts = [cell for cell in cells if cell.name == "MEMBER"]
    for number, start in enumerate(starts):
        below = (c for c in cells if _line(c) >= _line(start))
        after = _line(starts[number + 1]) if number + 1 < len(starts) else None
        own = {c.name: c.value for c in below if after is None or _line(c) < after}
        state = own.get("MEMBER_ROLE", "")
        yield ClusterMember(
            unit=start.value,
            state=state,
            role=role_of(state),
            version=own.get("MEMBER_VERSION"),
            serial=own.get("MEMBER_SERIAL"),
        )


def _line(cell: Cell) -> int:
    return cell.evidence.line
