"""Read registration, authorization and licence mode from the licensing outputs.

Pure.  The words are in `asa/license_words`.  `show license status` is read first, then `show
license all`, then the summary; where two print the same field they must agree.

Source: ntc-templates, recorded answers to `show license all`; Cisco TAC document 225967; YANG
model cisco-smart-license; recorded answers to `show version` (licence mode).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from asa_transport.asa.commands import LICENSE_ALL, LICENSE_STATUS, LICENSE_SUMMARY, VERSION
from asa_transport.asa.license_words import (
    CHASSIS_MODELS,
    EXPORT,
    MODE_AWS,
    MODE_SMART,
    RESERVATION,
    SMART_LICENSING,
    authorization_of,
    registration_state,
)
from asa_transport.core.parsing.facts_contact import contact_facts, dated, renewal_facts
from asa_transport.core.parsing.reading import Notes, Readings, cells
from asa_transport.core.parsing.walk import Cell, Table
from asa_transport.core.parsing.when import Zones, parse_date
from asa_transport.model import (
    AuthorizationFacts,
    AuthorizationState,
    Block,
    LicenseMode,
    RegistrationFacts,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseFacts:
    """What the licensing outputs say."""

    registration: RegistrationFacts
    authorization: AuthorizationFacts
    reservation: bool | None
    smart_licensing: bool | None
    is_fxos: bool
    agent_version: str | None
    serial: str | None


def license_facts(readings: Readings, zones: Zones, notes: Notes) -> LicenseFacts:
    """Return the facts of the licensing outputs; doubts go to ``notes``."""
    detailed = readings.several(LICENSE_STATUS, LICENSE_ALL)
    tables = readings.several(LICENSE_STATUS, LICENSE_ALL, LICENSE_SUMMARY)
    states = cells(tables, "REGISTRATION_STATUS")
    expires_at, expires = dated(
        notes, "registration.expires_at", cells(detailed, "REGISTRATION_EXPIRES"), zones
    )
    if expires_at is not None and expires is not None:
        notes.prove("registration.expires_at", expires)
    registration = RegistrationFacts(
        state=notes.choose("registration.state", Block.REGISTRATION, states, registration_state),
        export_control=notes.choose(
            "registration.export_control",
            Block.REGISTRATION,
            cells(tables, "EXPORT_CONTROL"),
            EXPORT.get,
        ),
        last_renewal=renewal_facts(detailed, zones, notes),
        expires_at=expires_at,
    )
    return LicenseFacts(
        registration=registration,
        authorization=_authorization(tables, detailed, zones, notes),
        reservation=_reservation(readings, states, tables, notes),
        smart_licensing=notes.choose(
            "license_mode",
            Block.REGISTRATION,
            cells(tables, "SMART_LICENSING"),
            SMART_LICENSING.get,
        ),
        is_fxos=_first(notes, "license_mode", detailed, "FXOS_ENABLED") is not None,
        agent_version=_first(notes, "agent_version", detailed, "AGENT_VERSION"),
        serial=_first(notes, "serial", detailed, "UDI_SN") or _first(notes, "serial", detailed, "SERIAL"),
    )


def authorization_state(text: str) -> AuthorizationState | None:
    """Return the state of `License Authorization:` / `Status:`, with or without ` on DATE`."""
    words, on, when = text.partition(" on ")
    # The date is not a fact, but text that is no date there may change the meaning of the words.
    if on and parse_date(when, Zones()) is None:
        return None
    return authorization_of(words)


def _authorization(
    tables: Sequence[Table], detailed: Sequence[Table], zones: Zones, notes: Notes
) -> AuthorizationFacts:
    name = "authorization.state"
    state_cells = cells(tables, "AUTHORIZATION_STATUS")
    state = notes.choose(name, Block.AUTHORIZATION, state_cells, authorization_state)
    idle = next(iter(cells(detailed, "NO_LICENSES")), None)
    if idle is not None and not state_cells:
        # The usage section alone says so where no status line was printed.
        notes.prove(name, idle)
        state = AuthorizationState.NO_LICENSES
    return replace(contact_facts(detailed or tables, zones, notes), state=state)


def _reservation(
    readings: Readings, registration: Sequence[Cell], tables: Sequence[Table], notes: Notes
) -> bool | None:
    version = readings.several(VERSION)
    stated = notes.choose(
        "reservation", Block.OTHER, cells((*version, *tables), "RESERVATION"), RESERVATION.get
    )
    words = [*registration, *cells(tables, "AUTHORIZATION_STATUS")]
    hint = next((cell for cell in words if "RESERV" in cell.value.upper()), None)
    known = hint is not None and (
        registration_state(hint.value.strip()) is not None
        or authorization_state(hint.value.strip()) is AuthorizationState.RESERVED
    )
    if hint is not None and known and not stated:
        if stated is False:
            notes.doubt(
                hint, Block.REGISTRATION, "reservation", "contradicts 'License reservation: DISABLED'"
            )
        notes.prove("reservation", hint)
        return True
    return stated


def _first(notes: Notes, name: str, tables: Sequence[Table], value: str) -> str | None:
    cell = next(iter(cells(tables, value)), None)
    if cell is None:
        return None
    notes.sources.setdefault(name, cell.evidence)
    return cell.value.strip()


def license_mode(
    license_: LicenseFacts, mode: Cell | None, model: str | None, pak: Cell | None, notes: Notes
) -> LicenseMode:
    """Return how the device is licensed.

    Args:
        license_: What the licensing outputs say.
        mode: The `License mode:` line of `show version`, if it is there.
        model: Model token of the `Hardware:` line.
        pak: A `perpetual` column or an activation key.
        notes: Takes the proof, and the doubt where two outputs contradict each other.

    Source: recorded answers to `show version`; FXOS CLI configuration guide (4100/9300).
    """
    text = mode.value.strip() if mode else None
    if license_.is_fxos or (model is not None and model.upper().startswith(CHASSIS_MODELS)):
        if not license_.is_fxos and "model" in notes.sources:
            notes.sources["license_mode"] = notes.sources["model"]
        return LicenseMode.FXOS
    if text == MODE_AWS:
        return LicenseMode.PAYG
    if license_.smart_licensing is False:
        if mode is not None:
            reason = "contradicts 'Smart Licensing is DISABLED' of the licensing output"
            notes.doubt(mode, Block.REGISTRATION, "license_mode", reason)
        return LicenseMode.DISABLED
    has_state = license_.registration.state is not None or license_.authorization.state is not None
    if license_.smart_licensing or has_state or text == MODE_SMART:
        for name in ("registration.state", "authorization.state"):
            if has_state and name in notes.sources:
                notes.sources.setdefault("license_mode", notes.sources[name])
        return LicenseMode.SMART
    if text is not None or pak is None:
        return LicenseMode.UNKNOWN
    notes.prove("license_mode", pak)
    return LicenseMode.PAK
