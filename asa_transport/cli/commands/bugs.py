"""`asa-transport bugs`: the bug catalogue, or what it means for one version.

Contacts nothing.  Exit code 0 whatever the verdicts are: this command informs, `audit` judges.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from asa_transport.cli.console import StderrTeller, exit_on_user_error
from asa_transport.cli.formats import OutputFormat
from asa_transport.cli.option_groups import Tone, with_bundles
from asa_transport.cli.options import FormatOption
from asa_transport.errors import UserError

if TYPE_CHECKING:
    from asa_transport.asa.version import Version

BugsOption = Annotated[
    Path | None,
    typer.Option(
        "--bugs",
        metavar="FILE",
        help="Your own bug file: its entries are added to ours, or replace those with the same id.",
    ),
]


_TONE = Tone()
_BUG_ID: Final = re.compile(r"(CSC[a-z]{2}|FN)[0-9]{5}", re.IGNORECASE)


@with_bundles
def bugs(
    version: Annotated[
        str | None,
        typer.Argument(
            metavar="VERSION", help="An ASA version, e.g. '9.20(4)14' or 9.22.3.", show_default=False
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", metavar="MODEL", help="As `show version` prints it, e.g. FPR-2110.", show_default=False
        ),
    ] = None,
    file: BugsOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
    tone: Tone = _TONE,
) -> None:
    """List the known bugs, or say which of them affect one version."""
    from asa_transport.asa.version import train_of
    from asa_transport.cli.views.bugs import print_catalogue, print_verdicts
    from asa_transport.files import bugs as catalogue

    with exit_on_user_error():
        if model is not None and version is None:
            raise UserError(
                "--model says nothing without a version; give one, e.g. bugs '9.20(4)14' --model ASAv"
            )
        release = None if version is None else _version(version)
        loaded = catalogue.load(file, train_of=train_of)
    tell = StderrTeller(quiet=tone.quiet)
    for name in loaded.replaced:
        tell.note(f"note: {file}: {name} replaces the shipped entry")
    for name in loaded.added:
        tell.note(f"note: {file}: {name} is added")
    as_json = output_format is OutputFormat.JSON
    if release is None:
        print_catalogue(loaded, as_json=as_json, no_color=tone.no_color)
    else:
        print_verdicts(loaded, release, model, as_json=as_json, no_color=tone.no_color)


def _version(text: str) -> Version:
    from asa_transport.asa.version import Version

    if _BUG_ID.fullmatch(text):
        raise UserError(f"{text!r} is a bug, not a version; 'asa-transport bugs' lists the known bugs")
    try:
        return Version.parse(text)
    except ValueError as error:
        raise UserError(str(error)) from None
