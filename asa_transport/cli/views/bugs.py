"""The bug catalogue, or what it says of one version, as a table for people or as JSON."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from asa_transport.asa.version import Version
from asa_transport.cli.console import plain, print_json, print_whole, results
from asa_transport.core.judgement.cases.bugs import verdicts
from asa_transport.model import Bug, BugVerdict, Catalogue


def print_catalogue(loaded: Catalogue, *, as_json: bool, no_color: bool) -> None:
    """Print every entry of the catalogue."""
    if as_json:
        print_json({**_head(loaded), "bugs": [_bug_json(bug, loaded) for bug in loaded.bugs]})
        return
    table = _table("bug", "severity", "affected", "fixed in", "models", "blocks", "title")
    for bug in loaded.bugs:
        cells = (
            bug.id,
            bug.severity.value,
            ", ".join(bug.affected) or ("by what is fixed" if bug.fixed_in else "not known"),
            ", ".join(bug.fixed_in) or "not known",
            ", ".join(bug.platforms) or "all",
            "yes" if bug.blocks else "no",
            bug.title,
        )
        table.add_row(*map(plain, cells))
    console = results(no_color=no_color)
    console.print(table)
    console.print()
    # Below the table, whose columns an address would squeeze.
    for bug in loaded.bugs:
        print_whole(console, plain(bug.id), map(plain, (*bug.source.split("; "), f"as of {bug.as_of}")))


def print_verdicts(
    loaded: Catalogue, version: Version, model: str | None, *, as_json: bool, no_color: bool
) -> None:
    """Print what each entry says of one version."""
    found = verdicts(loaded.bugs, version, model)
    if as_json:
        head = {**_head(loaded), "version": str(version), "model": model}
        print_json({**head, "verdicts": [_verdict_json(one) for one in found]})
        return
    table = _table("bug", "verdict", "severity", "why")
    for one in found:
        table.add_row(*map(plain, (one.bug.id, one.reading.value, one.bug.severity.value, one.why)))
    results(no_color=no_color).print(table)


def _table(*headers: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for header in headers:
        table.add_column(header, overflow="fold")
    return table


def _head(loaded: Catalogue) -> dict[str, Any]:
    return {"catalogue_version": loaded.version, "catalogue_sha256": loaded.sha256}


def _bug_json(bug: Bug, loaded: Catalogue) -> dict[str, Any]:
    return {
        "id": bug.id,
        "title": bug.title,
        "severity": bug.severity.value,
        "affected": list(bug.affected),
        "fixed_in": list(bug.fixed_in),
        "platforms": list(bug.platforms),
        "blocks": bug.blocks,
        "breaks_contact": bug.breaks_contact,
        "trusts_proxy_status": bug.trusts_proxy_status,
        "detail": bug.detail,
        "remedy": bug.remedy,
        "source": bug.source,
        "as_of": bug.as_of.isoformat(),
        "from": "user" if bug.id in (*loaded.replaced, *loaded.added) else "shipped",
    }


def _verdict_json(one: BugVerdict) -> dict[str, Any]:
    return {
        "id": one.bug.id,
        "verdict": one.reading.value,
        "counts_as_affected": one.is_affected,
        "severity": one.bug.severity.value,
        "blocks": one.bug.blocks,
        "why": one.why,
    }
