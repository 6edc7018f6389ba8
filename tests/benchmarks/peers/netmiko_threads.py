"""netmiko as its manual shows it, in a pool of threads; strict host keys."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from netmiko import ConnectHandler


def visited(job: dict[str, Any], device: dict[str, Any]) -> str | None:
    """Return what went wrong, if anything did."""
    try:
        with ConnectHandler(
            device_type="cisco_asa",
            host=device["host"],
            port=device["port"],
            username=job["username"],
            password=job["password"],
            secret=job["enable"],
            ssh_strict=True,
            alt_host_keys=True,
            alt_key_file=job["known_hosts"],
            # Its own limit of 10 s covers the key exchange too, which waits for other threads'.
            conn_timeout=job["limit_s"],
            banner_timeout=job["limit_s"],
            auth_timeout=job["limit_s"],
        ) as connection:
            answers = {command: connection.send_command(command) for command in job["commands"]}
    except Exception as error:  # noqa: BLE001 - a failed device is counted, not raised
        return f"{type(error).__name__}: {error}"
    return None if "Version" in answers["show version"] else "show version: not an answer"


def main(path: str) -> None:
    """Visit them all."""
    job = json.loads(Path(path).read_text())
    with ThreadPoolExecutor(job["workers"]) as pool:
        errors = [e for e in pool.map(lambda device: visited(job, device), job["devices"]) if e]
    print(json.dumps({"done": len(job["devices"]) - len(errors), "errors": errors[:3]}))


if __name__ == "__main__":
    main(sys.argv[1])
