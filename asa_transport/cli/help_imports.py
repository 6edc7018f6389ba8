"""Import what typer prints a help with, without what it prints Markdown and tracebacks with.

The module of typer that prints a help imports two classes of rich that no help of ours uses: one brings a
parser of Markdown, the other a highlighter of code, and both together take longer than all else of a
start.  While that module is imported, something stands in for each of the two, and imports the real one
when it is used after all.

This relies on how typer imports them (tests/nightly/test_start.py says so).  Where another typer imports
them otherwise, they are imported as ever, and a help is slower and not another one.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any, Final

_PRINTER: Final = "typer.rich_utils"
# The modules that stand back, and the one name that typer takes from each.
_UNUSED: Final = {"rich.markdown": "Markdown", "rich.traceback": "Traceback"}


class _Later:
    """Stands in for a class: in an annotation it says nothing, everywhere else it is the class."""

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name

    def _real(self) -> Any:
        return getattr(importlib.import_module(self._module), self._name)

    def __call__(self, *positional: Any, **named: Any) -> Any:
        """Return a value of the class."""
        return self._real()(*positional, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real(), name)

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, self._real())

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self._real(),)

    def __or__(self, other: Any) -> Any:
        return Any

    __ror__ = __or__


def import_help_printer() -> None:
    """Import the module that prints a help, if it is not there yet; typer will find it."""
    if _PRINTER in sys.modules:
        return
    stand_ins = {}
    for module, name in _UNUSED.items():
        if module not in sys.modules:
            stand_ins[module] = ModuleType(module)
            setattr(stand_ins[module], name, _Later(module, name))
    sys.modules.update(stand_ins)
    try:
        importlib.import_module(_PRINTER)
    # A typer that has no such module, or takes more from those two: it will import what it needs itself.
    except (ImportError, AttributeError, TypeError):
        sys.modules.pop(_PRINTER, None)
    finally:
        for module, stand_in in stand_ins.items():
            if sys.modules.get(module) is stand_in:
                del sys.modules[module]
