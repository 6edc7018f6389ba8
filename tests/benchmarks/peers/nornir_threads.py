"""Nornir with nornir-netmiko, as their manuals show it; strict host keys."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

from nornir import InitNornir
from nornir.core.task import Result, Task
from nornir_netmiko.tasks import netmiko_send_command


def visit(task: Task, commands: list[str]) -> Result:
    """Run the commands on one host."""
    answers = {command: task.run(netmiko_send_command, command_string=command).result for command in commands}
    if "Version" not in answers["show version"]:
        raise ValueError("show version: not an answer")
    task.host.close_connection("netmiko")
    return Result(host=task.host)


def inventory(job: dict[str, Any], directory: Path) -> dict[str, str]:
    """Write its inventory files; JSON is YAML."""
    options = {
        "secret": job["enable"],
        "ssh_strict": True,
        "alt_host_keys": True,
        "alt_key_file": job["known_hosts"],
        # Its own limit of 10 s covers the key exchange too, which waits for other threads'.
        "conn_timeout": job["limit_s"],
        "banner_timeout": job["limit_s"],
        "auth_timeout": job["limit_s"],
    }
    defaults = {
        "username": job["username"],
        "password": job["password"],
        "platform": "cisco_asa",
        "connection_options": {"netmiko": {"extras": options}},
    }
    hosts = {d["name"]: {"hostname": d["host"], "port": d["port"]} for d in job["devices"]}
    files = {"host_file": hosts, "group_file": {"firewalls": {}}, "defaults_file": defaults}
    for name, content in files.items():
        (directory / f"{name}.yaml").write_text(json.dumps(content))
    return {name: str(directory / f"{name}.yaml") for name in files}


def main(path: str) -> None:
    """Visit them all."""
    job = json.loads(Path(path).read_text())
    nornir = InitNornir(
        runner={"plugin": "threaded", "options": {"num_workers": job["workers"]}},
        inventory={"plugin": "SimpleInventory", "options": inventory(job, Path(path).parent)},
        logging={"enabled": False},
    )
    logging.disable(logging.CRITICAL)
    results = nornir.run(visit, commands=job["commands"])
    errors = [str(results[name][0].exception) for name in results.failed_hosts]
    print(json.dumps({"done": len(results) - len(errors), "errors": errors[:3]}))


if __name__ == "__main__":
    main(sys.argv[1])
