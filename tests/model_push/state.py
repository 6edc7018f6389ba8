"""What the model knows of a firewall, of the runs that push to it, and of what may still happen.

All of it is small and hashable: two ways that lead to one state are looked at once.

The licence block has two lines of a change, a transport and a proxy.  Each is as before (`0`), as the
plan wants it (`1`), or a colleague's own (`F`).
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from asa_transport.model import Step

Block = tuple[str, str]
BEFORE: Block = ("0", "0")
INTENDED: Block = ("1", "1")
FOREIGN = "F"


class Look(enum.IntEnum):
    """Where a block stands, as `core/judgement/cases/standing.py` says it."""

    BEFORE = enum.auto()
    INTENDED = enum.auto()
    BETWEEN = enum.auto()
    FOREIGN = enum.auto()


def look(block: Block) -> Look:
    """Return where this block stands."""
    if FOREIGN in block:
        return Look.FOREIGN
    return {BEFORE: Look.BEFORE, INTENDED: Look.INTENDED}.get(block, Look.BETWEEN)


class Contact(enum.IntEnum):
    """A contact with the licence authority, by what it set out over."""

    NONE = 0
    OTHER = 1
    INTENDED = 2


class Trace(enum.IntEnum):
    """What somebody else has changed since the trace that our lines left."""

    NOTHING = 0
    TOLD = 1
    # By somebody whom the firewall does not tell from us: it takes the trace of our own lines to see it.
    UNTOLD = 2
    # The same, where that trace was lost with its process, and was read anew since.
    HIDDEN = 3


class Firewall(NamedTuple):
    """The one firewall.

    `news` is a contact that has succeeded since the last one was asked for; `queued` is a contact that
    was asked for while another one was under way.  `unsaved`: somebody has changed something else.
    """

    running: Block = BEFORE
    startup: Block = BEFORE
    unsaved: bool = False
    under_way: Contact = Contact.NONE
    queued: bool = False
    news: Contact = Contact.NONE


class At(enum.IntEnum):
    """Where the process of a run is."""

    IDLE = enum.auto()
    DEAD = enum.auto()
    LEASE = enum.auto()
    REREAD = enum.auto()
    PREPARE = enum.auto()
    LINE_1 = enum.auto()
    LINE_2 = enum.auto()
    READ_BACK = enum.auto()
    ASK = enum.auto()
    ASK_AGAIN = enum.auto()
    WAIT = enum.auto()
    SAVE = enum.auto()
    SAVED = enum.auto()
    BACK = enum.auto()
    BACK_1 = enum.auto()
    BACK_2 = enum.auto()
    LOST = enum.auto()
    CLOSE = enum.auto()
    ENDED = enum.auto()


# One of its lines is there, and the next is to come.
WRITING = frozenset({At.LINE_2, At.BACK_2})
# From the last reading to the last line of one go nobody else types: it is over in a breath, and what is
# typed then leaves no trace of its own.
AT_ONCE = WRITING | {At.LINE_1, At.BACK_1}


class Ended(enum.IntEnum):
    """What a run says of its device; `UNSAVED` is applied, and not confirmed as saved."""

    NONE = enum.auto()
    REFUSED = enum.auto()
    FAILED = enum.auto()
    APPLIED = enum.auto()
    UNSAVED = enum.auto()
    ROLLED_BACK = enum.auto()
    ROLLBACK_FAILED = enum.auto()
    UNKNOWN = enum.auto()


# After these nobody needs to look again (`core/pushing/unfinished.py`).
SURE = frozenset({Ended.REFUSED, Ended.FAILED, Ended.APPLIED, Ended.ROLLED_BACK})


class Run(NamedTuple):
    """A run: first what its journal has, which outlives its process, then what the process knows.

    `far` is the last step of the change itself; `asked` counts the requests of a contact, and `traced` says
    that the trace of our lines is in the journal; `crossed`, that another run has sent a line since the last
    of this one, which has more to send.  `trace`, `proof` and `sent` are what nobody in the story knows:
    what others did, what the proof was worth, which lines left.
    """

    undertook: bool = False
    far: Step | None = None
    asked: int = 0
    traced: bool = False
    ended: Ended = Ended.NONE
    at: At = At.IDLE
    step: Step | None = None
    losses: int = 0
    tries: int = 0
    doubt: Step | None = None
    outcome: Ended = Ended.NONE
    trace: Trace = Trace.NOTHING
    crossed: bool = False
    proof: Contact = Contact.NONE
    sent: Block = ("0", "0")


class Budget(NamedTuple):
    """How often each thing may still happen."""

    acts: int = 1
    cuts: int = 1
    crashes: int = 1
    noise: int = 1
    reloads: int = 0
    strays: int = 0
    strangers: int = 0
    locks: int = 0
    resumes: int = 1


class State(NamedTuple):
    """All of it; `holder` is the number of the run that has the lock."""

    firewall: Firewall
    runs: tuple[Run, ...]
    left: Budget
    holder: int | None = None
    wrong: str = ""
