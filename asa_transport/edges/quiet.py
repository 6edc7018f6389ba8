"""Keep the logs of the SSH libraries from stderr.

They log a broken stream, some of them with a traceback; each is an outcome with a message.
"""

from __future__ import annotations

import logging


def quiet() -> None:
    """Do so, in this process."""
    for name in ("asyncssh", "netmiko", "paramiko"):
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
