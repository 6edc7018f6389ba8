"""What the tests of plans share: a fleet that was judged, plans of it, and a firewall's licence mode.

`FirewallSim` is written from Cisco TAC document 225967 alone and knows nothing of the program: what it
prints after the lines of a plan is the test.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from asa_transport.core.documents.plan import sealed
from asa_transport.core.judgement.judge import Standard, cases, judged
from asa_transport.core.planning.plan import Origin, make_plan
from asa_transport.core.planning.probe import Probed
from asa_transport.core.planning.render import Renderer
from asa_transport.edges import templates
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Capture,
    DeviceFacts,
    Exemption,
    Goal,
    NotAudited,
    Plan,
    Policy,
    Proxy,
    Revert,
    Stage,
    TransportSource,
    TransportType,
)
from tests.unit.judging import NOW, days, device, expectation_of, facts_of

TEMPLATES = {name: text for name, text in templates.jinja().items() if name.startswith("change_")}
RENDERER = Renderer(TEMPLATES)
OLD = Proxy(host="old.example.net", port=3128)
NEW = Proxy(host="proxy.example.net", port=8080)
ORIGIN = Origin(
    id="plan-1",
    run="run-1",
    inventory="inventory.yaml",
    tool_version="0.0.0",
    policy_sha256="0" * 64,
    now=NOW,
)
REVERT = Revert(ticket="CHG7", owner="kim", until=NOW + days(10))
CALLHOME_ALLOWED = replace(Policy(), allow_callhome=True)


@dataclass(slots=True)
class FirewallSim:
    """The licence mode of one firewall; prints its block, takes lines in configuration mode."""

    default: str
    shows_default: bool
    type: str
    proxy: str | None = None
    above: tuple[str, ...] = (" feature tier standard",)
    url: str | None = None
    mode: str = field(default="config", init=False)

    def block(self) -> tuple[str, ...]:
        lines = list(self.above)
        if self.shows_default or self.type != self.default:
            lines.append(f" transport type {self.type}")
        if self.url:
            lines.append(f" transport url {self.url}")
        if self.proxy:
            lines.append(f" transport proxy {self.proxy}")
        return ("license smart", *lines) if lines else ()

    def send(self, lines: Sequence[str]) -> None:
        for line in lines:
            if line == "license smart":
                self.mode = "smart"
                continue
            assert self.mode == "smart", line
            if match := re.fullmatch(r" transport type (smart|callhome)", line):
                self.type = match[1]
            elif match := re.fullmatch(r" transport proxy (\S+ port \d+)", line):
                self.proxy = match[1]
            else:
                assert line == " no transport proxy", line
                self.proxy = None

    def facts(self, base: DeviceFacts) -> DeviceFacts:
        """What an audit would read of it."""
        host, _, port = (self.proxy or "").partition(" port ")
        transport = replace(
            base.transport,
            type=TransportType(self.type),
            source=TransportSource.LICENSE,
            proxy=Proxy(host=host, port=int(port)) if self.proxy else None,
            proxy_known=True,
        )
        return replace(base, transport=transport, license_block=self.block())


def audited(
    name: str, facts: str = "-", *, expect: str = "smart", block: Sequence[str] | None = None, **changes: Any
) -> Audited:
    """A device in the words of docs/decisions.md; its block says what its facts say, on 9.22."""
    found = facts_of(facts)
    if name != "fw1":
        # Every firewall has a serial number of its own; the facts have that of `fw1`.
        found = replace(found, hostname=name, serial=f"9A{name.upper()}")
    transport = found.transport
    if found.license_block is not None:
        sim = FirewallSim(
            default="smart",
            shows_default=False,
            type=transport.type.value if transport.type else "smart",
            proxy=f"{transport.proxy.host} port {transport.proxy.port}" if transport.proxy else None,
        )
        found = replace(found, license_block=sim.block() if block is None else tuple(block))
    entry = replace(device(expectation_of(expect)), name=name, host=f"{name}.example.net", **changes)
    capture = Capture(device=name, started_at=NOW, finished_at=NOW, outputs=())
    return Audited(device=entry, capture=capture, facts=found)


def missed(name: str) -> NotAudited:
    entry = replace(device(), name=name)
    return NotAudited(device=entry, stage=Stage.CONNECT, error="TCP: timed out", hint="look at the route")


def plan_of(
    outcomes: Sequence[AuditOutcome],
    *,
    goal: Goal = Goal.EXPECTED,
    policy: Policy | None = None,
    exemptions: Sequence[Exemption] = (),
    revert: Revert | None = None,
    probes: Mapping[str, Probed] | None = None,
    renderer: Renderer = RENDERER,
) -> Plan:
    """Judge the outcomes and plan them."""
    used = policy or Policy()
    standard = Standard(policy=used, catalogue=(), exemptions=exemptions, now=NOW)
    ready = judged(outcomes, standard)
    return sealed(
        make_plan(
            cases(ready, standard),
            ready,
            origin=ORIGIN,
            goal=goal,
            renderer=renderer,
            policy=used,
            revert=revert,
            probes=probes,
        )
    )
