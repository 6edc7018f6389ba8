"""What a firewall says to a line of a change: silence goes on, the unknown stops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.asa import terminal
from asa_transport.asa.replies import Objected, Taken, is_saved, judged, judged_mode, judged_renewal

LINE = " transport type smart"
PROMPT = "fw-1/pri/act(config-smart-lic)#"
INFO_OR_WARNING = ("INFO:", "WARNING:")
CHATTER = (
    "%ASA-5-111008: User 'netaudit' executed the 'configure terminal' command.",
    "Beginning configuration replication: Sending to mate.",
    "End Configuration Replication to mate",
    "",
)


def said(text: str, *, after: str = PROMPT) -> Taken | Objected:
    return judged(LINE, text, before=PROMPT, after=after)


@given(st.text(max_size=200))
def test_any_text_that_is_not_known_to_be_harmless_stops(text: str) -> None:
    """A message that nobody has thought of must never be read as success."""
    shown = [terminal.render(line) for line in text.split("\n")]
    is_harmless = all(
        terminal.is_chatter(line) or line.lstrip().startswith(INFO_OR_WARNING) for line in shown
    )

    found = said(text)

    assert isinstance(found, Taken) or not is_harmless or "changed its role" in found.reason
    assert is_harmless or isinstance(found, Objected)


@given(st.text(max_size=200))
def test_any_text_is_judged_and_none_breaks_the_judge(text: str) -> None:
    """The text is a device's, and the device may be hostile; a push in mid-air must not crash on it."""
    assert isinstance(judged_renewal(text), Taken | Objected)
    assert is_saved(text) in {True, False}


@pytest.mark.parametrize("chatter", CHATTER)
def test_silence_information_and_chatter_go_on(chatter: str) -> None:
    """Replication and syslog land on any terminal at any time (unicon.plugins)."""
    assert said(f"{chatter}\nINFO: made up\n{chatter}") == Taken()


def test_a_warning_goes_on_and_is_kept() -> None:
    """A person reads it in the report."""
    assert said("WARNING: this takes a while\n") == Taken(warnings=("WARNING: this takes a while",))


@pytest.mark.parametrize(
    "text",
    [
        "ERROR: % Invalid input detected at '^' marker.",
        "                 ^\nERROR: % Invalid input detected at '^' marker.",
        "ERROR: Command authorization failed",
        "Command authorization failed",
        "% Incomplete command",
        '% Ambiguous command:  "tran"',
        "Removing object-group (X) failed; it does not exist",
        "INFO: fine\nand then something else",
    ],
)
def test_errors_of_the_field_stop(text: str) -> None:
    """The texts that ASAs are known to refuse with (unicon.plugins, Netspoc-Approve)."""
    found = said(text)

    assert isinstance(found, Objected)
    assert not found.role_changed


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", "fw-1/pri/stby(config-smart-lic)#"),
        ("        Switching to Standby\n", PROMPT),
        (
            "**** WARNING ****\nConfiguration Replication is NOT performed from Standby unit to Active unit",
            PROMPT,
        ),
        ("Configurations are no longer synchronized", PROMPT),
    ],
)
def test_another_role_stops_whatever_shows_it(text: str, after: str) -> None:
    """What is typed on a standby unit is lost, and takes the pair apart."""
    found = said(text, after=after)

    assert isinstance(found, Objected)
    assert found.role_changed


@pytest.mark.parametrize("judge", [said, judged_renewal])
def test_a_syslog_line_about_a_refusal_is_no_refusal(judge: object) -> None:
    """Somebody else's command was refused, and the logging says so on every terminal."""
    text = "%ASA-4-111111: user 'kim': Command authorization failed, Invalid input\n"
    assert callable(judge)

    assert judge(text) == Taken()


@pytest.mark.parametrize(
    ("after", "configuring", "is_taken"),
    [
        ("fw-1(config)#", True, True),
        ("fw-1(config-smart-lic)#", True, True),
        ("fw-1#", True, False),
        ("fw-1>", True, False),
        ("fw-1#", False, True),
        ("fw-1(config)#", False, False),
        ("nonsense", True, False),
    ],
)
def test_the_prompt_must_show_the_mode(after: str, configuring: bool, is_taken: bool) -> None:
    """A line that goes to another mode than intended is another line."""
    found = judged_mode("configure terminal", after, configuring=configuring)

    assert isinstance(found, Taken) == is_taken


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Building configuration...\nCryptochecksum: a b c d \n\n7413 bytes copied in 0.240 secs\n[OK]\n",
            True,
        ),
        ("Building configuration...\n[OK]", True),
        ("%Error writing nvram:/startup-config (No space left on device)\n", False),
        ("Building configuration...\n", False),
        ("is it [OK]?\n", False),
        ("", False),
    ],
)
def test_only_ok_on_a_line_of_its_own_is_saved(text: str, expected: bool) -> None:
    """`write memory` has no other proof (Netspoc-Approve)."""
    assert is_saved(text) == expected
