"""How devices wait, are dialled, tried again and given to the workers; in virtual time, below no SSH."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import pytest
from tenacity import wait_fixed

from asa_transport.capabilities import Deadline, EnableHeld, Link, Visit
from asa_transport.edges.ssh.links import TcpLink
from asa_transport.engine import bridge, places, retry
from asa_transport.engine.admission import MOST_REJECTED, Trial
from asa_transport.engine.fleet import Lost, RunStop, Terms, run_outcomes
from asa_transport.errors import AuthenticationError, ConnectError, DeviceError, EnableError
from asa_transport.model import Device, SecretUse, SessionCaps
from tests.unit.virtual_time import VirtualLoop

LOGIN, ENABLE = SecretUse.LOGIN, SecretUse.ENABLE


def devices(count: int, name: str = "fw", **given: Any) -> tuple[Device, ...]:
    first = Device(
        name=name, host="192.0.2.1", port=22, username="u", credential="c", known_hosts=Path("/nowhere")
    )
    return tuple(replace(first, name=f"{name}-{number:05}", **given) for number in range(count))


def silent(device: Device, *, is_transient: bool = True) -> ConnectError:
    return ConnectError(
        device.name, did="connecting", saw="no answer", hint="wait", is_transient=is_transient
    )


def failing(error: DeviceError) -> NoReturn:
    raise error


class World:
    """What the devices do: approach and work as coroutines, and a record of both.

    Attributes:
        silent_s: Seconds that a device whose name begins with `hole` keeps an approach waiting.
        work_s: Seconds of work.
        ends: What the work on a device ends with; its name by default.
    """

    def __init__(self, *, work_s: float = 1.0, silent_s: float = 10.0, fails: int = 10**9) -> None:
        self.work_s = work_s
        self.silent_s = silent_s
        self.dialled: list[tuple[float, str]] = []
        self.links: list[TcpLink] = []
        self.at_once: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.ends: Callable[[Visit], str] = lambda visit: visit.device.name
        self._fails = fails

    async def approach(self, device: Device, deadline: Deadline) -> Link:
        self.dialled.append((asyncio.get_running_loop().time(), device.name))
        self._enter("dialled", 1)
        self._enter(f"jump {device.jump}", 1)
        try:
            if device.name.startswith("hole") and self._count(device) <= self._fails:
                await asyncio.sleep(min(self.silent_s, deadline.remaining_s()))
                raise silent(device)
            await asyncio.sleep(0.01)
        except BaseException:
            self._enter(f"jump {device.jump}", -1)
            raise
        finally:
            self._enter("dialled", -1)
        self.links.append(TcpLink(socket.socket()))
        return self.links[-1]

    async def close(self) -> None:
        pass

    async def visit(self, visit: Visit) -> str:
        self._enter("work", 1)
        try:
            await asyncio.sleep(self.work_s)
            if visit.deadline.remaining_s() <= 0:
                return f"{visit.device.name} late"
            return await bridge.bridged(partial(self.ends, visit))
        finally:
            self._enter("work", -1)
            self._enter(f"jump {visit.device.jump}", -1)

    def _count(self, device: Device) -> int:
        return sum(name == device.name for _, name in self.dialled)

    def _enter(self, what: str, step: int) -> None:
        self.at_once[what] += step
        self.most[what] = max(self.most[what], self.at_once[what])


def lost(lost: Lost) -> str:
    return f"{lost.device.name} {lost.loss.name}"


def failed(device: Device, error: DeviceError) -> str:
    return f"{device.name} {error.stage}: {error.saw}"


def terms(**given: Any) -> Terms[str]:
    return Terms(
        **{
            "lost": lost,
            "failed": failed,
            "workers": 2,
            "device_s": 120.0,
            "attempts": 3,
            "jitter": wait_fixed(0.5),
            "new_loop": VirtualLoop,
            **given,
        }
    )


def run(fleet: Sequence[Device], world: World, stop: RunStop | None = None, **given: Any) -> list[str]:
    found = run_outcomes(fleet, world, terms(**given), approach=world.approach, stop=stop or RunStop())
    return list(found)


def test_devices_that_do_not_answer_hold_no_worker() -> None:
    """More of them than there are workers and places ahead, all before the healthy: these are done first."""
    fleet = (*devices(200, "hole"), *devices(5))
    world = World()

    found = run(fleet, world, workers=2, attempts=3)

    assert sorted(found[:5]) == [device.name for device in devices(5)]
    assert sorted(found[5:]) == [f"{device.name} connect: no answer" for device in devices(200, "hole")]


@pytest.mark.parametrize("device_s", [5.0, 10.0, 15.0, 21.0, 25.0, 34.9, 120.0])
def test_attempts_and_the_waits_between_them_stay_within_the_time_of_the_device(device_s: float) -> None:
    """Three attempts of ten seconds must not make a device cost more than its limit."""
    ended: list[float] = []
    world = World(silent_s=10.0)

    def note(device: Device, error: DeviceError) -> str:
        ended.append(asyncio.get_running_loop().time())
        return failed(device, error)

    run(devices(1, "hole"), world, device_s=device_s, failed=note)

    starts = [at for at, _ in world.dialled]
    assert starts == [0.0, 11.0, 22.5][: len(starts)]
    assert len(starts) == sum(start < device_s for start in (0.0, 11.0, 22.5))
    assert ended[0] <= device_s


def test_the_wait_before_the_next_attempt_doubles_to_four_seconds_and_has_jitter() -> None:
    """A thousand devices that a switch cut off must not come back in one moment."""
    world = World(silent_s=0.0)

    run(devices(1, "hole"), world, attempts=7, jitter=wait_fixed(0.5))

    at = [at for at, _ in world.dialled]
    assert [later - sooner for sooner, later in pairwise(at)] == [1.0, 1.5, 2.5, 4.5, 4.5, 4.5]
    assert (retry.JITTER.wait_random_min, retry.JITTER.wait_random_max) == (0, 1)


def test_a_fault_that_passes_is_tried_again_and_a_lasting_one_is_not() -> None:
    """A device that was out of sessions a second ago is no finding; a wrong name is not asked thrice."""
    passing, lasting = World(fails=1), World()
    started: list[Device] = []
    lasting.ends = lambda visit: failing(silent(visit.device, is_transient=False))

    assert run(devices(1, "hole"), passing, started=started.append) == ["hole-00000"]
    assert (len(passing.dialled), len(started)) == (2, 1)
    assert run(devices(1), lasting) == ["fw-00000 connect: no answer"]
    assert len(lasting.dialled) == 1


def test_work_whose_link_breaks_before_the_login_is_dialled_again() -> None:
    """The handshake is part of the connection, though a worker makes it."""
    world = World()
    world.ends = lambda visit: "done at last" if len(world.dialled) == 3 else failing(silent(visit.device))

    assert run(devices(1), world) == ["done at last"]
    assert len(world.dialled) == 3


class Standing(World):
    """Devices named `stuck` complete so many steps and then none for so long; others are done at once."""

    def __init__(self, stuck_s: float, *, answers: int = 1, step_s: float = 1.0) -> None:
        super().__init__()
        self._stuck_s = stuck_s
        self._answers = answers
        self._step_s = step_s
        self.ended: dict[str, float] = {}

    async def visit(self, visit: Visit) -> str:
        self._enter("work", 1)
        try:
            for _ in range(self._answers):
                await asyncio.sleep(self._step_s)
                visit.heard()
            await asyncio.sleep(self._stuck_s if visit.device.name.startswith("stuck") else 0.1)
            return visit.device.name
        finally:
            self.ended[visit.device.name] = asyncio.get_running_loop().time()
            self._enter("work", -1)
            self._enter(f"jump {visit.device.jump}", -1)


@pytest.mark.parametrize(
    ("answers", "patience_s"),
    [
        pytest.param(0, places.LOGIN_PATIENCE_S, id="login"),
        pytest.param(1, places.ANSWER_PATIENCE_S, id="answer"),
    ],
)
def test_a_device_that_stands_still_in_its_session_keeps_no_other_from_work(
    answers: int, patience_s: float
) -> None:
    """It holds its session to the limit of a command; the ten behind it begin once patience is over."""
    world = Standing(100.0, answers=answers)

    found = run((*devices(2, "stuck"), *devices(10)), world, workers=2, lent=2)

    assert sorted(found[:10]) == [device.name for device in devices(10)]
    assert max(world.ended[device.name] for device in devices(10)) < 2 * answers + patience_s + 10
    assert sorted(found[10:]) == ["stuck-00000", "stuck-00001"]


def test_where_the_others_are_quick_a_stand_is_known_sooner() -> None:
    """Ten hang one after the other in the only place; each costs the forty half a second, not two."""
    world = Standing(100.0, answers=2, step_s=0.05)
    quick, stuck = devices(40, "quick"), devices(10, "stuck")

    run((*quick, *stuck, *devices(1)), world, workers=1, lent=10)

    assert world.ended["fw-00000"] < 40 * 0.2 + 10 * (0.1 + 0.6) + 1


def test_a_device_that_was_given_up_and_logs_in_then_lends_nothing() -> None:
    """Its place is another's already; what is lent is given back with the place, and it has none."""

    async def found() -> int:
        kept = places.Places(1, 1, lambda: None)
        async with kept.held() as place:
            place.begin()
        place.heard()
        await asyncio.sleep(places.LOGIN_PATIENCE_S)
        return kept.lent

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(found()) == 0


def test_where_all_are_slow_none_is_called_stuck() -> None:
    """Firewalls that take nearly two seconds for an answer are slow, and healthy: `-w` is kept."""
    world = Standing(0.0, answers=10, step_s=1.9)

    run(devices(40), world, workers=4, lent=4, device_s=500.0)

    assert world.most["work"] == 4


@pytest.mark.parametrize("seconds", [0.01, 0.3, 1.0, 10.0])
def test_patience_is_never_shorter_than_its_least_nor_longer_than_its_most(seconds: float) -> None:
    """Whatever the devices of a run take."""
    pace = places.Pace(least_s=0.5, most_s=2.0)
    assert pace.patience_s == 2.0
    for number in range(200):
        pace.took(seconds * (1 + number % 2))

    assert 0.5 <= pace.patience_s <= 2.0
    assert pace.patience_s >= min(2.0, 2 * seconds)


def test_no_more_places_are_lent_than_may_be_and_each_comes_back() -> None:
    """Three stand still and two places may be lent: four sessions at once, never more; all are done."""
    world = Standing(50.0)

    found = run((*devices(3, "stuck"), *devices(10)), world, workers=2, lent=2)

    assert world.most["work"] == 4
    assert len(found) == 13


def test_a_slow_device_that_goes_on_answering_keeps_its_place() -> None:
    """An answer every second for a minute is no standstill: nothing is lent, and -w is kept."""
    world = Standing(0.0, answers=60)

    run(devices(3), world, workers=1, lent=1, device_s=500.0)

    assert world.most["work"] == 1


def test_a_place_that_is_lent_does_not_open_a_jump_host_further() -> None:
    """A bastion's cap is OpenSSH's, whatever its devices do behind it."""
    world = Standing(50.0)
    fleet = (*devices(3, "stuck", jump="bastion"), *devices(6, jump="bastion"))

    run(fleet, world, workers=9, lent=9, caps=SessionCaps(per_jump=3), device_s=500.0)

    assert world.most["work"] == 3


def test_a_run_that_is_stopped_ends_those_whose_places_are_lent_too() -> None:
    """One outcome each."""
    listening = threading.Event()

    class Heard(RunStop):
        def listen(self, listener: Callable[[], None]) -> None:
            super().listen(listener)
            listening.set()

    stop = Heard()

    class Stopped(Standing):
        async def visit(self, visit: Visit) -> str:
            # Virtual time would be over before the run's own thread is there to be told.
            listening.wait(60)
            end = await super().visit(visit)
            if len(self.ended) == 4:
                stop.set()
            return end

    found = run(
        (*devices(4, "stuck"), *devices(4)), Stopped(10.0**6), stop, workers=2, lent=4, device_s=10.0**9
    )

    assert sorted(found) == sorted(
        [*(device.name for device in devices(4)), *(f"stuck-{number:05} STOPPED" for number in range(4))]
    )


def test_time_that_a_device_waits_for_a_worker_is_not_its_own() -> None:
    """One worker and work of 30 seconds: the last device waits two minutes, and has 40 seconds."""
    found = run(devices(5), World(work_s=30.0), workers=1, device_s=40.0)

    assert sorted(found) == [device.name for device in devices(5)]


def test_a_link_that_waited_too_long_is_dialled_anew() -> None:
    """The device would have closed it: its time for a login is short."""
    world = World(work_s=60.0)

    found = run(devices(2), world, workers=1, attempts=1)

    assert found == ["fw-00000", "fw-00001"]
    assert [name for _, name in world.dialled] == ["fw-00000", "fw-00001", "fw-00001"]
    assert all(link.sock.fileno() == -1 for link in world.links)


def test_work_that_passes_its_deadline_is_told_so() -> None:
    """The deadline ends during the work, and what it holds is closed."""
    assert run(devices(1), World(work_s=50.0), device_s=20.0, grace_s=60.0) == ["fw-00000 late"]


def test_work_that_does_not_come_back_after_its_deadline_is_given_up() -> None:
    """The device behind it has the worker."""
    world = World(work_s=10**6)

    assert run(devices(2), world, device_s=20.0, workers=1) == ["fw-00000 STUCK", "fw-00001 STUCK"]


def test_no_more_devices_of_a_jump_host_are_visited_at_once_than_its_cap() -> None:
    """OpenSSH refuses what is too much; the others meanwhile go on."""
    fleet = (*devices(20, "far", jump="bastion"), *devices(20))
    world = World()

    found = run(fleet, world, workers=10, caps=SessionCaps(per_jump=3))

    assert sorted(found) == sorted(device.name for device in fleet)
    assert world.most["jump bastion"] == 3
    assert world.most["work"] == 10


@pytest.mark.parametrize(
    ("caps", "given"),
    [
        pytest.param(SessionCaps(per_region=2), {"region": "emea"}, id="region"),
        pytest.param(SessionCaps(per_group=2), {"groups": ("a", "b")}, id="group"),
    ],
)
def test_a_region_and_a_group_have_caps_of_their_own(caps: SessionCaps, given: dict[str, Any]) -> None:
    """One AAA server or one thin line may be all that a site has."""
    world = World()

    found = run(devices(9, **given), world, workers=9, caps=caps)

    assert len(found) == 9
    assert world.most["work"] <= 2


def test_few_logins_are_tried_until_a_credential_is_proven() -> None:
    """A wrong password in the inventory must not reach every device before somebody notices."""
    world = World()

    def judge(visit: Visit) -> str:
        visit.judged(LOGIN, True)
        return visit.device.name

    world.ends = judge
    most: list[int] = []

    class Watched(Trial):
        def end(
            self, credential: str, use: SecretUse, accepted: bool | None, *, after: int | None = None
        ) -> None:
            most.append(world.most["work"])
            super().end(credential, use, accepted, after=after)

    found = run(devices(40), world, workers=20, trial=Watched())

    assert len(found) == 40
    assert most[0] == MOST_REJECTED
    assert world.most["work"] == 20


def test_a_credential_that_only_rejections_met_is_tried_no_more() -> None:
    """Wrong passwords on a shared account may lock it; the rest say why they were not asked."""
    world = World()

    def reject(visit: Visit) -> str:
        visit.judged(LOGIN, False)
        raise AuthenticationError(
            visit.device.name, did="logging in", saw="rejected", hint="", is_rejection=True
        )

    world.ends = reject
    fleet = (*devices(30), *devices(3, "other", credential="another"))

    found = run(fleet, world, workers=20, trial=Trial())

    rejected = [text for text in found if text.endswith("authenticate: rejected")]
    spared = [
        text
        for text in found
        if f"not tried: {MOST_REJECTED} devices rejected this password and none accepted it" in text
    ]
    assert Counter(text.split("-")[0] for text in rejected) == {"fw": MOST_REJECTED, "other": MOST_REJECTED}
    assert len(spared) == 33 - 2 * MOST_REJECTED
    assert all(" authenticate: " in text for text in spared)


def wanting_enable(is_right: bool, typed: list[str]) -> Callable[[Visit], str]:
    """Return the work on devices of which the odd ones want the enable password."""

    def work(visit: Visit) -> str:
        visit.judged(LOGIN, True)
        name = visit.device.name
        if int(name.split("-")[1]) % 2 == 0:
            return name
        if not bridge.wait_for(visit.gate.enter(ENABLE)):
            raise EnableHeld(visit.device.name)
        typed.append(name)
        visit.judged(ENABLE, is_right)
        if is_right:
            return name
        raise EnableError(name, did="'enable'", saw="rejected", hint="", is_rejection=True)

    return work


def test_a_wrong_enable_password_reaches_few_devices_although_the_login_is_right() -> None:
    """It may be the account's own: a directory counts it like any other."""
    world, typed = World(), list[str]()
    world.ends = wanting_enable(False, typed)

    found = run(devices(40), world, workers=20, trial=Trial())

    assert len(found) == 40
    assert len(typed) == MOST_REJECTED
    assert sum(f"enable: not tried: {MOST_REJECTED} devices" in text for text in found) == 20 - MOST_REJECTED
    assert sum(text in {f"fw-{number:05}" for number in range(0, 40, 2)} for text in found) == 20


def test_a_right_enable_password_is_typed_on_every_device_that_wants_it() -> None:
    """The guard costs a device at the most one login more, and nobody an outcome."""
    world, typed = World(), list[str]()
    world.ends = wanting_enable(True, typed)

    found = run(devices(40), world, workers=20, trial=Trial())

    assert sorted(found) == sorted(device.name for device in devices(40))
    assert len(typed) == 20


def test_a_login_without_an_answer_makes_room_for_the_next() -> None:
    """Devices that close the connection before they judge the password neither prove nor disprove it."""
    world = World()
    world.ends = lambda visit: failing(silent(visit.device, is_transient=False))

    assert len(run(devices(30), world, workers=20, trial=Trial())) == 30


def test_ten_thousand_devices_begin_in_order_and_few_are_begun_at_once() -> None:
    """Memory and sockets follow the workers, not the fleet."""
    fleet = devices(10_000)
    world = World()
    started: list[str] = []

    found = run(fleet, world, workers=100, started=lambda device: started.append(device.name))

    assert started == [device.name for device in fleet]
    assert sorted(found) == started
    assert world.most["work"] == 100
    assert world.most["dialled"] <= 132
    assert all(link.sock.fileno() == -1 for link in world.links)


def test_outcomes_come_while_the_run_goes_on() -> None:
    """A report, a bar and the memory depend on it."""
    world = World(work_s=1.0)
    found = run_outcomes(devices(100), world, terms(workers=1), approach=world.approach, stop=RunStop())

    first = next(found)
    begun = len(world.dialled)
    rest = list(found)

    assert (first, len(rest)) == ("fw-00000", 99)
    assert begun >= 1


class Held(World):
    """Work that ends with its deadline only."""

    def __init__(self) -> None:
        super().__init__(silent_s=10.0**7)
        self.begun = threading.Event()

    async def visit(self, visit: Visit) -> str:
        self.begun.set()
        ended = asyncio.Event()
        visit.deadline.hold(ended.set)
        await ended.wait()
        return f"{visit.device.name} {'stopped' if visit.deadline.is_stopped() else 'late'}"


def test_a_stop_ends_devices_wherever_they_are() -> None:
    """Dialled, waiting for a worker, in work, not begun: each has its outcome, and the scheduler ends."""
    stop, world = RunStop(), Held()

    def stop_once_begun() -> None:
        assert world.begun.wait(30)
        stop.set()

    threading.Thread(target=stop_once_begun).start()
    fleet = (*devices(3), *devices(200, "hole"))
    found = run(fleet, world, stop, workers=2, device_s=10.0**9, new_loop=asyncio.new_event_loop)

    assert len({text.split()[0] for text in found}) == len(found) == 203
    assert {text.split()[1] for text in found} == {"stopped", "STOPPED"}
    assert "fleet" not in {thread.name for thread in threading.enumerate()}
    assert all(link.sock.fileno() == -1 for link in world.links)


def test_a_stop_ends_devices_that_wanted_to_be_visited_again() -> None:
    """The prompt that wants the enable password may come in the same moment as Ctrl-C."""
    stop = RunStop()

    class Held(World):
        async def visit(self, visit: Visit) -> str:
            stop.set()
            ended = asyncio.Event()
            visit.deadline.hold(ended.set)
            await ended.wait()
            raise EnableHeld(visit.device.name)

    found = run(devices(3), Held(), stop, workers=1)

    assert sorted(found) == [f"{device.name} STOPPED" for device in devices(3)]


def test_a_run_that_was_stopped_before_it_began_names_every_device() -> None:
    """Ctrl-C may come while the first devices are about to be dialled."""
    stop = RunStop()
    stop.set()

    found = run(devices(50), World(), stop, workers=2, new_loop=asyncio.new_event_loop)

    assert sorted(text.split()[0] for text in found) == [device.name for device in devices(50)]


def test_a_fault_of_ours_in_an_approach_is_an_outcome() -> None:
    """Nobody waits for ever for a device that our own code lost."""

    class Broken(World):
        async def approach(self, device: Device, deadline: Deadline) -> Link:
            del deadline
            raise RuntimeError(device.name)

    assert run(devices(3), Broken()) == [f"fw-{number:05} CRASHED" for number in range(3)]
