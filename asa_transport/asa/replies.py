"""Judge what a firewall said to one line of a change: go on, or stop and go back.

Pure.  Silence and `INFO:` go on, `WARNING:` goes on and is kept, anything else stops.  So
a message that nobody has thought of stops a push; it is never read as success.

Source: docs/push.md, "One device, step by step"; Netspoc-Approve's rules, proven in the field;
unicon.plugins (errors, standby, chatter, anonymous reporting).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from asa_transport.asa import chatter, terminal
from asa_transport.asa.chatter import Chatter
from asa_transport.text import printable, quoted

CONFIG_MODE: Final = "config"
_INFO: Final = re.compile(r"\s*INFO:")
_WARNING: Final = re.compile(r"\s*WARNING:")
_STANDBY: Final = re.compile(r"NOT performed from Standby|no longer synchronized", re.IGNORECASE)
# On an answer to a line, and below `% Invalid input` (operator knowledge).
_DENIED: Final = re.compile(r"authorization failed", re.IGNORECASE)
_INVALID: Final = re.compile(r"Invalid input|Incomplete command|Ambiguous command", re.IGNORECASE)
# `ERROR: % Invalid input detected at '^' marker.`, `ERROR: Command authorization failed`
# (also bare), `% Incomplete command`, `% Ambiguous command`, `ERROR: 'X' is not valid`.
_REFUSED: Final = re.compile(
    r"\s*(?:ERROR:|% ?(?:Invalid|Incomplete|Ambiguous|Unknown)|Command authorization failed)"
)
# The marker line stands between the echo and the error.
_MARKER: Final = re.compile(r"\s*\^\s*")
# Without a word of authorization: no such command.
_NO_COMMAND: Final = re.compile(r"\s*(?:ERROR: )?% ?Invalid input")
_OK: Final = "[OK]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The line was taken; `warnings` are what a person should read."""

    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Objected:
    """The device said something that is no success; `role_changed` where it is no longer the same unit."""

    reason: str
    role_changed: bool = False


Judged: TypeAlias = Taken | Objected


def judged(line: str, text: str, *, before: str, after: str) -> Judged:
    """Judge the answer to one line.

    Args:
        text: What stood between the echo and the next prompt.
        before: The prompt at which it was typed.
        after: The prompt that followed.
    """
    return judged_role(line, text, before=before, after=after) or _judged_text(line, text)


def judged_role(line: str, text: str, *, before: str, after: str) -> Objected | None:
    """Return an objection where the prompts, or the text, say that this unit is not what it was.

    Args: as `judged`.
    """
    moved = role_change(before, after)
    if moved is not None or any(chatter.kind(each) is Chatter.ROLE for each in _lines(text)):
        return Objected(
            reason=f"the unit changed its role while {line!r} was sent ({moved or 'it said so'})",
            role_changed=True,
        )
    if any(chatter.kind(each) is Chatter.SHUTDOWN for each in _lines(text)):
        return Objected(reason=f"while {line!r} was sent, the device announced that it is shutting down")
    if _STANDBY.search(text):
        return Objected(
            reason=f"after {line!r} the device said that this standby unit does not replicate changes",
            role_changed=True,
        )
    return None


def is_reporting_question(text: str) -> bool:
    """Return whether an answer ends in the question that "ask later" leaves open."""
    return terminal.asks_reporting(text.rstrip("\n"))


def is_refusal(line: str) -> bool:
    """Return whether a line says that a read command was not taken."""
    return _REFUSED.match(line) is not None


def is_marker(line: str) -> bool:
    """Return whether a line only points at the word that was not taken."""
    return _MARKER.fullmatch(line) is not None


def is_denial(line: str) -> bool:
    """Return whether a line says that this user may not send the command."""
    return _DENIED.search(line) is not None


def is_no_command(line: str) -> bool:
    """Return whether a refusal says that the device has no such command, and not that it is not permitted."""
    return _NO_COMMAND.match(line) is not None


def judged_mode(line: str, after: str, *, configuring: bool) -> Judged:
    """Judge the mode that the prompt shows after a line that enters, keeps or leaves configuration."""
    prompt = terminal.prompt_at_end(after)
    mode = prompt.mode if prompt is not None else ""
    # `config`, `config-smart-lic` (TAC document 225967); other submodes are `config-…` or `cfg-…`.
    is_there = mode.startswith((CONFIG_MODE, "cfg")) if configuring else not mode
    if is_there:
        return Taken()
    wanted = "a prompt of configuration mode" if configuring else "a prompt outside configuration mode"
    return Objected(reason=f"after {line!r}, {wanted} was expected, but {quoted(after)} came")


def judged_renewal(text: str) -> Judged:
    """Judge the answer to `license smart renew auth`; a good one's words are unproven (`renewal-answer`)."""
    said = _said(text)
    bad = next((e for e in said if e.lstrip().startswith(("ERROR", "%")) or _DENIED.search(e)), None)
    if bad is not None:
        return Objected(reason=f"'license smart renew auth' was refused: {quoted(bad)}")
    return Taken()


def is_saved(text: str) -> bool:
    """Return whether the last word of `write memory` was `[OK]`, alone on a line (Netspoc-Approve)."""
    said = [line.strip() for line in _said(text) if line.strip()]
    return bool(said) and said[-1] == _OK


def role_change(before: str, after: str) -> str | None:
    """Return how the role that the prompts show has changed; `None` where it has not, or is not shown."""
    was, now = _state(before), _state(after)
    return None if was == now else f"{was or 'none'} before, {now or 'none'} after"


def is_standby_prompt(prompt: str) -> bool:
    """Return whether the prompt names a role that takes no configuration: standby, or a data unit."""
    found = terminal.prompt_at_end(prompt)
    return found is not None and found.is_following


def _judged_text(line: str, text: str) -> Judged:
    said = _said(text)
    if any(map(_DENIED.search, said)):
        return Objected(reason=f"this user may not send {line!r}: command authorization failed")
    if any(map(_INVALID.search, said)):
        return Objected(reason=f"the device does not know {line!r}: {quoted(said[0])}")
    strange = next((each for each in said if not (_INFO.match(each) or _WARNING.match(each))), None)
    if strange is not None:
        return Objected(reason=f"to {line!r} the device answered {quoted(strange)}")
    return Taken(warnings=tuple(printable(each.strip()) for each in said if _WARNING.match(each)))


def _said(text: str) -> tuple[str, ...]:
    """Return the lines that are an answer: no blanks, no chatter of failover or syslog."""
    return tuple(line for line in _lines(text) if not terminal.is_chatter(line))


def _lines(text: str) -> Iterable[str]:
    return (terminal.render(line) for line in text.split("\n"))


def _state(prompt: str) -> str | None:
    found = terminal.prompt_at_end(prompt)
    return found.state if found is not None else None
