"""A person's hands in the tests of plans: types lines on a mock firewall over real SSH."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mock_devices import MockDevice
from tests.mock.conftest import PROMPT, Client
from tests.support import QUICK, Ended, cli

QUESTION = r"later: $"


@contextlib.contextmanager
def at(device: MockDevice) -> Iterator[Client]:
    """Give a privileged session, in the system space where there is one."""
    client = Client(device)
    try:
        if device.spec.login.landing == "privileged":
            client.until()
            client.run("terminal pager 0")
        else:
            client.enable()
        if device.spec.contexts is not None:
            client.run("changeto system")
        yield client
    finally:
        client.close()


def type_lines(device: MockDevice, lines: Sequence[str]) -> None:
    """Type these lines in configuration mode; each must be taken without a word."""
    with at(device) as client:
        shown = client.key("configure terminal\n", f"{QUESTION}|{PROMPT}")
        if shown.endswith("later: "):
            client.key("A\n")
        for line in lines:
            assert client.run(line) == "", (device.name, line)
        client.run("end")


def license_block(device: MockDevice) -> str:
    """Return `show running-config license`, byte for byte."""
    with at(device) as client:
        return client.run("show running-config license")


def run(directory: Path, *arguments: str | Path) -> Ended:
    """Run a command with the inventory of a directory and short limits."""
    command, *rest = arguments
    state = ("--state-dir", directory / "state")
    return cli(command, "-i", directory / "inventory.yaml", *state, *QUICK, *rest)


def smart(name: str, **more: Any) -> dict[str, Any]:
    """A device that is on smart and should be."""
    return {"name": name, "version": "9.22(2)14", **more}


def callhome(name: str, **more: Any) -> dict[str, Any]:
    """A device that is on callhome and should be on smart."""
    config = {"transport": "callhome", **more.pop("license_config", {})}
    return {"name": name, "version": "9.22(2)14", "license_config": config, **more}
