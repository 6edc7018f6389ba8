"""asyncssh by hand: the least that a Python client can do; strict host keys, parsed once."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

import asyncssh

PROMPT = re.compile(r"\r[\w./-]+[>#] $")


async def visited(
    job: dict[str, Any], device: dict[str, Any], known: Any, place: asyncio.Semaphore
) -> str | None:
    """Return what went wrong, if anything did."""
    async with place:
        try:
            async with asyncio.timeout(job["limit_s"]):
                answers = await asked(job, device, known)
        except Exception as error:  # noqa: BLE001 - a failed device is counted, not raised
            return f"{type(error).__name__}: {error}"
    return None if "Version" in answers["show version"] else "show version: not an answer"


async def asked(job: dict[str, Any], device: dict[str, Any], known: Any) -> dict[str, str]:
    """Log in and return the answers."""
    async with asyncssh.connect(
        device["host"],
        device["port"],
        username=job["username"],
        password=job["password"],
        known_hosts=known,
        client_keys=None,
        agent_path=None,
        preferred_auth="password",
        config=None,
        **({"encryption_algs": job["ciphers"]} if "ciphers" in job else {}),
    ) as connection:
        process = await connection.create_process(term_type="vt100", term_size=(511, 1000))

        async def until(end: re.Pattern[str] | str) -> str:
            return str(await process.stdout.readuntil(end))

        await until(PROMPT)
        process.stdin.write("enable\n")
        await until("Password: ")
        process.stdin.write(job["enable"] + "\n")
        await until(PROMPT)
        answers = {}
        for command in ("terminal pager 0", *job["commands"]):
            process.stdin.write(command + "\n")
            answers[command] = await until(PROMPT)
        return answers


async def main(path: str, ciphers: str = "") -> None:
    """Visit them all; `ciphers` in the place of asyncssh's own order."""
    job = json.loads(Path(path).read_text())
    if ciphers:
        job["ciphers"] = ciphers.split(",")
    known = asyncssh.read_known_hosts(job["known_hosts"])
    place = asyncio.Semaphore(job["workers"])
    seen = await asyncio.gather(*(visited(job, device, known, place) for device in job["devices"]))
    errors = [error for error in seen if error]
    print(json.dumps({"done": len(seen) - len(errors), "errors": errors[:3]}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
