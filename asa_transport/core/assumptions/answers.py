"""What a trial is given, and what it returns: the answers of one firewall, what they say of one assumption.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from asa_transport.asa.commands import CONFIG, CONFIG_LICENSE, LICENSE_ALL, LICENSE_STATUS
from asa_transport.asa.replies import is_denial
from asa_transport.core.parsing.reading import Readings, cells
from asa_transport.core.parsing.walk import Cell, Table
from asa_transport.model import Capture, CheckVerdict, DeviceFacts, Evidence, LicenseMode

# Of many lines that show the same, a reader looks at these.
_MOST_LINES: Final = 8
_SMART: Final = frozenset({LicenseMode.SMART, LicenseMode.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What one firewall answered, as it printed it, as the templates read it, and what that means."""

    capture: Capture
    readings: Readings
    facts: DeviceFacts

    @property
    def is_smart(self) -> bool:
        """Whether it is licensed by Smart Licensing, or may be."""
        return self.facts.license_mode in _SMART

    def table(self, *commands: str) -> Table | None:
        """Return what the first of these commands that was answered said."""
        return next(iter(self.readings.several(*commands)), None)

    def licensing(self, name: str) -> Cell | None:
        """Return a value of the licensing outputs."""
        return next(iter(cells(self.readings.several(LICENSE_STATUS, LICENSE_ALL), name)), None)

    def block(self) -> tuple[Cell, ...] | None:
        """Return the lines of the running licence block; `None` where it was not read."""
        table = self.table(CONFIG_LICENSE, CONFIG)
        return None if table is None or self.facts.license_block is None else table.every("LINE")

    @property
    def refused_license(self) -> tuple[Evidence, ...]:
        """The refusals of licensing commands."""
        return tuple(line for line in self.facts.refused if "license" in line.command.split())

    def proof(self, *names: str) -> tuple[Evidence, ...]:
        """Return the lines that these facts came from."""
        sources = self.facts.sources
        return tuple(dict.fromkeys(sources[name] for name in names if name in sources))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What the answers say of one assumption.

    Attributes:
        value: As `Check.value`.
    """

    verdict: CheckVerdict
    seen: str
    evidence: tuple[Evidence, ...] = ()
    value: str | None = None


Trial: TypeAlias = Callable[[Answers], Tried]


def holds(seen: str, evidence: Iterable[Evidence] = ()) -> Tried:
    """Return that it is as assumed."""
    return Tried(verdict=CheckVerdict.HOLDS, seen=seen, evidence=tuple(evidence)[:_MOST_LINES])


def differs(seen: str, evidence: Iterable[Evidence] = (), value: str | None = None) -> Tried:
    """Return that it is otherwise."""
    return Tried(verdict=CheckVerdict.DIFFERS, seen=seen, evidence=tuple(evidence)[:_MOST_LINES], value=value)


def unknown(seen: str, evidence: Iterable[Evidence] = ()) -> Tried:
    """Return that the answers do not tell."""
    return Tried(verdict=CheckVerdict.UNKNOWN, seen=seen, evidence=tuple(evidence)[:_MOST_LINES])


def not_applicable(seen: str, evidence: Iterable[Evidence] = ()) -> Tried:
    """Return that this firewall does not have what it is about."""
    return Tried(verdict=CheckVerdict.NOT_APPLICABLE, seen=seen, evidence=tuple(evidence)[:_MOST_LINES])


def is_withheld(lines: Iterable[Evidence]) -> bool:
    """Return whether one of these refusals says that this user may not send the command."""
    return any(is_denial(line.text) for line in lines)


def refused_outcome(line: Evidence) -> Tried:
    """Return what a refused command says: that it is not there, or nothing where it is only withheld."""
    if is_withheld((line,)):
        return unknown("this user may not send the command", (line,))
    return differs("the command is refused", (line,))


def evidence_of(found: Iterable[Cell]) -> tuple[Evidence, ...]:
    """Return the lines of cells, each once."""
    return tuple(dict.fromkeys(cell.evidence for cell in found))
