"""SSH algorithms over real SSH: what is agreed on with each kind of device, and what is refused."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asa_transport.capabilities import Deadline, Link
from asa_transport.edges.ssh.backend import open_session
from asa_transport.edges.ssh.hostkeys import KnownHosts
from asa_transport.edges.ssh.links import TcpLink
from asa_transport.edges.state import kept_answers
from asa_transport.engine import bridge
from asa_transport.engine.fleet import DeviceDeadline
from asa_transport.errors import CollectError, ConnectError, HostKeyError
from asa_transport.model import Credential, Device, Limits, Secret, SshFacts, SshPolicy
from mock_devices import MockFleet
from tests.fleet.commit import commit, outcomes
from tests.fleet.hands import callhome, run
from tests.support import QUICK, audit, cli, fleet_of, installed

# Without a word in the inventory or the policy.
REFUSED = {"fw-group1": "connect", "fw-cbc": "connect", "fw-1024": "host-key", "fw-768": "host-key"}


@pytest.fixture(scope="module")
def fleet() -> Iterator[MockFleet]:
    with fleet_of(
        {"name": "fw-asadef", "ssh": {"profile": "asadef"}},
        {"name": "fw-modern", "ssh": {"profile": "modern"}},
        {"name": "fw-group16", "ssh": {"kex": ["diffie-hellman-group16-sha512"]}},
        {"name": "fw-rfc8731", "ssh": {"kex": ["curve25519-sha256"]}},
        {"name": "fw-sha1", "ssh": {"kex": ["diffie-hellman-group14-sha1"]}},
        {"name": "fw-group1", "ssh": {"kex": ["diffie-hellman-group1-sha1"]}},
        {"name": "fw-cbc", "ssh": {"ciphers": ["aes256-cbc"]}},
        {"name": "fw-rsa-only", "ssh": {"profile": "rsa-only"}},
        {"name": "fw-1024", "ssh": {"host_key": "rsa", "rsa_bits": 1024}},
        {"name": "fw-768", "ssh": {"host_key": "rsa", "rsa_bits": 768}},
        {"name": "fw-everything"},
    ) as running:
        yield running


def visited(fleet: MockFleet, name: str, tmp_path: Path, policy: SshPolicy = SshPolicy.DEFAULT) -> SshFacts:
    """Log in to a device, and out again."""
    files = fleet.write(tmp_path)
    device = Device(
        name=name,
        host=fleet[name].host,
        port=fleet[name].port,
        username="netaudit",
        credential="lab",
        known_hosts=files.known_hosts,
        ssh=policy,
    )

    def work() -> SshFacts | None:
        session = open_session(
            device,
            credential=Credential(password=Secret("mock-Login-1"), enable=Secret("mock-Enable-1")),
            host_keys=KnownHosts().lookup(device.known_hosts, device.host, device.port),
            limits=Limits(attempts=1),
            deadline=DeviceDeadline(60),
            dial=connected,
        )
        session.close()
        return session.ssh

    found = bridge.run(work)
    assert found is not None
    return found


def connected(device: Device) -> Link:
    sock = socket.create_connection((device.host, device.port), timeout=10)
    sock.setblocking(False)
    return TcpLink(sock)


@pytest.mark.parametrize(
    ("name", "exchange"),
    [
        ("fw-asadef", "diffie-hellman-group14-sha256"),
        ("fw-group16", "diffie-hellman-group16-sha512"),
        ("fw-modern", "curve25519-sha256"),
        ("fw-rfc8731", "curve25519-sha256"),
        ("fw-sha1", "diffie-hellman-group14-sha1"),
        ("fw-everything", "curve25519-sha256"),
    ],
)
def test_the_cheapest_exchange_that_is_offered_is_taken(
    fleet: MockFleet, name: str, exchange: str, tmp_path: Path
) -> None:
    """A curve costs a fraction of a group; and a device that has nothing better is reached all the same."""
    assert visited(fleet, name, tmp_path).kex == exchange


def test_what_was_agreed_on_is_a_fact(fleet: MockFleet, tmp_path: Path) -> None:
    """AES-GCM before chacha20: that is a fifth of a session in Python."""
    ssh = visited(fleet, "fw-everything", tmp_path)

    assert ssh.cipher == ssh.mac == "aes128-gcm@openssh.com"
    assert ssh.host_key == "ssh-ed25519"
    assert ssh.server == "SSH-2.0-Cisco-1.25"
    assert ssh.host_keys == ("ssh-ed25519",)


def test_what_was_agreed_on_is_what_the_device_says_was(fleet: MockFleet, tmp_path: Path) -> None:
    """The names are made from two lists, where the library does not tell; the other side knows them."""
    for name in ("fw-asadef", "fw-sha1", "fw-rsa-only", "fw-everything"):
        ssh = visited(fleet, name, tmp_path)
        assert (ssh.kex, ssh.host_key, ssh.cipher, ssh.mac) == fleet[name].agreed[-1], name


def kept_of(directory: Path) -> tuple[str, dict[str, Any]]:
    """Return the id of the newest run of a directory, and its document."""
    (folder,) = (directory / "state" / "runs").iterdir()
    return folder.name, json.loads((folder / "audit.json").read_text())


def test_a_run_that_is_judged_again_is_judged_the_same(tmp_path: Path) -> None:
    """Whoever looks at last night's run with another release must find what was found then, SSH included."""
    old = {"profile": "rsa-only", "kex": ["diffie-hellman-group14-sha1"]}
    with fleet_of(callhome("fw-old", ssh=old), callhome("fw-new")) as fleet:
        live = audit(fleet, tmp_path)
    run_id, _ = kept_of(tmp_path)
    folder = tmp_path / "state" / "runs" / run_id

    inventory = ("-i", f"{tmp_path / 'inventory.yaml'}")
    again = cli("analyze", folder, *inventory, "--format", "json")
    elsewhere = cli("analyze", folder / "raw", *inventory, "--format", "json")

    for ended in (again, elsewhere):
        for name in ("fw-old", "fw-new"):
            then, now = live.device(name), ended.device(name)
            assert now["facts"]["ssh"] == then["facts"]["ssh"]
            assert rules_of(now) == rules_of(then)
    (finding,) = [one for one in live.device("fw-old")["findings"] if one["rule"] == "AT106"]
    assert finding["severity"] == "low"
    assert [(one["command"], one["text"]) for one in finding["evidence"]] == [
        ("SSH session", "host key: ssh-rsa"),
        ("SSH session", "key exchange: diffie-hellman-group14-sha1"),
    ]
    assert finding in again.device("fw-old")["findings"]
    assert "AT106" not in rules_of(live.device("fw-new"))


def rules_of(device: dict[str, Any]) -> list[str]:
    return [finding["rule"] for finding in device["findings"]]


def test_an_old_algorithm_changes_no_verdict_and_no_plan(tmp_path: Path) -> None:
    """A firewall that is about to lose its licence is not to wait for a better host key."""
    with fleet_of(callhome("fw-old", ssh={"profile": "rsa-only"}), callhome("fw-new")) as fleet:
        live = audit(fleet, tmp_path)
    run_id, _ = kept_of(tmp_path)
    planned = run(tmp_path, "plan", "--from-run", run_id, "-o", tmp_path / "plan.json")

    old, new = (live.device(name) for name in ("fw-old", "fw-new"))
    assert old["decision"] == new["decision"]
    assert set(rules_of(old)) - set(rules_of(new)) == {"AT106"}
    assert planned.code == 0, planned.err
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert [device["name"] for device in plan["devices"]] == ["fw-new", "fw-old"]


def test_outputs_that_somebody_saved_say_nothing_of_a_session(tmp_path: Path) -> None:
    """And a log that happens to have our file's name is read as what it is."""
    with fleet_of(callhome("fw-old", ssh={"profile": "rsa-only"})) as fleet:
        audit(fleet, tmp_path)
    run_id, _ = kept_of(tmp_path)
    answers = kept_answers.read(tmp_path / "state" / "runs" / run_id, {"fw-old"})["fw-old"]
    saved = tmp_path / "saved" / "fw-old"
    saved.mkdir(parents=True)
    for name, text in answers.items():
        (saved / f"{name}.txt").write_text(text)
    (saved / "SSH_session.txt").write_text("host key: ssh-rsa\n")

    found = cli("analyze", saved, "--format", "json")

    assert "show_version" in answers
    assert {device["facts"]["ssh"] for device in found.document["devices"] if "facts" in device} == {None}


def test_what_a_device_offers_is_told_where_no_session_came_about(tmp_path: Path) -> None:
    """A fleet of which a tenth is not reached can be counted by what it lacks."""
    with fleet_of(
        {"name": "fw-cbc", "ssh": {"ciphers": ["aes256-cbc", "3des-cbc"], "macs": ["hmac-sha1"]}},
        {"name": "fw-password", "faults": [{"action": "reject_password"}]},
        {"name": "fw-unknown", "faults": [{"action": "unknown_host_key"}]},
        {"name": "fw-down", "faults": [{"action": "refuse"}]},
        {"name": "fw-enable", "login": {"enable": "not-set"}},
        {"name": "fw-cut", "faults": [{"action": "drop", "match": "license all"}]},
    ) as fleet:
        ended = audit(fleet, tmp_path, "--ssh-census")

    found = {device["name"]: (device["ssh"], device["ssh_offer"]) for device in ended.document["devices"]}
    assert found["fw-cbc"][0] is None
    assert found["fw-cbc"][1]["cipher"] == ["aes256-cbc", "3des-cbc"]
    assert found["fw-cbc"][1]["host_key"] == ["ssh-ed25519"]
    assert found["fw-cbc"][1]["server"] == "SSH-2.0-Cisco-1.25"
    assert found["fw-down"] == (None, None)
    for name in ("fw-password", "fw-unknown", "fw-enable", "fw-cut"):
        agreed, offered = found[name]
        assert (agreed["kex"], agreed["host_key"], offered) == ("curve25519-sha256", "ssh-ed25519", None), (
            name
        )
        assert (agreed["cipher"], agreed["mac"]) == ("aes128-gcm@openssh.com",) * 2
    # And in the census each of them is counted, whatever came of it.
    census = ended.document["ssh_census"]
    assert [(row["reach"], row["devices"], row["version"]) for row in census] == [
        ("offered", 1, None),
        ("agreed", 4, None),
        ("not-reached", 1, None),
    ]
    assert census[0]["cipher"] == ["aes256-cbc", "3des-cbc"]
    assert [row["kex"] for row in census[1:]] == [["curve25519-sha256"], []]
    assert "ssh_census" not in kept_of(tmp_path)[1]


def test_the_census_counts_every_device_by_release_model_and_algorithms(
    fleet: MockFleet, tmp_path: Path
) -> None:
    """Who takes an algorithm away on a given day needs to know whom that leaves outside."""
    words = ("--ssh-census", f"--state-dir={tmp_path / 'state'}")
    ended = cli("audit", "-i", fleet.write(tmp_path).inventory, *QUICK, *words)
    again = cli("report", "last", *words)
    chosen = cli("report", "last", *words, "--only", "high")

    table = ended.out.partition("SSH of all devices, the oldest and weakest first\n")[2].splitlines()
    assert table[0].split() == ["devices", "release", "model", "key", "exchange", "host", "key", "cipher"]
    *rows, last = table[1:]
    assert sum(int(row.split()[0]) for row in rows) == len(fleet.names)
    assert last == f"{len(fleet.names)} devices: 9 agreed, 2 only offered"
    first, second = (row for row in rows if "only offered" in row)
    assert "aes256-cbc" in first
    assert "diffie-hellman-group1-sha1" in second
    assert any("9.22(2)14" in row and "ssh-rsa" in row for row in rows)
    for told in (again, chosen):
        assert told.out.endswith("\n".join(("", *table, "")))


@pytest.mark.parametrize("name", ["jsonl", "csv", "md", "html", "junit", "sarif"])
def test_a_format_without_a_place_for_the_census_refuses_it(name: str, tmp_path: Path) -> None:
    """Asked for and left out in silence, it would be looked for all night."""
    ended = cli("audit", "-i", tmp_path / "none.yaml", "--ssh-census", "--format", name)

    assert ended.code == 2
    assert f"--format {name} has no place for it" in ended.err


def test_the_census_is_part_of_a_report_and_not_of_what_changed(tmp_path: Path) -> None:
    """`--since` prints no report."""
    ended = cli("audit", "-i", tmp_path / "none.yaml", "--ssh-census", "--since", "last")

    assert ended.code == 2
    assert "--since prints what changed" in ended.err


@pytest.mark.parametrize(
    ("name", "takes"),
    [
        ("fw-sha1", {SshPolicy.DEFAULT, SshPolicy.LEGACY}),
        ("fw-group1", {SshPolicy.LEGACY}),
        ("fw-cbc", {SshPolicy.LEGACY}),
        ("fw-rsa-only", {SshPolicy.DEFAULT, SshPolicy.LEGACY}),
        ("fw-everything", set(SshPolicy)),
    ],
)
@pytest.mark.parametrize("policy", SshPolicy)
def test_each_policy_takes_what_it_says(
    fleet: MockFleet, name: str, takes: set[SshPolicy], policy: SshPolicy, tmp_path: Path
) -> None:
    """Strict refuses SHA-1; what OpenSSH gave up is taken only where somebody said so."""
    if policy in takes:
        assert visited(fleet, name, tmp_path, policy).kex
        return
    with pytest.raises(ConnectError, match="offers none of the") as caught:
        visited(fleet, name, tmp_path, policy)

    assert not caught.value.is_transient


@pytest.mark.parametrize(
    ("name", "bits", "takes"), [("fw-1024", 1024, SshPolicy.LEGACY), ("fw-768", 768, None)]
)
@pytest.mark.parametrize("policy", SshPolicy)
def test_a_short_rsa_key_gets_no_password(
    fleet: MockFleet, name: str, bits: int, takes: SshPolicy | None, policy: SshPolicy, tmp_path: Path
) -> None:
    """The library takes any length, also what anybody can factor by now."""
    if policy is takes:
        assert visited(fleet, name, tmp_path, policy).host_key == "rsa-sha2-256"
        return
    tries = fleet[name].password_tries
    with pytest.raises(HostKeyError, match=f"an RSA key of only {bits} bits") as caught:
        visited(fleet, name, tmp_path, policy)

    assert "crypto key generate" in caught.value.hint
    assert fleet[name].password_tries == tries


def entry_of(name: str, **more: Any) -> dict[str, Any]:
    """A device whose inventory says something of SSH."""
    return {"name": name, "ssh": {"profile": "rsa-only"}, **more}


@pytest.mark.parametrize(
    ("defaults", "group", "device", "policy", "is_audited"),
    [
        pytest.param(None, None, None, None, True, id="nobody"),
        pytest.param(None, None, None, "strict", False, id="policy"),
        pytest.param("default", None, None, "strict", True, id="defaults-over-policy"),
        pytest.param("default", "strict", None, "default", False, id="group-over-defaults"),
        pytest.param("strict", "strict", "default", "strict", True, id="device-over-all"),
    ],
)
def test_the_most_specific_word_decides_what_is_offered(
    defaults: str | None,
    group: str | None,
    device: str | None,
    policy: str | None,
    is_audited: bool,
    tmp_path: Path,
) -> None:
    """An audit and a check of host keys meet the same firewall, and must not tell two stories of it."""
    scenario: dict[str, Any] = {"groups": {"g": {} if group is None else {"ssh": group}}}
    if defaults is not None:
        scenario["inventory_defaults"] = {"ssh": defaults}
    entry = entry_of("fw-a", inventory={"groups": ["g"], **({} if device is None else {"ssh": device})})
    if policy is not None:
        (tmp_path / "policy.yaml").write_text(f"ssh: {policy}\n")
    with fleet_of(entry, **scenario) as fleet:
        found = audit(fleet, tmp_path).device("fw-a")
        checked = cli("hostkeys", "check", "-i", tmp_path / "inventory.yaml", "--format", "json").device(
            "fw-a"
        )

    if is_audited:
        assert (found["outcome"], checked["outcome"]) == ("audited", "same")
        return
    assert (found["stage"], checked["outcome"]) == ("connect", "not-reached")
    for told in (found, checked):
        assert told["error"] == (
            "agreeing on SSH algorithms: the device offers none of the host key algorithms of this program; "
            "it offers ssh-rsa"
        )
        assert "`crypto key generate ecdsa elliptic-curve 384`" in told["hint"]
        assert "`ssh: strict`" in told["hint"]


def test_a_plan_and_a_dry_run_offer_what_an_audit_offers(tmp_path: Path) -> None:
    """A push that meets other rules than the audit behind it would end where nobody looks for it."""
    old = {"profile": "rsa-only", "ciphers": ["aes256-cbc"]}
    (tmp_path / "policy.yaml").write_text("ssh: legacy\n")
    with fleet_of(callhome("fw-a", ssh=old)) as fleet:
        fleet.write(tmp_path)
        planned = run(tmp_path, "plan", "-o", tmp_path / "plan.json")
        dry = run(tmp_path, "push", tmp_path / "plan.json", "--format", "json")
        pushed = commit(tmp_path)

    assert planned.code == 0, planned.err
    assert (outcomes(dry), outcomes(pushed)) == ({"fw-a": "would-push"}, {"fw-a": "applied"})


def test_an_audit_reads_devices_of_every_profile(fleet: MockFleet, tmp_path: Path) -> None:
    """Host keys, strict known_hosts and key exchange together, as a user runs them."""
    ended = audit(fleet, tmp_path)

    found = {device["name"] for device in ended.document["devices"] if device["outcome"] == "audited"}
    assert found == {*fleet.names} - REFUSED.keys()


def test_a_scan_reaches_what_an_audit_reaches(fleet: MockFleet, tmp_path: Path) -> None:
    """A device that can be audited and not enrolled could only be enrolled by hand."""
    files = fleet.write(tmp_path)
    files.known_hosts.write_text("")

    ended = cli("hostkeys", "scan", "-i", files.inventory, "--format", "json")

    found = {one["name"] for one in ended.document["devices"] if "shown" in one}
    assert found == {*fleet.names} - REFUSED.keys()


@pytest.mark.parametrize("policy", ["default", "legacy"])
def test_no_library_warns_of_an_old_device_on_the_terminal(policy: str, tmp_path: Path) -> None:
    """What a firewall offers is a fact of it; a warning about Python packages helps nobody at night."""
    old = {"kex": ["diffie-hellman-group14-sha1"], "host_key": "rsa", "host_key_algs": ["ssh-rsa"]}
    devices: list[dict[str, Any]] = [
        {"name": "fw-asadef", "ssh": {"profile": "asadef"}},
        {"name": "fw-old", "ssh": old},
    ]
    if policy == "legacy":
        devices.append({"name": "fw-older", "ssh": {"ciphers": ["3des-cbc"], "rsa_bits": 1024, **old}})
    with fleet_of(*devices, inventory_defaults={"ssh": policy}) as fleet:
        files = fleet.write(tmp_path)
        ended = installed("audit", "-i", f"{files.inventory}", f"--state-dir={tmp_path}", *QUICK)
        checked = installed("hostkeys", "check", "-i", f"{files.inventory}")

    assert (ended.err, checked.err) == ("", "")
    assert f"{len(devices)} audited" in ended.out
    assert (ended.code, checked.code) == (0, 0)


def test_a_changed_byte_on_the_way_ends_the_session(fleet: MockFleet, tmp_path: Path) -> None:
    """Integrity is the library's; that it is looked at is ours to see."""
    device = fleet["fw-asadef"]
    seen: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as between:
        threading.Thread(
            target=_spoil, args=(between, device.host, device.port, seen), name="between", daemon=True
        ).start()
        known = fleet.write(tmp_path).known_hosts
        lines = known.read_text().replace(f"]:{device.port} ", f"]:{between.getsockname()[1]} ")
        known.write_text(lines)
        spoilt = Device(
            name="fw-asadef",
            host="127.0.0.1",
            port=between.getsockname()[1],
            username="netaudit",
            credential="lab",
            known_hosts=known,
        )

        def work() -> None:
            deadline: Deadline = DeviceDeadline(60)
            session = open_session(
                spoilt,
                credential=Credential(password=Secret("mock-Login-1"), enable=Secret("mock-Enable-1")),
                host_keys=KnownHosts().lookup(known, spoilt.host, spoilt.port),
                limits=Limits(attempts=1, command_s=20),
                deadline=deadline,
                dial=connected,
            )
            session.run("show version")

        with pytest.raises(CollectError, match="closed the session"):
            bridge.run(work)

    assert seen


# The key exchange and the login of this mock are shorter than this.
_CLEAN_BYTES = 4_500


def _spoil(between: socket.socket, host: str, port: int, seen: list[int]) -> None:
    """Pass everything on, and change one byte of what comes from the device once it is logged in."""
    client, _ = between.accept()
    with client, socket.create_connection((host, port)) as device:
        threading.Thread(target=_pass, args=(client, device), daemon=True).start()
        passed = 0
        while data := device.recv(65_536):
            passed += len(data)
            if passed > _CLEAN_BYTES and not seen:
                data = data[:-1] + bytes([data[-1] ^ 1])
                seen.append(passed)
            try:
                client.sendall(data)
            except OSError:
                return


def _pass(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            sink.sendall(data)
    except OSError:
        return
