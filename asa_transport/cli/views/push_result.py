"""Give the result of a push or its dry run: a table or JSON, to stdout or a file; the rest to stderr.

The file is opened before a device is contacted: what could not be written should not have been done.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from asa_transport.cli.console import console, say
from asa_transport.cli.formats import OutputFormat
from asa_transport.cli.option_groups import Voice
from asa_transport.cli.views.plan import dry_run_summary, forecast_words, print_dry_run
from asa_transport.cli.views.push import print_push
from asa_transport.core.reports.push_words import push_summary
from asa_transport.edges.output_file import abandon_stdout, opened
from asa_transport.edges.state.run_folder import PUSH
from asa_transport.flows.dry_run import DryRunEnd
from asa_transport.flows.push import PushEnd
from asa_transport.flows.resume import NothingLeft
from asa_transport.model import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a result is wanted, and where: `None` for stdout."""

    shape: OutputFormat
    output: Path | None
    voice: Voice

    @property
    def has_summary(self) -> bool:
        """Whether the counts are said on stderr, because no table is before the person."""
        return (self.output is not None or self.shape is not OutputFormat.TABLE) and not self.voice.quiet


class ResultFile:
    """Where the result goes; a file appears under its name only when it is whole."""

    def __init__(self, output: Path | None) -> None:
        self._output = output
        self._stack = ExitStack()
        self._file: IO[str] = sys.stdout

    def open(self) -> None:
        """Open it; raise UserError where it cannot be written."""
        self._file = self._stack.enter_context(opened(self._output, sys.stdout))

    @property
    def file(self) -> IO[str]:
        """The open file."""
        return self._file

    def __enter__(self) -> Self:
        self._stack.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)


def write_push(file: IO[str], plan: Plan, end: PushEnd, wanted: Wanted) -> None:
    """Write how a push ended."""
    if wanted.shape is OutputFormat.TABLE:
        terminal = console(file, no_color=wanted.voice.no_color)
        print_push(terminal, plan, end.outcomes, end.stopped_by, run=end.folder.name)
    else:
        _write_json(file, end.document)
    file.flush()


def say_push(end: PushEnd, wanted: Wanted) -> None:
    """Say the counts where no table is before the person."""
    if wanted.has_summary:
        say(push_summary(end.outcomes, end.stopped_by))


def say_unwritten(end: PushEnd, wanted: Wanted, error: OSError) -> None:
    """Say where the outcomes are kept that could not be given."""
    if wanted.output is None:
        abandon_stdout()
    say(
        f"error: {wanted.output or 'stdout'}: the outcomes cannot be written: {error.strerror or error}; "
        f"read them in {end.folder / PUSH}, or with 'asa-transport show {end.folder.name}'"
    )


def say_nothing_left(found: NothingLeft) -> None:
    """Say that a run had come to its end, and at which devices a person must look."""
    say("nothing is left to do: every device of this run has its outcome, or the run was stopped")
    for outcome in found.unknown:
        say(f"{outcome.device.name}: {outcome.reason}")


def write_dry_run(file: IO[str], plan: Plan, end: DryRunEnd, wanted: Wanted) -> None:
    """Write what a dry run found."""
    if wanted.shape is OutputFormat.TABLE:
        terminal = console(file, no_color=wanted.voice.no_color)
        print_dry_run(terminal, plan, end.outcomes, end.forecast)
    else:
        _write_json(file, end.document)


def say_dry_run(end: DryRunEnd, wanted: Wanted) -> None:
    """Say the counts and the forecast where no table is before the person; with -v where the answers are."""
    if wanted.has_summary:
        say(dry_run_summary(end.outcomes))
        for sentence in forecast_words(end.forecast):
            say(sentence)
    if wanted.voice.verbose and not wanted.voice.quiet:
        say(f"answers of the devices: {end.folder / 'raw'}")


def _write_json(file: IO[str], document: dict[str, Any]) -> None:
    file.write(json.dumps(document, indent=2, ensure_ascii=True) + "\n")
