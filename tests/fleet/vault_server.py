"""A small server that speaks HashiCorp Vault's HTTP API: AppRole, key-value engines, namespaces, TLS."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.processes import LIMIT_S

TOKEN = "hvs.Token7SENTINEL"
ROLE_ID, SECRET_ID = "Role7SENTINEL", "SecretId7SENTINEL"


class Vault:
    """What it holds, and what was asked of it.

    Attributes:
        held: Secrets by the path that a request has, e.g. ``/v1/secret/data/asa``.
        asked: Method, path and namespace of each request.
        status: In the place of any answer, e.g. 503 while it is sealed.
        is_silent: It takes requests and does not answer.
        revokes: Whether a token may revoke itself.
        is_revoked: Its token is revoked, until somebody logs in.
    """

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str, str | None]] = []
        self.status: int | None = None
        self.over = threading.Event()
        self.is_silent = False
        self.revokes = True
        self.is_revoked = False
        self.address = ""

    def put(self, path: str, values: dict[str, str], *, mount: str = "secret", version: int = 2) -> None:
        """Keep a secret."""
        data: dict[str, Any] = {"data": values, "metadata": {"version": 1, "deletion_time": ""}}
        if version == 1:
            self.held[f"/v1/{mount}/{path}"] = {"data": values}
        else:
            self.held[f"/v1/{mount}/data/{path}"] = {"data": data}

    def answer(self, method: str, path: str, token: str | None, body: dict[str, Any]) -> tuple[int, Any]:
        """Return status and document, as Vault does."""
        if self.status is not None:
            return self.status, {"errors": ["Vault is sealed"]}
        if method == "POST" and path == "/v1/auth/approle/login":
            if (body.get("role_id"), body.get("secret_id")) != (ROLE_ID, SECRET_ID):
                return 400, {"errors": ["invalid role or secret ID"]}
            self.is_revoked = False
            return 200, {"auth": {"client_token": TOKEN, "lease_duration": 1200, "renewable": True}}
        if token != TOKEN or self.is_revoked:
            return 403, {"errors": ["permission denied"]}
        if method == "POST" and path == "/v1/auth/token/revoke-self":
            self.is_revoked = self.revokes
            return (204, {}) if self.revokes else (403, {"errors": ["permission denied"]})
        found = self.held.get(path)
        return (404, {"errors": []}) if found is None else (200, found)


def _handler(vault: Vault) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            path = self.path.partition("?")[0]
            vault.asked.append((self.command, path, self.headers.get("X-Vault-Namespace")))
            if vault.is_silent:
                vault.over.wait(LIMIT_S)
                return
            status, document = vault.answer(self.command, path, self.headers.get("X-Vault-Token"), body)
            data = json.dumps(document).encode()
            self.send_response(status)
            if status == 307:
                self.send_header("Location", "http://127.0.0.1:1/v1/elsewhere")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "0" if status == 204 else str(len(data)))
            self.end_headers()
            self.wfile.write(b"" if status == 204 else data)

        do_GET = do_POST = _serve

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def vault_server(context: ssl.SSLContext | None = None) -> Iterator[Vault]:
    """Serve one on loopback."""
    vault = Vault()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(vault)) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "http" if context is None else "https"
        vault.address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        serving = threading.Thread(target=server.serve_forever, name="vault", daemon=True)
        serving.start()
        try:
            yield vault
        finally:
            vault.over.set()
            server.shutdown()
            serving.join(LIMIT_S)
