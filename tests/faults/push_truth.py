"""What must hold of every cell of the fault matrix: whole devices, and a true word about them."""

from __future__ import annotations

import itertools

from asa_transport.asa.commands import CONFIGURE
from tests.faults.push_matrix import Ran

LOOK = "show running-config license"


def faults_of(ran: Ran) -> list[str]:
    """Return what is wrong with the outcome of a cell; nothing, as it must be."""
    word = ran.end.outcome
    found: list[str] = []
    running, startup = set(ran.running), set(ran.startup)
    typed = [line for unit in ran.typed for line in unit]
    if word == "applied":
        _expect(found, running == {"after"}, f"applied, but the units run {ran.running}")
        if ran.end.saved:
            _expect(found, startup == {"after"}, f"saved, but the units would start {ran.startup}")
        else:
            is_said = "not confirmed" in (ran.end.reason or "")
            _expect(found, startup == {"before"} or is_said, f"not saved, but {ran.startup}")
    elif word == "rolled-back":
        _expect(found, running == {"before"}, f"rolled back, but the units run {ran.running}")
        _expect(found, startup == {"before"}, f"rolled back, but the units would start {ran.startup}")
    elif word in {"refused", "failed", "not-reached"}:
        _expect(found, CONFIGURE not in typed, f"{word}, but configuration mode was entered")
        _expect(found, running | startup == {"before"}, f"{word}, but {ran.running} {ran.startup}")
    elif word in {"unknown", "rollback-failed"}:
        _expect(found, bool(ran.end.reason), f"{word} without a reason")
    else:
        found.append(f"no word for it: {word}")
    return [*found, *_twice(ran), *_unannounced(ran)]


def _expect(found: list[str], is_so: bool, otherwise: str) -> None:
    if not is_so:
        found.append(otherwise)


def _twice(ran: Ran) -> list[str]:
    """Return the transport lines that one unit was sent again without being read in between."""
    found = []
    for unit in ran.typed:
        lines = [line.strip() for line in unit]
        for line in {line for line in lines if line.startswith(("transport ", "no transport "))}:
            places = [number for number, each in enumerate(lines) if each == line]
            for first, second in itertools.pairwise(places):
                if LOOK not in lines[first:second]:
                    found.append(f"{line!r} was sent twice without a look in between")
    return found


def _unannounced(ran: Ran) -> list[str]:
    """Return the lines that came to a device without being in the journal."""
    harmless = ("show ", "ping ", "terminal pager", "changeto ", "enable", "exit", "<secret>")
    sent = [line for unit in ran.typed for line in unit if not line.startswith(harmless)]
    known = list(ran.memory.lines)
    missing = []
    for line in sent:
        if line in known:
            known.remove(line)
        else:
            missing.append(f"{line!r} is not in the journal")
    return missing
