"""Do what a typed line says: find its command, ask whether it may be used, filter the answer.

Knows modes and authorisation; where a login stands is in `shell_state.py`, the
commands themselves are in `commands/`, the bytes of the terminal in `terminal.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mock_devices import commands
from mock_devices.capture_names import key_of
from mock_devices.command_table import (
    Ambiguous,
    Answer,
    Call,
    Found,
    Incomplete,
    Invalid,
    Table,
    apply_filter,
    match,
    next_words,
    split_filter,
)
from mock_devices.outputs import misc, threat_defense
from mock_devices.shell_state import ShellState
from mock_devices.transcript import SECRET, TypedLine

# Of a captured firewall: what asks or changes something.  What enters and leaves a session is done as ever.
_CAPTURED = r"(?!en|exi|log|quit|dis|ter|changeto|\?)"


class Shell:
    """One login at work: it reads typed lines and answers them."""

    def __init__(self, state: ShellState) -> None:
        self.state = state
        self.device = state.device

    def tables(self) -> list[Table]:
        """Return the command tables to try, in order."""
        return commands.tables_of(self.state.mode)

    def note(self, text: str, prompt: str, *, secret: bool = False, key: bool = False) -> None:
        """Write down what the client typed."""
        self.device.transcript.append(
            TypedLine(
                at=self.device.now,
                session_id=self.state.session_id,
                mode=self.state.mode,
                prompt=prompt,
                text=SECRET if secret else text,
                key=key,
            )
        )

    def run(self, text: str) -> Answer:
        """Do what one typed line says."""
        stripped = text.strip()
        if not stripped or stripped.startswith("!"):
            return Answer()
        if self._denied(stripped):
            return Answer(lines=[misc.DENIED])
        command, filtered = stripped, None
        if re.match(r"(sh|sho|show|more)\b", stripped):
            command, filtered = split_filter(stripped)
        offset = len(self.state.prompt) + 1 + (len(text) - len(text.lstrip()))
        if self.device.spec.captured is not None and re.match(_CAPTURED, command):
            return self._captured(self.device.spec.captured, stripped, command, offset)
        answer = self._recognise(command, offset)
        for one in self.device.spec.quirks.rewrites:
            if command.startswith(one.command):
                answer.lines = re.sub(one.old, one.new, "\n".join(answer.lines), flags=re.MULTILINE).split(
                    "\n"
                )
        if filtered is not None:
            lines = answer.lines
            if self.device.spec.quirks.filter_hides_comments:
                lines = [line for line in lines if not line.startswith(":")]
            passed = apply_filter(lines, filtered)
            if passed is None:
                return Answer(lines=misc.caret(offset + stripped.index("|") + 2))
            answer.lines = passed
        return answer

    def _captured(self, answers: Mapping[str, str], text: str, command: str, offset: int) -> Answer:
        """Answer as was captured; what was not asked then is answered as what an ASA does not know."""
        found = match(self.tables(), command, self.device, self.state)
        whole = " ".join(found.words) if isinstance(found, Found) and not found.args else command
        for asked in (text, whole + text.removeprefix(command)):
            answer = answers.get(key_of(asked))
            if answer is not None:
                return Answer(lines=answer.removesuffix("\n").split("\n") if answer else [])
        return Answer(lines=misc.caret(offset + len(command) - len(command.rsplit(maxsplit=1)[-1])))

    def _recognise(self, command: str, offset: int) -> Answer:
        """Run one command, without its filter; ``offset`` is where it starts on the screen."""
        found = match(self.tables(), command, self.device, self.state)
        match found:
            case Invalid(column):
                return Answer(lines=misc.caret(offset + max(column, 0)))
            case Incomplete():
                return Answer(lines=[misc.INCOMPLETE])
            case Ambiguous():
                return Answer(lines=[f'{misc.AMBIGUOUS}"{command}"'])
            case Found():
                args = iter(found.args)
                whole = " ".join(next(args) if word.startswith("<") else word for word in found.words)
                if self._denied(whole):
                    return Answer(lines=[misc.DENIED])
                call = Call(device=self.device, shell=self.state, args=found.args, words=found.words)
                return found.command.handler(call)

    def _denied(self, command: str) -> bool:
        return any(re.search(pattern, command) for pattern in self.device.spec.deny)

    def help(self, text: str) -> list[str]:
        """Answer a `?`."""
        words = next_words(self.tables(), text.lstrip(), self.device, self.state)
        return [f"  {word}" for word in words] or ["ERROR: % Unrecognized command"]

    def login_lines(self) -> list[str]:
        """Return what is shown before the first prompt (recorded by oxidized)."""
        login = self.device.spec.login
        if self.device.spec.threat_defense is not None:
            return [*login.motd, *threat_defense.login_lines(self.device.spec)]
        lines = list(login.motd)
        if login.history_lines:
            zone = self.device.spec.clock.zone
            lines += [
                f"User {self.state.username} logged in to {self.device.config.hostname}",
                f"Logins over the last 91 days: 21.  Last login: "
                f"{misc.short_stamp(self.device.booted, zone)} from 192.0.2.17",
                "Failed logins since the last login: 0.  ",
            ]
        return [*lines, "Type help or '?' for a list of available commands."]
