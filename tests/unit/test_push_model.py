"""A model of the push, looked through to its end: what may never be is in none of its states.

The model (tests/model_push/) takes its steps by the program's own table.  What it takes for granted: a
reading and what is decided by it are one, nobody else types between the last reading and the last line of one
go, and of a pair or a cluster it knows one unit.  `make model` looks deeper.
"""

from __future__ import annotations

import pytest

from asa_transport.core.pushing.steps import NEXT
from asa_transport.core.pushing.unfinished import Concluded, InDoubt, Untouched, left
from asa_transport.model import Ended as EndedEvent
from asa_transport.model import JournalEvent, Step, Stepped
from tests.model_push.checker import Checked, check
from tests.model_push.state import SURE, Budget, Ended
from tests.unit.journaling import UNDERTOOK

# Steps that the table allows, and this model has no reason to take.
NOT_TAKEN = {
    (Step.CONFIG_VERIFIED, Step.SAVING): "where the policy keeps a change without a contact",
    (Step.ROLLING_BACK, Step.UNKNOWN): "of a pair whose units have changed their roles",
}


def checked(without: str = "", /, **more: int) -> Checked:
    """Look at every state where only so much may happen."""
    operators = more.pop("operators", 1)
    nothing = {"acts": 0, "cuts": 0, "crashes": 0, "noise": 0, "resumes": 0}
    budget = Budget(**{**nothing, **more})
    return check(budget, operators=operators, without=frozenset({without}), goes_on=True)


@pytest.fixture(scope="module")
def found() -> Checked:
    """A colleague, a lost session, a crash and a resume, in every order."""
    return checked(acts=1, cuts=1, crashes=1, resumes=1)


def test_nothing_that_may_never_be_is_in_any_state(found: Checked) -> None:
    """A test shows one way; this shows that there is no other."""
    print(found)
    assert (found.wrong, found.way) == ("", ())
    assert found.states > 30_000


def test_a_firewall_that_objects_lies_and_reloads_makes_no_word_untrue() -> None:
    found = checked(noise=1, reloads=1, strays=1, strangers=1, cuts=1)
    print(found)
    assert found.wrong == ""


@pytest.mark.parametrize("more", [{"locks": 1}, {"crashes": 1, "resumes": 1}, {"acts": 1}])
def test_two_operators_never_both_write(more: dict[str, int]) -> None:
    """Whether a lock is lost, or its process dies and another one comes first."""
    found = checked(operators=2, **more)
    print(found)
    assert found.wrong == ""


def test_the_model_takes_every_step_of_the_table_and_no_other(found: Checked) -> None:
    """A step that the model cannot take is one that nobody has looked at."""
    table = {(before, after) for before, following in NEXT.items() for after in following}
    taken = found.steps | checked(noise=1, cuts=2).steps

    assert taken <= table
    assert table - taken == NOT_TAKEN.keys()


def test_a_push_comes_to_every_end(found: Checked) -> None:
    """A model in which nothing ever succeeds would be right, too."""
    assert set(found.ends) == set(Ended)


@pytest.mark.parametrize(
    ("guard", "wrong", "more"),
    [
        ("evidence", "a line is sent before the evidence is on disk", {}),
        ("last reading", "a foreign change is overwritten", {"acts": 1}),
        ("journal first", "it says that nothing was sent, and a line was", {"crashes": 1, "resumes": 1}),
        ("second contact", "something is saved without proof", {}),
        ("no hope", "something is saved without proof", {}),
        ("block before the save", "it says in force, and the firewall is not", {"acts": 1}),
        ("others before the save", "somebody else's change is saved", {"acts": 1}),
        ("startup after the save", "it says applied and saved, and the firewall is not", {"noise": 1}),
        ("startup at the way back", "it says rolled back, and the firewall is not", {"acts": 2, "cuts": 1}),
        ("only our lines back", "a foreign change is overwritten", {"acts": 1}),
        ("look after a loss", "a line is sent twice", {"crashes": 1, "resumes": 1}),
        ("identity", "a line is sent to another firewall", {"cuts": 1, "strangers": 1}),
        ("lock", "two operators write at once", {"operators": 2}),
        ("lock at each line", "two operators write at once", {"operators": 2, "locks": 1}),
    ],
)
def test_without_a_guard_the_model_finds_what_it_guards(guard: str, wrong: str, more: dict[str, int]) -> None:
    """A checker that never finds anything proves nothing."""
    assert checked(guard, **more).wrong == wrong


def test_what_nobody_can_tell_is_named() -> None:
    """Who is logged in as we are, and changes something right after a loss, is not told from us.

    It takes a session, or a process, that is lost between the last line and the trace which it left.
    """
    assert checked("excuse", acts=1, crashes=1, resumes=1).wrong == "somebody else's change is saved"
    assert checked("excuse", acts=1, cuts=1).wrong == "somebody else's change is saved"


@pytest.mark.parametrize("ended", [one for one in Ended if one is not Ended.NONE])
def test_what_is_resumed_in_the_model_is_what_the_program_resumes(ended: Ended) -> None:
    """The model says by itself which ends are sure; so does the program, by its journal."""
    words = {
        Ended.REFUSED: ("refused", False),
        Ended.FAILED: ("failed", False),
        Ended.APPLIED: ("applied", True),
        Ended.UNSAVED: ("applied", False),
        Ended.ROLLED_BACK: ("rolled-back", False),
        Ended.ROLLBACK_FAILED: ("rollback-failed", False),
        Ended.UNKNOWN: ("unknown", False),
    }
    word, saved = words[ended]
    device = UNDERTOOK.device
    events: list[JournalEvent] = [
        UNDERTOOK,
        Stepped(device=device, step=Step.SENDING),
        EndedEvent(device=device, outcome=word, saved=saved),
    ]

    assert isinstance(left(events, [device])[device], Concluded if ended in SURE else InDoubt)
    assert isinstance(left(events[:1], [device])[device], Untouched)
