"""What another program may call: audit, analyze, plan, read back, render; `asa_transport` names it all.

Prints nothing, asks nobody on a terminal, installs no signal handler and starts no process (but
`ansible-inventory`, where an inventory of Ansible is named), so that it can be called from any thread of
any program.  Sends nothing but commands that read; a push is not here.  What a person may want to know of a
run goes to the logger `asa_transport`.

Thin: the work is done by `flows/`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import UnionType
from typing import TypeAlias, TypeVar

from asa_transport.capabilities import Silence
from asa_transport.core.documents import plan as plan_document
from asa_transport.core.reports.report import Report
from asa_transport.errors import UserError
from asa_transport.files import inventory as inventories
from asa_transport.flows import analyze as analyze_flow
from asa_transport.flows import audit as audit_flow
from asa_transport.flows import plan as plan_flow
from asa_transport.flows import plan_file, report_file
from asa_transport.flows.inputs import Files, StateLocation
from asa_transport.flows.report_texts import TEXTS
from asa_transport.flows.standard import LoadedStandard
from asa_transport.flows.standard import read as read_standard
from asa_transport.model import AUDIT_KIND, AuditOutcome, Goal, Inventory, Limits, Plan, Severity

AnyPath: TypeAlias = str | os.PathLike[str]
WordT = TypeVar("WordT", Goal, Severity)

_LOG = logging.getLogger("asa_transport")
# A program that says nothing of logging is not to find our words on its stderr, nor the tracebacks that
# an SSH library logs for a broken stream; what it does say of it holds.
for _name in (_LOG.name, "asyncssh", "netmiko", "paramiko"):
    logging.getLogger(_name).addHandler(logging.NullHandler())
# It tells of each connection, at a level that many programs print.
if logging.getLogger("asyncssh").level == logging.NOTSET:
    logging.getLogger("asyncssh").setLevel(logging.WARNING)


def load_inventory(path: AnyPath) -> Inventory:
    """Return the inventory of a file; contacts nothing and obtains no secret.

    Args:
        path: A file of ours, or another program's inventory as `-i` takes it, e.g. ``ansible:hosts.yml``;
            ``netbox:URL`` asks NetBox.

    Raises:
        InventoryError: The file cannot be used; `problems` holds each with its line and column.
    """
    return inventories.load(_path("path", path))


def audit(
    inventory: Inventory,
    *,
    limit: str | Sequence[str] = (),
    policy: AnyPath | None = None,
    fail_on: Severity = Severity.MEDIUM,
    workers: int | None = None,
    limits: Limits | None = None,
    ssh_config: AnyPath | None = None,
    ask: Callable[[str], str] | None = None,
    on_outcome: Callable[[AuditOutcome], object] | None = None,
    state_dir: AnyPath | None = None,
) -> Report:
    """Log in to firewalls, read, judge, and return a report with one outcome for each of them.

    A firewall that cannot be audited is a `NotAudited` in the report, never an error.  Returns when the
    last device has its outcome: within `limits.device_s` for each round of `workers` devices.

    Args:
        inventory: Credentials are obtained from where it says, once, before the first contact.
        limit: Patterns as of `--limit`: names, globs, `group:`, `tag:`, `region:`; without any, all.
        policy: The policy file; `None` for the `policy.yaml` beside the inventory, else safe defaults.
            Exceptions and waivers are those beside the inventory.
        fail_on: From which severity on a finding makes `report.run.exit_code` 3.
        workers: Devices at once; `None` for 100.
        limits: Seconds for each part of one device's audit; `None` for the defaults.
        ssh_config: In place of `~/.ssh/config`, for jump hosts.
        ask: Given e.g. `credential main: password`, returns it; `None` where nobody can be asked: a
            credential of kind `prompt` is an error then.
        on_outcome: Told of each device, not judged yet, in the thread that called; what it raises ends the
            audit, and is raised here.
        state_dir: Where the run is kept, as the program does; `None` keeps nothing, and knows nothing of
            earlier runs or of what an earlier push left behind.

    Raises:
        UserError: What was given cannot be used, e.g. SelectionError where `limit` matches no device, or
            CredentialError.  No device was contacted.
    """
    _expect("inventory", inventory, Inventory, "what load_inventory returned")
    _expect("limits", limits, Limits | None, "a Limits of asa_transport.model")
    _expect_function(on_outcome=on_outcome, ask=ask)
    _at_least_one(workers=workers)
    return audit_flow.audit(
        inventory,
        limit=_patterns(limit),
        standard=_standard(inventory.path, policy),
        fail_on=_word("fail_on", fail_on, Severity),
        location=None if state_dir is None else StateLocation(state_dir=_path("state_dir", state_dir)),
        limits=Limits() if limits is None else limits,
        workers=workers,
        ssh_config=_path_or_none("ssh_config", ssh_config),
        ask=ask,
        observer=None if on_outcome is None else _Told(on_outcome),
        tell=_Logged(),
    )


def analyze(
    paths: AnyPath | Sequence[AnyPath],
    *,
    inventory: Inventory | None = None,
    limit: str | Sequence[str] = (),
    policy: AnyPath | None = None,
    fail_on: Severity = Severity.MEDIUM,
) -> Report:
    """Judge outputs that somebody saved, as an audit would; contacts nothing and keeps nothing.

    Args:
        paths: Files, directories and archives, or "-" for standard input; docs/analyze.md says what they
            may hold.
        inventory: What is expected of a firewall whose host name or file name is one of it; of every
            other one smart transport is, over any proxy.
        limit: As of `audit`, among the names that the firewalls were found to have.
        policy: As of `audit`; without an inventory, the `policy.yaml` in the current directory.

    Raises:
        UserError: A path is not there, or another file cannot be used.  A file that holds no output of a
            firewall is a `NotAudited`.
    """
    _expect("inventory", inventory, Inventory | None, "what load_inventory returned")
    given = [paths] if isinstance(paths, str | os.PathLike) else paths
    _expect("paths", given, Iterable, "a path, or several")
    beside = Path("inventory.yaml") if inventory is None else inventory.path
    found = analyze_flow.analyze(
        [_path_text("paths", path) for path in given],
        inventory=inventory,
        limit=_patterns(limit),
        standard=_standard(beside, policy),
        fail_on=_word("fail_on", fail_on, Severity),
    )
    for remark in found.remarks:
        _LOG.info("%s", remark)
    return found.report


def make_plan(
    report: Report,
    *,
    goal: Goal = Goal.EXPECTED,
    policy: AnyPath | None = None,
    valid_for: timedelta | None = None,
    templates: AnyPath | None = None,
) -> Plan:
    """Return what would be sent to which firewall of an audit, and the way back; contacts nothing.

    It is as old as the audit: its end counts from there.

    Args:
        report: As `audit` returned it.
        goal: `expected` by the inventory, or `smart`.  A revert to callhome is not made here, because it
            writes exceptions: `asa-transport plan --goal callhome`.
        policy: The file that was given to `audit`.
        valid_for: How long it may be pushed; `None` for what the policy says.
        templates: A directory of change templates that are searched before ours.

    Raises:
        UserError: It is no report of an audit in this process, the audit is too old, the policy is no
            longer the one that it was judged by, or a template is faulty.
    """
    _expect("report", report, Report, "what audit returned")
    _expect("valid_for", valid_for, timedelta | None, "a timedelta")
    goal = _word("goal", goal, Goal)
    if goal is Goal.CALLHOME:
        raise UserError("a revert needs an owner, a ticket and an end: 'asa-transport plan --goal callhome'")
    if report.run.kind != AUDIT_KIND or not report.is_whole:
        raise UserError(
            f"run {report.run.id}: a plan is made of what `audit` returned: saved outputs and documents do "
            "not say all that it rests on; audit again"
        )
    inventory = Path(report.run.inventory)
    standard = _standard(inventory, policy)
    if standard.policy_sha256 != report.run.policy_sha256:
        raise UserError(
            f"run {report.run.id}: its policy was {report.run.policy_sha256:.12}…, and "
            f"{standard.policy_file or 'that of the defaults'} is {standard.policy_sha256:.12}…; "
            "give the policy of the audit, or audit again"
        )
    order = plan_flow.PlanOrder(goal=goal, now=standard.standard.now, valid_for=valid_for)
    own = _path_or_none("templates", templates)
    return plan_flow.plan_from_report(report, standard=standard, order=order, own_templates=own)


def read_plan(path: AnyPath, *, now: datetime | None = None) -> Plan:
    """Return the plan of a file, whole and unaltered: its digest is that of what it says.

    Args:
        now: When it has to be valid, aware; `None` takes an expired one too.

    Raises:
        PlanError: MalformedPlan, AlteredPlan or ExpiredPlan: it may not be used, and the text says why.
        UserError: The file cannot be read.
    """
    if now is not None and (not isinstance(now, datetime) or now.utcoffset() is None):
        raise UserError("now: expected a datetime with its time zone, as datetime.now(UTC) is")
    file = _path("path", path)
    return plan_file.read_plan(file, now)


def read_report(path: AnyPath) -> Report:
    """Return the report of an audit document: an `audit.json`, or what `--format json` wrote.

    What the document does not say is not in the report either: groups, how long each device took, what is
    expected and what is configured, so that no plan can be made of it.  Days left of a firewall whose
    clock was not read are counted from the start of the run.

    Raises:
        UserError: The file cannot be read, or is no audit document.
    """
    return report_file.read_report(_path("path", path))


def render(document: Report | Plan, output_format: str = "json") -> str:
    """Return a report or a plan as text: the bytes that `asa-transport` writes, once encoded as UTF-8.

    Args:
        output_format: Of a report `json` (the audit document), `jsonl`, `csv`, `md`, `html`, `junit` or
            `sarif`; of a plan `json`, the file that `asa-transport push` takes.

    Raises:
        UserError: There is no such format.
    """
    _expect("document", document, Report | Plan, "a report or a plan")
    if isinstance(document, Plan):
        known, text = ["json"], plan_document.text
        if output_format in known:
            return text(document)
    else:
        known = list(TEXTS)
        if output_format in known:
            # Half a surrogate pair, from a file name that is not UTF-8, becomes JSON's own escape.
            return TEXTS[output_format](document).encode("utf-8", "backslashreplace").decode("utf-8")
    raise UserError(f"format {output_format!r:.40}: expected {', '.join(known)}")


class _Logged:
    """Hands words on to the logger; implements `Teller`."""

    def note(self, message: str, /) -> None:
        _LOG.info("%s", message)

    def warn(self, message: str, /) -> None:
        _LOG.warning("%s", message)


class _Told(Silence):
    """Hands outcomes on; implements `RunObserver`."""

    def __init__(self, on_outcome: Callable[[AuditOutcome], object]) -> None:
        self._on_outcome = on_outcome

    def finished(self, outcome: AuditOutcome) -> None:
        self._on_outcome(outcome)


def _standard(inventory: Path, policy: AnyPath | None) -> LoadedStandard:
    files = Files(policy=_path_or_none("policy", policy))
    return read_standard(inventory, files, now=datetime.now(UTC), is_now_given=False)


def _patterns(limit: str | Sequence[str]) -> Sequence[str]:
    # A text is a sequence of its letters, and is not meant so.
    listed = [limit] if isinstance(limit, str) or not isinstance(limit, Iterable) else [*limit]
    if not all(isinstance(pattern, str) for pattern in listed):
        raise UserError(f"limit: expected a pattern, or several, not {_kind(limit)}")
    return listed


def _path_or_none(name: str, path: AnyPath | None) -> Path | None:
    return None if path is None else _path(name, path)


def _path(name: str, path: AnyPath) -> Path:
    return Path(_path_text(name, path))


def _path_text(name: str, path: AnyPath) -> str:
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    # Of a variable that is not set a program makes None or "", and Path("") is the current directory.
    if not isinstance(text, str) or not text or "\0" in text:
        said = repr(text)[:80] if isinstance(text, str) else _kind(path)
        raise UserError(f"{name}: expected a path, not {said}")
    return text


def _word(name: str, value: WordT, kind: type[WordT]) -> WordT:
    """Return a member also for its word: a text that equals it is not it where it is compared by `is`."""
    try:
        return kind(value)
    except ValueError:
        raise UserError(f"{name}={value!r:.80}: expected one of {', '.join(kind)}") from None


def _expect(name: str, value: object, kind: type | UnionType, expected: str) -> None:
    """Raise UserError where a value is of another kind: deep inside, nobody would say which argument."""
    if not isinstance(value, kind):
        raise UserError(f"{name}: expected {expected}, not {_kind(value)}")


def _expect_function(**functions: object) -> None:
    for name, function in functions.items():
        if function is not None and not callable(function):
            raise UserError(f"{name}: expected a function, not {_kind(function)}")


def _kind(value: object) -> str:
    # Never the value: it may be an object, or a text, that holds a secret.
    return "None" if value is None else f"a value of type {type(value).__name__}"


def _at_least_one(**numbers: int | None) -> None:
    for name, number in numbers.items():
        if number is not None and (not isinstance(number, int) or number < 1):
            raise UserError(f"{name}={number!r:.80}: expected 1 or more")
