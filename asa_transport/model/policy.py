"""What the user decided once for the whole fleet, and all that `policy.yaml` can say of it.

Pure.  A field is a key of the file: reader and schema take its type, default, bounds and meaning from here.
A bound is there where a value beyond it would silence a danger.

Source: docs/rules.md; policy.example.yaml; Cisco TAC document 225967 (90 days, a year).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asa_transport.model.campaign import MAX_DEVICES, ChangeWindow, FailureBudget
from asa_transport.model.fields import setting
from asa_transport.model.ssh import SshPolicy
from asa_transport.model.undertaking import Unsaved, Verified

# Longer than any timer of Smart Licensing (registration: one year, inferred, AT204).
_MAX_DAYS: Final = 3650.0
_ANY_DAYS: Final = (0.0, _MAX_DAYS)
# Less than a quarter of an hour would be a mistake of units.
_THRESHOLD: Final = (0.01, _MAX_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayThresholds:
    """Severity by days left: above `low` low or nothing, `medium` medium, `high` high, else critical.

    `low=45, medium=14, high=3` reads: more than 45 days low, more than 14 medium, more
    than 3 high, the rest critical (AT201).
    """

    low: float = setting(45.0, within=_THRESHOLD, unit="days")
    medium: float = setting(14.0, within=_THRESHOLD, unit="days")
    high: float = setting(3.0, within=_THRESHOLD, unit="days")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveSize:
    """How many devices a wave may have: a number, or a percentage of all planned devices (rounded up)."""

    count: int
    is_percent: bool = False

    def __str__(self) -> str:
        return f"{self.count}%" if self.is_percent else str(self.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class WavePolicy:
    """In which portions a plan is pushed: first the canary, then the sizes in turn."""

    canary_tag: str = setting(
        "canary", "Devices with this tag go first; too few of them are made up from the others."
    )
    canary_count: int = setting(1, "Size of the first wave, in devices; 0 for none.", within=(0, MAX_DEVICES))
    # Nobody reads a plan of more steps, and the last size repeats anyway.
    sizes: tuple[WaveSize, ...] = setting(
        (
            WaveSize(count=5),
            WaveSize(count=25, is_percent=True),
            WaveSize(count=50, is_percent=True),
            WaveSize(count=100, is_percent=True),
        ),
        "Of the waves after it: numbers, or percentages of all planned devices, rounded up. The last "
        "repeats until all are in.",
        within=(1, 20),
    )
    max_per_group: int = setting(
        0, "The most devices of one inventory group in one wave; 0 for no limit.", within=(0, MAX_DEVICES)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCaps:
    """The most sessions at once within one inventory group, region, and through one jump host; 0: no cap.

    All sessions through a jump host share one connection to it; it opens one to each firewall.
    """

    per_group: int = setting(0, "In one inventory group.", within=(0, MAX_DEVICES))
    per_region: int = setting(0, "In one region.", within=(0, MAX_DEVICES))
    per_jump: int = setting(
        10, "Behind one jump host, over the one connection to it.", within=(0, MAX_DEVICES)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the user decided once for the whole fleet (`policy.yaml`); the defaults are the safe choice."""

    contact_deadline: DayThresholds = setting(
        DayThresholds(),
        "Days left to the communication deadline while contact fails (AT201): more than low is low, more "
        "than medium is medium, more than high is high, the rest critical.",
    )
    registration_expiry: DayThresholds = setting(
        DayThresholds(),
        "Days left to the end of the registration, the ID certificate (AT204); as contact_deadline.",
    )
    registration_notice_days: float = setting(
        60.0, "AT204 is silent while more days than this are left.", within=_ANY_DAYS, unit="days"
    )
    no_contact_reload_days: float = setting(
        300.0,
        "After so many days without contact a reload is called dangerous (AT205). The documented danger "
        "begins at a year, so more than 365 is refused.",
        within=(1.0, 365.0),
        unit="days",
    )
    clock_skew_s: float = setting(
        300.0,
        "Allowed difference between the device's clock and ours (AT208).",
        within=(1.0, 86400.0),
        unit="s",
    )
    callhome_grace_days: float = setting(
        14.0,
        "How long callhome without a live exception stays medium before it is high (AT101).",
        within=_ANY_DAYS,
        unit="days",
    )
    allow_callhome: bool = setting(
        False, "Whether a temporary revert to callhome may be proposed at all; it is never made by itself."
    )
    revert_within_days: float = setting(
        14.0,
        "A revert is proposed only when so few days, or fewer, are left to the deadline.",
        within=_ANY_DAYS,
        unit="days",
    )
    exception_max_days: float = setting(
        90.0,
        "The longest exception that `exceptions add` accepts, from now to its end; temporary means at "
        "most a year.",
        within=(1.0, 365.0),
        unit="days",
    )
    plan_valid: float = setting(
        24.0,
        "How long a plan may be pushed after it was made; after a month it says nothing of the fleet.",
        within=(1.0, 720.0),
        unit="h",
    )
    keep: float = setting(
        400.0,
        "How long runs and their answers are kept; older ones are removed at the end of an audit, but "
        "never the newest whole one.",
        within=(1.0, _MAX_DAYS),
        unit="days",
    )
    waves: WavePolicy = setting(
        WavePolicy(),
        "In which portions a plan is pushed: the canary first, then the sizes in turn. A failover pair "
        "is never divided.",
    )
    failure_budget: FailureBudget = setting(
        FailureBudget(),
        "How many devices of one push may fail before it stops. A refused, unreachable or unsaved one "
        "counts; null is no such limit, but one of number, percent and consecutive must be there.",
    )
    # Three a day, every day of the week, is more than anybody keeps in mind.
    change_windows: tuple[ChangeWindow, ...] = setting(
        (),
        "When a push may start devices; empty for any time. A window ends only what has not started.",
        within=(0, 21),
    )
    contact_timeout_s: float = setting(
        180.0,
        "How long a push waits for a licence contact that succeeded before it goes back; at most an hour "
        "with an unsaved change.",
        key="contact_timeout",
        within=(1.0, 3600.0),
        unit="s",
    )
    contact_poll_s: float = setting(
        5.0, "How often a push looks for that contact.", key="contact_poll", within=(0.1, 300.0), unit="s"
    )
    proof: Verified = setting(
        Verified.CONTACT,
        "What a change must show to be kept: contact, or only config where no contact came within the "
        "limit, which proves less and is reported so.",
    )
    unsaved: Unsaved = setting(
        Unsaved.REFUSE,
        "Whether a push refuses a firewall with somebody else's unsaved changes, which its save would "
        "make permanent, or includes them, which every document then says.",
    )
    # More signatures than any board gives; 0 is none.
    approvals: int = setting(
        0,
        "How many signatures over its digest a plan needs before a push; they are checked with "
        "allowed_signers.",
        within=(0, 10),
    )
    allowed_signers: Path | None = setting(
        None, "Whose signatures count: a file for `ssh-keygen -Y verify`, relative to the policy file."
    )
    # More people than any board has.
    people: tuple[tuple[str, ...], ...] = setting(
        (),
        "Names of one person each, as allowed_signers and the machine's logins have them: together they "
        "are one approval, and none where one of them is the operator's.",
        within=(0, 200),
    )
    max_sessions: SessionCaps = setting(
        SessionCaps(),
        "The most devices that are visited at once, by what they share; 0 for no cap but --workers.",
    )
    # A directory that takes more wrong passwords than this guards nothing.
    lockout_after: int = setting(
        2,
        "How many devices may reject a password that none has taken yet, before it is tried on no other, or "
        "in a row one that was taken, before its source is read again; "
        "the login and the enable password are counted apart. Directories commonly lock at 3 to 5.",
        within=(1, 20),
    )
    ssh: SshPolicy = setting(
        SshPolicy.DEFAULT,
        "Which SSH algorithms are offered to a device of which the inventory does not say it: strict "
        "refuses ssh-rsa and SHA-1, default takes them and AT106 says so, legacy takes CBC, group 1 and "
        "RSA keys from 1024 bits too.",
    )
