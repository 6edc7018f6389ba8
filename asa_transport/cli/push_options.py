"""The options of a push that may write, declared once for `push` and `resume`; some are in `options`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

_COMMIT = "Sending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How a push that sends goes about it; `None` leaves it to the policy."""

    yes: bool = False
    contact_timeout: float | None = None
    reconnect_timeout: float = 60.0
    max_fail: str | None = None
    pause_between: float = 0.0
    sign_key: Path | None = None


CommitOption = Annotated[
    bool,
    typer.Option(
        "--commit",
        help="Send the lines, prove them by licence contact, save, or go back.",
        rich_help_panel=_COMMIT,
    ),
]
YesOption = Annotated[
    bool,
    typer.Option(
        "--yes",
        help="Do not ask before the waves; removes the question, never a check.",
        rich_help_panel=_COMMIT,
    ),
]
ContactTimeoutOption = Annotated[
    float | None,
    typer.Option(
        "--contact-timeout",
        min=0.1,
        metavar="SECONDS",
        help="How long a licence contact is awaited.  (default: the policy's, 180)",
        rich_help_panel=_COMMIT,
    ),
]
ReconnectTimeoutOption = Annotated[
    float,
    typer.Option(
        "--reconnect-timeout",
        min=0.1,
        metavar="SECONDS",
        help="How long a device whose session was lost has to answer again.",
        rich_help_panel=_COMMIT,
    ),
]
MaxFailOption = Annotated[
    str | None,
    typer.Option(
        "--max-fail",
        metavar="N|P%",
        help="How many devices may fail, in place of the policy's number and percentage.",
        rich_help_panel=_COMMIT,
    ),
]
PauseOption = Annotated[
    float,
    typer.Option(
        "--pause-between",
        min=0.0,
        metavar="SECONDS",
        help="Wait so long between two waves.",
        rich_help_panel=_COMMIT,
    ),
]
