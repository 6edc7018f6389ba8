"""netmiko's own API on our open session: what people know works, and writes no more than the session may."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from netmiko.cisco.cisco_asa_ssh import CiscoAsaSSH
from netmiko.session_log import SessionLog

from asa_transport.capabilities import is_read_only
from asa_transport.edges.ssh.hostkeys import KnownHosts
from asa_transport.edges.ssh.jump_config import JumpRoutes
from asa_transport.edges.ssh.jump_hosts import JumpHosts
from asa_transport.edges.ssh.reach import Reach
from asa_transport.edges.ssh.session import AsaConfigSession, AsaSession, open_config_session, open_session
from asa_transport.engine import bridge
from asa_transport.engine.fleet import DeviceDeadline
from asa_transport.errors import ForbiddenCommand
from asa_transport.model import Credential, Device, Limits, Secret
from mock_devices import MockFleet
from tests.support import fleet_of

T = TypeVar("T")
LIMITS = Limits(attempts=1)
CREDENTIAL = Credential(password=Secret("mock-Login-1"), enable=Secret("mock-Enable-1"))


@pytest.fixture
def fleet() -> Iterator[MockFleet]:
    with fleet_of({"name": "fw-a"}) as running:
        yield running


def on_session(
    fleet: MockFleet,
    directory: Path,
    use: Callable[[AsaSession], T],
    *,
    is_config: bool = False,
) -> T:
    """Open a session as an audit does, or as a committed push does, and use it."""
    known = fleet.write(directory).known_hosts
    device = Device(
        name="fw-a",
        host=fleet["fw-a"].host,
        port=fleet["fw-a"].port,
        username="netaudit",
        credential="lab",
        known_hosts=known,
    )

    def work() -> T:
        deadline = DeviceDeadline(60)
        reach = Reach(limits=LIMITS, jumps=JumpHosts(JumpRoutes(), LIMITS))
        given = {
            "credential": CREDENTIAL,
            "host_keys": KnownHosts().lookup(known, device.host, device.port),
            "limits": LIMITS,
            "deadline": deadline,
            "dial": lambda one: bridge.wait_for(reach(one, deadline)),
        }
        session = (open_config_session if is_config else open_session)(device, **given)  # type: ignore[arg-type]
        try:
            return use(session)
        finally:
            session.close()

    return bridge.run(work)


def test_what_people_use_of_netmiko_works(fleet: MockFleet, tmp_path: Path) -> None:
    """The session is a `CiscoAsaSSH`: a script that was written for one goes on."""

    def use(session: AsaSession) -> tuple[bool, str, str, str, bool, bool]:
        ours = session.netmiko
        is_alive = ours.is_alive()
        prompt = ours.find_prompt()
        shown = f"{ours.send_command('show version')}"
        ours.set_base_prompt()
        mode = f"{ours.send_command('show mode', expect_string='#')}"
        read = session.run("show license status").text
        ours.disconnect()
        return isinstance(ours, CiscoAsaSSH), prompt, shown, mode + read, is_alive, ours.is_alive()

    is_netmikos, prompt, shown, rest, was_alive, is_alive = on_session(fleet, tmp_path, use)

    assert is_netmikos
    assert prompt == "fw-a#"
    assert "Cisco Adaptive Security Appliance Software Version" in shown
    assert "Security context mode" in rest
    assert "Smart Licensing" in rest
    assert (was_alive, is_alive) == (True, False)


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda ours: ours.send_command("configure terminal"), id="send_command"),
        pytest.param(lambda ours: ours.send_command_timing("write memory"), id="send_command_timing"),
        pytest.param(lambda ours: ours.send_config_set(["license smart"]), id="send_config_set"),
        pytest.param(lambda ours: ours.config_mode(), id="config_mode"),
        pytest.param(lambda ours: ours.save_config(), id="save_config"),
        pytest.param(lambda ours: ours.write_channel("reload\n"), id="write_channel"),
        pytest.param(lambda ours: ours.write_channel("rel") or ours.write_channel("oad\n"), id="in-pieces"),
        pytest.param(lambda ours: ours.write_channel("show mode\nreload\n"), id="behind-a-read"),
        pytest.param(lambda ours: ours.write_channel("show mode\rreload\n"), id="carriage-return"),
        pytest.param(lambda ours: ours.remote_conn.sendall(b"reload\n"), id="remote_conn"),
        pytest.param(lambda ours: ours.channel.write_channel("reload\n"), id="channel"),
    ],
)
@pytest.mark.parametrize("is_config", [False, True])
def test_nothing_is_written_that_the_session_may_not_write(
    write: Callable[[CiscoAsaSSH], object], is_config: bool, fleet: MockFleet, tmp_path: Path
) -> None:
    """netmiko's helpers enter configuration mode; a session that may write was permitted nothing yet."""

    def use(session: AsaSession) -> None:
        assert isinstance(session, AsaConfigSession) is is_config
        with pytest.raises(ForbiddenCommand, match="may not be sent"):
            write(session.netmiko)

    on_session(fleet, tmp_path, use, is_config=is_config)

    typed = [line for line in fleet["fw-a"].typed if line not in ("", "<secret>")]
    assert all(map(is_read_only, typed)), typed
    # `exit` at a question for a password would be a wrong one.
    assert set(typed) <= {"enable", "terminal pager 0", "show mode", "show curpriv", "exit"}
    assert typed.count("enable") == 1


def test_a_session_log_has_what_was_read_and_no_secret(fleet: MockFleet, tmp_path: Path) -> None:
    """Both ways of reading go into it: netmiko's, and the program's own."""
    log = tmp_path / "session.log"

    def use(session: AsaSession) -> None:
        session.netmiko.log_session(SessionLog(file_name=str(log)))
        session.run("show version")
        session.netmiko.send_command("show mode")
        session.netmiko.heard("mock-Login-1 and mock-Enable-1")

    on_session(fleet, tmp_path, use)

    text = log.read_text()
    assert "Cisco Adaptive Security Appliance Software Version" in text
    assert "Security context mode" in text
    assert "mock-" not in text


def test_a_log_in_memory_works_as_well(fleet: MockFleet, tmp_path: Path) -> None:
    """netmiko takes a file or a buffer."""
    buffer = io.BufferedRandom(io.BytesIO())  # type: ignore[arg-type] # any raw stream

    def use(session: AsaSession) -> None:
        session.netmiko.log_session(SessionLog(buffered_io=buffer))
        session.run("show mode")

    on_session(fleet, tmp_path, use)
    buffer.seek(0)

    assert b"Security context mode" in buffer.read()
