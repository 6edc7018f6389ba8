"""Be another administrator, at another terminal of the same device.

What they type goes through the same commands as anybody's, and takes effect at once; it does
not stand in the transcript, which holds what came over SSH.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_devices.shell import Shell
from mock_devices.shell_state import Mode, ShellState
from mock_devices.state import DeviceState

_CONSOLE = "192.0.2.77"


class Colleague:
    """One person with one name; made by `MockDevice.colleague`."""

    def __init__(self, state: DeviceState, name: str, run: Callable[[Callable[[], Any]], Any]) -> None:
        self._state = state
        self._name = name
        self._run = run

    def types(self, *lines: str) -> None:
        """Type lines in configuration mode.

        Raises:
            ValueError: The device did not take one of them.
        """
        self._run(lambda: self._type("config", lines))

    def commands(self, *lines: str) -> None:
        """Type lines in privileged mode, as `license smart renew auth`; raises as `types` does."""
        self._run(lambda: self._type("privileged", lines))

    def saves(self) -> None:
        """Type `write memory`; a backup job that does is a colleague too."""
        self.commands("write memory")

    def _type(self, mode: Mode, lines: tuple[str, ...]) -> None:
        at = ShellState(self._state, 0, self._name, _CONSOLE, author=self._name)
        at.mode, at.context = mode, None
        shell = Shell(at)
        for line in lines:
            answer = shell.run(line)
            if answer.ask is not None or any("ERROR" in said for said in answer.lines):
                said = "\n".join(answer.lines) or "a question"
                raise ValueError(f"{self._state.name}: {self._name} typed {line!r} and got {said!r}")
            if answer.then is not None:
                answer.then()
