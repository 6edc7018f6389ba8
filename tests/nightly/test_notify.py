"""Notifications against real servers: signed, tried again where that helps, never a secret in a message."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from asa_transport.core.documents.notification import document
from asa_transport.core.history.differences import TransportChanged
from asa_transport.core.reports.notification import excerpt, of_changes, of_run
from asa_transport.edges.notify import apprise
from asa_transport.errors import UserError
from asa_transport.flows.notify import DeliveryResult, notifier
from asa_transport.model import Notice, Secret, Stage, Summary, TransportType
from tests.nightly.receivers import (
    HOST,
    Authority,
    Mailbox,
    Receiver,
    authority,
    http_receiver,
    smtp_receiver,
)
from tests.peers import endless
from tests.support import ROOT
from tests.unit.judging import NOW
from tests.unit.reporting import HOSTILE, every_kind, missed, report_of
from tests.unit.test_history import diff_of

TOKEN = "T0KEN-that-nobody-may-see"
SUMMARY = Summary(
    headline="2 devices: 1 audited",
    has_changed=True,
    news="fw-a changed\n",
    markdown="# Report\n\nfw-a\n",
    document={"a": 1},
)
MOVED = diff_of(
    TransportChanged(device="fw-a", before=TransportType.SMART, after=TransportType.CALLHOME, since=None)
)
NOTICE = Notice(run_id="20260120T120000Z-0001", summary=SUMMARY)


# Apprise's own imports, on some Python versions.
APPRISE = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def tell(
    directory: Path, channels: str, notice: Notice = NOTICE, waits: list[float] | None = None
) -> list[DeliveryResult]:
    """Write the file, read it, and tell its channels; no wait takes any time."""
    file = directory / "notify.yaml"
    file.write_text(f"channels:\n{channels}")
    people = notifier(file, ask=None, sleep=(waits if waits is not None else []).append)
    return list(people.tell(lambda _: notice, at=NOW))


def webhook(directory: Path, receiver: Receiver, more: str = "", scheme: str = "http") -> str:
    private(directory / "url", f"{scheme}://{HOST}:{receiver.port}/hooks/{TOKEN}\n")
    return f"  ops:\n    kind: webhook\n    url: {{file: url}}\n{more}"


def email(mailbox: Mailbox, more: str = "    tls: none\n") -> str:
    return (
        f"  mail:\n    kind: email\n    host: {HOST}\n    port: {mailbox.port}\n"
        f"    from: asa@example.net\n    to: [ops@example.net, noc@example.net]\n{more}"
    )


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ca"))


# Webhooks.


def test_a_webhook_gets_the_document(tmp_path: Path) -> None:
    """A bot reads these keys."""
    with http_receiver() as receiver:
        (told,) = tell(tmp_path, webhook(tmp_path, receiver))

    (post,) = receiver.posts
    assert told == DeliveryResult(channel="ops", kind="webhook", to=HOST)
    assert post.path == f"/hooks/{TOKEN}"
    assert post.headers["Content-Type"] == "application/json"
    assert json.loads(post.body) == {
        "schema": "asa-transport/notification/1",
        "run": NOTICE.run_id,
        "kind": "audit",
        "headline": SUMMARY.headline,
        "changed": True,
        "changes": [],
        "changes_left_out": 0,
        "details": {"a": 1},
    }


def test_the_check_of_the_signature_in_the_docs_works(tmp_path: Path) -> None:
    """Who copies it must be able to trust it: it takes ours, and no other."""
    page = (ROOT / "docs" / "notifications.md").read_text()
    (snippet,) = re.findall(r"^```python\n(.*?)^```", page, flags=re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(snippet, names)
    private(tmp_path / "key", "Signing-Key-1")
    with http_receiver() as receiver:
        tell(tmp_path, webhook(tmp_path, receiver, "    key: {file: key}\n"))

    (post,) = receiver.posts
    stamp = int(post.headers["X-Asa-Transport-Timestamp"])
    check = names["is_genuine"]
    assert check(b"Signing-Key-1", post.headers, post.body, now=stamp + 10)
    assert not check(b"Signing-Key-2", post.headers, post.body, now=stamp + 10)
    assert not check(b"Signing-Key-1", post.headers, post.body + b" ", now=stamp + 10)
    assert not check(b"Signing-Key-1", post.headers, post.body, now=stamp + 10_000)
    signed = post.headers["X-Asa-Transport-Timestamp"].encode() + b"." + post.body
    expected = hmac.new(b"Signing-Key-1", signed, hashlib.sha256).hexdigest()
    assert post.headers["X-Asa-Transport-Signature"] == f"sha256={expected}"


def test_without_a_key_nothing_is_signed(tmp_path: Path) -> None:
    """A signature by nothing would look like one."""
    with http_receiver() as receiver:
        tell(tmp_path, webhook(tmp_path, receiver))

    assert "X-Asa-Transport-Signature" not in receiver.posts[0].headers


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again(tmp_path: Path, status: int) -> None:
    """A gateway that restarts at night must not cost the news; the receiver can know the second copy."""
    waits: list[float] = []
    with http_receiver(status, status) as receiver:
        (told,) = tell(tmp_path, webhook(tmp_path, receiver), waits=waits)

    assert told.error is None
    assert len(receiver.posts) == 3
    assert len({post.headers["X-Asa-Transport-Delivery"] for post in receiver.posts}) == 1
    assert len(waits) == 2
    assert waits[0] < waits[1] <= 60


def test_the_tries_are_bounded(tmp_path: Path) -> None:
    """A run ends, however often a receiver fails."""
    with http_receiver(*[503] * 20) as receiver:
        (told,) = tell(tmp_path, webhook(tmp_path, receiver, "    attempts: 3\n"))

    assert len(receiver.posts) == 3
    assert told.error == "it answered 503 (attempt 3 of 3)"


@pytest.mark.parametrize(("asked", "waited"), [("7", 7.0), ("86400", 60.0)])
def test_a_receiver_that_asks_for_time_gets_it_in_reason(tmp_path: Path, asked: str, waited: float) -> None:
    """Retry-After is a wish of somebody else."""
    waits: list[float] = []
    with http_receiver((429, {"Retry-After": asked})) as receiver:
        tell(tmp_path, webhook(tmp_path, receiver), waits=waits)

    assert waits == [waited]


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_what_is_refused_is_not_tried_again(tmp_path: Path, status: int) -> None:
    """A wrong URL stays wrong; hammering it gets an address blocked."""
    with http_receiver(status) as receiver:
        (told,) = tell(tmp_path, webhook(tmp_path, receiver))

    assert len(receiver.posts) == 1
    assert told.error == f"it answered {status}; correct the URL or the receiver"


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    """The document is signed for one receiver."""
    with (
        http_receiver() as other,
        http_receiver((307, {"Location": f"http://{HOST}:{other.port}/"})) as receiver,
    ):
        (told,) = tell(tmp_path, webhook(tmp_path, receiver))

    assert other.posts == []
    assert told.error is not None
    assert "redirect" in told.error


def test_a_receiver_that_is_not_there_is_tried_again_and_named_by_its_host(tmp_path: Path) -> None:
    """The URL is a token; what went wrong is not."""
    with http_receiver() as receiver:
        channel = webhook(tmp_path, receiver)

    (told,) = tell(tmp_path, channel)

    assert (told.to, told.error) == (HOST, "not reached: Connection refused (attempt 4 of 4)")


def test_tls_is_checked_against_the_file_of_the_channel(tmp_path: Path, ca: Authority) -> None:
    """A token must not go to whoever answers."""
    with http_receiver(context=ca.server) as receiver:
        (trusted,) = tell(tmp_path, webhook(tmp_path, receiver, f"    ca_file: {ca.file}\n", "https"))
        (unknown,) = tell(tmp_path, webhook(tmp_path, receiver, "", "https"))

    assert trusted.error is None
    assert unknown.error is not None
    assert unknown.error.startswith("its certificate is not trusted")
    assert len(receiver.posts) == 1


# Mail.


def test_a_mail_has_the_headline_and_the_report_attached(tmp_path: Path) -> None:
    """What is read on a telephone, and what is opened at the desk."""
    with smtp_receiver() as mailbox:
        (told,) = tell(tmp_path, email(mailbox), replace(NOTICE, html="<p>page</p>"))

    (mail,) = mailbox.mails
    assert told.error is None
    assert mail["Subject"] == "asa-transport: 2 devices: 1 audited"
    assert mailbox.recipients == [["ops@example.net", "noc@example.net"]]
    parts = {part.get_filename(): part for part in mail.iter_attachments()}
    assert set(parts) == {f"{NOTICE.run_id}.md", f"{NOTICE.run_id}.html"}
    assert parts[f"{NOTICE.run_id}.md"].get_content().replace("\r\n", "\n") == SUMMARY.markdown
    assert parts[f"{NOTICE.run_id}.html"].get_content().strip() == "<p>page</p>"
    body = mail.get_body()
    assert body is not None
    assert "fw-a" in body.get_content()


@pytest.mark.parametrize("text", ["one\r\nBcc: evil@example.net", "a\nb", "x\x00\x1b[31m", *HOSTILE])
def test_no_text_can_add_a_header_or_a_recipient(tmp_path: Path, text: str) -> None:
    """A headline may one day hold a name that a device gave itself."""
    notice = replace(NOTICE, summary=replace(SUMMARY, headline=text, markdown=text + "\n"))
    with smtp_receiver() as mailbox:
        (told,) = tell(tmp_path, email(mailbox), notice)

    (mail,) = mailbox.mails
    assert told.error is None
    assert mail["Bcc"] is None
    assert set(mail.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
        *({"X-Peer", "X-MailFrom", "X-RcptTo"} & set(mail.keys())),
    }  # fmt: skip
    assert mailbox.recipients == [["ops@example.net", "noc@example.net"]]
    assert mail["Subject"].isprintable()


def test_a_long_line_of_the_report_arrives_whole(tmp_path: Path) -> None:
    """A table's row is longer than the 998 characters of a mail's line."""
    text = "| " + "ü" * 5_000 + " |\n"
    with smtp_receiver() as mailbox:
        tell(tmp_path, email(mailbox), replace(NOTICE, summary=replace(SUMMARY, markdown=text)))

    (part,) = mailbox.mails[0].iter_attachments()
    assert part.get_content().replace("\r\n", "\n") == text


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_login_goes_over_tls(tmp_path: Path, ca: Authority, tls: str) -> None:
    """Both ways that mail servers offer, against a real one."""
    private(tmp_path / "password", "Mail-Secret-1")
    contexts: dict[str, Any] = {tls: ca.server}
    with smtp_receiver(login=True, **contexts) as mailbox:
        more = (
            f"    tls: {tls}\n    username: asa\n    password: {{file: password}}\n    ca_file: {ca.file}\n"
        )
        (told,) = tell(tmp_path, email(mailbox, more))

    assert told.error is None
    assert mailbox.logins == [("asa", "Mail-Secret-1")]
    assert len(mailbox.mails) == 1


def test_a_refused_login_is_said_without_the_password_and_not_repeated(tmp_path: Path, ca: Authority) -> None:
    """Repeating it locks the account."""
    private(tmp_path / "password", TOKEN)
    with smtp_receiver(login=True, starttls=ca.server) as mailbox:
        more = f"    username: asa\n    password: {{file: password}}\n    ca_file: {ca.file}\n"
        (told,) = tell(tmp_path, email(mailbox, more))

    assert told.error == "the login was refused (535)"
    assert len(mailbox.logins) == 1


def test_a_certificate_that_nobody_trusts_gets_no_password(tmp_path: Path, ca: Authority) -> None:
    """STARTTLS without a check is no protection."""
    private(tmp_path / "password", TOKEN)
    with smtp_receiver(login=True, starttls=ca.server) as mailbox:
        (told,) = tell(tmp_path, email(mailbox, "    username: asa\n    password: {file: password}\n"))

    assert told.error is not None
    assert told.error.startswith("its certificate is not trusted")
    assert mailbox.logins == []


@pytest.mark.parametrize(("answer", "mails"), [("451 greylisted", 1), ("554 spam", 0)])
def test_a_mail_that_may_pass_later_is_sent_again(tmp_path: Path, answer: str, mails: int) -> None:
    """Greylisting is a second try by design; a refusal is not."""
    with smtp_receiver(answer) as mailbox:
        (told,) = tell(tmp_path, email(mailbox))

    assert len(mailbox.mails) == mails
    assert told.error == (None if mails else "the server answered 554")


# Apprise.


@APPRISE
def test_apprise_tells_a_service(tmp_path: Path) -> None:
    """One of its own services, a JSON receiver, on loopback."""
    with http_receiver(200) as receiver:
        private(tmp_path / "url", f"json://{HOST}:{receiver.port}/{TOKEN}")
        (told,) = tell(tmp_path, "  chat:\n    kind: apprise\n    url: {file: url}\n")

    (post,) = receiver.posts
    assert (told.kind, told.error) == ("apprise", None)
    assert json.loads(post.body)["title"] == SUMMARY.headline
    assert TOKEN not in repr(told)


@APPRISE
def test_a_service_that_refuses_is_said(tmp_path: Path) -> None:
    """Without the URL, and without what Apprise logs."""
    with http_receiver(403) as receiver:
        private(tmp_path / "url", f"json://{HOST}:{receiver.port}/{TOKEN}")
        (told,) = tell(tmp_path, "  chat:\n    kind: apprise\n    url: {file: url}\n")

    assert told.error == "the service did not take it"


def test_where_apprise_is_not_installed_the_message_says_what_to_do() -> None:
    """It is an extra; the other kinds need nothing."""
    with pytest.raises(UserError) as caught:
        apprise.check("channel chat", Secret(TOKEN), find=lambda _name: None)

    assert "install asa-transport[apprise]" in str(caught.value)
    assert TOKEN not in str(caught.value)


# Who is told of what.


def test_only_a_change_is_told_unless_asked(tmp_path: Path) -> None:
    """A mail each night that says "nothing" is one that nobody reads."""
    quiet = replace(NOTICE, summary=replace(SUMMARY, has_changed=False))
    with http_receiver() as receiver, smtp_receiver() as mailbox:
        told = tell(tmp_path, webhook(tmp_path, receiver, "    always: true\n") + email(mailbox), quiet)

    assert [one.channel for one in told] == ["ops"]
    assert mailbox.mails == []


def test_a_channel_that_fails_keeps_no_other_from_being_told(tmp_path: Path) -> None:
    """The mail about the outage must go out while the chat is down."""
    with http_receiver(404) as receiver, smtp_receiver() as mailbox:
        told = tell(tmp_path, webhook(tmp_path, receiver) + email(mailbox))

    assert [one.error is None for one in told] == [False, True]


@APPRISE
@pytest.mark.parametrize("drip", [b"", b"2"], ids=["silent", "drips"])
@pytest.mark.parametrize(
    "channel",
    [
        "kind: webhook, url: {file: url}",
        "kind: email, host: 127.0.0.1, port: PORT, tls: none, from: a@b.example, to: a@b.example",
        "kind: email, host: 127.0.0.1, port: PORT, tls: implicit, from: a@b.example, to: a@b.example",
        "kind: apprise, url: {file: chat}",
    ],
    ids=["webhook", "mail", "mail over TLS", "apprise"],
)
def test_a_receiver_that_comes_to_no_end_is_given_up(tmp_path: Path, channel: str, drip: bytes) -> None:
    """A byte a second keeps to every limit of a step; the next channel is told all the same."""
    with endless(drip=drip) as peer, http_receiver() as receiver:
        private(tmp_path / "url", f"http://{HOST}:{peer.port}/{TOKEN}")
        private(tmp_path / "chat", f"json://{HOST}:{peer.port}/{TOKEN}")
        private(tmp_path / "other", f"http://{HOST}:{receiver.port}/")
        given = channel.replace("PORT", str(peer.port))
        other = "  other: {kind: webhook, url: {file: other}}\n"
        told = tell(tmp_path, f"  ops: {{{given}, limit: 0.1 s}}\n{other}")

    assert [one.error for one in told] == ["no answer within 0.1 s in all; given up", None]


def test_the_waits_between_attempts_are_within_the_limit(tmp_path: Path) -> None:
    """A receiver that asks for a minute, four times, has its say only as long as the run allows."""
    is_over = threading.Event()

    def sleep(wait_s: float) -> None:
        is_over.wait(wait_s)

    file = tmp_path / "notify.yaml"
    with http_receiver((503, {"Retry-After": "60"})) as receiver:
        file.write_text(f"channels:\n{webhook(tmp_path, receiver, '    limit: 0.1 s' + chr(10))}")
        people = notifier(file, ask=None, sleep=sleep)
        (told,) = people.tell(lambda _: NOTICE, at=NOW)
        is_over.set()

    assert told.error == "no answer within 0.1 s in all; given up"


def test_the_summary_of_a_run_is_small_and_says_change_unless_all_is_well() -> None:
    """Until two runs are compared, anything but exit code 0 is news."""
    report = every_kind()

    summary = of_run(report)
    calm = of_run(replace(report, run=replace(report.run, exit_code=0)))

    assert (summary.has_changed, calm.has_changed) == (True, False)
    assert summary.document["exit_code"] == 4
    assert "(exit code 4)" in summary.headline
    assert summary.document["do_not_reload"]
    many = of_run(report_of([missed(f"fw-{n}", Stage.CONNECT) for n in range(500)]))
    assert len(json.dumps(many.document)) < 5_000


def test_the_document_of_the_page_is_what_is_sent() -> None:
    """Receivers are written from the example: same keys, same types, in every list too."""
    page = (ROOT / "docs" / "notifications.md").read_text()
    (example,) = re.findall(r"^```json\n(.*?)^```", page, flags=re.DOTALL | re.MULTILINE)

    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            # The counts are keyed by what there was to count.
            return {
                key: "counts" if key.startswith("by_") else shape(inside) for key, inside in value.items()
            }
        return [shape(value[0])] if isinstance(value, list) and value else type(value).__name__

    sent = document(Notice(run_id="20260120T013000Z-4f1c", summary=of_changes(every_kind(), MOVED)))
    details = dict(sent["details"])
    # The page says where its form is written down.
    del details["diff"]
    sent = {**sent, "details": details}

    documented = json.loads(example)
    documented["details"]["do_not_reload"] = ["fw-a"]
    assert shape(documented) == shape(json.loads(json.dumps(sent)))


def test_an_excerpt_is_whole_lines_and_says_that_it_is_cut() -> None:
    """Half a line could say the opposite of the whole."""
    text = "".join(f"line {number}\n" for number in range(1000))

    cut = excerpt(text, 500)

    assert len(cut) <= 500
    assert cut.endswith("(cut; the report has all of it)\n")
    assert cut.splitlines()[-3].startswith("line ")
    assert excerpt("short\n", 500) == "short\n"


# What is said before the run.


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x/y",
        "https://",
        "hooks/x",
        "https://exa mple/x",
        "https://[::1",
        "https://x:99999/",
        "https://u:p@x/",
    ],
)
def test_a_url_that_is_none_is_said_and_not_shown(tmp_path: Path, url: str) -> None:
    """It may be a password in the wrong place."""
    private(tmp_path / "url", url)

    with pytest.raises(UserError) as caught:
        tell(tmp_path, "  ops: {kind: webhook, url: {file: url}}\n")

    assert (
        str(caught.value)
        == "channel ops: url: expected https://HOST/PATH; what its source holds is not shown"
    )


def test_every_secret_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    """With the channel and the key, as credentials are."""
    channels = "  a: {kind: webhook, url: {env: NO_SUCH_1}}\n  b: {kind: apprise, url: {file: none}}\n"

    with pytest.raises(UserError) as caught:
        tell(tmp_path, channels)

    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["channel a", "channel b"]


@APPRISE
def test_a_url_that_apprise_does_not_know_is_said(tmp_path: Path) -> None:
    """Before the run, not after it."""
    private(tmp_path / "url", f"nosuch://{TOKEN}")

    with pytest.raises(UserError) as caught:
        tell(tmp_path, "  chat: {kind: apprise, url: {file: url}}\n")

    assert "no URL that Apprise knows" in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_a_file_without_certificates_is_said(tmp_path: Path) -> None:
    """A typing mistake in ca_file is found at once."""
    (tmp_path / "ca.pem").write_text("nothing")
    channel = "  m: {kind: email, host: h, from: a@b.example, to: a@b.example, ca_file: %s}\n"

    for name, seen in (("ca.pem", "no certificates"), ("none.pem", "No such file")):
        with pytest.raises(UserError, match=seen):
            tell(tmp_path, channel % name)


def test_nothing_shows_a_secret(tmp_path: Path, ca: Authority) -> None:
    """Whatever happens: errors, results and their representations."""
    private(tmp_path / "password", TOKEN)
    seen: list[list[DeliveryResult]] = []
    with http_receiver(404, 500) as receiver, smtp_receiver(login=True, starttls=ca.server) as mailbox:
        more = f"    username: asa\n    password: {{file: password}}\n    ca_file: {ca.file}\n"
        seen.append(tell(tmp_path, webhook(tmp_path, receiver) + email(mailbox, more)))
        people = notifier(tmp_path / "notify.yaml", ask=None)

    assert TOKEN not in repr(seen)
    assert TOKEN not in repr(people)
