"""What should be done with a device, and why.

Pure.

Source: docs/decisions.md; docs/rules.md.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


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
