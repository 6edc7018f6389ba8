"""`asa-transport schema NAME`: the JSON Schema of each file, on stdout.

To add one: a function that returns the schema, a row in `SCHEMAS` (cli/schemas.py), a name here.
"""

from __future__ import annotations

from typing import Annotated, Final

import typer

from asa_transport.cli.console import exit_on_user_error, print_json
from asa_transport.cli.option_groups import Tone, with_bundles
from asa_transport.errors import UserError

# As `cli/schemas.py` has them, which brings all of those files; a test compares.
NAMES: Final = (
    "inventory",
    "policy",
    "bugs",
    "exceptions",
    "waivers",
    "notify",
    "audit",
    "diff",
    "doctor",
    "notification",
    "plan",
    "push",
    "capture",
    "ticket",
)


_TONE = Tone()


@with_bundles
def schema(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            autocompletion=lambda incomplete: [known for known in NAMES if known.startswith(incomplete)],
            help=f"One of: {', '.join(NAMES)}.",
        ),
    ],
    tone: Tone = _TONE,
) -> None:
    """Print the JSON Schema of a file format."""
    # It says nothing beside, and a schema has no colours.
    del tone
    from asa_transport.cli.schemas import SCHEMAS
    from asa_transport.files.checker import nearest, quoted

    with exit_on_user_error():
        if name not in NAMES:
            known = ", ".join(NAMES)
            raise UserError(
                f"schema {quoted(name)} is not known{nearest(name, NAMES)}; expected one of: {known}"
            )
    print_json(SCHEMAS[name]())
