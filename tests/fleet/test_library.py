"""The package as another program uses it: its names, types and silence, and every example of its page."""

from __future__ import annotations

import ast
import asyncio
import json
import pydoc
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

import asa_transport
from asa_transport import AsaTransportError, Audited, NotAudited, Report
from asa_transport.errors import AlteredPlan, CredentialError, SelectionError, UserError
from asa_transport.model import AuditOutcome, Goal, Inventory, Limits, Severity, Verdict
from mock_devices import MockFleet
from tests.fleet.commit import reverted
from tests.fleet.hands import run, smart
from tests.golden.golden import DEVICES
from tests.nightly.test_start import HEAVY
from tests.pages import DOCS, blocks
from tests.support import ROOT, Ended, cli, fleet_of, python
from tests.warm import forked

TWELVE = {
    "AsaTransportError", "Audited", "NotAudited", "Plan", "Report", "analyze", "audit", "load_inventory",
    "make_plan", "read_plan", "read_report", "render",
}  # fmt: skip
# In the order in which they stand on the page.
EXAMPLES = dict(
    zip(
        ("audit", "plan", "report", "errors", "nautobot_job", "ansible_module"),
        (
            "\n".join(block.lines) + "\n"
            for block in blocks(DOCS / "library.md")
            if block.language == "python"
        ),
        strict=True,
    )
)
# As much of two hosts as the examples use, in their own names.
HOSTS = {
    "nautobot/apps/jobs.py": """
        import logging
        from pathlib import Path

        class StringVar:
            def __init__(self, *, description: str = "") -> None:
                self.description = description

        class Job:
            logger = logging.getLogger("nautobot")

            def create_file(self, filename: str, content: str) -> None:
                Path(filename).write_text(content, encoding="utf-8")

        def register_jobs(*jobs: type[Job]) -> None:
            assert all(job.run for job in jobs)  # type: ignore[attr-defined]
        """,
    "ansible/module_utils/basic.py": """
        import json
        import sys
        from typing import Any, NoReturn

        class AnsibleModule:
            def __init__(self, argument_spec: dict[str, Any], supports_check_mode: bool = False) -> None:
                self.params: dict[str, Any] = json.loads(sys.argv[1])
                assert self.params.keys() == argument_spec.keys() and supports_check_mode

            def exit_json(self, **result: Any) -> NoReturn:
                print(json.dumps(result))
                sys.exit(0)

            def fail_json(self, msg: str, **result: Any) -> NoReturn:
                print(json.dumps({"failed": True, "msg": msg, **result}))
                sys.exit(1)
        """,
}
# As a program that nobody type-checks sees it.
LOOSE: Any = asa_transport
SHORT = Limits(tcp_s=5, handshake_s=10, authentication_s=10, command_s=20, device_s=60, attempts=1)


@pytest.fixture(scope="module")
def fleet() -> Iterator[MockFleet]:
    devices = smart("fw-par-01"), reverted("fw-par-02"), smart("fw-par-03", faults=[{"action": "refuse"}])
    with fleet_of(*devices) as running:
        yield running


@pytest.fixture(scope="module")
def desk(fleet: MockFleet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the examples name: an inventory in one region, an audit document, both hosts."""
    folder = tmp_path_factory.mktemp("desk")
    inventory = fleet.write(folder).inventory
    written = yaml.safe_load(inventory.read_text())
    for device in written["devices"].values():
        device["region"] = "emea"
    inventory.write_text(yaml.safe_dump(written))
    ended = run(folder, "audit", "--format", "json", "-o", folder / "audit.json", "-q")
    assert ended.code == 4, ended.err
    for name, text in HOSTS.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(textwrap.dedent(text))
    for name, text in EXAMPLES.items():
        (folder / f"{name}.py").write_text(text)
    return folder


@pytest.fixture(scope="module")
def inventory(desk: Path) -> Inventory:
    return asa_transport.load_inventory(desk / "inventory.yaml")


@pytest.fixture(scope="module")
def report(inventory: Inventory) -> Report:
    return asa_transport.audit(inventory, limits=SHORT)


def of(name: str, desk: Path, *arguments: str) -> Ended:
    """Run an example where its files are."""
    with forked(desk / f"{name}.py", *arguments, cwd=desk) as running:
        out, err = running.communicate(100)
    return Ended(code=running.wait(), out=out, err=err)


def no_thread_stays() -> bool:
    """Return whether every thread of an audit ends, as it does a moment after its last outcome was taken."""
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("fleet")]
    for thread in threads:
        thread.join(SHORT.device_s)
    return not any(thread.is_alive() for thread in threads)


# Names and types.


def test_the_package_has_twelve_names() -> None:
    """Whatever is not among them may change with any release."""
    assert set(asa_transport.__all__) == TWELVE
    assert {name for name in dir(asa_transport) if not name.startswith("__")} == TWELVE
    assert all(getattr(asa_transport, name).__doc__ for name in TWELVE)


def test_a_type_checker_and_the_program_find_each_name_at_the_same_place() -> None:
    """It stands twice, so that the package is imported in no time."""
    tree = ast.parse(Path(asa_transport.__file__).read_text())
    seen = {
        name.name: node.module.removeprefix("asa_transport.")
        for guard in tree.body
        if isinstance(guard, ast.If) and isinstance(guard.test, ast.Name)
        for node in guard.body
        if isinstance(node, ast.ImportFrom) and node.module
        for name in node.names
    }

    assert seen == asa_transport._MODULE_OF


def test_a_name_that_is_not_there_is_said_to_be_missing() -> None:
    """As of any module, `hasattr` and a typing mistake work."""
    with pytest.raises(AttributeError, match="has no attribute 'push'"):
        asa_transport.push  # type: ignore[attr-defined]  # noqa: B018


def test_help_shows_every_name_with_its_arguments() -> None:
    """Who tries the package in a shell reads this first."""
    shown = pydoc.plain(pydoc.render_doc(asa_transport))

    assert [name for name in TWELVE if f"{name}(" not in shown and f"class {name}" not in shown] == []
    assert "on_outcome: 'Callable[[AuditOutcome], object] | None'" in shown


def test_importing_the_package_brings_nothing_of_it() -> None:
    """`--version` and a TAB import it, too."""
    code = "import asa_transport as a, sys; a.__version__, dir(a); print(*sorted(sys.modules))"

    brought = set(python("-c", code).out.split())

    ours = {name for name in brought if name.startswith("asa_transport")}
    assert ours == {"asa_transport", "asa_transport._version"}
    assert brought & set(HEAVY) == set()


def test_the_examples_pass_a_strict_type_checker_from_outside(desk: Path) -> None:
    """The types that the wheel promises are those that a program sees; a misspelt name is found."""
    wrong = desk / "wrong.py"
    wrong.write_text("import asa_transport\n\nasa_transport.audit(3)\nasa_transport.adit\n")
    names = [*(f"{name}.py" for name in EXAMPLES), wrong.name]
    # Kept between runs, as the checker's own; what is checked is the package and all that it imports.
    cache = ROOT / "build" / "types-from-outside"

    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}", *names],
        cwd=desk, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip

    assert [line.rpartition(" [")[2] for line in done.stdout.splitlines() if ": error:" in line] == [
        "arg-type]",
        "attr-defined]",
    ], done.stdout
    assert done.stdout.count("wrong.py:") == 2


# The examples of the page.


def test_the_example_of_an_audit_names_every_firewall(desk: Path) -> None:
    """Also the one that could not be audited."""
    ended = of("audit", desk)

    lines = ended.out.splitlines()
    assert (ended.code, ended.err) == (0, "")
    assert [line.split()[:2] for line in lines] == [
        ["fw-par-01", "compliant"],
        ["fw-par-02", "change"],
        ["fw-par-03", "connect"],
    ]
    assert "'AT101'" in lines[1]


def test_the_example_of_a_plan_leaves_a_file_that_a_push_takes(fleet: MockFleet, desk: Path) -> None:
    """The way from a program to a change leads through that file."""
    ended = of("plan", desk)
    taken = run(desk, "push", desk / "plan.json", "--format", "json")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "fw-par-02", "  in wave 1:", "  license smart", "   transport type smart",
    ]  # fmt: skip
    assert [device["outcome"] for device in taken.document["devices"]] == ["would-push"]
    assert not any("configure" in line for name in fleet.names for line in fleet[name].typed)


def test_the_example_of_a_report_names_every_finding(desk: Path) -> None:
    """A document is read without a firewall, a password or an inventory."""
    ended = of("report", desk)

    document = json.loads((desk / "audit.json").read_text())
    assert (ended.code, ended.err) == (0, "")
    for device in document["devices"]:
        for finding in device.get("findings", ()):
            assert f"{device['name']} {finding['rule']} {finding['severity']} {finding['title']}" in ended.out
    assert "fw-par-03 connect" in ended.out


def test_the_example_of_errors_catches_the_one_that_is_raised(desk: Path) -> None:
    """A pattern that matches nothing must not end as an audit of nothing."""
    ended = of("errors", desk)

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("no such firewall: --limit 'fw-nowhere-*'")


def test_the_nautobot_job_logs_each_firewall_and_leaves_the_page(desk: Path) -> None:
    """The shape is one that runs."""
    code = "import logging, nautobot_job as job; logging.basicConfig(level='INFO', format='%(message)s'); "
    code += "logging.getLogger('paramiko').setLevel('CRITICAL'); "

    ended = python("-c", f"{code} print(job.LicenseTransport().run('inventory.yaml'))", cwd=desk)

    assert ended.out == "3 devices, 1 not audited\n"
    assert "fw-par-02: change\n" in ended.err
    assert "fw-par-03: not audited: " in ended.err
    assert "fw-par-02" in (desk / "license-transport.html").read_text()


@pytest.mark.parametrize(("limit", "failed"), [("fw-par-02", False), ("fw-nowhere", True)])
def test_the_ansible_module_answers_in_one_json_object(limit: str, failed: bool, desk: Path) -> None:
    """Anything else on stdout, and Ansible takes the module for broken."""
    ended = of("ansible_module", desk, json.dumps({"inventory": "inventory.yaml", "limit": [limit]}))

    if failed:
        assert (ended.code, ended.document["failed"]) == (1, True)
        assert "'fw-nowhere'" in ended.document["msg"]
    else:
        assert (ended.code, ended.document["changed"], ended.err) == (0, False, "")
        assert ended.document["report"]["totals"]["by_verdict"] == {"change": 1}


def test_the_page_names_all_that_is_public() -> None:
    """And every name of it that looks public is."""
    said = (DOCS / "library.md").read_text()

    assert [name for name in TWELVE if f"`{name}" not in said] == []


# Silence, threads, errors.


def test_an_audit_prints_nothing(desk: Path) -> None:
    """The host's stdout may be a protocol; a program that knows nothing of logging has no other silence."""
    code = "import asa_transport as a; r = a.audit(a.load_inventory('inventory.yaml')); a.make_plan(r); "
    code += "a.render(r, 'html'); a.analyze('audit.json')"

    ended = python("-c", code, cwd=desk)

    assert (ended.code, ended.out, ended.err) == (0, "", "")


@pytest.mark.parametrize("is_in_a_loop", [False, True])
def test_an_audit_can_be_asked_for_in_any_thread_and_in_two_at_once(
    is_in_a_loop: bool, inventory: Inventory
) -> None:
    """A job runs where its host puts it; signals belong to the main thread, a running loop to its owner."""

    async def in_a_loop() -> Report:
        return asa_transport.audit(inventory, limits=SHORT)

    found: list[Report] = []
    call: Callable[[], Report] = (
        (lambda: asyncio.run(in_a_loop()))
        if is_in_a_loop
        else (lambda: asa_transport.audit(inventory, limits=SHORT))
    )
    threads = [threading.Thread(target=lambda: found.append(call())) for _ in range(2)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    kinds = [[type(outcome) for outcome in one.ordered] for one in found]
    assert kinds == [[Audited, Audited, NotAudited]] * 2
    assert no_thread_stays()


def test_each_outcome_is_told_in_the_thread_that_called(inventory: Inventory) -> None:
    """Who shows progress need not lock anything."""
    told: list[tuple[str, threading.Thread]] = []

    found = asa_transport.audit(
        inventory, limits=SHORT, on_outcome=lambda one: told.append((one.name, threading.current_thread()))
    )

    assert sorted(told) == [(outcome.name, threading.current_thread()) for outcome in found.ordered]


def test_what_the_listener_raises_ends_the_audit(inventory: Inventory) -> None:
    """A host ends a job by raising in it; nothing goes on behind its back."""

    def enough(_: AuditOutcome) -> None:
        raise TimeoutError("the job's time is up")

    with pytest.raises(TimeoutError, match="time is up"):
        asa_transport.audit(inventory, limits=SHORT, on_outcome=enough)

    assert no_thread_stays()


def test_a_device_that_is_not_in_the_inventory_is_an_error_before_any_contact(
    fleet: MockFleet, inventory: Inventory
) -> None:
    """An audit of nothing would look like a healthy fleet."""
    before = {name: fleet[name].password_tries for name in fleet.names}

    with pytest.raises(SelectionError, match="'fw-nowhere'") as raised:
        asa_transport.audit(inventory, limit="fw-nowhere")

    assert isinstance(raised.value, AsaTransportError)
    assert {name: fleet[name].password_tries for name in fleet.names} == before


def test_a_password_that_is_to_be_asked_for_needs_somebody_who_asks(fleet: MockFleet, tmp_path: Path) -> None:
    """A library that waits for a terminal hangs a job for ever."""
    files = fleet.write(tmp_path)
    written = yaml.safe_load(files.inventory.read_text())
    (name, spec), *_ = written["credentials"].items()
    path = Path(tmp_path / spec["password"]["file"])
    spec["password"] = {"prompt": True}
    files.inventory.write_text(yaml.safe_dump(written))
    inventory, asked = asa_transport.load_inventory(files.inventory), []

    def ask(question: str) -> str:
        asked.append(question)
        return path.read_text().strip()

    with pytest.raises(CredentialError, match="name another source"):
        asa_transport.audit(inventory, limits=SHORT)
    found = asa_transport.audit(inventory, limit="fw-par-01", limits=SHORT, ask=ask)

    assert asked == [f"credential {name}: password"]
    assert [type(outcome) for outcome in found.ordered] == [Audited]


def test_no_workers_at_all_are_refused(inventory: Inventory) -> None:
    """Otherwise nobody would ever do the work."""
    with pytest.raises(UserError, match="workers=0: expected 1 or more"):
        asa_transport.audit(inventory, workers=0)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("inventory", "inventory.yaml", "inventory: expected what load_inventory returned, not .* str"),
        ("limit", None, "limit: expected a pattern, or several, not None"),
        ("limit", [1], "limit: expected a pattern"),
        ("policy", "", "policy: expected a path, not ''"),
        ("fail_on", "urgent", "fail_on='urgent': expected one of info, low, medium, high, critical"),
        ("limits", {"tcp_s": 5}, "limits: expected a Limits of asa_transport.model, not .* dict"),
        ("workers", "5", "workers='5': expected 1 or more"),
        ("on_outcome", 3, "on_outcome: expected a function, not .* int"),
        ("state_dir", "", "state_dir: expected a path, not ''"),
    ],
)
def test_an_argument_of_another_kind_is_named_before_any_contact(
    name: str, value: object, message: str, fleet: MockFleet, inventory: Inventory
) -> None:
    """Deep inside nobody could say which argument it was, and a fleet would have been logged in to."""
    before = {device: fleet[device].password_tries for device in fleet.names}

    with pytest.raises(UserError, match=message):
        LOOSE.audit(**{"inventory": inventory, name: value})

    assert {device: fleet[device].password_tries for device in fleet.names} == before


@pytest.mark.parametrize("path", [None, 3, b"a", "", "a\0b", Path("a\0b")])
@pytest.mark.parametrize(
    "function",
    [asa_transport.load_inventory, asa_transport.read_report, asa_transport.read_plan, asa_transport.analyze],
)
def test_what_is_no_path_is_refused_by_the_name_of_its_argument(
    function: Callable[[Any], object], path: Any
) -> None:
    """A variable that is not set is None, or empty; `Path("")` would be the current directory."""
    with pytest.raises(UserError, match=r"paths?: expected a path(, or several)?, not "):
        function(path)


def test_a_severity_may_be_given_by_its_word(inventory: Inventory) -> None:
    """It is a text, and would otherwise fail when every device has been read."""
    found = LOOSE.audit(inventory, limit="fw-par-02", limits=SHORT, fail_on="critical")

    assert (found.fail_on, found.run.exit_code) == (Severity.CRITICAL, 0)


# Reports.


def test_a_report_is_the_one_that_the_program_has_of_the_same_run(
    inventory: Inventory, tmp_path: Path
) -> None:
    """Byte for byte: the answers are the same, so is what is said of them."""
    mine = asa_transport.audit(inventory, limits=SHORT, state_dir=tmp_path)

    theirs = cli("report", mine.run.id, "--format", "json", "--state-dir", tmp_path)
    read = asa_transport.read_report(tmp_path / "runs" / mine.run.id / "audit.json")

    assert theirs.code == mine.run.exit_code == 4
    assert asa_transport.render(mine) == theirs.out
    assert asa_transport.render(read) == theirs.out


def test_nothing_is_kept_unless_it_is_said_where(
    inventory: Inventory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A job's home directory is nobody's to look after."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    asa_transport.audit(inventory, limit="fw-par-01", limits=SHORT)

    assert list(tmp_path.iterdir()) == []


def test_the_severity_that_fails_a_run_is_the_callers(inventory: Inventory) -> None:
    """As `--fail-on`."""
    codes = {
        severity: asa_transport.audit(
            inventory, limit="fw-par-02", limits=SHORT, fail_on=severity
        ).run.exit_code
        for severity in (Severity.INFO, Severity.CRITICAL)
    }

    assert codes == {Severity.INFO: 3, Severity.CRITICAL: 0}


def test_saved_outputs_are_judged_as_an_audit_judges() -> None:
    """What was saved on another machine is a report as well."""
    found = asa_transport.analyze(DEVICES / "smart_healthy")

    assert [outcome.verdict for outcome in found.audited] == [Verdict.COMPLIANT]


def test_a_report_that_was_read_has_the_bytes_of_the_audit_where_the_page_says_so(
    report: Report, tmp_path: Path
) -> None:
    """The other formats show parts of a second, and where each fact was read; the document does not."""
    (tmp_path / "audit.json").write_text(asa_transport.render(report), encoding="utf-8")

    read = asa_transport.read_report(tmp_path / "audit.json")

    for name in ("json", "jsonl", "csv", "sarif"):
        assert asa_transport.render(read, name) == asa_transport.render(report, name), name


@pytest.mark.parametrize("text", ["{}", "[]", "no JSON", '{"schema": "asa-transport/push/1"}'])
def test_what_is_no_audit_document_is_refused_by_name(text: str, tmp_path: Path) -> None:
    """A report of nothing would look like a healthy fleet."""
    (tmp_path / "audit.json").write_text(text)

    with pytest.raises(UserError, match=r"audit\.json: "):
        asa_transport.read_report(tmp_path / "audit.json")


def test_a_format_that_is_not_there_is_refused(report: Report) -> None:
    """With those that are."""
    with pytest.raises(UserError, match="'pdf': expected json, jsonl, csv, md, html, junit, sarif"):
        asa_transport.render(report, "pdf")
    with pytest.raises(UserError, match="'html': expected json"):
        asa_transport.render(asa_transport.make_plan(report), "html")


# Plans.


def test_a_plan_names_every_firewall_once(report: Report) -> None:
    """To be changed, held with a reason, or not to be touched."""
    plan = asa_transport.make_plan(report, valid_for=timedelta(hours=2))

    named = [
        *(device.name for device in plan.devices),
        *(held.name for held in plan.held),
        *plan.nothing_to_do,
    ]
    assert sorted(named) == [outcome.name for outcome in report.ordered]
    assert (plan.run, plan.valid_until - plan.created_at <= timedelta(hours=2)) == (report.run.id, True)


def test_a_plan_is_made_of_an_audit_and_of_nothing_that_says_less(desk: Path) -> None:
    """A document does not say what is expected: all of its firewalls would be planned for the default."""
    for less in (
        asa_transport.read_report(desk / "audit.json"),
        asa_transport.analyze(DEVICES / "smart_healthy"),
    ):
        with pytest.raises(UserError, match="audit again"):
            asa_transport.make_plan(less)


def test_a_plan_needs_the_policy_of_its_audit(report: Report, tmp_path: Path) -> None:
    """Another one might not have decided so."""
    (tmp_path / "other.yaml").write_text("plan_valid: 2 h\n")

    with pytest.raises(UserError, match="give the policy of the audit"):
        asa_transport.make_plan(report, policy=tmp_path / "other.yaml")


@pytest.mark.parametrize("goal", [Goal.CALLHOME, "callhome"])
def test_a_revert_is_left_to_the_program(goal: Any, report: Report) -> None:
    """It writes an exception for each firewall beside the plan, whichever way the goal is said."""
    with pytest.raises(UserError, match="asa-transport plan --goal callhome"):
        asa_transport.make_plan(report, goal=goal)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda _: LOOSE.make_plan("audit.json"), "report: expected what audit returned, not .* str"),
        (lambda one: LOOSE.make_plan(one, goal="back"), "goal='back': expected one of expected, smart"),
        (lambda one: LOOSE.make_plan(one, valid_for=3600), "valid_for: expected a timedelta, not .* int"),
        (lambda one: LOOSE.render(one.ordered[0]), "document: expected a report or a plan, not .* Audited"),
        (lambda _: LOOSE.read_plan("plan.json", now=datetime(2026, 1, 2)), "now: expected a datetime with"),
    ],
)
def test_what_is_mistaken_for_a_report_a_goal_or_a_moment_is_refused_by_name(
    call: Callable[[Any], object], message: str, report: Report
) -> None:
    """Each has a neighbour that looks like it: a file of it, its word, a number."""
    with pytest.raises(UserError, match=message):
        call(report)


def test_a_plan_that_was_edited_is_not_read(report: Report, tmp_path: Path) -> None:
    """Its digest is checked wherever it is read."""
    text = asa_transport.render(asa_transport.make_plan(report))
    (tmp_path / "plan.json").write_text(text.replace("transport type smart", "transport type callhome"))

    with pytest.raises(AlteredPlan, match=r"plan\.json: the plan was altered"):
        asa_transport.read_plan(tmp_path / "plan.json")
