"""A tiny SSH client for the mock's own tests: it sends keys and waits for text."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import paramiko
import pytest

from mock_devices import MockDevice, MockFleet, Scenario

PASSWORD = "mock-Login-1"
ENABLE = "mock-Enable-1"
# Far above what loopback needs; a test that reaches it has failed.
LIMIT_S = 15.0
PROMPT = r"\r[\w./-]+(\([\w-]+\))?[>#] $"


class Client:
    """One interactive SSH session."""

    def __init__(self, device: MockDevice, *, password: str = PASSWORD, timeout: float = LIMIT_S) -> None:
        self.ssh = paramiko.SSHClient()
        self.ssh.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        self.ssh.connect(
            device.host,
            port=device.port,
            username=device.spec.login.username,
            password=password,
            look_for_keys=False,
            allow_agent=False,
            timeout=timeout,
            banner_timeout=timeout,
            auth_timeout=timeout,
            channel_timeout=timeout,
        )
        self.channel = self.ssh.invoke_shell(width=511)
        self.channel.settimeout(LIMIT_S)
        self.seen = ""

    def until(self, pattern: str = PROMPT) -> str:
        """Read until ``pattern`` is found; return what was read."""
        deadline = time.monotonic() + LIMIT_S
        self.seen = ""
        while not re.search(pattern, self.seen):
            data = self.channel.recv(65536)
            assert data, f"the device closed the session after {self.seen!r}"
            self.seen += data.decode("utf-8", "replace")
            assert time.monotonic() < deadline, f"no {pattern!r} in {self.seen!r}"
        return self.seen

    def key(self, text: str, pattern: str = PROMPT) -> str:
        """Send characters as they are and wait."""
        self.channel.send(text.encode())
        return self.until(pattern)

    def run(self, line: str, pattern: str = PROMPT) -> str:
        """Type a line; return the answer without echo and prompt, lines ending in a bare newline."""
        shown = self.key(line + "\n", pattern)
        body = shown.split("\r\n", 1)[1] if "\r\n" in shown else shown
        return re.sub(PROMPT, "", body).replace("\r\n", "\n")

    def enable(self) -> Client:
        """Reach `#` with the pager off."""
        self.until()
        self.run("enable", "Password: $")
        self.run(ENABLE)
        self.run("terminal pager 0")
        return self

    def is_closed(self) -> bool:
        """Read to the end; whether the device closed the session."""
        try:
            while self.channel.recv(65536):
                pass
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Hang up."""
        self.ssh.close()


Connect = Callable[..., Client]
Serve = Callable[..., MockFleet]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve devices given as keyword maps: `serve({"name": "fw-1", ...}, clock=...)`."""
    running: list[MockFleet] = []

    def start(*devices: dict[str, Any], **scenario: Any) -> MockFleet:
        listed = [{"name": f"fw-{number}", **one} for number, one in enumerate(devices or ({},), start=1)]
        fleet = MockFleet.serve(Scenario.model_validate({"devices": listed, **scenario}))
        running.append(fleet.__enter__())
        return fleet

    yield start
    for fleet in running:
        fleet.__exit__(None, None, None)


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Open sessions that are closed at the end of the test."""
    clients: list[Client] = []

    def open_one(device: MockDevice, **options: Any) -> Client:
        client = Client(device, **options)
        clients.append(client)
        return client

    yield open_one
    for client in clients:
        client.close()
