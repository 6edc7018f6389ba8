"""Single-line pastes become lines; real outputs stay what they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.core.parsing.lines import Line, to_lines
from asa_transport.core.parsing.unflatten import unflatten
from tests.golden.golden import CAPTURED, cases, text_of


def pieces(text: str) -> list[str]:
    return [line.text for line in unflatten(to_lines(text))]


def real_texts() -> list[Path]:
    return [
        path
        for template, path in cases()
        if "show_license" in template and not path.stem.startswith(("paste_", "indented_as_a_whole"))
    ]


def test_a_section_on_one_line_becomes_its_lines() -> None:
    """This is how the TAC document prints its samples."""
    text = (
        "ASA# show license status Smart Licensing is ENABLED Utility: Status: DISABLED "
        "Data Privacy: Sending Hostname: yes Callhome hostname privacy: DISABLED "
        "Smart Licensing hostname privacy: DISABLED Version privacy: DISABLED Transport: Type: Smart <---- "
        "URL: https://smartreceiver.cisco.com/licservice/license <---- "
        "Proxy: Not Supported VRF: Not Supported\n"
    )

    assert pieces(text) == [
        "ASA# show license status",
        "Smart Licensing is ENABLED",
        "Utility:",
        "Status: DISABLED",
        "Data Privacy:",
        "Sending Hostname: yes",
        "Callhome hostname privacy: DISABLED",
        "Smart Licensing hostname privacy: DISABLED",
        "Version privacy: DISABLED",
        "Transport:",
        "Type: Smart",
        "URL: https://smartreceiver.cisco.com/licservice/license",
        "Proxy:",
        "  Not Supported",
        "VRF:",
        "  Not Supported",
    ]


def test_the_pieces_keep_the_number_of_their_line() -> None:
    """Evidence must point at the line of the file that a person opens."""
    text = "\nLicense Authorization: Status: EVAL MODE\nTransport: Type: Callhome\n"

    numbers = [line.number for line in unflatten(to_lines(text))]

    assert numbers == [1, 2, 2, 3, 3]


def test_a_registration_without_its_heading_gets_it_back() -> None:
    """The TAC document's evaluation sample lost its `Registration:`."""
    text = "Status: REGISTERING - REGISTRATION IN PROGRESS Export-Controlled Functionality: NOT ALLOWED\n"

    assert pieces(text) == [
        "Registration:",
        "Status: REGISTERING - REGISTRATION IN PROGRESS",
        "Export-Controlled Functionality: NOT ALLOWED",
    ]
    assert (
        pieces("\nStatus: UNREGISTERED\nExport-Controlled Functionality: NOT ALLOWED\n")[1] == "Registration:"
    )


def test_a_feature_list_on_one_line_becomes_its_lines() -> None:
    """`AnyConnect Premium Peers : 2` is the sign of an expired licence."""
    text = (
        "Licensed features for this platform: Maximum VLANs : 1024 Failover : Active/Active "
        "AnyConnect Premium Peers : 2 <<<<<< Cluster : Enabled\n"
    )

    assert pieces(text) == [
        "Licensed features for this platform:",
        "Maximum VLANs : 1024",
        "Failover : Active/Active",
        "AnyConnect Premium Peers : 2",
        "Cluster : Enabled",
    ]


@pytest.mark.parametrize("path", real_texts(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_text_with_its_own_lines_comes_back_as_the_same_objects(path: Path) -> None:
    """A real output is evidence and is never touched."""
    lines = to_lines(text_of(path))

    assert all(ours is theirs for ours, theirs in zip(unflatten(lines), lines, strict=True))


@pytest.mark.parametrize(
    "path", sorted(CAPTURED.glob("*/*.txt")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_a_whole_output_of_any_kind_of_firewall_comes_back_untouched(path: Path) -> None:
    """Lines that are the device's own, also unindented or behind a prompt, must not be taken apart."""
    # The one from a page has arrows, which are dropped before.
    lines = to_lines(text_of(path))

    assert lines
    assert all(ours is theirs for ours, theirs in zip(unflatten(lines), lines, strict=True))


@pytest.mark.parametrize(
    "account",
    [
        "Transport: Type: Smart",
        "Registration: Status: REGISTERED Smart Account: x",
        "Smart Licensing is ENABLED Transport: Type: Smart",
        "License Authorization: Status: AUTHORIZED",
        "Licensed features for this platform: Maximum VLANs : 5",
    ],
)
def test_a_hostile_account_name_on_its_own_line_stays_one_line(account: str) -> None:
    """The line structure of a real output wins over what a customer calls an account."""
    text = (
        f"Registration:\n  Status: UNREGISTERED\n  Smart Account: {account}\n  Virtual Account: {account}\n"
    )

    assert pieces(text) == text.split("\n")[:-1]


def test_a_hostile_account_name_in_a_paste_cannot_open_another_section() -> None:
    """Only a field of the same section may end an account's name."""
    text = "Registration: Status: UNREGISTERED Smart Account: Transport: Type: Smart Virtual Account: x\n"

    assert pieces(text) == [
        "Registration:",
        "Status: UNREGISTERED",
        "Smart Account: Transport: Type: Smart",
        "Virtual Account: x",
    ]


@pytest.mark.parametrize(
    "line", ["Transport: Type: Smart (X-STD):", "Registration: Status: REGISTERED (ASAv-STD-1G):"]
)
def test_an_entitlement_named_like_a_section_stays_one_line(line: str) -> None:
    """An entitlement's heading is free text in column one."""
    assert pieces(f"License Usage\n{line}\n  Count: 1\n") == ["License Usage", line, "  Count: 1"]


def test_a_heading_that_stands_alone_forbids_its_paste() -> None:
    """An output has a section once; the one that the device printed counts."""
    text = "Transport:\n  Type: Callhome\nTransport: Type: Smart\n"

    assert pieces(text) == ["Transport:", "  Type: Callhome", "Transport: Type: Smart"]


@given(st.text(alphabet=st.characters(blacklist_characters="\n"), max_size=300))
def test_no_line_makes_it_raise_or_vanish(text: str) -> None:
    """Every line goes in once and comes out at least once."""
    numbers = [line.number for line in unflatten(to_lines(f"{text}\nlast"))]

    assert numbers == sorted(numbers)
    assert {1, 2} <= set(numbers)


def test_a_line_too_long_for_a_paste_is_left_alone() -> None:
    """Taking apart a megabyte is work for nothing."""
    line = Line(number=1, text="Registration: " + "Status: REGISTERED " * 2000)

    assert list(unflatten([line])) == [line]
