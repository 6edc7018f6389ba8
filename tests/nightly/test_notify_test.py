"""`notify test`: each channel gets one message that is marked as a test, and each has its line."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from asa_transport.cli.schemas import SCHEMAS
from tests.fleet.vault_server import ROLE_ID, SECRET_ID, vault_server
from tests.nightly.receivers import HOST, http_receiver, smtp_receiver
from tests.support import Ended, cli

TOKEN = "T0KEN-that-nobody-may-see"


def channels(directory: Path, **lines: str) -> Path:
    """A file of channels; each line is what stands behind its name, a port for a URL of its own."""
    file = directory / "notify.yaml"
    file.write_text("channels:\n" + "".join(f"  {name}: {line}\n" for name, line in lines.items()))
    return file


def url(directory: Path, name: str, port: int, scheme: str = "http") -> str:
    path = directory / name
    path.write_text(f"{scheme}://{HOST}:{port}/{TOKEN}")
    path.chmod(0o600)
    return f"url: {{file: {name}}}"


def send(file: Path, *names: str) -> Ended:
    ended = cli("notify", "test", "--notify", file, *names)
    assert TOKEN not in ended.out + ended.err
    return ended


def test_a_secret_of_a_channel_may_be_in_vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has the passwords of firewalls there has the addresses of chats there too."""
    monkeypatch.setenv("V_ROLE", ROLE_ID)
    monkeypatch.setenv("V_SECRET", SECRET_ID)
    with vault_server() as vault, http_receiver() as hook:
        vault.put("asa/chat", {"url": f"http://{HOST}:{hook.port}/{TOKEN}"})
        file = channels(tmp_path, ops="{kind: webhook, url: {vault: {path: asa/chat, field: url}}}")
        approle = "{role_id: {env: V_ROLE}, secret_id: {env: V_SECRET}}"
        section = f"vault: {{address: '{vault.address}', approle: {approle}}}\n"
        file.write_text(file.read_text() + section)

        ended = send(file)

        assert (ended.code, ended.out.splitlines()) == (0, [f"ops (webhook, {HOST}): sent"])
        assert [post.path for post in hook.posts] == [f"/{TOKEN}"]
        assert vault.is_revoked
    jsonschema.validate(yaml.safe_load(file.read_text()), SCHEMAS["notify"]())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_each_channel_gets_one_message_marked_as_a_test(tmp_path: Path) -> None:
    """Also one that hears of one region's worst only: the way to it is tried, not its taste."""
    with http_receiver() as hook, http_receiver(200) as chat, smtp_receiver() as mailbox:
        file = channels(
            tmp_path,
            ops=f"{{kind: webhook, {url(tmp_path, 'hook', hook.port)}, severity: critical, region: emea}}",
            team=f"{{kind: email, host: {HOST}, port: {mailbox.port}, tls: none, from: a@b.example, "
            "to: c@d.example}",
            chat=f"{{kind: apprise, {url(tmp_path, 'chat', chat.port, 'json')}}}",
        )

        ended = send(file)

    (post,), (mail,), (message,) = hook.posts, mailbox.mails, chat.posts
    sent, body = json.loads(post.body), mail.get_body()
    jsonschema.validate(sent, SCHEMAS["notification"]())
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        f"ops (webhook, {HOST}): sent", f"team (email, {HOST}): sent", "chat (apprise, JSON): sent",
    ]  # fmt: skip
    assert (sent["kind"], sent["changed"], sent["details"]) == ("test", False, {})
    assert sent["run"].startswith("test-")
    assert mail["Subject"] == "asa-transport: TEST of the channel team: nothing has changed"
    assert body is not None
    assert "No firewall was contacted" in body.get_content()
    assert "TEST of the channel chat" in json.loads(message.body)["title"]


def test_what_fails_says_why_and_keeps_no_other_from_its_message(tmp_path: Path) -> None:
    """A secret that is missing, a receiver that refuses, one that is not there: a line each, and exit 1."""
    with http_receiver() as gone:
        closed = url(tmp_path, "gone", gone.port)
    with http_receiver(404) as refusing, http_receiver() as hook:
        file = channels(
            tmp_path,
            unset="{kind: webhook, url: {env: ASA_TRANSPORT_NO_SUCH_VARIABLE}}",
            refused=f"{{kind: webhook, {url(tmp_path, 'refusing', refusing.port)}}}",
            closed=f"{{kind: webhook, {closed}}}",
            fine=f"{{kind: webhook, {url(tmp_path, 'hook', hook.port)}}}",
        )

        ended = send(file)

    assert ended.code == 1
    assert ended.out.splitlines() == [
        "unset (webhook): failed: url: env ASA_TRANSPORT_NO_SUCH_VARIABLE: the variable is not set; "
        "set it: read -rs ASA_TRANSPORT_NO_SUCH_VARIABLE; export ASA_TRANSPORT_NO_SUCH_VARIABLE",
        f"refused (webhook, {HOST}): failed: it answered 404; correct the URL or the receiver",
        f"closed (webhook, {HOST}): failed: not reached: Connection refused (attempt 1 of 1)",
        f"fine (webhook, {HOST}): sent",
    ]
    assert len(hook.posts) == 1


def test_only_the_channels_that_are_named_are_told(tmp_path: Path) -> None:
    """And nobody where one of the names is wrong: what was meant is asked first."""
    with http_receiver() as hook, http_receiver() as other:
        file = channels(
            tmp_path,
            ops=f"{{kind: webhook, {url(tmp_path, 'hook', hook.port)}}}",
            team=f"{{kind: webhook, {url(tmp_path, 'other', other.port)}}}",
        )
        named = send(file, "ops")
        wrong = send(file, "ops", "taem")

    assert (named.code, len(hook.posts), len(other.posts)) == (0, 1, 0)
    assert wrong.code == 2
    assert wrong.err == f"error: {file}: no channel 'taem' (did you mean 'team'?); channels: ops, team\n"


def test_a_file_that_cannot_be_used_ends_as_for_an_audit(tmp_path: Path) -> None:
    """With the place of each mistake."""
    ended = send(channels(tmp_path, ops="{kind: webhok}"))

    assert (ended.code, ended.out) == (2, "")
    assert "did you mean 'webhook'?" in ended.err
