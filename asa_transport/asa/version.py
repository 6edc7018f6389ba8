"""Read the many spellings of an ASA release as one ordered value.

Pure.  Guarantees that equal releases compare equal however they are written, and
that any text gives a `Version` or a ValueError, nothing else.  Never guesses: a text
that two readings would fit is refused.

Order is numeric, field by field, so 9.9 < 9.20 and 9.22(1)3 > 9.20(4)14; whether a
bug is fixed is asked within one train only (`core/judgement/cases/bugs.py`).  Internal builds
(99.16(1)222, 201.3(11)24) are trains of their own: they sort by their numbers, which
says nothing of their age among released trains, and `is_internal` tells them.

Source: CiscoDevNet/cisco-asav (Cisco's own parser); sccfm-devkit (image names); the record of
CVE-2025-20333; recorded answers to `show version`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

# 9.22.3 is at most five digits a field in any spelling seen; nine bound the conversion.
_N: Final = r"(0|[1-9][0-9]{0,8})"
_FORMS: Final = (
    # 9.20(4), 9.20(4)14
    re.compile(rf"{_N}\.{_N}\({_N}\){_N}?", re.ASCII),
    # 9.20(4.10) and 9.22(1.1): the build inside the brackets
    re.compile(rf"{_N}\.{_N}\({_N}\.{_N}\)", re.ASCII),
    # 10.0, 9.22.3, 9.20.2.10
    re.compile(rf"{_N}\.{_N}(?:\.{_N}(?:\.{_N})?)?", re.ASCII),
)
# `show version` ends its banner so in multiple mode, often with a blank after it (recorded).
_SPACE: Final = re.compile(r"\s+<(?:system|context)>\Z")
# Of download and image names (`9.1.7.SMP`, `-interim`, `.SMP.ED`, `-smp-k8`, `.SPA`): sccfm-devkit,
# field notice FN70319, and in part unproven (`release-suffixes`).  None of them is part of the order.
_SUFFIX: Final = re.compile(r"(?:[.-](?:interim|smp|ed|spa|k8|k9|lfbff))+\Z", re.IGNORECASE)
# Released trains are 7 to 10; internal builds seen are 99.x and 201.x (cisco-asav; unicon's mock data).
_FIRST_INTERNAL: Final = 90
# W.X.Y.Z is how releases are written from 10.0 on (Cisco bulletin c25-743178).
_FIRST_DOTTED: Final = 10
_SHOWN: Final = 60


class Train(NamedTuple):
    """A release train such as 9.20; compares as the pair of its numbers."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Version:
    """One release; the fields in order of weight.

    A train alone (`9.21`, `10.0`) is its lowest release: `maintenance` and `build` are 0.
    """

    major: int
    minor: int
    maintenance: int = 0
    build: int = 0

    @classmethod
    def parse(cls, text: str) -> Version:
        """Return the release that a text names.

        Args:
            text: One of the spellings above; blanks around it, ` <system>`, ` <context>`
                and the suffixes of image names do not count.

        Raises:
            ValueError: It names none, or could name two (`9.20(4.10)14`).
        """
        bare = _SUFFIX.sub("", _SPACE.sub("", text.strip()))
        for form in _FORMS:
            if match := form.fullmatch(bare):
                numbers = [int(group) for group in match.groups() if group is not None]
                return cls(**dict(zip(("major", "minor", "maintenance", "build"), numbers, strict=False)))
        shown = repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
        raise ValueError(f"{shown} is not an ASA version; expected e.g. 9.20(4)14, 9.22(1.1) or 9.22.3")

    @property
    def train(self) -> Train:
        """The train, e.g. 9.20."""
        return Train(self.major, self.minor)

    @property
    def is_internal(self) -> bool:
        """Whether it is a build of Cisco's own, whose place among released trains is not known."""
        return self.major >= _FIRST_INTERNAL

    def __str__(self) -> str:
        if not (self.maintenance or self.build):
            return str(self.train)
        if _FIRST_DOTTED <= self.major < _FIRST_INTERNAL:
            return f"{self.train}.{self.maintenance}" + (f".{self.build}" if self.build else "")
        return f"{self.train}({self.maintenance})" + (str(self.build) if self.build else "")


def try_parse(text: str) -> Version | None:
    """Return the release that a text names, `None` where it names none."""
    try:
        return Version.parse(text)
    except ValueError:
        return None


def is_one_release(one: str, other: str) -> bool:
    """Return whether two texts name one release, however it is written; others must be equal."""
    first, second = try_parse(one), try_parse(other)
    return one == other if first is None or second is None else first == second


def train_of(text: str) -> Train:
    """Return the train of the release that a text names.

    Raises:
        ValueError: As `Version.parse`.
    """
    return Version.parse(text).train
