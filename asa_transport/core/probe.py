"""Ask a firewall whether it reaches a server itself, and read its answer: `ping tcp HOST PORT`.

Pure.  Speaks of TCP over IPv4 only, as the command does: that a proxy answers does not
prove that it lets licensing through.  What is not a clear answer is "not reached".

Source: DOMAIN §4.12 (the shape is common knowledge without a public source); PEERS N5.
"""

from __future__ import annotations

from typing import Final

from asa_transport.core.tables import TableSet
from asa_transport.model import Capture, Proxy

_COMMAND: Final = "ping tcp"


def command(target: Proxy) -> str:
    """Return the line that probes a target: five TCP connections, of which each may be answered."""
    return f"{_COMMAND} {target.host} {target.port}"


def is_probe(line: str) -> bool:
    """Return whether a command is a probe."""
    return line.startswith(f"{_COMMAND} ")


def is_reached(capture: Capture, target: Proxy, tables: TableSet) -> bool | None:
    """Return whether the target answered; `None` where this run did not probe it.

    More than half of the connections must open: the first one may be lost while an address
    is resolved, and a path that loses most of them is none to move a licence to.
    """
    output = capture.output(command(target))
    if output is None:
        return None
    table = tables.table(output.command, output.text)
    if table is None or table.unknown:
        return False
    good, sent = table.first("GOOD"), table.first("SENT")
    if good is None or sent is None:
        return False
    return int(good.value) * 2 > int(sent.value)
