"""Keep one command table per mode; the other modules of this package fill them."""

from __future__ import annotations

from mock_devices.command_table import Table
from mock_devices.shell_state import ShellState
from mock_devices.state import DeviceState

THREAT_DEFENSE = Table()
USER = Table()
EXEC = Table()
CONFIG = Table()
SMART = Table()
CALL_HOME = Table()
PROFILE = Table()


def smart_here(device: DeviceState, shell: ShellState) -> bool:
    """Whether licence configuration exists at this prompt (unproven: system space only)."""
    there = device.spec.quirks.license_commands == "there"
    return there and device.has_smart_commands and shell.in_system


def multiple(device: DeviceState, shell: ShellState) -> bool:
    """Whether `changeto` may be used here: not from a user context that was logged in to."""
    return device.multiple and shell.came_from_admin


def paired(device: DeviceState, shell: ShellState) -> bool:
    """Whether the device has a failover mate."""
    del shell
    return device.mate is not None
