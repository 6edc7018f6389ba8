"""The rules about the release, the unit, and what was not understood: AT301, AT302, AT401, AT402.

Pure.  Nothing is said of a bug beyond what the catalogue says.

Source: as each rule names them; `asa/sources.py` has the documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Final

from asa_transport.asa.commands import (
    CLOCK,
    CLUSTER,
    CONFIG_CALL_HOME,
    CONFIG_LICENSE,
    FAILOVER,
    LICENSE_ALL,
    LICENSE_STATUS,
    MODE,
)
from asa_transport.asa.sources import (
    ASAV,
    CONTEXTS_GUIDE,
    CSCWR56980,
    FAILOVER_GUIDE,
    NEW_IN_924,
    NTC,
    TAC,
    UNICON,
    inferred,
    not_proven,
    own_rule,
)
from asa_transport.asa.version import Train, try_parse
from asa_transport.core.judgement.cases.bugs import normal_model
from asa_transport.core.judgement.cases.case import (
    LICENSE_CONFIG,
    Hit,
    answered_of,
    control_unit,
    has_smart_licensing,
    is_follower,
    is_refused_role,
    is_transport_judged,
    is_user_context,
    proof,
    unknown_licensing,
    values_of,
)
from asa_transport.core.judgement.decisions.table import is_not_applicable
from asa_transport.core.judgement.rules.rule import Rule
from asa_transport.model import (
    BugReading,
    ClusterRole,
    FindingValue,
    Proxy,
    Severity,
    TransportType,
)

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import (
        Case,
    )
    from asa_transport.model import (
        BugVerdict,
        DeviceFacts,
        Evidence,
        UnknownLine,
    )

# A finding names this many and counts the rest; the facts hold them all.
_SHOWN: Final = 10
# A role that was refused is not that of an active unit.
_ROLE_COMMANDS: Final = (FAILOVER, CLUSTER, MODE)
_STATUS: Final = frozenset({LICENSE_STATUS, LICENSE_ALL})
# An ASAv on 9.24 stays there or above (New Features in ASA 9.24(1)).
_ONE_WAY: Final = Train(9, 24)
_NUMBER: Final = re.compile(r"\d+")
_NOT_THIS_BUG: Final = frozenset({BugReading.FIXED, BugReading.NOT_AFFECTED})


def at301(case: Case) -> Iterator[Hit]:
    """The version is affected by a catalogued bug; one hit a bug."""
    if is_not_applicable(case):
        return
    for verdict in case.bugs:
        # What it means to read a proxy under such a bug is AT302's one finding; a bug of certain models
        # says nothing of a device whose model is not known.
        if not verdict.is_affected or not verdict.bug.trusts_proxy_status or not verdict.is_model_known:
            continue
        yield Hit(
            severity=verdict.bug.severity,
            detail=_bug_detail(verdict),
            values=values_of(reading=verdict.reading.value, blocks="yes" if verdict.bug.blocks else None),
            evidence=proof(case.facts, "version", "model"),
            remedy=_upgrade_remedy(case, verdict),
            bug=verdict.bug.id,
        )


AT301: Final = Rule(
    id="AT301",
    title="A catalogued bug affects the version",
    severity="as catalogued",
    meaning="The bug catalogue lists this release, or no fixed release of its train, on this model. "
    "Not reported where there is nothing to judge, nor for a bug of certain models if the model of this "
    "device is unknown.",
    remedy="read the bug or the field notice at Cisco, and plan an upgrade to a fixed release. Check AT205 "
    "first: an upgrade reloads the device. An ASAv on 9.24 cannot go back to an earlier release",
    evidence="the version and the model of 'show version'",
    sources=(
        TAC,
        NEW_IN_924,
        own_rule("what is catalogued is listed by 'asa-transport bugs', each entry with its own sources"),
    ),
    check=at301,
)


def at302(case: Case) -> Hit | None:
    """The proxy shown by `show license status` cannot be trusted."""
    transport = case.facts.transport
    matters = transport.proxy is not None or isinstance(case.device.expect.proxy, Proxy)
    if not is_transport_judged(case) or transport.type is not TransportType.SMART or not matters:
        return None
    found = next((verdict for verdict in case.bugs if _hides_the_proxy(verdict)), None)
    if found is None:
        return None
    is_absent = transport.proxy_known and transport.proxy is None
    if not transport.proxy_known:
        proxy = "not-known"
        seen = "the running configuration could not be read: whether there is a proxy is not known"
    elif transport.proxy is None:
        proxy, seen = "none", "the running configuration has no 'transport proxy'"
    else:
        proxy = str(transport.proxy)
        seen = f"the running configuration has 'transport proxy {proxy}'"
    return Hit(
        severity=Severity.INFO,
        detail=f"{seen}; the proxy in 'show license status' is not used ({found.bug.id})",
        evidence=proof(case.facts, "transport.proxy") or _refused_proxy(case.facts),
        missing_from=answered_of(case.facts, *LICENSE_CONFIG) if is_absent else None,
        values=values_of(proxy=proxy),
        bug=found.bug.id,
    )


def _refused_proxy(facts: DeviceFacts) -> tuple[Evidence, ...]:
    """Return the refusals for which it is not known whether there is a proxy."""
    return tuple(line for line in facts.refused if line.command in LICENSE_CONFIG)


AT302: Final = Rule(
    id="AT302",
    title="The proxy in 'show license status' cannot be trusted",
    severity="info",
    meaning="'show license status' may show no proxy although one is set (CSCwr56980). The proxy is read "
    "from the running configuration instead.",
    remedy="check a proxy with 'show running-config license', never with 'show license status'",
    evidence="the 'transport proxy' line, or the 'show running-config license' that has none",
    sources=(
        TAC,
        CSCWR56980,
        inferred(
            "Cisco says only to be aware of the bug while checking the proxy. That the output can hide a "
            "proxy that is set is our reading"
        ),
    ),
    check=at302,
)


def at401(case: Case) -> Hit | None:
    """Not judged here: standby unit, non-control cluster unit, user context."""
    facts = case.facts
    if is_user_context(facts):
        where = f"the context {facts.context!r:.80}" if facts.context else "a context that is not named"
        detail = f"this is {where}; licences are configured in the system execution space"
        return Hit(
            severity=Severity.INFO,
            detail=detail,
            values=values_of(unit="user-context", context=facts.context),
            evidence=proof(facts, "context_mode", "context"),
        )
    if not is_follower(facts) and facts.cluster.role is not ClusterRole.OTHER:
        return None
    name = "cluster.role"
    if facts.cluster.role is ClusterRole.OTHER:
        detail = "the role of this unit in its cluster is not known"
        values = values_of(unit="not-known")
    elif facts.cluster.role is ClusterRole.DATA:
        control = control_unit(facts)
        named = f" ({control!r:.80})" if control is not None else ""
        detail = f"this is a data unit of its cluster: the control unit{named} is judged instead"
        values = values_of(unit="data", control=control)
    elif case.mate is not None:
        detail, name = "this is the standby unit: its active mate is judged instead", "failover.state"
        values = values_of(unit="standby", mate="audited")
    else:
        detail = "this is the standby unit, and its active mate was not audited in this run"
        name = "failover.state"
        values = values_of(unit="standby", mate="not-audited")
    return Hit(severity=Severity.INFO, detail=detail, values=values, evidence=proof(facts, name))


AT401: Final = Rule(
    id="AT401",
    title="Not judged here",
    severity="info",
    meaning="A standby unit and a cluster's data unit get their configuration from another unit; a "
    "user context has no licensing of its own.",
    remedy="audit the active unit, the control unit or the system execution space. Do not configure "
    "this unit",
    evidence="the role in 'show failover' or 'show cluster info', or the context mode",
    sources=(
        FAILOVER_GUIDE,
        CONTEXTS_GUIDE,
        UNICON,
        ASAV,
        not_proven(
            "that the licence of a multiple-context ASA is configured in the system execution space alone",
            row="license-in-system",
        ),
    ),
    check=at401,
)


def at402(case: Case) -> Hit | None:
    """License output understood only in part."""
    facts = case.facts
    unread = _refused_licensing(facts)
    # Those that forbid a verdict first, so that they are named and not only counted.
    blocking = unknown_licensing(facts)
    others = (line for line in facts.unknown if line not in blocking)
    unknown = _once(chain(blocking, others))
    parts = [_unknown_text(line.evidence, line.reason) for line in unknown]
    said = [_unknown_value(line) for line in unknown]
    timeless = tuple(line for line in facts.refused if line.command == CLOCK)
    refused = (*unread, *(timeless if has_smart_licensing(facts) else ()))
    parts += [f"{line.command!r} was refused: {line.text.strip()!r:.120}" for line in refused]
    said += values_of(refused=tuple(line.command for line in refused))
    clock = facts.clock
    if clock is not None and clock.at is None and all(line.fact != "clock" for line in unknown):
        parts.append(f"the time zone {clock.zone!r:.40} of the device's clock is not understood")
        said += values_of(zone=clock.zone)
    if not parts:
        return None
    more = f"; and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else ""
    held = "; nothing is changed before this is understood" if blocking else ""
    lines = (*(line.evidence for line in unknown), *refused)
    return Hit(
        # Elsewhere a release may print what it likes: to know of it is enough.
        severity=Severity.MEDIUM if blocking or unread else Severity.INFO,
        detail=f"not understood: {'; '.join(parts[:_SHOWN])}{more}{held}",
        values=tuple(said[:_SHOWN]),
        evidence=lines[:_SHOWN],
    )


AT402: Final = Rule(
    id="AT402",
    title="License output understood only in part",
    severity="medium in the transport, registration and authorization parts, and for a refused licensing "
    "command; else info",
    meaning="A line or a value is not known, or a licensing command was refused. In the transport, "
    "registration and authorization parts this allows no verdict other than hold; elsewhere it is only "
    "reported.",
    remedy="check the line by hand. If a command was refused, authorize it for the audit's user. If a line "
    "is unknown, report it, with the release that prints it. Do not change the device before the line "
    "is understood",
    evidence="the lines themselves",
    sources=(
        NTC,
        UNICON,
        own_rule("what is not understood is named, and is never taken for healthy"),
    ),
    check=at402,
)


def _once(lines: Iterable[UnknownLine]) -> tuple[UnknownLine, ...]:
    """Return the lines, each text once: `show license status` and `show license all` print the same."""
    first: dict[tuple[str, str], UnknownLine] = {}
    for line in lines:
        first.setdefault((line.evidence.text.strip(), line.reason), line)
    return tuple(first.values())


def _upgrade_remedy(case: Case, verdict: BugVerdict) -> str | None:
    """Return the entry's remedy, with what an upgrade cannot undo; `None` for the rule's own."""
    version = try_parse(case.facts.version or "")
    is_virtual = normal_model(case.facts.model or "").startswith("ASAV")
    if not is_virtual or (version is not None and version.train >= _ONE_WAY):
        return verdict.bug.remedy or None
    own = verdict.bug.remedy.rstrip(".") or "read it at Cisco, and plan the upgrade to a fixed release"
    return (
        f"{own}. On an ASAv the upgrade to 9.24 is one-way: the device cannot go back to an earlier release, "
        "and later releases are reached only through 9.24"
    )


def _hides_the_proxy(verdict: BugVerdict) -> bool:
    return not verdict.bug.trusts_proxy_status and verdict.reading not in _NOT_THIS_BUG


def _bug_detail(verdict: BugVerdict) -> str:
    about = f" ({verdict.bug.detail.strip().rstrip('.')})" if verdict.bug.detail else ""
    blocks = "; no change is made before the device runs a fixed release" if verdict.bug.blocks else ""
    return f"{verdict.bug.id}: {verdict.bug.title}{about}: {verdict.reading.value}: {verdict.why}{blocks}"


def _unknown_text(evidence: Evidence, reason: str) -> str:
    return f"{evidence.command!r} line {evidence.line}: {evidence.text.strip()!r:.120} ({reason:.160})"


def _unknown_value(line: UnknownLine) -> FindingValue:
    """Return what the line is, for programs; of a line that nobody understands no number means anything."""
    text = _NUMBER.sub("#", f"{line.evidence.text.strip():.120}")
    return FindingValue(name=line.fact or "line", value=f"{line.evidence.command}: {text}")


def _refused_licensing(facts: DeviceFacts) -> tuple[Evidence, ...]:
    """Return the refusals that leave a licensing question open; a PAK device refuses all of them."""
    if not has_smart_licensing(facts):
        return ()
    open_commands = {command for command in _ROLE_COMMANDS if is_refused_role(facts, command)}
    if facts.license_block is None:
        open_commands.add(CONFIG_LICENSE)
    if facts.transport.callhome_proxy is None:
        open_commands.add(CONFIG_CALL_HOME)
    if facts.registration.state is None:
        open_commands |= _STATUS
    return tuple(line for line in facts.refused if line.command in open_commands)


RULES: Final = (AT301, AT302, AT401, AT402)
