"""Print what a plan would do, or what became of a run."""

from __future__ import annotations

from typing import assert_never

from rich.console import Console

from asa_transport.cli.views.audit_record import print_seen
from asa_transport.cli.views.push_outlook import print_outlook, print_readiness
from asa_transport.cli.views.push_record import print_record
from asa_transport.flows.show import AuditShown, PlanShown, PushShown, Shown


def print_shown(console: Console, found: Shown) -> None:
    """Print it for a person."""
    match found:
        case PlanShown():
            print_outlook(console, found.plan, found.outlook, whole=True)
            print_readiness(console, found.readiness, found.names)
        case PushShown():
            print_record(console, found.record, found.devices)
        case AuditShown():
            print_seen(console, found.run, found.names)
        case _:
            assert_never(found)
