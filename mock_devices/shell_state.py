"""Hold where one login stands: its mode, its context, its pager.

Below the command table, so that a command can say where it leaves the login without knowing
how a typed line is read (`shell.py`).
"""

from __future__ import annotations

from typing import Literal

from mock_devices.state import DeviceState

Mode = Literal[
    "threat-defense",
    "user",
    "privileged",
    "config",
    "config-smart-lic",
    "config-call-home",
    "config-call-home-profile",
]

_SUFFIX: dict[Mode, str] = {
    "threat-defense": ">",
    "user": ">",
    "privileged": "#",
    "config": "(config)#",
    "config-smart-lic": "(config-smart-lic)#",
    "config-call-home": "(cfg-call-home)#",
    "config-call-home-profile": "(cfg-call-home-profile)#",
}


class ShellState:
    """What the commands of one login read and change."""

    def __init__(
        self,
        device: DeviceState,
        session_id: int,
        username: str,
        peer: str,
        *,
        author: str | None = None,
    ) -> None:
        self.device = device
        self._author = author
        self.session_id = session_id
        self.username = username
        self.peer = peer
        self.pager = device.config.pager
        self.tries = 0
        landing = device.spec.login.landing
        self.mode: Mode = "privileged" if landing == "privileged" else "user"
        if device.spec.threat_defense is not None:
            self.mode = "threat-defense"
        contexts = device.spec.contexts
        # None is the system space; single mode has no context at all.
        self.context: str | None = (contexts.landing or contexts.admin) if contexts else None
        self.came_from_admin = contexts is None or self.context == contexts.admin
        self.profile: str | None = None

    @property
    def author(self) -> str:
        """Who the configuration says changed it."""
        if self._author is not None:
            return self._author
        return self.username if self.device.spec.login.landing == "privileged" else "enable_15"

    @property
    def prompt(self) -> str:
        """The prompt without its trailing blank."""
        if self.mode == "threat-defense":
            return _SUFFIX[self.mode]
        return self.device.prompt_name(self.context) + _SUFFIX[self.mode]

    @property
    def in_system(self) -> bool:
        """Whether licence commands exist here: single mode, or the system space (unproven)."""
        return not self.device.multiple or self.context is None
