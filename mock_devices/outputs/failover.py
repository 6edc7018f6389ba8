"""Print `show failover` and `show failover state`.

Source: observed on ASAv 9.23(1), active and standby (trailing blanks); ntc-templates (older
shape, without); CiscoDevNet/sccfm-devkit (`show failover state`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

UnitState = Literal["Active", "Standby Ready", "Backup", "Failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitView:
    """One unit of the pair."""

    unit: str
    state: UnitState
    active_s: int
    version: str
    serial: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverView:
    """The pair, seen from ``ours``."""

    ours: UnitView
    mate: UnitView
    last_failover: datetime
    old_shape: bool
    synced: bool
    mate_unknown: bool = False
    cloud: bool = False


def show_failover(view: FailoverView | None) -> list[str]:
    """Print `show failover`; None is a single unit."""
    if view is None:
        return [
            "Failover Off ",
            "Failover unit Secondary",
            "Failover LAN Interface: not Configured",
            "Reconnect timeout 0:00:00",
            "Unit Poll frequency 1 seconds, holdtime 15 seconds",
            "Interface Poll frequency 5 seconds, holdtime 25 seconds",
            "Interface Policy 1",
            "Monitored Interfaces 2 of 311 maximum",
            "MAC Address Move Notification Interval not set",
        ]
    if view.cloud:
        return _cloud(view)
    blank = "" if view.old_shape else " "
    mate_version, mate_serial = (
        ("Unknown", "Unknown") if view.mate_unknown else (view.mate.version, view.mate.serial)
    )
    when = view.last_failover
    lines = [
        f"Failover On{blank}",
        f"Failover unit {view.ours.unit}",
        "Failover LAN Interface: FAILOVER GigabitEthernet0/2 (up)",
        "Reconnect timeout 0:00:00",
        "Unit Poll frequency 1 seconds, holdtime 15 seconds",
        "Interface Poll frequency 5 seconds, holdtime 25 seconds",
        "Interface Policy 1",
        "Monitored Interfaces 2 of 311 maximum",
        "MAC Address Move Notification Interval not set",
        f"Version: Ours {view.ours.version}, Mate {mate_version}",
        f"Serial Number: Ours {view.ours.serial}, Mate {mate_serial}",
        f"Last Failover at: {when:%H:%M:%S} UTC {when:%b} {when.day} {when.year}",
    ]
    for label, unit in (("This", view.ours), ("Other", view.mate)):
        last = 1 if unit.state == "Active" else 2
        status = "Normal (Monitored)" if unit.state != "Failed" else "No Link (Waiting)"
        lines += [
            f"        {label} host: {unit.unit} - {unit.state}{blank}",
            f"                Active time: {unit.active_s} (sec)",
        ]
        if label == "This" or view.old_shape:
            revision = "" if unit.model in {"ASAv", "ASAc"} else "2.2"
            lines.append(
                f"                slot 0: {unit.model} hw/sw rev ({revision}/{unit.version}) status (Up Sys)"
            )
        lines += [
            f"                  Interface outside (198.51.100.{last}): {status}",
            f"                  Interface inside (198.51.101.{last}): {status}",
        ]
    return lines


def _cloud(view: FailoverView) -> list[str]:
    """Print a pair in a public cloud; words of the configuration guide in lines that are unproven."""
    return [
        "Failover On ",
        f"Failover unit {view.ours.unit}",
        "Failover cloud peer 198.51.103.2 port 4444",
        "Unit Poll frequency 5 seconds, holdtime 15 seconds",
        f"Version: Ours {view.ours.version}, Mate {view.mate.version}",
        f"        This host: {view.ours.unit} - {view.ours.state} ",
        f"                Active time: {view.ours.active_s} (sec)",
        f"        Other host: {view.mate.unit} - {view.mate.state} ",
        f"                Active time: {view.mate.active_s} (sec)",
    ]


def show_state(view: FailoverView | None) -> list[str]:
    """Print `show failover state`."""
    if view is None:
        return ["Failover is disabled"]  # unproven
    lines = ["               State          Last Failure Reason      Date/Time"]
    for label, unit in (("This host ", view.ours), ("Other host", view.mate)):
        lines.append(f"{label} -   {unit.unit}")
        lines.append(f"               {unit.state:<15}None")
    sync = "Sync Done" if view.ours.state == "Active" else "Sync Done - STANDBY"
    if not view.synced:
        sync = "Sync Skipped - STANDBY" if view.ours.state != "Active" else "Sync Skipped"
    return [*lines, "", "====Configuration State===", f"\t{sync}", "====Communication State===", "\tMac set"]
