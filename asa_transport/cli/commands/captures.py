"""`asa-transport captures`: a run's answers as a file that names nobody, and its check; contacts nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asa_transport.cli import completion, options
from asa_transport.cli.console import exit_on_user_error, say
from asa_transport.cli.formats import OutputFormat
from asa_transport.cli.option_groups import Tone, with_bundles
from asa_transport.flows import inputs

if TYPE_CHECKING:
    from asa_transport.flows.captures import Export, KeptRun

app = typer.Typer(
    help="Make a file of a run's answers that names nobody, and check one. Contacts nothing.",
    no_args_is_help=True,
)
_LOCATION, _TONE = inputs.StateLocation(), Tone()

_Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        autocompletion=completion.audits,
        help="The run: its id, the beginning of its id, or `last`, the newest audit.",
    ),
]


@app.command()
@with_bundles
def export(
    run: _Run,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE.zip", help="The zip to write; - is stdout."),
    ],
    limit: options.LimitOption = None,
    keep_doubtful: Annotated[
        bool,
        typer.Option(
            "--keep-doubtful",
            help="Keep the words that nobody can tell, instead of writing them in x; look at them first.",
        ),
    ] = False,
    location: inputs.StateLocation = _LOCATION,
    tone: Tone = _TONE,
) -> None:
    """Write the answers of a run without names, addresses, serial numbers, accounts and users.

    Each is replaced by another one, the same everywhere; words of licensing, blanks and line ends stay. Words
    that nobody can tell are written in x, unless you look at their lines and say yes.
    Exit code 3: the judgement is another one than the original's.
    """
    from asa_transport.cli.views.captures import say_export
    from asa_transport.edges.output_file import opened
    from asa_transport.flows.captures import kept_run, zipped
    from asa_transport.model.ending import RunEnd

    with exit_on_user_error():
        kept = kept_run(location, run, limit or ())
        made = _made(kept, keep_doubtful)
        with opened(None if output == options.STDOUT else output, sys.stdout) as file:
            # The stream below the text's; what it cannot take is told when that is closed.
            file.buffer.write(zipped(made))  # type: ignore[attr-defined]
    say_export(made, str(output), quiet=tone.quiet)
    raise typer.Exit(RunEnd.FINDINGS if made.differences else RunEnd.OK)


def _made(kept: KeptRun, keep_doubtful: bool) -> Export:
    """Make the capture; where there is a terminal, ask about the words that nobody can tell."""
    from asa_transport.cli.views.captures import ask_for_doubtful
    from asa_transport.flows.captures import export as made_of
    from asa_transport.model.ending import RunEnd

    made = made_of(kept, keep_doubtful=keep_doubtful)
    if keep_doubtful or not made.doubtful or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return made
    try:
        return made_of(kept, keep_doubtful=True) if ask_for_doubtful(made.doubtful) else made
    except typer.Abort:
        say("interrupted; nothing was written")
        raise typer.Exit(RunEnd.INTERRUPTED) from None


@app.command()
@with_bundles
def check(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.zip", help="The capture: a zip, or the folder that was unpacked from it."
        ),
    ],
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="RUN",
            autocompletion=completion.audits,
            help="Look for anything in it that this run's answers name.",
        ),
    ] = None,
    output_format: options.FormatOption = OutputFormat.TABLE,
    location: inputs.StateLocation = _LOCATION,
    tone: Tone = _TONE,
) -> None:
    """Judge a capture, and say whether that is the original's judgement.

    Exit code 3: it is another one, or something of the run's is in it; 2: this is no capture.
    """
    from asa_transport.cli.views.captures import print_checked
    from asa_transport.flows.captures import check as checked
    from asa_transport.flows.captures import kept_run
    from asa_transport.model.ending import RunEnd

    # What it prints is its result, and has no colours.
    del tone
    with exit_on_user_error():
        found = checked(path, None if against is None else kept_run(location, against))
    print_checked(found, path, as_json=output_format is OutputFormat.JSON)
    raise typer.Exit(RunEnd.FINDINGS if found.differences or found.leaks else RunEnd.OK)
