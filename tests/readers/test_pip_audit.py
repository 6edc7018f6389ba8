"""pip-audit: it asks a service that answers as OSV's does, and `make audit-deps` understands what it says."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.readers.installs import BIN
from tools import audit_deps

HASH = f"    --hash=sha256:{64 * '0'}\n"


@contextlib.contextmanager
def service(answers: Mapping[str, Any], status: int = 200) -> Iterator[str]:
    """Give the address of a service that knows these packages."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(answers.get(asked["package"]["name"], {})).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "some.lock"
    path.write_text(f"bcrypt==5.0.0 \\\n{HASH}jinja2==3.1.6 \\\n{HASH}")
    return path


def asked(lock: Path, url: str, accepted: str = "") -> int:
    file = lock.parent / "accepted.txt"
    file.write_text(accepted)
    argv = ["--lock", lock, "--accepted", file, "--pip-audit", BIN / "pip-audit", "--osv-url", url]
    return audit_deps.main([str(one) for one in argv])


KNOWN = {
    "jinja2": {
        "vulns": [
            {
                "id": "GHSA-made-up",
                "aliases": ["CVE-2026-0001"],
                "summary": "made up",
                "affected": [
                    {
                        "package": {"name": "jinja2", "ecosystem": "PyPI"},
                        "ranges": [
                            {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.1.7"}]}
                        ],
                    }
                ],
            }
        ]
    }
}


def test_a_vulnerability_ends_it_with_1(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its document is read, whatever code pip-audit itself ends with."""
    with service(KNOWN) as url:
        code = asked(lock, url)

    out, err = capsys.readouterr()
    assert (code, out) == (1, "audit-deps: 2 packages, 1 known vulnerabilities, 1 not accepted\n")
    assert err.startswith("audit-deps: jinja2 3.1.6: ")
    assert [one for one in ("GHSA-made-up", "CVE-2026-0001", "; fixed in 3.1.7\n") if one not in err] == []


def test_one_that_is_accepted_does_not(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with service(KNOWN) as url:
        code = asked(lock, url, "CVE-2026-0001  2026-11-28  no template of a stranger is rendered\n")

    assert (code, capsys.readouterr().err) == (0, "")


def test_none_is_said_with_the_number_that_was_asked(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with service({}) as url:
        code = asked(lock, url)

    assert (code, capsys.readouterr().out) == (
        0,
        "audit-deps: 2 packages, 0 known vulnerabilities, 0 not accepted\n",
    )


def test_a_service_that_fails_is_none_that_was_asked(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It fails nothing, and is not called a clean answer."""
    with service({}, status=503) as url:
        code = asked(lock, url)

    out = capsys.readouterr().out
    assert (code, out.count("\n")) == (0, 1)
    assert out.startswith(
        "audit-deps: nobody was asked for known vulnerabilities: its service was not reached ("
    )
