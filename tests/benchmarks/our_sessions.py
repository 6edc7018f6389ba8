"""Our session class alone, doing what the peers' programs do: `python -m tests.benchmarks.our_sessions JOB`.

No inventory, parsing, judgement or files: login, privileged mode, pager, the commands.
`each_s` are the seconds of each device.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from asa_transport.edges.ssh.hostkeys import KnownHosts
from asa_transport.edges.ssh.jump_config import JumpRoutes
from asa_transport.edges.ssh.jump_hosts import JumpHosts
from asa_transport.edges.ssh.reach import Reach
from asa_transport.edges.ssh.session import open_session
from asa_transport.engine import bridge
from asa_transport.engine.fleet import DeviceDeadline
from asa_transport.errors import DeviceError
from asa_transport.model import Credential, Device, Limits, Secret


def visited(job: dict[str, Any], known: KnownHosts, given: dict[str, Any]) -> tuple[float, str | None]:
    """Return the seconds, and what went wrong, if anything did."""
    began = time.perf_counter()
    device = Device(
        name=given["name"],
        host=given["host"],
        port=given["port"],
        username=job["username"],
        credential="lab",
        known_hosts=Path(job["known_hosts"]),
    )
    deadline = DeviceDeadline(job["limit_s"])
    reach = Reach(limits=Limits(), jumps=JumpHosts(JumpRoutes(), Limits()))
    try:
        session = open_session(
            device,
            credential=Credential(password=Secret(job["password"]), enable=Secret(job["enable"])),
            host_keys=known.lookup(device.known_hosts, device.host, device.port),
            limits=Limits(device_s=job["limit_s"]),
            deadline=deadline,
            dial=lambda one: bridge.wait_for(reach(one, deadline)),
        )
        try:
            answers = {command: session.run(command).text for command in job["commands"]}
        finally:
            session.close()
    except DeviceError as error:
        return 0.0, str(error)
    wrong = None if "Version" in answers["show version"] else "show version: not an answer"
    return time.perf_counter() - began, wrong


async def all_visited(job: dict[str, Any], known: KnownHosts) -> list[tuple[float, str | None]]:
    """Visit them all, so many at once."""
    workers = asyncio.Semaphore(job["workers"])

    async def one(given: dict[str, Any]) -> tuple[float, str | None]:
        async with workers:
            return await bridge.bridged(partial(visited, job, known, given))

    return await asyncio.gather(*map(one, job["devices"]))


def main(path: str) -> None:
    """Visit them all."""
    job = json.loads(Path(path).read_text())
    known = KnownHosts()
    seen = asyncio.run(all_visited(job, known))
    errors = [error for _, error in seen if error]
    result = {"done": len(seen) - len(errors), "errors": errors[:3], "each_s": [s for s, e in seen if not e]}
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1])
