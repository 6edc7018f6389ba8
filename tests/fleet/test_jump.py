"""Audits, key scans and plans through a jump host, over real SSH on both legs.

One connection to it for a run, whoever is behind it; what goes wrong with it is said of it.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from mock_devices import MockDevice
from tests.fleet.jumps import audit_of, behind, jump_host
from tests.processes import wait_for
from tests.support import PROGRAM, QUICK, Ended, cli, fleet_of, program
from tests.warm import forked

FAR = {
    "name": "fw-far-1",
    "hostname": "fw-behind",
    "version": "9.22(1)3",
    "license_config": {"transport": "smart", "proxy": {"host": "192.0.2.80", "port": 8080}},
}
# A session that stands until somebody ends it.
HANGING = {"faults": [{"action": "hang", "match": "license all"}]}


def far(number: int, **more: Any) -> dict[str, Any]:
    return {**FAR, "name": f"fw-far-{number}", **more}


def is_hanging(device: MockDevice) -> bool:
    """Return whether its session has come to where it hangs."""
    return "show license all" in device.typed


def errors(ended: Ended) -> dict[str, tuple[str, str]]:
    """Return where each device that was not audited ended, and the words."""
    return {
        device["name"]: (device["stage"], device["error"])
        for device in ended.document["devices"]
        if device["outcome"] != "audited"
    }


@pytest.mark.parametrize("named", ["bastion", "jumper@[127.0.0.1]:{port}"])
def test_a_device_behind_a_jump_host_is_audited_as_any_other(tmp_path: Path, named: str) -> None:
    """Its host key and its password go through the tunnel; the facts are those of the device."""
    with fleet_of(FAR, {"name": "fw-near"}) as fleet, jump_host(tmp_path / "jump") as jump:
        ended = cli(*audit_of(jump.ssh_config, fleet, tmp_path, named.format(port=jump.port)))
        forwarded, port = list(jump.forwarded), fleet["fw-far-1"].port
        typed = fleet["fw-far-1"].typed

    found = ended.device("fw-far-1")
    assert found["outcome"] == "audited", found
    assert (found["facts"]["hostname"], found["facts"]["version"]) == ("fw-behind", "9.22(1)3")
    assert found["facts"]["transport"]["type"] == "smart"
    assert found["facts"]["transport"]["proxy"] == {"host": "192.0.2.80", "port": 8080}
    assert ended.device("fw-near")["outcome"] == "audited"
    assert forwarded == [("127.0.0.1", port)]
    assert "show license status" in typed


def test_all_devices_behind_a_jump_host_share_one_connection_that_ends_with_the_run(tmp_path: Path) -> None:
    """A login a device is what a jump host refuses at night, when a hundred come at once."""
    devices = [far(number) for number in range(8)]
    with fleet_of(*devices) as fleet, jump_host(tmp_path / "jump") as jump:
        ended = cli(*audit_of(jump.ssh_config, fleet, tmp_path))

        assert (jump.connections, jump.is_left()) == (1, True)

    assert errors(ended) == {}


def test_a_jump_host_that_refuses_the_user_is_said_once_and_asked_once(tmp_path: Path) -> None:
    """Nobody finds a missing key from `the device closed the connection`; many tries would lock us out."""
    devices = [far(number) for number in range(4)]
    with (
        fleet_of(*devices, {"name": "fw-near"}) as fleet,
        jump_host(tmp_path / "jump", lets_in=False) as jump,
    ):
        ended = cli(*audit_of(jump.ssh_config, fleet, tmp_path))
        where = f"bastion (jumper@127.0.0.1:{jump.port})"

        assert (jump.connections, jump.forwarded) == (1, [])

    said = (
        "jump",
        f"logging in to the jump host {where}: it refused the login of 'jumper' "
        "(1 key offered; it accepts publickey)",
    )
    assert errors(ended) == {f"fw-far-{number}": said for number in range(4)}
    assert ended.device("fw-near")["outcome"] == "audited"
    assert ended.code == 4


def test_a_device_that_the_jump_host_does_not_reach_is_the_devices_fault(tmp_path: Path) -> None:
    """Which of the two legs failed decides whom to call."""
    with (
        fleet_of(far(1, faults=[{"action": "refuse"}]), far(2)) as fleet,
        jump_host(tmp_path / "jump") as jump,
    ):
        ended = cli(*audit_of(jump.ssh_config, fleet, tmp_path))
        port = fleet["fw-far-1"].port

    stage, error = errors(ended)["fw-far-1"]
    assert stage == "connect"
    assert error.startswith(f"connecting to 127.0.0.1 port {port} through the jump host bastion: ")
    assert "Connect call failed" in error
    assert ended.device("fw-far-2")["outcome"] == "audited"


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"action": "hang", "match": "license all"}, id="hangs-in-a-command"),
        pytest.param({"action": "black_hole"}, id="says-nothing"),
    ],
)
def test_a_device_that_hangs_behind_the_jump_host_ends_at_its_own_limit(
    fault: dict[str, str], tmp_path: Path
) -> None:
    """The connection that others share must not hang with it, nor stay behind it."""
    with fleet_of(far(1, faults=[fault]), far(2)) as fleet, jump_host(tmp_path / "jump") as jump:
        ended = program(*audit_of(jump.ssh_config, fleet, tmp_path), "--device-timeout=3")

        assert (jump.connections, jump.is_left()) == (1, True)

    assert "within the device limit of 3 s" in errors(ended)["fw-far-1"][1]
    assert ended.device("fw-far-2")["outcome"] == "audited"


def test_a_jump_host_that_says_nothing_is_the_jump_hosts_fault(tmp_path: Path) -> None:
    """It is met after the handshake limit, not once for each device behind it."""
    with (
        fleet_of(far(1), far(2), far(3)) as fleet,
        jump_host(tmp_path / "jump") as jump,
        socket.socket() as silent,
    ):
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        text = jump.ssh_config.read_text()
        jump.ssh_config.write_text(text.replace(f"Port {jump.port}", f"Port {port}"))
        ended = program(*audit_of(jump.ssh_config, fleet, tmp_path), "--handshake-timeout=1", "-w", "1")

    said = f"connecting to the jump host bastion (jumper@127.0.0.1:{port}): no answer within 1 s"
    assert set(errors(ended).values()) == {("jump", said)}


def test_an_ssh_configuration_that_cannot_be_read_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    """One sentence, instead of one failure a device."""
    with fleet_of(FAR) as fleet, jump_host(tmp_path / "jump") as jump:
        arguments = audit_of(jump.ssh_config, fleet, tmp_path)
        jump.ssh_config.unlink()
        ended = cli(*arguments)
        typed = fleet["fw-far-1"].typed

    assert (ended.code, ended.out, typed) == (2, "", ())
    assert "--ssh-config" in ended.err


def test_devices_whose_jump_host_was_lost_say_so_and_the_others_go_through_a_new_connection(
    tmp_path: Path,
) -> None:
    """`the device may be reloading` would send somebody to the wrong machine."""
    devices = [far(1, **HANGING), far(2, **HANGING), far(3)]
    with fleet_of(*devices) as fleet, jump_host(tmp_path / "jump") as jump:
        words = map(str, audit_of(jump.ssh_config, fleet, tmp_path))
        policy = tmp_path / "policy.yaml"
        policy.write_text("max_sessions: {per_jump: 2}\n")
        with forked(PROGRAM, *words) as running:
            wait_for(lambda: all(map(is_hanging, (fleet["fw-far-1"], fleet["fw-far-2"]))), running)
            jump.close_for("maintenance, until six")
            out, err = running.communicate(60)
        ended = Ended(code=running.wait(), out=out, err=err)

        assert (jump.connections, jump.is_left()) == (2, True)
        where = f"bastion (jumper@127.0.0.1:{jump.port})"

    said = (
        "jump",
        f"reaching it through the jump host {where}: the connection to the jump host was lost: "
        "it closed the connection: it said 'maintenance, until six'",
    )
    assert errors(ended) == {"fw-far-1": said, "fw-far-2": said}
    assert ended.device("fw-far-3")["outcome"] == "audited"


def test_a_key_scan_goes_through_the_jump_host_by_one_connection(tmp_path: Path) -> None:
    """Enrolling a site must not be what locks it."""
    with fleet_of(far(1), far(2)) as fleet, jump_host(tmp_path / "jump") as jump:
        options = behind(jump.ssh_config, fleet, tmp_path)
        limits = [word for word in QUICK if not word.startswith(("--command", "--login"))]
        ended = cli("hostkeys", "check", *options, *limits, "--format=json")

        assert (jump.connections, jump.is_left()) == (1, True)

    assert {device["name"]: device["outcome"] for device in ended.document["devices"]} == {
        "fw-far-1": "same",
        "fw-far-2": "same",
    }


@pytest.mark.parametrize("command", ["scan", "check"])
def test_a_key_scan_says_what_of_the_configuration_it_does_not_read(command: str, tmp_path: Path) -> None:
    """Who enrols keys through another machine than `ssh` would use has enrolled something else."""
    with fleet_of(far(1), far(2)) as fleet, jump_host(tmp_path / "jump") as jump:
        text = jump.ssh_config.read_text()
        jump.ssh_config.write_text(f"{text} ProxyCommand /bin/false\n")
        options = behind(jump.ssh_config, fleet, tmp_path)
        ended = cli("hostkeys", command, *options, "--attempts=1")
        quiet = cli("hostkeys", command, *options, "--attempts=1", "-q")

    line = len(text.splitlines()) + 1
    said = "ProxyCommand is not read here; it holds for the jump host bastion\n"
    assert ended.err == f"{jump.ssh_config}:{line}: {said}"
    assert (quiet.err, quiet.out, ended.code) == ("", ended.out, 0)


def test_a_jump_host_whose_rsa_key_is_short_is_given_no_login(tmp_path: Path) -> None:
    """Its key can be worked out; who has it would see where every firewall is, and be asked to forward."""
    short = asyncssh.generate_private_key("ssh-rsa", key_size=1024)
    with fleet_of(far(1)) as fleet, jump_host(tmp_path / "jump", host_key=short) as jump:
        ended = cli(*audit_of(jump.ssh_config, fleet, tmp_path))

        assert (jump.connections, jump.forwarded) == (1, [])

    stage, error = errors(ended)["fw-far-1"]
    assert stage == "jump"
    assert "an RSA key of only 1024 bits" in error


def test_a_connection_through_which_no_device_comes_is_made_again_once_and_no_more(tmp_path: Path) -> None:
    """A jump host that hangs up at every forwarding would be logged in to as often as it has devices."""
    with (
        fleet_of(*(far(number) for number in range(6)), {"name": "fw-near"}) as fleet,
        jump_host(tmp_path / "jump") as jump,
    ):
        jump.is_cutting = True
        words = audit_of(jump.ssh_config, fleet, tmp_path)
        (tmp_path / "policy.yaml").write_text("max_sessions: {per_jump: 1}\n")
        ended = cli(*words, "--attempts=3")
        where = f"bastion (jumper@127.0.0.1:{jump.port})"

        assert (jump.connections, jump.is_left()) == (2, True)

    lost = f"reaching it through the jump host {where}: the connection to the jump host was lost: "
    lost += "it closed the connection"
    assert set(errors(ended).values()) == {
        ("jump", lost),
        ("jump", f"{lost}; and no device was reached after a new connection to it"),
    }
    assert len(errors(ended)) == 6
    assert ended.device("fw-near")["outcome"] == "audited"
