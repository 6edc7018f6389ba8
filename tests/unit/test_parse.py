"""Facts: what is believed, what is doubted, and what is no ASA at all."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asa_transport.asa.license_words import registration_state
from asa_transport.asa.licensing import default_transport, shown_proxy
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.facts_license import authorization_state
from asa_transport.core.parsing.tables import TableSet
from asa_transport.errors import ParseError
from asa_transport.model import (
    AuthorizationState,
    Block,
    Capture,
    CommandOutput,
    ContactResult,
    ContextMode,
    DeviceFacts,
    ExportControl,
    FailoverState,
    FailoverUnit,
    LicenseMode,
    Proxy,
    RegistrationState,
    TransportSource,
    TransportType,
)
from tests.golden.golden import CAPTURED, DEVICES, NOW, PAGES, capture_of, text_of, texts

TABLES = TableSet(texts())
FOLDERS = sorted(path for path in DEVICES.iterdir() if path.is_dir())
STATUS = "show license status"
ALL = "show license all"
LICENSE = "show running-config license"
LICENSE_BLOCKS = {Block.TRANSPORT, Block.REGISTRATION, Block.AUTHORIZATION}
VERSION = "Cisco Adaptive Security Appliance Software Version 9.22(2)14 \n\nedge-fw up 3 days 4 hours\n"
VERSION += "Hardware:   ASAv, 2048 MB RAM, CPU Xeon E5 series 2100 MHz,\nLicense mode: Smart Licensing\n"
HEALTHY = capture_of(DEVICES / "smart_healthy")


def capture(outputs: dict[str, str], prompt: str = "edge-fw#") -> Capture:
    return Capture(
        device="fw-1",
        started_at=NOW,
        finished_at=NOW,
        outputs=tuple(
            CommandOutput(command=command, text=text, prompt=prompt, started_at=NOW, duration_s=0.0)
            for command, text in outputs.items()
        ),
    )


def read(**outputs: str) -> DeviceFacts:
    """Facts of a device with a good `show version`; keys are commands with underscores."""
    named = {
        key.replace("_", " ").replace("running config", "running-config"): t for key, t in outputs.items()
    }
    named = {key.replace("call home", "call-home"): text for key, text in named.items()}
    return parse.facts(capture({"show version": VERSION, **named}), TABLES)


def with_output(device: Capture, command: str, text: str) -> Capture:
    outputs = (replace(o, text=text) if o.command == command else o for o in device.outputs)
    return replace(device, outputs=tuple(outputs))


def held(facts: DeviceFacts) -> set[Block]:
    return {line.block for line in facts.unknown} & LICENSE_BLOCKS


# --------------------------------------------------------------------------- what is no ASA


@pytest.mark.parametrize(
    ("outputs", "saw"),
    [
        ({}, "no output of 'show version' among 0 commands"),
        ({STATUS: "Smart Licensing is ENABLED\n"}, "among 1 commands"),
        ({"show version": "\n \n"}, "nothing was printed"),
        ({"show version": "ERROR: Command authorization failed\n"}, "the device refused it"),
        ({"show version": "Cisco IOS XE Software, Version 17.09.04a\n"}, "Cisco IOS XE Software"),
        ({"show version": "Cisco Adaptive Security Appliance Software Version unknown\n"}, "no line"),
    ],
)
def test_outputs_that_are_not_an_asa_s_are_the_only_error(outputs: dict[str, str], saw: str) -> None:
    """A router in the inventory must be told from a firewall that is hard to read."""
    with pytest.raises(ParseError) as raised:
        parse.facts(capture(outputs), TABLES)

    assert saw in str(raised.value)
    assert raised.value.device == "fw-1"
    assert raised.value.hint


def test_an_error_quotes_what_the_device_sent() -> None:
    """Device text in a message must not move a terminal's cursor."""
    with pytest.raises(ParseError) as raised:
        parse.facts(capture({"show version": "\x1b[2Jhello\n"}), TABLES)

    assert "\x1b" not in str(raised.value)


def test_a_saved_piece_of_output_needs_no_version() -> None:
    """A person who pastes a licence status wants it judged."""
    pasted = capture({STATUS: "Transport:\n  Type: Callhome\n"})

    facts = parse.facts(pasted, TABLES, needs_version=False)

    assert facts.transport.type is TransportType.CALLHOME
    with pytest.raises(ParseError):
        parse.facts(capture({}), TABLES, needs_version=False)


# --------------------------------------------------------------------------- transport


def test_the_license_output_is_believed_before_the_configuration_and_the_version() -> None:
    """The device knows which transport it uses; a configuration says what somebody typed."""
    status, config = "Transport:\n  Type: Callhome\n", "license smart\n transport type callhome\n"

    assert read(show_license_status=status).transport.source is TransportSource.LICENSE
    assert read(show_running_config_license=config).transport.source is TransportSource.RUNNING_CONFIG
    fallback = read(show_license_all="Smart Licensing is ENABLED\n").transport
    assert (fallback.type, fallback.source) == (TransportType.SMART, TransportSource.VERSION)


@pytest.mark.parametrize(
    "value", ["cslu", "Transport Off", "", "Smart?", "not Smart", "Smart Callhome", "SMARTX"]
)
def test_an_unknown_transport_is_none_and_no_other_source_covers_it_up(value: str) -> None:
    """A healthy-looking fallback would hide exactly the device that needs a person."""
    facts = read(
        show_license_status=f"Transport:\n  Type: {value}\n",
        show_license_all="Transport:\n  Type: Smart\n",
        show_running_config_license="license smart\n transport type smart\n",
    )

    assert facts.transport.type is None
    assert facts.transport.source is None
    assert Block.TRANSPORT in held(facts)


@pytest.mark.parametrize(
    "line", [" transport type", " transport typo smart", " transport type smart callhome"]
)
def test_a_transport_line_of_the_configuration_that_is_not_understood_ends_the_search(line: str) -> None:
    """The release's default says nothing about a line that overrides it."""
    facts = read(show_running_config_license=f"license smart\n{line}\n")

    assert facts.transport.type is None
    assert Block.TRANSPORT in held(facts)


def test_with_every_licensing_output_refused_the_transport_is_not_guessed() -> None:
    """Nothing was read, so there is nothing that a default could stand in for."""
    no = "ERROR: Command authorization failed\n"

    facts = read(show_license_status=no, show_license_all=no, show_running_config_license=no)

    assert facts.transport.type is None
    assert {line.command for line in facts.refused} == {STATUS, ALL, LICENSE}
    assert facts.unknown == ()


@pytest.mark.parametrize(
    ("status", "everything", "config"),
    [("Smart", "Callhome", "smart"), ("Smart", "Smart", "callhome"), ("Callhome", "Callhome", "smart")],
)
def test_outputs_that_disagree_on_the_transport_are_told(status: str, everything: str, config: str) -> None:
    """The first value is kept, and the doubt forbids to act on it."""
    facts = read(
        show_license_status=f"Transport:\n  Type: {status}\n",
        show_license_all=f"Transport:\n  Type: {everything}\n",
        show_running_config_license=f"license smart\n transport type {config}\n",
    )

    assert facts.transport.type is TransportType(status.lower())
    assert [line.block for line in facts.unknown] == [Block.TRANSPORT]
    assert "contradicts" in facts.unknown[0].reason


@pytest.mark.parametrize(
    ("version", "transport"),
    [
        ("9.8(4)29", TransportType.CALLHOME),
        ("9.20(4)14", TransportType.CALLHOME),
        ("9.21(1)", TransportType.CALLHOME),
        ("9.22(1)1", TransportType.SMART),
        ("9.24(1)", TransportType.SMART),
        ("10.0", TransportType.SMART),
        ("99.1(2)", None),
        ("201.3(11)24", None),
        ("nine", None),
        (None, None),
    ],
)
def test_the_default_transport_is_smart_from_9_22_on(
    version: str | None, transport: TransportType | None
) -> None:
    """The trains are numbers: 9.8 is older than 9.22, and internal builds are not known."""
    assert default_transport(version) is transport


# --------------------------------------------------------------------------- proxy


def test_a_proxy_is_read_from_the_configuration_even_where_the_status_denies_it() -> None:
    """`Proxy: Not Supported` is printed although `transport proxy` is set (CSCwr56980)."""
    facts = read(
        show_license_status="Transport:\n  Type: Smart\n  Proxy:\n    Not Supported\n",
        show_running_config_license="license smart\n transport proxy proxy.example.net port 8080\n",
    )

    assert facts.transport.proxy == Proxy(host="proxy.example.net", port=8080)
    assert facts.transport.proxy_source is TransportSource.RUNNING_CONFIG
    assert facts.sources["transport.proxy"].line == 2
    assert facts.unknown == ()


def test_a_url_of_which_a_device_says_none_is_not_the_default() -> None:
    """No device is known to say so; a device on nobody knows which server must not be compliant."""
    spoken = read(show_license_status="Transport:\n  Type: Smart\n  URL: None\n")

    assert spoken.transport.url is None
    assert held(spoken) == {Block.TRANSPORT}


def test_no_proxy_and_an_unread_proxy_are_not_the_same() -> None:
    """A change made from "none" on a device that was not read would drop a site's only way out."""
    none = read(show_running_config_license="license smart\n feature tier standard\n")
    refused = read(show_running_config_license="ERROR: % Invalid input detected at '^' marker.\n")
    unasked = read(show_license_status="Transport:\n  Type: Smart\n  Proxy:\n    Not Configured\n")

    assert (none.transport.proxy, none.transport.proxy_known, none.license_block) == (
        None,
        True,
        ("license smart", " feature tier standard"),
    )
    for facts in (refused, unasked):
        assert (facts.transport.proxy, facts.transport.proxy_known, facts.license_block) == (
            None,
            False,
            None,
        )


@pytest.mark.parametrize(
    "text",
    ["proxy", "proxy port", "proxy port 0", "proxy port 65536", "proxy port 8080 extra", "pro xy port 80",
     "proxy port ８０", "-proxy port 80", "proxy;x port 80", ""],
)  # fmt: skip
def test_a_proxy_line_that_is_not_exactly_known_is_a_doubt(text: str) -> None:
    """Half a proxy would be written back as a whole one."""
    facts = read(show_running_config_license=f"license smart\n transport proxy {text}\n")

    assert shown_proxy(text) is None
    assert facts.transport.proxy is None
    assert facts.transport.proxy_known is False
    assert Block.TRANSPORT in held(facts)


def test_a_proxy_in_the_status_that_the_configuration_lacks_is_told() -> None:
    """Two answers to one question are no answer."""
    facts = read(
        show_license_status="Transport:\n  Type: Smart\n  Proxy:\n    Address: 192.0.2.80\n    Port: 80\n",
        show_running_config_license="license smart\n",
    )

    assert facts.transport.proxy is None
    assert held(facts) == {Block.TRANSPORT}


def test_the_call_home_proxy_is_a_fact_of_its_own() -> None:
    """It is lost when the device moves to Smart Transport."""
    facts = read(
        show_running_config_call_home="call-home\n http-proxy 192.0.2.80 port 80\n profile License\n"
    )

    assert facts.transport.callhome_proxy == Proxy(host="192.0.2.80", port=80)
    assert facts.transport.proxy is None


# --------------------------------------------------------------------------- states


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("REGISTERED", RegistrationState.REGISTERED),
        ("REGISTERED - UNIVERSAL LICENSE RESERVATION", RegistrationState.REGISTERED),
        ("Registered-Specific License Reservation", RegistrationState.REGISTERED),
        ("UNREGISTERED", RegistrationState.UNREGISTERED),
        ("REGISTERING - REGISTRATION IN PROGRESS", RegistrationState.REGISTERING),
        ("UNREGISTERED - REGISTRATION FAILED", RegistrationState.FAILED),
        ("Unregistered-Registration Expired", RegistrationState.EXPIRED),
        ("NOT REGISTERED", None),
        ("REGISTERED (stale)", None),
        ("REGISTERED?", None),
        ("registered", None),
        ("REGISTERED - ", None),
        ("", None),
    ],
)
def test_a_registration_state_is_known_exactly_or_not_at_all(
    text: str, state: RegistrationState | None
) -> None:
    """Text that merely contains a known word is unknown."""
    assert registration_state(text) is state


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("AUTHORIZED", AuthorizationState.AUTHORIZED),
        ("AUTHORIZED on Jan 20 2026 10:00:44 UTC", AuthorizationState.AUTHORIZED),
        ("AUTHORIZED on Jan 20 10:00:44 2026 UTC", AuthorizationState.AUTHORIZED),
        ("AUTHORIZED - RESERVED on Jan 20 2026 10:00:44 UTC", AuthorizationState.RESERVED),
        ("OUT OF COMPLIANCE on Jan 20 2026 10:00:44 UTC", AuthorizationState.OUT_OF_COMPLIANCE),
        ("AUTH EXPIRED on Jan 20 2026 10:00:44 UTC", AuthorizationState.EXPIRED),
        ("EVAL MODE", AuthorizationState.EVALUATION),
        ("EVAL EXPIRED on Jan 20 2026 10:00:44 UTC", AuthorizationState.EVALUATION_EXPIRED),
        ("No Licenses in Use", AuthorizationState.NO_LICENSES),
        ("NOT AUTHORIZED", None),
        ("AUTHORIZED?", None),
        ("AUTHORIZED on hold", None),
        ("AUTHORIZED on Jan 32 2026 10:00:44 UTC", None),
        ("AUTHORIZED until Jan 20 2026", None),
        ("Authorized", None),
        ("", None),
    ],
)
def test_an_authorization_state_is_known_exactly_or_not_at_all(
    text: str, state: AuthorizationState | None
) -> None:
    """Text that merely contains a known word is unknown."""
    assert authorization_state(text) is state


@given(st.sampled_from(["REGISTERED", "AUTHORIZED"]), st.data())
def test_a_status_word_that_is_changed_by_one_character_is_never_healthy(
    word: str, data: st.DataObject
) -> None:
    """A garbled line must not pass for the word that it was."""
    place = data.draw(st.integers(0, len(word) - 1))
    other = data.draw(st.characters(blacklist_categories=["Cs"]).filter(lambda c: c != word[place]))
    changed = word[:place] + other + word[place + 1 :]
    text = f"Registration:\n  Status: {changed}\n\nLicense Authorization:\n  Status: {changed}\n"

    facts = read(show_license_status=text)

    assert facts.registration.state is not RegistrationState.REGISTERED
    assert facts.authorization.state is not AuthorizationState.AUTHORIZED


def test_outputs_that_disagree_on_a_state_are_told_in_their_block() -> None:
    """A device that says two things of itself is left alone."""
    facts = parse.facts(capture_of(DEVICES / "contradictions"), TABLES)

    assert held(facts) == LICENSE_BLOCKS


def test_a_contact_between_two_commands_is_no_contradiction() -> None:
    """The newer contact counts, with its own deadline."""
    facts = parse.facts(capture_of(DEVICES / "contact_moved_between_commands"), TABLES)

    assert facts.authorization.last_contact.result is ContactResult.SUCCEEDED
    assert facts.authorization.last_contact.at == datetime(2026, 1, 20, 12, 59, 58, tzinfo=UTC)
    assert facts.authorization.deadline_at == datetime(2026, 4, 21, 9, 55, 30, tzinfo=UTC)
    assert facts.unknown == ()


def test_an_exceeded_deadline_is_a_fact_and_not_a_date() -> None:
    """`DEADLINE EXCEEDED` stands where a date would."""
    facts = parse.facts(capture_of(DEVICES / "auth_expired"), TABLES)

    assert facts.authorization.deadline_exceeded is True
    assert facts.authorization.deadline_at is None
    assert facts.sources["authorization.deadline_at"].text == "  Communication Deadline: DEADLINE EXCEEDED"


# --------------------------------------------------------------------------- restrictions and unit


def test_two_peers_are_a_restriction_of_a_smart_licensed_device_only() -> None:
    """Two AnyConnect peers are the ordinary base of a device with a PAK licence."""
    smart = parse.facts(capture_of(DEVICES / "auth_expired"), TABLES)
    pak = parse.facts(capture_of(DEVICES / "pak"), TABLES)

    assert smart.restricted == ("throughput-100kbps", "anyconnect-2-peers")
    assert pak.license_mode is LicenseMode.PAK
    assert pak.restricted == ()


def test_smart_licensing_that_two_outputs_give_and_deny_is_a_doubt() -> None:
    """ "Disabled" would take the device off the list, so it must not rest on one of two answers."""
    facts = read(show_license_status="Smart Licensing is DISABLED\n")

    assert facts.license_mode is LicenseMode.DISABLED
    assert held(facts) == {Block.REGISTRATION}


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("This host: Primary - Active ", FailoverState.ACTIVE),
        ("        This host: Secondary - Standby Ready", FailoverState.STANDBY),
        ("This host: Primary - Failed", FailoverState.OTHER),
        ("This host: Primary - Standby Ready (syncing)", FailoverState.OTHER),
        ("This host: Primary - active", FailoverState.OTHER),
    ],
)
def test_only_the_two_exact_roles_are_active_and_standby(line: str, state: FailoverState) -> None:
    """A change goes to the active unit only."""
    facts = read(show_failover=f"Failover On \n{line}\n")

    assert facts.failover.state is state


def test_the_units_of_an_active_active_pair_are_judged_by_group_one() -> None:
    """The system space is replicated from the unit on which group 1 is active."""
    facts = parse.facts(capture_of(DEVICES / "fxos"), TABLES)

    assert facts.failover.unit is FailoverUnit.SECONDARY
    assert facts.failover.state is FailoverState.STANDBY
    assert facts.failover.mate_serial == "FLM0EXAMPLF"


def test_an_unknown_mate_has_no_serial_number() -> None:
    """`Mate Unknown` is no serial number that an inventory could match."""
    facts = read(show_failover="Failover On\nSerial Number: Ours 9AEXAMPLE01, Mate Unknown\n")

    assert facts.failover.mate_serial is None


@pytest.mark.parametrize(
    ("prompt", "context"),
    [
        ("tango/pri/act/edge#", "edge"),
        ("tango/edge/pri/act#", "edge"),
        ("tango/edge#", "edge"),
        # Role words, and yet somebody's contexts: they stand where no role is printed.
        ("tango/data/pri/act#", "data"),
        ("tango/sec/pri/act#", "sec"),
        # Which of the last two is the role is not sure.
        ("tango/pri/act/data#", "context"),
        ("tango/example.net/edge#", "context"),
    ],
)
def test_the_context_is_named_by_the_prompt_where_the_banner_does_not(prompt: str, context: str) -> None:
    """`<context>` says that it is one, not which."""
    banner = VERSION.replace("14 \n", "14 <context>\n")
    device = capture({"show version": banner}, prompt=prompt)

    facts = parse.facts(device, TABLES)

    assert (facts.context_mode, facts.context) == (ContextMode.MULTIPLE, context)
    assert facts.version == "9.22(2)14"


@pytest.mark.parametrize(
    ("text", "multiple"),
    [
        ("Security context mode: multiple \n", True),
        ("show mode\r\nSecurity context mode: multiple\r\n", True),
        ("Security context mode: single \n", False),
        ("banner: Security context mode: multiple\n", False),
        ("", False),
    ],
)
def test_multiple_mode_is_what_show_mode_says_on_its_own_line(text: str, *, multiple: bool) -> None:
    """The session goes to the system space because of this line."""
    assert parse.is_multiple_mode(text) is multiple


def test_failover_cluster_is_no_host_name() -> None:
    """`failover cluster up 6 years` follows the line with the name."""
    version = VERSION.replace("edge-fw up 3 days 4 hours\n", "failover cluster up 6 years 67 days\n")

    assert parse.facts(capture({"show version": version}), TABLES).hostname is None


def test_the_newest_answer_to_a_command_counts() -> None:
    """A push reads the same command before and after."""
    output = replace(HEALTHY.outputs[0], command=STATUS, text="Transport:\n  Type: Callhome\n")
    device = replace(HEALTHY, outputs=(*HEALTHY.outputs, output))

    facts = parse.facts(with_output(device, ALL, "\n"), TABLES)

    assert facts.transport.type is TransportType.CALLHOME


# --------------------------------------------------------------------------- any text whatever


@settings(max_examples=100)
@given(st.data())
def test_no_text_of_any_command_raises_anything_but_a_parse_error(data: st.DataObject) -> None:
    """One firewall's output must not end the audit of the others."""
    device = capture_of(data.draw(st.sampled_from(FOLDERS)))
    command = data.draw(st.sampled_from([output.command for output in device.outputs]))
    text = next(output.text for output in device.outputs if output.command == command)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 40)))
        text = text[:start] + data.draw(st.text(max_size=30)) + text[end:]

    try:
        facts = parse.facts(with_output(device, command, text), TABLES)
    except ParseError:
        # Only the output that names the release can say that this is no ASA.
        assert command == "show version"
        return
    assert all(line.reason for line in facts.unknown)


@settings(max_examples=150)
@given(st.data())
def test_a_mangled_license_output_never_turns_a_bad_device_healthy(data: st.DataObject) -> None:
    """Expired, unregistered and callhome may become unknown, never authorized, registered and smart."""
    device = capture_of(
        DEVICES / data.draw(st.sampled_from(["evaluation", "auth_expired", "unknown_values"]))
    )
    good = parse.facts(device, TABLES)
    text = next(output.text for output in device.outputs if output.command == STATUS)
    lines = text.split("\n")
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(lines) - 1))
        kept = data.draw(st.integers(0, len(lines[place])))
        lines[place] = data.draw(
            st.sampled_from(["", lines[place][:kept], lines[place] + "x", "?" + lines[place]])
        )

    facts = parse.facts(with_output(device, STATUS, "\n".join(lines)), TABLES)

    if good.authorization.state is not AuthorizationState.AUTHORIZED and not held(facts):
        assert facts.authorization.state in {good.authorization.state, None}
    if good.registration.state is not RegistrationState.REGISTERED and not held(facts):
        assert facts.registration.state in {good.registration.state, None}


@given(st.dictionaries(st.sampled_from([STATUS, ALL, LICENSE, "show failover", "show clock"]), st.text()))
def test_free_text_gives_no_state_at_all(outputs: dict[str, str]) -> None:
    """What nobody understands is never registered and never authorized."""
    facts = parse.facts(capture({"show version": VERSION, **outputs}), TABLES)

    assert facts.registration.state is None
    assert facts.authorization.state is None
    assert facts.transport.source is not TransportSource.LICENSE


# --------------------------------------------------------------------------- whole outputs of every kind


def captured(command: str, name: str) -> str:
    """Return one of the outputs that are kept in the shapes of real firewalls."""
    text = text_of(CAPTURED / command.replace(" ", "_").replace("-", "_") / f"{name}.txt")
    # Some begin with a remark of the person who kept them.
    return re.sub(r"\A\[.*\]\n", "", text)


@pytest.mark.parametrize(
    ("name", "command", "registration", "authorization", "transport"),
    [
        ("agent_1_6_registered", ALL, "registered", "authorized", "smart"),
        ("agent_1_6_evaluation", ALL, "unregistered", "evaluation", "smart"),
        ("agent_4_3_callhome", ALL, "registered", "authorized", "callhome"),
        ("page_reindented", STATUS, None, None, "smart"),
        ("other_agent_out_of_compliance", STATUS, "registered", "out-of-compliance", "callhome"),
    ],
)
def test_a_whole_license_output_of_every_kind_is_read_to_its_last_line(
    name: str, command: str, registration: str | None, authorization: str | None, transport: str
) -> None:
    """A line that is not known is named as a doubt, and a doubt holds the device."""
    facts = parse.facts(capture({"show version": VERSION, command: captured(command, name)}), TABLES)

    assert facts.unknown == ()
    assert facts.registration.state == registration
    assert facts.authorization.state == authorization
    assert facts.transport.type == transport


def test_the_output_of_a_chassis_is_told_by_its_shape() -> None:
    """On Firepower 4100/9300 the transport belongs to the chassis."""
    text = captured(ALL, "chassis").split("show license all\n")[1]

    facts = parse.facts(capture({"show version": VERSION, ALL: text}), TABLES)

    assert facts.license_mode is LicenseMode.FXOS
    assert facts.unknown == ()
    assert facts.transport.type is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("asav_by_the_hour", ("aws-fw-03", "9.10(1)27", "ASAv", "9AEXAMPL105", "payg")),
        ("asac_in_a_container", ("pod-fw", "9.22(1)6", "ASAc", None, "unknown")),
        ("asav_unlicensed_padded", ("branch-fw-21", "9.15(1)7", "ASAv", None, "smart")),
        ("chassis_with_failover_up", ("dc-fw-11", "9.22(2)4", "FPR4K-SM-32S", "FLMEXAMPL06", "fxos")),
        ("asav_tabs_with_prompt", ("lab-fw-05", "9.8(4)26", "ASAv", "9AEXAMPL107", "smart")),
        ("asav_before_9_6", ("old-fw-02", "9.5(3)200", "ASAv", "9AEXAMPL108", "smart")),
        ("isa_3000_with_keys", ("plant-fw-9", "9.16(4)42", "ISA-3000-2C2F", "JADEXAMPL09", "pak")),
    ],
)
def test_a_show_version_of_every_kind_is_read_to_its_last_line(
    name: str, expected: tuple[str | None, ...]
) -> None:
    """Each release and each platform prints its own, from a container to a chassis."""
    facts = parse.facts(capture({"show version": captured("show version", name)}), TABLES)

    assert facts.unknown == ()
    assert (facts.hostname, facts.version, facts.model, facts.serial, facts.license_mode) == expected


@pytest.mark.parametrize(
    ("name", "unit", "state", "mate"),
    [
        ("active_with_prompt", "primary", "active", "9AEXAMPL10B"),
        ("standby_with_prompt", "secondary", "standby", "9AEXAMPL10A"),
        ("modules_listed_twice", "primary", "active", "JADEXAMPL1B"),
        ("unindented_without_serial", "primary", "active", None),
        ("module_with_trailing_blanks", "secondary", "active", "JADEXAMPL2B"),
        ("unindented_internal_build", "primary", "active", "JAFEXAMPL3B"),
    ],
)
def test_a_show_failover_of_every_kind_is_read_to_its_last_line(
    name: str, unit: str, state: str, mate: str | None
) -> None:
    """Modules, tables of statistics and lost indentation say nothing of the unit, and hide nothing of it."""
    text = captured("show failover", name)
    # Here it is one command's: the other is made to be of the same firewall.
    ours = re.search(r"Version: Ours ([^,\s]+)", text)
    version = VERSION if ours is None else VERSION.replace("9.22(2)14", ours[1])
    facts = parse.facts(capture({"show version": version, "show failover": text}), TABLES)

    assert facts.unknown == ()
    assert (facts.failover.unit, facts.failover.state, facts.failover.mate_serial) == (unit, state, mate)


def test_a_show_context_whose_lines_wrap_is_read_to_its_last_line() -> None:
    """A line that is not understood would be named as if it were a fault."""
    table = TABLES.table("show context", captured("show context", "wrapped"))

    assert table is not None
    assert table.unknown == ()


def test_the_session_of_a_pak_device_is_read_to_its_last_line() -> None:
    """An ASA 5512 with a running configuration of 150 lines, as a collector's session shows it."""
    session = captured("session", "asa_5512")
    answers = re.split(r"^\rlab-asa-07[>#] ", session, flags=re.MULTILINE)
    text = {command: body for command, _, body in (answer.partition("\n") for answer in answers)}

    facts = parse.facts(
        capture(
            {
                "show mode": text["show mode"],
                "show version": text["show version"],
                "show running-config": text["more system:running-config"],
            }
        ),
        TABLES,
    )

    assert facts.unknown == ()
    assert facts.license_mode is LicenseMode.PAK
    assert facts.hostname == "lab-asa-07"
    assert facts.context_mode is ContextMode.SINGLE
    assert facts.license_block == ()


# --------------------------------------------------------------------------- a published page


def page(language: str) -> list[str]:
    return PAGES[language].read_text(encoding="utf-8").split("\n")


def pasted(text: str, command: str = STATUS) -> DeviceFacts:
    facts = parse.facts(capture({command: text}), TABLES, needs_version=False)
    assert facts.unknown == ()
    return facts


@pytest.mark.parametrize("language", PAGES)
def test_the_samples_of_a_page_give_its_facts(language: str) -> None:
    """People paste from such a page; its samples lost their line breaks."""
    lines = page(language)
    registered = [line for line in lines if line.startswith("Registration: Status:")]
    start = lines.index("ASA# show license status")

    smart = pasted("\n".join(lines[start : lines.index("Not Supported", start) + 3]))
    callhome = pasted(next(line for line in lines if line.startswith("ASA# show license status Smart")))
    below_90_days, above_90_days = (pasted(line) for line in registered)
    row = next(number for number, line in enumerate(lines) if line.startswith("Status: REGISTERING"))
    evaluation = pasted("\n".join(lines[row : row + 2]))

    assert (smart.transport.type, smart.transport.proxy_known) == (TransportType.SMART, False)
    assert smart.transport.url == "https://smartreceiver.cisco.com/licservice/license"
    assert callhome.transport.type is TransportType.CALLHOME
    for facts in (below_90_days, above_90_days):
        assert facts.registration.state is RegistrationState.REGISTERED
        assert facts.registration.export_control is ExportControl.ALLOWED
        assert facts.authorization.last_contact.result is ContactResult.FAILED
        assert facts.authorization.last_contact.reason == "Communication message send error"
    assert below_90_days.authorization.state is AuthorizationState.AUTHORIZED
    assert below_90_days.authorization.deadline_at == datetime(2026, 4, 9, 8, 26, 33, tzinfo=UTC)
    assert above_90_days.authorization.state is AuthorizationState.EXPIRED
    assert above_90_days.authorization.deadline_exceeded is True
    assert above_90_days.registration.expires_at == datetime(2026, 5, 19, 21, 40, 58, tzinfo=UTC)
    assert evaluation.registration.state is RegistrationState.REGISTERING
    assert evaluation.registration.export_control is ExportControl.NOT_ALLOWED
    assert evaluation.authorization.state is AuthorizationState.EVALUATION


@pytest.mark.parametrize("language", PAGES)
def test_the_feature_list_of_a_page_shows_the_two_peers(language: str) -> None:
    """The arrows of the page point at the one number that matters."""
    lines = page(language)
    features = next(line for line in lines if line.startswith("Licensed features for this platform:"))
    registration = [line for line in lines if line.startswith("Registration: Status:")][1]

    facts = parse.facts(
        capture({"show version": features, STATUS: registration}), TABLES, needs_version=False
    )

    assert facts.restricted == ("anyconnect-2-peers",)
    assert facts.unknown == ()


@pytest.mark.parametrize("language", PAGES)
def test_the_configuration_of_a_page_is_read(language: str) -> None:
    """`show run license` of a device that was reverted to Call Home."""
    lines = page(language)
    start = lines.index("ASA# show run license")

    facts = pasted("\n".join(lines[start : start + 4]), LICENSE)

    assert facts.transport.type is TransportType.CALLHOME
    assert facts.transport.source is TransportSource.RUNNING_CONFIG


def test_facts_of_every_golden_device_hold_no_secret_of_a_configuration() -> None:
    """Reports are mailed; tokens and passwords are never captured."""
    shown = json.dumps([(folder / "facts.json").read_text(encoding="utf-8") for folder in FOLDERS])
    tokens = read(
        show_running_config_license="license smart\nlicense smart register idtoken NEVER-KEEP force\n"
    )

    assert "pbkdf2" not in shown
    assert "NEVER-KEEP" not in repr(tokens)
