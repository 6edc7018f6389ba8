"""What a user gives a flow: which files, where runs are kept, how a push goes about it, what is done beside.

Values only, so that a command line that declares its options by them brings nothing else.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asa_transport.files.inventory import folder_of

EXCEPTIONS_NAME: Final = "exceptions.yaml"
WAIVERS_NAME: Final = "waivers.yaml"


class EngineKind(enum.StrEnum):
    """Who reads the devices: this process, or workers in the regions that a broker reaches."""

    LOCAL = "local"
    CELERY = "celery"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerOptions:
    """Where the broker is, as the user said it; `None` where it was not.

    Attributes:
        url: May hold a password; never shown.
        authority: A file of the authorities that its certificate may be of.
    """

    url: str | None = None
    authority: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """Who reads the devices, as the user said it; the broker as in `BrokerOptions`."""

    kind: EngineKind = EngineKind.LOCAL
    url: str | None = None
    authority: Path | None = None

    @property
    def broker(self) -> BrokerOptions:
        """Where the broker is."""
        return BrokerOptions(url=self.url, authority=self.authority)


class LogFormat(enum.StrEnum):
    """How a record is written: `key=value` pairs (logfmt), or one JSON object."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Which files the user named; `None` where none was."""

    policy: Path | None = None
    bugs: Path | None = None
    exceptions: Path | None = None
    waivers: Path | None = None


def exceptions_path(inventory: Path, given: Path | None) -> Path:
    """Return the exceptions file: as given, else the one beside the inventory, which may not be there yet."""
    return given if given is not None else folder_of(inventory) / EXCEPTIONS_NAME


def waivers_path(inventory: Path, given: Path | None) -> Path:
    """Return the waivers file: as given, else the one beside the inventory, which may not be there yet."""
    return given if given is not None else folder_of(inventory) / WAIVERS_NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class StateLocation:
    """Where runs are kept, as the user said it; `None` where it was not.

    Attributes:
        limit_s: Seconds for each question to the store, the whole of it; years of nights are
            answered within some.
    """

    state_dir: Path | None = None
    store: str | None = None
    limit_s: float = 60.0

    @property
    def directory(self) -> Path:
        """The state directory."""
        # It brings what writes those files.
        from asa_transport.edges.state.run_folder import state_directory  # noqa: PLC0415

        return state_directory(self.state_dir)

    @property
    def place(self) -> str:
        """This machine and the state directory, as `StoredRun.place` has them."""
        # Only here: every help declares its options by this module.
        import socket  # noqa: PLC0415

        return f"{socket.gethostname()}:{self.directory.resolve()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How a push that sends goes about it; `None` leaves it to the policy.

    Attributes:
        yes: Nobody is asked before the waves; removes the question, never a check.
        contact_timeout: Seconds for which a licence contact is awaited.
        reconnect_timeout: Seconds in which a device whose session was lost has to answer again.
        max_fail: How many devices may fail, as `N` or `P%`, in place of the policy's number and percentage.
        pause_between: Seconds between two waves.
        sign_key: The SSH key that signs the journal; `None` for no signature.
    """

    yes: bool = False
    contact_timeout: float | None = None
    reconnect_timeout: float = 60.0
    max_fail: str | None = None
    pause_between: float = 0.0
    sign_key: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTelling:
    """Who is told of a plan or a push beside the person at the terminal; `None` for what was not asked."""

    log_format: LogFormat | None = None
    log_file: Path | None = None
    notify: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnattendedOptions:
    """What an unattended audit does beside its report, as the user asked; `None` for what was not."""

    metrics: Path | None = None
    log_format: LogFormat | None = None
    log_file: Path | None = None
    notify: Path | None = None
