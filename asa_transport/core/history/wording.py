"""Say in words what changed: a headline, a heading for each kind, a sentence for each change.

Pure.  The sentences hold text of devices as it is; who shows them makes it inert.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, assert_never

from asa_transport.core.history.differences import (
    Compared,
    CoverageFell,
    DeadlineMoved,
    DeviceAnswering,
    DeviceGone,
    DeviceNew,
    DeviceUnreachable,
    Diff,
    Difference,
    FailureChanged,
    FindingChanged,
    FindingCleared,
    FindingNew,
    Movement,
    ProxyChanged,
    TransportChanged,
    VersionChanged,
)
from asa_transport.model import Finding
from asa_transport.text import instant

HEADINGS: Final[Mapping[type[Difference], str]] = {
    FindingNew: "new findings",
    FindingChanged: "changed findings",
    DeviceUnreachable: "no longer audited",
    FailureChanged: "not audited for another reason",
    CoverageFell: "less is understood",
    TransportChanged: "transport changed",
    ProxyChanged: "proxy changed",
    VersionChanged: "version changed",
    DeadlineMoved: "deadlines moved",
    DeviceNew: "new devices",
    DeviceGone: "devices gone",
    DeviceAnswering: "audited again",
    FindingCleared: "cleared findings",
}
_WHY: Final = {
    Movement.EARLIER: "it moved back",
    Movement.CONTACT_RESTORED: "contact succeeded again",
}


def headline(diff: Diff) -> str:
    """Return one line that says whether anything changed, since when, and what was not compared."""
    if diff.before is None:
        said = f"{diff.after.id} is the first whole audit kept here: nothing to compare it with"
    elif not diff.changes:
        said = f"nothing changed since {_named(diff.before)}; {_counted(diff.after)}"
    else:
        names = {change.device for change in diff.changes}
        said = (
            f"{_count(len(diff.changes), 'change')} on {_count(len(names), 'device')} since "
            f"{_named(diff.before)}; {_counted(diff.after)}"
        )
    if diff.skipped:
        said += f"; interrupted and not compared: {', '.join(diff.skipped)}"
    if diff.before is not None and (diff.before.limit or diff.after.limit):
        said += "; compared: the devices of both runs, as one had a limit"
    return said


def sentence(change: Difference) -> str:  # noqa: PLR0911, PLR0912 - one branch a kind
    """Return what changed on the device, without its name."""
    match change:
        case FindingNew():
            return f"{change.finding.weight} {_finding(change.finding)}: {change.finding.detail}"
        case FindingChanged():
            was, now = change.before.weight, change.after.weight
            severity = now if was == now else f"{was} -> {now}"
            return f"{severity} {_finding(change.after)}: {change.after.detail}"
        case FindingCleared():
            return f"{change.finding.severity} {_finding(change.finding)}"
        case DeviceUnreachable():
            return f"{change.stage}: {change.error}; hint: {change.hint}"
        case DeviceAnswering():
            return f"was not audited before ({change.was})"
        case FailureChanged():
            return f"{change.before} -> {change.after}: {change.error}"
        case DeviceNew():
            return change.host + ("" if change.missed is None else f"; not audited ({change.missed})")
        case DeviceGone():
            return change.host
        case TransportChanged():
            since = "" if change.since is None else f", since {instant(change.since)}"
            return f"{change.before or 'not shown'} -> {change.after or 'not shown'}{since}"
        case ProxyChanged():
            return f"{change.place}: {change.before or 'none'} -> {change.after or 'none'}"
        case VersionChanged():
            return f"{change.before or 'not shown'} -> {change.after or 'not shown'}"
        case DeadlineMoved():
            moved = f"{instant(change.before)} -> {instant(change.after)}"
            return f"{change.deadline} deadline {moved}: {_WHY[change.movement]}"
        case CoverageFell():
            return f"{_count(change.after, 'line')} not understood or refused, {change.before} before"
        case _:
            assert_never(change)


def _finding(finding: Finding) -> str:
    return f"{finding.rule}{f' {finding.bug}' if finding.bug else ''} {finding.title}"


def _named(run: Compared) -> str:
    return f"{run.id} ({instant(run.as_of)})"


def _counted(run: Compared) -> str:
    missed = run.devices - run.audited
    return _count(run.devices, "device") + (f", {missed} not audited" if missed else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
