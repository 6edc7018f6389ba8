"""Saved texts: which command, whose output, where it ends; and that nothing raises or is lost."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asa_transport.asa import command_names
from asa_transport.asa.commands import STARTUP
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.saved import folder as offline_folder
from asa_transport.core.parsing.saved import samples as offline
from asa_transport.core.parsing.saved.folder import Failure, File, Found
from asa_transport.core.parsing.saved.samples import Reading, Sample
from asa_transport.core.parsing.tables import TableSet
from asa_transport.edges.state.run_folder import file_name
from asa_transport.errors import ParseError
from asa_transport.model import (
    AuthorizationState,
    Capture,
    CommandOutput,
    ContactResult,
    DeviceFacts,
    ExportControl,
    LicenseMode,
    RegistrationState,
    TransportSource,
    TransportType,
)
from tests.golden.golden import DEVICES, capture_of, texts

TABLES = TableSet(texts())
NOW = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)
STATUS = "show license status"
LICENSE = "show running-config license"
HEALTHY = capture_of(DEVICES / "smart_healthy")
BANNER = (
    "Unauthorized access is forbidden.\n"
    "User admin logged in to edge-fw\n"
    "Logins over the last 7 days: 3.  Last login: 09:12:44 UTC Jan 19 2026 from 192.0.2.7\n"
    "Failed logins since the last login: 0.  \n"
    "Type help or '?' for a list of available commands.\n"
)
# The shapes of Cisco's page with values of our own: everything of one output on one line.
REGISTERED = (
    "Registration: Status: REGISTERED Smart Account: Example GmbH Virtual Account: Munich "
    "Export-Controlled Functionality: ALLOWED Initial Registration: SUCCEEDED on Feb 03 2026 08:15:20 UTC "
    "Last Renewal Attempt: None Next Renewal Attempt: Aug 02 2026 08:15:20 UTC "
    "Registration Expires: Feb 03 2027 08:10:02 UTC License Authorization: "
    "Status: AUTHORIZED on Feb 03 2026 08:16:01 UTC "
    "Last Communication Attempt: FAILED on Mar 05 2026 10:00:44 UTC <---- "
    "Failure reason: Communication message send error <---- "
    "Next Communication Attempt: Mar 05 2026 10:01:14 UTC "
    "Communication Deadline: May 04 2026 08:10:30 UTC"
)
EXPIRED = (
    REGISTERED.replace("Status: AUTHORIZED", "Status: AUTH EXPIRED").partition("Communication Deadline")[0]
    + "Communication Deadline: DEADLINE EXCEEDED <----"
)
FEATURES = (
    "Licensed features for this platform: Maximum VLANs : 200 Inside Hosts : Unlimited "
    "Failover : Active/Standby AnyConnect Premium Peers : 2 <<<<<< AnyConnect Essentials : Disabled "
    "Cluster : Disabled"
)
REGISTERING = (
    "Status: REGISTERING - REGISTRATION IN PROGRESS Export-Controlled Functionality: NOT ALLOWED "
    "Initial Registration: FAILED on Mar 05 2026 12:00:01 UTC "
    "Failure reason: Communication message send error "
    "Next Registration Attempt: Mar 05 2026 13:00:42 UTC"
)
EVALUATION = "License Authorization: Status: EVAL MODE"
CALLHOME = (
    "Smart Licensing is ENABLED Utility: Status: DISABLED Data Privacy: Sending Hostname: yes "
    "Callhome hostname privacy: DISABLED Smart Licensing hostname privacy: DISABLED "
    "Version privacy: DISABLED Transport: Type: Callhome <----"
)


def read(text: str, name: str = "a.txt") -> Reading:
    return offline.read(text, name=name, at=NOW)


def only(reading: Reading) -> Sample:
    (sample,) = reading.samples
    return sample


def facts(sample: Sample) -> DeviceFacts:
    capture = Capture(device=sample.name, started_at=NOW, finished_at=NOW, outputs=sample.outputs)
    return parse.facts(capture, TABLES, needs_version=sample.needs_version)


def commands(sample: Sample) -> list[str]:
    return [output.command for output in sample.outputs]


def answer(command: str, device: Capture = HEALTHY) -> str:
    found = device.output(command)
    assert found is not None
    return found.text


def session(*typed: tuple[str, str], prompt: str = "edge-fw/pri/act# ", device: Capture = HEALTHY) -> str:
    """Return a transcript: what was typed, and the command whose answer followed."""
    return "".join(f"{prompt}{line}\n{answer(command, device)}" for line, command in typed) + prompt


# --------------------------------------------------------------------------- names of commands


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("show version", "show version"),
        ("sh ver", "show version"),
        ("SHOW VER", "show version"),
        ("sho  vers ", "show version"),
        ("sh lic all", "show license all"),
        ("sh lic st", STATUS),
        ("show run license", LICENSE),
        ("sh runn lic", LICENSE),
        ("show running-config license", LICENSE),
        ("sh run all lic", "show running-config all license"),
        ("sh run call-home", "show running-config call-home"),
        ("sh run call", "show running-config call-home"),
        ("sh run", "show running-config"),
        ("more system:running-config", "show running-config"),
        ("sh fail", "show failover"),
        ("sh clock", "show clock"),
        ("sh mode", "show mode"),
        ("show license status | include Type", None),
        ("show version | grep Serial", None),
        ("sh start", "show startup-config"),
        ("sh startup-config", "show startup-config"),
        ("show checksum", "show checksum"),
        (STARTUP, STARTUP),
        ("show startup-config | include license", None),
        ("show st", None),
        ("show running-config interface", None),
        ("show failover state", None),
        ("show license", None),
        ("sh l", None),
        ("show", None),
        ("license smart", None),
        ("show vers1on", None),
        ("", None),
    ],
)
def test_an_abbreviation_is_one_whole_command_or_none(typed: str, command: str | None) -> None:
    """A filtered answer that passes for the whole says that the rest is not configured."""
    assert command_names.typed(typed) == command


@pytest.mark.parametrize(
    ("name", "before", "command"),
    [
        ("show_version.txt", "", "show version"),
        ("show version.txt", "", "show version"),
        ("show-license-status.log", "", STATUS),
        ("show_running-config_license.txt", "", LICENSE),
        ("show_startup-config.txt", "", "show startup-config"),
        (f"fw-par-01_{file_name(STARTUP)}.txt", "fw-par-01", STARTUP),
        ("show_running_config_call_home.out", "", "show running-config call-home"),
        ("show run license", "", LICENSE),
        ("SHOW_VERSION.TXT", "", "show version"),
        ("license_status.txt", "", STATUS),
        ("version.txt", "", "show version"),
        ("running-config", "", "show running-config"),
        ("01_show_version.txt", "", "show version"),
        ("2026-01-20_show_version.txt", "", "show version"),
        ("show_version_20260120.txt", "", "show version"),
        ("fw-par-01_show_version.txt", "fw-par-01", "show version"),
        ("fw.example.net-sh-lic-all.log", "fw.example.net", "show license all"),
    ],
)
def test_a_files_name_tells_the_command_and_what_stands_before_it(
    name: str, before: str, command: str
) -> None:
    """Every collector names its files in its own way."""
    assert command_names.of_file(name) == (before, command)


@pytest.mark.parametrize(
    "name",
    [
        "show_failover_state.txt",
        "mode.log",
        "run.txt",
        "1.txt",
        "fw-par-01.txt",
        "show_tech.txt",
        "show_version.pdf",
        "show_interface.txt",
        "show_startup-config_include_license.txt",
        "",
        ".txt",
        "readme",
    ],
)
def test_any_other_name_tells_no_command(name: str) -> None:
    """The content of such a file must speak for itself."""
    assert command_names.of_file(name) is None


def test_the_names_of_our_own_run_folder_are_known() -> None:
    """`runs/ID/raw/DEVICE` must stay readable."""
    from asa_transport.edges.state.run_folder import answer_file

    for command in command_names.KNOWN:
        assert command_names.of_file(answer_file(command)) == ("", command)


# --------------------------------------------------------------------------- transcripts


def test_a_transcript_gives_the_facts_of_its_answers() -> None:
    """Banner, echo and prompts around the answers change nothing."""
    text = BANNER + session(
        ("sh ver", "show version"), ("sh lic status", STATUS), ("show run license", LICENSE)
    )

    sample = only(read(text))
    found = facts(sample)

    assert (sample.hostname, sample.name) == ("edge-fw", "a.txt")
    assert commands(sample) == ["show version", STATUS, LICENSE]
    assert [output.text for output in sample.outputs] == [answer(c) for c in commands(sample)]
    assert found.unknown == ()
    assert found.transport.type is TransportType.SMART
    assert found.transport.proxy_known is True


def test_the_line_ends_of_any_system_are_the_same() -> None:
    """`\\r\\n`, `\\r\\r\\n` and the `\\r` before a prompt come from terminals, not from outputs."""
    text = session(("sh ver", "show version"), ("sh lic all", "show license all"))

    plain = only(read(text))

    for end in ("\r\n", "\r\r\n", "\n\r"):
        assert only(read(text.replace("\n", end))).outputs == plain.outputs


@pytest.mark.parametrize(
    "pager",
    ["<--- More --->\r              \r", "<--- More --->              ", "<--- More --->\n",
     "<--- More --->\x08\x08\x08   \x08\x08\x08"],
)  # fmt: skip
def test_the_remains_of_the_pager_leave_the_indentation_alone(pager: str) -> None:
    """A line of the license block that lost its blank ends the block, and its transport is gone."""
    config = f"license smart\n feature tier standard\n{pager} transport type callhome\n"

    found = facts(only(read(f"fw# sh run lic\n{config}fw# ")))

    assert found.transport.type is TransportType.CALLHOME
    assert found.transport.source is TransportSource.RUNNING_CONFIG
    assert found.unknown == ()


def test_several_devices_in_one_file_are_told_by_their_prompts() -> None:
    """A jump host's log holds an evening's work."""
    callhome = capture_of(DEVICES / "callhome_pair_with_http_proxy")
    text = (
        session(("sh ver", "show version"), ("sh lic st", STATUS), prompt="fw-a# ")
        + "exit\n\nLogoff\n\n"
        + session(("sh lic st", STATUS), prompt="fw-b/pri/act# ", device=callhome)
    )

    one, other = read(text).samples

    assert (one.hostname, other.hostname) == ("fw-a", "fw-b")
    assert facts(one).transport.type is TransportType.SMART
    assert facts(other).transport.type is TransportType.CALLHOME
    assert facts(other).version is None


def test_the_units_of_a_pair_in_one_file_are_two_samples_through_a_change_of_role() -> None:
    """`pri` and `sec` stay with the unit, `act` and `stby` move."""
    text = (
        "edge/pri/act# sh mode\nSecurity context mode: single \n"
        "edge/pri/stby# sh clock\n12:00:00.123 UTC Tue Jan 20 2026\n"
        "edge/sec/act# sh mode\nSecurity context mode: multiple \n"
    )

    one, other = read(text).samples

    assert commands(one) == ["show mode", "show clock"]
    assert commands(other) == ["show mode"]


def test_another_serial_number_behind_the_same_prompt_is_another_firewall() -> None:
    """`ciscoasa#` is the prompt of every new one, and two must never be mixed."""
    version = answer("show version")
    assert "Serial Number: " in version
    serial = version.partition("Serial Number: ")[2].split("\n")[0]
    text = (
        f"fw# sh ver\n{version}fw# sh lic st\n{answer(STATUS)}"
        f"fw# sh ver\n{version}fw# sh ver\n{version.replace(serial, '9AOTHER0001')}fw# sh mode\n"
        "Security context mode: single \nfw# "
    )

    one, other = read(text).samples

    assert (facts(one).serial, facts(other).serial) == (serial, "9AOTHER0001")
    assert facts(other).registration.state is None


def test_an_answer_ends_at_the_next_prompt_and_at_nothing_else() -> None:
    """A line that nobody knows must stay in its output, where it forbids a verdict."""
    text = "fw# sh lic st\nTransport:\n  Type: Smart\nQuantum Mode: on\nplain words here.\nfw# exit\n"

    found = facts(only(read(text)))

    assert [line.evidence.text for line in found.unknown] == ["Quantum Mode: on", "plain words here."]


def test_other_commands_and_configuration_are_counted_and_never_read() -> None:
    """`transport type smart` that somebody typed is no fact before the device shows it."""
    text = (
        "fw# show interface\nInterface Gi0/0 is up\n  5 packets\n"
        "fw# conf t\nfw(config)# license smart\nfw(config-smart-lic)# transport type smart\n"
        "fw(config-smart-lic)# end\nfw# sh lic st | i Type\n  Type: Smart\nfw# sh clock\n"
        "12:00:00.123 UTC Tue Jan 20 2026\nfw#"
    )

    reading = read(text)

    assert commands(only(reading)) == ["show clock"]
    assert facts(only(reading)).transport.type is None
    assert reading.skipped.configuration == 4
    assert reading.skipped.other == 5


def test_a_corrected_typing_mistake_is_the_command_that_was_sent() -> None:
    """Terminals record backspaces."""
    text = f"fw# shwo\b \b\b \bow verr\b \b\n{answer('show version')}fw# "

    assert commands(only(read(text))) == ["show version"]


def test_the_last_answer_to_a_command_counts() -> None:
    """A person looks before and after."""
    before, after = ("Transport:\n  Type: Callhome\n", "Transport:\n  Type: Smart\n")

    found = facts(only(read(f"fw# sh lic st\n{before}fw# sh lic st\n{after}fw# ")))

    assert found.transport.type is TransportType.SMART


def test_text_that_only_looks_like_a_prompt_is_no_prompt() -> None:
    """`#` and `>` stand in banners, remarks and descriptions."""
    text = "fw# sh ver\n" + answer("show version") + "license#4711\nlicense>2 done\nfw# "

    found = facts(only(read(text)))

    assert [line.evidence.text for line in found.unknown] == ["license#4711", "license>2 done"]


def test_a_router_s_transcript_is_no_firewall() -> None:
    """`show version` is there, so it must be an ASA's."""
    sample = only(read("rtr# show version\nCisco IOS XE Software, Version 17.09.04a\nrtr# "))

    with pytest.raises(ParseError, match="Cisco IOS XE"):
        facts(sample)


# --------------------------------------------------------------------------- show tech


def heading(command: str) -> str:
    return f"\n------------------ {command} ------------------\n\n"


def test_the_sections_of_show_tech_are_answers() -> None:
    """It is what people have when TAC asks."""
    known = ("show clock", "show version", STATUS, "show failover", LICENSE)
    text = "".join(f"{heading('show blocks')}  SIZE  MAX\n{heading(c)}{answer(c)}" for c in known)

    sample = only(read(text, "tech"))
    found = facts(sample)

    assert commands(sample) == list(known)
    assert (sample.hostname, sample.is_named, found.hostname) == (None, False, "edge-fw")
    assert found.unknown == ()
    assert found.transport.type is TransportType.SMART


def test_show_tech_behind_a_prompt_belongs_to_that_prompt() -> None:
    """Its first section has no heading, and a command may follow it."""
    text = (
        f"fw# sh tech\n\n{answer('show version')}{heading(STATUS)}{answer(STATUS)}"
        f"{heading('show memory')}Free memory: 1\nfw# sh run license\n{answer(LICENSE)}fw# "
    )

    sample = only(read(text))

    assert sample.hostname == "fw"
    assert commands(sample) == ["show version", STATUS, LICENSE]
    assert facts(sample).unknown == ()


def test_two_show_techs_in_one_file_are_two_firewalls() -> None:
    """`show version` comes once in each; each is named by the line that it begins in."""
    tech = "".join(heading(c) + answer(c) for c in ("show version", STATUS))

    one, other = read(tech + tech).samples

    assert (one.name, other.name) == ("a.txt:2", f"a.txt:{2 + len(tech.splitlines())}")
    assert commands(one) == commands(other) == ["show version", STATUS]


# --------------------------------------------------------------------------- raw outputs


@pytest.mark.parametrize(
    "command", ["show version", STATUS, "show license all", "show failover", "show clock", "show mode"]
)
def test_an_output_without_a_prompt_is_known_by_its_beginning(command: str) -> None:
    """A file of any name may hold one answer and nothing else."""
    sample = only(read(answer(command)))

    assert commands(sample) == [command]
    assert facts(sample).unknown == ()


def test_outputs_without_prompts_that_follow_each_other_are_one_firewall() -> None:
    """`cat *.txt > all.txt`."""
    text = answer("show version") + answer("show license all") + answer("show failover")

    assert commands(only(read(text))) == ["show version", "show license all", "show failover"]


def test_an_output_that_comes_a_second_time_is_another_firewall() -> None:
    """Two firewalls' states in one must never be mixed."""
    assert len(read(answer(STATUS) + answer(STATUS)).samples) == 2


# --------------------------------------------------------------------------- pages with pastes


def test_each_paste_of_a_page_is_a_sample_of_its_own() -> None:
    """Neighbouring lines of prose divide; neighbouring pastes belong together."""
    text = (
        f"Status: the firewall is authorized.\n{REGISTERED}\nSteps:\n"
        f"More than 90 days.\n{EXPIRED}\n{FEATURES}\nSteps:\n{REGISTERING}\n{EVALUATION}\nDone.\n"
    )

    reading = read(text, "page.txt")
    below, above, evaluation = map(facts, reading.samples)

    assert [sample.name for sample in reading.samples] == ["page.txt:2", "page.txt:5", "page.txt:8"]
    assert reading.skipped.prose == 5
    assert below.authorization.state is AuthorizationState.AUTHORIZED
    assert below.authorization.last_contact.result is ContactResult.FAILED
    assert below.authorization.deadline_at == datetime(2026, 5, 4, 8, 10, 30, tzinfo=UTC)
    assert below.restricted == ()
    assert above.authorization.state is AuthorizationState.EXPIRED
    assert above.authorization.deadline_exceeded is True
    assert above.registration.export_control is ExportControl.ALLOWED
    assert above.restricted == ("anyconnect-2-peers",)
    assert evaluation.registration.state is RegistrationState.REGISTERING
    assert evaluation.registration.export_control is ExportControl.NOT_ALLOWED
    assert evaluation.authorization.state is AuthorizationState.EVALUATION
    assert all(found.unknown == () for found in (below, above, evaluation))


def test_two_registrations_side_by_side_are_two_firewalls() -> None:
    """One state after the other must not make one device of both."""
    assert len(read(f"{REGISTERED}\n{EXPIRED}\n").samples) == 2


def test_an_output_behind_its_command_on_one_line_is_read() -> None:
    """The page lost the line end after the command too."""
    reading = read(f"Callhome:\nASA# show license status {CALLHOME}\nIt can be reverted.\n")

    assert facts(only(reading)).transport.type is TransportType.CALLHOME
    assert facts(only(reading)).unknown == ()
    assert reading.skipped.prose == 2


def test_a_page_s_output_of_many_lines_ends_where_the_prose_begins() -> None:
    """A page has no prompt after an output."""
    text = (
        f"ASA# show license status\n{answer(STATUS)}智慧許可:\nASA# show run license\nlicense smart\n[..]\n"
        f"transport type callhome <----\nThere are few cases where this happens on a page.\n{REGISTERED}\n"
    )

    status, config, paste = read(text).samples

    assert facts(status).unknown == ()
    assert facts(config).transport.type is TransportType.CALLHOME
    assert facts(config).unknown == ()
    assert paste.hostname is None


def test_configuration_pasted_on_a_page_is_no_fact() -> None:
    """An example of what to type says nothing of any firewall."""
    text = (
        "ASA# configure terminal ASA(config)# ASA(config-smart-lic)# transport type ? smart Use Smart "
        "Transport ASA(config-smart-lic)# transport type smart\nASA#configure terminal\n"
        "ASA(config)#license smart\nASA(config-smart-lic)#transport proxy proxy.example.net port 80 <----\n"
        f"{REGISTERED}\n"
    )

    reading = read(text)

    assert facts(only(reading)).transport == facts(only(read(REGISTERED))).transport
    assert reading.skipped.configuration == 4


@pytest.mark.parametrize(
    "word", ["Transport: see below for the whole story", "Registration: done", "Transport:x"]
)
def test_prose_that_begins_like_a_paste_is_prose(word: str) -> None:
    """A letter about licences is no firewall."""
    assert read(f"Dear all,\n{word}\n").samples == ()


# --------------------------------------------------------------------------- directories


def folder(**texts_of: str | None) -> tuple[Found, ...]:
    files = [
        File(path=f"d/{name}", name=name, text=text, saw="" if text is not None else "not readable", hint="x")
        for name, text in ((name.replace("__", "."), text) for name, text in texts_of.items())
    ]
    return offline_folder.samples(files, path="d", name="fw-1", at=NOW)[0]


def test_a_directory_of_answers_is_one_firewall_of_its_name() -> None:
    """The shape of our own run folder."""
    (found,) = folder(show_version__txt=answer("show version"), show_license_status__log=answer(STATUS))

    assert isinstance(found.item, Sample)
    assert (found.path, found.item.name, found.item.is_named) == ("d", "fw-1", True)
    assert facts(found.item).license_mode is LicenseMode.SMART


def test_a_file_that_is_named_after_a_command_may_hold_prompts() -> None:
    """A terminal's log of one command each."""
    (found,) = folder(
        show_version__txt=session(("show version", "show version")), show_license_status=answer(STATUS)
    )

    assert isinstance(found.item, Sample)
    assert facts(found.item).hostname == "edge-fw"
    assert facts(found.item).unknown == ()


def test_the_flat_files_of_several_firewalls_are_told_by_what_stands_before_the_command() -> None:
    """Not every collector makes directories."""
    found = folder(a_show_version__txt=answer("show version"), b_show_version__txt=answer("show version"))

    assert [each.item.name for each in found] == ["a", "b"]


def test_a_firewall_of_which_one_file_cannot_be_read_is_not_judged_by_the_others() -> None:
    """What is missing would pass for "not configured"."""
    (found,) = folder(show_version__txt=answer("show version"), show_license_status__txt=None)

    assert isinstance(found.item, Failure)
    assert "show_license_status.txt" in found.item.did


def test_two_different_answers_to_one_command_are_refused() -> None:
    """Nobody knows which of them is the newer one."""
    (found,) = folder(show_license_status__txt="Transport:\n  Type: Smart\n", sh_lic_st__txt="Transport:\n")

    assert isinstance(found.item, Failure)
    assert STATUS in found.item.saw


def test_an_empty_directory_and_an_unknown_file_are_failures_with_a_hint() -> None:
    """Never silence."""
    for found in (folder(), folder(letter__txt="Dear all,\n"), folder(nothing=""), folder(photo=None)):
        (each,) = found
        assert isinstance(each.item, Failure)
        assert each.item.saw
        assert each.item.hint


# --------------------------------------------------------------------------- any text whatever

PIECES = st.sampled_from(
    [
        *(BANNER, REGISTERED, EXPIRED, FEATURES, REGISTERING, EVALUATION, CALLHOME),
        *(answer("show version"), answer(STATUS), "Registration:\n", "Transport:\n", "license smart\n"),
        *("fw# ", "fw/sec/stby> sh lic st\n", "ASA# show license status ", "ASA(config)# "),
        *("------------------ show version ------------------\n", "Licensed features for this platform:\n"),
        *("\n", "\r\n", "\r", "<--- More --->\r      \r", "\x08", "\x1b[2K", "\ufeff", "\0"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.text(max_size=40), max_size=12), st.text(min_size=1, max_size=20))
def test_no_text_raises_and_every_file_yields_an_outcome(pieces: list[str], name: str) -> None:
    """One strange file must not end the analysis of the others, nor vanish from it."""
    file = File(path=name, name=name, text="".join(pieces))

    found, skipped = offline_folder.samples([file], path=".", name="here", at=NOW)

    assert found
    assert min(skipped.prose, skipped.configuration, skipped.other) >= 0
    for each in found:
        assert each.item.name
        if isinstance(each.item, Sample):
            assert each.item.outputs
            with suppress(ParseError):
                facts(each.item)


@settings(deadline=None)
@given(st.text())
def test_free_text_gives_no_healthy_state(text: str) -> None:
    """What nobody understands is never registered and never authorized."""
    for sample in read(text).samples:
        found = facts(sample)
        assert found.registration.state is None
        assert found.authorization.state is None
        assert found.transport.type is None


@settings(deadline=None)
@given(st.lists(st.sampled_from(command_names.KNOWN), min_size=1, max_size=6))
def test_no_line_of_an_answer_is_lost_in_a_transcript(asked: list[str]) -> None:
    """A dropped line could be the one that matters."""
    saved = [output for output in HEALTHY.outputs if output.command in asked]
    text = "".join(f"fw# {output.command}\n{output.text}" for output in saved) + "fw# "

    outputs: tuple[CommandOutput, ...] = ()
    for sample in read(text).samples:
        outputs += sample.outputs

    assert [(output.command, output.text) for output in outputs] == [(o.command, o.text) for o in saved]


@pytest.mark.parametrize(
    "line", ["\r" * 200_000, "#" * 200_000, "a/" * 100_000 + "#", "-" * 200_000, "<--- More --->" * 20_000,
             "Status: REGISTER " * 15_000, "fw# " + "show " * 40_000, "x" * 200_000 + "\x08" * 200_000 + "#"]
)  # fmt: skip
def test_a_hostile_line_costs_no_more_than_its_length(line: str) -> None:
    """The time limit of the test run is the proof: a quadratic pattern would take hours."""
    read(f"fw# sh lic st\n{line}\n{line}\n")
    read(line)


def test_the_golden_devices_are_the_same_as_transcripts() -> None:
    """One code path: where the answers were saved must not matter."""
    for directory in sorted(path for path in DEVICES.iterdir() if path.is_dir()):
        device = capture_of(directory)
        known = [output for output in device.outputs if output.command in command_names.KNOWN]
        text = "".join(f"edge-fw# {output.command}\n{output.text.rstrip(chr(10))}\n" for output in known)

        found = facts(only(read(text + "edge-fw#", Path(directory).name)))

        assert found == parse.facts(device, TABLES, needs_version=False), directory.name
