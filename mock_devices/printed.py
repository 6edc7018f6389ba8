"""Say what the firewalls of a scenario print to a command, without a network: to compare them with others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mock_devices.clock import VirtualClock
from mock_devices.fleet import states_of
from mock_devices.scenario import Scenario
from mock_devices.shell import Shell
from mock_devices.shell_state import ShellState


def printed(scenario: Scenario, commands: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield device, command and answer, at the privileged prompt of the system space."""
    states = states_of(scenario, VirtualClock(scenario.clock, scenario.speed))
    asked = tuple(commands)
    for name, state in states.items():
        shell = Shell(ShellState(state, 1, state.spec.login.username, "192.0.2.17"))
        if state.spec.threat_defense is None:
            shell.state.mode, shell.state.context = "privileged", None
        for command in asked:
            yield name, command, "".join(f"{line}\n" for line in shell.run(command).lines)
