"""A secret that is changed at the firewalls in the middle of a run: few are rejected, one thing is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml

from mock_devices import MockFleet
from tests.fleet.commit import POLICY, commit, outcomes, planned, reverted
from tests.fleet.keys import by_key, user_key, words
from tests.support import QUICK, Ended, cli, fleet_of

NAMES = tuple(f"fw-{number:02}" for number in range(16))
NEW = "Changed-1"
# Twice `lockout_after` may be unanswered at once, and one that had accepted it is asked once more.
BORNE = 4 + 1


def audit(directory: Path, *more: str) -> Ended:
    given = ("-i", directory / "inventory.yaml", "--format=json", "--state-dir", directory / "state")
    return cli("audit", *given, *QUICK, *more)


def when_audited(fleet: MockFleet, name: str, happen: Callable[[], object]) -> None:
    """Let something happen while one firewall is read."""
    fleet[name].when("show version", happen)


def change(fleet: MockFleet, names: Sequence[str] = NAMES, **login: object) -> None:
    for name in names:
        fleet[name].change_login(**login)


def said(ended: Ended) -> list[str]:
    """Return what became of each, those that were audited aside."""
    return [one["error"] for one in ended.document["devices"] if one["outcome"] != "audited"]


@pytest.mark.parametrize("workers", ["1", "5"])
def test_a_password_whose_source_changed_with_it_is_taken_after_one_device_has_proven_it(
    workers: str, tmp_path: Path
) -> None:
    """The night in which a password manager rotates is a night with a report."""
    with fleet_of(*({"name": name} for name in NAMES)) as fleet:
        files = fleet.write(tmp_path)

        def rotate() -> None:
            change(fleet, password=NEW)
            files.password_file.write_text(NEW)

        when_audited(fleet, "fw-03", rotate)
        ended = audit(tmp_path, "-w", workers)
        tries = [fleet[name].password_tries for name in NAMES]

    rejected = said(ended)
    assert 2 <= len(rejected) <= BORNE
    assert all(one.endswith(": rejected") for one in rejected)
    assert set(tries) == {1}
    assert "its source has another password now" in ended.err
    assert ended.code == 4


@pytest.mark.parametrize("workers", ["1", "5"])
def test_a_password_whose_source_did_not_change_is_sent_to_nobody_else(workers: str, tmp_path: Path) -> None:
    """Each more is a wrong password on an account that all share."""
    with fleet_of(*({"name": name} for name in NAMES)) as fleet:
        fleet.write(tmp_path)
        when_audited(fleet, "fw-03", lambda: change(fleet, password=NEW))
        ended = audit(tmp_path, "-w", workers)
        tries = sum(fleet[name].password_tries for name in NAMES)

    done = sum(one["outcome"] == "audited" for one in ended.document["devices"])
    rejected = [one for one in said(ended) if one.endswith(": rejected")]
    spared = [one for one in said(ended) if "not tried" in one]
    assert 2 <= len(rejected) <= 4
    assert done + len(rejected) + len(spared) == len(NAMES)
    assert tries == done + len(rejected) + 1
    (reason,) = {one.partition("not tried: ")[2] for one in spared}
    assert re.match(r"[234] devices rejected the password that \d+ had accepted", reason)
    assert "still gives the same" in reason
    assert "rejects it now" in reason


@pytest.mark.parametrize("is_in_the_source", [True, False], ids=["changed", "unchanged"])
def test_an_enable_password_is_found_out_by_itself(is_in_the_source: bool, tmp_path: Path) -> None:
    """It is typed behind a login that is right, and a directory counts it all the same."""
    with fleet_of(*({"name": name} for name in NAMES)) as fleet:
        fleet.write(tmp_path)

        def rotate() -> None:
            change(fleet, enable_password=NEW)
            if is_in_the_source:
                (tmp_path / "enable").write_text(NEW)

        when_audited(fleet, "fw-03", rotate)
        ended = audit(tmp_path, "-w", "5")
        typed = sum(fleet[name].secrets_typed for name in NAMES)

    found = ended.document["devices"]
    rejected = [one for one in said(ended) if "the enable password was rejected" in one]
    spared = [one for one in said(ended) if "not tried" in one]
    assert {one["stage"] for one in found if one["outcome"] != "audited"} == {"enable"}
    assert 2 <= len(rejected) <= 4
    assert len(said(ended)) == len(rejected) + len(spared)
    assert bool(spared) is not is_in_the_source
    assert typed == len(NAMES) - len(spared) + (not is_in_the_source)


@pytest.mark.parametrize("is_in_the_source", [True, False], ids=["changed", "unchanged"])
def test_a_key_is_read_anew_as_a_password_is(is_in_the_source: bool, tmp_path: Path) -> None:
    """Keys are rotated by scripts, at night, like everything else."""
    old, new = user_key(tmp_path / "keys"), user_key(tmp_path / "keys", "new")
    with fleet_of(*({"name": name, "login": {"public_keys": [old.public]}} for name in NAMES)) as fleet:
        inventory = by_key(fleet, tmp_path, {"file": old.path})

        def rotate() -> None:
            change(fleet, public_keys=[new.public])
            if is_in_the_source:
                for end in ("", ".pub"):
                    new.path.with_name(f"new{end}").replace(old.path.with_name(f"id{end}"))

        when_audited(fleet, "fw-03", rotate)
        ended = cli(*words(inventory, "-w", "5"))
        shown = [set(fleet[name].keys_shown) for name in NAMES]

    rejected = [one for one in said(ended) if "the key was rejected" in one]
    assert 2 <= len(rejected) <= 4
    assert all(len(keys) <= 1 or keys == {old.fingerprint, new.fingerprint} for keys in shown)
    if is_in_the_source:
        assert len(rejected) == len(said(ended))
        assert {new.fingerprint} in shown
        assert "its source has another key now" in ended.err
    else:
        assert any(
            re.search(r"not tried: \d devices rejected the key that \d+ had", one) for one in said(ended)
        )


@pytest.mark.parametrize("workers", ["1", "5"])
def test_a_site_with_another_account_keeps_no_other_from_being_audited(workers: str, tmp_path: Path) -> None:
    """Six firewalls of a company that was bought last month are no reason to lose the night."""
    others = NAMES[6:12]
    with fleet_of(*({"name": name} for name in NAMES)) as fleet:
        fleet.write(tmp_path)
        change(fleet, others, password=NEW)
        ended = audit(tmp_path, "-w", workers)
        tries = sum(fleet[name].password_tries for name in others)

    assert all(one.endswith(": rejected") for one in said(ended))
    assert len(said(ended)) == tries == len(others)


def test_a_new_password_that_is_wrong_too_ends_there(tmp_path: Path) -> None:
    """Somebody wrote it wrong into the source: it proves itself on one device at a time."""
    with fleet_of(*({"name": name} for name in NAMES)) as fleet:
        files = fleet.write(tmp_path)

        def rotate() -> None:
            change(fleet, password=NEW)
            files.password_file.write_text("Mistyped-1")

        when_audited(fleet, "fw-03", rotate)
        ended = audit(tmp_path, "-w", "5")

    rejected = [one for one in said(ended) if one.endswith(": rejected")]
    assert 4 <= len(rejected) <= 4 + 2
    assert any("2 devices rejected the new password" in one for one in said(ended))


SOURCES = {
    "env": ({"env": "ROTATED"}, "its source (env ROTATED) still gives the same"),
    "file": ({"file": "gone"}, "its source gave none when it was read again (file"),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_a_source_that_has_no_other_is_named(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is, is where the new one belongs."""
    source, why = SOURCES[kind]
    gone = tmp_path / "gone"
    with fleet_of(*({"name": name} for name in NAMES)) as fleet:
        files = fleet.write(tmp_path)
        monkeypatch.setenv("ROTATED", files.password_file.read_text().strip())
        files.password_file.rename(gone)
        document = yaml.safe_load(files.inventory.read_text())
        document["credentials"]["lab"]["password"] = source
        files.inventory.write_text(yaml.safe_dump(document))

        def rotate() -> None:
            change(fleet, password=NEW)
            gone.unlink()

        when_audited(fleet, "fw-03", rotate)
        ended = audit(tmp_path, "-w", "5")

    assert any(why in one for one in said(ended)), said(ended)


@pytest.mark.parametrize("is_in_the_source", [True, False], ids=["changed", "unchanged"])
def test_a_push_goes_on_with_the_new_password_or_with_nobody(is_in_the_source: bool, tmp_path: Path) -> None:
    """Its budget may let many fail; an account does not."""
    names = NAMES[:10]
    budget = "failure_budget: {percent: 100, consecutive: 50}\n"
    with fleet_of(*map(reverted, names)) as fleet:
        planned(fleet, tmp_path, POLICY + budget)
        before = {name: fleet[name].password_tries for name in names}

        def rotate() -> None:
            change(fleet, names, password=NEW)
            if is_in_the_source:
                (tmp_path / "password").write_text(NEW)

        fleet["fw-00"].when("write memory", rotate)
        ended = commit(tmp_path)
        tries = {name: fleet[name].password_tries - before[name] for name in names}

    found = outcomes(ended)
    (spared, rejected) = (
        [one for one in ended.document["devices"] if words in (one["reason"] or "")]
        for words in (": not tried:", ": rejected")
    )
    assert found["fw-00"] == "applied"
    assert 2 <= len(rejected) <= 4
    assert all(tries[one["name"]] == 1 for one in rejected)
    assert all(tries[one["name"]] == 0 for one in spared)
    # What so many failures with one thing in common mean to a wave is another guard's to say.
    applied = [name for name, outcome in found.items() if outcome == "applied"]
    assert bool(spared) is not is_in_the_source
    assert (len(applied) > 1) is is_in_the_source
    assert all(tries[name] == 1 for name in applied)
