"""Serve mock devices in a process of its own, which cannot outlive who started it."""

from __future__ import annotations

import json
import logging
import socket
import warnings
from contextlib import ExitStack, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from mock_devices import MockFleet, Scenario


def hole(host: str, stack: ExitStack) -> int:
    """Return a port on which a SYN is never answered: its queue is full, and nobody accepts."""
    listening = stack.enter_context(socket.socket())
    listening.bind((host, 0))
    listening.listen(0)
    for _ in range(2):
        filler = stack.enter_context(socket.socket())
        filler.setblocking(False)
        filler.connect_ex(listening.getsockname())
    return int(listening.getsockname()[1])


def serve(directory: Path, link: Connection) -> None:
    """Serve what `spec.json` says until the other end of the link is closed.

    `devices.json` and `known_hosts` say where, once something has come through the link.
    """
    # Neither is news here: a client that hangs up first, a device that offers only a group.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=r"asyncssh\.crypto\.dh")
    spec: dict[str, Any] = json.loads((directory / "spec.json").read_text())
    fleet = MockFleet(Scenario.model_validate(spec["scenario"]), host=spec["host"])
    with ExitStack() as stack:
        stack.enter_context(fleet)
        fleet.write(directory)
        found = [{"name": one.name, "host": one.host, "port": one.port} for one in fleet.devices.values()]
        for one in found:
            if one["name"] in spec["holes"]:
                one["port"] = hole(spec["host"], stack)
        (directory / "devices.json").write_text(json.dumps(found))
        link.send("ready")
        with suppress(EOFError):
            link.recv()
