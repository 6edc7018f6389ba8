"""What a push undertakes on one firewall, how that ends, and whose journal may go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from asa_transport.core.judgement.judge import Standard
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.planning.recheck import Recheck
from asa_transport.core.pushing import outcomes
from asa_transport.core.pushing.guard import firewalls, planned_now, space_of, undertaken
from asa_transport.core.pushing.outcomes import LOOK
from asa_transport.core.pushing.proof import shown
from asa_transport.core.pushing.resumption import contradiction
from asa_transport.core.pushing.unfinished import InDoubt, Left, Untouched
from asa_transport.edges import templates
from asa_transport.model import (
    Applied,
    Baseline,
    Began,
    CommandOutput,
    ConfigTrace,
    ContactResult,
    ContextMode,
    DeviceClock,
    DeviceFacts,
    Ended,
    Failed,
    Identity,
    LastContact,
    NoChange,
    NotReached,
    Plan,
    PlannedDevice,
    Policy,
    PushOutcome,
    Refused,
    RollbackFailed,
    RolledBack,
    Seen,
    Startup,
    Step,
    TransportType,
    Undertaking,
    Unknown,
    UnsavedFacts,
    Verified,
)
from tests.unit.journaling import BEGAN
from tests.unit.judging import NOW, device, exemption
from tests.unit.planning import ORIGIN, RENDERER, audited, missed, plan_of

READING = audited("fw1", "transport=callhome")
PLAN = plan_of([READING])
(PLANNED,) = PLAN.devices
FACTS = READING.facts
HER = Identity(serial="X", hostname="fw1")
SAVED_BEFORE, SAVED_CHANGE = (" transport type callhome",), (" transport type smart",)
SAVED_OTHER = (" transport type smart", " transport proxy p.example.net port 80")
# The plan predicts that the device shows no type, because smart is what its release defaults to.
UNDERTAKING = Undertaking(
    apply=PLANNED.apply,
    rollback=PLANNED.rollback,
    before=PLANNED.before,
    predicted=PLANNED.predicted,
    default_type=TransportType.SMART,
    baseline=Baseline(),
    startup=SAVED_BEFORE,
    identity=PLANNED.identity,
)


def contact(**changes: Any) -> DeviceFacts:
    """Facts whose last contact is another."""
    last = replace(FACTS.authorization.last_contact, **changes)
    return replace(FACTS, authorization=replace(FACTS.authorization, last_contact=last))


# --------------------------------------------------------------------------- what is undertaken


def question(plan: Plan) -> Recheck:
    return Recheck(
        plan=plan,
        standard=Standard(policy=Policy(), catalogue=(), exemptions=(), now=NOW),
        renderer=RENDERER,
        tables=TableSet(templates.textfsm()),
        origin=ORIGIN,
    )


def test_the_plan_made_now_is_of_the_moment_at_which_the_device_was_read() -> None:
    """Not of when the push of a fleet began, hours ago: an exception may have ended since."""
    output = CommandOutput(
        command="ping tcp smartreceiver.cisco.com 443",
        text="Success rate is 100 percent (5/5)\n",
        prompt="fw#",
        started_at=NOW,
        duration_s=0.1,
    )
    probed = replace(READING, capture=replace(READING.capture, outputs=(output,)))
    other = audited("fw2", "transport=callhome")
    plan = plan_of([other, READING])
    ends = exemption(until=NOW + timedelta(hours=1))
    asked = question(plan)
    asked = replace(asked, standard=replace(asked.standard, exemptions=(ends,)))

    found = planned_now([probed], READING.device, asked, now=NOW + timedelta(hours=3))

    assert isinstance(found, PlannedDevice)
    assert (found.name, found.apply, found.before) == ("fw1", PLANNED.apply, PLANNED.before)


@pytest.mark.parametrize(
    ("reading", "kind"),
    [(missed("fw1"), NotReached), (READING, Refused), (audited("fw1"), NoChange)],
)
def test_what_stands_against_a_push_is_told_as_it_is(reading: Any, kind: type[object]) -> None:
    """Nothing is undertaken."""
    assert isinstance(planned_now([reading], READING.device, question(PLAN), now=NOW), kind)


def test_what_is_undertaken_is_the_lines_of_the_plan_and_the_state_of_now() -> None:
    """The way back leads to what runs now; what is sent is what was approved."""
    again = replace(
        PLANNED,
        apply=("license smart", " no transport proxy"),
        rollback=("license smart", " no transport proxy"),
        before=("license smart", " transport type callhome"),
        predicted=("license smart",),
        identity=HER,
        observed=replace(PLANNED.observed, mate_serial="MATE", default_type=TransportType.CALLHOME),
    )
    clock = DeviceClock(at=NOW - timedelta(minutes=5), zone="UTC")

    made = undertaken(PLAN, again, replace(contact(at=NOW), clock=clock), SAVED_BEFORE)

    assert made == Undertaking(
        apply=PLANNED.apply,
        rollback=PLANNED.rollback,
        before=again.before,
        predicted=again.predicted,
        default_type=TransportType.CALLHOME,
        baseline=Baseline(clock_at=NOW - timedelta(minutes=5), contact_at=NOW),
        startup=SAVED_BEFORE,
        identity=HER,
        mate_serial="MATE",
    )


def test_a_device_that_names_no_clock_and_no_contact_leaves_both_open() -> None:
    """Then nothing is compared with a time that nobody knows."""
    bare = replace(FACTS, clock=None, authorization=replace(FACTS.authorization, last_contact=LastContact()))

    assert undertaken(PLAN, PLANNED, bare, None).baseline == Baseline(clock_at=None, contact_at=None)


@pytest.mark.parametrize(
    ("mode", "space"),
    [(ContextMode.MULTIPLE, "system"), (ContextMode.SINGLE, None), (None, None)],
)
def test_the_lines_belong_in_the_system_space_where_there_are_contexts(
    mode: ContextMode | None, space: str | None
) -> None:
    """In a user context they would be refused, or mean something else."""
    facts = replace(FACTS, context_mode=mode)

    assert space_of(facts) == space
    assert undertaken(PLAN, PLANNED, facts, None).space == space


@pytest.mark.parametrize(
    ("mate", "serials", "held"),
    [
        (None, ("9A1", None), ("device-fw1", "serial-9A1")),
        ("fw0", ("9A1", "9A0"), ("device-fw0", "device-fw1", "serial-9A0", "serial-9A1")),
        ("fw0", (None, None), ("device-fw0", "device-fw1")),
        # What a firewall says becomes the name of a file.
        (None, ("../x", "9Ä"), ("device-fw1",)),
    ],
)
def test_both_units_of_a_pair_are_held_by_name_and_by_serial_number(
    mate: str | None, serials: tuple[str | None, str | None], held: tuple[str, ...]
) -> None:
    """Two pushes must not work on one firewall under two names, nor on a unit and its mate."""
    own, other = serials
    one = replace(
        PLANNED,
        identity=replace(PLANNED.identity, serial=own),
        observed=replace(PLANNED.observed, mate_serial=other),
    )

    assert firewalls(replace(PLAN, devices=(one,)), READING.device, mate) == held


# --------------------------------------------------------------------------- how it ended


def test_a_change_that_was_saved_is_told_with_what_the_device_said_once() -> None:
    """A warning that comes with each line is one warning."""
    made = outcomes.applied(
        device(),
        Verified.CONTACT,
        unsaved=None,
        warnings=["w", "v", "w"],
        startup=Startup.AS_INTENDED,
    )

    assert made == Applied(
        device=device(),
        verified=Verified.CONTACT,
        saved=True,
        reason="w; v",
        seen=Seen(startup=Startup.AS_INTENDED),
    )


def test_a_clean_change_has_no_reason() -> None:
    """There is nothing that a person must know or do."""
    made = outcomes.applied(device(), Verified.CONFIG, unsaved=None, warnings=[], startup=Startup.AS_INTENDED)

    assert (made.reason, made.saved, made.verified) == (None, True, Verified.CONFIG)


def test_a_save_that_nobody_could_read_back_is_told() -> None:
    """`[OK]` is the device's word, and the startup configuration is the proof."""
    made = outcomes.applied(device(), Verified.CONTACT, unsaved=None, warnings=["w"], startup=None)

    assert made.saved
    assert made.reason == "w; 'write memory' said [OK], but the startup configuration could not be read"


@pytest.mark.parametrize("startup", [None, Startup.AS_BEFORE])
def test_a_change_that_is_not_saved_says_first_what_is_to_be_done(startup: Startup | None) -> None:
    """A reload would lose it, and the fleet would look mended."""
    made = outcomes.applied(device(), Verified.CONTACT, unsaved="why", warnings=["w"], startup=startup)

    assert not made.saved
    assert made.seen.startup is startup
    assert made.reason == (
        "the change is in force, but not confirmed as saved: why; log in and find the cause, then send "
        "'write memory' on the active unit: a reload before that may lose the change; w"
    )


@pytest.mark.parametrize(
    ("startup", "kind", "told"),
    [
        (Startup.AS_BEFORE, RolledBack, "why"),
        (
            None,
            RolledBack,
            "why; the startup configuration could not be read, so it is not known whether somebody saved in "
            "the meantime",
        ),
        (
            Startup.AS_INTENDED,
            RollbackFailed,
            "why; the device runs as before, but the startup configuration has the change: somebody saved it "
            f"in the meantime, and a reload would activate it; {LOOK}, and send 'write memory' if the "
            "running configuration is the right one",
        ),
        (
            Startup.OTHER,
            RollbackFailed,
            "why; the device runs as before, but the startup configuration has another licence block, "
            f"neither as before nor as intended: somebody saved in the meantime; {LOOK}",
        ),
    ],
)
def test_a_device_is_rolled_back_only_where_a_reload_does_not_bring_the_change(
    startup: Startup | None, kind: type[object], told: str
) -> None:
    """A job that saves each night may have saved it while it was in force."""
    made = outcomes.as_before(device(), "why", startup)

    assert type(made) is kind
    assert (made.device, made.reason, made.seen) == (device(), told, Seen(startup=startup))


@pytest.mark.parametrize(
    ("startup", "told"),
    [
        (None, "why; the startup configuration could not be read"),
        (Startup.AS_BEFORE, "why; the startup configuration is as before"),
    ],
)
def test_who_must_look_is_told_what_a_reload_would_bring(startup: Startup | None, told: str) -> None:
    """That is the first thing that an engineer asks."""
    assert outcomes.told("why", startup) == told


@pytest.mark.parametrize(
    ("lines", "startup", "told"),
    [
        (SAVED_CHANGE, Startup.AS_INTENDED, "the startup configuration has the same block"),
        (
            SAVED_BEFORE,
            Startup.AS_BEFORE,
            f"this is not saved, so a reload would lose it; {LOOK}, and send 'write memory'",
        ),
        (
            SAVED_OTHER,
            Startup.OTHER,
            f"this is not saved, so a reload would lose it; {LOOK}, and send 'write memory'",
        ),
        (
            None,
            None,
            "the startup configuration could not be read, so it is not known whether this is saved",
        ),
    ],
)
def test_a_device_that_has_the_change_already_says_whether_it_is_saved(
    lines: tuple[str, ...] | None, startup: Startup | None, told: str
) -> None:
    """Somebody made it by hand, and nothing is sent; a reload may still take it back."""
    there = NoChange(device=device(), reason="it is there")

    made = outcomes.left_alone(there, PLANNED, FACTS, lines)

    assert isinstance(made, NoChange)
    assert made.seen == Seen(startup=startup)
    first, proof, last = made.reason.split("; ", 2)
    assert (first, last) == ("it is there", told)
    assert proof.startswith("not proven: the last contact succeeded on ")


def test_a_refused_device_keeps_its_reason_and_says_what_a_reload_would_bring() -> None:
    """Nothing was sent, so that nothing is to be proven."""
    refused = Refused(device=device(), reason="no", drift="d")

    assert outcomes.left_alone(refused, PLANNED, FACTS, SAVED_BEFORE) == replace(
        refused, seen=Seen(startup=Startup.AS_BEFORE)
    )


AT = "2026-01-20 11:00:00"
CONTACT = NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("changes", "changed_at", "proof"),
    [
        (
            {},
            CONTACT - timedelta(seconds=1),
            f"proven: the last contact succeeded on {AT} UTC, after the last change of its configuration",
        ),
        (
            {},
            CONTACT,
            f"not proven: the last contact succeeded on {AT} UTC, not later than the last change of its "
            "configuration",
        ),
        (
            {},
            None,
            f"not proven: the last contact succeeded on {AT} UTC, and it is not known when the configuration "
            "was last changed",
        ),
        ({"at": None}, CONTACT, "not proven: the last contact succeeded"),
        (
            {"result": ContactResult.FAILED, "reason": "no route"},
            CONTACT - timedelta(days=1),
            f"not proven: the last contact failed on {AT} UTC: no route",
        ),
        ({"result": None}, CONTACT - timedelta(days=1), "not proven: the device names no contact"),
    ],
)
def test_only_a_contact_after_the_last_change_proves_what_somebody_did_by_hand(
    changes: dict[str, Any], changed_at: Any, proof: str
) -> None:
    """A contact of before came over the old transport."""
    facts = replace(contact(**changes), unsaved=UnsavedFacts(modified_at=changed_at))

    made = outcomes.left_alone(NoChange(device=device(), reason="it is there"), PLANNED, facts, SAVED_CHANGE)

    assert made.reason == f"it is there; {proof}; the startup configuration has the same block"


def test_a_contact_without_a_reason_is_shown_without_one() -> None:
    """An empty reason is none."""
    assert shown(LastContact(result=ContactResult.FAILED, reason="")) == "the last contact failed"


@pytest.mark.parametrize(
    "outcome",
    [
        Failed(device=device(), reason="r", seen=Seen(startup=Startup.OTHER)),
        NoChange(device=device(), reason="r", seen=Seen(startup=Startup.AS_BEFORE)),
    ],
)
def test_the_firewall_that_answered_last_is_kept_beside_what_was_read(outcome: PushOutcome) -> None:
    """After a change of role it is not the one that was dialled."""
    seen = outcomes.answered_by(outcome, HER).seen

    assert (seen.identity, seen.startup) == (HER, outcome.seen.startup)


def test_where_nothing_answered_nobody_is_named() -> None:
    """A device whose turn never came was not read."""
    outcome = NotReached(device=device(), reason="r")

    assert outcomes.answered_by(outcome, HER) is outcome


def test_a_block_that_changes_right_before_the_first_line_is_refused_with_the_difference() -> None:
    """A colleague types at this moment."""
    block = (*PLANNED.before, " throughput level 1G")

    made = outcomes.moved_meanwhile(device(), UNDERTAKING, block, SAVED_BEFORE)

    assert made.reason == (
        "somebody has changed the 'license smart' block since it was read a moment ago; nothing was sent; "
        "find out who works on it, and make a new plan"
    )
    assert made.drift is not None
    assert made.drift.startswith("--- fw1 read first\n+++ fw1 now\n")
    assert made.drift.splitlines()[-1] == "+ throughput level 1G"
    assert made.seen == Seen(startup=Startup.AS_BEFORE)
    assert made.device == device()


def test_a_block_that_cannot_be_read_right_before_the_first_line_is_refused() -> None:
    """Unread is not unchanged."""
    made = outcomes.moved_meanwhile(device(), UNDERTAKING, None, None)

    assert made == Refused(
        device=device(),
        reason="the 'license smart' block could not be read right before the first line; nothing was sent; "
        "find out who works on it, and make a new plan",
    )


@pytest.mark.parametrize(
    ("modified", "who"), [("kim at\t11:00", r", last by kim at\t11:00"), (None, ""), ("", "")]
)
def test_a_configuration_that_changes_at_this_moment_is_refused_with_who_does_it(
    modified: str | None, who: str
) -> None:
    """What a device says is one line of print."""
    made = outcomes.changed_meanwhile(device(), UNDERTAKING, ConfigTrace(modified=modified), SAVED_CHANGE)

    assert made.device == device()
    assert made.seen == Seen(startup=Startup.AS_INTENDED)
    assert made.reason == (
        f"somebody has changed the configuration since it was read a moment ago{who}; nothing was sent; "
        "find out who works on it, and push again when they have saved"
    )


# --------------------------------------------------------------------------- whose journal it is

JOURNAL = replace(BEGAN, plan_digest=PLAN.digest, devices=("fw1",))


def in_doubt(**changes: Any) -> dict[str, Left]:
    return {"fw1": InDoubt(at=Step.SENT, undertaking=replace(UNDERTAKING, **changes))}


def test_a_run_goes_on_with_what_a_push_of_its_plan_would_have_done() -> None:
    """Also where a firewall of an older release's journal is not named."""
    assert contradiction(PLAN, JOURNAL, in_doubt()) is None
    assert contradiction(PLAN, JOURNAL, in_doubt(identity=None, mate_serial=None)) is None
    assert contradiction(PLAN, JOURNAL, {"fw1": Untouched()}) is None


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (
            lambda began: replace(began, plan_digest="ab" * 32),
            f"the run began with the plan abababababab, and the plan in its folder is {PLAN.digest[:12]}",
        ),
        (
            lambda began: replace(began, devices=("fw1", "fw9")),
            "the journal names 'fw9', which the plan does not change",
        ),
        (lambda began: replace(began, devices=("fw1", "fw1")), "the journal names a device twice"),
    ],
)
def test_a_journal_of_another_plan_is_not_gone_on_with(edit: Callable[[Began], Began], why: str) -> None:
    """Who can write to the state directory must not have lines sent by it."""
    assert contradiction(PLAN, edit(JOURNAL), in_doubt()) == why


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (
            {"apply": (*PLANNED.apply, "username eve privilege 15")},
            "the journal's lines holds 'username eve privilege 15', which must not be sent",
        ),
        (
            {"rollback": ("license smart", " transport type smart | tee disk0:/x")},
            "the journal's rollback holds ' transport type smart | tee disk0:/x', which must not be sent",
        ),
        ({"apply": ("license smart", " no transport proxy")}, "the journal's lines is not the plan's"),
        ({"rollback": ("license smart", " no transport proxy")}, "the journal's rollback is not the plan's"),
        ({"identity": HER}, "the journal names another firewall than the plan"),
        ({"mate_serial": "X"}, "the journal names another mate than the plan"),
        (
            {"before": ("license smart", " transport type callhome")},
            "the journal goes back to another state than the plan",
        ),
        ({"predicted": ("license smart",)}, "the journal leads to another state than the plan"),
    ],
)
def test_an_undertaking_that_is_not_the_plans_is_not_gone_on_with(changes: dict[str, Any], why: str) -> None:
    """A rollback is sent without asking, so that it must be the one that was approved."""
    assert contradiction(PLAN, JOURNAL, in_doubt(**changes)) == f"fw1: {why}"


# --------------------------------------------------------------------------- what the journal keeps of it


SEEN = Seen(startup=Startup.AS_INTENDED, identity=HER)
ENDS: tuple[PushOutcome, ...] = (
    Applied(device=device(), verified=Verified.CONTACT, saved=True, reason="r", seen=SEEN),
    Applied(device=device(), verified=Verified.CONFIG, saved=False, seen=SEEN),
    NoChange(device=device(), reason="r", seen=SEEN),
    Refused(device=device(), reason="r", seen=SEEN),
    RolledBack(device=device(), reason="r", seen=SEEN),
    RollbackFailed(device=device(), reason="r", seen=SEEN),
    Failed(device=device(), reason="r", seen=SEEN, is_internal=True),
    Failed(device=device(), reason="r", seen=SEEN),
    Unknown(device=device(), reason="r", seen=SEEN, is_internal=True),
    Unknown(device=device(), reason="r", seen=SEEN),
)


@pytest.mark.parametrize("outcome", ENDS, ids=lambda one: f"{one.word}: {one.reason}")
def test_an_outcome_is_read_back_from_the_journal_as_it_was(outcome: PushOutcome) -> None:
    """A resumed push tells what the killed one had found, and nothing else."""
    assert outcomes.outcome_of(outcomes.ended(outcome), device()) == outcome


def test_a_journal_that_ends_a_device_in_a_word_of_its_own_is_of_another_program() -> None:
    """Nothing is guessed of a firewall."""
    with pytest.raises(ValueError, match="fw1: the journal ends it with 'fine'"):
        outcomes.outcome_of(Ended(device="fw1", outcome="fine", saved=False), device())


def test_an_applied_change_of_an_old_journal_counts_as_the_weaker_proof() -> None:
    """It did not say what proved it."""
    made = outcomes.outcome_of(Ended(device="fw1", outcome="applied", saved=True), device())

    assert made == Applied(device=device(), verified=Verified.CONFIG, saved=True)


def test_an_end_without_a_reason_is_read_as_an_empty_one() -> None:
    """Not as a word that no device has said."""
    assert outcomes.outcome_of(Ended(device="fw1", outcome="failed", saved=False), device()).reason == ""
