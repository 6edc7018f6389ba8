"""Host certificates (`@cert-authority`): what is believed, over real SSH, and that OpenSSH believes the same.

An ASA has none; a jump host may, and so may what stands in front of a firewall.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncssh
import pytest

from asa_transport.edges.ssh.host_certificates import certified_key, judged
from asa_transport.model import HostKey, HostKeys
from mock_devices import FleetFiles, MockFleet
from tests.fleet.jumps import JumpHost, audit_of
from tests.fleet.test_hostkeys import run
from tests.fleet.test_hostkeys_life import audited, verified
from tests.fleet.test_jump import far
from tests.support import cli, fleet_of
from tests.unit.judging import NOW

HOST = "127.0.0.1"


def certified(certificate: dict[str, Any], **more: Any) -> MockFleet:
    spec = {"principals": [HOST], **certificate}
    return fleet_of(
        {"name": "fw-a", "ssh": {"own_key": True, "certificate": spec, **more.pop("ssh", {})}, **more}
    )


def trusting(fleet: MockFleet, directory: Path, line: str = "@cert-authority {host} {ca}") -> FleetFiles:
    """Write the fleet's files; its known_hosts has these lines alone."""
    files = fleet.write(directory)
    device = fleet["fw-a"]
    files.known_hosts.write_text(
        line.format(
            host=HOST, at=f"[{HOST}]:{device.port}", ca=fleet.authority(), other=fleet.authority("other"),
            key=device.public_keys[0],
        )
        + "\n"
    )  # fmt: skip
    return files


# What the certificate is, and what of it is told; nothing where it is believed.
CASES = [
    pytest.param({}, "", id="for-this-name"),
    pytest.param({"principals": ["fw-b", HOST]}, "", id="for-several-names"),
    pytest.param({"principals": ["fw-b"]}, "it is for fw-b, not for 127.0.0.1", id="for-another-name"),
    pytest.param({"principals": ["127.0.0.?0"]}, "it is for 127.0.0.?0, not for", id="for-another-pattern"),
    pytest.param({"ends_days": -0.5}, "it ended at ", id="ended"),
    pytest.param({"starts_days": 1, "ends_days": 2}, "it begins at ", id="not-begun"),
    pytest.param({"user": True}, "it is a user's, not a host's", id="of-a-user"),
    pytest.param({"authority": "other"}, "is not one that the file names for it", id="of-another-authority"),
]


@pytest.mark.parametrize(("certificate", "problem"), CASES)
def test_a_certificate_is_believed_as_openssh_believes_it(
    certificate: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    """One clear message each; no password has left, and nothing is enrolled in its place."""
    with certified(certificate) as fleet:
        files = trusting(fleet, tmp_path)
        before = files.known_hosts.read_text()
        report = audited(files, tmp_path).device("fw-a")
        checked = run("check", files, "--format=json")
        scanned = run("scan", files, "--add", "--yes")
        theirs = verified(fleet, files, "fw-a", None)
        tries = fleet["fw-a"].password_tries

    shown = checked.device("fw-a")
    assert theirs == (not problem)
    assert files.known_hosts.read_text() == before
    assert shown["cert_authority"]
    if not problem:
        assert report["facts"]["ssh"]["host_key"] == "ssh-ed25519-cert-v01@openssh.com"
        assert (checked.code, shown["outcome"], shown["certificate"]["problem"]) == (0, "same", None)
        assert scanned.code == 0
        return
    assert (report["stage"], tries) == ("host-key", 0)
    assert f"with a certificate that is not to be believed: {problem}" in report["error"] or (
        problem in report["error"]
    )
    assert (checked.code, scanned.code, shown["outcome"]) == (3, 3, "uncertified")
    assert problem in shown["certificate"]["problem"]
    assert "uncertified: shows ssh-ed25519" in scanned.err


# What the file says, and whether the device is believed, whose certificate is right.
FILES = [
    pytest.param("@cert-authority {at} {ca}", True, id="with-its-port"),
    pytest.param("@cert-authority 127.* {other}\n@cert-authority *.0.1 {ca}", True, id="by-a-pattern"),
    pytest.param("@cert-authority *,!{host},!{at} {ca}", False, id="but-not-this-one"),
    pytest.param("@cert-authority {host} {other}\n{at} {key}", True, id="its-key-is-known"),
    pytest.param("@cert-authority {host} {ca}\n@revoked * {ca}", False, id="revoked-authority"),
    pytest.param("@cert-authority {host} {ca}\n@revoked {host} {key}", False, id="revoked-key"),
    pytest.param(
        "{at} {key}\n@cert-authority {host} {ca}\n@revoked * {ca}",
        False,
        id="known-key-of-a-revoked-authority",
    ),
    pytest.param("{at} {ca}", False, id="authority-that-is-marked-as-none"),
]


@pytest.mark.parametrize(("lines", "is_believed"), FILES)
def test_the_lines_of_authorities_are_read_as_openssh_reads_them(
    lines: str, is_believed: bool, tmp_path: Path
) -> None:
    """The file is shared with `ssh`; `@revoked` wins for authorities too."""
    with certified({}) as fleet:
        files = trusting(fleet, tmp_path, lines)
        report = audited(files, tmp_path).device("fw-a")
        checked = run("check", files, "--format=json").device("fw-a")
        theirs = verified(fleet, files, "fw-a", None)

    assert (theirs, report["outcome"] == "audited", checked["outcome"] == "same") == (is_believed,) * 3
    if not is_believed and "@revoked" in lines:
        assert "revoked" in report["error"]


def test_a_certificate_for_the_alias_is_for_the_device(tmp_path: Path) -> None:
    """As with `ssh`, the alias is the name; the address then is not."""
    with certified({"principals": ["fw-par"]}, inventory={"host_key_alias": "fw-par"}) as fleet:
        files = trusting(fleet, tmp_path, "@cert-authority fw-* {ca}")
        report = audited(files, tmp_path).device("fw-a")
        theirs = verified(fleet, files, "fw-a", "fw-par")

    assert (report["outcome"], theirs) == ("audited", True)


def test_a_scenario_plays_it_as_it_stands(tmp_path: Path) -> None:
    """`python -m mock_devices` writes the line of the authority then."""
    with certified({"in_known_hosts": True}) as fleet:
        files = fleet.write(tmp_path)
        report = audited(files, tmp_path).device("fw-a")

    assert files.known_hosts.read_text().startswith("@cert-authority [127.0.0.1]:")
    assert report["outcome"] == "audited"


def test_a_pattern_is_for_every_host_that_it_matches(tmp_path: Path) -> None:
    """As OpenSSH reads one since 10.3; before, and in asyncssh, it is a name that no host has."""
    with certified({"principals": ["127.0.0.*"]}) as fleet:
        report = audited(trusting(fleet, tmp_path), tmp_path).device("fw-a")

    assert report["outcome"] == "audited"


def test_one_that_names_nobody_is_for_nobody(tmp_path: Path) -> None:
    """OpenSSH before 10.3 took it for every host: one such certificate, and its holder is all of them."""
    with certified({"principals": []}) as fleet:
        files = trusting(fleet, tmp_path)
        report = audited(files, tmp_path).device("fw-a")

    assert "not to be believed: it names no host" in report["error"]


def test_where_no_authority_is_known_no_certificate_is_asked_for(tmp_path: Path) -> None:
    """Whoever has enrolled keys sees no difference."""
    with certified({}) as fleet:
        report = audited(fleet.write(tmp_path), tmp_path).device("fw-a")

    assert report["facts"]["ssh"]["host_key"] == "ssh-ed25519"


def test_a_device_without_a_certificate_is_told_as_such(tmp_path: Path) -> None:
    """That of most firewalls behind `@cert-authority *`: the key is enrolled beside it."""
    with fleet_of({"name": "fw-a", "ssh": {"own_key": True}}) as fleet:
        files = trusting(fleet, tmp_path)
        report = audited(files, tmp_path).device("fw-a")
        scanned = run("scan", files, "--add", "--yes")
        again = audited(files, tmp_path).device("fw-a")

    assert "only a '@cert-authority' line matches, and it showed no certificate" in report["error"]
    assert (scanned.code, again["outcome"]) == (0, "audited")


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_certificates_of_other_keys_are_taken_too(kind: str, tmp_path: Path) -> None:
    """RSA with SHA-2 alone: nobody offers its SHA-1 form."""
    with certified({}, ssh={"host_key": kind}) as fleet:
        report = audited(trusting(fleet, tmp_path), tmp_path).device("fw-a")

    assert report["facts"]["ssh"]["host_key"].endswith("-cert-v01@openssh.com")
    assert not report["facts"]["ssh"]["host_key"].startswith("ssh-rsa")


@pytest.mark.parametrize(("name", "is_in"), [("*", True), ("elsewhere", False)])
def test_a_jump_host_is_believed_by_its_certificate(name: str, is_in: bool, tmp_path: Path) -> None:
    """Bastions are where host certificates are in use: a new machine behind the name needs no new line."""
    authority = asyncssh.generate_private_key("ssh-ed25519")
    host = asyncssh.generate_private_key("ssh-ed25519")
    certificate = authority.generate_host_certificate(host, "bastion", principals=[name])
    (tmp_path / "jump").mkdir()
    bastion = JumpHost(tmp_path / "jump")
    bastion.start(lets_in=True, host_key=(host, certificate))
    try:
        public = authority.export_public_key().decode()
        bastion.known.write_text(f"@cert-authority 127.0.0.1 {public}")
        with fleet_of(far(1)) as fleet:
            (device,) = cli(*audit_of(bastion.ssh_config, fleet, tmp_path)).document["devices"]
    finally:
        bastion.stop()

    if is_in:
        assert device["outcome"] == "audited"
        return
    assert device["stage"] == "jump"
    assert (
        "with a certificate that is not to be believed: it is for elsewhere, not for 127.0.0.1"
        in device["error"]
    )


# --------------------------------------------------------------------------- what no server here shows


def _key(key: asyncssh.SSHKey) -> HostKey:
    return HostKey(type=key.algorithm.decode(), blob=key.public_data)


@pytest.mark.parametrize(
    ("kind", "made", "problem"),
    [
        (("ssh-rsa", {"key_size": 2048}), {"sig_alg": "ssh-rsa"}, "it is signed with SHA-1"),
        (("ssh-rsa", {"key_size": 1024}), {}, "its authority has an RSA key of only 1024 bits"),
        (("ssh-rsa", {"key_size": 2048}), {}, ""),
        (("ecdsa-sha2-nistp384", {}), {}, ""),
    ],
)
def test_an_authority_must_be_as_strong_as_a_host(
    kind: tuple[str, dict[str, Any]], made: dict[str, Any], problem: str
) -> None:
    """Who can forge its signature is every host."""
    authority = asyncssh.generate_private_key(kind[0], **kind[1])
    host = asyncssh.generate_private_key("ssh-ed25519")
    blob = authority.generate_host_certificate(host, "x", principals=["fw"], **made).public_data

    found = judged(blob, HostKeys(authorities=(_key(authority),)), "FW", NOW, 2048)

    assert (found.problem, found.authority, found.ends_at) == (problem, _key(authority), None)


def test_bytes_that_are_no_certificate_are_none() -> None:
    """One with a signature that is not its authority's among them."""
    authority, host = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    blob = authority.generate_host_certificate(host, "x", principals=["fw"]).public_data

    assert certified_key(blob) is not None
    for spoilt in (b"", b"\0\0\0\1x", blob[:-1], blob[:-1] + bytes([blob[-1] ^ 1]), host.public_data):
        assert certified_key(spoilt) is None
