"""A fake for each recipe of CONTRIBUTING.md: what somebody types, and how one sees that it works."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.golden.golden import DEVICES
from tests.recipes.checkout import Checkout, Recipe
from tests.support import QUICK, ROOT

_HEALTHY = "smart_healthy"


def _saved(at: Checkout, release: str = "9.22(2)14") -> Path:
    """Save the outputs of a healthy firewall of this release."""
    saved = at.folder / "outputs" / "fw-par-01"
    shutil.copytree(DEVICES / _HEALTHY, saved, ignore=shutil.ignore_patterns("*.json"))
    shown = saved / "show_version.txt"
    shown.write_bytes(shown.read_bytes().replace(b"9.22(2)14", release.encode()))
    return saved.parent


# --------------------------------------------------------------------------- a rule


def _rule_fires(at: Checkout) -> None:
    assert "A release that nobody has" in at.run("rules", "AT603").out
    ended = at.run("analyze", _saved(at, "9.99(1)"), "--format", "json", code=3)
    (device,) = json.loads(ended.out)["devices"]
    assert "AT603" in {finding["rule"] for finding in device["findings"]}
    at.make_pages()
    assert "## AT603" in (at.root / "docs" / "rules.md").read_text()
    at.passes("tests/unit/test_rules_golden.py", "-k", "AT603 or contract")


RULE = Recipe(
    new={},
    edits={
        "asa_transport/core/judgement/rules/saved.py": {
            "\n\ndef _last_change(": '''

def at603(case: Case) -> Hit | None:
    """The release is one that nobody has."""
    version = case.facts.version
    if version is None or not version.startswith("9.99("):
        return None
    return Hit(
        severity=Severity.MEDIUM,
        detail=f"the release is {version}",
        values=values_of(version=version),
        evidence=proof(case.facts, "version"),
    )


AT603: Final = Rule(
    id="AT603",
    title="A release that nobody has",
    severity="medium",
    meaning="Cisco never published it.",
    remedy="ask who made it. Do not reload",
    evidence="the first line of 'show version'",
    sources=(own_rule("made up for this test"),),
    check=at603,
)


def _last_change(''',
            "(AT601, AT602)": "(AT601, AT602, AT603)",
        },
        "tests/unit/test_rules_golden.py": {
            '"AT601", "AT602",\n': '"AT601", "AT602", "AT603",\n',
            "FIRES = (\n": "FIRES = (\n"
            '    Fires("AT603", "version=9.99(1)", MEDIUM, "9.99(1)", "version"),\n',
            "SILENT = (\n": 'SILENT = (\n    Silent("AT603", "version=9.22(2)14"),\n',
        },
    },
    proof=_rule_fires,
)


# --------------------------------------------------------------------------- a collected command


# By the copy, of a fleet of the copy.
_AUDIT_OF_A_MOCK = """
import sys
from pathlib import Path
from tests.support import audit, fleet_of

with fleet_of({"name": "fw-par-01"}) as fleet:
    print(audit(fleet, Path(sys.argv[1])).out)
"""


def _command_is_asked(at: Checkout) -> None:
    saved = _saved(at)
    (saved / "fw-par-01" / "show_ntp_status.txt").write_text("Clock is synchronized, stratum 3\n")
    (device,) = json.loads(at.run("analyze", saved, "--format", "json", code=3).out)["devices"]
    assert device["facts"]["clock"]["is_synchronized"] is True
    (device,) = json.loads(at.python("-c", _AUDIT_OF_A_MOCK, at.folder).out)["devices"]
    assert device["facts"]["clock"]["is_synchronized"] is True
    assert device["facts"]["unknown"] == []
    at.make_pages()
    assert "`show ntp status`" in (at.root / "docs" / "security.md").read_text()
    schema = json.loads((at.root / "docs" / "schemas" / "audit.json").read_text())
    assert "is_synchronized" in json.dumps(schema["$defs"]["facts"]["properties"]["clock"])
    at.passes(
        "tests/golden/test_golden.py", "tests/unit/test_fed.py", "tests/unit/test_report_schema.py",
        "-k", "ntp or clock or own_time_zone or schema",
    )  # fmt: skip
    # One output is enough: an edit that misreads it is found.
    template = at.root / "textfsm_templates" / "cisco_asa_show_ntp_status.textfsm"
    template.write_text(template.read_text().replace("^Clock is ", "^Time is "))
    at.fails("tests/golden/test_golden.py", "-k", "own_time_zone")


COMMAND = Recipe(
    new={
        "textfsm_templates/cisco_asa_show_ntp_status.textfsm": """\
# show ntp status
Value SYNCHRONIZED (synchronized|unsynchronized)
Value List UNKNOWN (.*)

Start
  ^Clock is ${SYNCHRONIZED}\\b
  ^\\s*$$
  ^${UNKNOWN}$$
""",
        "tests/golden/devices/own_time_zone/show_ntp_status.txt": (
            "Clock is synchronized, stratum 3\nA line of a release to come\n"
        ),
    },
    edits={
        "mock_devices/commands/show.py": {
            '\n\n@EXEC.add("show hostname")': """

@EXEC.add("show ntp status")
def show_ntp_status(call: Call) -> Answer:
    \"\"\"Print whether the clock follows a server.\"\"\"
    del call
    return Answer(lines=["Clock is synchronized, stratum 3"])


@EXEC.add("show hostname")""",
        },
        "asa_transport/asa/commands.py": {
            'CLOCK: Final = "show clock"\n': 'CLOCK: Final = "show clock"\nNTP: Final = "show ntp status"\n',
            "    # Its filter is the one that this program types itself.\n": """\
    Command(
        text=NTP, asked=Asked.ALWAYS, template="cisco_asa_show_ntp_status", spelling="sh|ow ntp| stat|us"
    ),
    # Its filter is the one that this program types itself.
""",
        },
        "asa_transport/core/parsing/facts_unit.py": {
            "import CLOCK, MODE, VERSION": "import CLOCK, MODE, NTP, VERSION",
            "    return DeviceClock(at=moment.at, zone=moment.zone)\n": """\
    ntp = next((table.first("SYNCHRONIZED") for table in readings.several(NTP)), None)
    return DeviceClock(
        at=moment.at, zone=moment.zone, is_synchronized=None if ntp is None else ntp.value == "synchronized"
    )
""",
        },
        "asa_transport/model/facts.py": {
            "    zone: str\n": "    zone: str\n    is_synchronized: bool | None = None\n",
        },
    },
    proof=_command_is_asked,
)


# --------------------------------------------------------------------------- a key of the policy


def _key_is_asked(at: Checkout) -> None:
    saved, policy = _saved(at), at.folder / "policy.yaml"
    found = []
    for days, code in ((0, 0), (3000, 3)):
        policy.write_text(f"registration_notice_days: 1\nregistration_more_days: {days}\n")
        ended = at.run("analyze", saved, "--policy", policy, "--format", "json", code=code)
        (device,) = json.loads(ended.out)["devices"]
        found.append("AT204" in {finding["rule"] for finding in device["findings"]})
    assert found == [False, True]
    policy.write_text("registration_more_day: 5000\nregistration_more_days: 5000\n")
    ended = at.run("analyze", saved, "--policy", policy, code=2)
    assert "unknown key 'registration_more_day' (did you mean 'registration_more_days'?)" in ended.err
    assert "registration_more_days: '5000'; expected from 0 to 3650 days" in ended.err
    assert "How many days more." in at.run("schema", "policy").out
    at.passes("tests/unit/test_policyfile.py", "-k", "example or means")


POLICY_KEY = Recipe(
    new={},
    edits={
        "asa_transport/model/policy.py": {
            "    no_contact_reload_days: float": """\
    registration_more_days: float = setting(
        0.0, "How many days more.", within=_ANY_DAYS, unit="days"
    )
    no_contact_reload_days: float""",
        },
        "policy.example.yaml": {
            "registration_notice_days: 60\n": """\
registration_notice_days: 60

# How many days more.
registration_more_days: 0
""",
        },
        "asa_transport/core/judgement/rules/license.py": {
            "days <= case.policy.registration_notice_days": """(
        days <= case.policy.registration_notice_days + case.policy.registration_more_days
    )""",
        },
    },
    proof=_key_is_asked,
)


# --------------------------------------------------------------------------- a key of the inventory


def _key_is_read(at: Checkout) -> None:
    saved, inventory, policy = _saved(at), at.folder / "inventory.yaml", at.folder / "policy.yaml"
    policy.write_text("registration_notice_days: 3000\n")
    found = []
    for told, code in (("true", 3), ("false", 0)):
        inventory.write_text(
            "defaults: {username: u, credential: c, expect: {proxy: any}}\n"
            "credentials: {c: {password: {env: MADE_UP}}}\n"
            f"groups: {{lab: {{told: {told}}}}}\n"
            "devices: {fw-par-01: {host: 192.0.2.11, groups: [lab]}}\n"
        )
        ended = at.run("analyze", saved, "-i", inventory, "--policy", policy, "--format", "json", code=code)
        (device,) = json.loads(ended.out)["devices"]
        found.append("AT204" in {finding["rule"] for finding in device["findings"]})
    assert found == [True, False]
    assert "told false groups.lab" in " ".join(at.run("inventory", "show", "-i", inventory).out.split())
    inventory.write_text(inventory.read_text().replace("told: false", "told: no, tlod: true"))
    ended = at.run("inventory", "check", "-i", inventory, code=2)
    assert "group lab: told: 'no'; expected one of: true, false" in ended.err
    assert "group lab: unknown key 'tlod' (did you mean 'told'?)" in ended.err
    assert "Whether anybody is told" in at.run("schema", "inventory").out
    at.passes("tests/unit/test_inventory.py")


INVENTORY_KEY = Recipe(
    new={},
    edits={
        "asa_transport/model/inventory.py": {
            "    # Questions to the inventory as it is now.\n": """\
    told: bool = field(
        default=True, metadata=of_inventory("Whether anybody is told of its registration.", LEFT_OUT)
    )
    # Questions to the inventory as it is now.
""",
        },
        "asa_transport/core/judgement/rules/license.py": {
            "days <= case.policy.registration_notice_days": (
                "case.device.told and days <= case.policy.registration_notice_days"
            ),
        },
        "tests/unit/test_inventory.py": {'"data, enabled"\n': '"data, told, enabled"\n'},
    },
    proof=_key_is_read,
)


# --------------------------------------------------------------------------- a report format


def _format_is_written(at: Checkout) -> None:
    ended = at.run("analyze", _saved(at), "--format", "names", code=3)
    assert ended.out == "fw-par-01\n"
    assert "names for a shell" in " ".join(at.run("audit", "--help").out.replace("│", " ").split())
    at.make_pages()
    page = (at.root / "docs" / "formats.md").read_text()
    assert "<!-- made: sample names -->\n```text\nfw-ber-01\nfw-lis-01 " in page
    at.passes("tests/unit/test_rendering.py", "-k", "names or renderer")


FORMAT = Recipe(
    new={
        "asa_transport/core/reports/names.py": '''"""Write a report's devices, each with its error.

Pure.
"""

from __future__ import annotations

from asa_transport.core.reports.report import Report
from asa_transport.model import AuditOutcome, NotAudited


def text(report: Report) -> str:
    """Return the lines."""
    return "".join(map(_line, report.ordered))


def _line(outcome: AuditOutcome) -> str:
    name = outcome.device.name
    return f"{name} {outcome.error}\\n" if isinstance(outcome, NotAudited) else f"{name}\\n"
''',
    },
    edits={
        "asa_transport/core/reports/formats.py": {
            '    SARIF = "sarif"\n': '    SARIF = "sarif"\n    NAMES = "names"\n',
            "def _dumped(": """def _names(report: Report, _supplies: Supplies) -> Iterable[str]:
    from asa_transport.core.reports import names

    return (names.text(report),)


def _dumped(""",
            "renderer=_sarif),\n": "renderer=_sarif),\n"
            '    Format.NAMES: ReportFormat(reader="a shell", renderer=_names),\n',
        },
        "docs/formats.md": {
            "\nThe samples are of": "| `names` | a shell | a line | a line |\n\nThe samples are of",
            "\n## sarif\n": "\n## names\n\n<!-- made: sample names -->\n<!-- end -->\n\n## sarif\n",
        },
        "tools/formats.py": {
            '    "metrics": Sample(': '    "names": _audit(Format.NAMES, "text", 4),\n    "metrics": Sample(',
        },
    },
    proof=_format_is_written,
)


# --------------------------------------------------------------------------- an inventory source


def _source_is_read(at: Checkout) -> None:
    hosts = at.folder / "site.txt"
    hosts.write_text("fw-par-01 192.0.2.11\nfw-par-02 192.0.2.12\nplumbing\n")
    source = f"hosts:{hosts}"
    asked = ("inventory", "show", "-i", source, "--format", "json")
    shown = json.loads(at.run(*asked, ASA_TRANSPORT_USERNAME="netaudit").out)
    assert [device["name"] for device in shown["devices"]] == ["fw-par-01", "fw-par-02"]
    ended = at.run("inventory", "import", source, "--username", "netaudit", "-o", at.folder / "made.yaml")
    assert "site.txt:3: device 'plumbing': left out" in ended.err
    assert "2 devices" in at.run("inventory", "check", "-i", at.folder / "made.yaml").out
    assert "|hosts" in at.run("inventory", "import", "--help", COLUMNS="200").out


SOURCE = Recipe(
    new={
        "asa_transport/files/inventory_hosts.py": '''"""Read an inventory from a list of names and addresses.

Source: made up.
"""

from __future__ import annotations

from pathlib import Path

from asa_transport.errors import InventoryError
from asa_transport.files.inventory_draft import Draft, Drafter, ReadOptions, Said, place
from asa_transport.model import Problem


def read(where: str, options: ReadOptions) -> Draft:
    """Return what the list says; raise InventoryError where it cannot be read."""
    del options
    try:
        lines = Path(where).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InventoryError((Problem(file=where, message=error.strerror or str(error)),)) from error
    drafter = Drafter()
    for number, (name, *rest) in enumerate(map(str.split, lines), 1):
        at = place(where, number)
        drafter.device(Said(text=name, at=at), {"host": Said(text=rest[0], at=at)} if rest else {})
    return drafter.draft()
''',
    },
    edits={
        "asa_transport/files/inventory.py": {
            "\n)  # the end of SOURCES\n": """
    Source(name="hosts", module="asa_transport.files.inventory_hosts", where="PATH"),
)  # the end of SOURCES
""",
        },
    },
    proof=_source_is_read,
)


# --------------------------------------------------------------------------- an SSH backend


@contextmanager
def _greeting() -> Iterator[int]:
    """Listen on a port and greet whoever comes, as the first byte of a server does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            try:
                while True:
                    with listener.accept()[0] as peer:
                        peer.sendall(b"SSH-2.0-made-up\r\n")
                        peer.recv(1)
            except OSError:
                return

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def _backend_opens(at: Checkout) -> None:
    saved = _saved(at) / "fw-par-01"
    with _greeting() as port:
        inventory = at.folder / "inventory.yaml"
        inventory.write_text(
            "defaults: {username: u, credential: c, known_hosts: known_hosts}\n"
            "credentials: {c: {password: {env: MADE_UP}}}\n"
            f"devices: {{fw-par-01: {{host: 127.0.0.1, port: {port}}}}}\n"
        )
        (at.folder / "known_hosts").touch()
        state = ("--state-dir", at.folder / "state")
        ended = at.run(
            "audit", "-i", inventory, "--format", "json", "--now", "2026-01-20T12:00:00Z", *state, *QUICK,
            code=3, MADE_UP="made-up", ANSWERS=str(saved),
        )  # fmt: skip
    (device,) = json.loads(ended.out)["devices"]
    assert device["outcome"] == "audited"
    assert device["facts"]["hostname"] == "edge-fw"
    assert device["facts"]["transport"]["type"] == "smart"


BACKEND = Recipe(
    new={
        "asa_transport/edges/ssh/saved_session.py": '''"""Open sessions that read the answers of a folder.

Source: made up.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from asa_transport.capabilities import Deadline, Dial, Gate, Link, is_read_only
from asa_transport.errors import ForbiddenCommand
from asa_transport.model import CommandOutput, Credential, Device, HostKeys, Limits


class SavedSession:
    """Implements `SshSession`, and `SshConfigSession` by refusing."""

    has_typed_enable = False
    prompt = "edge-fw#"
    ssh = None

    def __init__(self, link: Link, probe: bool) -> None:
        self._link = link
        self._probe = probe

    def run(self, command: str) -> CommandOutput:
        """Return the answer that was saved."""
        if not is_read_only(command, probe=self._probe):
            raise ForbiddenCommand(command)
        file = Path(os.environ["ANSWERS"], f"{command.replace(' ', '_').replace('-', '_')}.txt")
        text = file.read_text() if file.is_file() else "ERROR: % Invalid input detected at '^' marker."
        return CommandOutput(
            command=command, text=text, prompt=self.prompt, started_at=datetime.now(UTC), duration_s=0.0
        )

    def close(self) -> None:
        """Close the link."""
        self._link.close()

    def permit(self, lines: Iterable[str]) -> None:
        """Refuse."""
        raise ForbiddenCommand(" ".join(lines))

    def send(self, line: str) -> CommandOutput:
        """Refuse."""
        raise ForbiddenCommand(line)


def open_session(
    device: Device,
    *,
    credential: Credential,
    host_keys: HostKeys,
    limits: Limits,
    deadline: Deadline,
    dial: Dial,
    probe: bool = False,
    gate: Gate | None = None,
) -> SavedSession:
    """Return a session; nothing is sent over the link."""
    link = dial(device)
    deadline.hold(link.cut)
    return SavedSession(link, probe)


def open_config_session(
    device: Device,
    *,
    credential: Credential,
    host_keys: HostKeys,
    limits: Limits,
    deadline: Deadline,
    dial: Dial,
    gate: Gate | None = None,
) -> SavedSession:
    """Return the same."""
    return open_session(
        device, credential=credential, host_keys=host_keys, limits=limits, deadline=deadline, dial=dial
    )
''',
    },
    edits={
        "asa_transport/edges/ssh/backend.py": {"import session as chosen": "import saved_session as chosen"},
    },
    proof=_backend_opens,
)


# --------------------------------------------------------------------------- a catalogued bug


def _bug_is_known(at: Checkout) -> None:
    assert "CSCzz00001" in at.run("bugs").out
    said = at.run("bugs", "9.99(1)", "--format", "json").out
    verdicts = {bug["id"]: bug["verdict"] for bug in json.loads(said)["verdicts"]}
    assert verdicts["CSCzz00001"] == "affected"
    ended = at.run("analyze", _saved(at, "9.99(1)"), "--format", "json", code=3)
    (device,) = json.loads(ended.out)["devices"]
    assert "CSCzz00001" in {finding["bug"] for finding in device["findings"]}
    at.passes("tests/unit/test_catalogue.py", "tests/unit/test_cli_bugs.py", "-k", "shipped or entry or bugs")
    at.passes("tests/unit/test_scenarios_doc.py", "-k", "catalogue")


BUG = Recipe(
    new={},
    edits={
        "asa_transport/data/bugs.yaml": {
            "\nbugs:\n": """
bugs:
  CSCzz00001:
    title: made up for a release that nobody has
    severity: medium
    affected: [9.99(1)]
    blocks: false
    remedy: Ask who made it.
    source: made up
    as_of: 2026-05-21

""",
        },
    },
    proof=_bug_is_known,
)


# --------------------------------------------------------------------------- a capture of a real firewall

_CAPTURED = ROOT / "tests" / "captures" / "mock-old-callhome"


def _capture_is_served(at: Checkout) -> None:
    folder = at.root / "tests" / "captures" / "oslo"
    # As `unzip` does.
    for device in (path for path in _CAPTURED.iterdir() if path.is_dir()):
        shutil.copytree(device, folder / device.name)
    at.passes("tests/captures/test_served.py", "-k", "oslo or several")
    answer = next(folder.glob("*/show_version.txt"))
    answer.write_text(answer.read_text().replace("up ", "up 9"))
    at.fails("tests/captures/test_served.py", "-k", "oslo")


CAPTURE = Recipe(
    new={
        "tests/captures/oslo/manifest.json": (_CAPTURED / "manifest.json").read_text(encoding="utf-8"),
    },
    edits={},
    proof=_capture_is_served,
)
