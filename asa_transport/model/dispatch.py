"""What goes to the workers of the regions, and who they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from asa_transport.model.goal import Goal
from asa_transport.model.limits import Limits
from asa_transport.model.plan import Revert
from asa_transport.model.policy import Policy, SessionCaps
from asa_transport.model.ssh import SshPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeOrder:
    """What decides what a firewall itself is to reach, for a plan.

    Attributes:
        now: When the plan is made.
    """

    goal: Goal
    now: datetime
    revert: Revert | None
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrder:
    """How the devices of a run are read, wherever that is; holds no secret.

    Attributes:
        run: Its id.
        version: Of the program that wrote it; no other one works on it.
        templates: The digest of the parsing templates; a worker that has others does not work on it.
        probe: Each firewall tries what its new transport needs; `None` for an audit.
        lockout_after: After so many rejections a secret that nobody accepted is not tried again.
    """

    run: str
    version: str
    templates: str
    limits: Limits
    ssh: SshPolicy
    caps: SessionCaps
    lockout_after: int
    probe: ProbeOrder | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """A worker, as it says of itself.

    Attributes:
        machine: Its host name.
        user: Whom it runs as.
        version: Of the program.
        templates: As in `WorkOrder`.
        catalogue: The version of its bug catalogue.
        sessions: The most devices at once.
        is_pushing: It pushes, and reads for no audit; any other has no session that may write.
    """

    region: str
    machine: str
    user: str
    pid: int
    version: str
    templates: str
    catalogue: str
    sessions: int
    started_at: datetime
    is_pushing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveWorker:
    """A worker that lives.

    Attributes:
        key: Its number in the store; none is given twice.
        silent_s: Seconds since it was last heard of, by the database's clock.
        run: What it works on; `None` while it waits.
    """

    key: int
    record: WorkerRecord
    silent_s: float
    run: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionLoad:
    """What is left of a run in one region, in devices.

    Attributes:
        waiting: Claimed by no worker.
        claimed: Being read.
    """

    waiting: int = 0
    claimed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretStanding:
    """What a run knows of a credential before a worker of a region tries it.

    Attributes:
        rejected: How often it was rejected, by login and by enable, where nobody accepted it.
        is_proven: A device of this region has accepted it.
    """

    rejected: dict[str, int] = field(default_factory=dict)
    is_proven: bool = False
