"""Name everything that can go wrong on purpose, and when.

A fault has a trigger (a stage of the connection, or a command) and an action.
Faults are data: the scenario holds them, tests add them while the fleet runs.

What a connection that breaks at a command may leave behind, by action:

- `drop`: the line came and never ran; nothing was echoed beyond it.
- `cut_line`: half of the line's echo came back, and the line never ran.
- `drop_after`: the line took effect; `after_bytes` of its answer came back, none by default.
- `hang` and `no_prompt`: as `drop` and `drop_after`, and the connection stays open, silent.
- `restart`: a reload `before` or `after` the line took effect; what was not saved is lost, and the
  mate of an active unit takes over.

And what does not break it: `error` (the text instead of an effect), `say` (the text beside the
effect, ahead of the answer), `chatter` (the text where `place` says: `ahead` of the echo, which takes
`delay_s` then, with the prompt printed again; `inside` the answer; `behind` the prompt, which is not
printed again), `switch_role` (the unit and its mate swap roles `before` the line
runs, so that it runs on a standby, or `after` it took effect).  The answer to a question is a
command too; a password is not.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class FaultTrigger(StrEnum):
    """The stage at which a fault is looked for."""

    CONNECT = "connect"
    BANNER = "banner"
    AUTH = "auth"
    LOGIN = "login"
    COMMAND = "command"


class FaultAction(StrEnum):
    """What happens when a fault fires."""

    DROP = "drop"
    HANG = "hang"
    SLOW = "slow"
    GARBAGE = "garbage"
    REFUSE = "refuse"
    BLACK_HOLE = "black_hole"
    REJECT_PASSWORD = "reject_password"
    CHANGED_HOST_KEY = "changed_host_key"
    UNKNOWN_HOST_KEY = "unknown_host_key"
    REVOKED_HOST_KEY = "revoked_host_key"
    # Its known_hosts has the EdDSA key of the release before 9.23, which has none.
    EDDSA_GONE = "eddsa_gone"
    ENDLESS = "endless"
    ERROR = "error"
    DROP_AFTER = "drop_after"
    NO_PROMPT = "no_prompt"
    FREEZE_AFTER_AUTH = "freeze_after_auth"
    CUT_LINE = "cut_line"
    SAY = "say"
    CHATTER = "chatter"
    SWITCH_ROLE = "switch_role"
    RESTART = "restart"


HOST_KEY_ACTIONS = frozenset(
    {
        FaultAction.CHANGED_HOST_KEY,
        FaultAction.UNKNOWN_HOST_KEY,
        FaultAction.REVOKED_HOST_KEY,
        FaultAction.EDDSA_GONE,
    }
)
# With these the line that was typed never takes effect.
WITHOUT_EFFECT = frozenset({FaultAction.DROP, FaultAction.HANG, FaultAction.CUT_LINE, FaultAction.ERROR})
_STAGE_OF = {
    FaultAction.REFUSE: FaultTrigger.CONNECT,
    FaultAction.BLACK_HOLE: FaultTrigger.CONNECT,
    FaultAction.CHANGED_HOST_KEY: FaultTrigger.CONNECT,
    FaultAction.UNKNOWN_HOST_KEY: FaultTrigger.CONNECT,
    FaultAction.REVOKED_HOST_KEY: FaultTrigger.CONNECT,
    FaultAction.EDDSA_GONE: FaultTrigger.CONNECT,
    FaultAction.REJECT_PASSWORD: FaultTrigger.AUTH,
    FaultAction.FREEZE_AFTER_AUTH: FaultTrigger.AUTH,
}


class Fault(BaseModel):
    """One deliberate failure.

    ``nth`` counts matching occasions from 1; the fault fires from the nth on,
    ``times`` times (None: every time).  ``match`` is a regular expression searched
    in the typed command, only for `on: command`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: FaultAction
    on: FaultTrigger = FaultTrigger.COMMAND
    match: str | None = None
    nth: int = Field(default=1, ge=1)
    times: int | None = Field(default=None, ge=1)
    delay_s: float = Field(default=0.0, ge=0)  # slow: before the answer; others: before the action
    per_line_s: float = Field(default=0.0, ge=0)  # slow: between lines of the answer
    per_byte_s: float = Field(default=0.0, ge=0)  # slow: between bytes of the answer
    after_bytes: int = Field(default=0, ge=0)  # drop_after, garbage: bytes of the true answer first
    text: str | None = None  # error: the answer; say: a part of it; garbage: the garbage; drop: last words
    moment: Literal["before", "after"] = "before"  # switch_role, restart: before or after the effect
    place: Literal["ahead", "inside", "behind"] = "inside"  # chatter: where it stands

    @field_validator("match")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                re.compile(value)
            except re.error as error:
                raise ValueError(f"{value!r} is not a regular expression: {error}") from error
        return value

    def chatters(self, place: Literal["ahead", "inside", "behind"]) -> bool:
        """Whether it is chatter that stands in this place."""
        return self.action is FaultAction.CHATTER and self.place == place

    @property
    def stage(self) -> FaultTrigger:
        """The stage it applies to; some actions make sense at one stage only."""
        return _STAGE_OF.get(self.action, self.on)


class FaultScript:
    """The faults of one device and how often each has matched and fired."""

    def __init__(self, faults: list[Fault]) -> None:
        self._entries: list[list[int]] = []
        self.faults: list[Fault] = []
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> None:
        """Append one; the first that fires wins."""
        self.faults.append(fault)
        self._entries.append([0, 0])

    def clear(self) -> None:
        """Forget all of them."""
        self.faults.clear()
        self._entries.clear()

    def fire(self, stage: FaultTrigger, command: str = "") -> Fault | None:
        """Count this occasion and return the fault that fires, or None."""
        fired: Fault | None = None
        for fault, counts in zip(self.faults, self._entries, strict=True):
            if fault.stage is not stage or fault.action in HOST_KEY_ACTIONS:
                continue
            if fault.match is not None and not re.search(fault.match, command):
                continue
            counts[0] += 1
            spent = fault.times is not None and counts[1] >= fault.times
            if fired is None and counts[0] >= fault.nth and not spent:
                counts[1] += 1
                fired = fault
        return fired

    def host_key_fault(self) -> FaultAction | None:
        """Return what the known_hosts file should say wrongly, or None."""
        return next((fault.action for fault in self.faults if fault.action in HOST_KEY_ACTIONS), None)

    def refuses_always(self) -> bool:
        """Whether the port is to be closed altogether."""
        return any(
            fault.action is FaultAction.REFUSE and fault.nth == 1 and fault.times is None
            for fault in self.faults
        )
