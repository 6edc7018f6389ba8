"""Every command of the README and of docs/ is run, as it stands there, against a mock fleet.

A page's `$ ` lines run in their order, by a shell, in one folder with a home of its own.  What a page
needs to be there stands in `DESKS`; what cannot be run stands in `NOT_RUN`, with the reason.  The
program is forked from one that has imported it, but on the page about its installation.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import site
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from asyncssh import import_public_key

from asa_transport._version import __version__
from asa_transport.edges.state.run_folder import folders
from mock_devices import MockFleet, load_scenario
from mock_devices.__main__ import BASE_PORT
from tests.fleet.commit import POLICY, reverted
from tests.fleet.hands import smart
from tests.fleet.test_analyze import transcript
from tests.golden.golden import DEVICES
from tests.pages import DOCS, PAGES, blocks, commands, not_run
from tests.support import PROGRAM, ROOT, Ended, fleet_of
from tests.unit.signing import key_of
from tests.unit.test_release_0_1 import KEPT
from tests.warm import stand_in

# The run that pages speak of, where they need the id of one.
RUN = "20260112T130000Z-4f1c"
# Of a line for root, or of `sh`, by how it begins: why no test runs it.
NOT_RUN = {
    "export ASA_TRANSPORT_BROKER": "docs/distributed.md names servers; test_regions.py runs all with its own",
    "export ASA_TRANSPORT_STORE=postgresql+psycopg://asa": "the same",
    "asa-transport worker ": "the same",
    "docker compose": "needs a container engine; tests/unit/test_compose.py holds its commands",
    "asa-transport workers ": "the same",
    "asa-transport audit -i inventory.yaml --engine": "the same",
    "asa-transport push plan.json --commit -i inventory.yaml --engine": "the same, in test_regions_push.py",
    "apt-get": "docs/nightly.md: `make nightly` follows it as root, on a machine in memory",
    "python3 -m venv /opt/": "the same",
    "/opt/asa-transport/bin/pip": "the same",
    "ln -s": "the same",
    "install ": "the same, and in docs/install.md the one line for the manual page",
    "useradd": "the same",
    "usermod": "the same",
    "editor": "the same",
    "asa-transport inventory check --inventory /etc": "the same",
    "asa-transport hostkeys scan --add --inventory /etc": "the same",
    "asa-transport report last --state-dir /var": "the same, as the operator",
    "asa-transport runs --state-dir /var": "the same, as the operator",
    "CREDENTIALS_DIRECTORY=": "the same",
    "sed -i": "the same",
    "setfacl": "the same",
    "systemctl": "the same",
    "cp -a /var": "of an upgrade (CHANGELOG.md): as root, of what an old service has kept",
    "chown": "the same",
    "asa-transport runs": "the same, with the release before; what it says now, this page's own lines ask",
    "asa-transport resume last": "the same; tests/unit/test_unsettled.py and tests/fleet/test_push_resume.py",
    "journalctl": "the same",
    "podman": "needs a container runtime and an image from a registry",
    "pipx": "makes its environment in the user's home, with packages from a registry",
    "pip install '.[": "packages from a registry",
    "pip install --require-hashes": "the same; tests/unit/test_lock.py has what is in the file",
    "pip install --no-deps": "the same",
    "asa-transport --install-completion": "changes the start file of the user's shell",
    "asa-transport --show-completion": "writes for all users; tests/readers compares what is shown",
    "asa-transport notify test": "needs somebody who listens; tests/nightly/test_notify_test.py",
    "zstd -D": "needs the folder of a run; tests/unit/test_answer_packs.py runs this line",
    "asa-transport audit --store postgresql": "needs a server of that name; tests/unit/test_store.py",
    "read -rs NETBOX": "docs/inventories.md: tests/unit/test_inventory_netbox.py asks a server of its own",
    "asa-transport inventory import 'netbox:": "the same",
}
# Of a line behind `$ `: what does its own set-up, and would run these tests again.
BY_CI = {"make demo", "make test"}
# The first lines of a page that are those of another one too, on the same desk: they are run there.
BY_ANOTHER = {"README.md": "install.md"}
SHARED = ["python3 -m venv ~/.venvs/asa-transport", "~/.venvs/asa-transport/bin/pip install ."]


@dataclass(slots=True)
class Desk:
    """A folder to type commands in, with a fleet of mock firewalls beside it."""

    folder: Path
    fleet: MockFleet
    environment: dict[str, str] = field(default_factory=dict)
    run_id: str = RUN
    handles: tuple[int, ...] = ()

    @property
    def home(self) -> Path:
        """The home directory; the state directory is where it is by default."""
        return self.folder / "home"

    @property
    def runs(self) -> Path:
        """Where runs are kept by default."""
        return self.home / ".local" / "state" / "asa-transport" / "runs"

    def type(self, line: str) -> Ended:
        """Run a line as a shell does; what it exports holds for the lines after it."""
        if line.startswith("export "):
            self.environment |= dict(pair.split("=", 1) for pair in shlex.split(line)[1:])
            return Ended(code=0, out="", err="")
        done = subprocess.run(
            ["bash", "-euc", line], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=100, check=False, pass_fds=self.handles,
        )  # fmt: skip
        return Ended(code=done.returncode, out=done.stdout, err=done.stderr)

    def has_run(self, *lines: str) -> None:
        """Run these lines before the page's; the page speaks of their first run that is kept."""
        for line in lines:
            ended = self.type(line)
            assert ended.code in {0, 3}, (line, ended)
        # The first by its number: two runs of one second have ids that say nothing of it.
        self.run_id = folders(self.runs.parent)[0].name


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page needs, how its commands may end, and what must have come of them.

    Attributes:
        devices: The fleet; empty for that of `asa-transport demo`.
        fine: Exit codes of its commands: 3 is a finding, as there should be.
        leaves: Files that are there at the end.
        says: What its commands say, together.
        holds: Asked of all that its commands said; raises where it is not so.
        is_about_the_start: The installed program itself is started.
    """

    devices: tuple[dict[str, object], ...] = ()
    prepare: Callable[[Desk], object] = lambda desk: desk
    fine: frozenset[int] = frozenset({0, 3})
    leaves: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    holds: Callable[[str], object] = str
    is_about_the_start: bool = False


def with_inventory(desk: Desk) -> None:
    """The fleet's inventory, in one region and one group, and a policy that knows no patience."""
    files = desk.fleet.write(desk.folder)
    inventory = yaml.safe_load(files.inventory.read_text())
    inventory["groups"] = {"emea": {"region": "emea"}}
    for device in inventory["devices"].values():
        device["groups"] = ["emea"]
    files.inventory.write_text(yaml.safe_dump(inventory))
    (desk.folder / "policy.yaml").write_text(f"{POLICY}allow_callhome: true\n")


def saved_outputs(folder: Path) -> None:
    """A directory for each of two firewalls, with a file for each command."""
    for name in ("smart_healthy", "auth_expired"):
        shutil.copytree(DEVICES / name, folder / name, ignore=shutil.ignore_patterns("*.json"))


def with_checkout(desk: Desk) -> None:
    """A checkout with the example inventory on the fleet's ports; pip takes nothing from a registry."""
    left_out = shutil.ignore_patterns(".*", "build", "dist", "tests", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT, desk.folder, ignore=left_out, dirs_exist_ok=True)
    saved_outputs(desk.folder / "audit-outputs")
    example = desk.folder / "inventory.example.yaml"
    text = example.read_text()
    for index, name in enumerate(desk.fleet.names):
        text = text.replace(f"port: {BASE_PORT + index}", f"port: {desk.fleet[name].port}")
    example.write_text(text)
    desk.environment |= {
        # The build backend of this environment, and no download of what it has already.
        "PYTHONPATH": site.getsitepackages()[0],
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_INPUT": "1",
        # What is installed is started once.
        "PIP_NO_COMPILE": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def with_the_pages_inventory(page: str) -> Callable[[Desk], None]:
    """The inventory as the page has it, but for where the firewalls are."""

    def prepare(desk: Desk) -> None:
        lines = next(block.lines for block in blocks(DOCS / page) if block.language == "yaml")
        written = yaml.safe_load("\n".join(lines))
        for name, device in written["devices"].items():
            device |= {"host": "127.0.0.1", "port": desk.fleet[name].port}
        (desk.folder / "inventory.yaml").write_text(yaml.safe_dump(written))

    return prepare


def with_all_of_the_inventory(desk: Desk) -> None:
    """The page's inventory; the keys of its firewalls are enrolled, and their passwords known."""
    desk.fleet.write(desk.folder).known_hosts.rename(desk.folder / "known_hosts")
    desk.environment |= {"ASA_TRANSPORT_PASSWORD": "mock-Login-1", "ASA_TRANSPORT_ENABLE": "mock-Enable-1"}
    with_the_pages_inventory("inventory.md")(desk)


def with_history(desk: Desk) -> None:
    """Two audits."""
    with_inventory(desk)
    desk.has_run("asa-transport audit", "asa-transport audit")


def with_a_state_of_0_1(desk: Desk) -> None:
    """What release 0.1.0 has kept, where the program looks for it."""
    with_inventory(desk)
    desk.runs.parent.mkdir(parents=True)
    with tarfile.open(KEPT) as kept:
        kept.extractall(desk.runs.parent, filter="data")


def with_outputs(desk: Desk) -> None:
    """An audit, and outputs that somebody saved, in each of the page's shapes."""
    with_inventory(desk)
    desk.has_run("asa-transport audit")
    saved_outputs(desk.folder / "outputs")
    transcript(desk.folder / "session.log", "edge#", "show version", "show license status")
    transcript(desk.folder / "asa.log", "edge#", "show version", "show license all")
    asked = ("show version", "show license all")
    stems = {command: command.replace(" ", "_") for command in asked}
    device = DEVICES / "smart_healthy"
    (desk.folder / "tech.txt").write_text(
        "".join(
            f"\n------------------ {command} ------------------\n\n{(device / f'{stem}.txt').read_text()}"
            for command, stem in stems.items()
        )
    )


def with_a_push(desk: Desk) -> None:
    """A signed push, and a plan that nobody has pushed."""
    with_inventory(desk)
    (desk.home / ".ssh").mkdir()
    key_of(desk.home / ".ssh", "id_ed25519")
    sign = "--sign-key ~/.ssh/id_ed25519"
    desk.has_run(
        # The push is the first run in the state directory.
        "asa-transport plan -l fw-par-01 -o first.json --state-dir elsewhere",
        f"asa-transport push first.json --commit --yes {sign}",
        "asa-transport plan -o plan.json",
    )


def with_a_table(desk: Desk) -> None:
    """The page's own table of firewalls."""
    table = next(block.lines for block in blocks(DOCS / "inventories.md") if "Mgmt IP" in block.lines[0])
    (desk.folder / "hosts.csv").write_text("".join(f"{line}\n" for line in table))
    (desk.folder / "router.db").write_text("fw-par-01:192.0.2.11:asa:emea\nsw-par-01:192.0.2.12:ios:emea\n")
    (desk.folder / "hosts.ini").write_text("fw-par-01 ansible_host=192.0.2.11 ansible_user=ann\n")
    (desk.folder / "nornir").mkdir()
    (desk.folder / "nornir" / "hosts.yaml").write_text("fw-par-01: {hostname: 192.0.2.11, username: ann}\n")
    (desk.folder / "rancid").mkdir()
    (desk.folder / "rancid" / "router.db").write_text("fw-par-01.example.net;cisco;up\n")


def with_keys_that_live(desk: Desk) -> None:
    """A firewall that is new, one that was replaced, a pair with a key a unit, and a list of the consoles."""
    files = desk.fleet.write(desk.folder)
    lines = files.known_hosts.read_text().splitlines(keepends=True)
    # The first is new.
    files.known_hosts.write_text("".join(lines[1:]))
    desk.fleet["fw-par-02"].change_host_key("ecdsa")
    shown = {name: import_public_key(desk.fleet.public_key(name)) for name in desk.fleet.names}
    (desk.folder / "fingerprints.txt").write_text(
        "".join(f"{name} {key.get_fingerprint()}\n" for name, key in shown.items())
    )


def the_head_by_hand_is_the_programs(said: str) -> None:
    """The page says how to compute the head without this program."""
    (by_hand,) = re.findall(r"^([0-9a-f]{64})  -$", said, flags=re.MULTILINE)
    assert said.count(by_hand) > 1, by_hand


def with_notify(desk: Desk) -> None:
    """A channel that nobody listens to: the report comes first, whoever can be told."""
    with_inventory(desk)
    (desk.folder / "url").write_text("http://127.0.0.1:1/")
    (desk.folder / "url").chmod(0o600)
    (desk.folder / "notify.yaml").write_text(
        "channels: {ops: {kind: webhook, url: {file: url}, attempts: 1}}\n"
    )


TWO = (smart("fw-par-01"), reverted("fw-par-02"))
DESKS = {
    "CHANGELOG.md": Page(
        devices=TWO,
        prepare=with_a_state_of_0_1,
        leaves=("plan.json",),
        says=(f"asa-transport {__version__}", "fw-par-02", "20261128T124036Z-e797", "would-push"),
    ),
    "README.md": Page(
        prepare=with_checkout,
        leaves=("audit.json", "report.html", "ticket.zip"),
        says=("applied",),
    ),
    "analyze.md": Page(
        devices=TWO, prepare=with_outputs, says=("fw-par-02", "auth_expired", '"smart"', "edge")
    ),
    "captures.md": Page(
        devices=TWO, prepare=with_history, leaves=("fw.zip",), says=("as the original", "none is in it")
    ),
    "doctor.md": Page(
        devices=(
            smart("fw-par-01", quirks={"show_default_transport": True}),
            reverted("fw-par-02", version="9.23(1)22"),
        ),
        prepare=with_outputs,
        leaves=("doctor.md", "doctor.json"),
        says=("learnt of 9.22(2)14: default-line-hidden", "forgotten of 9.22(2)14", "default-transport"),
    ),
    "faq.md": Page(devices=TWO, prepare=with_history),
    "first-audit.md": Page(
        devices=TWO,
        prepare=with_the_pages_inventory("first-audit.md"),
        leaves=("known_hosts", "report.html", "plan.json"),
        says=("1 change, 1 compliant", "would-push", "nothing changed since"),
    ),
    "hostkeys.md": Page(
        devices=tuple(
            {**device, "ssh": {"own_key": True}}
            for device in (
                smart("fw-par-01"), smart("fw-par-02"),
                {**smart("fw-mil-01"), "failover": {"mate": "fw-mil-02"}},
                {
                    **smart("fw-mil-02"),
                    "failover": {"mate": "fw-mil-01", "unit": "secondary", "state": "standby"},
                },
            )
        ),
        prepare=with_keys_that_live,
        says=("1 key added", "1 key replaced", "2 keys added", '"outcome": "changed"'),
    ),
    "history.md": Page(devices=TWO, prepare=with_history, says=("nothing changed since", "## ")),
    "install.md": Page(
        prepare=with_checkout, says=("0 configuration changes",), is_about_the_start=True
    ),
    "inventories.md": Page(
        devices=TWO,
        prepare=with_a_table,
        leaves=(
            "inventory.yaml", "fleet.yaml", "from-ansible.yaml", "from-nornir.yaml", "from-oxidized.yaml",
            "from-rancid.yaml",
        ),
        says=("2 devices, 1 group imported", "'Rack': a column that has no meaning here"),
    ),
    "inventory.md": Page(
        devices=(*TWO, smart("fw-osl-01")),
        prepare=with_all_of_the_inventory,
        leaves=("audit.csv",),
        says=("2 devices, 3 groups, 1 credential, 1 device not selected", "data.asset", "groups.emea"),
    ),
    "journal.md": Page(
        devices=(reverted("fw-par-01"), reverted("fw-par-02")),
        prepare=with_a_push,
        says=(
            "by ann@example.net, with the key SHA256:",
            'Good "asa-transport-journal" signature for ann@example.net',
            'Good "asa-transport-plan" signature for ann@example.net',
        ),
        holds=the_head_by_hand_is_the_programs,
    ),
    "nightly.md": Page(
        devices=(smart("fw-par-01"),), prepare=with_notify, leaves=("asa-transport.prom", "audit.log")
    ),
    "outage.md": Page(
        devices=TWO,
        prepare=with_inventory,
        leaves=("revert.json", "INC-4711/ticket.md", "INC-4711.zip", "findings", "CHG-4712", "audit.md"),
    ),
    "push.md": Page(
        devices=(reverted("fw-par-01"), reverted("fw-par-02")), prepare=with_inventory, says=("applied",)
    ),
    "regions.md": Page(
        devices=TWO,
        prepare=with_inventory,
        leaves=("emea.json", "report.html", "fleet.csv", "whole/audit.json", "change-whole/ticket.md"),
        says=("1 not selected (this is shard 1/2)", "2 devices: 2 audited"),
    ),
}  # fmt: skip


@contextmanager
def desk_for(page: Page, folder: Path) -> Iterator[Desk]:
    """Give the desk of a page, with its fleet running."""
    fleet = fleet_of(*page.devices) if page.devices else MockFleet.serve(load_scenario("demo"))
    with fleet:
        desk = Desk(folder=folder, fleet=fleet)
        desk.home.mkdir()
        ours = ("XDG_", "ASA_", "SSH_")
        desk.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
            "HOME": str(desk.home),
            "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
        }
        if not page.is_about_the_start:
            started = desk.home / ".stand-in"
            started.mkdir()
            desk.handles = (stand_in(started / PROGRAM.name, PROGRAM),)
            desk.environment["PATH"] = f"{started}:{desk.environment['PATH']}"
        page.prepare(desk)
        yield desk


def of_today(line: str) -> str:
    """Return the line with its last day put ten days from now: a policy allows only so many."""
    soon = datetime.now(UTC) + timedelta(days=10)
    return re.sub(r"--until \d{4}-\d\d-\d\d", f"--until {soon:%Y-%m-%d}", line)


@pytest.mark.parametrize("name", DESKS)
def test_every_command_of_a_page_runs(name: str, tmp_path: Path) -> None:
    """It is read by a tired person at night; nothing in it may be made up."""
    page = DESKS[name]
    path = ROOT / name if (ROOT / name).exists() else DOCS / name
    said = ""

    with desk_for(page, tmp_path) as desk:
        for line in commands(path):
            if line in BY_CI or (name in BY_ANOTHER and line in SHARED):
                continue
            ended = desk.type(of_today(line).replace(RUN, desk.run_id))
            said += ended.out + ended.err
            assert ended.code in page.fine, (line, ended)
            assert "Traceback" not in ended.err, line

    assert [file for file in page.leaves if not (tmp_path / file).exists()] == []
    assert [words for words in page.says if words not in said] == []
    page.holds(said)


@pytest.mark.parametrize(("name", "other"), BY_ANOTHER.items())
def test_what_a_page_leaves_to_another_one_is_run_there_first(name: str, other: str) -> None:
    """A line is not run twice, and never not at all."""
    assert commands(DOCS / other)[: len(SHARED)] == SHARED
    assert [line for line in commands(ROOT / name) if line not in BY_CI][: len(SHARED)] == SHARED
    assert DESKS[name].prepare is DESKS[other].prepare


def test_the_questions_list_every_command_that_is_typed_on_a_firewall(tmp_path: Path) -> None:
    """They are copied into the rules of an AAA server, which refuses what is missing."""
    audit, change = (set(b.lines) for b in blocks(DOCS / "faq.md") if b.language == "text")

    with desk_for(DESKS["push.md"], tmp_path) as desk:
        assert desk.type("asa-transport audit").code == 3
        firewall = desk.fleet["fw-par-01"]
        typed_by_an_audit = {line.strip() for line in firewall.typed}
        desk.fleet.reset_transcripts()
        pushed = desk.type("asa-transport plan -o plan.json && asa-transport push plan.json --commit --yes")
        typed_by_a_push = {line.strip() for line in firewall.typed}

    assert pushed.code == 0, pushed
    assert typed_by_an_audit - {"<secret>"} == audit
    assert typed_by_a_push - audit - change == {"<secret>", "ping tcp smartreceiver.cisco.com 443"}


def test_no_page_has_commands_that_nobody_runs() -> None:
    """A new page is run from its first day."""
    typed = {page.name for page in PAGES if set(commands(page)) - BY_CI}

    assert typed == set(DESKS)


def test_what_is_not_run_is_known_with_its_reason() -> None:
    """The list neither hides a command that could be run, nor keeps one that is gone."""
    lines = [line for page in PAGES for line in not_run(page)]

    assert [line for line in lines if not line.startswith(tuple(NOT_RUN))] == []
    assert [start for start in NOT_RUN if not any(line.startswith(start) for line in lines)] == []


def test_files_that_are_named_in_what_is_not_run_are_there() -> None:
    """As much as can be known of such a line."""
    words = [word for page in PAGES for line in not_run(page) for word in shlex.split(line)]
    files = [word for word in words if word.startswith("contrib/")]

    assert len(files) > 4
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_the_readme_has_the_two_commands_and_ci_calls_them() -> None:
    """A stranger's first two commands are the ones that are kept working."""
    ci = (ROOT / ".ci" / "run").read_text().splitlines()

    assert set(commands(ROOT / "README.md")) >= BY_CI
    assert set(ci) >= BY_CI
