"""`notify.yaml`: every mistake at once with its place, and no secret in a message."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from asa_transport.errors import NotifyError
from asa_transport.files.notify import load
from asa_transport.files.notify_file import KEYS, schema
from asa_transport.model import (
    AppriseChannel,
    EmailChannel,
    EnvSource,
    FileSource,
    Interest,
    MailTls,
    Severity,
    SystemdSource,
    WebhookChannel,
)
from tests.support import ROOT

PAGE = (ROOT / "docs" / "notifications.md").read_text()
(EXAMPLE,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
SECRET = "https://hooks.example.net/T0KEN"


def problems(directory: Path, text: str) -> list[str]:
    """What is wrong with a file, as LINE:COLUMN: MESSAGE."""
    file = directory / "notify.yaml"
    file.write_text(text)
    with pytest.raises(NotifyError) as caught:
        load(file)
    return [str(problem).removeprefix(f"{file}:") for problem in caught.value.problems]


def test_the_example_of_the_page_is_read(tmp_path: Path) -> None:
    """What is copied from the page must work."""
    file = tmp_path / "notify.yaml"
    file.write_text(EXAMPLE)

    channels = load(file)

    assert channels == (
        WebhookChannel(
            name="on-call", url=SystemdSource(name="webhook-url"), key=SystemdSource(name="webhook-key")
        ),
        EmailChannel(
            name="team",
            host="mail.example.net",
            port=587,
            tls=MailTls.STARTTLS,
            username="asa-transport",
            password=FileSource(path=tmp_path / "mail.password"),
            sender="asa-transport@example.net",
            recipients=("netops@example.net", "noc@example.net"),
            interest=Interest(always=True),
        ),
        AppriseChannel(
            name="chat",
            url=EnvSource(name="ASA_TRANSPORT_CHAT_URL"),
            interest=Interest(severity=Severity.HIGH, regions=("emea", "apac")),
        ),
    )


def test_the_page_names_every_key() -> None:
    """A key that nobody documents is one that nobody uses."""
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \| ", PAGE, flags=re.MULTILINE))
    documented = {
        key: set(KEYS) if where == "every channel" else set(re.findall(r"`(\w+)`", where))
        for key, where in rows.items()
    }

    assert documented == {
        key: {kind for kind, keys in KEYS.items() if key in keys} for keys in KEYS.values() for key in keys
    }


def test_mistakes_about_vault_are_said_with_their_places(tmp_path: Path) -> None:
    """As in an inventory; a token that stands there is not shown."""
    source = "channels:\n  ops: {kind: webhook, url: {vault: {path: a, field: b}}}\n"

    assert problems(tmp_path, source) == [
        "2:37: channel ops: url: vault: there is no vault section; say there where it is, and its token"
    ]
    (said,) = problems(tmp_path, source + f"vault: {{address: 'https://v.example', token: {SECRET}}}\n")
    assert said.startswith("3:46: vault: token: the secret itself stands here (not shown)")


def test_all_mistakes_are_said_at_once_with_their_places(tmp_path: Path) -> None:
    """One look, one correction."""
    found = problems(
        tmp_path,
        "channels:\n"
        "  ops: {kind: webhok, url: {env: A}}\n"
        "  two: {kind: webhook, urll: {env: A}}\n"
        "  m:\n"
        "    kind: email\n"
        "    host: mail.example.net:25\n"
        "    from: 'Ops <ops@example.net>'\n"
        "    to: []\n"
        "    attempts: 11\n"
        "    timeout: 5 min\n"
        "    always: yes\n"
        "    tls: none\n"
        "    password: {env: B}\n"
        "  chat: {kind: apprise, url: {env: A}, severity: hihg, region: [emea, 'a b', emea]}\n"
        "  none: {kind: apprise, url: {env: A}, region: []}\n",
    )

    assert found == [
        "2:15: channel ops: kind: 'webhok' (did you mean 'webhook'?); expected one of: webhook, email, "
        "apprise",
        "3:3: channel two: no url; kind: webhook needs it",
        "3:24: channel two: unknown key 'urll' (did you mean 'url'?)",
        "6:11: channel m: host: 'mail.example.net:25' holds a port; put it under port",
        "7:11: channel m: from: 'Ops <ops@example.net>' is no plain mail address; expected NAME@DOMAIN alone",
        "8:9: channel m: to: no address; name at least one",
        "9:15: channel m: attempts: '11'; expected a whole number from 1 to 10, in digits",
        "10:14: channel m: timeout: '5 min'; expected from 1 to 60 s",
        "11:13: channel m: always: 'yes'; expected one of: true, false",
        "13:5: channel m: password without username; a login needs both",
        "13:5: channel m: with tls: none the password could be read; use starttls or implicit, or leave "
        "username and password out",
        "14:50: channel chat: severity: 'hihg' (did you mean 'high'?); expected one of: info, low, medium, "
        "high, critical",
        "14:71: channel chat: region: 'a b' is not a name; expected 1 to 63 letters, digits, '.', '_' or "
        "'-', with a letter or digit first and no '..'",
        "14:78: channel chat: region: 'emea' is listed twice; delete one",
        "15:48: channel none: region: no region; name at least one, or leave the key out for all",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "channel",
    [
        f"{{kind: webhook, url: '{SECRET}'}}",
        f"{{kind: webhook, url: {{url: '{SECRET}'}}}}",
        f"{{kind: webhook, url: {{env: '{SECRET}'}}}}",
        f"{{kind: webhook, url: ['{SECRET}']}}",
        f"{{kind: apprise, url: '{SECRET}'}}",
        f"{{kind: webhook, url: {{env: A}}, key: '{SECRET}'}}",
        f"{{kind: email, host: h, from: a@b.c, to: a@b.c, username: u, password: '{SECRET}'}}",
    ],
)
def test_a_secret_in_the_file_is_refused_and_never_shown(tmp_path: Path, channel: str) -> None:
    """The message goes into a terminal, a log and a ticket."""
    (found,) = problems(tmp_path, f"channels:\n  ops: {channel}\n")

    assert "T0KEN" not in found


@pytest.mark.parametrize("text", ["", "channels:\n", "[]", "channels: [a]\n", "x: 1\n", "channels: {}\n"])
def test_a_file_without_channels_is_a_mistake(tmp_path: Path, text: str) -> None:
    """`--notify` with nobody to tell is not what was meant."""
    assert problems(tmp_path, text)


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    """It was named."""
    with pytest.raises(NotifyError, match="there is no such file"):
        load(tmp_path / "none.yaml")


@pytest.mark.parametrize("tls", list(MailTls))
def test_the_port_follows_tls(tmp_path: Path, tls: MailTls) -> None:
    """Nobody knows all three by heart."""
    file = tmp_path / "notify.yaml"
    file.write_text(f"channels:\n  m: {{kind: email, host: h, from: a@b.c, to: a@b.c, tls: {tls}}}\n")

    (channel,) = load(file)

    assert isinstance(channel, EmailChannel)
    assert channel.port == {"starttls": 587, "implicit": 465, "none": 25}[tls]
    assert channel.recipients == ("a@b.c",)


def test_the_schema_takes_the_example_and_refuses_what_the_loader_does() -> None:
    """An editor should mark what the program will refuse."""
    checker = jsonschema.Draft202012Validator(schema())
    checker.check_schema(schema())
    good = yaml.safe_load(EXAMPLE)

    assert list(checker.iter_errors(good)) == []
    for channel, key, value in (
        ("on-call", "url", SECRET),
        ("on-call", "kind", "webhok"),
        ("on-call", "host", "h"),
        ("team", "to", []),
        ("team", "from", "Ops <ops@example.net>"),
        ("team", "attempts", 11),
        ("chat", "url", {}),
        ("chat", "severity", "hihg"),
        ("chat", "region", []),
    ):
        bad = yaml.safe_load(EXAMPLE)
        bad["channels"][channel][key] = value
        assert list(checker.iter_errors(bad)) != [], (channel, key)
