"""From what was observed and what is to change, make the lines there, the lines back, and the prediction.

Pure.  The way back is computed from what the device showed, never from intent: the same
values, the type before the proxy as the device prints them; a default that was not shown
is written back explicitly, and a note says so.  What comes out is proven before it is
returned: the apply lines lead to the wanted state, the rollback lines to the one before.

Source: Cisco ASA Upgrade Guide (the default transport); Cisco TAC document 225967.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from asa_transport.asa.license_block import State, applied, matches_prediction, state_of
from asa_transport.asa.licensing import HEAD, default_on, type_of, unrestorable
from asa_transport.core.judgement.cases.case import Case, default_type
from asa_transport.core.judgement.cases.learnt import layout
from asa_transport.core.planning.render import Before, Renderer, Values, Way
from asa_transport.errors import RenderError
from asa_transport.model import Change, DeviceFacts, PlannedDevice, Proxy, TransportType
from asa_transport.text import unified_diff

_TYPES: Final = {
    Change.TRANSPORT_SMART: TransportType.SMART,
    Change.TRANSPORT_CALLHOME: TransportType.CALLHOME,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseChange:
    """One device's change; the fields are those of `PlannedDevice`."""

    apply: tuple[str, ...]
    rollback: tuple[str, ...]
    before: tuple[str, ...]
    predicted: tuple[str, ...]
    diff: str
    notes: tuple[str, ...]


def obstacle(facts: DeviceFacts) -> str | None:
    """Return why the observed block could not be restored, as a reason to hold; `None` where it could."""
    block = facts.license_block
    if block is None:
        return "'show running-config license' was not read: a change could not be rolled back"
    if any((line.rstrip() == HEAD) is not (number == 0) for number, line in enumerate(block)):
        return f"the configuration {block[0]!r:.80} … is not one 'license smart' block: check it by hand"
    if any(not line.startswith(" ") for line in block[1:]):
        return "the sub-lines of 'license smart' are not indented: this is no running configuration"
    line = unrestorable(block)
    if line is not None:
        return (
            f"the line {line!r:.200} could not be entered again as it is, so a change could not be rolled "
            "back"
        )
    state, transport = state_of(block, transport_default(facts)), facts.transport
    if state.type is not transport.type or state.proxy != transport.proxy:
        return (
            "the running block and the license outputs show different transports or proxies: check them by "
            "hand"
        )
    return None


def transport_default(facts: DeviceFacts) -> TransportType | None:
    """Return the transport of this device without a `transport type` line; as `licensing.default_on`."""
    return default_on(facts.license_block or (), facts.transport.type, default_type(facts))


def plan_change(case: Case, changes: Sequence[Change], renderer: Renderer) -> LicenseChange:
    """Return the lines of one device whose block has no `obstacle`.

    Args:
        changes: At least one, in the order they are sent: the proxy before the type.

    Raises:
        RenderError: A value may not become a line, or a template does not do what its name says.
    """
    name, facts = case.device.name, case.facts
    block, default = facts.license_block or (), transport_default(facts)
    expected = case.device.expect.proxy
    values = Values(
        before=Before(type=facts.transport.type, proxy=facts.transport.proxy),
        proxy=expected if isinstance(expected, Proxy) else None,
    )

    def rendered(way: Way, order: Sequence[Change]) -> tuple[str, ...]:
        parts = [renderer.lines(change, way, values, device=name)[1:] for change in order]
        return (HEAD, *(line for part in parts for line in part))

    apply = rendered(Way.APPLY, changes)
    rollback = rendered(Way.ROLLBACK, tuple(reversed(changes)))
    printed = layout(case.learnt)
    predicted = applied(block, apply, default, printed)
    _prove(name, default, block, predicted, wanted_state(case, changes))
    back = applied(predicted, rollback, default, printed)
    _prove(name, default, predicted, back, state_of(block, default))
    return LicenseChange(
        apply=apply,
        rollback=rollback,
        before=tuple(block),
        predicted=predicted,
        diff=unified_diff(block, predicted, f"{name} observed", f"{name} predicted"),
        notes=_notes(block, predicted, changes, default),
    )


def wanted_state(case: Case, changes: Sequence[Change]) -> State:
    """Return what the block must mean after these changes."""
    facts, expected = case.facts, case.device.expect.proxy
    state = state_of(facts.license_block or (), transport_default(facts))
    kind, proxy = state.type, state.proxy
    for change in changes:
        kind = _TYPES.get(change, kind)
        if change is Change.PROXY_SET:
            proxy = expected if isinstance(expected, Proxy) else proxy
        elif change is Change.PROXY_REMOVE:
            proxy = None
    return State(type=kind, proxy=proxy, others=state.others)


def is_applied(facts: DeviceFacts, planned: PlannedDevice) -> bool:
    """Return whether the device reads already as this plan would leave it."""
    block, default = facts.license_block, planned.observed.default_type
    if block is None or not matches_prediction(block, planned.predicted, default=default):
        return False
    wanted = state_of(planned.predicted, default)
    return facts.transport.type is wanted.type and facts.transport.proxy == wanted.proxy


def _prove(
    name: str, default: TransportType | None, start: Sequence[str], end: Sequence[str], wanted: State
) -> None:
    if state_of(end, default) != wanted:
        raise RenderError(
            f"{name}: the templates' lines would turn {list(start)!r:.300} into {list(end)!r:.300}, which is "
            "not the change of that name; compare your templates with the shipped ones"
        )


def _notes(
    before: Sequence[str], predicted: Sequence[str], changes: Sequence[Change], default: TransportType | None
) -> tuple[str, ...]:
    kind = next((_TYPES[change] for change in changes if change in _TYPES), None)
    if kind is None:
        return ()
    notes = []
    if not any(map(type_of, before)) and default is not None:
        notes.append(
            f"'transport type {default.value}' was in force as the default, and the device did not show it; "
            "the rollback enters it explicitly"
        )
    if not any(map(type_of, predicted)):
        notes.append(
            f"the predicted block is not certain: 'transport type {kind.value}' is the default of this "
            "release, so the device may show this line or hide it"
        )
    return tuple(notes)
