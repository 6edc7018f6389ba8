"""How the audit of one device ended; alternatives are types.

Source: docs/schemas/audit.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from asa_transport.model.capture import Capture
from asa_transport.model.facts import DeviceFacts
from asa_transport.model.finding import Finding
from asa_transport.model.inventory import Device
from asa_transport.model.judgement import Decision, Verdict
from asa_transport.model.ssh import SshFacts, SshOffer
from asa_transport.model.stage import Stage
from asa_transport.model.unsettled import UnsettledPush


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """A device whose facts were read; `decision` is `None` until the judgement exists.

    Attributes:
        unsettled: What a push left, and this reading does not settle.
        duration_s: Seconds from the first attempt to reach it to this outcome; `None` where nobody
            measured it, as with saved outputs and runs of older releases.
    """

    device: Device
    capture: Capture
    facts: DeviceFacts
    findings: tuple[Finding, ...] = ()
    decision: Decision | None = None
    unsettled: UnsettledPush | None = None
    duration_s: float | None = None

    @property
    def name(self) -> str:
        """The device's name in the inventory."""
        return self.device.name

    @property
    def verdict(self) -> Verdict | None:
        """What should be done with the device; `None` where it was not judged yet."""
        return None if self.decision is None else self.decision.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAudited:
    """A device that could not be audited.

    Attributes:
        capture: What was read before it failed.
        is_internal: It failed by a fault of ours.
        duration_s: As of a device that was audited; `None` also where the run ended before its turn.
        ssh: What the two sides agreed on before it failed; `None` where it did not come that far.
        ssh_offer: What the device offered, where the two agreed on nothing; `None` where it did not say.
    """

    device: Device
    stage: Stage
    error: str
    hint: str
    capture: Capture | None = None
    unsettled: UnsettledPush | None = None
    is_internal: bool = False
    duration_s: float | None = None
    ssh: SshFacts | None = None
    ssh_offer: SshOffer | None = None

    @property
    def name(self) -> str:
        """The device's name in the inventory."""
        return self.device.name


AuditOutcome: TypeAlias = Audited | NotAudited
