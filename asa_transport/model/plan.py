"""What would be sent to which device, and the way back.

Source: docs/schemas/plan.json.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from asa_transport.model.expectation import Proxy
from asa_transport.model.fields import SHA256, says
from asa_transport.model.goal import Goal
from asa_transport.model.identity import Identity
from asa_transport.model.judgement import Change
from asa_transport.model.states import FailoverState, FailoverUnit, TransportType

# No device's name has it (files/checker.py, `is_name`).
UNIT_JOIN: Final = "+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachability:
    """What must answer the firewall itself before its transport changes (`ping tcp HOST PORT`).

    Attributes:
        target: The proxy if there is one, else Cisco's server of the new transport.
        is_proven: Whether a probe in the plan's own run answered; otherwise it is "to be
            probed at push".
    """

    target: Proxy
    is_proven: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What a plan rests on beside the `license smart` block; `None` where the device did not say.

    Attributes:
        default_type: The transport of this release without a `transport type` line; the
            read-back may show or hide the line that says it, and no other.
        has_exception: Whether a live exception covered the device, other than the one
            that the plan itself is for.
    """

    version: str | None = None
    serial: str | None = None
    failover_unit: FailoverUnit | None = None
    failover_state: FailoverState | None = None
    mate_serial: str | None = None
    transport: TransportType | None = None
    proxy: Proxy | None = None
    default_type: TransportType | None = None
    has_exception: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDevice:
    """One device that will be changed.

    Attributes:
        identity: The firewall that answered under this name; nothing is sent to another one.
        apply: The exact lines, in order, without `configure terminal`, `end`, `write memory`.
        rollback: The lines that restore what was observed, in the same form.
        before: The observed `license smart` block, line by line, with its indentation.
        predicted: The block as it should read afterwards; a prediction, because a
            release may hide a line that is its default.
        diff: Unified diff from `before` to `predicted`.
        fingerprint: SHA-256 of what the plan rests on; `push` compares it with a fresh one.
        wave: Counts from 1.
        reachability: Every plan that is made says it; one that does not is refused.
        unit: The change unit it belongs to: its own name, or all names of its pair, joined by `+`.
        notes: What a person should know, e.g. that a hidden default is written back explicitly.
        observed: What the fingerprint holds beside `before`, so that a refusal can show what moved.
    """

    name: str
    host: str
    identity: Identity = field(default_factory=Identity)
    changes: tuple[Change, ...]
    reasons: tuple[str, ...]
    apply: tuple[str, ...]
    rollback: tuple[str, ...]
    before: tuple[str, ...]
    predicted: tuple[str, ...]
    diff: str
    fingerprint: str
    wave: int
    unit: str
    groups: tuple[str, ...] = ()
    region: str | None = None
    reachability: Reachability | None = None
    notes: tuple[str, ...] = ()
    observed: Observed = field(default_factory=Observed)

    @property
    def members(self) -> tuple[str, ...]:
        """The names of its change unit, its own among them; a mate need not be planned itself."""
        return tuple(self.unit.split(UNIT_JOIN))


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDevice:
    """One device that was looked at and will not be changed, with every reason."""

    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revert:
    """Who answers for a temporary revert to callhome, and until when (goal `callhome`)."""

    ticket: str
    owner: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSeen:
    """The exceptions ledger that a plan was made under: how many entries, and a digest over them."""

    entries: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole plan; its document (docs/schemas/plan.json) holds all of it.

    Attributes:
        run: The id of the audit it was made from.
        templates_sha256: Digest of the Jinja2 templates that made the lines.
        policy_sha256: Digest of the policy that decided; nothing is pushed under another one.
        signers_sha256: Digest of the file of those who may approve; `None` where nobody must.
        ledger: `None` where there was none.
        waves: Names in the order of their turn; every planned device is in exactly one.
        devices: Sorted by name, as `held` and `nothing_to_do` are.
        nothing_to_do: Devices of the audit that are as this goal wants them, or not its business.
        digest: SHA-256 over all of the above; empty until the document was made.
    """

    id: str
    created_at: datetime
    valid_until: datetime
    goal: Goal
    run: str
    inventory: str
    tool_version: str
    templates_sha256: str = field(metadata=SHA256)
    policy_sha256: str = field(metadata=SHA256)
    signers_sha256: str | None = field(default=None, metadata=SHA256)
    ledger: LedgerSeen | None = None
    waves: tuple[tuple[str, ...], ...]
    devices: tuple[PlannedDevice, ...]
    held: tuple[HeldDevice, ...]
    nothing_to_do: tuple[str, ...] = ()
    revert: Revert | None = None
    digest: str = field(
        default="",
        metadata=says(
            "SHA-256 of the document without `digest`, as JSON with sorted keys, no blanks, ASCII only.",
            **SHA256["schema"],
        ),
    )
