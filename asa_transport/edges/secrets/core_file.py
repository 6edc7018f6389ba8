"""Have no core file written of a program that holds secrets.

Source: setrlimit(2), core(5); Linux, fs/coredump.c: a limit of 1 is "no core" also where cores are piped
to a program (systemd-coredump), which a limit of 0 does not hold off.
"""

from __future__ import annotations

import resource
from typing import Final

_NONE: Final = 1


def forbid() -> None:
    """Lower this process's limit, and that of what it starts, for good."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    most = _NONE if hard == resource.RLIM_INFINITY else min(hard, _NONE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
