"""What the user decided once for the whole fleet.

Pure.

Source: docs/rules.md; policy.example.yaml.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from asa_transport.model.campaign import ChangeWindow, FailureBudget
from asa_transport.model.ssh import SshPolicy
from asa_transport.model.undertaking import Unsaved, Verified


@dataclass(frozen=True, slots=True, kw_only=True)
class DayThresholds:
    """Severity by days left: above `low` low or nothing, `medium` medium, `high` high, else critical.

    `low=45, medium=14, high=3` reads: more than 45 days low, more than 14 medium, more
    than 3 high, the rest critical (AT201).
    """

    low: float = 45.0
    medium: float = 14.0
    high: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveSize:
    """How many devices a wave may have: a number, or a percentage of all planned devices (rounded up)."""

    count: int
    is_percent: bool = False

    def __str__(self) -> str:
        return f"{self.count}%" if self.is_percent else str(self.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class WavePolicy:
    """In which portions a plan is pushed: first the canary, then the sizes in turn.

    Attributes:
        canary_tag: Devices with this tag go first; where there are too few, the first of the others.
        canary_count: Size of the first wave, in devices; 0 for none.
        sizes: Of the waves after it; the last one repeats until all are in.
        max_per_group: The most devices of one inventory group in one wave; 0 for no limit.
    """

    canary_tag: str = "canary"
    canary_count: int = 1
    sizes: tuple[WaveSize, ...] = (
        WaveSize(count=5),
        WaveSize(count=25, is_percent=True),
        WaveSize(count=50, is_percent=True),
        WaveSize(count=100, is_percent=True),
    )
    max_per_group: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCaps:
    """The most sessions at once within one inventory group, region, and through one jump host; 0: no cap.

    All sessions through a jump host share one connection to it; it opens one to each firewall.
    """

    per_group: int = 0
    per_region: int = 0
    per_jump: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the user decided once for the whole fleet (`policy.yaml`); the defaults are the safe choice.

    Attributes:
        contact_deadline: Days to the communication deadline, for AT201.
        registration_expiry: Days to the end of the registration, for AT204, which is
            silent above `registration_notice_days`.
        no_contact_reload_days: From so many days without contact a reload is dangerous (AT205);
            the documented danger begins at a year (TAC document 225967), so this is lower.
        clock_skew_s: Allowed difference between the device's clock and ours, seconds (AT208).
        callhome_grace_days: How long callhome without a live exception stays medium (AT101).
        allow_callhome: Whether a temporary revert may be proposed at all.
        revert_within_days: Only so near to the deadline is a revert proposed.
        exception_max_days: The longest exception that `exceptions add` accepts.
        plan_valid: How long a plan may be pushed after it was made, in hours.
        keep: How long runs are kept, in days.
        waves: In which portions.
        failure_budget: How many devices of a push may fail.
        change_windows: When a push may start devices; empty for any time.
        contact_timeout_s: How long a push waits for a licence contact before it goes back.
        contact_poll_s: How often it looks for that contact.
        proof: What a change must show to be kept; with `CONFIG` it is kept, and reported as
            weaker, where no contact came within the limit.
        unsaved: What a push does where somebody else's changes are not saved.
        approvals: How many signatures over its digest a plan needs before a push.
        allowed_signers: Whose signatures count, in the form of ``ssh-keygen -Y verify``.
        people: The names of one person each, who has several: principals and login names.
        max_sessions: How many sessions at once, by what they share.
        lockout_after: How many devices may reject a secret that none has taken, before no other is asked.
        ssh: Which SSH algorithms are offered to a device of which the inventory does not say it.
    """

    contact_deadline: DayThresholds = field(default_factory=DayThresholds)
    registration_expiry: DayThresholds = field(default_factory=DayThresholds)
    registration_notice_days: float = 60.0
    no_contact_reload_days: float = 300.0
    clock_skew_s: float = 300.0
    callhome_grace_days: float = 14.0
    allow_callhome: bool = False
    revert_within_days: float = 14.0
    exception_max_days: float = 90.0
    plan_valid: float = 24.0
    keep: float = 400.0
    waves: WavePolicy = field(default_factory=WavePolicy)
    failure_budget: FailureBudget = field(default_factory=FailureBudget)
    change_windows: tuple[ChangeWindow, ...] = ()
    contact_timeout_s: float = 180.0
    contact_poll_s: float = 5.0
    proof: Verified = Verified.CONTACT
    unsaved: Unsaved = Unsaved.REFUSE
    approvals: int = 0
    allowed_signers: Path | None = None
    people: tuple[tuple[str, ...], ...] = ()
    max_sessions: SessionCaps = field(default_factory=SessionCaps)
    lockout_after: int = 2
    ssh: SshPolicy = SshPolicy.DEFAULT
