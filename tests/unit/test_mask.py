"""What `masked` hides and what it leaves: a table of lines, and every secret there could be."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asa_transport.core.reports.ticket.mask import HIDDEN, masked
from tests.support import ROOT

# {} is where the secret stands.
ANNOUNCING = (
    "license smart register idtoken {}",
    "license smart register idtoken {} force",
    "fw-par-01# license smart register idtoken {}",
    "the command 'license smart register idtoken {}' was refused",
    "enable password {} pbkdf2",
    "enable password {} level 5 encrypted",
    "username admin password {} encrypted privilege 15",
    "username admin password {}",
    "passwd {} encrypted",
    "password {}",
    "password: {}",
    "Password={}",
    " key {}",
    " key 8 {}",
    "failover key {}",
    "failover key hex {}",
    "failover ipsec pre-shared-key {}",
    " ikev1 pre-shared-key {}",
    " ikev2 remote-authentication pre-shared-key 0 {}",
    " pre-shared-key {}",
    "isakmp key {} address 192.0.2.1",
    "key config-key password-encryption {}",
    "ntp authentication-key 1 md5 {}",
    " ospf message-digest-key 1 md5 {}",
    " ospf authentication-key {}",
    " ldap-login-password {}",
    " radius-common-pw {}",
    "vpdn username dial password {} store-local",
    "snmp-server community {}",
    "snmp-server community 8 {}",
    "snmp-server host inside 192.0.2.5 community {} version 2c",
    "snmp-server user watch group v3 auth sha {} priv aes 128 0123",
    "snmp-server user watch group v3 encrypted auth md5 00:11 priv 3des {}",
    "aaa-server radius (inside) host 192.0.2.5 key {}",
    "neighbor 192.0.2.9 password {}",
    "https://user:{}@proxy.example.net:8080/",
    "https://{}@example.net/feed",
    "http://example.net/download?file=x&token={}&y=1",
    "https://example.net/a?X-Amz-Signature={}",
    "Authorization: Bearer {}",
    "authorization: Basic {}",
    "api_token={}",
    "client_secret: {}",
    "Running Permanent Activation Key: {}",
)
HARMLESS = (
    "license smart",
    " feature tier standard",
    " transport type smart",
    " transport type callhome",
    " transport proxy proxy.example.net port 8080",
    " transport url https://smartreceiver.cisco.com/licservice/license",
    "  Registration: REGISTERED",
    "Export Authorization Key: <none>",
    "enable password ***** pbkdf2",
    "username admin password <removed>",
    "the host key is unknown; run 'asa-transport hostkeys scan' and compare",
    "the SSH host key of fw-par-01 has changed since it was enrolled",
    "key exchange failed: no match",
    "the enable password was rejected",
    "the password was rejected; a rejected password is never tried again",
    "Last Communication Attempt: FAILED on Jan 20 2026 10:00:44 UTC",
    "License Authorization:",
    "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "esp-sha-hmac esp-md5-hmac",
)
SECRETS = st.text(
    st.characters(codec="ascii", categories=("L", "N"), include_characters="!#$%&()*+,-./:;<=>?@[]^_`{|}~"),
    min_size=8,
    max_size=40,
).filter(lambda text: any(c.isalnum() for c in text))
# In a URL these end the part that the secret stands in.
URL_SAFE = st.text(string.ascii_letters + string.digits + "-_.~", min_size=8, max_size=40)


@pytest.mark.parametrize("line", ANNOUNCING)
def test_what_follows_an_announcing_word_is_hidden(line: str) -> None:
    """One row for each way that a firewall or a message spells a secret."""
    shown = masked(line.format("S3cr3tV4lue"))

    assert "S3cr3t" not in shown
    assert HIDDEN in shown
    assert masked(shown) == shown


@pytest.mark.parametrize("line", HARMLESS)
def test_what_is_no_secret_stays(line: str) -> None:
    """A ticket that hides its own lines cannot be approved."""
    assert masked(line) == line


# Where sentences are made that a ticket holds: titles, details, remedies, reasons, errors, hints.
ROOMS = ("core/judgement", "core/parsing", "core/planning", "core/pushing", "edges/ssh", "engine", "flows")


def sentences() -> Iterator[tuple[str, str]]:
    """Every text with a blank in these rooms, but for docstrings and patterns; a value in it is `'X'`."""
    for room in ROOMS:
        for path in sorted((ROOT / "asa_transport" / room).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            parts = {
                id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
            }
            said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if id(node) in parts | said:
                    continue
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    text = node.value
                elif isinstance(node, ast.JoinedStr):
                    text = "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "'X'" for part in node.values
                    )
                else:
                    continue
                if " " in text:
                    yield f"{path.name}:{node.lineno}", text


def test_nothing_that_the_program_itself_says_is_hidden() -> None:
    """ "Enter 'license smart register idtoken ***'" tells nobody what to type."""
    told = list(sentences())

    assert len(told) > 1000
    assert [(place, text, masked(text)) for place, text in told if masked(text) != text] == []


@pytest.mark.parametrize(
    "line",
    [
        "enters 'license smart register idtoken TOKENxyz01'",
        "license smart register idtoken NjQ5Yj== force",
        "--key FILE0001secret",
        "the credential hunter2hunter2",
        "activation key (hunter2hunter2)",
    ],
)
def test_what_only_begins_like_our_words_is_hidden(line: str) -> None:
    """Words of ours are known whole; a secret that begins like one is none of them."""
    assert HIDDEN in masked(line)


def test_the_words_around_a_secret_stay() -> None:
    """A reader still sees which line it was."""
    line = "username admin password $sha512$5000$abc==$def pbkdf2 privilege 15"

    assert masked(line) == "username admin password *** pbkdf2 privilege 15"


def test_the_lines_around_a_secret_stay_where_they_are() -> None:
    """Evidence names lines by number."""
    text = "hostname fw\r\nenable password hunter2hunter2\r\n\r\nlicense smart\r\n"

    assert masked(text) == "hostname fw\r\nenable password ***\r\n\r\nlicense smart\r\n"


def test_a_private_key_loses_its_body() -> None:
    """It has no announcing word on its lines; one that is cut off is hidden to the end of the text."""
    head, tail = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"

    assert masked(f"a\n{head}\nMIIB\nQUFB\n{tail}\nb\n") == f"a\n{head}\n***\n***\n{tail}\nb\n"
    assert "MIIB" not in masked(f"{head}\nMIIB\nQUFB")


def test_the_outputs_of_the_golden_devices_lose_no_line_that_the_judgement_reads() -> None:
    """What an audit collects holds no secret, so nothing of it may be hidden."""
    devices = Path(__file__).resolve().parents[1] / "golden" / "devices"
    changed = [
        (path.name, before, after)
        for path in sorted(devices.glob("*/show_license*.txt"))
        for text in [path.read_bytes().decode()]
        for before, after in zip(text.split("\n"), masked(text).split("\n"), strict=True)
        if before != after
    ]

    assert changed == []


@pytest.mark.parametrize("line", [line for line in ANNOUNCING if "://" not in line])
@settings(deadline=None)
@given(secret=SECRETS)
def test_no_secret_survives_whatever_it_is_made_of(line: str, secret: str) -> None:
    """Passwords are made of everything that can be typed without a blank."""
    shown = masked(line.format(secret))

    _is_gone(secret, line, shown)


@pytest.mark.parametrize("line", [line for line in ANNOUNCING if "://" in line])
@settings(deadline=None)
@given(secret=URL_SAFE)
def test_no_secret_survives_in_a_url(line: str, secret: str) -> None:
    """User information and query values; what must be escaped in a URL is escaped there."""
    _is_gone(secret, line, masked(line.format(secret)))


def _is_gone(secret: str, line: str, shown: str) -> None:
    without = line.replace("{}", "")
    if secret not in without:
        assert secret not in shown
    # Nor a part of it that is long enough to help.
    for part in re.findall(r"\w{5,}", secret):
        if part not in without:
            assert part not in shown, (line, shown)


@settings(deadline=None)
@given(text=st.text(max_size=300))
def test_masking_keeps_the_lines_and_is_the_same_twice(text: str) -> None:
    """Line numbers of evidence stay true, and a bundle made of masked texts is stable."""
    once = masked(text)

    assert masked(once) == once
    assert once.count("\n") == text.count("\n")


WORDS = st.sampled_from(
    (
        "key",
        "password",
        "md5",
        "8",
        "***",
        "auth",
        "priv",
        "sha",
        "://",
        "a",
        "=",
        ":",
        "?",
        "token",
        '"',
        "@",
    )
)


@settings(deadline=None)
@given(words=st.lists(WORDS, max_size=12), blank=st.sampled_from(("", " ", "  ")))
def test_masking_is_the_same_twice_where_rules_meet(words: list[str], blank: str) -> None:
    """Announcing words as values of each other."""
    once = masked(blank.join(words))

    assert masked(once) == once


@pytest.mark.parametrize(
    "piece", ["a", "key ", "?token", "://", "http://a", "key=", '"', " ", "-", "auth sha "]
)
def test_a_long_hostile_line_is_masked_in_linear_time(piece: str) -> None:
    """A device that never ends its line must not stop the ticket; the suite's limit watches."""
    text = "key " + piece * (200_000 // len(piece))

    assert masked(masked(text)) == masked(text)
