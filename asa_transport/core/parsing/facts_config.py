"""Read the licensing transport from the licensing outputs and the running configuration.

Pure.  The order of belief: `show license status`, `show license all`, the
running configuration, and the release's default as a last resort.  A value that is not
understood ends the search: what follows it would only make the device look healthy.

Source: Cisco TAC document 225967 (syntax, CSCwr56980); CiscoDevNet/cisco-asav (Call Home);
ntc-templates (proxy forms).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from asa_transport.asa.commands import (
    CONFIG,
    CONFIG_ALL_LICENSE,
    CONFIG_CALL_HOME,
    CONFIG_CLOCK,
    CONFIG_LICENSE,
    LICENSE_ALL,
    LICENSE_STATUS,
)
from asa_transport.asa.license_words import NO_PROXY, NO_URL, transport_type
from asa_transport.asa.licensing import default_transport, proxy_at, shown_proxy, type_named
from asa_transport.asa.servers import is_cisco_callhome, is_same_url
from asa_transport.core.parsing.reading import Notes, Readings, cells
from asa_transport.core.parsing.walk import Cell, Table
from asa_transport.core.parsing.when import Zones, zones
from asa_transport.model import Block, Proxy, TransportFacts, TransportSource, TransportType

_URL = re.compile(r"https?://[!-~]{1,500}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFacts:
    """What the `license smart` block says; `block` is `None` where it was not read."""

    block: tuple[str, ...] | None = None
    type_cell: Cell | None = None
    type: TransportType | None = None
    url: str | None = None
    url_cell: Cell | None = None
    proxy: Proxy | None = None
    proxy_known: bool = False
    callhome_proxy: Proxy | None = None
    callhome_url: Cell | None = None


def device_zones(readings: Readings, notes: Notes) -> Zones:
    """Return the zone names that this device's configuration defines, besides UTC."""
    tables = readings.several(CONFIG_CLOCK, CONFIG)
    base = next(iter(cells(tables, "TIMEZONE")), None)
    summer = next(iter(cells(tables, "SUMMER_TIME")), None)
    found = zones(base.value if base else None, summer.value if summer else None)
    if found is None:
        for cell in filter(None, (base, summer)):
            notes.doubt(cell, Block.OTHER, "clock", "the time zone line is not understood")
        return Zones()
    return found


def config_facts(readings: Readings, notes: Notes) -> ConfigFacts:
    """Return the facts of the running configuration, from whichever of its commands was answered."""
    tables = readings.several(CONFIG_LICENSE, CONFIG_ALL_LICENSE, CONFIG)
    shown = readings.several(CONFIG_LICENSE, CONFIG)
    proxy, proxy_known = _config_proxy(tables, notes)
    type_cells = cells(tables, "TRANSPORT_TYPE")
    url_cells = _stated(cells(tables, "TRANSPORT_URL"))
    return ConfigFacts(
        block=tuple(cell.value for cell in shown[0].every("LINE")) if shown else None,
        type_cell=next(iter(type_cells), None),
        type=notes.choose("transport.config_type", Block.TRANSPORT, type_cells, type_named),
        url=_url(url_cells, notes),
        url_cell=next(iter(url_cells), None),
        proxy=proxy,
        proxy_known=proxy_known,
        callhome_proxy=notes.choose(
            "transport.callhome_proxy",
            Block.TRANSPORT,
            cells(readings.several(CONFIG_CALL_HOME, CONFIG), "HTTP_PROXY"),
            shown_proxy,
        ),
        callhome_url=_callhome_url(readings.several(CONFIG_CALL_HOME, CONFIG)),
    )


def transport_facts(
    readings: Readings, config: ConfigFacts, version: str | None, notes: Notes, *, may_fall_back: bool
) -> TransportFacts:
    """Return the transport as observed; doubts go to ``notes``.

    Args:
        may_fall_back: The device is one whose ASA has a licensing transport at all.
    """
    tables = readings.several(LICENSE_STATUS, LICENSE_ALL)
    url_cells = cells(tables, "TRANSPORT_URL")
    proxy, source, known = _proxy_facts(tables, config, notes)
    _compare_urls(url_cells, config, notes)
    chosen = TransportFacts(
        url=_url(url_cells, notes) or (config.url if not url_cells else None),
        proxy=proxy,
        proxy_source=source,
        proxy_known=known,
        callhome_proxy=config.callhome_proxy,
        callhome_url=_known_callhome_url(config, notes),
    )
    config_type_source = notes.sources.pop("transport.config_type", None)
    type_cells = cells(tables, "TRANSPORT_TYPE")
    if type_cells:
        found = notes.choose("transport.type", Block.TRANSPORT, type_cells, transport_type)
        _compare(type_cells[0], found, config, notes)
        chosen = replace(chosen, type=found, source=TransportSource.LICENSE if found else None)
        return _with_callhome_url(chosen, config, notes)
    if config.type_cell is not None:
        if config.type is None or config_type_source is None:
            return chosen
        notes.sources["transport.type"] = config_type_source
        chosen = replace(chosen, type=config.type, source=TransportSource.RUNNING_CONFIG)
        return _with_callhome_url(chosen, config, notes)
    fallback = default_transport(version) if may_fall_back else None
    # With nothing read, or with a transport line that is not understood, the default would be a guess.
    answers = (*tables, *readings.several(CONFIG_LICENSE, CONFIG))
    if fallback is None or not answers or _has_transport_doubt(answers):
        return chosen
    if "version" in notes.sources:
        notes.sources["transport.type"] = notes.sources["version"]
    chosen = replace(chosen, type=fallback, source=TransportSource.VERSION)
    return _with_callhome_url(chosen, config, notes)


def _with_callhome_url(chosen: TransportFacts, config: ConfigFacts, notes: Notes) -> TransportFacts:
    """Add the server that callhome contacts: an On-Prem one must not look like Cisco's."""
    cell = config.callhome_url
    if chosen.type is not TransportType.CALLHOME or chosen.url is not None or cell is None:
        return chosen
    # What every callhome device contacts unless told otherwise (TAC document 225967).
    if is_cisco_callhome(cell.value):
        return chosen
    return replace(chosen, url=_url((cell,), notes))


def _known_callhome_url(config: ConfigFacts, notes: Notes) -> str | None:
    """Return the address of `call-home`; one that is none is told where it is not in force."""
    cell = config.callhome_url
    if cell is None or not _URL.fullmatch(cell.value):
        if cell is not None and config.type is not TransportType.CALLHOME:
            notes.doubt(cell, Block.OTHER, "transport.callhome_url", f"{cell.value!r:.80} is not a URL")
        return None
    notes.prove("transport.callhome_url", cell)
    return cell.value


def _callhome_url(tables: tuple[Table, ...]) -> Cell | None:
    """Return the address of the profile that licensing uses: `License` where there is one (cisco-asav)."""
    profile = ""
    addresses: dict[str, Cell] = {}
    stated = (*cells(tables[:1], "PROFILE"), *cells(tables[:1], "DESTINATION"))
    for cell in sorted(stated, key=lambda cell: cell.evidence.line):
        if cell.name == "PROFILE":
            profile = cell.value
        else:
            addresses.setdefault(profile, cell)
    return addresses.get("License") or next(iter(addresses.values()), None)


def _compare(cell: Cell, found: TransportType | None, config: ConfigFacts, notes: Notes) -> None:
    """Doubt a license output and a running configuration that name different transports."""
    if found is None or config.type is None or config.type is found or config.type_cell is None:
        return
    place = f"{config.type_cell.evidence.command!r} line {config.type_cell.evidence.line}"
    notes.doubt(
        cell, Block.TRANSPORT, "transport.type", f"contradicts {place}, which says {config.type.value!r}"
    )


def _compare_urls(found: tuple[Cell, ...], config: ConfigFacts, notes: Notes) -> None:
    """Doubt a license output and a running configuration that name different servers."""
    cell = next(iter(_stated(found)), None)
    if cell is None or config.url is None or config.url_cell is None or is_same_url(cell.value, config.url):
        return
    place = f"{config.url_cell.evidence.command!r} line {config.url_cell.evidence.line}"
    notes.doubt(
        cell, Block.TRANSPORT, "transport.url", f"contradicts {place}, which says {config.url!r:.120}"
    )


def _has_transport_doubt(tables: tuple[Table, ...]) -> bool:
    return any(line.block is Block.TRANSPORT for table in tables for line in table.unknown)


def _config_proxy(tables: tuple[Table, ...], notes: Notes) -> tuple[Proxy | None, bool]:
    """Return the configured proxy, and whether the configuration was read and understood."""
    found = cells(tables, "PROXY")
    denied = next(iter(cells(tables, "NO_PROXY")), None)
    proxy = notes.choose("transport.proxy", Block.TRANSPORT, found, shown_proxy)
    if found and denied is not None:
        notes.doubt(denied, Block.TRANSPORT, "transport.proxy", "contradicts the 'transport proxy' line")
    if found:
        return proxy, proxy is not None
    return None, bool(tables) and not _has_transport_doubt(tables)


def _proxy_facts(
    tables: tuple[Table, ...], config: ConfigFacts, notes: Notes
) -> tuple[Proxy | None, TransportSource | None, bool]:
    if config.proxy is not None:
        return config.proxy, TransportSource.RUNNING_CONFIG, True
    host, port = (next(iter(cells(tables, name)), None) for name in ("PROXY_ADDRESS", "PROXY_PORT"))
    for cell in cells(tables, "PROXY_STATE"):
        # `Not Supported` is no proof of anything (CSCwr56980); other words are not known.
        if cell.value.strip() not in NO_PROXY:
            notes.doubt(cell, Block.TRANSPORT, "transport.proxy", f"{cell.value.strip()!r:.80} is not known")
    if host is None or host.value.strip() in NO_PROXY:
        return None, None, config.proxy_known
    proxy = proxy_at(host.value.strip(), port.value.strip() if port else "")
    if proxy is None:
        notes.doubt(host, Block.TRANSPORT, "transport.proxy", "address and port are not understood")
        return None, None, False
    if config.proxy_known:
        # The configuration was read and has none; it is believed, and the difference is told.
        notes.doubt(host, Block.TRANSPORT, "transport.proxy", "contradicts the running configuration (none)")
        return None, None, True
    notes.prove("transport.proxy", host)
    return proxy, TransportSource.LICENSE, True


def _stated(found: tuple[Cell, ...]) -> tuple[Cell, ...]:
    return tuple(cell for cell in found if cell.value.strip() not in NO_URL)


def _url(found: tuple[Cell, ...], notes: Notes) -> str | None:
    return notes.choose(
        "transport.url", Block.TRANSPORT, _stated(found), lambda text: text if _URL.fullmatch(text) else None
    )
