"""Hold the command tables: one module per kind of command, one table per mode."""

from __future__ import annotations

from mock_devices.command_table import Table
from mock_devices.commands import configuration, exec_mode, licensing, show
from mock_devices.commands.tables import CALL_HOME, CONFIG, EXEC, PROFILE, SMART, THREAT_DEFENSE, USER

__all__ = ["configuration", "exec_mode", "licensing", "show", "tables_of"]

_TABLES: dict[str, list[Table]] = {
    "threat-defense": [THREAT_DEFENSE],
    "user": [USER],
    "privileged": [EXEC],
    "config": [CONFIG, EXEC],
    "config-smart-lic": [SMART, CONFIG, EXEC],
    "config-call-home": [CALL_HOME, CONFIG, EXEC],
    "config-call-home-profile": [PROFILE, CALL_HOME, CONFIG, EXEC],
}


def tables_of(mode: str) -> list[Table]:
    """Return the tables of a mode, the first that knows a command winning."""
    return _TABLES[mode]
