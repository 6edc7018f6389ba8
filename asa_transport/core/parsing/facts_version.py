"""Read version, host name, model, serial number and restrictions from `show version`.

Pure.

Source: recorded answers to `show version` (ntc-templates, genieparser, oxidized); Cisco TAC
document 225967 (restrictions).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from asa_transport.asa.commands import CONFIG, VERSION
from asa_transport.asa.license_words import MODES
from asa_transport.core.parsing.reading import Notes, Readings, cells
from asa_transport.core.parsing.walk import Cell, Table
from asa_transport.model import Block

THROTTLED = "throughput-100kbps"
TWO_PEERS = "anyconnect-2-peers"
# `100 Kbps` in the captures; another spelling of it limits as much.
_THROTTLE = re.compile(r"100 ?k(?:bps|bit/s|b/s)\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFacts:
    """What `show version` says.

    Attributes:
        threat_defense: The release of Threat Defense, where it is no ASA at all; `version` is that then.
        context: `system` or `context`, as the banner ends in multiple mode.
        mode: What follows `License mode:`.
        pak: A `perpetual` column or an activation key.
        modified: Who changed the configuration last, and when.
        unmodified: The line that says that nobody has since it started.
    """

    version: str | None = None
    threat_defense: Cell | None = None
    context: str | None = None
    hostname: str | None = None
    model: str | None = None
    serial: str | None = None
    mode: Cell | None = None
    pak: Cell | None = None
    throttled: Cell | None = None
    two_peers: Cell | None = None
    platform_state: Cell | None = None
    enforce_modes: tuple[Cell, ...] = ()
    strong_encryption: Cell | None = None
    modified: Cell | None = None
    unmodified: Cell | None = None


def version_facts(readings: Readings, notes: Notes) -> VersionFacts:
    """Return the facts of `show version`, and where it lacks one, of the whole running configuration.

    Doubts go to ``notes``, also where the two contradict each other.
    """
    tables = readings.several(VERSION, CONFIG)
    if not tables:
        return VersionFacts()
    table = tables[0]

    def text(name: str, value: str) -> str | None:
        return notes.choose(name, Block.OTHER, cells(tables, value), lambda word: word or None)

    threat_defense = next(iter(cells(tables, "THREAT_DEFENSE")), None)
    if threat_defense is not None:
        notes.prove("license_mode", threat_defense)
        return VersionFacts(
            version=text("version", "THREAT_DEFENSE"),
            threat_defense=threat_defense,
            hostname=text("hostname", "HOSTNAME") or text("hostname", "HEADING"),
            model=text("model", "MODEL") or text("model", "PRODUCT"),
            serial=text("serial", "SERIAL"),
        )
    throughput = table.first("THROUGHPUT")
    peers = table.first("PREMIUM_PEERS")
    return VersionFacts(
        version=text("version", "VERSION"),
        context=text("context", "CONTEXT"),
        hostname=text("hostname", "HOSTNAME"),
        model=text("model", "MODEL"),
        serial=text("serial", "SERIAL"),
        mode=_mode(table, notes),
        pak=table.first("PERPETUAL") or table.first("ACTIVATION_KEY"),
        throttled=throughput if throughput and _THROTTLE.fullmatch(throughput.value.strip()) else None,
        two_peers=peers if peers and peers.value == "2" else None,
        platform_state=table.first("PLATFORM_LICENSE_STATE"),
        enforce_modes=table.every("ENFORCE_MODE"),
        strong_encryption=table.first("STRONG_ENCRYPTION"),
        modified=table.first("MODIFIED"),
        unmodified=table.first("UNMODIFIED"),
    )


def _mode(table: Table, notes: Notes) -> Cell | None:
    cell = table.first("LICENSE_MODE")
    if cell is None:
        return None
    text = cell.value.strip()
    if text not in MODES:
        notes.doubt(cell, Block.OTHER, "license_mode", f"the value {text!r:.80} is not known")
    notes.prove("license_mode", cell)
    return cell


def restrictions(facts: VersionFacts, notes: Notes, *, is_smart: bool) -> tuple[str, ...]:
    """Return the features that are restricted now, by their fixed names.

    Args:
        is_smart: The device is smart-licensed.  Known (TAC document 225967): an ASAv without a
            valid licence has 2 AnyConnect sessions and 100 Kbps.  A PAK device's ordinary
            base licence shows 2 peers too (recorded on ASA 5512 and ISA 3000),
            so 2 peers mean something on a smart-licensed device only.
    """
    found = []
    if facts.throttled is not None:
        notes.prove(f"restricted.{THROTTLED}", facts.throttled)
        found.append(THROTTLED)
    if facts.two_peers is not None and is_smart:
        notes.prove(f"restricted.{TWO_PEERS}", facts.two_peers)
        found.append(TWO_PEERS)
    return tuple(found)
