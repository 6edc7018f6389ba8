"""Send the lines of one device's change: each in the journal before it leaves, each answer judged.

Guarantees that a line whose predecessor was objected to is never sent, and none once the lock on the
device was lost.  Knows nothing of
steps, plans or proof; those are in `push.py`.

Source: docs/push.md, "One device, step by step"; unicon.plugins (the question at the first
`configure terminal`); Cisco TAC document 225967 (mode prompts).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from asa_transport.asa.commands import ASK_LATER, CONFIGURE, END, RENEW, SAVE
from asa_transport.asa.replies import (
    Judged,
    Objected,
    Taken,
    is_reporting_question,
    is_saved,
    judged,
    judged_mode,
    judged_renewal,
    judged_role,
)
from asa_transport.capabilities import ConfigSession, Journal
from asa_transport.model import Answered, CommandOutput, LineSent
from asa_transport.text import quoted


def _held(device: str) -> None:
    """Take it for held: whoever has no lock asks for none."""
    del device


class PushSender:
    """Types on one device; what it says that a person should read is added to `warnings`."""

    def __init__(
        self,
        device: str,
        session: ConfigSession,
        journal: Journal,
        *,
        check_held: Callable[[str], None] = _held,
        warnings: list[str] | None = None,
    ) -> None:
        """Take `check_held`, which raises DeviceError where the device may not be written to any more."""
        self._device = device
        self._session = session
        self._journal = journal
        self._check_held = check_held
        self.warnings: list[str] = [] if warnings is None else warnings
        self.outputs: list[CommandOutput] = []

    def change(self, lines: Sequence[str]) -> Objected | None:
        """Enter configuration mode, send the lines in their order, leave; stop at the first objection.

        After an objection configuration mode is left by `leave`, once somebody knows what to do.

        Raises:
            CollectError: The session broke; any line that is in the journal may have taken effect.
        """
        return self._configure() or self._lines(lines) or self._objection(END, configuring=False)

    def renew(self) -> Objected | None:
        """Ask the licence agent for a contact now."""
        output = self._send(RENEW)
        return self._noted(output, self._moved(output) or judged_renewal(output.text))

    def save(self) -> Objected | None:
        """Save the running configuration; `None` where the device said `[OK]`, and is what it was."""
        output = self._send(SAVE)
        moved = self._moved(output)
        if moved is not None:
            return self._noted(output, moved)
        if is_saved(output.text):
            return self._noted(output, Taken())
        said = next((line for line in reversed(output.text.split("\n")) if line.strip()), "nothing")
        return self._noted(output, Objected(reason=f"'write memory' did not say [OK], but {quoted(said)}"))

    def leave(self) -> None:
        """Leave configuration mode if the prompt shows it; for the way back after an objection."""
        if "(" in self._session.prompt:
            self._noted(self._send(END), Taken())

    def _configure(self) -> Objected | None:
        output = self._send(CONFIGURE)
        if not output.prompt:
            if not is_reporting_question(output.text):
                return self._noted(output, Objected(reason=f"the device asked {quoted(output.text[-200:])}"))
            self._noted(output, Taken())
            answer = self._send(ASK_LATER)
            # A standby unit says so ahead of the question.
            moved = self._moved(answer, told=output.text)
            return self._noted(answer, moved or judged_mode(CONFIGURE, answer.prompt, configuring=True))
        return self._judged(output, configuring=True)

    def _lines(self, lines: Sequence[str]) -> Objected | None:
        for line in lines:
            objection = self._objection(line, configuring=True)
            if objection is not None:
                return objection
        return None

    def _objection(self, line: str, *, configuring: bool) -> Objected | None:
        return self._judged(self._send(line), configuring=configuring)

    def _judged(self, output: CommandOutput, *, configuring: bool) -> Objected | None:
        said = judged(output.command, output.text, before=self._before, after=output.prompt)
        if isinstance(said, Taken):
            self.warnings.extend(said.warnings)
            mode = judged_mode(output.command, output.prompt, configuring=configuring)
            return self._noted(output, mode)
        return self._noted(output, said)

    def _moved(self, output: CommandOutput, *, told: str = "") -> Objected | None:
        return judged_role(output.command, told + output.text, before=self._before, after=output.prompt)

    def _send(self, line: str) -> CommandOutput:
        # Before the journal: a line that stands there may have left.
        self._check_held(self._device)
        self._journal.note(LineSent(device=self._device, line=line))
        self._before = self._session.prompt
        output = self._session.send(line)
        self.outputs.append(output)
        return output

    def _noted(self, output: CommandOutput, verdict: Judged) -> Objected | None:
        objection = verdict if isinstance(verdict, Objected) else None
        self._journal.note(
            Answered(
                device=self._device,
                line=output.command,
                sha256=hashlib.sha256(output.text.encode("utf-8", "surrogateescape")).hexdigest(),
                prompt=output.prompt,
                verdict="taken" if objection is None else objection.reason,
            )
        )
        return objection
