"""A known bug, the catalogue of them, and what one of them means for a device.

Pure.

Source: data/bugs.yaml.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date

from asa_transport.model.severity import Severity


class BugReading(enum.StrEnum):
    """What the catalogue says of one version on one platform."""

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
