"""Follow docs/nightly.md: make the machine, type what stands there, look at what came of it; print it all.

What stands in for what cannot be there: apt-get makes what its packages would make, as far as the page
needs it; pip takes packages that are installed here; `editor` writes what a person would; systemd is
`units.py`.  All else is the machine's own, or this program's.
"""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mock_devices import MockFleet
from tests.fleet.hands import callhome, smart, type_lines
from tests.nightly.page import machine
from tests.nightly.page.machine import CHECKOUT, DESK, EDITS, JOURNAL, OPERATOR, STAND_INS
from tests.nightly.page.units import LISTED
from tests.nightly.receivers import HOST, Receiver, http_receiver
from tests.pages import DOCS, blocks
from tests.support import ROOT, fleet_of

SERVICE = "asa-transport-audit.service"
DEFAULTS = Path("/etc/default/asa-transport")
GIVEN, STATE = Path("/etc/asa-transport"), Path("/var/lib/asa-transport")
PUBLISHED = Path("/var/cache/asa-transport/index.html")
# So much of what a command says is shown.
_SHOWN = 14
# Far above what any of them needs: the whole page has a minute.
_LIMIT_S = 90.0


class Wrong(Exception):
    """The page, or what it led to, is not as it should be."""


@dataclass(slots=True)
class Desk:
    """Who types, and what was typed so far."""

    typed: int = 0
    held: int = 0
    said: list[str] = field(default_factory=list)

    def type(self, line: str, *, user: str = "root", may_fail: bool = False) -> str:
        """Run a line as a person's shell does, show it, and return what it said."""
        print(f"{'#' if user == 'root' else '$'} {line}", flush=True)
        words = ["bash", "-c", line]
        if user != "root":
            # A login of its own: with the groups that it has by now, and none of root's variables.
            words = ["runuser", "--login", user, "--command", line]
        ours, theirs = pty.openpty()
        # What a person answers who is asked.
        os.write(ours, b"y\n")
        try:
            done = subprocess.run(
                words, cwd=CHECKOUT, env=_environment(), stdin=theirs, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, timeout=_LIMIT_S, check=False,
            )  # fmt: skip
        finally:
            os.close(ours)
            os.close(theirs)
        self.typed += 1
        self.said.append(done.stdout)
        lines = done.stdout.splitlines()
        for shown in lines[:_SHOWN]:
            print(f"    {shown[:150]}")
        if len(lines) > _SHOWN:
            print(f"    ... ({len(lines) - _SHOWN} more lines)")
        if done.returncode and not may_fail:
            raise Wrong(f"{line}: ended with {done.returncode}")
        return done.stdout

    def holds(self, fact: str, is_so: bool) -> None:
        """Show a fact that must be so."""
        print(f"{'ok' if is_so else 'NOT SO'}: {fact}", flush=True)
        self.held += 1
        if not is_so:
            raise Wrong(fact)


def _environment() -> dict[str, str]:
    """Return what root's shell has after a login, and what keeps pip from a network."""
    return {
        "PATH": f"{STAND_INS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb", "LC_ALL": "C.UTF-8",
        "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_CACHE_DIR": "1", "PIP_NO_COMPILE": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore", "PIP_QUIET": "1",
    }  # fmt: skip


def stand_ins() -> None:
    """Put on root's PATH what stands in for a network, a person and systemd."""
    # -P: this repository is where it was, whatever stands in the folder in which somebody types.
    python = f"PYTHONPATH={ROOT} exec {sys.executable} -P"
    for name, text in {
        "apt-get": (
            'echo "(stands in for apt-get: $*)"\n'
            'case "$*" in *node-exporter*) install -d -m 0755 /var/lib/prometheus/node-exporter;; esac\n'
        ),
        # Into the file that is there, as an editor does: its owner and mode stay.
        "editor": f'cat "{EDITS}/$(basename "$1")" > "$1" && echo "(a person edits $1)"\n',
        "systemctl": f'{python} -m tests.nightly.page.units "$@"\n',
        "journalctl": f'test "$1" = --unit && cat "{JOURNAL}/$2"\n',
    }.items():
        (STAND_INS / name).write_text(f"#!/bin/sh\n{text}")
        (STAND_INS / name).chmod(0o755)


def edits(fleet: MockFleet, receiver: Receiver) -> None:
    """Lay ready what a person puts into each file that the page opens in an editor."""
    inventory = (CHECKOUT / "contrib" / "systemd" / "inventory.yaml").read_text()
    for name in fleet.names:
        here = f"  {name}: {{host: 127.0.0.1, port: {fleet[name].port}}}"
        inventory, found = re.subn(rf"^  {name}: .*$", here, inventory, flags=re.MULTILINE)
        if not found:
            raise Wrong(f"contrib/systemd/inventory.yaml has no {name}")
    for name, text in {
        "inventory.yaml": inventory,
        "login": "mock-Login-1\n",
        "enable": "mock-Enable-1\n",
        "webhook-url": f"http://{HOST}:{receiver.port}/night\n",
        "webhook-key": "Signing-Key-1\n",
    }.items():
        (EDITS / name).write_text(text)


def lines_of_the_page() -> Iterator[tuple[str, str]]:
    """Yield who types what, in order: root behind `# `, the operator in blocks of `sh`."""
    for block in blocks(DOCS / "nightly.md"):
        for line in block.lines:
            if block.language == "console" and line.startswith("# "):
                yield "root", line.removeprefix("# ")
            elif block.language == "sh":
                yield OPERATOR, line


def follow(desk: Desk, fleet: MockFleet, receiver: Receiver) -> None:
    """Type the whole page; before its second night a firewall is changed by somebody."""
    starts = 0
    for user, line in lines_of_the_page():
        if line.startswith("systemctl start"):
            starts += 1
            if starts == 2:
                print(f"(somebody types `transport type callhome` on {fleet.names[0]})")
                type_lines(fleet[fleet.names[0]], ["license smart", "transport type callhome"])
        # A report ends with 3 where it has findings.
        desk.type(line, user=user, may_fail=user == OPERATOR)
        if line.startswith("python3 -m venv"):
            machine.link_packages()
    desk.holds("two nights were audited, and the second one was told to the webhook", starts == 2)
    told = [json.loads(post.body) for post in receiver.posts]
    desk.holds("the webhook got a test, then the night", [one["kind"] for one in told] == ["test", "audit"])


def look(desk: Desk, receiver: Receiver) -> None:
    """Ask what the page promises."""
    for file, path in named_paths():
        desk.holds(f"{file} names {path}, which is there", path.exists())
    page = desk.type(f"runuser -u www-data -- cat {PUBLISHED} | head -c 400")
    desk.holds("a web server reads the published page", "<html" in page)
    for closed in (f"{STATE}/history.db", f"{GIVEN}/inventory.yaml", f"{GIVEN}/credentials/login"):
        said = desk.type(f"runuser -u www-data -- cat {closed}", may_fail=True)
        desk.holds(f"a web server does not read {closed}", "Permission denied" in said)
    said = desk.type(f"cat {GIVEN}/credentials/login", user=OPERATOR, may_fail=True)
    desk.holds("an operator does not read the passwords", "Permission denied" in said)
    said = desk.type(f"touch {STATE}/x", user=OPERATOR, may_fail=True)
    desk.holds("an operator writes no run", "Permission denied" in said)
    read = f"asa-transport report last --state-dir {STATE} --format json 2>/dev/null"
    said = desk.type(read, user=OPERATOR, may_fail=True)
    types = {one["name"]: one["facts"]["transport"]["type"] for one in json.loads(said)["devices"]}
    desk.holds("an operator reads what the last night found", types["fw-par-01"] == "callhome")
    told = json.loads(receiver.posts[-1].body)
    changed = [
        [
            change["device"],
            [one["value"] for one in change["before"]],
            [one["value"] for one in change["after"]],
        ]
        for change in told["changes"]
        if change["kind"] == "transport-changed"
    ]
    desk.holds(
        f"the webhook says what changed: {changed}", changed == [["fw-par-01", ["smart"], ["callhome"]]]
    )
    metrics = Path("/var/lib/prometheus/node-exporter/asa-transport.prom")
    desk.holds("node_exporter reads the metrics", metrics.stat().st_mode & 0o004 != 0)


def with_the_store_away(desk: Desk) -> None:
    """A database that does not answer, and an exception that root has added: it is audited, and says so."""
    soon = datetime.now(UTC) + timedelta(days=10)
    desk.type(
        f"asa-transport exceptions add fw-par-02 --until {soon:%Y-%m-%d} --owner kim --ticket INC7 "
        f"--reason 'proxy is down' --inventory {GIVEN}/inventory.yaml"
    )
    before = PUBLISHED.stat().st_mtime_ns
    DEFAULTS.write_text(
        f"{DEFAULTS.read_text()}ASA_TRANSPORT_STORE=postgresql+psycopg://audit@127.0.0.1:1/asa\n"
    )
    (JOURNAL / SERVICE).write_text("")
    print("(the store is a PostgreSQL server that is not there)")
    desk.type(f"systemctl start {SERVICE}", may_fail=True)
    said = desk.type(f"journalctl --unit {SERVICE} --output cat")
    desk.holds("the audit ran without its store", '"event": "run-finished"' in said)
    desk.holds("and says that the store was not there", "the run store" in said)
    page = PUBLISHED.read_text()
    desk.holds("and by the exception, which it may read", "INC7" in page)
    desk.holds("and the page of that night is published", PUBLISHED.stat().st_mtime_ns != before)


def named_paths() -> Iterator[tuple[str, Path]]:
    """Yield each path of this machine that an example file names, in what it does and in what it proposes."""
    pattern = re.compile(r"(?<![\w$}%])/(?:etc|var|usr/local)/[\w./-]*[\w-]")
    for file in sorted((CHECKOUT / "contrib" / "systemd").iterdir()):
        for path in sorted(set(pattern.findall(file.read_text()))):
            yield file.name, Path(path)


def inside() -> int:
    """Follow the page on the machine that was made here."""
    began = time.monotonic()
    machine.build()
    stand_ins()
    desk = Desk()
    with fleet_of(smart("fw-par-01"), callhome("fw-par-02")) as fleet, http_receiver() as receiver:
        edits(fleet, receiver)
        try:
            follow(desk, fleet, receiver)
            look(desk, receiver)
            with_the_store_away(desk)
        except Wrong as wrong:
            for journal in JOURNAL.iterdir():
                print("".join(f"    {line}\n" for line in journal.read_text().splitlines()[-_SHOWN:]))
            print(f"docs/nightly.md cannot be followed: {wrong}")
            return 1
    took = time.monotonic() - began
    print(f"not reproduced without systemd: {', '.join(sorted(LISTED))}")
    print(f"docs/nightly.md was followed: {desk.typed} commands, {desk.held} facts, {took:.0f} s")
    return 0


def outside() -> int:
    """Go where nothing of this machine can be written, and see that nothing was."""
    missing = [
        name for name in ("unshare", "setpriv", "runuser", "useradd", "setfacl") if not shutil.which(name)
    ]
    if os.geteuid() or missing:
        why = f"missing: {', '.join(missing)}" if missing else "it needs root"
        print(f"docs/nightly.md was not followed: {why}", file=sys.stderr)
        return 0
    # What every part of it needs: a tmpfs, and the real /etc under an overlay.
    mounts = (
        f"mount -t tmpfs tmpfs {DESK} && mkdir {DESK}/u {DESK}/w && "
        f"mount -t overlay overlay -o lowerdir=/etc,upperdir={DESK}/u,workdir={DESK}/w /etc"
    )
    can = subprocess.run(
        ["unshare", "--mount", "--propagation=private", "sh", "-c", mounts], capture_output=True, check=False
    )
    if can.returncode:
        print("docs/nightly.md was not followed: nothing can be mounted here", file=sys.stderr)
        return 0
    before = machine.fingerprint()
    done = subprocess.run(machine.enter("inside"), cwd=ROOT, check=False, timeout=180)
    after = machine.fingerprint()
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    if changed:
        print(f"this machine was changed meanwhile: {', '.join(changed[:10])}", file=sys.stderr)
        return 1
    return done.returncode


if __name__ == "__main__":
    sys.exit(inside() if sys.argv[1:] == ["inside"] else outside())
