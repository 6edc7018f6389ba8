"""What a run does next, as `flows/push_device.py` does it: one step, and what the firewall makes of it.

A step is first in the journal, by the table of `core/pushing/steps.py` itself, and then it is taken.  What
is read and decided at once is one move; nobody comes between.  A guard may be left out (`without`), to
see whether anything would be found then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from asa_transport.core.pushing.steps import check, may_have_sent
from asa_transport.model import Step
from tests.model_push.state import (
    BEFORE,
    FOREIGN,
    INTENDED,
    SURE,
    WRITING,
    At,
    Block,
    Contact,
    Ended,
    Firewall,
    Look,
    State,
    Trace,
    look,
)

_MOST_LOSSES: Final = 3
_TRIES: Final = 2
# What is seen right before the save.
_SEEN: Final = frozenset({Trace.TOLD, Trace.UNTOLD})
_SAVING: Final = frozenset({Step.SAVING, Step.SAVED})
_BACK: Final = frozenset({Step.ROLLING_BACK, Step.ROLLED_BACK})
# What says nothing of how far the change had come (`core/pushing/unfinished.py`).
_LOOKING: Final = frozenset({Step.LOST, Step.UNKNOWN, Step.ROLLBACK_FAILED})

Move = tuple[str, State]


class Pushes:
    """The moves of the runs; `steps` are the steps that any of them took after which."""

    def __init__(self, without: frozenset[str] = frozenset()) -> None:
        self.without = without
        self.steps: set[tuple[Step | None, Step]] = set()
        self._moves: dict[At, Callable[[State, int], Iterator[Move]]] = {
            At.LEASE: self._lease,
            At.REREAD: self._reread,
            At.PREPARE: self._prepare,
            At.LINE_1: self._line_1,
            At.LINE_2: self._line_2,
            At.READ_BACK: self._read_back,
            At.ASK: self._ask,
            At.ASK_AGAIN: self._ask_again,
            At.WAIT: self._wait,
            At.SAVE: self._save,
            At.SAVED: self._after_save,
            At.BACK: self._back,
            At.BACK_1: self._back_1,
            At.BACK_2: self._back_2,
            At.LOST: self._lost,
            At.CLOSE: self._close,
        }

    def moves(self, state: State) -> Iterator[Move]:
        """Yield what each run may do next."""
        for number, run in enumerate(state.runs):
            if run.at is At.IDLE:
                yield _told(number, "starts"), _with(state, number, at=At.LEASE)
            elif run.at in {At.DEAD, At.ENDED}:
                yield from self._resume(state, number)
            else:
                for what, after in self._moves[run.at](state, number):
                    yield _told(number, what), after

    # ------------------------------------------------------------------ what a move is made of

    def has(self, guard: str) -> bool:
        """Return whether this guard is there."""
        return guard not in self.without

    def take(self, state: State, number: int, step: Step, **more: object) -> State:
        """Put the step in the journal, and take it."""
        run = state.runs[number]
        check(run.step, step)
        self.steps.add((run.step, step))
        far = run.far if step in _LOOKING else step
        return _with(state, number, **{"step": step, "far": far, "ended": Ended.NONE, **more})

    def end(self, state: State, number: int, outcome: Ended, step: Step | None = None) -> State:
        """Take the last step, if there is one; the outcome is in the journal after it."""
        if step is not None:
            state = self.take(state, number, step)
        return _with(_untrue(state, number, outcome), number, at=At.CLOSE, outcome=outcome)

    def broken(self, state: State, number: int, before: State) -> Iterator[Move]:
        """Yield what may go wrong as something is typed: it was in the journal, and may have had its effect.

        Args:
            state: As it is after the effect.
            before: As it is without it.
        """
        left = state.left
        if left.cuts:
            cut = left._replace(cuts=left.cuts - 1)
            yield "is cut off, and it had its effect", _lost(state._replace(left=cut), number)
            yield "is cut off, and it had none", _lost(before._replace(left=cut), number)
        if left.crashes:
            yield "dies before its effect", _dead(before, number)
            yield "dies after its effect", _dead(state, number)

    def line(self, state: State, number: int, place: int, value: str, **then: object) -> State:
        """Type one line of the block: the effect, and what must never be."""
        run, firewall = state.runs[number], state.firewall
        wrong = state.wrong
        if firewall.running[place] == FOREIGN:
            wrong = wrong or "a foreign change is overwritten"
        if state.holder != number and self.has("lock") and self.has("lock at each line"):
            wrong = wrong or "a line is sent without the lock"
        if not run.undertook:
            wrong = wrong or "a line is sent before the evidence is on disk"
        if run.crossed and run.at in WRITING:
            wrong = wrong or "two operators write at once"
        sent = run.sent
        if value == "1":
            if sent[place] == "1":
                wrong = wrong or "a line is sent twice"
            sent = _put(sent, place, "1")
        state = state._replace(
            firewall=firewall._replace(running=_put(firewall.running, place, value)), wrong=wrong
        )
        state = traced(state, Trace.UNTOLD, but=number)
        for other, one in enumerate(state.runs):
            if other != number and one.at in WRITING:
                state = _with(state, other, crossed=True)
        return _with(state, number, sent=sent, crossed=False, **then)

    def is_held(self, state: State, number: int) -> bool:
        """Return whether a line may be sent, as far as the run asks."""
        asks = self.has("lock") and self.has("lock at each line")
        return not asks or state.holder == number

    # ------------------------------------------------------------------ before any line

    def _resume(self, state: State, number: int) -> Iterator[Move]:
        run = state.runs[number]
        if run.ended in SURE or not state.left.resumes or (run.at is At.ENDED and not run.undertook):
            return
        if self.has("lock") and state.holder is not None:
            return
        left = state.left._replace(resumes=state.left.resumes - 1)
        state = state._replace(left=left, holder=number)
        fresh = {"losses": 0, "tries": 0, "outcome": Ended.NONE, "proof": Contact.NONE}
        is_in_doubt = run.undertook and may_have_sent(run.far)
        if not is_in_doubt:
            yield (
                _told(number, "resumes from the start"),
                _with(state, number, at=At.LEASE, step=None, **fresh),
            )
        elif not self.has("look after a loss"):
            yield (
                _told(number, "resumes on hope"),
                _with(state, number, at=At.LINE_1, step=Step.EVIDENCED, **fresh),
            )
        else:
            yield (
                _told(number, "resumes"),
                _with(state, number, at=At.LOST, step=run.far, doubt=run.far, **fresh),
            )

    def _lease(self, state: State, number: int) -> Iterator[Move]:
        if self.has("lock") and state.holder not in {None, number}:
            yield "finds it locked", self.end(state, number, Ended.REFUSED)
            return
        held = state._replace(holder=number)
        yield "takes the lock", self.take(held, number, Step.LEASED, at=At.REREAD)

    def _reread(self, state: State, number: int) -> Iterator[Move]:
        read = self.take(state, number, Step.REREAD)
        firewall = state.firewall
        if look(firewall.running) is not Look.BEFORE or firewall.unsaved:
            yield "refuses what it reads", self.end(read, number, Ended.REFUSED)
        else:
            yield "finds it as planned", self.take(read, number, Step.GUARDED, at=At.PREPARE)
        if state.left.cuts:
            cut = read._replace(left=state.left._replace(cuts=state.left.cuts - 1))
            yield "cannot read it", self.end(cut, number, Ended.FAILED)

    def _prepare(self, state: State, number: int) -> Iterator[Move]:
        is_moved = look(state.firewall.running) is not Look.BEFORE or state.firewall.unsaved
        if is_moved and self.has("last reading"):
            # The block is the last thing that is read before `configure terminal`.
            yield "refuses what it reads last", self.end(state, number, Ended.REFUSED)
            return
        noted = state
        if self.has("evidence"):
            noted = _with(state, number, undertook=True)
        yield "puts the evidence on disk", self.take(noted, number, Step.EVIDENCED, at=At.LINE_1)

    # ------------------------------------------------------------------ the lines, and their proof

    def _line_1(self, state: State, number: int) -> Iterator[Move]:
        if self.has("journal first"):
            state = self.take(state, number, Step.SENDING)
        if not self.is_held(state, number):
            yield "has lost the lock", _lost(state, number)
            return
        after = self.line(state, number, 0, "1", at=At.LINE_2, trace=Trace.NOTHING)
        if not self.has("journal first"):
            if state.left.crashes:
                yield "dies before it is in the journal", _dead(after, number)
            yield "sends the first line, and notes it", self.take(after, number, Step.SENDING)
            return
        yield "sends the first line", after
        yield from self.broken(after, number, state)

    def _line_2(self, state: State, number: int) -> Iterator[Move]:
        if not self.is_held(state, number):
            yield "has lost the lock", _lost(state, number)
            return
        after = self.line(state, number, 1, "1")
        # The trace is read first of all; nobody came between.
        sent = self.take(after, number, Step.SENT, at=At.READ_BACK, trace=Trace.NOTHING, traced=True)
        yield "sends the second line", sent
        yield from self.broken(after, number, state)
        if state.left.noise:
            noise = state.left._replace(noise=state.left.noise - 1)
            yield "is objected to", self._going_back(state._replace(left=noise), number)

    def _read_back(self, state: State, number: int) -> Iterator[Move]:
        if look(state.firewall.running) is not Look.INTENDED:
            yield "reads another block than predicted", self._going_back(state, number)
        else:
            yield "reads what was predicted", self.take(state, number, Step.CONFIG_VERIFIED, at=At.ASK)
        yield from self._cut(state, number)

    def _ask(self, state: State, number: int) -> Iterator[Move]:
        yield from self._asked(state, number, 1)

    def _ask_again(self, state: State, number: int) -> Iterator[Move]:
        yield from self._asked(state, number, 2)

    def _asked(self, state: State, number: int, count: int) -> Iterator[Move]:
        run = state.runs[number]
        if not self.is_held(state, number):
            yield "has lost the lock", _lost(state, number)
            return
        noted = _with(state, number, asked=count, traced=True, at=At.WAIT)
        if not run.traced and run.trace is Trace.UNTOLD:
            noted = _with(noted, number, trace=Trace.HIDDEN)
        noted = noted._replace(firewall=noted.firewall._replace(news=Contact.NONE))
        after = noted._replace(firewall=_renewed(noted.firewall))
        yield "asks for a contact", after
        yield from self.broken(after, number, noted)

    def _wait(self, state: State, number: int) -> Iterator[Move]:
        run, news = state.runs[number], state.firewall.news
        if look(state.firewall.running) is not Look.INTENDED:
            yield "sees the block changed", self._going_back(state, number)
        elif news and (run.asked > 1 or not self.has("second contact")):
            proven = self.take(state, number, Step.CONTACT_VERIFIED, at=At.SAVE, proof=news)
            yield "sees the contact that proves it", proven
        elif news:
            yield "sees a contact that may be too early", _with(state, number, at=At.ASK_AGAIN)
        else:
            yield "has waited long enough", self._going_back(state, number)
            if not self.has("no hope"):
                yield "hopes", _with(state, number, at=At.SAVE)
        yield from self._cut(state, number)

    def _save(self, state: State, number: int) -> Iterator[Move]:
        run, firewall = state.runs[number], state.firewall
        if look(firewall.running) is not Look.INTENDED and self.has("block before the save"):
            yield "sees the block changed before it saves", self._going_back(state, number)
            return
        if run.trace in _SEEN and self.has("others before the save"):
            is_saved = firewall.startup == INTENDED
            outcome = Ended.APPLIED if is_saved else Ended.UNSAVED
            yield "leaves what others changed unsaved", self.end(state, number, outcome)
            return
        yield from self._cut(state, number)
        noted = self.take(state, number, Step.SAVING, at=At.SAVED)
        if not self.is_held(noted, number):
            yield "has lost the lock", _lost(noted, number)
            return
        after = noted._replace(
            firewall=firewall._replace(startup=firewall.running, unsaved=False),
            wrong=self._saved_wrong(noted, number),
        )
        yield "saves", after
        yield from self.broken(after, number, noted)
        if state.left.noise:
            yield "is told [OK], and nothing is saved", _less_noise(noted)

    def _saved_wrong(self, state: State, number: int) -> str:
        """Return what is wrong with saving now."""
        run, firewall = state.runs[number], state.firewall
        if state.wrong:
            return state.wrong
        if firewall.running != INTENDED:
            return "a block is saved that is not the intended one"
        if run.proof is not Contact.INTENDED:
            return "something is saved without proof"
        if run.trace in _SEEN or (run.trace is Trace.HIDDEN and not self.has("excuse")):
            return "somebody else's change is saved"
        return ""

    def _after_save(self, state: State, number: int) -> Iterator[Move]:
        startup = state.firewall.startup
        if look(state.firewall.running) is not Look.INTENDED:
            yield "reads another block after the save", self.end(state, number, Ended.UNKNOWN, Step.UNKNOWN)
        elif startup != INTENDED and self.has("startup after the save"):
            yield "reads that it was not saved", self.end(state, number, Ended.UNSAVED)
        else:
            yield "reads that it is saved", self.end(state, number, Ended.APPLIED, Step.SAVED)
        yield from self._cut(state, number)

    # ------------------------------------------------------------------ the way back

    def _going_back(self, state: State, number: int) -> State:
        return self.take(state, number, Step.ROLLING_BACK, at=At.BACK, tries=0)

    def _back(self, state: State, number: int) -> Iterator[Move]:
        run, running = state.runs[number], state.firewall.running
        where = look(running)
        if where is Look.BEFORE:
            yield "reads that it is as before", self._as_before(state, number)
        elif (where is Look.FOREIGN and "1" not in running) or run.tries >= _TRIES:
            failed = self.end(state, number, Ended.ROLLBACK_FAILED, Step.ROLLBACK_FAILED)
            yield "cannot go back", failed
        else:
            yield "reads what to take back", _with(state, number, at=At.BACK_1)
        yield from self._cut(state, number)

    def _back_1(self, state: State, number: int) -> Iterator[Move]:
        yield from self._line_back(state, number, 0, At.BACK_2)

    def _back_2(self, state: State, number: int) -> Iterator[Move]:
        tries = state.runs[number].tries + 1
        yield from self._line_back(_with(state, number, tries=tries), number, 1, At.BACK)

    def _line_back(self, state: State, number: int, place: int, then: At) -> Iterator[Move]:
        if not self.is_held(state, number):
            yield "has lost the lock", _lost(state, number)
            return
        running = state.firewall.running
        is_ours = running[place] == "1" or (FOREIGN not in running)
        if not is_ours and self.has("only our lines back"):
            yield "leaves a value that is not ours", _with(state, number, at=then)
            return
        after = self.line(state, number, place, "0", at=then)
        yield "sends a line back", after
        yield from self.broken(after, number, state)
        if state.left.noise:
            yield "is objected to", _with(_less_noise(state), number, at=then)

    def _as_before(self, state: State, number: int) -> State:
        if state.firewall.startup == BEFORE or not self.has("startup at the way back"):
            return self.end(state, number, Ended.ROLLED_BACK, Step.ROLLED_BACK)
        return self.end(state, number, Ended.ROLLBACK_FAILED, Step.ROLLBACK_FAILED)

    # ------------------------------------------------------------------ a lost session

    def _cut(self, state: State, number: int) -> Iterator[Move]:
        """Yield that a reading was cut off."""
        left = state.left
        if left.cuts:
            yield "is cut off", _lost(state._replace(left=left._replace(cuts=left.cuts - 1)), number)

    def _lost(self, state: State, number: int) -> Iterator[Move]:
        run, left = state.runs[number], state.left
        losses = run.losses + 1
        lost = self.take(state, number, Step.LOST, losses=losses)
        if losses > _MOST_LOSSES:
            yield "gives up", self.end(lost, number, Ended.UNKNOWN, Step.UNKNOWN)
            return
        if left.cuts:
            cut = lost._replace(left=left._replace(cuts=left.cuts - 1))
            yield "cannot log in again", self.end(cut, number, Ended.UNKNOWN, Step.UNKNOWN)
            yield "is cut off again", cut
        if left.strangers:
            other = lost._replace(left=left._replace(strangers=left.strangers - 1))
            if self.has("identity"):
                yield "meets a stranger", self.end(other, number, Ended.UNKNOWN, Step.UNKNOWN)
            else:
                yield "takes a stranger for it", other._replace(wrong="a line is sent to another firewall")
        yield from self._looked(lost, number)

    def _looked(self, state: State, number: int) -> Iterator[Move]:
        run, firewall = state.runs[number], state.firewall
        at, where = run.doubt, look(firewall.running)
        if where is Look.FOREIGN and at in _SAVING:
            yield "sees somebody else's block", self.end(state, number, Ended.UNKNOWN, Step.UNKNOWN)
        elif at in _SAVING:
            yield from self._after_saving(state, number, where)
        elif where in {Look.BETWEEN, Look.FOREIGN}:
            yield from self._held_for(state, number, "goes back", self._going_back)
        elif where is Look.BEFORE:
            yield "sees it as before", self._as_before(state, number)
        elif at in _BACK:
            yield from self._held_for(state, number, "goes on going back", self._going_back)
        else:
            yield from self._held_for(state, number, "goes on to the proof", self._to_the_proof)

    def _after_saving(self, state: State, number: int, where: Look) -> Iterator[Move]:
        run, firewall = state.runs[number], state.firewall
        if where is Look.INTENDED:
            is_proven = bool(firewall.news) and run.asked > 1
            if firewall.startup == INTENDED:
                yield "sees it in force and saved", self.end(state, number, Ended.APPLIED, Step.SAVED)
            elif is_proven:
                again = _with(state, number, at=At.SAVE, proof=firewall.news)
                yield from self._held_for(again, number, "saves again", lambda found, _: found)
            else:
                yield from self._held_for(state, number, "goes on to the proof", self._to_the_proof)
        elif where is Look.BEFORE and firewall.startup == BEFORE:
            yield "sees it as before", self._as_before(state, number)
        else:
            yield "sees what nobody can tell", self.end(state, number, Ended.UNKNOWN, Step.UNKNOWN)

    def _to_the_proof(self, state: State, number: int) -> State:
        return self.take(state, number, Step.CONFIG_VERIFIED, at=At.ASK)

    def _held_for(
        self, state: State, number: int, what: str, then: Callable[[State, int], State]
    ) -> Iterator[Move]:
        """Yield going on where the lock is held, or can be had again."""
        if self.is_held(state, number) or state.holder is None:
            yield what, then(state._replace(holder=number), number)
        else:
            yield "finds it locked by another", self.end(state, number, Ended.UNKNOWN, Step.UNKNOWN)

    def _close(self, state: State, number: int) -> Iterator[Move]:
        outcome = state.runs[number].outcome
        holder = None if state.holder == number else state.holder
        ended = _with(state, number, at=At.ENDED, ended=outcome, step=None, losses=0, tries=0, doubt=None)
        yield f"says {outcome.name.lower()}", ended._replace(holder=holder)


# ---------------------------------------------------------------------- what is true of a state


def _untrue(state: State, number: int, outcome: Ended) -> State:
    """Return the state with what is untrue of an outcome, by what the firewall is at this moment."""
    run, firewall = state.runs[number], state.firewall
    said = ""
    match outcome:
        case Ended.APPLIED:
            if (firewall.running, firewall.startup) != (INTENDED, INTENDED):
                said = "it says applied and saved, and the firewall is not"
        case Ended.ROLLED_BACK:
            if (firewall.running, firewall.startup) != (BEFORE, BEFORE):
                said = "it says rolled back, and the firewall is not"
        case Ended.UNSAVED:
            if firewall.running != INTENDED:
                said = "it says in force, and the firewall is not"
        case Ended.ROLLBACK_FAILED:
            if (firewall.running, firewall.startup) == (BEFORE, BEFORE):
                said = "it says that it could not go back, and it has"
        case Ended.REFUSED | Ended.FAILED:
            if "1" in run.sent:
                said = "it says that nothing was sent, and a line was"
        case _:
            pass
    return state._replace(wrong=state.wrong or said)


def _renewed(firewall: Firewall) -> Firewall:
    if firewall.under_way:
        return firewall._replace(queued=True)
    return firewall._replace(under_way=over(firewall))


def over(firewall: Firewall) -> Contact:
    """Return over what a contact would set out now."""
    return Contact.INTENDED if firewall.running == INTENDED else Contact.OTHER


def _with(state: State, number: int, **more: object) -> State:
    runs = state.runs
    run = runs[number]._replace(**more)  # type: ignore[arg-type]
    return state._replace(runs=(*runs[:number], run, *runs[number + 1 :]))


def _lost(state: State, number: int) -> State:
    run = state.runs[number]
    return _with(state, number, at=At.LOST, doubt=run.step, tries=0, crossed=False)


def _dead(state: State, number: int) -> State:
    """Return the state in which a process has died; the system lets its lock go."""
    left = state.left._replace(crashes=state.left.crashes - 1)
    holder = None if state.holder == number else state.holder
    dead = _with(
        state, number, at=At.DEAD, step=None, losses=0, tries=0, doubt=None, outcome=Ended.NONE,
        proof=Contact.NONE, crossed=False,
    )  # fmt: skip
    return dead._replace(left=left, holder=holder)


def crashed(state: State, number: int) -> State:
    """Return the state in which the process of this run has died between two moves."""
    return _dead(state, number)


def cut_off(state: State, number: int) -> State:
    """Return the state in which this run has lost its session."""
    return _lost(state, number)


def traced(state: State, trace: Trace, *, but: int | None = None) -> State:
    """Return the state with what somebody has changed since the lines of each run; before them it is none."""
    runs = tuple(
        run._replace(trace=trace) if number != but and "1" in run.sent else run
        for number, run in enumerate(state.runs)
    )
    return state._replace(runs=runs)


def _less_noise(state: State) -> State:
    return state._replace(left=state.left._replace(noise=state.left.noise - 1))


def _put(block: Block, place: int, value: str) -> Block:
    return (value, block[1]) if place == 0 else (block[0], value)


def _told(number: int, what: str) -> str:
    return f"{'AB'[number]} {what}"
