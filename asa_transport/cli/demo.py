"""`asa-transport demo`: a mock fleet on loopback, audited over real SSH; no hardware, no arguments.

The one place where the program and the mock fleet meet.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from asa_transport.capabilities import is_read_only
from asa_transport.cli import auditing, common, judging, options
from asa_transport.cli.audit import Voice, run_audit
from asa_transport.cli.common import exit_on_user_error
from asa_transport.cli.rendering import Format
from asa_transport.model import Limits, Severity
from mock_devices import MockFleet, load_scenario


def demo(no_color: options.NoColorOption = False) -> None:
    """Audit a mock fleet on this machine, over real SSH; needs no hardware and no arguments."""
    console = common.console(sys.stdout, no_color=no_color)
    with (
        exit_on_user_error(),
        tempfile.TemporaryDirectory(prefix="asa-transport-demo-") as name,
        MockFleet.serve(load_scenario("demo")) as fleet,
    ):
        files = fleet.write(Path(name))
        _say(
            console,
            f"{len(fleet.names)} mock firewalls listen on 127.0.0.1, each over real SSH. Auditing them:",
        )
        request = auditing.prepare(
            files.inventory,
            (),
            workers=len(fleet.names),
            # The black hole of the demo should not keep anybody waiting.
            limits=Limits(tcp_s=3, handshake_s=4, command_s=15, device_s=30, attempts=1),
            textfsm=None,
            ask=None,
        )
        run_audit(
            request,
            inventory_file=files.inventory,
            output_format=Format.TABLE,
            output=None,
            state_dir=Path(name) / "state",
            judgement=judging.read(files.inventory, judging.Files(), now=fleet.now, is_now_given=False),
            fail_on=Severity.MEDIUM,
            voice=Voice(no_color=no_color),
        )
        _say_what_was_typed(console, fleet)
    _say(
        console,
        "Your own fleet: write inventory.yaml (see inventory.example.yaml), then `asa-transport audit`.",
    )


def _say_what_was_typed(console: Console, fleet: MockFleet) -> None:
    """Prove from the devices' own transcripts that an audit only reads."""
    typed = [line for name in fleet.names for line in fleet[name].typed if line != "<secret>"]
    other = [line for line in typed if not is_read_only(line)]
    _say(
        console,
        f"The devices' own transcripts: {len(typed)} lines were typed on them, {len(typed) - len(other)} of "
        f"them reads; {sum(fleet[name].config_changes for name in fleet.names)} configuration changes.",
    )
    if other:
        raise typer.Exit(1)


def _say(console: Console, text: str) -> None:
    console.print(Text(f"\n{text}\n", style="bold"))
