"""What receives notifications in the tests: an HTTP server and an SMTP server on loopback, with a CA."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One request that came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True, kw_only=True)
class Receiver:
    """A running HTTP server: what it was sent, and what it answers, one status after another."""

    port: int
    answers: list[tuple[int, dict[str, str]]]
    posts: list[Post] = field(default_factory=list)


@contextlib.contextmanager
def http_receiver(
    *answers: int | tuple[int, dict[str, str]], context: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """Give a server that answers these statuses in turn, then 204 for ever."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            receiver.posts.append(Post(path=self.path, headers=dict(self.headers), body=body))
            status, headers = receiver.answers.pop(0) if receiver.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scripted = [(answer, dict[str, str]()) if isinstance(answer, int) else answer for answer in answers]
    receiver = Receiver(port=server.server_address[1], answers=scripted)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Mailbox:
    """What an SMTP server took, and which answers it was told to give first."""

    def __init__(self, answers: Sequence[str]) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.logins: list[tuple[str, str]] = []
        self.port = 0
        self._answers = list(answers)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        """Take a mail, or answer what was asked for."""
        if self._answers:
            return self._answers.pop(0)
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 taken"

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        """Take one password."""
        login = (data.login.decode(), data.password.decode())
        self.logins.append(login)
        return AuthResult(success=login[1] == "Mail-Secret-1", handled=False)


class _Controller(Controller):
    """One on a socket of its own, because the library's needs a fixed port."""

    def __init__(self, sock: socket.socket, handler: Mailbox, **named: Any) -> None:
        self._sock = sock
        super().__init__(handler, hostname=HOST, port=sock.getsockname()[1], **named)

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._sock, ssl=self.ssl_context)


@contextlib.contextmanager
def smtp_receiver(
    *answers: str,
    starttls: ssl.SSLContext | None = None,
    implicit: ssl.SSLContext | None = None,
    login: bool = False,
) -> Iterator[Mailbox]:
    """Give a mail server that gives these answers to DATA in turn, then takes all."""
    mailbox = Mailbox(answers)
    sock = socket.socket()
    sock.bind((HOST, 0))
    mailbox.port = sock.getsockname()[1]
    named: dict[str, Any] = {"ssl_context": implicit}
    if starttls is not None:
        named |= {"tls_context": starttls, "require_starttls": True}
    if login:
        # The library knows STARTTLS alone; over implicit TLS it must be told that a login is fine.
        named |= {"authenticator": mailbox.authenticate, "auth_require_tls": implicit is None}
    controller = _Controller(sock, mailbox, **named)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A certificate authority: its file, and a server's context with a certificate of it."""

    file: Path
    server: ssl.SSLContext


def authority(directory: Path) -> Authority:
    """Return one that is trusted by nobody who does not name its file."""
    ca = trustme.CA()
    file = directory / "ca.pem"
    ca.cert_pem.write_to_path(str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(HOST).configure_cert(context)
    return Authority(file=file, server=context)
