"""`asa-transport doctor`: what firewalls answer to all that the program assumes; changes nothing on them."""

from __future__ import annotations

import enum
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, assert_never

import typer

from asa_transport.cli import completion, options
from asa_transport.cli.console import StderrTeller, exit_on_user_error
from asa_transport.cli.formats import check_name
from asa_transport.cli.option_groups import Voice, with_bundles
from asa_transport.cli.secrets import asker
from asa_transport.cli.telling import say_left_out, say_not_selected
from asa_transport.errors import UserError
from asa_transport.flows.inputs import StateLocation
from asa_transport.model import Limits

if TYPE_CHECKING:
    from asa_transport.core.documents.doctor import DoctorRun

_LIMITS, _VOICE = Limits(), Voice()
# In the place of the first name.
_FORGET = "forget"


class Shape(enum.StrEnum):
    """How it is printed."""

    TABLE = "table"
    JSON = "json"
    MD = "md"


_NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME…",
        show_default=False,
        autocompletion=completion.patterns,
        help="The firewalls, by names or patterns as of --limit: two of each release are enough. Or: forget "
        "RELEASE (or all), to forget what was learnt of it.",
    ),
]
_OfflineOption = Annotated[
    list[str] | None,
    typer.Option(
        "--offline",
        metavar="PATH",
        help="Ask no firewall, read saved outputs as `analyze` does; give the option once for each path.",
    ),
]
_BesideOption = Annotated[
    list[str] | None,
    typer.Option(
        "--beside",
        metavar="PATH",
        help="Say where saved outputs contradict what is found: of another fleet, or of a mock one. Give the "
        "option once for each path.",
    ),
]
_ProbeOption = Annotated[
    bool,
    typer.Option(
        "--probe", help="Each firewall also tries by `ping tcp` to reach the server or proxy it should use."
    ),
]
_ListOption = Annotated[
    bool, typer.Option("--list", help="List the assumptions, and what rests on each. Contacts nothing.")
]
_LearntOption = Annotated[
    bool,
    typer.Option(
        "--learnt", help="List what was learnt of which release, on which firewall. Contacts nothing."
    ),
]


@with_bundles
def doctor(
    names: _NamesArgument = None,
    inventory: options.InventoryOption = options.DEFAULT_INVENTORY,
    offline: _OfflineOption = None,
    beside: _BesideOption = None,
    probe: _ProbeOption = False,
    list_rows: _ListOption = False,
    list_learnt: _LearntOption = False,
    workers: options.WorkersOption = None,
    shape: Annotated[
        Shape, typer.Option("--format", help="table for people, json for programs, md for a ticket.")
    ] = Shape.TABLE,
    output: options.OutputOption = None,
    policy: options.PolicyOption = None,
    limits: Limits = _LIMITS,
    ssh_config: options.SshConfigOption = None,
    textfsm_templates: options.TextfsmOption = None,
    state_dir: options.StateOption = None,
    voice: Voice = _VOICE,
) -> None:
    """Try on firewalls what the program assumes of every ASA. Changes nothing.

    It asks what an audit may; what no public source proves is listed (--list). Where a
    release differs, that is kept in the state directory: its audits, plans and pushes
    follow it, or refuse more. It never makes them allow more.
    Exit code 3: something differs; 4: a firewall was not reached.
    """
    from asa_transport.core.reports.doctor import summary
    from asa_transport.edges.output_file import opened

    with exit_on_user_error():
        check_name(output, shape, list(Shape))
        _check(names, offline, probe=probe, is_listing=list_rows or list_learnt)
        state = StateLocation(state_dir=state_dir).directory
        if list_rows or list_learnt:
            _print_lists(state, is_rows=list_rows, shape=shape, output=output, voice=voice)
            return
        if names and names[0] == _FORGET and not offline:
            _forget(state, names[1:], voice)
            return
        # Before a firewall is asked: what was found is not lost on a name that cannot be written.
        with opened(output, sys.stdout) as file:
            if offline:
                run = _saved(offline, textfsm_templates)
            else:
                run = _asked(
                    names or (),
                    inventory,
                    probe=probe,
                    workers=workers,
                    policy=policy,
                    limits=limits,
                    ssh_config=ssh_config,
                    textfsm=textfsm_templates,
                    state=state,
                    voice=voice,
                )
            if beside:
                run = _beside(run, beside, textfsm_templates)
            _print(run, shape, file, voice)
        if output is not None or shape is not Shape.TABLE:
            StderrTeller(quiet=voice.quiet).note(summary(run))
    raise typer.Exit(run.end)


def _check(
    names: Sequence[str] | None, offline: Sequence[str] | None, *, probe: bool, is_listing: bool
) -> None:
    """Raise UserError where the words do not go together."""
    if is_listing and (names or offline):
        raise UserError("--list and --learnt ask no firewall: leave out NAME and --offline")
    if offline and (names or probe):
        raise UserError("--offline asks no firewall: leave out NAME and --probe, or leave out --offline")
    if not names and not offline and not is_listing:
        raise UserError("no firewall is named: give names or patterns, '*' for all, or --offline PATH")


def _saved(paths: Sequence[str], textfsm: Path | None) -> DoctorRun:
    from asa_transport.edges.saved_outputs import standard_input
    from asa_transport.flows.doctor import examine_saved

    return examine_saved(paths, textfsm=textfsm, stdin=standard_input())


def _beside(run: DoctorRun, paths: Sequence[str], textfsm: Path | None) -> DoctorRun:
    from asa_transport.flows.doctor import with_beside

    return with_beside(run, _saved(paths, textfsm))


def _asked(
    names: Sequence[str],
    inventory: Path,
    *,
    probe: bool,
    workers: int | None,
    policy: Path | None,
    limits: Limits,
    ssh_config: Path | None,
    textfsm: Path | None,
    state: Path,
    voice: Voice,
) -> DoctorRun:
    """Ask the firewalls, tell what was learnt, and return what was found."""
    from asa_transport.cli.signals import stopping_on_signals
    from asa_transport.cli.views.doctor import say_learnt
    from asa_transport.cli.views.progress import meter
    from asa_transport.engine.fleet import RunStop
    from asa_transport.files import policy as policies
    from asa_transport.flows.audit import prepare
    from asa_transport.flows.doctor import examine
    from asa_transport.flows.standard import policy_path

    stop, tell = RunStop(), StderrTeller(quiet=voice.quiet)
    rules = policies.read(policy_path(inventory, policy)).policy
    request = prepare(
        inventory,
        # Several words mean any of them.
        [",".join(names)],
        workers=workers,
        limits=limits,
        ssh_config=ssh_config,
        textfsm=textfsm,
        ask=asker(),
    )
    say_left_out(request.inventory.left_out, inventory, quiet=voice.quiet)
    say_not_selected(request.not_selected, inventory, quiet=voice.quiet)
    bar = meter(len(request.devices), quiet=voice.quiet, verbose=voice.verbose, no_color=voice.no_color)
    with stopping_on_signals(stop), bar as observer:
        found = examine(
            request, policy=rules, state=state, probe=probe, observer=observer, tell=tell, stop=stop
        )
    say_learnt(found.lesson, tell)
    return found.run


def _print(run: DoctorRun, shape: Shape, file: IO[str], voice: Voice) -> None:
    from asa_transport.cli.views import doctor as view
    from asa_transport.core.reports.doctor import markdown

    match shape:
        case Shape.JSON:
            view.print_document(run, file)
        case Shape.MD:
            file.write(markdown(run))
        case Shape.TABLE:
            view.print_run(run, file, verbose=voice.verbose, no_color=voice.no_color)
        case _:
            assert_never(shape)


def _print_lists(state: Path, *, is_rows: bool, shape: Shape, output: Path | None, voice: Voice) -> None:
    from asa_transport.cli.views import doctor as view
    from asa_transport.edges.output_file import opened
    from asa_transport.files import assumptions
    from asa_transport.flows import learnt

    rows = assumptions.load() if is_rows else None
    entries = None if is_rows else learnt.known(state)
    with opened(output, sys.stdout) as file:
        if rows is not None:
            view.print_rows(rows, file, as_json=shape is Shape.JSON, no_color=voice.no_color)
        if entries is not None:
            view.print_learnt(entries, file, as_json=shape is Shape.JSON, no_color=voice.no_color)


def _forget(state: Path, words: Sequence[str], voice: Voice) -> None:
    from asa_transport.cli.views.doctor import say_forgotten
    from asa_transport.flows import learnt

    if len(words) != 1:
        raise UserError("forget: expected one release, e.g. forget '9.20(4)14', or: forget all")
    gone = learnt.forget(state, None if words[0] == "all" else words[0])
    say_forgotten(gone, StderrTeller(quiet=voice.quiet))
