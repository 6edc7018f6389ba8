"""Print `show cluster info`.

Source: CiscoDevNet/cisco-asav (`Cluster NAME: On`, `This is "X" in state …`, `Unit "Y" in state …`,
`Clustering is not …`); the lines between them are the usual ones, unproven.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitView:
    """One unit; ``state`` is the word that it shows."""

    number: int
    unit: str
    state: str
    version: str
    serial: str
    joined: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterView:
    """The cluster, seen from ``ours``."""

    name: str
    ours: UnitView
    others: tuple[UnitView, ...]


def show_cluster_info(view: ClusterView | None) -> list[str]:
    """Print it; None is a unit on its own."""
    if view is None:
        return ["Clustering is not configured"]
    lines = [
        f"Cluster {view.name}: On",
        "    Interface mode: individual",
        "Cluster Member Limit : 16",
        f'    This is "{view.ours.unit}" in state {view.ours.state}',
        *_details(view.ours),
        "Other members in the cluster:",
    ]
    for other in view.others:
        lines += [f'    Unit "{other.unit}" in state {other.state}', *_details(other)]
    return lines


def _details(unit: UnitView) -> list[str]:
    joined = unit.joined
    return [
        f"        ID        : {unit.number}",
        f"        Version   : {unit.version}",
        f"        Serial No.: {unit.serial}",
        f"        CCL IP    : 198.51.102.{unit.number + 1}",
        f"        CCL MAC   : 0250.5600.{unit.number + 1:04}",
        "        Module    : NGFW",
        f"        Last join : {joined:%H:%M:%S} UTC {joined:%b} {joined.day} {joined.year}",
        "        Last leave: N/A",
    ]
