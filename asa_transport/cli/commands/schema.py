"""`asa-transport schema NAME`: the JSON Schema of each file, on stdout.

To add one: a function that returns the schema, and a row in `SCHEMAS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Final

import typer

from asa_transport.cli.console import exit_on_user_error, print_json
from asa_transport.core.documents import audit_schema, plan, push
from asa_transport.core.documents import diff as diff_document
from asa_transport.errors import UserError
from asa_transport.files import inventory_schema, judgement_schemas, notify
from asa_transport.files.read import nearest, quoted
from asa_transport.model.ending import RunEnd

SCHEMAS: Final[Mapping[str, Callable[[], dict[str, Any]]]] = {
    "inventory": inventory_schema.schema,
    "policy": judgement_schemas.policy,
    "bugs": judgement_schemas.bugs,
    "exceptions": judgement_schemas.exceptions,
    "waivers": judgement_schemas.waivers,
    "notify": notify.schema,
    "audit": partial(audit_schema.schema, exit_codes=RunEnd),
    "diff": diff_document.schema,
    "plan": plan.json_schema,
    "push": partial(push.schema, exit_codes=RunEnd),
}


def schema(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            autocompletion=lambda incomplete: [known for known in SCHEMAS if known.startswith(incomplete)],
            help=f"One of: {', '.join(SCHEMAS)}.",
        ),
    ],
) -> None:
    """Print the JSON Schema of one kind of file."""
    with exit_on_user_error():
        if name not in SCHEMAS:
            known = ", ".join(SCHEMAS)
            raise UserError(
                f"schema {quoted(name)} is not known{nearest(name, SCHEMAS)}; expected one of: {known}"
            )
    print_json(SCHEMAS[name]())
