"""Turn what one device printed into its facts.

Pure.  A line that no template knows, and a value that is not exactly known, is kept in
`DeviceFacts.unknown` and never read as healthy.  The only error is ParseError, and only
where the outputs are not those of an ASA at all.

Source: docs/schemas/audit.json (facts); docs/architecture.md, "One device, end to end".
"""

from __future__ import annotations

import re

from asa_transport.asa.commands import CLUSTER, FAILOVER, LICENSE_ALL, LICENSE_STATUS, VERSION
from asa_transport.asa.licensing import default_on, default_transport
from asa_transport.asa.version import is_one_release
from asa_transport.core.parsing.facts_cluster import cluster_facts
from asa_transport.core.parsing.facts_config import config_facts, device_zones, transport_facts
from asa_transport.core.parsing.facts_failover import failover_facts
from asa_transport.core.parsing.facts_license import license_facts, license_mode
from asa_transport.core.parsing.facts_saved import startup_facts, unsaved_facts
from asa_transport.core.parsing.facts_unit import clock_facts, context_facts
from asa_transport.core.parsing.facts_usage import usage_facts
from asa_transport.core.parsing.facts_version import VersionFacts, restrictions, version_facts
from asa_transport.core.parsing.reading import Notes, ReadAnswer, Readings, cells, read, read_answer
from asa_transport.core.parsing.tables import TableSet
from asa_transport.errors import ParseError
from asa_transport.model import (
    SSH_LINES,
    SSH_SESSION,
    Block,
    Capture,
    DeviceFacts,
    Evidence,
    LicenseMode,
)

# Of a device in another mode no transport is the default of its release.
_TRANSPORTS = frozenset({LicenseMode.SMART, LicenseMode.UNKNOWN})
_MULTIPLE = re.compile(r"^[ \t\r]*Security context mode: multiple[ \t\r]*$", re.MULTILINE)


def is_multiple_mode(text: str) -> bool:
    """Return whether this is what `show mode` says in multiple-context mode."""
    return _MULTIPLE.search(text) is not None


def facts(
    capture: Capture, tables: TableSet, *, needs_version: bool = True, answered: ReadAnswer = read_answer
) -> DeviceFacts:
    """Return the facts of one device.

    Args:
        capture: All that was read; commands without a template are passed over.
        tables: The compiled templates.
        needs_version: Refuse outputs without a usable `show version`.  False for saved
            pieces of output, such as a paste of `show license status` alone.
        answered: Reads one answer.

    Raises:
        ParseError: `show version` is missing, empty, refused or shows no ASA version; or,
            where it is not needed, no output at all could be read.
    """
    readings = read(capture, tables, answered)
    _demand_an_asa(capture, readings, needs_version=needs_version)
    notes = Notes()
    zones = device_zones(readings, notes)
    version = version_facts(readings, notes)
    if version.threat_defense is not None:
        return _threat_defense(version, capture, readings, notes)
    license_ = license_facts(readings, zones, notes)
    config = config_facts(readings, notes)
    mode = license_mode(license_, version.mode, version.model, version.pak, notes)
    transport = transport_facts(readings, config, version.version, notes, may_fall_back=mode in _TRANSPORTS)
    default = default_on(config.block, transport.type, default_transport(version.version))
    block, startup = startup_facts(readings, config, default, notes)
    context_mode, context = context_facts(readings, version.context, capture, notes)
    _compare_sources(readings, notes)
    _prove_session(capture, notes)
    return DeviceFacts(
        hostname=version.hostname,
        version=version.version,
        model=version.model,
        serial=version.serial or license_.serial,
        license_mode=mode,
        reservation=license_.reservation,
        transport=transport,
        registration=license_.registration,
        authorization=license_.authorization,
        usage=usage_facts(readings, version, notes),
        failover=failover_facts(readings, capture, notes),
        cluster=cluster_facts(readings, capture, notes),
        context_mode=context_mode,
        context=context,
        clock=clock_facts(readings, zones, notes),
        agent_version=license_.agent_version,
        restricted=restrictions(version, notes, is_smart=mode is LicenseMode.SMART),
        license_block=config.block,
        unsaved=unsaved_facts(readings, version, zones, notes),
        startup_block=block,
        startup_license=startup,
        ssh=capture.ssh,
        unknown=(*readings.unknown, *notes.doubts),
        chatter=readings.chatter,
        refused=tuple(readings.refused.values()),
        sources=notes.sources,
    )


def _threat_defense(version: VersionFacts, capture: Capture, readings: Readings, notes: Notes) -> DeviceFacts:
    """Return what counts of Threat Defense: that it is one; an ASA's words mean something else there."""
    _prove_session(capture, notes)
    return DeviceFacts(
        hostname=version.hostname,
        version=version.version,
        model=version.model,
        serial=version.serial,
        license_mode=LicenseMode.THREAT_DEFENSE,
        ssh=capture.ssh,
        chatter=readings.chatter,
        sources=notes.sources,
    )


def _prove_session(capture: Capture, notes: Notes) -> None:
    """Keep the lines that say what the session agreed on; no template reads them, because we wrote them."""
    if capture.ssh is not None:
        for number, (name, text) in enumerate(zip(SSH_LINES, capture.ssh.lines, strict=True), 1):
            notes.sources[f"ssh.{name}"] = Evidence(command=SSH_SESSION, line=number, text=text)


def _compare_sources(readings: Readings, notes: Notes) -> None:
    """Doubt what two commands say otherwise of what one firewall has once."""
    _compare_serials(readings, notes)
    _compare_releases(readings, notes)


def _compare_serials(readings: Readings, notes: Notes) -> None:
    """Doubt all of it where one firewall has two serial numbers, or calls its own that of another unit."""
    tables = readings.several(VERSION, LICENSE_STATUS, LICENSE_ALL, FAILOVER, CLUSTER)
    own = [cell for name in ("SERIAL", "UDI_SN", "OUR_SERIAL", "UNIT_SERIAL") for cell in cells(tables, name)]
    others = [cell for name in ("MATE_SERIAL", "MEMBER_SERIAL") for cell in cells(tables, name)]
    for cell in own[1:]:
        if cell.value != own[0].value:
            place = f"{own[0].evidence.command!r} line {own[0].evidence.line}"
            reason = f"another firewall than that of {place}, {own[0].value!r:.40}: two in one?"
            notes.doubt(cell, Block.REGISTRATION, "serial", reason)
    for cell in others:
        if own and cell.value == own[0].value:
            reason = "this firewall's own, and the line is about another unit: two firewalls in one?"
            notes.doubt(cell, Block.REGISTRATION, "serial", reason)


def _compare_releases(readings: Readings, notes: Notes) -> None:
    """Doubt what a unit's pair or cluster says of its own release where `show version` says another."""
    banner = next(iter(cells(readings.several(VERSION), "VERSION")), None)
    own = [
        *cells(readings.several(FAILOVER), "OUR_VERSION"),
        *cells(readings.several(CLUSTER), "UNIT_VERSION"),
    ]
    for cell in own:
        if banner is not None and not is_one_release(cell.value, banner.value):
            place = f"{banner.evidence.command!r} line {banner.evidence.line}"
            reason = f"not that of {place}, {banner.value!r:.40}: two firewalls or two times in one?"
            notes.doubt(cell, Block.REGISTRATION, "release", reason)


def _demand_an_asa(capture: Capture, readings: Readings, *, needs_version: bool) -> None:
    if not needs_version and not readings.tables:
        raise _not_an_asa(capture, "no output of a command that can be read", did="reading the outputs")
    if not needs_version:
        return
    table = readings.tables.get(VERSION)
    if table is not None and (table.first("VERSION") or table.first("THREAT_DEFENSE")) is not None:
        return
    refused = readings.refused.get(VERSION)
    output = capture.output(VERSION)
    if refused is not None:
        raise ParseError(
            capture.device,
            did=f"reading '{VERSION}'",
            saw=f"the device refused it: {refused.text.strip()[:200]!r}",
            hint=f"authorize '{VERSION}' for this user, and audit it again",
        )
    if output is None:
        raise _not_an_asa(capture, f"no output of '{VERSION}' among {len(capture.outputs)} commands")
    first = next((line.strip() for line in output.text.split("\n") if line.strip()), "")
    if not first:
        raise _not_an_asa(capture, "nothing was printed")
    wanted = "no line 'Cisco Adaptive Security Appliance Software Version' with a release"
    raise _not_an_asa(capture, f"{wanted}; it begins {first[:200]!r}")


def _not_an_asa(capture: Capture, saw: str, did: str = f"reading '{VERSION}'") -> ParseError:
    return ParseError(
        capture.device,
        did=did,
        saw=saw,
        hint="log in by hand and look: is this an ASA, and does the session land where commands are taken?",
    )
