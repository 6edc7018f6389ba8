"""Say a change as what was and what is: in words for people, and as a row for programs.

Pure.  A diff says what is new under a heading for each kind; a message stands alone, and so each of its
lines says the device, the rule or the fact, before and after.  The words hold text of devices as it is;
who shows them makes it inert.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, assert_never

from asa_transport.core.history.differences import (
    KINDS,
    CoverageFell,
    DeadlineMoved,
    DeviceAnswering,
    DeviceGone,
    DeviceNew,
    DeviceUnreachable,
    Difference,
    FailureChanged,
    FindingChanged,
    FindingCleared,
    FindingNew,
    ProxyChanged,
    TransportChanged,
    VersionChanged,
    findings_of,
)
from asa_transport.core.history.grouped import Words
from asa_transport.core.history.wording import WHY, finding_words, in_common, values_gone
from asa_transport.model import Finding, NamedValue, Proxy, Stage, ToldChange
from asa_transport.text import counted, instant, visible

_ABSENT: Final = "not found"
_NOT_SHOWN: Final = "not shown"
_AUDITED: Final = (NamedValue(name="outcome", value="audited"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """A change in words; `more` is what differs from device to device."""

    what: str
    before: str
    after: str
    more: str = ""

    @property
    def common(self) -> str:
        return f"{self.what}: {self.before} -> {self.after}"

    @property
    def whole(self) -> str:
        return self.common + self.more


def row(change: Difference) -> ToldChange:
    """Return the change for a program."""
    # Of one that changed, what it is now.
    finding = next(reversed(findings_of(change)), None)
    before, after = _values(change)
    return ToldChange(
        device=change.device,
        kind=KINDS[type(change)],
        rule=None if finding is None else finding.rule,
        bug=None if finding is None else finding.bug,
        severity=None if finding is None else finding.severity,
        before=before,
        after=after,
        text=visible(_said(change).whole),
    )


def _said(change: Difference) -> _Said:  # noqa: PLR0911 - one branch a kind
    match change:
        case FindingNew() | FindingChanged() | FindingCleared():
            return _finding_said(change)
        case DeviceUnreachable() | DeviceAnswering() | FailureChanged():
            return _audit_said(change)
        case DeviceNew():
            missed = "" if change.missed is None else f", not audited ({change.missed})"
            return _Said(
                what="inventory", before="not in it", after=f"in it{missed}", more=f": {change.host}"
            )
        case DeviceGone():
            return _Said(what="inventory", before="in it", after="not in it", more=f": {change.host}")
        case TransportChanged():
            since = "" if change.since is None else f", since {instant(change.since)}"
            return _Said(
                what="transport",
                before=change.before or _NOT_SHOWN,
                after=change.after or _NOT_SHOWN,
                more=since,
            )
        case ProxyChanged():
            return _Said(
                what=f"proxy of {change.place}", before=_proxy(change.before), after=_proxy(change.after)
            )
        case VersionChanged():
            return _Said(what="release", before=change.before or _NOT_SHOWN, after=change.after or _NOT_SHOWN)
        case DeadlineMoved():
            return _Said(
                what=f"{change.deadline} deadline",
                before=instant(change.before),
                after=instant(change.after),
                more=f": {WHY[change.movement]}",
            )
        case CoverageFell():
            return _Said(
                what="not understood or refused",
                before=counted(change.before, "line"),
                after=counted(change.after, "line"),
            )
        case _:
            assert_never(change)


def _finding_said(change: FindingNew | FindingChanged | FindingCleared) -> _Said:
    match change:
        case FindingNew():
            found = change.finding
            return _Said(
                what=finding_words(found), before=_ABSENT, after=found.weight, more=f": {found.detail}"
            )
        case FindingCleared():
            found = change.finding
            return _Said(
                what=finding_words(found),
                before=found.weight,
                after=_ABSENT,
                more=f"; it said: {found.detail}",
            )
        case FindingChanged():
            was, now = change.before, change.after
            return _Said(
                what=finding_words(now),
                before=was.weight,
                after=now.weight,
                more=f": {now.detail}{values_gone(change)}",
            )
        case _:
            assert_never(change)


def _audit_said(change: DeviceUnreachable | DeviceAnswering | FailureChanged) -> _Said:
    match change:
        case DeviceUnreachable():
            return _Said(
                what="audit",
                before="audited",
                after=f"not audited ({change.stage})",
                more=f": {change.error}; hint: {change.hint}",
            )
        case DeviceAnswering():
            return _Said(what="audit", before=f"not audited ({change.was})", after="audited")
        case FailureChanged():
            return _Said(
                what="audit",
                before=f"not audited ({change.before})",
                after=f"not audited ({change.after})",
                more=f": {change.error}",
            )
        case _:
            assert_never(change)


def _common(change: Difference) -> str:
    """Return what changes of one family have in common."""
    match change:
        case DeadlineMoved() | CoverageFell():
            return in_common(change)
        case _:
            return _said(change).common


def _beside(change: Difference) -> str:
    """Return what is to be said of one of them beside that."""
    said = _said(change)
    return said.more.lstrip(":;, ") or said.whole


WORDS: Final = Words(whole=lambda change: _said(change).whole, common=_common, beside=_beside)


def _values(  # noqa: PLR0911, PLR0912 - one branch a kind
    change: Difference,
) -> tuple[tuple[NamedValue, ...] | None, tuple[NamedValue, ...] | None]:
    """Return what was and what is, `None` where there was, or is, no such thing."""
    match change:
        case FindingNew():
            return None, _of_finding(change.finding)
        case FindingCleared():
            return _of_finding(change.finding), None
        case FindingChanged():
            return _of_finding(change.before), _of_finding(change.after)
        case DeviceUnreachable():
            return _AUDITED, _missed(change.stage, error=change.error)
        case DeviceAnswering():
            return _missed(change.was), _AUDITED
        case FailureChanged():
            return _missed(change.before), _missed(change.after, error=change.error)
        case DeviceNew():
            missed = () if change.missed is None else _missed(change.missed)
            return None, (*_named(host=change.host), *missed)
        case DeviceGone():
            return _named(host=change.host), None
        case TransportChanged():
            return _named(transport=change.before), _named(transport=change.after)
        case ProxyChanged():
            place = change.place.value
            return (
                _named(place=place, proxy=_proxy(change.before)),
                _named(place=place, proxy=_proxy(change.after)),
            )
        case VersionChanged():
            return _named(version=change.before), _named(version=change.after)
        case DeadlineMoved():
            name, moved = change.deadline.value, change.movement.value
            return (
                _named(deadline=name, at=instant(change.before)),
                _named(deadline=name, at=instant(change.after), movement=moved),
            )
        case CoverageFell():
            return _named(lines=str(change.before)), _named(lines=str(change.after))
        case _:
            assert_never(change)


def _of_finding(finding: Finding) -> tuple[NamedValue, ...]:
    waived = () if finding.waived is None else _named(waived_until=instant(finding.waived.until))
    values = (NamedValue(name=one.name, value=one.value) for one in finding.values or ())
    return (*_named(severity=finding.severity.value), *waived, *values)


def _missed(stage: Stage, *, error: str | None = None) -> tuple[NamedValue, ...]:
    said = {} if error is None else {"error": error}
    return _named(outcome="not-audited", stage=stage.value, **said)


def _proxy(proxy: Proxy | None) -> str:
    return "none" if proxy is None else str(proxy)


def _named(**values: str | None) -> tuple[NamedValue, ...]:
    return tuple(NamedValue(name=name, value=value) for name, value in values.items())
