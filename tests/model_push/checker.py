"""Look at every state of the model, breadth first, and say what is wrong in one, and how it comes to be."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from asa_transport.model import Step
from tests.model_push import world
from tests.model_push.push import Move, Pushes
from tests.model_push.state import At, Budget, Contact, Ended, Firewall, Run, State

_AT_REST = frozenset({At.IDLE, At.DEAD, At.ENDED})


@dataclass(slots=True)
class Checked:
    """What was found.

    Attributes:
        moves: From one state to another.
        depth: How many moves the longest of the shortest ways has.
        steps: Which step followed which.
        ends: How many states say so of a run.
        wrong: What must not be; empty where nothing is.
        way: The shortest way there.
    """

    states: int = 0
    moves: int = 0
    depth: int = 0
    steps: frozenset[tuple[Step | None, Step]] = frozenset()
    ends: Counter[Ended] = field(default_factory=Counter)
    wrong: str = ""
    way: tuple[str, ...] = ()

    def __str__(self) -> str:
        found = self.wrong or "nothing wrong"
        return f"{self.states} states, {self.moves} moves, depth {self.depth}: {found}"


def check(
    budget: Budget,
    *,
    operators: int = 1,
    without: frozenset[str] = frozenset(),
    most: int | None = None,
    goes_on: bool = False,
) -> Checked:
    """Return what was found in all states, or in those up to the first that is wrong.

    Args:
        budget: How often each thing may happen.
        without: Guards that are left out.
        most: Moves from the start; `None` for all.
        goes_on: Look, too, whether something may go round for ever.
    """
    pushes = Pushes(without)
    found = Checked()
    # Of a state that was seen its hash is kept: 64 bits, so that of some millions no two are alike.
    came_from: dict[int, tuple[int, str] | None] = {}
    waiting: deque[tuple[State, int]] = deque()
    nexts_of: dict[int, tuple[int, ...]] = {}
    for start in _starts(budget, operators):
        came_from[hash(start)] = None
        waiting.append((start, 0))
    while waiting:
        state, depth = waiting.popleft()
        found.states, found.depth = found.states + 1, max(found.depth, depth)
        found.ends.update(run.ended for run in state.runs)
        wrong = state.wrong
        nexts: list[Move] = [] if wrong else [*_moves(pushes, state)]
        wrong = wrong or _stuck(state, nexts)
        if wrong:
            found.wrong, found.way = wrong, _way(came_from, hash(state))
            break
        found.moves += len(nexts)
        if most is not None and depth >= most:
            continue
        here = hash(state)
        if goes_on:
            nexts_of[here] = tuple(hash(after) for _, after in nexts)
        for what, after in nexts:
            there = hash(after)
            if there not in came_from:
                came_from[there] = here, what
                waiting.append((after, depth + 1))
    found.steps = frozenset(pushes.steps)
    if goes_on and not found.wrong and _has_circle(nexts_of):
        found.wrong = "something may go round for ever"
    return found


def _has_circle(nexts_of: Mapping[int, tuple[int, ...]]) -> bool:
    """Return whether a way leads back to its beginning: takes away what nothing leads to, until no more."""
    leading = Counter(there for nexts in nexts_of.values() for there in nexts)
    free = [here for here in nexts_of if not leading[here]]
    gone = 0
    while free:
        gone += 1
        for there in nexts_of.get(free.pop(), ()):
            leading[there] -= 1
            if not leading[there]:
                free.append(there)
    return gone < len(nexts_of)


def _starts(budget: Budget, operators: int) -> Iterator[State]:
    """Yield where it may begin: a contact over the old transport may be under way."""
    for under_way in (Contact.NONE, Contact.OTHER):
        firewall = Firewall(under_way=under_way)
        yield State(firewall=firewall, runs=(Run(),) * operators, left=budget)


def _moves(pushes: Pushes, state: State) -> Iterator[Move]:
    yield from pushes.moves(state)
    yield from world.moves(state)


def _stuck(state: State, nexts: list[Move]) -> str:
    """Return what is wrong where nothing can happen any more: a run that has not come to an end."""
    if not nexts and not all(run.at in _AT_REST for run in state.runs):
        return "a push does not come to its end"
    return ""


def _way(came_from: dict[int, tuple[int, str] | None], state: int) -> tuple[str, ...]:
    way = []
    while (before := came_from[state]) is not None:
        state, what = before
        way.append(what)
    return tuple(reversed(way))
