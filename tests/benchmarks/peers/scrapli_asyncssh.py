"""scrapli's generic driver (it has none for ASA) on asyncssh; strict host keys."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Any

from scrapli.driver.generic import AsyncGenericDriver

_WIDTH = 60


async def visited(job: dict[str, Any], device: dict[str, Any], place: asyncio.Semaphore) -> str | None:
    """Return what went wrong, if anything did."""
    async with place:
        try:
            async with AsyncGenericDriver(
                host=device["host"],
                port=device["port"],
                transport="asyncssh",
                auth_username=job["username"],
                auth_password=job["password"],
                auth_strict_key=True,
                # It looks keys up by address, without the port.
                ssh_known_hosts_file=job["known_addresses"],
                comms_prompt_pattern=r"^[\w./-]{1,60}[>#] ?$",
                timeout_socket=job["limit_s"],
                timeout_transport=job["limit_s"],
                timeout_ops=job["limit_s"],
            ) as connection:
                await connection.send_interactive(
                    [("enable", "Password:", False), (job["enable"], "#", True)]
                )
                await connection.send_command("terminal pager 0")
                answers = {
                    # A line longer than the terminal comes back redrawn: scrapli waits in vain for its echo.
                    command: (
                        await connection.send_command(command, eager_input=len(command) > _WIDTH)
                    ).result
                    for command in job["commands"]
                }
        except Exception as error:  # noqa: BLE001 - a failed device is counted, not raised
            return f"{type(error).__name__}: {error}"
    return None if "Version" in answers["show version"] else "show version: not an answer"


async def main(path: str) -> None:
    """Visit them all."""
    job = json.loads(Path(path).read_text())
    logging.disable(logging.CRITICAL)
    place = asyncio.Semaphore(job["workers"])
    seen = await asyncio.gather(*(visited(job, device, place) for device in job["devices"]))
    errors = [error for error in seen if error]
    print(json.dumps({"done": len(seen) - len(errors), "errors": errors[:3]}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
