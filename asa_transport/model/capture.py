"""What one session read from one device, untouched.

Source: docs/architecture.md, "One device, end to end".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from asa_transport.model.ssh import SshFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOutput:
    """What a device answered to one command.

    Attributes:
        text: The answer between the echo and the next prompt, untouched but for
            the line ends (`\\n`); control characters are kept.
        prompt: The prompt that followed, which names mode, role and context.
        duration_s: Seconds from the first byte sent to the prompt.
    """

    command: str
    text: str
    prompt: str
    started_at: datetime
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """All that one session read from one device, in the order it was read.

    Attributes:
        ssh: What the session agreed on; `None` where nobody knows, as with what somebody else saved.
    """

    device: str
    started_at: datetime
    finished_at: datetime
    outputs: tuple[CommandOutput, ...]
    ssh: SshFacts | None = None

    def output(self, command: str) -> CommandOutput | None:
        """Return the last answer to exactly this command, or `None` where it was not asked."""
        for output in reversed(self.outputs):
            if output.command == command:
                return output
        return None
