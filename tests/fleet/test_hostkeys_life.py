"""The life of a host key over real SSH: enrolled by a list, changed on purpose, two of a pair, hidden names.

What is written is also put to OpenSSH's own programs: they must read it as we do.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncssh
import pytest
import yaml

from asa_transport.edges.ssh.hostkeys import KnownHosts, Standing, standing
from asa_transport.edges.ssh.jump_config import jump_routes
from asa_transport.model import HostKey
from mock_devices import FleetFiles, MockFleet
from tests.fleet.test_hostkeys import CHANGED, SAME, UNKNOWN, fingerprint_of, line_of, revoke, run
from tests.support import PROGRAM, QUICK, Ended, cli, fleet_of, tool
from tests.warm import forked

OWN_KEY = {"own_key": True}
# Whose addresses follow the roles, as those of a real pair do; each unit has a key of its own.
PAIR: tuple[dict[str, Any], ...] = (
    {"name": "fw-a", "ssh": OWN_KEY, "failover": {"mate": "fw-b", "address_follows": True}},
    {
        "name": "fw-b",
        "ssh": OWN_KEY,
        "failover": {"mate": "fw-a", "unit": "secondary", "state": "standby", "address_follows": True},
    },
)


def keyed(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "ssh": OWN_KEY, **more}


def listed(tmp_path: Path, *lines: str) -> str:
    path = tmp_path / "fingerprints"
    path.write_text("".join(f"{line}\n" for line in lines))
    return f"--fingerprints={path}"


def shown(fleet: MockFleet, name: str) -> str:
    return fingerprint_of(fleet.public_key(name))


def audited(files: FleetFiles, tmp_path: Path) -> Ended:
    return cli("audit", "-i", files.inventory, "--format=json", "--state-dir", tmp_path / "state", *QUICK)


def says(files: FleetFiles, fleet: MockFleet, name: str, public: str) -> Standing:
    """Return what the file says of a key of a device, by our own reading."""
    known = KnownHosts().lookup(files.known_hosts, "127.0.0.1", fleet[name].port)
    key = asyncssh.import_public_key(public)
    return standing(known, HostKey(type=key.algorithm.decode(), blob=key.public_data))


# --------------------------------------------------------------------------- enrolled on a list's word


def test_a_list_of_fingerprints_enrols_what_it_has_and_nothing_else(tmp_path: Path) -> None:
    """Consoles are read by other people, before; nobody has to say yes to what was not compared."""
    others = ({**UNKNOWN, "name": "fw-other"}, {**UNKNOWN, "name": "fw-third"})
    with fleet_of(UNKNOWN, *({**one, "ssh": OWN_KEY} for one in others)) as fleet:
        files = fleet.write(tmp_path)
        option = listed(
            tmp_path,
            "# from the consoles",
            f"fw-unknown {shown(fleet, 'fw-unknown')}",
            f"256 {shown(fleet, 'fw-unknown')} fw-third (ED25519)",
        )
        ended = run("scan", files, "--add", option)
        expected = line_of(fleet, "fw-unknown")

    assert ended.code == 3
    assert files.known_hosts.read_text() == expected
    assert "fw-other: not written: the list has no fingerprint of it" in ended.err
    assert "fw-third: not written: the list has SHA256:" in ended.err
    assert "1 key added" in ended.err


def test_a_list_that_is_not_understood_ends_it_before_anybody_is_contacted(tmp_path: Path) -> None:
    """All of its lines are told at once; a typing error must not become a device that was left out."""
    with fleet_of(UNKNOWN) as fleet:
        files = fleet.write(tmp_path)
        ended = run("scan", files, "--add", listed(tmp_path, "fw-unknown MD5:00:11", "SHA256:short fw-a", ""))
        greeted = fleet["fw-unknown"].greeted_count

    assert (ended.code, greeted) == (2, 0)
    assert "fingerprints:1:1: " in ended.err
    assert "fingerprints:2:1: " in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fingerprints=x",), "--fingerprints goes with --add"),
        (("--pairs",), "--pairs goes with --add"),
        (("--add", "--yes", "--fingerprints=x"), "contradict each other"),
        (("--add", "--fingerprints=absent"), "cannot be read"),
    ],
)
def test_words_that_do_not_go_together_are_told(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    with fleet_of(UNKNOWN) as fleet:
        ended = run("scan", fleet.write(tmp_path), *words)

    assert ended.code == 2
    assert said in ended.err


# --------------------------------------------------------------------------- changed on purpose


def test_a_unit_that_was_replaced_has_its_key_replaced_and_nobody_else(tmp_path: Path) -> None:
    """The nightly goes on; comments, markers, other hosts and the order of the file stay byte for byte."""
    with fleet_of(keyed("fw-a"), keyed("fw-b"), keyed("fw-c")) as fleet:
        files = fleet.write(tmp_path)
        old_a, old_b, old_c = (fleet.public_key(name) for name in ("fw-a", "fw-b", "fw-c"))
        at = {name: f"[127.0.0.1]:{fleet[name].port}" for name in fleet.names}
        before = (
            "# ours \u2028 not the end of a line\n\n"
            f"@revoked other.example.net {old_c}\n"
            f"{at['fw-b']} {old_b} kept \xe4\n"
            f"named.example.net,{at['fw-a']},192.0.2.9 {old_a} shared\n"
            f"{at['fw-a']} {old_a}\r\n"
            f"@cert-authority {at['fw-a']} {old_c}\n"
            f"  {at['fw-c']}   {old_c}"
        ).encode()
        files.known_hosts.write_bytes(before)
        files.known_hosts.chmod(0o640)
        new = fleet["fw-a"].change_host_key("ecdsa")
        refused = audited(files, tmp_path)
        ended = run("rotate", files, "-l", "fw-a", listed(tmp_path, f"fw-a {fingerprint_of(new)}"))
        again = run("check", files)

    assert "asa-transport hostkeys rotate -l fw-a" in refused.device("fw-a")["hint"]
    assert (ended.code, again.code) == (0, 0)
    lines = before.split(b"\n")
    lines[4:6] = [
        f"{at['fw-a']} {new}".encode(),
        f"named.example.net,192.0.2.9 {old_a} shared".encode(),
    ]
    assert files.known_hosts.read_bytes() == b"\n".join(lines)
    assert files.known_hosts.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir() if "known_hosts" in path.name] == ["known_hosts"]


@pytest.mark.parametrize(("answer", "is_replaced", "code"), [("y\n", True, 0), ("n\n", False, 3)])
def test_rotate_shows_old_and_new_and_asks(answer: str, is_replaced: bool, code: int, tmp_path: Path) -> None:
    """Side by side, so that they can be compared with what the console shows."""
    with fleet_of(keyed("fw-a"), keyed("fw-b")) as fleet:
        files = fleet.write(tmp_path)
        before = files.known_hosts.read_text()
        old, new = fleet.public_key("fw-a"), fleet["fw-a"].change_host_key("ed25519")
        fleet["fw-b"].change_host_key("ed25519")
        ours, theirs = pty.openpty()
        with forked(
            PROGRAM, "hostkeys", "rotate", "-l", "fw-a", "-i", str(files.inventory), stdin=theirs
        ) as asking:
            os.close(theirs)
            os.write(ours, answer.encode())
            _, err = asking.communicate(timeout=60)
        os.close(ours)

    assert asking.returncode == code
    for key, word in ((old, "old, goes:"), (new, "new:")):
        assert re.search(rf"{word}\s+ssh-ed25519 {re.escape(fingerprint_of(key))}", err)
    assert files.known_hosts.read_text() == (before.replace(old, new) if is_replaced else before)


def test_what_the_file_has_come_to_say_while_somebody_thought_is_not_overwritten(tmp_path: Path) -> None:
    """The yes was to what stood there before."""
    with fleet_of(keyed("fw-a")) as fleet:
        files = fleet.write(tmp_path)
        fleet["fw-a"].change_host_key("ed25519")
        ours, theirs = pty.openpty()
        argv = ["hostkeys", "rotate", "-l", "fw-a", "-i", str(files.inventory)]
        heard, told = os.pipe()
        with forked(PROGRAM, *argv, stdin=theirs, stderr=told) as asking:
            os.close(theirs)
            os.close(told)
            said = ""
            while "[y/N]" not in said and (more := os.read(heard, 4096)):
                said += more.decode()
            other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
            changed = files.known_hosts.read_text() + f"[127.0.0.1]:{fleet['fw-a'].port} {other}"
            files.known_hosts.write_text(changed)
            os.write(ours, b"y\n")
            code = asking.wait(60)
        err = os.read(heard, 65536).decode()
        os.close(heard)
        os.close(ours)

    assert code == 3
    assert "fw-a: not replaced: " in err
    assert "0 keys replaced" in err
    assert files.known_hosts.read_text() == changed


def test_rotate_names_its_devices_and_has_no_yes(tmp_path: Path) -> None:
    """A changed key is what an attack looks like: nobody replaces those of a fleet in passing."""
    with fleet_of(CHANGED) as fleet:
        files = fleet.write(tmp_path)
        before = files.known_hosts.read_text()
        ended = [
            run("rotate", files, *words)
            for words in ((), ("-l", "fw-changed"), ("-l", "fw-changed", "--yes"))
        ]
        greeted = fleet["fw-changed"].greeted_count

    assert [one.code for one in ended] == [2, 2, 2]
    assert "name the devices" in ended[0].err
    assert "--fingerprints" in ended[1].err
    assert greeted == 0
    assert files.known_hosts.read_text() == before


def test_what_is_no_changed_key_is_not_rotated(tmp_path: Path) -> None:
    """Each is told what it is; a fingerprint that is not the list's replaces nothing."""
    with fleet_of(
        SAME, UNKNOWN, CHANGED, {**CHANGED, "name": "fw-lied", "ssh": OWN_KEY}, keyed("fw-revoked")
    ) as fleet:
        files = fleet.write(tmp_path)
        revoke(fleet, files, "fw-revoked")
        before = files.known_hosts.read_text()
        option = listed(tmp_path, f"fw-lied {shown(fleet, 'fw-same')}")
        ended = run("rotate", files, "-l", "fw-*", option)

    assert ended.code == 3
    assert files.known_hosts.read_text() == before
    for said in (
        "fw-same: not written: it shows a key that is known",
        "fw-unknown: not written: no key of it is known; enrol it",
        "fw-revoked: not written: it shows a key that is revoked",
        "fw-changed: not written: the list has no fingerprint of it",
        "fw-lied: not written: the list has SHA256:",
    ):
        assert said in ended.err


def test_an_upgrade_that_takes_eddsa_away_is_explained_and_rotated(tmp_path: Path) -> None:
    """ASA 9.23 has no EdDSA: the whole fleet has "changed" keys in the morning."""
    gone = {"name": "fw-a", "ssh": {"host_key": "ecdsa"}, "faults": [{"action": "eddsa_gone"}]}
    with fleet_of(gone) as fleet:
        files = fleet.write(tmp_path)
        refused = audited(files, tmp_path).device("fw-a")
        checked = run("check", files, "--format=json")
        ended = run("rotate", files, "-l", "fw-a", listed(tmp_path, f"{shown(fleet, 'fw-a')} fw-a"))
        after = audited(files, tmp_path).device("fw-a")
        expected = line_of(fleet, "fw-a")

    for hint in (refused["hint"], checked.device("fw-a")["hint"], checked.err):
        assert "ASA 9.23 has none" in hint
        assert "hostkeys rotate -l fw-a" in hint
    assert (ended.code, after["outcome"]) == (0, "audited")
    assert files.known_hosts.read_text() == expected


def test_of_several_known_keys_the_one_that_goes_is_named_or_all_stay(tmp_path: Path) -> None:
    """Which unit of two was replaced, nobody can tell but a person."""
    with fleet_of(keyed("fw-a")) as fleet:
        files = fleet.write(tmp_path)
        old, name = fleet.public_key("fw-a"), f"[127.0.0.1]:{fleet['fw-a'].port}"
        other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
        files.known_hosts.write_text(f"{name} {old}\n{name} {other}\n")
        new = fleet["fw-a"].change_host_key("ed25519")
        option = listed(tmp_path, f"fw-a {fingerprint_of(new)}")
        asked = run("rotate", files, "-l", "fw-a", option)
        wrong = run("rotate", files, "-l", "fw-a", option, "--old", fingerprint_of(new))
        named = run("rotate", files, "-l", "fw-a", option, "--old", fingerprint_of(old))
        third = fleet["fw-a"].change_host_key("ecdsa")
        kept = run("rotate", files, "-l", "fw-a", "--keep", listed(tmp_path, f"fw-a {fingerprint_of(third)}"))

    assert (asked.code, wrong.code, named.code, kept.code) == (3, 3, 0, 0)
    assert "several keys of it are known" in asked.err
    assert "no key of it has the fingerprint of --old" in wrong.err
    assert (
        files.known_hosts.read_text()
        == f"{name} {new}\n{name} {' '.join(other.split()[:2])}\n{name} {third}\n"
    )


def test_a_key_that_is_admitted_by_a_pattern_is_left_to_a_person(tmp_path: Path) -> None:
    """The pattern may stand for other hosts, whose key has not changed."""
    with fleet_of(keyed("fw-a")) as fleet:
        files = fleet.write(tmp_path)
        line = f"[127.0.0.*]:* {fleet.public_key('fw-a')}\n"
        files.known_hosts.write_text(line)
        new = fleet["fw-a"].change_host_key("ed25519")
        ended = run("rotate", files, "-l", "fw-a", listed(tmp_path, f"fw-a {fingerprint_of(new)}"))

    assert ended.code == 2
    assert f"{files.known_hosts}:1: the old key is admitted by a pattern" in ended.err
    assert files.known_hosts.read_text() == line


# --------------------------------------------------------------------------- two keys of a pair


def test_after_a_failover_the_other_key_answers_and_both_are_known(tmp_path: Path) -> None:
    """Else every failover is a night without an audit, and somebody learns to replace keys unseen."""
    with fleet_of(*PAIR) as fleet:
        files = fleet.write(tmp_path)
        lone = run("check", files, "--format=json")
        added = run("scan", files, "--add", "--pairs", "--yes")
        paired = run("check", files, "--format=json")
        keys = {name: shown(fleet, name) for name in fleet.names}
        fleet["fw-a"].switch_role()
        after = run("check", files, "--format=json")
        report = audited(files, tmp_path)

    assert (lone.code, added.code, after.code) == (0, 0, 0)
    for name, mate in (("fw-a", "fw-b"), ("fw-b", "fw-a")):
        assert lone.device(name)["mate"] == {
            "name": mate,
            "is_shown": False,
            "not_known_here": [{"type": "ssh-ed25519", "fingerprint": keys[mate]}],
        }
        assert f"{name}: the key of its mate {mate} is not known of it" in lone.err
        assert paired.device(name)["mate"]["not_known_here"] == []
        # The other one answers there now.
        assert after.device(name)["shown"]["fingerprint"] == keys[mate]
        assert report.device(name)["outcome"] == "audited"
    assert "is not known of it" not in paired.err
    assert "2 keys added" in added.err


def test_a_unit_of_a_pair_that_was_replaced_is_forgotten_by_both(tmp_path: Path) -> None:
    """Else the box that went to the workshop could answer in the place of the unit that stayed."""
    with fleet_of(*PAIR) as fleet:
        files = fleet.write(tmp_path)
        run("scan", files, "--add", "--pairs", "--yes")
        before = files.known_hosts.read_text()
        old, new = fleet.public_key("fw-a"), fleet["fw-a"].change_host_key("ed25519")
        option = listed(tmp_path, f"fw-a {fingerprint_of(new)}")
        alone = run("rotate", files, "-l", "fw-a", option)
        untouched = files.known_hosts.read_text()
        both = run("rotate", files, "-l", "fw-a,fw-b", option)
        checked = run("check", files, "--format=json")
        fleet["fw-a"].switch_role()
        after = run("check", files)

    assert (alone.code, untouched) == (3, before)
    assert "or name its mate fw-b too" in alone.err
    assert (both.code, after.code) == (0, 0)
    assert files.known_hosts.read_text() == before.replace(old, new)
    assert [one["mate"]["not_known_here"] for one in checked.document["devices"]] == [[], []]


def test_a_pair_that_has_changed_roles_is_told_as_such(tmp_path: Path) -> None:
    """A key that is the mate's is no attack and no new unit; replacing it would lose the other one's."""
    with fleet_of(*PAIR) as fleet:
        files = fleet.write(tmp_path)
        before = files.known_hosts.read_text()
        fleet["fw-a"].switch_role()
        refused = audited(files, tmp_path)
        scanned = run("scan", files)
        rotated = run("rotate", files, "-l", "fw-a", listed(tmp_path, f"fw-a {shown(fleet, 'fw-b')}"))
        untouched = files.known_hosts.read_text()
        added = run("scan", files, "--add", "--pairs", "--yes")
        again = audited(files, tmp_path)

    assert "it is the key of its mate fw-b: have they changed roles?" in refused.device("fw-a")["hint"]
    assert "hostkeys scan --add --pairs -l fw-a,fw-b" in scanned.err
    assert (rotated.code, untouched) == (3, before)
    assert "it shows the key of its mate fw-b, which is no new one" in rotated.err
    assert added.code == 0
    assert {device["outcome"] for device in again.document["devices"]} == {"audited"}


def test_a_new_pair_is_enrolled_at_once(tmp_path: Path) -> None:
    """Of which nothing is known yet: each unit gets its own key and its mate's, on one word."""
    with fleet_of(*({**unit, "faults": [{"action": "unknown_host_key"}]} for unit in PAIR)) as fleet:
        files = fleet.write(tmp_path)
        both = listed(tmp_path, *(f"{name} {shown(fleet, name)}" for name in fleet.names))
        ended = run("scan", files, "--add", "--pairs", both)
        fleet["fw-a"].switch_role()
        after = run("check", files)

    assert (ended.code, after.code) == (0, 0)
    assert "4 keys added" in ended.err


def test_the_key_of_a_mate_that_the_list_does_not_have_is_lent_to_nobody(tmp_path: Path) -> None:
    """Else one lying address would be believed at two."""
    with fleet_of(PAIR[0], {**PAIR[1], "faults": [{"action": "unknown_host_key"}]}) as fleet:
        files = fleet.write(tmp_path)
        before = files.known_hosts.read_text()
        wrong = listed(tmp_path, f"fw-b {shown(fleet, 'fw-a')}")
        ended = run("scan", files, "--add", "--pairs", wrong)
        own = says(files, fleet, "fw-a", fleet.public_key("fw-b"))

    assert ended.code == 3
    assert own is not Standing.SAME
    assert before in files.known_hosts.read_text()


# --------------------------------------------------------------------------- hidden names


def openssh(*words: str | Path) -> subprocess.CompletedProcess[str]:
    argv = [tool("ssh-keygen", "openssh-client"), *map(str, words)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)


def test_a_file_that_openssh_has_hashed_is_read_rotated_and_added_to(tmp_path: Path) -> None:
    """`HashKnownHosts yes` is a default of distributions; new lines must not say what old ones hide."""
    with fleet_of(
        keyed("fw-a"), keyed("fw-b"), keyed("fw-new", faults=[{"action": "unknown_host_key"}])
    ) as fleet:
        files = fleet.write(tmp_path)
        assert openssh("-H", "-f", files.known_hosts).returncode == 0
        kept = files.known_hosts.read_text().splitlines()[1]
        new = fleet["fw-a"].change_host_key("ed25519")
        rotated = run("rotate", files, "-l", "fw-a", listed(tmp_path, f"fw-a {fingerprint_of(new)}"))
        added = run("scan", files, "--add", "--yes")
        checked = run("check", files)
        text = files.known_hosts.read_text()
        found = {
            name: openssh("-F", f"[127.0.0.1]:{fleet[name].port}", "-f", files.known_hosts).stdout
            for name in fleet.names
        }
        keys = {name: fleet.public_key(name) for name in fleet.names}
        forgotten = openssh("-R", f"[127.0.0.1]:{fleet['fw-new'].port}", "-f", files.known_hosts)
        after = run("check", files, "--format=json")

    assert (rotated.code, added.code, checked.code) == (0, 0, 0)
    assert "127.0.0.1" not in text
    assert [line.startswith("|1|") for line in text.splitlines()] == [True] * 3
    assert text.splitlines()[1] == kept
    for name, lines in found.items():
        assert f"|1|{lines.split('|1|', 1)[1].split()[0]} {keys[name]}" in lines
        assert lines.count("|1|") == 1
    assert forgotten.returncode == 0
    assert [device["outcome"] for device in after.document["devices"]] == ["same", "same", "unknown"]


def test_names_are_hidden_in_a_new_file_where_that_is_asked_for(tmp_path: Path) -> None:
    """What is printed as lines is hidden too: they are made to be redirected into such a file."""
    with fleet_of(UNKNOWN) as fleet:
        files = fleet.write(tmp_path)
        ended = run("scan", files, "--add", "--yes", "--hash")
        checked = run("check", files)
        expected = fleet.public_key("fw-unknown")

    (line,) = files.known_hosts.read_text().splitlines()
    assert (ended.code, checked.code) == (0, 0)
    for text in (line, ended.out.strip()):
        assert re.fullmatch(rf"\|1\|[^ |]+=\|[^ |]+= {re.escape(expected)}", text)


@pytest.mark.parametrize("command", ["check", "scan"])
def test_a_key_is_revoked_by_a_hidden_name_with_another_port(command: str, tmp_path: Path) -> None:
    """Nobody can read the port there, so each one is tried: `@revoked` must win however it was written."""
    with fleet_of(keyed("fw-a"), keyed("fw-new", faults=[{"action": "unknown_host_key"}])) as fleet:
        files = fleet.write(tmp_path)
        before = files.known_hosts.read_text()
        gone = tmp_path / "revoked"
        # A line with a marker is hashed by hand only: `ssh-keygen -H` leaves it plain.
        gone.write_text("".join(f"[127.0.0.1]:2222 {fleet.public_key(name)}\n" for name in fleet.names))
        openssh("-H", "-f", gone)
        files.known_hosts.write_text(
            before + "".join(f"@revoked {line}\n" for line in gone.read_text().splitlines())
        )
        kept = files.known_hosts.read_text()
        ended = run(command, files, "--format=json", *(["--add", "--yes"] if command == "scan" else []))
        report = audited(files, tmp_path).device("fw-a")

    assert ended.code == 3
    assert [device["outcome"] for device in ended.document["devices"]] == ["revoked", "revoked"]
    assert files.known_hosts.read_text() == kept
    assert report["stage"] == "host-key"
    assert "revoked" in report["error"]


# --------------------------------------------------------------------------- another name


def test_an_alias_is_the_name_for_scan_check_rotate_and_login(tmp_path: Path) -> None:
    """One address behind two jump hosts is two firewalls; so is one that is renumbered, but the same."""
    alias = {"inventory": {"host_key_alias": "FW-Par"}}
    with fleet_of({**UNKNOWN, "ssh": OWN_KEY, **alias}) as fleet:
        files = fleet.write(tmp_path)
        scanned = run("scan", files, "--add", "--yes")
        first = files.known_hosts.read_text()
        report = audited(files, tmp_path).device("fw-unknown")
        old, new = fleet.public_key("fw-unknown"), fleet["fw-unknown"].change_host_key("ed25519")
        refused = audited(files, tmp_path).device("fw-unknown")
        rotated = run(
            "rotate", files, "-l", "fw-unknown", listed(tmp_path, f"fw-unknown {fingerprint_of(new)}")
        )
        checked = run("check", files, "--format=json")

    assert (scanned.code, rotated.code, checked.code) == (0, 0, 0)
    # As OpenSSH looks it up: in small letters, without a port.
    assert scanned.out == first == f"fw-par {old}\n"
    assert files.known_hosts.read_text() == f"fw-par {new}\n"
    assert report["outcome"] == "audited"
    assert "as FW-Par" in refused["error"]
    assert checked.device("fw-unknown")["host_key_alias"] == "FW-Par"


def test_what_is_revoked_for_the_address_is_revoked_for_the_alias(tmp_path: Path) -> None:
    """Another name must be no way around it."""
    with fleet_of(keyed("fw-revoked", inventory={"host_key_alias": "fw-par"})) as fleet:
        files = fleet.write(tmp_path)
        revoke(fleet, files, "fw-revoked")
        files.known_hosts.write_text(
            f"{files.known_hosts.read_text()}fw-par {fleet.public_key('fw-revoked')}\n"
        )
        ended = run("check", files, "--format=json")

    assert ended.device("fw-revoked")["outcome"] == "revoked"


def test_the_alias_is_shown_and_two_of_one_are_told(tmp_path: Path) -> None:
    """Of a pair, either unit may answer to one name; others would be taken for each other."""
    with fleet_of(
        *(keyed(name, inventory={"host_key_alias": "one"}) for name in ("fw-a", "fw-b", "fw-c"))
    ) as fleet:
        files = fleet.write(tmp_path)
        document = yaml.safe_load(files.inventory.read_text())
        document["devices"]["fw-b"]["pair"] = "fw-a"
        files.inventory.write_text(yaml.safe_dump(document))
        ended = cli("inventory", "check", "-i", files.inventory)
        table = cli("inventory", "show", "-i", files.inventory)

    assert "fw-a and fw-c have one name, one, in one known_hosts file" in ended.out + ended.err
    assert "fw-a and fw-b" not in ended.out + ended.err
    assert re.search(r"host_key_alias +one +device", table.out)


# --------------------------------------------------------------------------- the DNS


def test_the_dns_is_not_asked_for_keys(tmp_path: Path) -> None:
    """Who can answer for the DNS could name a key: a name is looked up for its address, and no more."""
    seen: list[tuple[str, object]] = []
    is_listening = True

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if is_listening and event.startswith("socket."):
            seen.append((event, arguments[0 if event == "socket.getaddrinfo" else 1]))

    with fleet_of(UNKNOWN) as fleet:
        files = fleet.write(tmp_path)
        files.inventory.write_text(files.inventory.read_text().replace("127.0.0.1", "localhost"))
        port = fleet["fw-unknown"].port
        # A hook stays for as long as the process lives.
        sys.addaudithook(hear)
        try:
            ended = run("check", files, "--format=json")
        finally:
            is_listening = False

    looked_up = {what for event, what in seen if event == "socket.getaddrinfo"}
    dialled = {what for event, what in seen if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}}
    assert ended.device("fw-unknown")["outcome"] == "unknown"
    assert looked_up == {"localhost"}
    assert {address[1] for address in dialled if isinstance(address, tuple)} == {port}


def test_what_asks_for_the_dns_in_the_configuration_of_ssh_is_named(tmp_path: Path) -> None:
    """`VerifyHostKeyDNS yes` would have `ssh` trust what a zone says; here it does nothing."""
    config = tmp_path / "ssh_config"
    config.write_text("Host bastion\n  HostName 127.0.0.1\n  VerifyHostKeyDNS yes\n")

    assert jump_routes(["bastion"], config).notes == (
        f"{config}:3: VerifyHostKeyDNS is not read here; it holds for the jump host bastion",
    )


# --------------------------------------------------------------------------- OpenSSH says the same


@pytest.mark.parametrize("alias", [None, "FW-Par"])
@pytest.mark.parametrize("hidden", [(), ("--hash",)])
def test_openssh_accepts_what_was_enrolled_and_refuses_what_was_rotated_away(
    alias: str | None, hidden: tuple[str, ...], tmp_path: Path
) -> None:
    """People log in by `ssh` with the same file: it must mean the same to it."""
    wanted = {"inventory": {"host_key_alias": alias}} if alias else {}
    with fleet_of({**UNKNOWN, "name": "fw-a", "ssh": OWN_KEY, **wanted}) as fleet:
        files = fleet.write(tmp_path)
        run("scan", files, "--add", "--yes", *hidden)
        enrolled = verified(fleet, files, "fw-a", alias)
        new = fleet["fw-a"].change_host_key("ecdsa")
        changed = verified(fleet, files, "fw-a", alias)
        ended = run("rotate", files, "-l", "fw-a", listed(tmp_path, f"fw-a {fingerprint_of(new)}"))
        rotated = verified(fleet, files, "fw-a", alias)

    assert ended.code == 0
    assert (enrolled, changed, rotated) == (True, False, True)


def verified(fleet: MockFleet, files: FleetFiles, name: str, alias: str | None, *more: str) -> bool:
    """Return whether `ssh` accepts the device's host key by our file; nobody is logged in."""
    argv = [
        tool("ssh", "openssh-client"), "-F", "none", "-v", "-o", "BatchMode=yes", "-p", str(fleet[name].port),
        "-o", "PreferredAuthentications=none", "-o", "StrictHostKeyChecking=yes",
        "-o", f"UserKnownHostsFile={files.known_hosts}", "-o", "GlobalKnownHostsFile=none", "-l", "netaudit",
        *(("-o", f"HostKeyAlias={alias}") if alias else ()), *more, "127.0.0.1", "true",
    ]  # fmt: skip
    ended = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    refused = "Host key verification failed" in ended.stderr
    # Either it was refused, or it came as far as the login, which we do not have.
    assert refused != ("Permission denied" in ended.stderr), ended.stderr
    return not refused
