"""Say who runs the program, by every name that the machine has for them."""

from __future__ import annotations

import os
import pwd
import socket
from typing import Final

# Who became somebody else is still the one who pushes.
_ALSO: Final = ("SUDO_USER", "LOGNAME", "USER")


def login_name() -> str:
    """Return the login name of the process's user; the number where the machine has no name for it."""
    user = os.getuid()
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def here() -> str:
    """Return who runs it and where: login name and machine."""
    return f"{login_name()}@{socket.gethostname()}"


def names() -> frozenset[str]:
    """Return the login name, and those that the environment has; more of them count fewer approvals."""
    return frozenset({login_name(), *(os.environ[name] for name in _ALSO if os.environ.get(name))})
