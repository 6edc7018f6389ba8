"""What the judgement says of a device: findings, a decision, and what they rest on.

Source: CONTRACT §5, §6.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from asa_transport.model.campaign import ChangeWindow, FailureBudget
from asa_transport.model.facts import Evidence
from asa_transport.model.severity import Severity
from asa_transport.model.ssh import SshPolicy
from asa_transport.model.undertaking import Unsaved, Verified


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """Who answers for a finding that is known and accepted, until when, and why."""

    owner: str
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingValue:
    """One thing that a finding says, for programs; a finding may have several of one name."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule that fired, with the lines that prove it.

    Attributes:
        missing_from: The command whose answer proves it by a line that is not there; `None` where
            nothing is missing.
        waived: `None` where it counts; a waived finding is shown, and fails nothing.
        values: What makes it another finding than yesterday's of the same key, whatever its words
            are; nothing that only counts down is among them.  `None`: an older release kept it.
    """

    rule: str
    severity: Severity
    title: str
    detail: str
    remedy: str
    bug: str | None = None
    evidence: tuple[Evidence, ...] = ()
    missing_from: str | None = None
    waived: Waived | None = None
    values: tuple[FindingValue, ...] | None = None

    @property
    def key(self) -> str:
        """What it is about: one finding of a device has it, tonight as last night, however it is worded."""
        return self.rule if self.bug is None else f"{self.rule}:{self.bug}"

    @property
    def weight(self) -> str:
        """The severity as it is shown: `high`, or `high, waived`."""
        return self.severity.value if self.waived is None else f"{self.severity.value}, waived"

    def counts(self, fail_on: Severity) -> bool:
        """Return whether it makes a run fail that fails from this severity on."""
        return self.waived is None and self.severity.rank >= fail_on.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One entry of the waivers ledger: a finding that is known and accepted, with an owner and an end.

    Attributes:
        rule: Id of a rule, or `bug`: id of a catalogue entry; one of the two, or both.
        devices: Which devices, as `--limit` names them.
        until: The last moment it is valid, aware UTC.
        closed_at: When a person ended it early; `None` while it runs.
    """

    rule: str | None
    bug: str | None
    devices: str
    until: datetime
    owner: str
    reason: str
    added_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def what(self) -> str:
        """What it waives, as it is named: the rule, the bug, or both."""
        return " ".join(filter(None, (self.rule, self.bug)))

    def is_live(self, now: datetime) -> bool:
        """Return whether it holds at `now`."""
        return self.closed_at is None and now <= self.until


class Verdict(enum.StrEnum):
    """What should be done with a device."""

    COMPLIANT = "compliant"
    CHANGE = "change"
    HOLD = "hold"
    MANUAL = "manual"
    NOT_APPLICABLE = "not-applicable"


class Change(enum.StrEnum):
    """One kind of configuration change."""

    TRANSPORT_SMART = "transport-smart"
    TRANSPORT_CALLHOME = "transport-callhome"
    PROXY_SET = "proxy-set"
    PROXY_REMOVE = "proxy-remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Verdict, changes in the order they would be sent, and reasons for one device."""

    verdict: Verdict
    changes: tuple[Change, ...] = ()
    reasons: tuple[str, ...] = ()


class BugReading(enum.StrEnum):
    """What the catalogue says of one version on one platform (CONTRACT §6)."""

    AFFECTED = "affected"
    FIXED = "fixed"
    NOT_AFFECTED = "not-affected"
    NO_FIX_LISTED = "no-fix-listed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """One entry of the bug catalogue.

    Attributes:
        affected: The releases that are affected, as written, each with all its interims
            (``9.12(4)``), one build (``9.12(4)2``) or a whole train (``9.13``); no other
            release is.  Empty where `fixed_in` alone tells.
        fixed_in: First fixed release of each listed train, as written, e.g. ``9.20(4)14``.
            Without it and `affected` the entry only informs.
        platforms: Prefixes of model names it is limited to, e.g. ``FPR-21``; empty means all.
        blocks: Whether a change must wait until the device runs a fixed release.
        breaks_contact: Whether it keeps the device from verifying Cisco's server, so that
            no open path cures it.
        trusts_proxy_status: False where `show license status` may deny a proxy that is set.
        source: Where this is known from; `as_of` is the date of that source.
    """

    id: str
    title: str
    severity: Severity
    affected: tuple[str, ...] = ()
    fixed_in: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    blocks: bool = False
    breaks_contact: bool = False
    trusts_proxy_status: bool = True
    detail: str = ""
    remedy: str = ""
    source: str
    as_of: date

    @property
    def informs_only(self) -> bool:
        """True where no release is named: no version can be judged by it."""
        return not self.fixed_in and not self.affected


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The bug entries of one run, ours and the user's, sorted by id.

    Attributes:
        version: Of the catalogue that the program ships.
        sha256: Of everything that was read, so that two reports compare.
        replaced: Ids of our entries that the user's file replaces.
        added: Ids that only the user's file has.
    """

    bugs: tuple[Bug, ...]
    version: str
    sha256: str
    replaced: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BugVerdict:
    """What one entry means for one device, and in which reading; `why` is a sentence for the finding.

    `is_model_known` is False where the entry is limited to certain models and nobody knows
    whether this is one of them.
    """

    bug: Bug
    reading: BugReading
    why: str
    is_model_known: bool = True

    @property
    def is_affected(self) -> bool:
        """True for `affected` and for `no-fix-listed`, which counts as affected."""
        return self.reading in (BugReading.AFFECTED, BugReading.NO_FIX_LISTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """One entry of the exceptions ledger: a temporary revert to callhome, with an owner and an end.

    Attributes:
        until: The last moment it is valid, aware UTC.
        closed_at: When a person ended it early; `None` while it runs.
    """

    device: str
    until: datetime
    owner: str
    ticket: str
    reason: str
    added_at: datetime
    closed_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Return whether it covers the device at `now`."""
        return self.closed_at is None and now <= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class DayThresholds:
    """Severity by days left: above `low` low or nothing, `medium` medium, `high` high, else critical.

    `low=45, medium=14, high=3` reads: more than 45 days low, more than 14 medium, more
    than 3 high, the rest critical (CONTRACT §6, AT201).
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
            the documented danger begins at a year (DOMAIN §0, C), so this is lower.
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
