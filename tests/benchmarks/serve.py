"""Serve mock devices in a process of its own: `python -m tests.benchmarks.serve SPEC DIRECTORY`.

Ends when its stdin is closed, so that it cannot outlive who started it.
"""

from __future__ import annotations

import json
import logging
import socket
import sys
import warnings
from contextlib import ExitStack
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


def main(spec_file: str, directory: str) -> None:
    """Serve until stdin ends; `devices.json` and `known_hosts` say where."""
    # Neither is news here: a client that hangs up first, a device that offers only a group.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=r"asyncssh\.crypto\.dh")
    spec: dict[str, Any] = json.loads(Path(spec_file).read_text())
    fleet = MockFleet(Scenario.model_validate(spec["scenario"]), host=spec["host"])
    with ExitStack() as stack:
        stack.enter_context(fleet)
        files = fleet.write(directory)
        found = [{"name": one.name, "host": one.host, "port": one.port} for one in fleet.devices.values()]
        for one in found:
            if one["name"] in spec["holes"]:
                one["port"] = hole(spec["host"], stack)
        (Path(directory) / "devices.json").write_text(json.dumps(found))
        print(f"ready: {files.known_hosts}", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
