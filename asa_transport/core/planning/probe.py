"""Ask a firewall whether it reaches a server itself, and read its answer: `ping tcp HOST PORT`.

Pure.  Speaks of TCP over IPv4 only, as the command does: that a proxy answers does not
prove that it lets licensing through.  An answer that is not understood
says nothing of the target, and is quoted.

Source: unproven (`ping-tcp-lines`): the shape is told by operators, without a public source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from asa_transport.asa.commands import is_ping_tcp, ping_tcp
from asa_transport.core.parsing.lines import to_lines
from asa_transport.core.parsing.reading import refusal
from asa_transport.core.parsing.tables import TableSet
from asa_transport.model import Capture, Proxy

_SHOWN: Final = 120


def command(target: Proxy) -> str:
    """Return the line that probes a target: five TCP connections, of which each may be answered."""
    return ping_tcp(target.host, target.port)


def is_probe(line: str) -> bool:
    """Return whether a command is a probe."""
    return is_ping_tcp(line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The target answered most of the connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReached:
    """It did not, and the firewall says so in words that are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUnderstood:
    """The firewall said something else: nothing is known of the target; `line` is the first such line."""

    line: str


Probed: TypeAlias = Reached | NotReached | NotUnderstood


def answer(capture: Capture, target: Proxy, tables: TableSet) -> Probed | None:
    """Return what became of the probe of a target; `None` where this run did not probe it.

    More than half of the connections must open: the first one may be lost while an address
    is resolved, and a path that loses most of them is none to move a licence to.
    """
    output = capture.output(command(target))
    if output is None:
        return None
    refused = refusal(to_lines(output.text))
    if refused is not None:
        return NotUnderstood(line=refused.text.strip()[:_SHOWN])
    table = tables.table(output.command, output.text)
    if table is None or table.unknown:
        unknown = table.unknown[0].evidence.text if table is not None else output.text
        return NotUnderstood(line=unknown.strip()[:_SHOWN])
    good, sent = table.first("GOOD"), table.first("SENT")
    if good is None or sent is None or int(sent.value) == 0:
        last = next((line.strip() for line in reversed(output.text.split("\n")) if line.strip()), "")
        return NotUnderstood(line=last[:_SHOWN])
    return Reached() if int(good.value) * 2 > int(sent.value) else NotReached()
