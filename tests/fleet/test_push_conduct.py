"""How a committed push is conducted: approvals, signature, Ctrl-C, the budget over waves; over real SSH."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mock_devices import MockFleet
from tests.fleet.commit import POLICY, commit, configured, is_untouched, outcomes, planned, reverted, started
from tests.fleet.hands import run
from tests.processes import not_ignoring, wait_for
from tests.support import cli, fleet_of
from tests.warm import Forked

NEVER: dict[str, Any] = {"latency": {"contact_s": 100_000}}
LIMIT_S = 60.0


def key(directory: Path, name: str) -> Path:
    """Make an SSH key without passphrase."""
    path = directory / name
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)]
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
    return path


def allowed(directory: Path, **signers: Path) -> None:
    """Write the file of those whose signatures count."""
    lines = [f"{name} {key.with_suffix('.pub').read_text()}" for name, key in signers.items()]
    (directory / "allowed_signers").write_text("".join(lines))


def approve(directory: Path, signer: Path, name: str) -> None:
    ended = cli(
        "approve", directory / "plan.json", "--key", signer, "-o", directory / f"plan.json.{name}.sig"
    )
    assert ended.code == 0, ended.err


def events(directory: Path) -> list[dict[str, Any]]:
    (journal,) = (directory / "state" / "runs").glob("*/journal.jsonl")
    return [json.loads(line) for line in journal.read_text().splitlines()]


def test_a_push_waits_for_as_many_other_people_as_the_policy_demands(tmp_path: Path) -> None:
    """Four eyes are a check: neither the operator's own signature nor `--yes` stands in for them."""
    kim, lee, own = key(tmp_path, "kim"), key(tmp_path, "lee"), key(tmp_path, "own")
    allowed(tmp_path, kim=kim, lee=lee, **{getpass.getuser(): own})
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path, POLICY + "approvals: 2\nallowed_signers: allowed_signers\n")
        approve(tmp_path, kim, "kim")
        approve(tmp_path, own, "own")

        too_few = commit(tmp_path)

        assert too_few.code == 7, too_few.err
        assert not fleet["fw-a"].transcript
        told = run(tmp_path, "push", tmp_path / "plan.json", "--format", "json")
        assert told.code == 7, "a dry run foretells it"
        assert told.document["foretold"]["approvals"]["needed"] == 2
        assert told.document["foretold"]["approvals"]["missing"]

        approve(tmp_path, lee, "lee")
        enough = commit(tmp_path)

        assert enough.code == 0, enough.err
        assert events(tmp_path)[0]["approvals"] == ["kim", "lee"]


def test_the_way_back_that_is_sent_is_the_one_that_was_planned(tmp_path: Path) -> None:
    """Who approved a plan saw its rollback; a push does not make another one from its own templates."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "change_transport_smart.rollback.j2").write_text(
        "license smart\n no transport proxy\n transport type {{ before.type }}\n"
    )
    with fleet_of(reverted("fw-a", **NEVER)) as fleet:
        planned(fleet, tmp_path, POLICY)
        made = run(tmp_path, "plan", "-o", tmp_path / "plan.json", "--templates", own)
        assert made.code == 0, made.err
        fleet.reset_transcripts()

        ended = commit(tmp_path, "--contact-timeout", "0.3")

        (device,) = json.loads((tmp_path / "plan.json").read_text())["devices"]
        assert outcomes(ended) == {"fw-a": "rolled-back"}
        assert " no transport proxy" in device["rollback"]
        typed = [line for line in configured(fleet["fw-a"]) if line.startswith((" ", "license smart"))]
        assert typed == [*device["apply"], "license smart renew auth", *device["rollback"]]


def test_the_journal_is_signed_by_the_key_that_is_given(tmp_path: Path) -> None:
    """What was sent at night can be shown to an auditor who trusts nobody."""
    own = key(tmp_path, "own")
    allowed(tmp_path, ops=own)
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path)

        ended = commit(tmp_path, "--sign-key", own)

    assert ended.code == 0, ended.err
    state = ("--state-dir", tmp_path / "state")
    verified = cli("journal", "verify", *state, "--allowed-signers", tmp_path / "allowed_signers")
    assert verified.code == 0, verified.out
    assert "ops" in verified.out


# Signs what is tried before the push; then a person ends the waiting.
STALLS = """\
import os, signal, sys
if "asa-transport-journal" not in sys.argv:
    os.execv({real!r}, sys.argv)
os.kill(os.getppid(), signal.SIGINT)
signal.pause()
"""


def test_who_ends_the_waiting_for_the_signature_is_told_what_became_of_the_push(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is done by then: an agent that hangs must not take away the only account of it."""
    own = key(tmp_path, "own")
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path)
        program = tmp_path / "bin" / "ssh-keygen"
        program.parent.mkdir()
        program.write_text(f"#!{sys.executable}\n{STALLS.format(real=shutil.which('ssh-keygen'))}")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

        with started(tmp_path, "--sign-key", str(own), through=not_ignoring(signal.SIGINT)) as running:
            out, err = running.communicate(timeout=LIMIT_S)

    assert running.returncode == 0, err
    assert [device["outcome"] for device in json.loads(out)["devices"]] == ["applied"]
    assert "warning: the journal is not signed: the waiting for ssh-keygen was ended by a person" in err


def test_a_key_that_cannot_sign_is_found_before_anything_is_contacted(tmp_path: Path) -> None:
    """Not after the push, when there is nothing to be done about it."""
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path)

        ended = commit(tmp_path, "--sign-key", tmp_path / "nowhere")

        assert ended.code == 2, ended.err
        assert not fleet["fw-a"].transcript
        assert commit(tmp_path).code == 0, "and the plan was not used up by it"


def test_ctrl_c_takes_back_what_is_in_work_and_leaves_the_rest(tmp_path: Path) -> None:
    """A person who stops a push wants every firewall as it was, or as it should be, and to know which."""
    with fleet_of(*(reverted(name, **NEVER) for name in ("fw-a", "fw-b"))) as fleet:
        planned(fleet, tmp_path)
        with started(tmp_path, "--contact-timeout", "50") as running:
            wait_for(lambda: is_awaiting_contact(fleet), running)
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=LIMIT_S)

        document = json.loads(out)
        words = {device["name"]: device["outcome"] for device in document["devices"]}
        assert running.returncode == 130, err
        assert document["stopped_by"] == "interrupted"
        assert sorted(words.values()) == ["not-reached", "rolled-back"]
        for name, word in words.items():
            device = fleet[name]
            assert device.running_config() == device.startup_config() == device.running_config_at_start
            assert word == "rolled-back" or is_untouched(device)


def test_a_lost_terminal_takes_back_what_is_in_work(tmp_path: Path) -> None:
    """The connection of the person who pushes broke, and nobody is there to say what should be done."""
    with fleet_of(reverted("fw-a", **NEVER)) as fleet:
        planned(fleet, tmp_path)
        with started(tmp_path, "--contact-timeout", "50", through=not_ignoring(signal.SIGHUP)) as running:
            wait_for(lambda: is_awaiting_contact(fleet), running)
            running.send_signal(signal.SIGHUP)
            running.send_signal(signal.SIGHUP)
            out, err = running.communicate(timeout=LIMIT_S)

        assert running.returncode == 130, err
        (device,) = json.loads(out)["devices"]
        assert device["outcome"] == "rolled-back"
        assert fleet["fw-a"].running_config() == fleet["fw-a"].running_config_at_start


def test_under_nohup_a_lost_terminal_leaves_a_push_to_its_end(tmp_path: Path) -> None:
    """That is what `nohup` was typed for."""
    begun: list[subprocess.Popen[str] | Forked] = []
    with fleet_of(reverted("fw-a"), reverted("fw-b")) as fleet:
        planned(fleet, tmp_path)
        for name in fleet.names:
            fleet[name].when("license smart renew auth", lambda: begun[0].send_signal(signal.SIGHUP))
        with started(tmp_path, through=["nohup"]) as running:
            begun.append(running)
            out, err = running.communicate(timeout=LIMIT_S)

        document = json.loads(out)
        assert running.returncode == 0, err
        assert document["stopped_by"] is None
        assert [device["outcome"] for device in document["devices"]] == ["applied", "applied"]
        assert all(fleet[name].acts_waiting == 0 for name in fleet.names), "the terminal was never lost"


def test_a_run_that_was_interrupted_can_be_gone_on_with(tmp_path: Path) -> None:
    """After the telephone call that interrupted it, the rest of the first wave is still to be done."""
    with fleet_of(*(reverted(name, **NEVER) for name in ("fw-a", "fw-b"))) as fleet:
        planned(fleet, tmp_path, POLICY + "waves: {canary_count: 2}\n")
        with started(tmp_path, "--contact-timeout", "50") as running:
            wait_for(lambda: is_awaiting_contact(fleet), running)
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=LIMIT_S)
        begun = next(name for name in fleet.names if configured(fleet[name]))
        fleet.reset_transcripts()

        inventory = ("-i", tmp_path / "inventory.yaml", "--state-dir", tmp_path / "state")
        again = cli("resume", "last", "--yes", "--contact-timeout", "0.2", "--format", "json", *inventory)

        assert outcomes(again)[begun] == "rolled-back"
        assert not fleet[begun].transcript, "it has its outcome"
        assert {word for name, word in outcomes(again).items() if name != begun} == {"rolled-back"}


def is_awaiting_contact(fleet: MockFleet) -> bool:
    return any("license smart renew auth" in fleet[name].typed for name in fleet.names)


def refuse_probe(fleet: MockFleet, *names: str) -> None:
    for name in names:
        fleet[name].set_reachable(smart=False)


def test_the_budget_ends_a_push_and_says_what_the_failures_have_in_common(tmp_path: Path) -> None:
    """A region whose firewall rule was forgotten is one incident, and the others must not wait for it."""
    good = [f"fw-a{number}" for number in range(4)]
    bad = [f"fw-b{number}" for number in range(6)]
    region = {"inventory": {"region": "apac"}}
    with fleet_of(*map(reverted, good), *(reverted(name, **region) for name in bad)) as fleet:
        planned(fleet, tmp_path, POLICY + "waves: {canary_count: 1, sizes: ['100%']}\n")
        refuse_probe(fleet, *bad)

        ended = commit(tmp_path, "--max-fail", "2", "-w", "1")

        assert ended.code == 6
        words = outcomes(ended)
        assert sum(word == "refused" for word in words.values()) == 3
        assert "apac" in ended.document["stopped_by"]
        assert all(is_untouched(fleet[name]) for name in bad)
