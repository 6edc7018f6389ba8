"""Audits through OpenSSH's own server: killed, frozen, with a wrong key, and with a crowd behind it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
import pytest
import yaml

from tests.fleet.jumps import OpenSsh, audit_of, openssh
from tests.fleet.test_jump import HANGING, errors, far, is_hanging
from tests.processes import all_end, wait_for
from tests.support import PROGRAM, Ended, cli, fleet_of
from tests.warm import forked


def where(bastion: OpenSsh) -> str:
    """Return what a jump host is called in an error."""
    return f"the jump host bastion ({bastion.user}@127.0.0.1:{bastion.port})"


def test_a_fleet_behind_openssh_is_audited_over_one_connection_that_ends(tmp_path: Path) -> None:
    """What people have is OpenSSH; the mock of a jump host shares our library, and its mistakes."""
    with fleet_of(*(far(number) for number in range(5))) as fleet, openssh() as bastion:
        ended = cli(*audit_of(bastion.ssh_config, fleet, tmp_path))

        assert all_end(bastion.sessions())
        assert bastion.connections == 1

    assert errors(ended) == {}


def test_two_hundred_devices_are_visited_over_one_connection(tmp_path: Path) -> None:
    """A crowd must not become a crowd at the jump host's door, nor leave anybody out."""
    with fleet_of(*(far(number) for number in range(200))) as fleet, openssh() as bastion:
        words = audit_of(bastion.ssh_config, fleet, tmp_path)
        (tmp_path / "policy.yaml").write_text("max_sessions: {per_jump: 0}\n")
        ended = cli(*words, "-w", "100")

        assert all_end(bastion.sessions())
        assert bastion.connections == 1

    assert errors(ended) == {}
    assert ended.document["totals"]["audited"] == 200


def no_key(bastion: OpenSsh) -> None:
    bastion.known.write_text("")


def another_key(bastion: OpenSsh) -> None:
    bastion.known.write_text(f"[127.0.0.1]:{bastion.port} {bastion.identity.with_suffix('.pub').read_text()}")


def a_key_of_another_type(bastion: OpenSsh) -> None:
    key = asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_public_key().decode()
    bastion.known.write_text(f"[127.0.0.1]:{bastion.port} {key}")


def an_authority(bastion: OpenSsh) -> None:
    bastion.known.write_text(f"@cert-authority * {bastion.identity.with_suffix('.pub').read_text()}")


def a_revoked_key(bastion: OpenSsh) -> None:
    key = bastion.host_key.with_suffix(".pub").read_text()
    bastion.known.write_text(f"@revoked * {key}{bastion.known.read_text()}")


@pytest.mark.parametrize(
    ("make", "seen"),
    [
        pytest.param(no_key, "has no key for it", id="unknown"),
        pytest.param(another_key, "holds another key", id="changed"),
        pytest.param(a_key_of_another_type, "holds another key", id="changed-type"),
        pytest.param(an_authority, "only a '@cert-authority' line matches", id="authority"),
        pytest.param(a_revoked_key, "is marked as revoked", id="revoked"),
    ],
)
def test_a_jump_host_whose_key_is_not_the_known_one_gets_nobodys_login(
    make: Callable[[OpenSsh], None], seen: str, tmp_path: Path
) -> None:
    """It would be given the addresses of a whole site, and a signature."""
    with fleet_of(far(1), far(2), {"name": "fw-near"}) as fleet, openssh() as bastion:
        make(bastion)
        ended = cli(*audit_of(bastion.ssh_config, fleet, tmp_path))

        assert bastion.connections == 1
        assert all_end(bastion.sessions())

    log = "".join(bastion.log)
    (said,) = set(errors(ended).values())
    assert said[0] == "jump"
    assert said[1].startswith(f"checking the host key of {where(bastion)}: ssh-ed25519 SHA256:")
    assert seen in said[1]
    assert "userauth" not in log
    assert "Accepted" not in log
    assert ended.device("fw-near")["outcome"] == "audited"


def test_a_jump_host_that_refuses_the_user_says_what_was_offered(tmp_path: Path) -> None:
    """A key with a passphrase is offered by nobody at night."""
    with fleet_of(far(1), far(2)) as fleet, openssh() as bastion:
        subprocess.run(
            ["ssh-keygen", "-q", "-p", "-P", "", "-N", "a passphrase", "-f", bastion.identity], check=True
        )
        ended = cli(*audit_of(bastion.ssh_config, fleet, tmp_path))

        assert bastion.connections == 1

    assert set(errors(ended).values()) == {
        (
            "jump",
            f"logging in to {where(bastion)}: it refused the login of '{bastion.user}' "
            "(no key to offer; it accepts publickey)",
        )
    }
    hint = ended.device("fw-far-1")["hint"]
    assert f"{bastion.identity} has a passphrase: an agent must hold it" in hint


@contextmanager
def agent_with(identity: Path, directory: Path) -> Iterator[Path]:
    """Serve an agent that holds this key, which is nowhere else then; give its socket."""
    path = directory / "agent.sock"
    with subprocess.Popen(
        ["ssh-agent", "-D", "-a", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as agent:
        try:
            assert agent.stdout is not None
            # It says where it listens once it does.
            assert agent.stdout.readline()
            given = {**os.environ, "SSH_AUTH_SOCK": str(path)}
            subprocess.run(["ssh-add", "-q", identity], env=given, check=True, stdin=subprocess.DEVNULL)
            identity.unlink()
            yield path
        finally:
            agent.kill()


@pytest.mark.parametrize("named", ["IdentityAgent", "SSH_AUTH_SOCK"])
def test_a_jump_host_is_logged_in_to_with_a_key_that_only_an_agent_has(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key with a passphrase has no other way in at night."""
    with (
        fleet_of(far(1)) as fleet,
        openssh() as bastion,
        agent_with(bastion.identity, bastion.directory) as agent,
    ):
        text = bastion.ssh_config.read_text()
        if named == "IdentityAgent":
            # The public half stays, and says which of the agent's keys it is to be.
            text = text.replace("IdentityAgent none", f"IdentityAgent {agent}")
        else:
            bastion.identity.with_suffix(".pub").unlink()
            monkeypatch.setenv("SSH_AUTH_SOCK", str(agent))
            text = text.replace("IdentityAgent none", "").replace("IdentitiesOnly yes", "")
        bastion.ssh_config.write_text(text)
        ended = cli(*audit_of(bastion.ssh_config, fleet, tmp_path))

        assert bastion.connections == 1

    assert errors(ended) == {}
    assert "Accepted publickey" in "".join(bastion.log)


def test_a_jump_host_that_asks_for_a_password_is_given_none(tmp_path: Path) -> None:
    """The devices' password is at hand, and none of its business."""
    with (
        fleet_of(far(1)) as fleet,
        openssh("PasswordAuthentication yes", "KbdInteractiveAuthentication yes") as bastion,
    ):
        bastion.authorized.write_text("")
        ended = cli(*audit_of(bastion.ssh_config, fleet, tmp_path))

    offered = "1 key offered; it accepts publickey, password, keyboard-interactive"
    assert offered in errors(ended)["fw-far-1"][1]
    assert "Failed password" not in "".join(bastion.log)


def test_a_jump_host_that_allows_no_forwarding_is_named_at_each_device(tmp_path: Path) -> None:
    """The jump host is well; what it does not allow may hold for one device alone (`PermitOpen`)."""
    with fleet_of(far(1), far(2)) as fleet:
        allowed = f"PermitOpen 127.0.0.1:{fleet['fw-far-2'].port}"
        with openssh(allowed) as bastion:
            ended = cli(*audit_of(bastion.ssh_config, fleet, tmp_path), "--attempts=2")

    stage, error = errors(ended)["fw-far-1"]
    assert stage == "connect"
    assert "through the jump host bastion: the jump host does not allow it" in error
    assert "PermitOpen" in ended.device("fw-far-1")["hint"]
    assert ended.device("fw-far-2")["outcome"] == "audited"
    # Asked once: it would be the same again.
    assert "".join(bastion.log).count("the request was denied") == 1


def run_with(words: tuple[str | Path, ...], when: Callable[[], bool], then: Callable[[], None]) -> Ended:
    """Run the program, do something once a condition holds, and wait for its end."""
    with forked(PROGRAM, *map(str, words)) as running:
        wait_for(when, running)
        then()
        out, err = running.communicate(60)
        return Ended(code=running.wait(), out=out, err=err)


@pytest.mark.parametrize(
    ("how", "seen"),
    [
        pytest.param(OpenSsh.kill_sessions, "it closed the connection", id="killed"),
        pytest.param(OpenSsh.freeze, "it did not answer for 1.8 s", id="frozen"),
    ],
)
def test_a_jump_host_that_is_lost_in_the_middle_is_what_its_devices_say(
    how: Callable[[OpenSsh], None], seen: str, tmp_path: Path
) -> None:
    """Killed or frozen, it is found before a device's own limit, and nobody calls a firewall silent."""
    devices = [far(1, **HANGING), far(2, **HANGING), *(far(number) for number in range(3, 9))]
    with fleet_of(*devices) as fleet, openssh() as bastion:
        words = (
            *audit_of(bastion.ssh_config, fleet, tmp_path),
            "--connect-timeout=2",
            "--handshake-timeout=3",
        )
        (tmp_path / "policy.yaml").write_text("max_sessions: {per_jump: 2}\n")
        ended = run_with(
            words,
            lambda: is_hanging(fleet["fw-far-1"]) and is_hanging(fleet["fw-far-2"]),
            lambda: how(bastion),
        )
        is_frozen = how is OpenSsh.freeze
        bastion.thaw()

        assert all_end(bastion.sessions())

    found = errors(ended)
    lost = f"reaching it through {where(bastion)}: the connection to the jump host was lost: {seen}"
    assert (found["fw-far-1"], found["fw-far-2"]) == (("jump", lost), ("jump", lost))
    if is_frozen:
        rest = {found[f"fw-far-{number}"] for number in range(3, 9)}
        again = f"then connecting to {where(bastion)}: no answer within 3 s"
        assert rest == {("jump", f"{lost}; {again}")}
    else:
        assert len(found) == 2


def test_a_device_that_is_openssh_is_told_by_its_stages(tmp_path: Path) -> None:
    """It is nobody's firewall, and a server that nobody here wrote."""
    with fleet_of(far(1), far(2)) as fleet, openssh() as bastion, openssh() as strange:
        words = audit_of(bastion.ssh_config, fleet, tmp_path)
        inventory = tmp_path / "inventory.yaml"
        entries = yaml.safe_load(inventory.read_text())
        known = tmp_path / "strange_known"
        known.write_text(strange.known.read_text())
        for name, file in (("fw-far-1", "empty_known"), ("fw-far-2", known.name)):
            entries["devices"][name] |= {"port": strange.port, "known_hosts": file, "host": "127.0.0.1"}
        entries["devices"]["fw-far-2"]["host"] = "localhost"
        known.write_text(strange.known.read_text().replace("127.0.0.1", "localhost"))
        inventory.write_text(yaml.safe_dump(entries))
        ended = cli(*words)

    found = errors(ended)
    assert found["fw-far-1"][0] == "host-key"
    assert found["fw-far-2"][0] == "authenticate"
    assert "the device takes only publickey" in found["fw-far-2"][1]


def test_a_jump_host_behind_a_jump_host_is_as_strict(tmp_path: Path) -> None:
    """A chain is as trusted as its weakest key."""
    with fleet_of(far(1)) as fleet, openssh() as edge, openssh() as inner:
        config = tmp_path / "chain"
        config.write_text(edge.block("edge") + inner.block("bastion", "ProxyJump edge"))
        ended = cli(*audit_of(config, fleet, tmp_path))

        assert errors(ended) == {}
        assert (edge.connections, inner.connections) == (1, 1)

        no_key(inner)
        ended = cli(*audit_of(config, fleet, tmp_path))
        stage, error = errors(ended)["fw-far-1"]
        assert stage == "jump"
        assert f"checking the host key of {where(inner)}" in error

        inner.enrol()
        no_key(edge)
        ended = cli(*audit_of(config, fleet, tmp_path))
        stage, error = errors(ended)["fw-far-1"]
        assert stage == "jump"
        assert f"checking the host key of the jump host edge ({edge.user}@127.0.0.1:{edge.port})" in error
        # The inner one was asked nothing, twice.
        assert inner.connections == 2
