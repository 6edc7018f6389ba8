"""SSH: reaching a device, its host key, its log-in, its session; what went wrong, in words.

Knows the bytes; the device's language is in `asa/`.

asyncssh is imported here first.  It looks for two C libraries that nothing here uses (UMAC, sntrup), and the
standard library looks by starting `ldconfig`, a compiler and a linker: seven processes at each start of ours,
also of a command that contacts nothing.  So it finds none.
"""

from __future__ import annotations

import ctypes.util
import sys


def _none(name: str) -> None:
    """Find nothing, in the place of `ctypes.util.find_library`."""
    del name


if "asyncssh" not in sys.modules:
    _find = ctypes.util.find_library
    ctypes.util.find_library = _none
    try:
        import asyncssh as asyncssh  # for what it leaves loaded
    finally:
        ctypes.util.find_library = _find
