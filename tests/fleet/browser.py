"""Headless Chromium on a pipe of its own: opens a page, asks it, pictures it, notes what it complained of.

The DevTools protocol goes over two inherited file descriptors (`--remote-debugging-pipe`), so no
port is opened and nothing is polled; messages are JSON, each ended by a zero byte.  Every wait
is for an event of the browser.

Source: chromedevtools.github.io/devtools-protocol (Page, Runtime, Network, Log, Emulation).
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    # The browser asks its maker for the time and for updates whatever it is told; here it finds nobody.
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
# Descriptors above those that the shell moves them to.
_ABOVE = 10
_CHUNK = 1 << 16


class Browser:
    """One page of one browser; what it said is kept in the order of its events."""

    def __init__(self, commands: int, answers: int) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._commands, self._answers = commands, answers
        self._rest, self._number = b"", 0
        self._events: list[str] = []
        self._has_script = True
        target = self._ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        attached = self._ask("Target.attachToTarget", {"targetId": target, "flatten": True})
        self._session: str | None = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._ask(f"{domain}.enable", {})

    _session: str | None = None

    def media(self, *, width: int, scheme: str = "light", height: int = 900, medium: str = "") -> None:
        """Show what follows in a window of this width, in this colour scheme, on screen or on paper."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._ask("Emulation.setDeviceMetricsOverride", metrics)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._ask("Emulation.setEmulatedMedia", {"media": medium, "features": [feature]})

    def without_script(self) -> None:
        """Open what follows as a browser does in which scripts are turned off."""
        self._ask("Emulation.setScriptExecutionDisabled", {"value": True})
        self._has_script = False

    def open(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        self._events.clear()
        self._ask("Page.navigate", {"url": path.as_uri()})
        while "Page.loadEventFired" not in self._events:
            self._read()
        # What the page says of its own policy comes after the load; a frame painted is after that.
        self._painted()

    def value(self, expression: str) -> Any:
        """Return what an expression gives, waiting for a promise."""
        given = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        answer = self._ask("Runtime.evaluate", given)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Press and release one key, as a person without a mouse does."""
        codes = {"Tab": 9, "Enter": 13}
        text = "\r" if key == "Enter" else ""
        for kind in ("keyDown", "keyUp"):
            event = {"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
            self._ask("Input.dispatchKeyEvent", {**event, **({"text": text} if text else {})})

    def roles(self) -> dict[str, int]:
        """Return how many of each role a screen reader is told of."""
        counts: dict[str, int] = {}
        for node in self._ask("Accessibility.getFullAXTree", {})["nodes"]:
            role = node.get("role", {}).get("value", "")
            counts[role] = counts.get(role, 0) + 1
        return counts

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Save what is seen, or the whole page, as a PNG file."""
        self._painted()
        answer = self._ask("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": whole})
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(answer["data"]))

    def printed(self, path: Path) -> None:
        """Save the page as it would be printed."""
        answer = self._ask("Page.printToPDF", {"printBackground": False})
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(answer["data"]))

    def _painted(self) -> None:
        """Wait until what came into sight is laid out and drawn; a page without script cannot tell."""
        if self._has_script:
            frame = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))"
            self.value(frame)

    def _ask(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._commands, data) :]
        while True:
            answer = self._read()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result

    def _read(self) -> dict[str, Any]:
        """Return the next message, an event's notes taken."""
        while b"\0" not in self._rest:
            data = os.read(self._answers, _CHUNK)
            assert data, "the browser ended"
            self._rest += data
        raw, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        if "method" in message:
            self._note(message["method"], message["params"])
        return message

    def _note(self, method: str, parameters: dict[str, Any]) -> None:
        self._events.append(method)
        match method:
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" | "Log.entryAdded":
                self.complaints.append(json.dumps(parameters))
            case "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])


@contextmanager
def browser(directory: Path, *flags: str) -> Iterator[Browser]:
    """Give a browser with a profile of its own in this directory, and end it."""
    theirs_in, commands = _pipe()
    answers, theirs_out = _pipe()
    argv = [
        str(CHROMIUM),
        *QUIET,
        *flags,
        "--hide-scrollbars",
        "--remote-debugging-pipe",
        f"--user-data-dir={directory / 'profile'}",
        "about:blank",
    ]
    # The browser reads its descriptor 3 and writes its descriptor 4.
    process = subprocess.Popen(
        ["bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "bash", *argv],
        pass_fds=(theirs_in, theirs_out),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Browser(commands, answers)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(commands)
        os.close(answers)


def _pipe() -> tuple[int, int]:
    ends = os.pipe()
    above = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _ABOVE) for end in ends)
    for end in ends:
        os.close(end)
    return above[0], above[1]
