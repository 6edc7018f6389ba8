"""Broken devices beside healthy ones, over real SSH: nobody waits, nobody is lost."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from asa_transport.edges.state import kept_answers
from mock_devices import MockFleet
from tests.processes import (
    LIMIT_S,
    command_line,
    descendants,
    started,
    wait_for,
)
from tests.support import QUICK, ROOT, Ended, cli, fleet_of, plain, program

BROKEN: dict[str, dict[str, Any]] = {
    **{f"bad-hole-{number}": {"action": "black_hole"} for number in range(4)},
    "bad-silent": {"action": "hang", "on": "connect"},
    "bad-frozen": {"action": "freeze_after_auth"},
    **{f"bad-password-{number}": {"action": "reject_password"} for number in range(3)},
}
HEALTHY = tuple(f"fw-{number}" for number in range(6))
# In the order of the names the broken come first, so they are begun first.
MIXED: tuple[dict[str, Any], ...] = (
    *({"name": name, "faults": [fault]} for name, fault in BROKEN.items()),
    *({"name": name} for name in HEALTHY),
)
HANG = [{"action": "hang", "match": "license all"}]
SECRETS = (b"mock-Login-1", b"mock-Enable-1")
# The main thread, the loop, the writer of the store.
MOST_THREADS = 3


def arguments(fleet: MockFleet, directory: Path, *more: str, credentials: str = "file") -> list[str]:
    files = fleet.write(directory, credentials=credentials)
    # The broken come first: at two rejections nobody would ask the healthy.
    (directory / "policy.yaml").write_text("lockout_after: 5\n")
    state = directory / "state"
    return ["audit", "-i", str(files.inventory), "--format=json", "--state-dir", str(state), *QUICK, *more]


def end_of(running: subprocess.Popen[str]) -> Ended:
    out, err = running.communicate(timeout=LIMIT_S)
    return Ended(code=running.returncode, out=out, err=err)


# Broken devices.


def test_healthy_devices_are_done_while_more_broken_ones_than_workers_still_wait(tmp_path: Path) -> None:
    """The transcripts of the healthy are the proof: the limits of the broken are not over for long."""
    with fleet_of(*MIXED) as fleet:
        argv = arguments(fleet, tmp_path, "-w2")
        # Every limit is far beyond the test's own patience: nothing ends by it.
        limits = [f"--{name}-timeout=300" for name in ("connect", "handshake", "login", "command", "device")]
        with started(*argv, *limits) as running:
            wait_for(lambda: all("exit" in fleet[name].typed for name in HEALTHY), running)
            running.send_signal(signal.SIGINT)
            ended = end_of(running)

    outcomes = {one["name"]: one["outcome"] for one in ended.document["devices"]}
    assert {outcomes[name] for name in HEALTHY} == {"audited"}
    waiting = [one for one in ended.document["devices"] if "stopped" in one.get("error", "")]
    assert {one["name"] for one in waiting} == {
        name for name in BROKEN if not name.startswith("bad-password")
    }
    assert ended.code == 130


def test_each_broken_device_ends_at_its_stage_and_nothing_is_left_behind(tmp_path: Path) -> None:
    """A nightly run of thousands must not leave a thread, a process or a socket a device."""
    short = ("--handshake-timeout=3", "--login-timeout=3", "--command-timeout=20")
    with fleet_of(*MIXED) as fleet:
        argv = arguments(fleet, tmp_path, "-w3", *short)
        threads = set(threading.enumerate())
        ended = cli(*argv)
        # asyncio's own pool is the mock fleet's: ours would have been joined.
        new = [one for one in set(threading.enumerate()) - threads if not one.name.startswith("asyncio_")]
        for thread in new:
            thread.join(LIMIT_S)

        assert [thread.name for thread in new if thread.is_alive()] == []
        assert connections_to({fleet[name].port for name in fleet.names}) == []
        assert [child for child in descendants(os.getpid()) if command_line(child).startswith(b"ssh")] == []

    stages = {one["name"]: one.get("stage") for one in ended.document["devices"]}
    assert {stages[name] for name in HEALTHY} == {None}
    assert stages["bad-frozen"] == "collect"
    assert stages["bad-silent"] == "connect"
    assert {stages[name] for name in BROKEN if name.startswith("bad-hole")} == {"connect"}
    assert {stages[name] for name in BROKEN if name.startswith("bad-password")} == {"authenticate"}
    assert ended.code == 4


def connections_to(ports: set[int]) -> list[str]:
    """Return our side of every connection that this process holds to one of these ports."""
    ours = set()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            ours.add(str(entry.readlink()))
    found = []
    for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[2].split(":")[1], 16) in ports and f"socket:[{fields[9]}]" in ours:
            found.append(line)
    return found


def test_a_wrong_shared_password_is_tried_on_few_devices_only(tmp_path: Path) -> None:
    """Ten thousand devices that ask one AAA server about one account would lock it."""
    with fleet_of(*({"name": f"fw-{number:02}"} for number in range(12))) as fleet:
        files = fleet.write(tmp_path)
        files.password_file.write_text("not-the-password\n")
        ended = cli(
            "audit", "-i", files.inventory, "--format=json", "--state-dir", tmp_path / "state", *QUICK, "-w12"
        )

    devices = ended.document["devices"]
    assert {one["stage"] for one in devices} == {"authenticate"}
    rejected = [one for one in devices if one["error"].endswith(": rejected")]
    spared = [
        one
        for one in devices
        if "not tried: 2 devices rejected this password and none accepted it" in one["error"]
    ]
    assert (len(rejected), len(spared)) == (2, 10)
    assert ended.code == 4


def test_a_name_that_is_looked_up_and_a_device_that_speaks_late_are_audited(tmp_path: Path) -> None:
    """`localhost` has an IPv6 address too, where nobody listens: the next address is tried."""
    slow = {"name": "fw-slow", "faults": [{"action": "slow", "on": "connect", "delay_s": 1.0}]}
    with fleet_of({"name": "fw-named"}, slow) as fleet:
        argv = arguments(fleet, tmp_path)
        inventory, known = tmp_path / "inventory.yaml", tmp_path / "known_hosts"
        inventory.write_text(inventory.read_text().replace("host: 127.0.0.1", "host: localhost", 1))
        known.write_text(known.read_text().replace("[127.0.0.1]", "[localhost]", 1))
        ended = cli(*argv)

    assert [one["outcome"] for one in ended.document["devices"]] == ["audited", "audited"], ended.document


# One process, one loop.


def test_few_devices_on_many_workers_are_audited_as_by_one_worker(tmp_path: Path) -> None:
    """How the work is spread must not show in the result."""
    five = ({"name": f"fw-{number}", "version": f"9.{16 + number}(1)"} for number in range(5))
    documents = []
    with fleet_of(*five, speed=1e-9) as fleet:
        for name, spread in (("one", ("-w1",)), ("many", ("-w200",))):
            (tmp_path / name).mkdir()
            argv = arguments(fleet, tmp_path / name, *spread, "--now=2026-01-12T13:00:00Z")
            documents.append(program(*argv).document)

    one, many = (
        [
            {key: device[key] for key in ("name", "outcome", "facts", "findings", "decision")}
            for device in found
        ]
        for found in (document["devices"] for document in documents)
    )
    assert len(one) == 5
    assert one == many
    kept = [b"".join(map(plain, (tmp_path / name).rglob("*.tar.zst"))) for name in ("one", "many")]
    assert all(kept[at].count(b"show_") == kept[1 - at].count(b"show_") > 0 for at in (0, 1))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_in_order(number: signal.Signals, tmp_path: Path) -> None:
    """A terminal sends SIGINT, systemd SIGTERM; what runs is closed and every device is named."""
    hanging: list[dict[str, Any]] = [{"name": f"fw-hang-{number}", "faults": HANG} for number in range(3)]
    with fleet_of({"name": "fw-a"}, *hanging) as fleet:
        argv = arguments(fleet, tmp_path, "--command-timeout=300", "--device-timeout=300")
        with started(*argv) as running:
            wait_for(lambda: all("show license all" in fleet[one["name"]].typed for one in hanging), running)
            wait_for(lambda: "exit" in fleet["fw-a"].typed, running)
            running.send_signal(number)
            ended = end_of(running)

    assert ended.code == 130
    assert ended.device("fw-a")["outcome"] == "audited"
    for one in hanging:
        assert "the run was stopped" in ended.device(one["name"])["error"]
    assert "Traceback" not in ended.err


def test_a_second_signal_ends_the_run_at_once(tmp_path: Path) -> None:
    """The person at the terminal is more patient once than twice."""
    target = tmp_path / "out" / "audit.json"
    target.parent.mkdir()
    with fleet_of(*({"name": f"fw-{number}", "faults": HANG} for number in range(2))) as fleet:
        argv = arguments(fleet, tmp_path, "-o", str(target))
        with started(*argv, "--command-timeout=300", "--device-timeout=300") as running:
            wait_for(lambda: all("show license all" in fleet[name].typed for name in fleet.names), running)
            os.kill(running.pid, signal.SIGSTOP)
            running.send_signal(signal.SIGINT)
            os.kill(running.pid, signal.SIGCONT)
            running.send_signal(signal.SIGTERM)
            ended = end_of(running)

    assert ended.code == 130
    assert "Traceback" not in ended.err


def test_kill_9_costs_no_word_of_the_devices_that_were_done_and_hides_none_that_were_not(
    tmp_path: Path,
) -> None:
    """The machine that lost its power at three in the night: its run is read in the morning."""
    done, cut = [f"fw-{number}" for number in range(5)], [f"fw-hang-{number}" for number in range(3)]
    state = tmp_path / "state"
    with fleet_of(
        *({"name": name} for name in done), *({"name": name, "faults": HANG} for name in cut)
    ) as fleet:
        argv = arguments(fleet, tmp_path, "--command-timeout=300", "--device-timeout=300")
        with started(*argv) as running:
            wait_for(lambda: all("show license all" in fleet[name].typed for name in cut), running)
            wait_for(
                lambda: all(set(kept_answers.read(run, done)) == set(done) for run in state.glob("runs/*")),
                running,
            )
            # The store has a device some moments after its answers are on disk.
            wait_for(
                lambda: "5 audited" in cli("report", *_runs(state), "--state-dir", str(state)).out, running
            )
            running.kill()
            running.communicate(timeout=LIMIT_S)
        typed = {name: fleet[name].typed for name in done}
    (run,) = _runs(state)

    report = cli("report", run, "--format=json", "--state-dir", str(state))
    analyzed = cli("analyze", str(state / "runs" / run), "--format=json")

    assert [report.device(name)["outcome"] for name in (*done, *cut)] == ["audited"] * 5 + ["not-audited"] * 3
    assert all("interrupted" in report.device(name)["error"] for name in cut)
    assert [device["name"] for device in analyzed.document["devices"]] == done
    for name in done:
        assert "exit" in typed[name]
        assert analyzed.device(name)["facts"]["registration"] == report.device(name)["facts"]["registration"]
        assert analyzed.device(name)["decision"] == report.device(name)["decision"]
    assert "3 not audited" in cli("runs", "--state-dir", str(state)).out


def _runs(state: Path) -> list[str]:
    return [path.name for path in state.glob("runs/*")]


def test_one_process_and_two_threads_do_all_of_it(tmp_path: Path) -> None:
    """Twenty devices in work at once, and nothing of them in the machine but their sockets."""
    with fleet_of(*({"name": f"fw-{number}", "faults": HANG} for number in range(20))) as fleet:
        argv = arguments(fleet, tmp_path, "--processes=4", "--command-timeout=300", "--device-timeout=300")
        with started(*argv) as running:
            wait_for(lambda: all("show license all" in fleet[name].typed for name in fleet.names), running)
            below = descendants(running.pid)
            threads = sorted(
                (task / "comm").read_text().strip() for task in Path(f"/proc/{running.pid}/task").iterdir()
            )
            running.send_signal(signal.SIGINT)
            ended = end_of(running)

    assert below == []
    assert len(threads) <= MOST_THREADS, threads
    assert "--processes has no effect any more" in ended.err
    assert ended.code == 130


def content(folder: Path) -> bytes:
    return b"".join(plain(path) for path in folder.rglob("*") if path.is_file())


def test_secrets_are_in_no_file_and_on_no_stream_while_they_are_used(tmp_path: Path) -> None:
    """Not written anywhere, whatever they came from; they log in, so the program has them."""
    with fleet_of(*({"name": f"fw-{number}", "faults": HANG} for number in range(2))) as fleet:
        argv = arguments(fleet, tmp_path, "-v", credentials="env")
        # The mock's own, for inventories that name files.
        for name in ("password", "enable"):
            (tmp_path / name).unlink()
        given = dict(
            zip(("ASA_TRANSPORT_PASSWORD", "ASA_TRANSPORT_ENABLE"), map(bytes.decode, SECRETS), strict=True)
        )
        with (
            # Not that of the test: the path of a UNIX socket may have 107 characters.
            tempfile.TemporaryDirectory(prefix="asa-") as scratch,
            started(*argv, **given, TMPDIR=scratch) as running,
        ):
            wait_for(lambda: all("show license all" in fleet[name].typed for name in fleet.names), running)
            seen = command_line(running.pid)
            files = content(tmp_path) + content(Path(scratch))
            running.send_signal(signal.SIGINT)
            ended = end_of(running)

    files += content(tmp_path)
    for secret in SECRETS:
        assert secret not in seen + files + ended.out.encode() + ended.err.encode()


def test_secrets_are_revealed_in_few_places_only() -> None:
    """Each is one to look at in a review: it gives a secret to a device, or a service."""
    package = ROOT / "asa_transport"

    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if ".reveal()" in path.read_text().replace("`.reveal()`", "")
    }

    assert found == {
        # A passphrase opens a key, and a key signs; neither leaves.
        "edges/secrets/user_keys.py",
        # The login to Vault, which all other secrets of it are read with.
        "edges/secrets/vault.py",
        "edges/ssh/user_key.py",
        "edges/ssh/session.py",
        "edges/notify/apprise.py",
        "edges/notify/mail.py",
        "edges/notify/webhook.py",
    }


def test_a_port_that_nobody_serves_is_refused_once_for_each_attempt(tmp_path: Path) -> None:
    """The reason of the last attempt is said, and the credential is not asked for."""
    with fleet_of({"name": "fw-a"}) as fleet, socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
        closed.close()
        argv = arguments(fleet, tmp_path, "--attempts=2")
        with (tmp_path / "inventory.yaml").open("a") as inventory:
            inventory.write(f"  fw-gone:\n    host: 127.0.0.1\n    port: {port}\n")
        ended = cli(*argv)

    assert ended.device("fw-gone")["stage"] == "connect"
    assert "connection refused" in ended.device("fw-gone")["error"]
    assert ended.device("fw-a")["outcome"] == "audited"
