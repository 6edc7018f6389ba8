"""What the tests of a push over many devices share: a plan of plain devices, and outcomes by their word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from asa_transport.model import (
    Applied,
    Device,
    Failed,
    FailureBudget,
    Goal,
    NoChange,
    NotReached,
    Plan,
    PlannedDevice,
    Proxy,
    PushOutcome,
    Reachability,
    Refused,
    RollbackFailed,
    RolledBack,
    Unknown,
    Unreachable,
    Verified,
)
from tests.unit.judging import NOW, days, device

# Every word of an outcome, with `config` and `unsaved` for the weaker forms of `applied`.
MAKERS: Final[dict[str, Callable[[Device], PushOutcome]]] = {
    "applied": lambda one: Applied(device=one, verified=Verified.CONTACT, saved=True),
    "config": lambda one: Applied(device=one, verified=Verified.CONFIG, saved=True, reason="no contact"),
    "unsaved": lambda one: Applied(device=one, verified=Verified.CONTACT, saved=False, reason="no [OK]"),
    "no-change": lambda one: NoChange(device=one, reason="is as intended"),
    "refused": lambda one: Refused(device=one, reason="has moved", drift="-a\n+b\n"),
    "not-reached": lambda one: NotReached(device=one, reason="stopped"),
    "unreachable": lambda one: Unreachable(device=one, reason="timed out"),
    "failed": lambda one: Failed(device=one, reason="prompt changed"),
    "rolled-back": lambda one: RolledBack(device=one, reason="no contact"),
    "rollback-failed": lambda one: RollbackFailed(device=one, reason="reads otherwise"),
    "unknown": lambda one: Unknown(device=one, reason="session lost"),
}
COUNTED: Final = ("unsaved", "refused", "unreachable", "failed", "rolled-back", "rollback-failed", "unknown")
NO_BUDGET: Final = FailureBudget(number=None, percent=None, consecutive=None)


def named(name: str) -> Device:
    return replace(device(), name=name, host=f"{name}.example.net")


def outcome(name: str, word: str) -> PushOutcome:
    return MAKERS[word](named(name))


def planned(
    name: str,
    *,
    wave: int = 1,
    unit: str | None = None,
    groups: Sequence[str] = (),
    region: str | None = None,
    proxy: str | None = None,
) -> PlannedDevice:
    target = None if proxy is None else Proxy(host=proxy, port=8080)
    return PlannedDevice(
        name=name,
        host=f"{name}.example.net",
        changes=(),
        reasons=(),
        apply=("license smart", " transport type smart"),
        rollback=("license smart", " transport type callhome"),
        before=(),
        predicted=(),
        diff="",
        fingerprint="0" * 64,
        wave=wave,
        unit=unit or name,
        groups=tuple(groups),
        region=region,
        reachability=None if target is None else Reachability(target=target, is_proven=False),
    )


def plan(*devices: PlannedDevice) -> Plan:
    last = max((one.wave for one in devices), default=0)
    return Plan(
        id="plan-1",
        created_at=NOW,
        valid_until=NOW + days(1),
        goal=Goal.SMART,
        run="run-1",
        inventory="inventory.yaml",
        tool_version="0.0.0",
        templates_sha256="0" * 64,
        policy_sha256="0" * 64,
        waves=tuple(
            tuple(one.name for one in devices if one.wave == number) for number in range(1, last + 1)
        ),
        devices=tuple(sorted(devices, key=lambda one: one.name)),
        held=(),
        digest="1" * 64,
    )


def fleet(count: int, **traits: object) -> tuple[PlannedDevice, ...]:
    return tuple(planned(f"fw-{number:02}", **traits) for number in range(1, count + 1))  # type: ignore[arg-type]
