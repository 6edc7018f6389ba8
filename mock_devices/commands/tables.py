"""Keep one command table per mode; the other modules of this package fill them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_devices.cli import Table

if TYPE_CHECKING:
    from mock_devices.shell import Shell
    from mock_devices.state import DeviceState

THREAT_DEFENSE = Table()
USER = Table()
EXEC = Table()
CONFIG = Table()
SMART = Table()
CALL_HOME = Table()
PROFILE = Table()


def smart_here(device: DeviceState, shell: Shell) -> bool:
    """Whether licence configuration exists at this prompt (DOMAIN 7.6, uncited: system space only)."""
    return device.has_smart_commands and shell.in_system


def multiple(device: DeviceState, shell: Shell) -> bool:
    """Whether `changeto` may be used here: not from a user context that was logged in to."""
    return device.multiple and shell.came_from_admin


def paired(device: DeviceState, shell: Shell) -> bool:
    """Whether the device has a failover mate."""
    del shell
    return device.mate is not None
