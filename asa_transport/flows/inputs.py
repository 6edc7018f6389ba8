"""What a user gives a flow: which files, where runs are kept, what an unattended audit does beside.

Values only, so that a command line that declares its options by them brings nothing else.
"""

from __future__ import annotations

import enum
import socket
from dataclasses import dataclass
from pathlib import Path


class Shape(enum.StrEnum):
    """How the outcomes are printed."""

    TABLE = "table"
    JSON = "json"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where runs are kept, as the user said it; `None` where it was not."""

    state_dir: Path | None = None
    store: str | None = None

    @property
    def state(self) -> Path:
        """The state directory."""
        # It brings what writes those files.
        from asa_transport.edges.state.run_folder import state_directory  # noqa: PLC0415

        return state_directory(self.state_dir)

    @property
    def place(self) -> str:
        """This machine and the state directory, as `StoredRun.place` has them."""
        return f"{socket.gethostname()}:{self.state.resolve()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nightly:
    """What the user asked for."""

    metrics: Path | None = None
    log_format: LogFormat | None = None
    log_file: Path | None = None
    notify: Path | None = None
