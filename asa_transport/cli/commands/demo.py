"""`asa-transport demo`: a mock fleet on loopback, audited over real SSH; no hardware, no arguments.

Runs the program's own commands one after another, as a person would, and then proves
from the devices' transcripts that nothing but reads was typed.  The one place where
the program and the mock fleet meet.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from asa_transport.cli import console as common
from asa_transport.cli.commands.audit import audit
from asa_transport.cli.commands.plan import plan
from asa_transport.cli.commands.push import push
from asa_transport.cli.commands.rules import rules
from asa_transport.cli.commands.ticket import ticket
from asa_transport.cli.option_groups import Tone, with_bundles
from asa_transport.model.ending import RunEnd

if TYPE_CHECKING:
    from rich.console import Console

    from mock_devices import MockFleet

# How the commands end on a fleet that has something to show.
_EXPECTED = {RunEnd.OK, RunEnd.FINDINGS, RunEnd.NOT_AUDITED}
_SHOWN = "fw-osl-01"
# Of a firewall that nothing is wrong with but its age: fw-waw-01.
_RULE = "AT106"


_TONE = Tone()


@with_bundles
def demo(tone: Tone = _TONE) -> None:
    """Show an audit, a plan, a dry run and a ticket on a mock fleet, over real SSH. Needs no hardware."""
    # Every other command would pay for it: a third of the program's start.
    from asa_transport.cli.views.demo import print_file, say_step
    from mock_devices import MockFleet, load_scenario

    console = common.console(sys.stdout, no_color=tone.no_color)
    with (
        tempfile.TemporaryDirectory(prefix="asa-transport-demo-") as name,
        MockFleet.serve(load_scenario("demo")) as fleet,
    ):
        home = Path(name)
        files = fleet.write(home)
        said = {"quiet": tone.quiet, "no_color": tone.no_color}
        shared = {"inventory": files.inventory, "state_dir": home / "state", **said}
        file = home / "plan.json"

        say_step(console, f"{len(fleet.names)} mock firewalls listen on 127.0.0.1. $ asa-transport audit")
        # The black hole among them should not keep anybody waiting.
        _run(audit, **shared, connect_timeout=3.0, handshake_timeout=4.0, attempts=1)

        say_step(console, f"What a rule means, and the cure on the firewall: $ asa-transport rules {_RULE}")
        _run(rules, rule_id=_RULE, **said)

        say_step(console, "What would be sent, and the rollback: $ asa-transport plan --from-run last")
        _run(plan, **shared, output=file, from_run="last")

        say_step(console, "Would it be sent now? Reads again, sends nothing: $ asa-transport push plan.json")
        _run(push, **shared, file=file)

        say_step(console, "For the change request: $ asa-transport ticket plan.json -o ticket")
        _run(ticket, subject=str(file), directory=home / "ticket", state_dir=home / "state", **said)
        print_file(console, f"ticket/diffs/{_SHOWN}.diff", home / "ticket" / "diffs" / f"{_SHOWN}.diff")
        print_file(console, f"ticket/rollback/{_SHOWN}.txt", home / "ticket" / "rollback" / f"{_SHOWN}.txt")
        _say_what_was_typed(console, fleet)
    say_step(
        console,
        "Your own fleet: write inventory.yaml (see inventory.example.yaml), then audit it.",
    )


def _run(command: Callable[..., None], **given: Any) -> None:
    """Run a command as the user would; findings and missed devices are what the demo is there to show."""
    try:
        command(**given)
    except typer.Exit as ended:
        if ended.exit_code not in _EXPECTED:
            raise


def _say_what_was_typed(console: Console, fleet: MockFleet) -> None:
    """Prove from the devices' own transcripts that nothing but reads was typed."""
    from asa_transport.capabilities import is_read_only
    from asa_transport.cli.views.demo import say_step

    typed = [line for name in fleet.names for line in fleet[name].typed if line != "<secret>"]
    reads = [line for line in typed if is_read_only(line, probe=True)]
    changes = sum(fleet[name].config_changes for name in fleet.names)
    say_step(
        console,
        f"The devices' own transcripts: {len(typed)} lines were typed on them, {len(reads)} of "
        f"them reads; {changes} configuration changes.",
    )
    if len(reads) != len(typed) or changes:
        raise typer.Exit(RunEnd.INTERNAL)
