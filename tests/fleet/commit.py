"""What the tests of a committed push share: a fleet on callhome, its plan, and the push itself."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mock_devices import MockDevice, MockFleet
from tests.fleet.hands import callhome, run
from tests.support import PROGRAM, QUICK, Ended
from tests.warm import Forked, forked

# A contact a moment after it was asked for; nothing on loopback takes longer.
SOON = {"latency": {"contact_s": 0.0}}
POLICY = "contact_poll: 0.1 s\ncontact_timeout: 20 s\n"
LINES = ["license smart", " transport type smart"]
FRAME = ["configure terminal", *LINES, "end"]


def reverted(name: str, **more: Any) -> dict[str, Any]:
    """A firewall that was reverted to callhome in an outage that is over."""
    return callhome(name, **{**SOON, **more})


def planned(fleet: MockFleet, directory: Path, policy: str = POLICY) -> Path:
    """Write the fleet's files and a plan for it; forget what was typed for that."""
    fleet.write(directory)
    (directory / "policy.yaml").write_text(policy)
    ended = run(directory, "plan", "-o", directory / "plan.json")
    assert ended.code == 0, ended.err
    fleet.reset_transcripts()
    return directory / "plan.json"


def commit(directory: Path, *arguments: str | Path) -> Ended:
    """Push the plan of a directory, without questions."""
    plan = directory / "plan.json"
    return run(directory, "push", plan, "--commit", "--yes", "--format", "json", *arguments)


def outcomes(ended: Ended) -> dict[str, str]:
    """Return the outcome's word of each device."""
    return {device["name"]: device["outcome"] for device in ended.document["devices"]}


def configured(device: MockDevice) -> list[str]:
    """Return every line that was typed in configuration mode, or that led there, renewed or saved."""
    frame = {"configure terminal", "write memory", "license smart renew auth"}
    return [
        line.text
        for line in device.transcript
        if not line.key and (line.text in frame or line.mode.startswith("config"))
    ]


def is_untouched(device: MockDevice) -> bool:
    """Return whether nothing was typed in configuration mode, and nothing has changed."""
    return (
        configured(device) == []
        and device.config_changes == 0
        and device.running_config() == device.running_config_at_start
    )


def started(
    directory: Path, *arguments: str | Path, through: Sequence[str] = ()
) -> subprocess.Popen[str] | Forked:
    """Start the program on the plan of a directory, and return at once.

    Args:
        through: The words of a program that starts it, `nohup` for one.
    """
    state = ("--state-dir", directory / "state")
    inventory = ("-i", directory / "inventory.yaml")
    words = ("push", directory / "plan.json", *inventory, *state, *QUICK, "--commit", "--yes")
    given = [str(word) for word in (*words, "--format", "json", *arguments)]
    if not through:
        return forked(PROGRAM, *given)
    return subprocess.Popen(
        [*through, str(PROGRAM), *given],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
