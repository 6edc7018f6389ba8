"""The keys of `policy.yaml`: what each means, and which values it takes.

Pure.  One row a key; the loader, the JSON Schema and the documented example follow
these rows, and the defaults are those of `Policy`.  A bound is there where a value
beyond it would silence a danger.

Source: CONTRACT §6; DOMAIN §0 (scenarios B and C), §8.2 (timers).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# Longer than any timer of Smart Licensing (registration: one year, DOMAIN §8.2).
_MAX_DAYS: Final = 3650.0
THRESHOLD_KEYS: Final = ("low", "medium", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanField:
    """A key that holds a span of time, in `unit`, from `low` to `high`."""

    key: str
    text: str
    unit: str = "days"
    low: float = 0.0
    high: float = _MAX_DAYS


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


# More devices than any inventory has; what is beyond is a typing mistake.
MAX_DEVICES: Final = 100_000
# Nobody reads a plan of more steps, and the last size repeats anyway.
MAX_SIZES: Final = 20

FIELDS: Final[tuple[SpanField | ThresholdField | FlagField | WavesField, ...]] = (
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
)
