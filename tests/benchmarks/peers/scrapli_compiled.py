"""scrapli of 2026: its compiled core, its ssh2 transport, its own ASA definition; strict host keys."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Any

from scrapli import AuthOptions, Cli, SessionOptions
from scrapli.auth import LookupKeyValue
from scrapli.transport import Ssh2Options


async def visited(job: dict[str, Any], device: dict[str, Any], place: asyncio.Semaphore) -> str | None:
    """Return what went wrong, if anything did."""
    async with place:
        try:
            async with Cli(
                host=device["host"],
                port=device["port"],
                definition_file_or_name="cisco_asa",
                auth_options=AuthOptions(
                    username=job["username"],
                    password=job["password"],
                    lookups=[LookupKeyValue(key="enable", value=job["enable"])],
                ),
                session_options=SessionOptions(operation_timeout_s=int(job["limit_s"])),
                transport_options=Ssh2Options(known_hosts_path=job["known_hosts"]),
            ) as connection:
                answers = {
                    command: (await connection.send_input_async(input_=command)).result
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
