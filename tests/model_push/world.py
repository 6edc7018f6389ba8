"""What else happens: colleagues type and save, contacts come and go, processes, firewalls and locks die."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.model_push.push import Move, crashed, cut_off, over, traced
from tests.model_push.state import AT_ONCE, FOREIGN, At, Contact, Firewall, State, Trace

_NO_PROCESS: Final = frozenset({At.IDLE, At.DEAD, At.ENDED})
_NO_SESSION: Final = _NO_PROCESS | {At.LEASE, At.CLOSE, At.LOST}
# What fails here ends the run with nothing sent: `cannot read it` is a move of its own.
_BEFORE_LINES: Final = frozenset({At.REREAD, At.PREPARE, At.LINE_1})


def moves(state: State) -> Iterator[Move]:
    """Yield everything that may happen beside the runs."""
    yield from _contacts(state)
    at_once = any(run.at in AT_ONCE for run in state.runs)
    if state.left.acts and not at_once:
        yield from _colleague(state._replace(left=state.left._replace(acts=state.left.acts - 1)))
    if state.left.crashes:
        for number, run in enumerate(state.runs):
            if run.at not in _NO_PROCESS:
                yield f"{'AB'[number]} dies", crashed(state, number)
    if state.left.reloads and not any(run.at in _BEFORE_LINES for run in state.runs):
        yield "the firewall reloads", _reloaded(state)
    if state.left.locks and state.holder is not None:
        lost = state._replace(left=state.left._replace(locks=state.left.locks - 1), holder=None)
        yield "the lock is lost", lost


def _contacts(state: State) -> Iterator[Move]:
    firewall = state.firewall
    if firewall.under_way:
        ended = firewall._replace(under_way=Contact.NONE)
        if firewall.queued:
            ended = ended._replace(queued=False, under_way=over(firewall))
        yield "a contact succeeds", state._replace(firewall=ended._replace(news=firewall.under_way))
        yield "a contact fails", state._replace(firewall=ended)
    elif state.left.strays:
        left = state.left._replace(strays=state.left.strays - 1)
        set_out = firewall._replace(under_way=over(firewall))
        yield "the firewall sets out by itself", state._replace(firewall=set_out, left=left)


def _colleague(state: State) -> Iterator[Move]:
    firewall = state.firewall
    one, two = firewall.running
    blocks = {
        "another transport": (FOREIGN, two),
        "another proxy": (one, FOREIGN),
        "the old transport": ("0", two),
        "the old proxy": (one, "0"),
    }
    for what, block in blocks.items():
        if block != firewall.running:
            changed = firewall._replace(running=block, unsaved=True)
            yield f"a colleague configures {what}", _edited(state, changed, Trace.UNTOLD)
    other = firewall._replace(unsaved=True)
    yield "a colleague changes something else", _edited(state, other, Trace.TOLD)
    yield "somebody of our account changes something else", _edited(state, other, Trace.UNTOLD)
    saved = firewall._replace(startup=firewall.running, unsaved=False)
    if saved != firewall:
        yield "a colleague saves", state._replace(firewall=saved)


def _edited(state: State, firewall: Firewall, trace: Trace) -> State:
    return traced(state._replace(firewall=firewall), trace)


def _reloaded(state: State) -> State:
    left = state.left._replace(reloads=state.left.reloads - 1)
    firewall = Firewall(running=state.firewall.startup, startup=state.firewall.startup)
    # What was not saved is gone, and so is what it was changed by.
    state = traced(state._replace(firewall=firewall, left=left), Trace.NOTHING)
    for number, run in enumerate(state.runs):
        if run.at not in _NO_SESSION:
            state = cut_off(state, number)
    return state
