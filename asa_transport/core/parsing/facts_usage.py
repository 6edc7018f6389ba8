"""Read what a device says of the licences it uses, beside the states of registration and authorization.

Pure.  Words are kept as they were printed: which of them contradict "authorized" is a rule's
business (AT209), and a word that nobody knows is no good one.

Source: ntc-templates (`License Usage`); Cisco bug CSCvr54794 (Firepower 4100/9300); observed on an
ASAv 9.15(1)1 (`show version`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asa_transport.asa.commands import LICENSE_ALL, LICENSE_STATUS, LICENSE_USAGE
from asa_transport.core.parsing.facts_version import VersionFacts
from asa_transport.core.parsing.reading import Notes, Readings, cells
from asa_transport.core.parsing.walk import Cell, Table
from asa_transport.model import Entitlement, UsageFacts

# In saved outputs, where nobody saved the whole: an audit asks for `show license all`.


def usage_facts(readings: Readings, version: VersionFacts, notes: Notes) -> UsageFacts:
    """Return what the device says of its licences elsewhere."""
    tables = readings.several(LICENSE_ALL, LICENSE_STATUS, LICENSE_USAGE)
    for name, cell in (
        ("usage.platform_state", version.platform_state),
        ("usage.strong_encryption", version.strong_encryption),
        ("usage.enforce_modes", next(iter(version.enforce_modes), None)),
    ):
        if cell is not None:
            notes.prove(name, cell)
    strong = version.strong_encryption
    return UsageFacts(
        platform_state=version.platform_state.value.strip() if version.platform_state is not None else None,
        enforce_modes=tuple(cell.value.strip() for cell in version.enforce_modes),
        entitlements=_entitlements(tables, notes),
        strong_encryption=strong.value == "Enabled" if strong is not None else None,
        compliance=_first(tables, "FXOS_COMPLIANCE", "usage.compliance", notes),
        overall_status=_first(tables, "FXOS_STATUS", "usage.overall_status", notes),
    )


def _first(tables: Sequence[Table], value: str, name: str, notes: Notes) -> str | None:
    cell = next(iter(cells(tables, value)), None)
    if cell is None:
        return None
    notes.prove(name, cell)
    return cell.value.strip()


def _entitlements(tables: Sequence[Table], notes: Notes) -> tuple[Entitlement, ...]:
    """Return the entitlements of the first output that lists them."""
    return next((found for table in tables if (found := tuple(_listed(table, notes)))), ())


def _listed(table: Table, notes: Notes) -> Iterator[Entitlement]:
    names = ("ENTITLEMENT", "ENTITLEMENT_STATUS", "ENTITLEMENT_EXPORT")
    found = sorted((cell for name in names for cell in table.every(name)), key=_line)
    starts = [cell for cell in found if cell.name == "ENTITLEMENT"]
    for number, start in enumerate(starts):
        after = _line(starts[number + 1]) if number + 1 < len(starts) else None
        below = [
            cell for cell in found if _line(cell) >= _line(start) and (after is None or _line(cell) < after)
        ]
        own = {cell.name: cell for cell in below}
        name, status, export = (
            start.value.strip(),
            own.get("ENTITLEMENT_STATUS"),
            own.get("ENTITLEMENT_EXPORT"),
        )
        if status is None and export is None:
            # A heading of the Firepower form, not a licence.
            continue
        notes.prove(f"usage.entitlements.{name}", status or export or start)
        yield Entitlement(
            name=name,
            status=status.value.strip() if status is not None else None,
            export=export.value.strip() if export is not None else None,
        )


def _line(cell: Cell) -> int:
    return cell.evidence.line
