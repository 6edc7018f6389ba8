"""`asa-transport bugs`: the bug catalogue, or what it means for one version.

Contacts nothing.  Exit code 0 whatever the verdicts are: this command informs, `audit` judges.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from asa_transport.cli.console import exit_on_user_error, plain, print_json, results, say
from asa_transport.cli.formats import OutputFormat
from asa_transport.cli.options import FormatOption
from asa_transport.errors import UserError

if TYPE_CHECKING:
    from rich.table import Table

    from asa_transport.asa.version import Version
    from asa_transport.model import Bug, BugVerdict, Catalogue

BugsOption = Annotated[
    Path | None,
    typer.Option(
        "--bugs", metavar="FILE", help="Your own catalogue; its entries replace ours of the same id."
    ),
]


def bugs(
    version: Annotated[
        str | None, typer.Argument(help="An ASA version, e.g. '9.20(4)14' or 9.22.3.", show_default=False)
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", metavar="MODEL", help="As `show version` prints it, e.g. FPR-2110.", show_default=False
        ),
    ] = None,
    file: BugsOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """List the bug catalogue, or the verdict of each entry for one version."""
    from asa_transport.asa.version import train_of
    from asa_transport.files import bugs as catalogue

    with exit_on_user_error():
        if model is not None and version is None:
            raise UserError(
                "--model says nothing without a version; give one, e.g. bugs '9.20(4)14' --model ASAv"
            )
        release = None if version is None else _version(version)
        loaded = catalogue.load(file, train_of=train_of)
    for name in loaded.replaced:
        say(f"note: {file}: {name} replaces the shipped entry")
    for name in loaded.added:
        say(f"note: {file}: {name} is added")
    if release is None:
        _print_catalogue(loaded, output_format)
    else:
        _print_verdicts(loaded, release, model, output_format)


def _version(text: str) -> Version:
    from asa_transport.asa.version import Version

    try:
        return Version.parse(text)
    except ValueError as error:
        raise UserError(f"version {error}") from None


def _print_catalogue(loaded: Catalogue, output_format: OutputFormat) -> None:
    if output_format is OutputFormat.JSON:
        print_json({**_head(loaded), "bugs": [_bug_json(bug, loaded) for bug in loaded.bugs]})
        return
    table = _table("bug", "severity", "affected", "fixed in", "models", "blocks", "source", "title")
    for bug in loaded.bugs:
        cells = (
            bug.id,
            bug.severity.value,
            ", ".join(bug.affected) or ("by what is fixed" if bug.fixed_in else "not known"),
            ", ".join(bug.fixed_in) or "not known",
            ", ".join(bug.platforms) or "all",
            "yes" if bug.blocks else "no",
            f"{bug.source} ({bug.as_of})",
            bug.title,
        )
        table.add_row(*map(plain, cells))
    results().print(table)


def _print_verdicts(
    loaded: Catalogue, version: Version, model: str | None, output_format: OutputFormat
) -> None:
    from asa_transport.core.judgement.cases.bugs import verdicts

    found = verdicts(loaded.bugs, version, model)
    if output_format is OutputFormat.JSON:
        head = {**_head(loaded), "version": str(version), "model": model}
        print_json({**head, "verdicts": [_verdict_json(one) for one in found]})
        return
    table = _table("bug", "verdict", "severity", "why")
    for one in found:
        table.add_row(*map(plain, (one.bug.id, one.reading.value, one.bug.severity.value, one.why)))
    results().print(table)


def _table(*headers: str) -> Table:
    from rich.table import Table

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
