"""The keys of `policy.yaml`: what each means, and which values it takes.

Pure.  One row a key; the loader, the JSON Schema and the documented example follow
these rows, and the defaults are those of `Policy`.  A bound is there where a value
beyond it would silence a danger.

Source: docs/rules.md; Cisco TAC document 225967 (90 days, a year).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from asa_transport.model import SshPolicy, Unsaved, Verified
from asa_transport.model.campaign import MAX_DEVICES

# Longer than any timer of Smart Licensing (registration: one year, inferred, AT204).
_MAX_DAYS: Final = 3650.0
THRESHOLD_KEYS: Final = ("low", "medium", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanField:
    """A key that holds a span of time, in `unit`, from `low` to `high`.

    Attributes:
        suffix: What the attribute of `Policy` has after the key, e.g. ``_s``.
    """

    key: str
    text: str
    unit: str = "days"
    low: float = 0.0
    high: float = _MAX_DAYS
    suffix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdField:
    """A key that holds a map of three spans in days: low > medium > high > 0."""

    key: str
    text: str
    high: float = _MAX_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagField:
    """A key that holds `true` or `false`."""

    key: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WavesField:
    """A key that holds the map of `WavePolicy`; `texts` says what each of its keys means."""

    key: str
    text: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetField:
    """A key that holds the map of `FailureBudget`: whole numbers from `lows` to `highs`, or null."""

    key: str
    text: str
    texts: Mapping[str, str]
    lows: Mapping[str, int]
    highs: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapsField:
    """A key that holds the map of `SessionCaps`; `texts` says what each of its keys means."""

    key: str
    text: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsField:
    """A key that holds a list of maps, one a `ChangeWindow`."""

    key: str
    text: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceField:
    """A key that holds a member of `kind`."""

    key: str
    text: str
    kind: type[Verified] | type[Unsaved] | type[SshPolicy]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountField:
    """A key that holds a whole number from `low` to `high`."""

    key: str
    text: str
    high: int
    low: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileField:
    """A key that holds the path of a file, relative to the policy's own folder, or null."""

    key: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleField:
    """A key that holds a list of lists: the names of one person each."""

    key: str
    text: str


Field: TypeAlias = (
    SpanField
    | ThresholdField
    | FlagField
    | WavesField
    | CapsField
    | BudgetField
    | WindowsField
    | ChoiceField
    | CountField
    | FileField
    | PeopleField
)


def attribute_of(field: Field) -> str:
    """Return the attribute of `Policy` that the key sets."""
    return field.key + field.suffix if isinstance(field, SpanField) else field.key


# Nobody reads a plan of more steps, and the last size repeats anyway.
MAX_SIZES: Final = 20
# Three a day, every day of the week, is more than anybody keeps in mind.
MAX_WINDOWS: Final = 21
# More signatures than any board gives; 0 is none.
MAX_APPROVALS: Final = 10

# More people than any board has, and more names than a person.
MAX_PEOPLE: Final = 200
MAX_NAMES: Final = 20

# A directory that takes more wrong passwords than this guards nothing.
MAX_REJECTED: Final = 20

FIELDS: Final[tuple[Field, ...]] = (
    ThresholdField(
        key="contact_deadline",
        text="Days left to the communication deadline while contact fails (AT201): more than low is low, "
        "more than medium is medium, more than high is high, the rest critical.",
    ),
    ThresholdField(
        key="registration_expiry",
        text="Days left to the end of the registration, the ID certificate (AT204); as contact_deadline.",
    ),
    SpanField(
        key="registration_notice_days",
        text="AT204 is silent while more days than this are left.",
    ),
    SpanField(
        key="no_contact_reload_days",
        text="After so many days without contact a reload is called dangerous (AT205). The documented danger "
        "begins at a year, so more than 365 is refused.",
        low=1.0,
        high=365.0,
    ),
    SpanField(
        key="clock_skew_s",
        text="Allowed difference between the device's clock and ours (AT208).",
        unit="s",
        low=1.0,
        high=86400.0,
    ),
    SpanField(
        key="callhome_grace_days",
        text="How long callhome without a live exception stays medium before it is high (AT101).",
    ),
    FlagField(
        key="allow_callhome",
        text="Whether a temporary revert to callhome may be proposed at all; it is never made by itself.",
    ),
    SpanField(
        key="revert_within_days",
        text="A revert is proposed only when so few days, or fewer, are left to the deadline.",
    ),
    SpanField(
        key="exception_max_days",
        text="The longest exception that `exceptions add` accepts, from now to its end; temporary means at "
        "most a year.",
        low=1.0,
        high=365.0,
    ),
    SpanField(
        key="plan_valid",
        text="How long a plan may be pushed after it was made; after a month it says nothing of the fleet.",
        unit="h",
        low=1.0,
        high=720.0,
    ),
    SpanField(
        key="keep",
        text="How long runs and their answers are kept; older ones are removed at the end of an audit, but "
        "never the newest whole one.",
        low=1.0,
    ),
    WavesField(
        key="waves",
        text="In which portions a plan is pushed: the canary first, then the sizes in turn. A failover pair "
        "is never divided.",
        texts={
            "canary_tag": "Devices with this tag go first; too few of them are made up from the others.",
            "canary_count": "Size of the first wave, in devices; 0 for none.",
            "sizes": "Of the waves after it: numbers, or percentages of all planned devices, rounded up. The "
            "last repeats until all are in.",
            "max_per_group": "The most devices of one inventory group in one wave; 0 for no limit.",
        },
    ),
    BudgetField(
        key="failure_budget",
        text="How many devices of one push may fail before it stops. A refused, unreachable or unsaved one "
        "counts; null is no such limit, but one of number, percent and consecutive must be there.",
        texts={
            "number": "So many may fail; the next one stops the run.",
            "percent": "As number, of all devices of the push, rounded up.",
            "per_group": "As number, for each inventory group by itself.",
            "consecutive": "So many failures in a row, in the order in which they end, stop the run.",
        },
        lows={"number": 0, "percent": 0, "per_group": 0, "consecutive": 1},
        highs={"number": MAX_DEVICES, "percent": 100, "per_group": MAX_DEVICES, "consecutive": 100},
    ),
    WindowsField(
        key="change_windows",
        text="When a push may start devices; empty for any time. A window ends only what has not started.",
        texts={
            "days": "On which it opens: mon, tue, wed, thu, fri, sat, sun; without it every day.",
            "from": "The first minute in it, HH:MM by the wall clock of its zone.",
            "to": "The first minute after it, HH:MM to 24:00; one that is before `from` is on the next day.",
            "zone": "A name of the tz database, e.g. Europe/Berlin or UTC.",
        },
    ),
    SpanField(
        key="contact_timeout",
        text="How long a push waits for a licence contact that succeeded before it goes back; at most an "
        "hour with an unsaved change.",
        unit="s",
        low=1.0,
        high=3600.0,
        suffix="_s",
    ),
    SpanField(
        key="contact_poll",
        text="How often a push looks for that contact.",
        unit="s",
        low=0.1,
        high=300.0,
        suffix="_s",
    ),
    ChoiceField(
        key="proof",
        kind=Verified,
        text="What a change must show to be kept: contact, or only config where no contact came within the "
        "limit, which proves less and is reported so.",
    ),
    ChoiceField(
        key="unsaved",
        text="Whether a push refuses a firewall with somebody else's unsaved changes, which its save would "
        "make permanent, or includes them, which every document then says.",
        kind=Unsaved,
    ),
    CountField(
        key="approvals",
        text="How many signatures over its digest a plan needs before a push; they are checked with "
        "allowed_signers.",
        high=MAX_APPROVALS,
    ),
    FileField(
        key="allowed_signers",
        text="Whose signatures count: a file for `ssh-keygen -Y verify`, relative to the policy file.",
    ),
    PeopleField(
        key="people",
        text="Names of one person each, as allowed_signers and the machine's logins have them: together they "
        "are one approval, and none where one of them is the operator's.",
    ),
    CapsField(
        key="max_sessions",
        text="The most devices that are visited at once, by what they share; 0 for no cap but --workers.",
        texts={
            "per_group": "In one inventory group.",
            "per_region": "In one region.",
            "per_jump": "Behind one jump host, over the one connection to it.",
        },
    ),
    CountField(
        key="lockout_after",
        text="How many devices may reject a password that none has taken yet, before it is tried on no "
        "other; the login and the enable password are counted apart. Directories commonly lock at 3 to 5.",
        low=1,
        high=MAX_REJECTED,
    ),
    ChoiceField(
        key="ssh",
        kind=SshPolicy,
        text="Which SSH algorithms are offered to a device of which the inventory does not say it: strict "
        "refuses ssh-rsa and SHA-1, default takes them and AT106 says so, legacy takes CBC, group 1 and RSA "
        "keys from 1024 bits too.",
    ),
)
