"""Audit and mend the Smart Licensing transport of a Cisco ASA fleet over SSH.

From a program, in three steps (docs/library.md has the whole of it):

    inventory = asa_transport.load_inventory("inventory.yaml")
    report = asa_transport.audit(inventory, limit="tag:edge")
    plan = asa_transport.make_plan(report)

What is sent to a firewall is a closed list of commands that read.  Nothing here changes one: a push
has a command of its own, with its questions, its journal and its way back.

Every error is an `AsaTransportError`; the tree of them is in `asa_transport.errors`, the values that
reports and plans are made of are in `asa_transport.model`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from asa_transport._version import __version__ as __version__

if TYPE_CHECKING:
    from asa_transport.core.reports.report import Report
    from asa_transport.errors import AsaTransportError
    from asa_transport.library import (
        analyze,
        audit,
        load_inventory,
        make_plan,
        read_plan,
        read_report,
        render,
    )
    from asa_transport.model import Audited, NotAudited, Plan

# The same once more, for the running program, which `--version` and a TAB import: each is brought
# when it is asked for.  A test compares.
_MODULE_OF: Final = {
    "AsaTransportError": "errors",
    "Audited": "model",
    "NotAudited": "model",
    "Plan": "model",
    "Report": "core.reports.report",
    "analyze": "library",
    "audit": "library",
    "load_inventory": "library",
    "make_plan": "library",
    "read_plan": "library",
    "read_report": "library",
    "render": "library",
}

__all__ = [
    "AsaTransportError",
    "Audited",
    "NotAudited",
    "Plan",
    "Report",
    "analyze",
    "audit",
    "load_inventory",
    "make_plan",
    "read_plan",
    "read_report",
    "render",
]


# Hidden from type checkers: for them any misspelt name would be there, and be anything.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Return a public name, from its module; only the first time, it stands here from then on."""
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        """Return the public names, and what Python asks of a module."""
        return [*__all__, "__version__", *(name for name in globals() if name in _OF_EVERY_MODULE)]


_OF_EVERY_MODULE: Final = frozenset(
    {"__all__", "__doc__", "__file__", "__name__", "__package__", "__path__", "__spec__"}
)
