"""Who may be dialled next, and with which credential a login may be tried."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.engine.admission import Queue, Trial
from asa_transport.errors import EnableError
from asa_transport.model import Device, SecretUse, SessionCaps

LOGIN, ENABLE = SecretUse.LOGIN, SecretUse.ENABLE
DEVICE = Device(
    name="fw", host="192.0.2.1", port=22, username="u", credential="c", known_hosts=Path("/nowhere")
)
PLACES = st.builds(
    lambda jump, region, groups: replace(DEVICE, jump=jump, region=region, groups=groups),
    st.sampled_from([None, "bastion-a", "bastion-b"]),
    st.sampled_from([None, "emea", "apac"]),
    st.sampled_from([(), ("a",), ("a", "b"), ("b", "b")]),
)
CAPS = st.builds(
    SessionCaps, per_group=st.integers(0, 3), per_region=st.integers(0, 3), per_jump=st.integers(0, 3)
)


def counted(device: Device) -> set[tuple[str, str]]:
    return {
        *({("jump", device.jump)} if device.jump else ()),
        *({("region", device.region)} if device.region else ()),
        *(("group", group) for group in device.groups),
    }


@given(devices=st.lists(PLACES, max_size=30), caps=CAPS, choices=st.lists(st.integers(0, 29), max_size=60))
def test_every_device_is_taken_once_in_order_and_no_cap_is_passed(
    devices: list[Device], caps: SessionCaps, choices: list[int]
) -> None:
    """Whatever the sites are and whoever leaves first."""
    queue: Queue[int] = Queue(caps)
    for place, device in enumerate(devices):
        queue.add(place, device, place)
    most = {"jump": caps.per_jump, "region": caps.per_region, "group": caps.per_group}
    at_once: Counter[tuple[str, str]] = Counter()
    taken: list[int] = []
    inside: list[int] = []
    while len(taken) < len(devices):
        found = queue.take()
        if found is None:
            left = inside.pop((choices.pop() if choices else 0) % len(inside))
            queue.leave(devices[left])
            at_once.subtract(counted(devices[left]))
            continue
        at_once.update(counted(devices[found]))
        taken.append(found)
        inside.append(found)
        assert all(count <= (most[kind] or count) for (kind, _), count in at_once.items())

    assert sorted(taken) == list(range(len(devices)))
    alike: dict[frozenset[tuple[str, str]], list[int]] = {}
    for place in taken:
        alike.setdefault(frozenset(counted(devices[place])), []).append(place)
    assert all(places == sorted(places) for places in alike.values())


def test_what_was_drained_is_in_order_and_gone() -> None:
    """A person who stops the run sees the devices that were never begun, each once."""
    queue: Queue[str] = Queue(SessionCaps(per_jump=1))
    for place, jump in ((2, "a"), (0, None), (1, "a")):
        queue.add(place, replace(DEVICE, jump=jump), f"item {place}")

    assert queue.drain() == ("item 0", "item 1", "item 2")
    assert queue.take() is None


@given(verdicts=st.lists(st.sampled_from([True, False, None]), max_size=40), most=st.integers(1, 6))
def test_no_credential_is_rejected_more_often_than_allowed_before_it_is_accepted(
    verdicts: list[bool | None], most: int
) -> None:
    """The account lives as long as the directory allows wrong passwords; logins run side by side."""
    trial = Trial(most_rejected=most)
    under_way, rejected = 0, 0
    for verdict in verdicts:
        while trial.begin("lab", LOGIN):
            under_way += 1
            if under_way > 2 * most:
                # Proven: no limit is left to test.
                return
        assert under_way + rejected == most
        if not under_way:
            break
        trial.end("lab", LOGIN, verdict)
        under_way, rejected = under_way - 1, rejected + (verdict is False)
        if verdict:
            assert not trial.is_lost("lab", LOGIN)
            return
        assert trial.is_lost("lab", LOGIN) is (rejected >= most)


def test_one_credential_says_nothing_of_another() -> None:
    """The guard is for one account."""
    trial = Trial(most_rejected=1)
    assert trial.begin("lab", LOGIN)
    trial.end("lab", LOGIN, False)

    assert trial.is_lost("lab", LOGIN)
    assert not trial.is_lost("other", LOGIN)
    assert trial.begin("other", LOGIN)


def test_the_enable_password_is_counted_apart_from_the_login_password() -> None:
    """A login that lands at `#` proves nothing of the enable password, and the other way round."""
    trial = Trial(most_rejected=1)
    trial.judge("c", LOGIN, True)
    trial.judge("c", ENABLE, False)

    assert trial.is_lost("c", ENABLE)
    assert trial.begin("c", LOGIN)
    with pytest.raises(EnableError, match="not tried: 1 device rejected this password and none accepted it"):
        trial.refuse(DEVICE, ENABLE)
    trial.refuse(DEVICE, LOGIN)


@given(verdicts=st.lists(st.sampled_from([True, False, None]), max_size=60), most=st.integers(1, 5))
def test_few_rejections_in_a_row_put_a_proven_secret_in_doubt(verdicts: list[bool | None], most: int) -> None:
    """A password that is changed in the middle of a run is rejected by few, however many would be next."""
    trial = Trial(most_rejected=most)
    trial.judge("lab", LOGIN, True)
    out, in_a_row = 0, 0
    for verdict in verdicts:
        while trial.send("lab", LOGIN):
            out += 1
        assert out + in_a_row <= 2 * most + 2
        if not out:
            break
        trial.answered("lab", LOGIN)
        trial.judge("lab", LOGIN, verdict)
        out, in_a_row = out - 1, 0 if verdict else in_a_row + (verdict is False)
        assert trial.is_in_doubt("lab", LOGIN) is (in_a_row >= most)
        assert not (
            trial.is_in_doubt("lab", LOGIN) and (trial.send("lab", LOGIN) or trial.begin("lab", LOGIN))
        )
    assert not trial.is_lost("lab", LOGIN)


def test_who_accepted_a_secret_before_others_rejected_it_says_nothing_of_them() -> None:
    """A login that is told of late was one with the old password."""
    trial = Trial(most_rejected=2)
    trial.judge("lab", LOGIN, True)
    before = trial.rejections("lab", LOGIN)
    trial.judge("lab", LOGIN, False)
    trial.judge("lab", LOGIN, False)
    trial.judge("lab", LOGIN, True, after=before)

    assert trial.is_in_doubt("lab", LOGIN)
    trial.judge("lab", LOGIN, True)
    assert not trial.is_in_doubt("lab", LOGIN)


def test_another_secret_in_its_place_proves_itself_on_one_device() -> None:
    """Who wrote it into its source may have mistyped it."""
    trial = Trial(most_rejected=2)
    for verdict in (True, False, False):
        trial.judge("lab", LOGIN, verdict)
    trial.renew("lab", LOGIN)

    assert [trial.begin("lab", LOGIN) for _ in range(3)] == [True, False, False]
    trial.end("lab", LOGIN, True)
    assert all(trial.begin("lab", LOGIN) for _ in range(9))
