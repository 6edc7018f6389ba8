"""What a healthy or a foreign firewall prints beyond what we know must not look like a fault."""

from __future__ import annotations

from datetime import timedelta

import pytest

from asa_transport.asa.activation_keys import without_keys
from asa_transport.core.judgement.cases.case import Case
from asa_transport.core.judgement.decisions.table import decide
from asa_transport.core.judgement.rules.table import findings
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.reports.ticket.mask import masked
from asa_transport.model import Capture, CommandOutput, DeviceFacts, Finding, Severity, Verdict
from tests.golden.golden import DEVICES, NOW, capture_of, texts
from tests.unit.judging import case

TABLES = TableSet(texts())
VERSION, LICENSE = "show version", "show running-config license"
STATUS, ALL = "show license status", "show license all"


def outputs(name: str = "smart_healthy") -> dict[str, str]:
    return {one.command: one.text for one in capture_of(DEVICES / name).outputs}


def facts_of(answers: dict[str, str]) -> DeviceFacts:
    captured = tuple(
        CommandOutput(command=command, text=text, prompt="edge-fw#", started_at=NOW, duration_s=0.0)
        for command, text in answers.items()
    )
    capture = Capture(device="fw1", started_at=NOW, finished_at=NOW, outputs=captured)
    return parse.facts(capture, TABLES)


def judged(answers: dict[str, str]) -> tuple[Verdict, dict[str, Finding]]:
    found = case(facts_of(answers), clock_read_at=None)
    all_of_them = findings(found)
    return decide(found, all_of_them).verdict, {one.rule: one for one in all_of_them}


def healthy(**changes: str) -> dict[str, str]:
    """A healthy ASAv without a proxy; `hardware` stands before its licence mode."""
    answers = outputs()
    answers[LICENSE] = "license smart\n feature tier standard\n"
    hardware = changes.pop("hardware", "")
    answers[VERSION] = answers[VERSION].replace("License mode:", f"{hardware}\nLicense mode:")
    return {**answers, **{name.replace("_", " "): text for name, text in changes.items()}}


@pytest.mark.parametrize(
    "hardware",
    [
        "                             Driver version        : 4.12.0\n   Number of accelerators: 6",
        "SSP Slot Number: 1",
        "Boot microcode   : CN1000-MC-BOOT-2.00 \nSSL/IKE microcode: CNLite-MC-SSLm-PLUS-2.03",
        "Total SSDs: 2\n  nvme0n1: 894 GB, health: OK",
        "Chassis Serial Number: JMX2510X0AB\nFan tray 1: present",
        "FIPS mode: off\nSecure Boot: Enabled",
        "Internal-Data0/1 : MTU 9184\nNPU Firmware 7.1.0-9 (loaded)",
    ],
)
def test_a_line_about_hardware_is_no_finding(hardware: str) -> None:
    """`show version` of a platform that nobody has shown us yet must not page anybody."""
    verdict, found = judged(healthy(hardware=hardware))

    assert verdict is Verdict.COMPLIANT
    assert "AT402" not in found


@pytest.mark.parametrize(
    "line", ["License enforcement: relaxed", "Smart agent halted", "Entitlement cache: stale"]
)
def test_a_line_of_show_version_with_a_word_of_licensing_is_named_but_alarms_nobody(line: str) -> None:
    """It may matter, so it is told; it stands outside the three parts that decide, so it is info."""
    verdict, found = judged(healthy(hardware=line))

    assert verdict is Verdict.COMPLIANT
    assert found["AT402"].severity is Severity.INFO
    assert line in found["AT402"].detail


def test_a_text_that_two_commands_print_is_told_once() -> None:
    """Both licensing outputs print the same sections; ten texts must not be five."""
    answers = healthy()
    for command in (STATUS, ALL):
        answers[command] = answers[command].replace("Utility:\n", "Utility:\n  Meter: 12\n")

    found = judged(answers)[1]["AT402"]

    assert found.detail.count("Meter: 12") == 1
    assert len(found.evidence) == 1
    assert found.severity is Severity.INFO


@pytest.mark.parametrize("section", ["Transport", "Registration", "License Authorization"])
def test_an_unknown_line_in_the_three_parts_stays_medium_and_holds(section: str) -> None:
    """There it may change what the lines around it mean."""
    answers = healthy()
    answers[STATUS] = answers[STATUS].replace(f"{section}:\n", f"{section}:\n  Novelty: 12\n")

    verdict, found = judged(answers)

    assert verdict is Verdict.HOLD
    assert found["AT402"].severity is Severity.MEDIUM


@pytest.mark.parametrize(
    "ending",
    ["Miscellaneous:\n  Custom Id: <empty>\n", "\nMiscellaneous:\n  Custom ID: site 12\n\n"],
)
def test_the_agent_s_miscellaneous_section_is_known(ending: str) -> None:
    """IOS-XE's agent ends so, and ASA runs the same agent."""
    answers = healthy()
    answers = {**answers, STATUS: answers[STATUS] + ending, ALL: answers[ALL] + ending}

    verdict, found = judged(answers)

    assert verdict is Verdict.COMPLIANT
    assert "AT402" not in found


RESERVED = """
Overall status:
  Active: PID:ASAv,SN:9AEXAMPLE01
      Reservation status: {status}
      Export-Controlled Functionality: ALLOWED
      Last Confirmation code: 0f1e2d3c

{more}"""


@pytest.mark.parametrize(
    ("line", "details"),
    [
        ("license smart flex-model asav30_plr", ""),
        ("license smart flex-model asav100_plr", RESERVED.format(status="UNIVERSAL INSTALLED", more="")),
        (
            "",
            RESERVED.format(
                status="SPECIFIC INSTALLED on Mar 03 2025 08:15:20 UTC",
                more="Specified license reservations:\n  ASAv10 Standard - 1G (ASAv-STD-1G):\n"
                "    Description: ASAv10 Standard - 1G\n    Total reserved count: 1\n    Term information:\n"
                "      Active: PID:ASAv,SN:9AEXAMPLE01\n        License type: PERPETUAL\n",
            ),
        ),
        ("", RESERVED.format(status="UNIVERSAL INSTALLED", more="Universal reservation:\n  Request code: X")),
    ],
    ids=["flexible", "flexible with details", "specific", "universal"],
)
def test_a_reserved_device_is_not_applicable_and_gives_no_finding(line: str, details: str) -> None:
    """It contacts nobody: nothing on it is this program's business, 9.23's flexible form included."""
    answers = outputs("reserved")
    answers[LICENSE] = f"license smart\n feature tier standard\n{line}\nlicense smart reservation\n"
    answers[ALL] += details

    verdict, found = judged(answers)

    assert verdict is Verdict.NOT_APPLICABLE
    assert found == {}


def test_a_reservation_that_is_not_finished_is_not_taken_for_one() -> None:
    """`PENDING` is no word that we know, and a device that waits for its code is not settled."""
    answers = outputs("reserved")
    answers[ALL] += RESERVED.format(status="PENDING since Mar 03 2025", more="")

    verdict, found = judged(answers)

    assert verdict is Verdict.HOLD
    assert found["AT402"].severity is Severity.MEDIUM


KEY = "0xa1b2c3d4 0x1f2e3d4c 0xdeadbeef 0x0badcafe 0x12345678"
SHORT = "0x1 0xc92f 0x0 0x7 0x1b"


@pytest.mark.parametrize(
    "lines",
    [
        f"Active Timebased Activation Key:\n{KEY}\nBotnet Traffic Filter        : Enabled    512 days",
        f"The flash permanent activation key is the SAME as the running permanent key.\n"
        f"Running Timebased Activation Key: {KEY} ",
        f"The running activation key is DIFFERENT from the flash one: {KEY}",
        f"Running Activation Key: {SHORT}",
        f"Active Timebased Activation Key:\n {SHORT}\n {KEY}\nUC Phone Proxy Sessions : 12   41 days",
    ],
)
def test_a_pak_device_with_activation_keys_gives_no_finding_and_keeps_no_key(lines: str) -> None:
    """A key licenses a firewall: it is in no output of ours, and nothing about it is our business."""
    answers = outputs("pak")
    answers[VERSION] = answers[VERSION].replace(
        "This platform has a Base", f"{lines}\nThis platform has a Base"
    )

    verdict, found = judged(answers)

    assert verdict is Verdict.NOT_APPLICABLE
    assert found == {}
    assert "0xdeadbeef" not in repr(facts_of(answers))
    assert "0xc92f" not in repr(facts_of(answers))


@pytest.mark.parametrize(
    "text", [KEY, SHORT, KEY.replace("0x", "0X"), f"activation-key {KEY}", f"a\n  {KEY}\nb"]
)
def test_a_key_is_masked_wherever_it_stands(text: str) -> None:
    """On a line of its own nothing announces it: its shape must do."""
    assert "0x1 " not in without_keys(text).lower()
    assert "deadbeef" not in without_keys(text)
    assert "deadbeef" not in masked(text)
    assert len(masked(text).split("\n")) == len(text.split("\n"))


@pytest.mark.parametrize(
    "text", ["BIOS Flash AT49LW080 @ 0xfff00000, 1024KB", "(revision 0x11)", "Configuration register is 0x1"]
)
def test_a_single_number_is_no_key(text: str) -> None:
    """Hardware revisions tell one platform from another."""
    assert without_keys(text) == text


def test_a_silent_catalogue_on_a_reserved_device_stays_silent_a_year_later() -> None:
    """Nothing ages on a device that contacts nobody."""
    reserved = facts_of(outputs("reserved"))
    later: Case = case(reserved, now=NOW + timedelta(days=700), clock_read_at=None)

    assert findings(later) == ()
