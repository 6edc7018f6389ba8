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
    HistoryUnread,
    Movement,
    ProxyChanged,
    TransportChanged,
    VersionChanged,
)
from asa_transport.model import Finding
from asa_transport.text import counted, instant

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
UNREAD: Final = "it is not known what has changed: the history could not be read"
WHY: Final = {
    Movement.EARLIER: "it moved back",
    Movement.CONTACT_RESTORED: "contact succeeded again",
}


def headline(diff: Diff) -> str:
    """Return one line that says whether anything changed, since when, and what was not compared."""
    if isinstance(diff.before, HistoryUnread):
        return f"{UNREAD}; {_counted(diff.after)}"
    if diff.before is None:
        said = f"{diff.after.id} is the first complete audit here: there is nothing to compare it with"
    elif not diff.changes:
        said = f"nothing changed since {_named(diff.before)}; {_counted(diff.after)}"
    else:
        names = {change.device for change in diff.changes}
        said = (
            f"{counted(len(diff.changes), 'change')} on {counted(len(names), 'device')} since "
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
            return f"{change.finding.weight} {finding_words(change.finding)}: {change.finding.detail}"
        case FindingChanged():
            said = f"{_weights(change)} {finding_words(change.after)}: {change.after.detail}"
            return said + values_gone(change)
        case FindingCleared():
            return f"{change.finding.severity} {finding_words(change.finding)}"
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
            return f"{change.deadline} deadline {moved}: {WHY[change.movement]}"
        case CoverageFell():
            return f"{counted(change.after, 'line')} not understood or refused, {change.before} before"
        case _:
            assert_never(change)


def in_common(change: Difference) -> str:  # noqa: PLR0911 - one branch a kind
    """Return what changes of one family have in common, where each reads otherwise."""
    match change:
        case FindingNew():
            return f"{change.finding.weight} {finding_words(change.finding)}"
        case FindingChanged():
            return f"{_weights(change)} {finding_words(change.after)}"
        case DeviceUnreachable():
            return f"{change.stage}; hint: {change.hint}"
        case FailureChanged():
            return f"{change.before} -> {change.after}"
        case DeviceNew():
            return "not audited" if change.missed else "in the inventory now"
        case DeviceGone():
            return "no longer in the inventory"
        case DeadlineMoved():
            return f"{change.deadline} deadline: {WHY[change.movement]}"
        case CoverageFell():
            return "more lines than before are not understood or refused"
        case _:
            return sentence(change)


def beside_common(change: Difference) -> str:
    """Return what is to be said of one of them beside that."""
    match change:
        case FindingNew() | FindingCleared():
            return change.finding.detail
        case FindingChanged():
            return f"{change.after.detail}{values_gone(change)}"
        case _:
            return sentence(change)


def _weights(change: FindingChanged) -> str:
    was, now = change.before.weight, change.after.weight
    return now if was == now else f"{was} -> {now}"


def values_gone(change: FindingChanged) -> str:
    """Return which values are gone, where they are known."""
    if change.before.values is None or change.after.values is None:
        return ""
    gone = [one for one in change.before.values if one not in change.after.values]
    return f"; before: {', '.join(f'{one.name} {one.value}' for one in gone)}" if gone else ""


def finding_words(finding: Finding) -> str:
    """Return a finding's rule, bug and title."""
    return f"{finding.rule}{f' {finding.bug}' if finding.bug else ''} {finding.title}"


def _named(run: Compared) -> str:
    return f"{run.id} ({instant(run.as_of)})"


def _counted(run: Compared) -> str:
    missed = run.devices - run.audited
    return counted(run.devices, "device") + (f", {missed} not audited" if missed else "")
