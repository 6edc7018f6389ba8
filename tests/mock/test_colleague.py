"""What others do to a mock firewall while somebody works on it: people, jobs, the licence agent, a swap."""

from __future__ import annotations

import re

import pytest

from mock_devices import MockDevice
from tests.mock.conftest import Client, Connect, Serve
from tests.mock.test_licensing import configure

CALLHOME = {"license_config": {"transport": "callhome"}}
PAIR = (
    {"name": "fw-a", "failover": {"mate": "fw-b", "address_follows": True}},
    {
        "name": "fw-b",
        "failover": {"mate": "fw-a", "unit": "secondary", "state": "standby", "address_follows": True},
    },
)


def checksums(client: Client) -> tuple[str, str]:
    """Return what `show checksum` and the end of the startup configuration say."""
    shown = client.run("show checksum").strip().removeprefix("Cryptochecksum: ").replace(" ", "")
    saved = client.run("show startup-config | include Cryptochecksum").strip()
    return shown, saved.removeprefix("Cryptochecksum:")


@pytest.mark.parametrize(("moment", "seen"), [("before", True), ("after", False)])
def test_an_act_falls_just_before_or_after_the_line_that_was_named(
    serve: Serve, connect: Connect, moment: str, seen: bool
) -> None:
    """A test that needs a colleague between two steps must not depend on who is faster."""
    device = serve(CALLHOME)["fw-1"]
    person = device.colleague("eve")
    device.when(
        "^show running-config license$",
        lambda: person.types("license smart", "transport type smart"),
        nth=2,
        moment=moment,  # type: ignore[arg-type]
    )
    client = connect(device).enable()

    first, second, third = (client.run("show running-config license") for _ in range(3))

    assert " transport type callhome" in first
    assert (" transport type callhome" not in second) is seen
    assert " transport type callhome" not in third
    assert device.acts_waiting == 0


def test_a_colleague_is_named_by_the_device_and_is_not_in_the_transcript(
    serve: Serve, connect: Connect
) -> None:
    device = serve()["fw-1"]
    client = connect(device).enable()
    before = client.run("show version")

    device.colleague("eve").types("pager lines 30")

    assert "Configuration has not been modified since last system restart." in before
    assert re.search(r"^Configuration last modified by eve at \d", client.run("show version"), re.M)
    assert "pager lines 30" in device.running_config().split("\n")
    assert "pager lines 30" not in device.typed


def test_a_line_that_the_device_refuses_is_an_error_of_the_test(serve: Serve) -> None:
    person = serve()["fw-1"].colleague()

    with pytest.raises(ValueError, match="transport type tape"):
        person.types("license smart", "transport type tape")


def test_a_save_by_somebody_else_is_in_the_head_of_the_startup_configuration(
    serve: Serve, connect: Connect
) -> None:
    device = serve({"startup": {"by": "night-job"}})["fw-1"]
    client = connect(device).enable()
    first = client.run("show startup-config").split("\n")[:2]

    device.colleague("eve").types("pager lines 30")
    unsaved = device.is_dirty, checksums(client)
    device.colleague("backup").saves()

    assert first[0] == ": Saved"
    assert first[1].startswith(": Written by night-job at ")
    assert unsaved[0]
    assert unsaved[1][0] != unsaved[1][1]
    assert not device.is_dirty
    assert client.run("show startup-config").split("\n")[1].startswith(": Written by backup at ")
    shown, saved = checksums(client)
    assert shown == saved


@pytest.mark.parametrize("hides", [False, True])
def test_whether_a_filter_shows_the_head_is_tried_both_ways(
    serve: Serve, connect: Connect, hides: bool
) -> None:
    """It is not proven of the ASA that `| include` shows lines which begin with a colon."""
    device = serve({"quirks": {"filter_hides_comments": hides}})["fw-1"]
    client = connect(device).enable()

    shown = client.run("show startup-config | include Written")
    begun = client.run("show startup-config | begin Written").split("\n")

    assert (": Written by enable_15 at " in shown) is not hides
    assert begun[0].startswith(": Written by") is not hides


@pytest.mark.parametrize(
    ("quirks", "head"),
    [
        ({}, r": Saved\n: Written by U at [\d:.]+ UTC \w{3} \w{3} \d+ \d{4}\n\n: \n: Serial Number: .*\n"),
        ({"written_stamp": "short"}, r": Saved\n: Written by U at [\d:]{8} UTC [a-z]{3} \d+ \d{4}\n\n: \n"),
        (
            {"written_line": "last"},
            r": Saved\n\n: \n: Serial Number: .*\n: Hardware: .*\n: Written by U at .*\n!\nASA Version ",
        ),
    ],
)
def test_the_head_has_each_of_the_captured_layouts(
    serve: Serve, connect: Connect, quirks: dict[str, str], head: str
) -> None:
    client = connect(serve({"quirks": quirks, "startup": {"by": "U"}})["fw-1"]).enable()

    assert re.match(head, client.run("show startup-config"))


def test_the_startup_configuration_may_begin_with_a_block_of_its_own(serve: Serve, connect: Connect) -> None:
    device = serve({**CALLHOME, "startup": {"license_config": {}, "is_written": False}})["fw-1"]
    text = connect(device).enable().run("show startup-config")

    device.restart()

    assert "Written by" not in text
    assert " transport type callhome" not in text
    assert " transport type callhome" in device.running_config_at_start
    assert device.transport == "smart"


def test_a_startup_configuration_may_be_restored_from_a_backup(serve: Serve, connect: Connect) -> None:
    """What runs stays, and a reload brings what was there before."""
    device = serve(CALLHOME)["fw-1"]
    flip(device, "smart")
    device.colleague().saves()

    device.colleague("eve").commands("copy /noconfirm disk0:/backup.cfg startup-config")

    assert device.transport == "smart"
    assert device.startup_config() == device.startup_config_at_start
    head = connect(device).enable().run("show startup-config").split("\n")[1]
    assert head.startswith(": Written by eve at ")


def test_a_change_before_the_start_is_told_by_show_version(serve: Serve, connect: Connect) -> None:
    device = serve({"modified": {"by": "eve", "at": "2026-01-12T10:00:00Z"}}, clock="2026-01-12T13:00:00Z")

    text = connect(device["fw-1"]).enable().run("show version")

    assert text.endswith("Configuration last modified by eve at 10:00:00.000 UTC Mon Jan 12 2026\n")


@pytest.mark.parametrize("quirk", ["stored", "invalid"])
def test_show_checksum_may_be_no_witness(serve: Serve, connect: Connect, quirk: str) -> None:
    """Of which configuration it speaks is not proven, nor that each release has it."""
    device = serve({"quirks": {"checksum": quirk}})["fw-1"]
    client = connect(device).enable()
    device.colleague().types("pager lines 30")

    shown, saved = checksums(client)

    if quirk == "invalid":
        assert "Invalidinput" in shown
    else:
        assert shown == saved


def test_a_contact_that_set_out_before_a_change_lands_after_it_the_old_way(
    serve: Serve, connect: Connect
) -> None:
    """Its answer says SUCCEEDED beside the new transport: two lines that do not belong together."""
    device = serve({**CALLHOME, "latency": {"contact_s": 1e6}})["fw-1"]
    flight = device.contact_sets_out()
    client = connect(device).enable()
    configure(client, "license smart", "transport type smart")

    device.contact_lands(flight)

    assert "Type: Smart" in client.run("show license status")
    (contact,) = device.contacts
    assert (contact.succeeded, contact.route.transport, contact.route.proxy) == (True, "callhome", None)
    assert contact.started < contact.at


def test_contacts_come_when_they_are_due_and_each_its_own_way(serve: Serve) -> None:
    fleet = serve({**CALLHOME, "latency": {"contact_s": 100.0}, "reachable": {"callhome": False}})
    device = fleet["fw-1"]
    device.contact_sets_out(takes_s=5.0)
    device.colleague().types("license smart", "transport type smart")
    device.contact_in(3.0)

    fleet.advance(10)

    assert [(one.route.transport, one.succeeded) for one in device.contacts] == [
        ("smart", True),
        ("callhome", False),
    ]


@pytest.mark.parametrize("ahead_s", [-3600.0, 3600.0])
def test_a_clock_that_is_set_moves_the_times_and_not_the_waiting(serve: Serve, ahead_s: float) -> None:
    fleet = serve()
    device = fleet["fw-1"]
    device.contact_in(10.0)

    device.set_clock(ahead_s)
    soon = device.contacts
    fleet.advance(11)

    assert soon == ()
    (contact,) = device.contacts
    assert abs((contact.at - fleet.now).total_seconds() - ahead_s) < 10


def test_another_box_at_the_same_address_has_a_life_of_its_own(serve: Serve, connect: Connect) -> None:
    """What was typed on the one must not be found on the other."""
    device = serve(CALLHOME)["fw-1"]
    client = connect(device).enable()
    client.run("show clock")

    old = device.replaced_by(serial="9ANOTHERBOX", hostname="spare", license_config={"transport": "smart"})

    assert client.is_closed()
    after = connect(device).enable()
    assert after.run("show hostname") == "spare\n"
    assert "Serial Number: 9ANOTHERBOX" in after.run("show version")
    assert (old.transport, device.transport) == ("callhome", "smart")
    assert "show clock" in old.typed
    assert "show clock" not in device.typed


def test_the_addresses_of_a_pair_may_follow_the_roles(serve: Serve, connect: Connect) -> None:
    """Who dials the active address after a role change talks to the other box."""
    fleet = serve(*PAIR)
    client = connect(fleet["fw-a"]).enable()

    fleet["fw-a"].switch_role()

    assert client.is_closed()
    again = connect(fleet["fw-a"]).enable()
    assert f"Serial Number: {fleet['fw-b'].serial}" in again.run("show version")
    assert "This host: Secondary - Active" in again.run("show failover")


def test_every_moment_of_a_device_is_on_record(serve: Serve) -> None:
    """A word about a device is held against what was so then, not against what is so at the end."""
    device = serve(CALLHOME)["fw-1"]
    flip(device, "smart")
    device.colleague("backup").saves()
    flip(device, "callhome")
    device.restart()

    assert [(one.what, one.by, one.running.transport, one.startup.transport) for one in device.history] == [
        ("start", None, "callhome", "callhome"),
        ("change", "eve", "smart", "callhome"),
        ("save", "backup", "smart", "smart"),
        ("change", "eve", "callhome", "smart"),
        ("restart", None, "smart", "smart"),
    ]


def flip(device: MockDevice, transport: str) -> None:
    device.colleague("eve").types("license smart", f"transport type {transport}")
