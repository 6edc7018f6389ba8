"""How the audit of one device ended; alternatives are types.

Source: docs/schemas/audit.json.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from asa_transport.model.capture import Capture
from asa_transport.model.facts import DeviceFacts
from asa_transport.model.fields import LEFT_OUT, says
from asa_transport.model.finding import Finding
from asa_transport.model.inventory import Device
from asa_transport.model.judgement import Decision, Verdict
from asa_transport.model.ssh import SshFacts, SshOffer
from asa_transport.model.stage import Stage
from asa_transport.model.unsettled import UnsettledPush

# Both kinds of outcome say these.
_DURATION: Final = says("Seconds from the first attempt to reach it; null: nobody measured.", minimum=0)
_UNSETTLED: Final = says("What a push left unproven or unsaved, and nothing has settled.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """A device whose facts were read; `decision` is `None` until the judgement exists.

    Attributes:
        unsettled: What a push left, and this reading does not settle.
        duration_s: Seconds from the first attempt to reach it to this outcome; `None` where nobody
            measured it, as with saved outputs and runs of older releases.
    """

    device: Device = field(metadata=LEFT_OUT)
    capture: Capture = field(metadata=LEFT_OUT)
    duration_s: float | None = field(default=None, metadata=_DURATION)
    facts: DeviceFacts
    findings: tuple[Finding, ...] = ()
    decision: Decision | None = field(default=None, metadata=says("null where nothing was judged."))
    unsettled: UnsettledPush | None = field(default=None, metadata=_UNSETTLED)

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

    device: Device = field(metadata=LEFT_OUT)
    capture: Capture | None = field(default=None, metadata=LEFT_OUT)
    duration_s: float | None = field(default=None, metadata=_DURATION)
    stage: Stage
    error: str
    hint: str
    is_internal: bool = field(default=False, metadata=says("An error in asa-transport, not in the device."))
    ssh: SshFacts | None = field(
        default=None, metadata=says("What the two sides agreed on; null: it did not come that far.")
    )
    ssh_offer: SshOffer | None = field(
        default=None,
        metadata=says("What the device offered, where they agreed on nothing; null: it did not say."),
    )
    unsettled: UnsettledPush | None = field(default=None, metadata=_UNSETTLED)

    @property
    def name(self) -> str:
        """The device's name in the inventory."""
        return self.device.name


AuditOutcome: TypeAlias = Audited | NotAudited
