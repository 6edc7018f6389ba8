"""To the system execution space and back to the context that a session landed in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from asa_transport.flows.audit_device import to_system
from asa_transport.model import CommandOutput, SshFacts


class Landed:
    """A session that lands at one prompt and has another in the system execution space."""

    def __init__(self, prompt: str, system: str) -> None:
        self.prompt = prompt
        self._system = system

    @property
    def ssh(self) -> SshFacts | None:
        return None

    def run(self, command: str) -> CommandOutput:
        self.prompt = self._system
        at = datetime(2026, 3, 10, tzinfo=UTC)
        return CommandOutput(command=command, text="", prompt=self.prompt, started_at=at, duration_s=0.0)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("landed", "system", "context"),
    [
        ("fw-a/admin#", "fw-a#", "admin"),
        ("fw-a/pri/act/admin#", "fw-a/pri/act#", "admin"),
        ("fw-a/admin/pri/act#", "fw-a/pri/stby#", "admin"),
        ("fw-a/data/pri/act#", "fw-a/pri/act#", "data"),
        ("fw-a/pri/act#", "fw-a/pri/act#", None),
        # The pair changed its roles meanwhile: `act` is no context to go back to.
        ("fw-a/pri/act#", "fw-a/pri/stby#", None),
    ],
)
def test_the_context_to_go_back_to_is_a_name_and_no_role(
    landed: str, system: str, context: str | None
) -> None:
    """`changeto context act` is typed at a firewall that has no such context."""
    assert to_system(Landed(landed, system)) == context
