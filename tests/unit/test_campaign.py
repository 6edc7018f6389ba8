"""A push over many devices: wave after wave, one outcome each, and every way to stop it."""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asa_transport.capabilities import Deadline
from asa_transport.core.pushing.campaign.budget import with_max_fail
from asa_transport.core.pushing.campaign.rehearsal import foretold
from asa_transport.engine import bridge
from asa_transport.engine.fleet import Lost
from asa_transport.flows.campaign import (
    NOT_STARTED,
    Campaign,
    CampaignPorts,
    Orders,
    PushOne,
    PushStop,
    WaveSummary,
)
from asa_transport.model import (
    ChangeWindow,
    Device,
    DryRunOutcome,
    Failed,
    FailureBudget,
    NoChange,
    NotReached,
    PlannedDevice,
    PushOutcome,
    Refused,
    SessionCaps,
    Step,
    Unknown,
    Verified,
    Weekday,
    WouldPush,
)
from tests.unit.campaigning import MAKERS, NO_BUDGET, fleet, named, outcome, plan, planned

NOW = datetime(2026, 1, 12, 12, 0, tzinfo=UTC)  # a Monday
NIGHT = ChangeWindow(days=(Weekday.MON,), opens=time(22), closes=time(4), zone=ZoneInfo("UTC"))
CLOSED = "outside the change windows; the next one opens mon 2026-01-12 22:00 UTC"


@dataclass
class Log:
    """A `CampaignObserver` that remembers."""

    events: list[str] = field(default_factory=list)

    def wave_started(self, wave: int, devices: Sequence[Device]) -> None:
        self.events.append(f"wave {wave}: {' '.join(device.name for device in devices)}")

    def started(self, device: Device) -> None:
        self.events.append(f"+{device.name}")

    def stepped(self, device: Device, step: Step) -> None:
        self.events.append(f"{device.name} {step}")

    def ended(self, outcome: PushOutcome) -> None:
        self.events.append(f"-{outcome.device.name}")

    def waiting(self, seconds: float) -> None:
        self.events.append(f"wait {seconds:g}")

    def ending(self) -> None:
        self.events.append("ending")

    def stopped(self, reason: str) -> None:
        self.events.append(f"stopped by {reason}")


class PatientStop(PushStop):
    """A wish to end whose waits take no time; `then` happens in them."""

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.then = then

    def wait(self, seconds: float) -> None:
        del seconds
        self.then()


@dataclass
class Run:
    """A campaign with hands of its own; `words` says how each device ends, `applied` where it does not."""

    devices: tuple[PlannedDevice, ...]
    words: dict[str, str] = field(default_factory=dict)
    log: Log = field(default_factory=Log)
    stop: PushStop = field(default_factory=PatientStop)
    push: PushOne | None = None
    ports: dict[str, Any] = field(default_factory=dict)
    orders: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        orders = Orders(
            plan=plan(*self.devices),
            **{
                "devices": tuple(named(one.name) for one in self.devices),
                "budget": NO_BUDGET,
                "workers": 1,
                "device_s": 60,
                **self.orders,
            },
        )
        ports = CampaignPorts(
            push=self.push or self.as_told,
            settle=self.as_told,
            observer=self.log,
            stop=self.stop,
            **{"may_have_sent": lambda _: False, "now": lambda: NOW, **self.ports},
        )
        self.campaign = Campaign(orders, ports)

    def as_told(self, device: Device, device_deadline: Deadline) -> PushOutcome:
        del device_deadline
        return outcome(device.name, self.words.get(device.name, "applied"))

    def ended(self) -> list[PushOutcome]:
        return list(self.campaign.outcomes())

    @property
    def started(self) -> list[str]:
        return [event[1:] for event in self.log.events if event.startswith("+")]


def waves(*sizes: int) -> tuple[PlannedDevice, ...]:
    """Devices a1 a2 … in wave 1, b1 b2 … in wave 2."""
    return tuple(
        planned(f"{letter}{n}", wave=wave)
        for wave, (letter, size) in enumerate(zip("abcdef", sizes, strict=False), start=1)
        for n in range(1, size + 1)
    )


def test_the_waves_go_in_order_and_every_step_of_the_run_is_told() -> None:
    """A wave that began before the last one ended would make the canary worthless."""
    run = Run(waves(1, 2))

    found = run.ended()

    assert [one.device.name for one in found] == ["a1", "b1", "b2"]
    assert run.log.events == ["wave 1: a1", "+a1", "-a1", "wave 2: b1 b2", "+b1", "-b1", "+b2", "-b2"]
    assert run.campaign.stopped_by is None


def test_a_stop_leaves_the_rest_not_reached_and_says_why() -> None:
    """The report of a stopped push must name what was not done."""
    run = Run(waves(1, 3), {"b1": "unknown"})

    found = {one.device.name: one for one in run.ended()}

    assert run.campaign.stopped_by == "b1 is in an unknown state; a person must look at it"
    assert found["b2"] == NotReached(device=named("b2"), reason=NOT_STARTED)
    assert run.started == ["a1", "b1"]
    assert [event for event in run.log.events if event.startswith("stopped")] == [
        f"stopped by {run.campaign.stopped_by}"
    ]


def test_until_the_first_proof_one_device_is_in_work_and_then_as_many_as_there_are_workers() -> None:
    """The first device that shows that the change works opens the way for the others."""
    lock, in_work, most = threading.Lock(), set[str](), dict[str, int]()
    three = threading.Barrier(3)

    def push(device: Device, device_deadline: Deadline) -> PushOutcome:
        with lock:
            in_work.add(device.name)
            most[device.name] = len(in_work)
        if device.name.startswith("b"):
            bridge.aside(lambda: three.wait(30))
        with lock:
            in_work.discard(device.name)
        del device_deadline
        return outcome(device.name, "applied")

    Run(waves(3, 3), push=push, orders={"workers": 3}).ended()
    slow = Run(waves(0, 3), push=None, orders={"workers": 3}, words={f"b{n}": "no-change" for n in (1, 2, 3)})
    slow.ended()

    assert most["a1"] == 1
    assert slow.log.events == ["wave 2: b1 b2 b3", "+b1", "-b1", "+b2", "-b2", "+b3", "-b3"]


def test_the_devices_of_a_pair_go_one_after_the_other_and_before_anybody_else() -> None:
    """Both units of a pair in doubt at once is an outage."""
    devices = (
        planned("a"),
        planned("b1", wave=2, unit="b1+b2"),
        planned("c", wave=2),
        planned("b2", wave=2, unit="b1+b2"),
    )
    both = threading.Barrier(2)
    lock, in_work = threading.Lock(), set[str]()
    seen: list[frozenset[str]] = []

    def push(device: Device, device_deadline: Deadline) -> PushOutcome:
        del device_deadline
        with lock:
            in_work.add(device.name)
            seen.append(frozenset(in_work))
        if device.name in ("b1", "c"):
            bridge.aside(lambda: both.wait(30))
        with lock:
            in_work.discard(device.name)
        return outcome(device.name, "applied")

    run = Run(devices, push=push, orders={"workers": 4})
    run.ended()

    assert run.started == ["a", "b1", "c", "b2"]
    assert not any({"b1", "b2"} <= together for together in seen)


@pytest.mark.parametrize(
    ("caps", "most"),
    [
        (SessionCaps(per_jump=1), 1),
        (SessionCaps(per_jump=2), 2),
        (SessionCaps(per_jump=0, per_region=2), 2),
        (SessionCaps(per_jump=0, per_group=1), 1),
    ],
)
def test_a_push_keeps_to_the_caps_of_what_devices_share_and_others_pass(caps: SessionCaps, most: int) -> None:
    """A bastion that takes ten sessions of an audit takes no more of a push."""
    chosen = waves(1, 4)
    devices = tuple(
        replace(named(one.name), jump="bastion", region="emea", groups=("paris",)) for one in chosen[:-1]
    )
    in_work, seen, begun = set[str](), list[int](), threading.Barrier(most + 1)

    def push(device: Device, device_deadline: Deadline) -> PushOutcome:
        del device_deadline
        in_work.add(device.name)
        seen.append(len(in_work - {"b4"}))
        if device.name in {"b4", *(f"b{n}" for n in range(1, most + 1))}:
            bridge.aside(lambda: begun.wait(30))
        in_work.discard(device.name)
        return replace(outcome(device.name, "applied"), device=device)

    run = Run(chosen, push=push, orders={"workers": 4, "caps": caps, "devices": (*devices, named("b4"))})
    ended = run.ended()

    assert [one.word for one in ended] == ["applied"] * 5
    assert max(seen) == most
    assert run.started[: most + 2] == ["a1", *(f"b{n}" for n in range(1, most + 1)), "b4"]


def test_a_cap_takes_no_device_out_of_its_turn_where_the_budget_has_no_room() -> None:
    """What may not start yet waits in its place, and counts for nobody meanwhile."""
    chosen = waves(3)
    devices = tuple(replace(named(one.name), jump="bastion") for one in chosen)
    orders = {"workers": 3, "caps": SessionCaps(per_jump=2), "devices": devices}

    run = Run(chosen, {"a1": "refused"}, orders=orders)
    run.ended()

    assert run.log.events == ["wave 1: a1 a2 a3", "+a1", "-a1", "+a2", "-a2", "+a3", "-a3"]


def test_outside_the_change_window_every_device_is_refused_and_none_contacted() -> None:
    """The next opening is in the refusal, because somebody has to come back for it."""
    run = Run(waves(1, 1), orders={"windows": (NIGHT,)})

    found = run.ended()

    assert found == [Refused(device=named(name), reason=CLOSED) for name in ("a1", "b1")]
    assert run.campaign.stopped_by == CLOSED
    assert run.started == []


def test_a_window_that_ends_midway_stops_further_starts() -> None:
    """A push that began in time must not run into the morning."""
    log = Log()

    def now() -> datetime:
        return NOW.replace(hour=23) if "-a2" not in log.events else NOW.replace(day=13, hour=4)

    run = Run(waves(4, 1), log=log, orders={"windows": (NIGHT,)}, ports={"now": now})

    found = run.ended()

    assert run.started == ["a1", "a2"]
    assert {type(one) for one in found[2:]} == {NotReached}
    assert run.campaign.stopped_by == CLOSED.replace("01-12", "01-19")


def test_a_window_that_ends_in_a_pause_ends_the_run_without_a_question() -> None:
    """Nobody is asked for a wave that may not begin."""
    hours = [23]
    stop = PatientStop(lambda: hours.append(4))
    run = Run(
        waves(1, 1),
        stop=stop,
        orders={"windows": (NIGHT,), "pause_s": 60.0},
        ports={
            "now": lambda: NOW.replace(day=12 if hours[-1] == 23 else 13, hour=hours[-1]),
            "confirm": lambda _: pytest.fail("asked"),
        },
    )

    run.ended()

    assert run.started == ["a1"]
    assert "wave 2: b1" not in run.log.events


def test_the_pause_comes_between_waves_and_is_told() -> None:
    """After the last wave nobody waits."""
    run = Run(waves(1, 1, 1), orders={"pause_s": 90.0})

    run.ended()

    assert [event for event in run.log.events if event[0] == "w"] == [
        "wave 1: a1", "wait 90", "wave 2: b1", "wait 90", "wave 3: c1",
    ]  # fmt: skip


def test_an_interruption_in_the_pause_ends_it() -> None:
    """Ctrl-C in a pause of an hour must not take an hour."""
    stop = PatientStop()
    stop.then = stop.set
    run = Run(waves(1, 1), orders={"pause_s": 3600.0}, stop=stop, ports={"confirm": lambda _: True})

    run.ended()

    assert run.started == ["a1"]
    assert run.campaign.stopped_by == "interrupted"


def test_a_wait_ends_at_once_when_the_run_is_to_end() -> None:
    """The real wait, without a clock in the test: it would outlast the test's own limit."""
    stop = PushStop()
    threading.Thread(target=stop.set).start()

    stop.wait(3600)

    assert stop.is_set()


def test_a_no_between_waves_stops_the_run() -> None:
    """The person who is asked sees what happened so far, and what would be next."""
    asked: list[WaveSummary] = []

    def confirm(summary: WaveSummary) -> bool:
        asked.append(summary)
        return summary.wave < 3

    run = Run(waves(1, 2, 1), {"b1": "refused"}, ports={"confirm": confirm})

    found = run.ended()

    assert asked == [
        WaveSummary(counts={"applied": 1}, wave=2, last_wave=3, devices=("b1", "b2")),
        WaveSummary(counts={"applied": 2, "refused": 1}, wave=3, last_wave=3, devices=("c1",)),
    ]
    assert run.campaign.stopped_by == "the operator answered no before wave 3"
    assert isinstance(found[-1], NotReached)


@pytest.mark.parametrize("word", ["refused", "unreachable", "config", "rolled-back"])
def test_a_first_wave_that_proves_nothing_is_the_last_one(word: str) -> None:
    """Whatever the reason: a canary that was refused or out of reach says nothing of the change."""
    run = Run(waves(2, 3), {"a1": word, "a2": word}, orders={"workers": 4})

    found = {one.device.name: one for one in run.ended()}

    assert set(run.started) <= {"a1", "a2"}
    assert run.campaign.stopped_by is not None
    assert "has shown" in run.campaign.stopped_by or "had shown" in run.campaign.stopped_by
    assert all(found[name] == NotReached(device=named(name), reason=NOT_STARTED) for name in ("b1", "b3"))


def test_a_wave_that_had_nothing_to_do_gives_its_place_to_the_next() -> None:
    """Somebody mended the canary by hand: the next device is the canary, and goes alone."""
    run = Run(waves(1, 3), {"a1": "no-change", "b1": "refused"}, orders={"workers": 4})

    run.ended()

    assert run.log.events[3:8] == ["wave 2: b1 b2 b3", "+b1", "-b1", "+b2", "-b2"]
    assert run.campaign.stopped_by is None


def test_the_next_of_the_first_wave_may_prove_the_change_and_the_others_follow() -> None:
    """One firewall that happens to be switched off must not cost the night."""
    run = Run(waves(3, 2), {"a1": "unreachable", "a2": "refused"}, orders={"workers": 4})

    run.ended()

    assert run.started == ["a1", "a2", "a3", "b1", "b2"]
    assert run.log.events[:6] == ["wave 1: a1 a2 a3", "+a1", "-a1", "+a2", "-a2", "+a3"]
    assert run.campaign.stopped_by is None


@pytest.mark.parametrize("answer", [True, False])
def test_a_person_decides_whether_to_go_on_without_a_proof(answer: bool) -> None:
    """And is told what it would rest on; even then one device goes at a time until there is a proof."""
    asked: list[WaveSummary] = []

    def confirm(summary: WaveSummary) -> bool:
        asked.append(summary)
        return answer

    words = {"a1": "refused", "b1": "no-change"}
    run = Run(waves(1, 4), words, ports={"confirm": confirm}, orders={"workers": 4})
    run.ended()

    assert [one.unproven for one in asked] == ["no device has shown yet that the change works (a1 refused)"]
    if answer:
        assert run.log.events[3:8] == ["wave 2: b1 b2 b3 b4", "+b1", "-b1", "+b2", "-b2"]
    else:
        assert run.started == ["a1"]
        assert run.campaign.stopped_by == "the operator answered no before wave 2"


@pytest.mark.parametrize("word", ["refused", "applied"])
def test_what_goes_on_after_a_crash_asks_for_a_proof_too(word: str) -> None:
    """`resume` begins behind the first wave: what that came to is in the outcomes that ended before."""
    devices = waves(1, 2)
    run = Run(devices, orders={"ended": (outcome("a1", word),)})

    run.ended()

    assert run.started == (["b1", "b2"] if word == "applied" else [])


KINDS: dict[str, Callable[[Device], DryRunOutcome]] = {
    "would-push": lambda one: WouldPush(device=one),
    "no-change": lambda one: NoChange(device=one, reason="is as intended"),
    "refused": lambda one: Refused(device=one, reason="has moved"),
    "not-reached": lambda one: NotReached(device=one, reason="timed out"),
}
SAME = {"would-push": "applied", "not-reached": "unreachable"}


@settings(max_examples=150, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 4), min_size=1, max_size=4),
    groups=st.lists(st.sampled_from(["emea", "apac"]), min_size=16, max_size=16),
    budget=st.builds(
        FailureBudget,
        number=st.none() | st.integers(0, 4),
        percent=st.none() | st.integers(0, 100),
        per_group=st.none() | st.integers(0, 3),
        consecutive=st.none() | st.integers(1, 4),
    ),
    data=st.data(),
)
def test_a_dry_run_foretells_where_the_push_of_the_same_devices_stops(
    sizes: list[int], groups: list[str], budget: FailureBudget, data: st.DataObject
) -> None:
    """The same words and the same devices left out, and what is said to let it pass lets it pass."""
    devices = tuple(
        dataclasses.replace(one, groups=(group,)) for one, group in zip(waves(*sizes), groups, strict=False)
    )
    weights = data.draw(st.sampled_from([sorted(KINDS), ["would-push", "would-push", "refused"]]))
    kinds = {one.name: data.draw(st.sampled_from(weights)) for one in devices}
    found = [KINDS[kind](named(name)) for name, kind in kinds.items()]

    told = foretold(plan(*devices), found, budget, Verified.CONTACT)

    def pushed(names: Collection[str], budget: FailureBudget) -> Run:
        chosen = tuple(one for one in devices if one.name in names)
        words = {name: SAME.get(kinds[name], kinds[name]) for name in names}
        run = Run(chosen, words, orders={"budget": budget})
        run.ended()
        return run

    run = pushed(kinds, budget)
    assert told.rehearsal.stopped_by == run.campaign.stopped_by
    assert set(told.rehearsal.not_started) == set(kinds) - set(run.started)
    if told.without is not None:
        assert pushed(set(kinds) - set(told.without), budget).campaign.stopped_by is None
    if told.max_fail is not None:
        assert pushed(kinds, with_max_fail(budget, str(told.max_fail))).campaign.stopped_by is None
        less = str(told.max_fail - 1)
        assert told.max_fail > 0
        assert pushed(kinds, with_max_fail(budget, less)).campaign.stopped_by is not None


def test_nobody_is_asked_once_the_run_is_stopped() -> None:
    """A question whose answer changes nothing teaches people to say yes."""
    run = Run(waves(1, 1), {"a1": "unknown"}, ports={"confirm": lambda _: pytest.fail("asked")})

    run.ended()

    assert run.started == ["a1"]


def test_an_interruption_at_the_question_is_an_interruption() -> None:
    """The signal raises there, because a question would else wait for its answer."""
    stop = PatientStop()

    def confirm(summary: WaveSummary) -> bool:
        del summary
        assert stop.is_asking
        raise KeyboardInterrupt

    run = Run(waves(1, 1), stop=stop, ports={"confirm": confirm})
    run.ended()

    assert run.campaign.stopped_by == "interrupted"
    assert not stop.is_asking


def test_an_interruption_lets_devices_in_work_end_and_starts_no_other() -> None:
    """What is in work when the flag is set ends by itself, with its own outcome."""
    stop = PushStop()
    both_in_work = threading.Barrier(3)

    def push(device: Device, device_deadline: Deadline) -> PushOutcome:
        if device.name == "a1":
            return outcome("a1", "applied")
        bridge.aside(lambda: both_in_work.wait(30))
        while not stop.is_set():
            device_deadline.sleep(0.001)
        return outcome(device.name, "rolled-back" if device.name == "b1" else "applied")

    def interrupt() -> None:
        both_in_work.wait(30)
        stop.set()

    run = Run(waves(1, 5), push=push, stop=stop, orders={"workers": 2})
    threading.Thread(target=interrupt).start()
    found = {one.device.name: type(one).__name__ for one in run.ended()}

    assert found == {
        "a1": "Applied", "b1": "RolledBack", "b2": "Applied", "b3": "NotReached", "b4": "NotReached",
        "b5": "NotReached",
    }  # fmt: skip
    assert run.campaign.stopped_by == "interrupted"
    assert run.log.events.count("ending") == 1


@pytest.mark.parametrize(("may_have_sent", "kind"), [(True, Unknown), (False, Failed)])
def test_a_worker_that_crashes_is_unknown_only_if_lines_may_have_been_sent(
    may_have_sent: bool, kind: type
) -> None:
    """The journal knows; our own fault must not hide what a firewall may have got."""
    kept: list[Lost] = []

    def push(device: Device, device_deadline: Deadline) -> PushOutcome:
        del device_deadline
        raise RuntimeError(device.name)

    ports = {"may_have_sent": lambda _: may_have_sent, "keep_error": kept.append}
    run = Run(waves(2), push=push, ports=ports)

    first, rest = run.ended()

    assert isinstance(first, kind)
    assert isinstance(rest, NotReached)
    assert [str(lost.error) for lost in kept] == ["a1"]


def test_a_worker_that_never_comes_back_is_given_up() -> None:
    """One name lookup that hangs must not hold the fleet."""
    forever = threading.Event()

    def push(device: Device, device_deadline: Deadline) -> PushOutcome:
        del device_deadline
        if device.name == "a2":
            bridge.aside(lambda: forever.wait(60))
        return outcome(device.name, "applied")

    run = Run(waves(3), push=push, orders={"device_s": 0.05, "grace_s": 0.05})
    found = {one.device.name: one for one in run.ended()}
    forever.set()

    assert found["a2"] == Failed(
        device=named("a2"),
        reason="the work on this device did not end within 0.05 s, and the program stopped waiting for it; "
        "no line was sent",
    )
    assert found["a3"] == outcome("a3", "applied")


def test_a_resumed_run_begins_with_what_has_ended_and_settles_what_is_open() -> None:
    """What an earlier process left in work is looked at first, one at a time, and counts."""
    budget = dataclasses.replace(NO_BUDGET, number=1)
    run = Run(
        waves(1, 4),
        {"b2": "rolled-back"},
        orders={
            "budget": budget,
            "ended": (outcome("a1", "applied"), outcome("b1", "failed")),
            "to_settle": ("b2",),
        },
    )

    found = [f"{one.device.name} {type(one).__name__}" for one in run.ended()]

    assert found == ["a1 Applied", "b1 Failed", "b2 RolledBack", "b3 NotReached", "b4 NotReached"]
    assert run.campaign.stopped_by == "failure budget: 2 failed, 1 allowed"
    assert run.log.events[:2] == ["+b2", "-b2"]


def test_what_is_open_is_settled_whatever_the_window_and_the_first_settled_say() -> None:
    """Nobody knows how those devices stand, so they do not wait for the night."""
    run = Run(
        waves(1, 3),
        {"b1": "unknown"},
        orders={"ended": (outcome("a1", "applied"),), "to_settle": ("b1", "b2"), "windows": (NIGHT,)},
    )

    found = {one.device.name: type(one).__name__ for one in run.ended()}

    assert found == {"a1": "Applied", "b1": "Unknown", "b2": "Applied", "b3": "NotReached"}
    assert run.started == ["b1", "b2"]


@pytest.mark.parametrize(("may_have_sent", "kind"), [(True, "Unknown"), (False, "NotReached")])
def test_an_interruption_leaves_open_what_was_not_looked_at(may_have_sent: bool, kind: str) -> None:
    """`not-reached` of a device that may have got lines would be a lie."""
    stop = PatientStop()
    stop.set()
    run = Run(
        waves(1, 1),
        stop=stop,
        ports={"may_have_sent": lambda _: may_have_sent},
        orders={"to_settle": ("a1",)},
    )

    assert [type(one).__name__ for one in run.ended()] == [kind, "NotReached"]
    assert run.started == []


def test_devices_that_are_not_in_the_plan_are_our_own_mistake() -> None:
    """A device that no wave has would never get its turn."""
    with pytest.raises(ValueError, match="not those of its plan"):
        Run(waves(1), orders={"devices": (named("z"),)})
    with pytest.raises(ValueError, match="not those of its plan"):
        Run(waves(1), orders={"ended": (outcome("a1", "applied"),), "to_settle": ("a1",)})


@settings(deadline=None, max_examples=60)
@given(
    sizes=st.lists(st.integers(0, 5), min_size=1, max_size=4),
    workers=st.integers(1, 6),
    budget=st.builds(
        FailureBudget,
        number=st.none() | st.integers(0, 4),
        percent=st.none() | st.integers(0, 100),
        per_group=st.none() | st.integers(0, 3),
        consecutive=st.none() | st.integers(1, 4),
    ),
    data=st.data(),
)
def test_every_chosen_device_has_exactly_one_outcome_whatever_happens(
    sizes: list[int], workers: int, budget: FailureBudget, data: st.DataObject
) -> None:
    """Outcomes, crashes, stops and an interruption at any start; in real threads."""
    devices = waves(*sizes)
    kinds = st.sampled_from([*sorted(MAKERS), "crash"]) if data.draw(st.booleans()) else st.just("applied")
    words = {one.name: data.draw(kinds) for one in devices}
    interrupt_at = data.draw(st.sampled_from(["", *(one.name for one in devices)]))
    stop = PatientStop()

    def push(device: Device, device_deadline: Deadline) -> PushOutcome:
        del device_deadline
        if device.name == interrupt_at:
            stop.set()
        if words[device.name] == "crash":
            raise RuntimeError
        return outcome(device.name, words[device.name])

    run = Run(devices, push=push, stop=stop, orders={"budget": budget, "workers": workers})
    found = Counter(one.device.name for one in run.ended())

    assert found == Counter(one.name for one in devices)
    assert run.campaign.stopped_by is not None or run.started == [one.name for one in devices]
    assert len(run.started) == len(set(run.started))


def test_a_fleet_of_many_is_no_slower_than_its_devices() -> None:
    """Every start is asked for; that must not cost the square of the fleet."""
    run = Run(fleet(2000, groups=("all",), region="hq"), orders={"workers": 50, "windows": ()})

    assert len(run.ended()) == 2000
