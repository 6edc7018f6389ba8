"""A capture names nobody, whatever the answers say, and is judged as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from asa_transport.asa import chatter
from asa_transport.asa.activation_keys import without_keys
from asa_transport.asa.identifying import Kind
from asa_transport.asa.own_words import is_own, is_own_name
from asa_transport.core.captures.leaks import leaks
from asa_transport.core.captures.redact import Redacted, in_x, redacted
from asa_transport.core.captures.spans import words
from asa_transport.core.captures.stand_ins import StandIns
from tests.golden.golden import DEVICES, text_of
from tests.golden.golden import cases as golden_texts

SECRET = bytes(range(32))
GOLDEN = sorted(path for path in DEVICES.iterdir() if path.is_dir())

# What nobody may find: letters, digits and marks as people use them in names.
_NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9-]{3,12}[A-Za-z0-9]|[a-zà-öø-ÿ]{6,12}", fullmatch=True).filter(
    lambda name: (
        not any(is_own(part) or is_own_name(part) for part in (name, *name.split("-"))) and "x" not in name
    )
)
_ADDRESSES = st.ip_addresses(v=4, network="10.0.0.0/8").map(str) | st.ip_addresses(
    v=6, network="fd00::/16"
).map(str)
_SERIALS = st.from_regex(r"[A-Z]{3}[0-9]{4}[A-Z0-9]{4}", fullmatch=True)


_RELEASE = re.compile(r"Version|hw/sw rev")


def answers_of(folder: Path) -> dict[str, str]:
    """What a device of the golden texts answered."""
    return {path.stem: text_of(path) for path in sorted(folder.glob("*.txt"))}


def one(text: str, file: str = "show_version", *, keep_doubtful: bool = False, name: str = "dev") -> str:
    """A text that was an answer, redacted."""
    made = redacted({name: {file: text}}, secret=SECRET, keep_doubtful=keep_doubtful)
    (files,) = made.answers.values()
    return files[file]


def known_lines() -> list[str]:
    """Every line of the golden texts once."""
    texts = (text_of(path) for _, path in golden_texts())
    return sorted({line.strip("\r") for text in texts for line in text.split("\n") if line.strip()})


KNOWN_LINES = known_lines()


def planted(lines: list[str], mark: str) -> Iterator[str]:
    """Each line with the mark in the place of each of its words in turn, and behind it."""
    for line in lines:
        for start, end in words(line):
            yield line[:start] + mark + line[end:]
        yield f"{line} {mark}"


def test_nothing_that_is_planted_anywhere_in_a_known_line_is_left() -> None:
    """In the place of every word of every line that any golden text has: no position may be forgotten."""
    text = "\n".join(planted(KNOWN_LINES, "Fw-Oslo-3"))

    made = one(text)

    assert text.count("\n") > 3500
    assert "fw-oslo-3" not in made.casefold()


# A failure names the mark and the line; to look for a smaller one takes minutes.
@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.generate], derandomize=True)
@given(
    mark=_NAMES
    | _SERIALS
    | st.builds("{}@{}.com".format, _NAMES, _NAMES)
    | st.builds("{}.{}".format, _NAMES, _NAMES),
    address=_ADDRESSES,
    part=st.integers(0, 15),
)
def test_no_form_of_a_name_is_left_wherever_it_is_planted(mark: str, address: str, part: int) -> None:
    """People give names of all forms, and a firewall prints them where it likes."""
    lines = list(planted(KNOWN_LINES, mark))[part::16]
    # Where a release stands, four numbers are one.
    lines += [line for line in planted(KNOWN_LINES[part::16], address) if not _RELEASE.search(line)]

    made = one("\n".join(lines)).casefold().split("\n")

    assert [line for line in made if mark.casefold() in line or address.casefold() in line] == []


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    name=_NAMES,
    other=_NAMES,
    address=_ADDRESSES,
    serial=_SERIALS,
    end=st.sampled_from(["\n", "\r\n", "\r\r\n"]),
)
def test_nothing_that_a_banner_says_is_left(
    name: str, other: str, address: str, serial: str, end: str
) -> None:
    """What people write on their firewalls has no form at all."""
    banner = end.join(
        (
            f"*** {name} *** property of {other} Networks, Inc. ***",
            f"call +49 30 12345678 or mail {name}.{other}@{other}.com; {name}@{other}",
            f"https://{name}:{other}@{other}.example.com:8443/{name}/?token={other}#{name}",
            f"{name}.{other}.net ({address}) [{serial}] {address}:22 {name}_{other} {name}/{other}",
            f"%ASA-5-111008: User '{name}' executed the 'show {other}' command from {address}",
            f"{name}# show version",
            f"\x1b[1m{name}\x1b[0m \b{other}\t{name}\x00{other}",
        )
    )

    made = one(banner)

    for secret in (name, other, address, serial, "12345678"):
        assert secret.casefold() not in made.casefold()
    assert re.sub(r"[^\r\n]", "", made) == re.sub(r"[^\r\n]", "", banner)


def golden() -> Redacted:
    """All golden devices as one capture."""
    return redacted({folder.name: answers_of(folder) for folder in GOLDEN}, secret=SECRET)


def test_what_is_not_replaced_stays_byte_for_byte() -> None:
    """Layout is what templates read; a blank more is another firewall."""
    made = golden()

    for folder in GOLDEN:
        files = made.answers[made.names[folder.name]]
        assert files.keys() == answers_of(folder).keys()
        for file, before in answers_of(folder).items():
            ours, theirs = before.split("\n"), files[file].split("\n")
            assert len(ours) == len(theirs)
            for line, after in zip(ours, theirs, strict=True):
                # Names keep their length; addresses and servers need not.
                assert re.findall(r"^\s*|\s*$", line) == re.findall(r"^\s*|\s*$", after)
                if not line.lstrip().startswith(("description", "banner")):
                    assert _own_words(line) == _own_words(after)


def _own_words(line: str) -> list[str]:
    # Single letters and numbers come and go with addresses.
    return [word for a, b in words(line) if len(word := line[a:b]) > 2 and word.isalpha() and is_own(word)]


def test_the_second_look_finds_nothing_in_what_was_made_of_the_golden_devices() -> None:
    """It asks for every word of the answers that is not the ASA's, told or not."""
    answers = {folder.name: answers_of(folder) for folder in GOLDEN}
    made = golden()
    texts = {
        f"{device}/{file}.txt": text for device, files in made.answers.items() for file, text in files.items()
    }

    assert list(leaks(answers, (), texts, are_words_kept=False)) == []


def test_the_second_look_finds_what_was_not_replaced() -> None:
    """A look that finds nothing in anything is none."""
    answers = answers_of(DEVICES / "callhome_pair_with_http_proxy")

    found = {
        leak.value
        for leak in leaks(
            {"fw": answers},
            ("fw-muc-01",),
            {"d/f.txt": "\n".join(answers.values()), "fw-muc-01/x.txt": ""},
            are_words_kept=False,
        )
    }

    assert {
        "edge-fw",
        "netadmin",
        "192.0.2.80",
        "9aexample01",
        "example gmbh",
        "munich",
        "fw-muc-01",
    } <= found


def test_a_value_is_the_same_other_one_in_all_files_of_all_devices() -> None:
    """A mate is known by its serial number, a proxy by its name: what belongs together must be told so."""
    made = redacted(
        {
            "fw-1": {"show_failover": "Serial Number: Ours 9AEXAMPLE01, Mate 9AEXAMPLE02\n"},
            "fw-2": {
                "show_version": (
                    "FW-1 up 2 days 3 hours\nSerial Number: 9AEXAMPLE02\nfw-1 knows fw-1.lab.net\n"
                )
            },
        },
        names=["proxy.lab.net"],
        secret=SECRET,
    )

    first, second = (made.answers[made.names[name]] for name in ("fw-1", "fw-2"))
    mate = re.findall(r"Mate (\w+)", first["show_failover"])
    assert mate == re.findall(r"Serial Number: (\w+)", second["show_version"])
    name = made.names["fw-1"]
    domain = made.names["proxy.lab.net"].partition(".")[2]
    assert second["show_version"].split("\n")[0] == f"{name.upper()} up 2 days 3 hours"
    assert second["show_version"].split("\n")[2] == f"{name} xxxxx {name}.{domain}"


def test_one_secret_gives_the_same_capture_and_another_one_another() -> None:
    """The way back must need the secret, and two exports of one run must not be told apart by chance."""
    answers = {"fw": answers_of(GOLDEN[0])}

    assert redacted(answers, secret=SECRET) == redacted(answers, secret=SECRET)
    assert redacted(answers, secret=SECRET).answers != redacted(answers, secret=b"\1" * 32).answers


@pytest.mark.parametrize(
    ("kind", "value", "form"),
    [
        (Kind.NAME, "fw-par-01", r"[a-z]{9}"),
        (Kind.NAME, "FW", r"[A-Z]{2}"),
        (Kind.ACCOUNT, "Example Networks GmbH", r"[A-Z][a-z]{6} [A-Z][a-z]{7} [A-Z][a-z]{2}[A-Z]"),
        (Kind.ADDRESS, "10.1.2.3", r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}"),
        (Kind.ADDRESS, "fd00::1", r"2001:db8:[0-9a-f:]+"),
        (Kind.SERIAL, "JMX1234A0BC", r"[A-Z]{3}\d{4}[A-Z]\d[A-Z]{2}"),
        (Kind.SERIAL, "9A0123456AB", r"9A\d{7}[A-Z]{2}"),
        (Kind.HARDWARE_ADDRESS, "5254.0000.0a01", r"02[0-9a-f]{2}(\.[0-9a-f]{4}){2}"),
        (Kind.SERVER, "proxy.emea.example.net", r"[a-z]{5}\.[a-z]{6}\.example"),
        (Kind.EMAIL, "noc@example.net", r"[a-z]{3}@[a-z]{7}\.[a-z]{6}\.example"),
        (Kind.CHECKSUM, "1A2B3C4D 00000000", r"[0-9A-F]{8} [0-9A-F]{8}"),
        (Kind.KEY, "0x12ab34cd 0x0", r"0x[0-9a-f]{8} 0x[0-9a-f]"),
    ],
)
def test_a_stand_in_has_the_form_of_its_value(kind: Kind, value: str, form: str) -> None:
    """Parsers and columns look at forms."""
    made = StandIns(SECRET, {value.casefold()}).of(kind, value)

    assert re.fullmatch(form, made), made
    assert made != value


def test_more_addresses_than_are_documented_are_each_another_one() -> None:
    """A large fleet has more than seven hundred."""
    given = [f"10.0.{number // 250}.{number % 250 + 1}" for number in range(1000)]
    stand_ins = StandIns(SECRET, set(given))

    made = {stand_ins.of(Kind.ADDRESS, address) for address in given}

    assert len(made) == 1000
    assert not made & set(given)


def test_a_word_that_nobody_can_tell_is_in_x_unless_somebody_said_yes() -> None:
    """A line of a new release may be worth more than a capture without it, and only a person can tell."""
    text = "fw-1 up 2 days 3 hours\nFrobnication of Munich-2: 7 widgets by fw-1, old-fw-1x\n"

    assert (
        one(text).split("\n")[1]
        == f"Xxxxxxxxxxxx of Xxxxxx-0: 7 xxxxxxx by {one(text).split()[0]}, xxx-xx-0x"
    )
    kept = one(text, keep_doubtful=True).split("\n")[1]
    # A known name in a longer word is no question.
    assert kept == f"Frobnication of Munich-2: 7 widgets by {one(text).split()[0]}, xxx-xx-0x"


def test_what_was_doubtful_is_shown_once_a_text() -> None:
    """A fleet says the same line a thousand times, and nobody reads it twice."""
    text = "fw-1 up 2 days 3 hours\nFrobnication: 7 widgets\n"

    made = redacted({"a-1": {"show_version": text}, "a-2": {"show_version": text}}, secret=SECRET)

    (line,) = made.doubtful
    assert (line.device, line.file, line.number, line.words) == (
        "a-1",
        "show_version",
        2,
        ("Frobnication", "widgets"),
    )
    assert line.text == "Frobnication: 7 widgets"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("SSP Operating System Version 2.10.1.179", "2.10.1.179"),
        ('System image file is "boot:/asa9222-14-smp-k8.bin"', "asa9222-14-smp-k8.bin"),
        (
            "Hardware:   FPR4K-SM-44S, 347283 MB RAM, CPU Xeon E5 series 2200 MHz, 1 CPU (24 cores)",
            "FPR4K-SM-44S",
        ),
        (
            "  URL: https://smartreceiver.cisco.com/licservice/license",
            "https://smartreceiver.cisco.com/licservice/license",
        ),
        ("Inside Hosts                      : Unlimited", "Inside Hosts"),
        (
            "Configuration last modified by enable_15 at 07:08:09 CEST Mon Jan 19 2026",
            "enable_15 at 07:08:09 CEST",
        ),
        ("  transport url https://onprem.lab.net/SmartTransport", "/SmartTransport"),
        (" ip address 10.1.2.3 255.255.255.0", "255.255.255.0"),
        (
            "        General         2328225841 0          1677167694 646       ",
            "2328225841 0          1677167694 646       ",
        ),
        ("ASAv10 Standard - 1G (ASAv-STD-1G):", "ASAv10 Standard - 1G (ASAv-STD-1G):"),
        ("Smart Agent for Licensing: 4.9.3_rel/34", "4.9.3_rel/34"),
    ],
)
def test_what_is_the_asas_own_stays(line: str, kept: str) -> None:
    """A release with four numbers is no address, and a mask names nobody."""
    assert kept in one(line)


@pytest.mark.parametrize(
    ("file", "form"),
    [
        ("show_version", "show_version"),
        ("show_running-config_all_license", "show_running-config_all_license"),
        ("ping_tcp_proxy.lab.net_8080", r"ping_tcp_[a-z]{5}\.[a-z]{6}\.example_8080"),
        ("changeto_context_CUSTOMER-A", "changeto_context_[A-Z]{10}"),
    ],
)
def test_a_file_of_a_name_gets_another_one(file: str, form: str) -> None:
    """What is asked of a server is kept under its name."""
    made = redacted({"fw": {file: "hello\n"}}, secret=SECRET)

    (files,) = made.answers.values()
    (name,) = files
    assert re.fullmatch(form, name)


@pytest.mark.parametrize(
    "line",
    [
        "Warning: ASAv platform license state is Unlicensed.",
        "Install ASAv platform license for full functionality.",
        "Mate version 9.22(2)14 is not identical with ours 9.22(2)22",
        "Beginning configuration replication: Sending to mate.",
        "End Configuration Replication to mate",
        "        Switching to Active",
        "Cluster unit node-7 transitioned from DATA_NODE to CONTROL_NODE",
        "Mar 10 2026 12:00:01 fw-7 : %ASA-5-111008: User 'kim' executed the 'show version' command.",
        "Running Timebased Activation Key: 0xb132d549 0x35725fe4 0xc918b97b 0xce0b987b 0x47c7c295",
    ],
)
def test_what_a_firewall_prints_unasked_is_still_known_as_that(line: str) -> None:
    """Else it would be an unknown line of the answer that it stands in."""
    made = one(line)

    assert chatter.kind(made) == chatter.kind(line)
    assert (without_keys(made) == made) == (without_keys(line) == line)
    assert "kim" not in made


@pytest.mark.parametrize(
    ("line", "value"),
    [
        # Words of the ASA's, where a person has chosen them.
        ("license up 2 days 3 hours", "license"),
        (" http-proxy license:8080", "license"),
        ("  Virtual Account: License", "License"),
        ("enable password cisco encrypted", "cisco"),
        ("passwd cisco", "cisco"),
        ("snmp-server community active", "active"),
        ("snmp-server host inside 10.1.2.3 community 8 license version 2c", "license"),
        ("failover key license", "license"),
        (" ikev1 pre-shared-key active", "active"),
        (" key standby", "standby"),
        ("name 10.1.2.3 primary", "primary"),
        # Nothing but numbers, with something beside them.
        ("MAC:0011.2233.4455", "0011.2233.4455"),
        ("0011.2233.4455: up", "0011.2233.4455"),
        ("00:11:22:33:44:55:", "00:11:22:33:44:55"),
        ("12:34:56:78:90:12:34:56:78:90", "12:34:56:78:90"),
        ("inside:2001:470::1/443", "470::1"),
        ("call +49 30 1234 5678 at night", "1234 5678"),
        ("Phone: (555) 123 4567", "123 4567"),
        ("phone 123 456 7890", "456 7890"),
    ],
)
def test_what_looks_like_the_asas_own_is_replaced_where_it_is_not(line: str, value: str) -> None:
    """A firewall may be called `license`, a password be `cisco`, and a telephone number be three numbers."""
    made = one(line)

    assert value not in made
    assert len(made.split()) == len(line.split())


def test_the_profile_that_every_release_has_keeps_its_name() -> None:
    """Smart Call Home is told by it."""
    assert one("  profile License\n") == "  profile License\n"


def test_what_a_text_or_a_path_names_keeps_its_kind() -> None:
    """A context's file is called like the context, and an address in a sentence is one."""
    text = (
        " fw-ctx            default    Gi0/1     Routed       disk0:/fw-ctx.cfg\n"
        "  Failure reason: no answer of proxy.lab.net (10.1.2.3)\n"
    )

    context, reason = one(text, "show_context").splitlines()

    assert re.fullmatch(r" ([a-z]{6}) +default +\S+ +Routed +disk0:/\1\.cfg", context)
    server, address = r"[a-z]{5}\.[a-z]{6}\.example", r"(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+"
    assert re.fullmatch(rf"  Failure reason: no \w+ of {server} \({address}\)", reason)


def test_the_list_counts_kinds_and_holds_no_value() -> None:
    """Whoever gets the file reads the list first."""
    made = redacted({"fw-1": {"show_version": "fw-1 up 2 days\nSerial Number: 9AEXAMPLE01\n"}}, secret=SECRET)

    counts = {(one.kind, one.values, one.places) for one in made.replaced}
    assert counts == {(Kind.NAME, 1, 2), (Kind.SERIAL, 1, 1)}


def test_a_line_without_end_costs_no_more_than_its_length() -> None:
    """A firewall may be hostile, and an export is run on what it said."""
    text = "Smart Account: " + "a.b-" * 20_000 + "\n" + "fw " * 20_000 + "\n" + ":" * 50_000

    assert "a.b" not in one(text)


def test_x_keeps_what_a_template_looks_at() -> None:
    """A heading of a new section begins with a capital."""
    assert in_x("Tenant-Name_7") == "Xxxxxx-Xxxx_0"


def test_what_a_session_agreed_on_is_told_and_its_server_is_not_believed() -> None:
    """Anybody may call his server as he likes."""
    lines: Mapping[str, str] = {
        "key exchange": "curve25519-sha256@libssh.org",
        "host key": "ssh-rsa",
        "cipher": "aes128-gcm@openssh.com",
        "integrity": "aes128-gcm@openssh.com",
        "server": "SSH-2.0-fw-munich",
        "host keys offered": "ssh-rsa, rsa-sha2-256",
    }
    text = "".join(f"{label}: {value}\n" for label, value in lines.items())

    assert one(text, "SSH_session") == text.replace("SSH-2.0-fw-munich", "SSH-2.0-Cisco-1.25")
