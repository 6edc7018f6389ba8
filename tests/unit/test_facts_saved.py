"""Somebody's unsaved changes and the licence block of the startup configuration: told, or not known."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.asa.commands import CHECKSUM, STARTUP
from asa_transport.capabilities import is_read_only
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.facts_saved import parse_stamp
from asa_transport.core.parsing.startup_block import difference, startup_license
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.parsing.when import Zones
from asa_transport.model import (
    Capture,
    CommandOutput,
    DeviceFacts,
    StartupLicense,
    TransportType,
    UnsavedState,
)
from tests.golden.golden import NOW, texts

TABLES = TableSet(texts())
VERSION = "Cisco Adaptive Security Appliance Software Version 9.20(3) \n\nedge-fw up 3 days 4 hours\n"
UNMODIFIED = "Configuration has not been modified since last system restart.\n"
BLOCK = ("license smart", " feature tier standard", " throughput level 1G", " transport type callhome")
SUM, OTHER_SUM = "0b1c2d3e4f5061728394a5b6c7d8e9fa", "ffffffff000000001111111122222222"
MONDAY, FRIDAY = "07:08:09.100 UTC Mon Jan 19 2026", "16:44:02.731 UTC Fri Jan 16 2026"
NONE, SOME = UnsavedState.NONE, UnsavedState.SOME


def facts(
    *,
    modified: str | None = None,
    written: str | None = None,
    unmodified: bool = False,
    startup_sum: str | None = SUM,
    running_sum: str | None = None,
    clock: str | None = "13:00:00.120 UTC Tue Jan 20 2026",
    zone: str = "",
    startup: str | None = None,
    running: tuple[str, ...] = BLOCK,
    status: str = "",
) -> DeviceFacts:
    """Return what is read of a device that says this of its configuration."""
    version = VERSION + (UNMODIFIED if unmodified else "")
    version += "" if modified is None else f"Configuration last modified by netops at {modified}\n"
    head = "" if written is None else f": Written by enable_15 at {written}\n"
    tail = "" if startup_sum is None else f"Cryptochecksum:{startup_sum}\n"
    outputs = {
        "show version": version,
        "show license status": status,
        "show running-config license": "\n".join(running) + "\n",
        STARTUP: head + "\n".join(BLOCK) + "\n" + tail if startup is None else startup,
        "show running-config clock": zone,
    }
    if clock is not None:
        outputs["show clock"] = clock + "\n"
    if running_sum is not None:
        digits = " ".join(running_sum[at : at + 8] for at in range(0, 32, 8))
        outputs[CHECKSUM] = f"Cryptochecksum: {digits} \n"
    answers = tuple(
        CommandOutput(command=command, text=text, prompt="edge-fw#", started_at=NOW, duration_s=0.0)
        for command, text in outputs.items()
    )
    return parse.facts(Capture(device="fw-1", started_at=NOW, finished_at=NOW, outputs=answers), TABLES)


def test_a_change_after_the_last_save_is_told_with_who_made_it_and_when_in_the_device_s_own_words() -> None:
    """A `write memory` of ours would make it permanent."""
    unsaved = facts(modified=MONDAY, written=FRIDAY).unsaved

    assert (unsaved.state, unsaved.by, unsaved.at) == (SOME, "netops", MONDAY)


@pytest.mark.parametrize("modified", [FRIDAY, "23:59:59.999 UTC Wed Dec 31 2025"])
def test_a_change_before_the_last_save_is_saved_and_nobody_is_named(modified: str) -> None:
    """The 31st of December is before the 16th of January of the year after it."""
    unsaved = facts(modified=modified, written=FRIDAY).unsaved

    assert (unsaved.state, unsaved.by, unsaved.at) == (NONE, None, None)


def test_a_device_that_nobody_changed_since_it_started_has_nothing_unsaved() -> None:
    """It is the device's own word, whatever a restored startup configuration's checksum is."""
    assert facts(unmodified=True, running_sum=OTHER_SUM).unsaved.state is NONE


@pytest.mark.parametrize(("running", "state"), [(SUM, NONE), (OTHER_SUM, SOME), (None, None)])
def test_where_the_filter_drops_the_head_the_checksum_decides(
    running: str | None, state: UnsavedState | None
) -> None:
    """Whether `| include` keeps lines that begin with `:` is unproven; without both, nothing is known."""
    assert facts(modified=MONDAY, written=None, running_sum=running).unsaved.state is state


@pytest.mark.parametrize(
    ("modified", "written", "running", "state"),
    [
        (MONDAY, FRIDAY, OTHER_SUM, SOME),
        (FRIDAY, MONDAY, SUM, NONE),
        # The number is documented to be calculated when the configuration is stored.
        (MONDAY, FRIDAY, SUM, None),
        (FRIDAY, MONDAY, OTHER_SUM, None),
    ],
)
def test_two_witnesses_that_contradict_each_other_leave_it_unknown(
    modified: str, written: str, running: str, state: UnsavedState | None
) -> None:
    """Unknown is never "none", and never a change that nobody made."""
    assert facts(modified=modified, written=written, running_sum=running).unsaved.state is state


@pytest.mark.parametrize(
    ("modified", "written", "zone", "state"),
    [
        # Summer time ends between them: 02:40 CEST is before 02:10 CET.
        (
            "02:10:00.000 CET Sun Oct 26 2025",
            "02:40:00.000 CEST Sun Oct 26 2025",
            "clock timezone CET 1\n",
            SOME,
        ),
        (
            "02:40:00.000 CEST Sun Oct 26 2025",
            "02:10:00.000 CET Sun Oct 26 2025",
            "clock timezone CET 1\n",
            NONE,
        ),
        # The zones are not defined, so an hour's order is open; a month's is not.
        ("02:10:00.000 CET Sun Oct 26 2025", "02:40:00.000 CEDT Sun Oct 26 2025", "", None),
        ("02:10:00.000 CET Wed Nov 26 2025", "02:40:00.000 CEDT Sun Oct 26 2025", "", SOME),
        ("02:10:00.000 CEDT Sun Oct 26 2025", "02:40:00.000 CET Wed Nov 26 2025", "", NONE),
        # A zone that nobody knows, twice the same.
        ("02:10:00.000 CEDT Sun Oct 26 2025", "02:40:00.000 CEDT Sun Oct 26 2025", "", NONE),
        # The mark of a clock that lost its source.
        (".02:40:00.000 CEDT Sun Oct 26 2025", "*02:10:00.000 CEDT Sun Oct 26 2025", "", SOME),
    ],
)
def test_times_of_different_zones_count_where_their_order_is_sure(
    modified: str, written: str, zone: str, state: UnsavedState | None
) -> None:
    """The night in which the clocks change is a maintenance window."""
    summer = zone and zone + "clock summer-time CEST recurring last Sun Mar 2:00 last Sun Oct 3:00\n"

    assert facts(modified=modified, written=written, zone=summer).unsaved.state is state


@pytest.mark.parametrize("ahead", ["modified", "written"])
def test_a_time_ahead_of_the_device_s_clock_was_taken_before_the_clock_was_set_back(ahead: str) -> None:
    """A save "in 2031" would otherwise hide every change until then."""
    times = {"modified": MONDAY, "written": FRIDAY, ahead: "10:00:00.000 UTC Wed Jan 1 2031"}

    unsaved = facts(modified=times["modified"], written=times["written"]).unsaved

    assert (unsaved.state, unsaved.by) == (None, "netops")


@pytest.mark.parametrize(
    "startup", ["", "No Configuration\n", "ERROR: % Invalid input detected at '^' marker.\n"]
)
def test_a_device_that_was_never_saved_or_refuses_is_not_known_to_be_saved(startup: str) -> None:
    """An empty answer is no configuration without a licence block either."""
    found = facts(modified=MONDAY, startup=startup, running_sum=SUM)

    assert (found.unsaved.state, found.startup_block, found.startup_license) == (None, None, None)


def test_an_answer_that_ends_before_the_checksum_says_nothing_of_the_block() -> None:
    """A filter that lets one kind of line through looks like a configuration without a licence."""
    found = facts(modified=FRIDAY, written=MONDAY, startup=f": Written by netops at {MONDAY}\n")

    assert (found.unsaved.state, found.startup_block, found.startup_license) == (NONE, None, None)


SMART = (*BLOCK[:3], " transport type smart")
PROXY = " transport proxy proxy.example.net port 8080"


@pytest.mark.parametrize(
    ("running", "startup", "state"),
    [
        (BLOCK, BLOCK, StartupLicense.SAME),
        (BLOCK, tuple(reversed(BLOCK)), StartupLicense.SAME),
        (BLOCK, SMART, StartupLicense.DIFFERS),
        (BLOCK, (*BLOCK, PROXY), StartupLicense.DIFFERS),
        ((*BLOCK, PROXY), BLOCK, StartupLicense.DIFFERS),
        (BLOCK, (), StartupLicense.DIFFERS),
        ((), (), StartupLicense.SAME),
        # 9.20 runs callhome by default; whether it prints that is unproven.
        (BLOCK, BLOCK[:3], None),
        (SMART, BLOCK[:3], StartupLicense.DIFFERS),
        # A line that the filter does not show: the rest may be the same, and that is all.
        ((*BLOCK, " data-privacy strict"), BLOCK, None),
        ((*BLOCK, " data-privacy strict"), SMART, StartupLicense.DIFFERS),
        (None, BLOCK, None),
        (BLOCK, None, None),
    ],
)
def test_the_block_that_a_reload_would_bring_is_the_same_or_not_or_not_known(
    running: tuple[str, ...] | None, startup: tuple[str, ...] | None, state: StartupLicense | None
) -> None:
    """A transport that only runs is gone with the next power failure."""
    assert startup_license(running, startup, TransportType.CALLHOME) is state


@pytest.mark.parametrize(
    ("running", "startup", "state"),
    [
        (BLOCK[:3], BLOCK, None),
        (BLOCK[:3], SMART, None),
        (BLOCK, SMART, StartupLicense.DIFFERS),
        # What runs and is printed would be printed of the startup configuration, too.
        (BLOCK, BLOCK[:3], StartupLicense.DIFFERS),
        (BLOCK[:3], (*BLOCK[:3], PROXY), StartupLicense.DIFFERS),
        (BLOCK[:3], BLOCK[:3], StartupLicense.SAME),
    ],
)
def test_where_nobody_knows_the_default_a_hidden_type_is_no_difference(
    running: tuple[str, ...], startup: tuple[str, ...], state: StartupLicense | None
) -> None:
    """The default of an internal build is not known, whatever its startup configuration says."""
    assert startup_license(running, startup, None) is state


@pytest.mark.parametrize(
    ("line", "state"),
    [(" transport type callhome", StartupLicense.DIFFERS), (" transport type smart", None)],
)
def test_the_default_of_a_device_is_the_one_that_it_shows(line: str, state: StartupLicense | None) -> None:
    """A 9.20 that runs smart without saying so would come back on callhome, if its startup says that."""
    startup = "\n".join((*BLOCK[:3], line)) + f"\nCryptochecksum:{SUM}\n"

    found = facts(running=BLOCK[:3], status="Transport:\n  Type: Smart\n", startup=startup)

    assert found.transport.type is TransportType.SMART
    assert found.startup_license is state


def test_the_lines_that_a_reload_would_lose_and_bring_are_named() -> None:
    """The finding says what would happen, not that something would."""
    found = DeviceFacts(license_block=(*SMART, PROXY), startup_block=BLOCK)

    assert difference(found) == ((PROXY, " transport type smart"), (" transport type callhome",))


def test_a_whole_saved_startup_configuration_says_the_same_as_the_filtered_one() -> None:
    """Operators save it whole; an audit never asks for that, because it holds digests of secrets."""
    listing = f": Saved\n: Written by enable_15 at {FRIDAY}\nASA Version 9.20(3) \nenable password x pbkdf2\n"
    listing += "\n".join(BLOCK) + "\nssh version 2\npolicy-map one\n transport is no licence line\n"
    listing += f"Cryptochecksum:{SUM}\n: end\n"

    found = facts(modified=MONDAY, startup=listing)

    assert found.unsaved.state is SOME
    assert found.startup_license is StartupLicense.SAME
    assert found.unknown == ()


def test_the_commands_are_ones_that_an_audit_may_send() -> None:
    """The whole startup configuration with another filter, or without one, is not what was agreed."""
    assert is_read_only(STARTUP)
    assert is_read_only(CHECKSUM)
    assert not is_read_only(STARTUP + "|.")
    assert not is_read_only(STARTUP.replace("include", "redirect"))


@given(st.text(max_size=200))
def test_no_text_in_place_of_a_stamp_raises(text: str) -> None:
    """What a device prints is never an error of ours."""
    assert parse_stamp(text, Zones()) is None or " at " in text


@given(
    st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)), st.timedeltas(timedelta(0), timedelta(days=9))
)
def test_any_two_times_of_one_zone_are_told_apart(when: datetime, apart: timedelta) -> None:
    """Also at the ends of the calendar, where an addition would fail."""
    earlier = max(when, datetime(1, 1, 10)) - apart
    first, second = (
        f"{one:%H:%M:%S}.{one.microsecond // 1000:03} XYZ {one:%a %b} {one.day} {one.year:04}"
        for one in (earlier, when)
    )
    expected = NONE if first == second or when <= earlier else SOME

    assert facts(modified=second, written=first, clock=None).unsaved.state is expected
