"""One run of four firewalls, the same wherever it is made: what docs/formats.md shows of each format.

What the firewalls printed are golden captures of `tests/`; reading, judging, planning and writing
are the program's own.  Nothing is asked of a clock or a network.
"""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from asa_transport._version import __version__
from asa_transport.cli.console import console
from asa_transport.cli.formats import Shape
from asa_transport.cli.views.audit import print_table
from asa_transport.cli.views.diff import print_diff
from asa_transport.cli.views.formats import render
from asa_transport.core.documents import plan as plan_document
from asa_transport.core.documents.audit import Run
from asa_transport.core.history import compare
from asa_transport.core.history.differences import Diff
from asa_transport.core.judgement.judge import Standard, cases, judged
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.planning.plan import Origin, make_plan
from asa_transport.core.planning.render import Renderer
from asa_transport.core.reports import metrics
from asa_transport.core.reports.formats import Format
from asa_transport.core.reports.report import Report
from asa_transport.edges import templates
from asa_transport.edges.notify import textfile
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Capture,
    CommandOutput,
    Device,
    Expectation,
    Goal,
    NotAudited,
    Policy,
    Proxy,
    ProxyPolicy,
    RunStatus,
    Severity,
    Stage,
    StoredRun,
)

CAPTURES: Final = Path(__file__).resolve().parent.parent / "tests" / "golden" / "devices"
NOW: Final = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)
RUN: Final = "20260120T120000Z-4f1c"


@dataclass(frozen=True, slots=True, kw_only=True)
class Firewall:
    """What one of them printed, by folder of `CAPTURES`, in the night before and now; None: no answer."""

    before: str
    now: str | None
    proxy: Proxy | None = None


_WAY_OUT: Final = Proxy(host="proxy.example.net", port=8080)
FIREWALLS: Final = {
    "fw-ber-01": Firewall(before="smart_healthy", now="smart_healthy", proxy=_WAY_OUT),
    "fw-lis-01": Firewall(before="smart_healthy", now=None, proxy=_WAY_OUT),
    "fw-muc-01": Firewall(
        before="callhome_pair_with_http_proxy",
        now="callhome_pair_with_http_proxy",
        proxy=Proxy(host="192.0.2.80", port=80),
    ),
    "fw-par-01": Firewall(before="smart_healthy", now="auth_expired"),
}
_TERMINAL: Final = 80


def report() -> Report:
    """Return the run, judged."""
    standard = _standard(NOW)
    outcomes = judged(_outcomes(is_now=True), standard)
    return Report(
        run=Run(
            id=RUN,
            kind="audit",
            started_at=NOW,
            finished_at=NOW + timedelta(seconds=9),
            tool_version=__version__,
            inventory="inventory.yaml",
            policy_sha256="0" * 64,
            exit_code=4,
        ),
        devices=tuple(outcome.device for outcome in outcomes),
        outcomes=outcomes,
        cases=cases(outcomes, standard),
        now=NOW,
        fail_on=Severity.MEDIUM,
    )


def audit_text(one: Format) -> str:
    """Return the run in a format of `audit`; the table as a terminal of 80 columns shows it."""
    file = io.StringIO(newline="")
    if one is Format.TABLE:
        out = console(file, no_color=True)
        out.width = _TERMINAL
        print_table(out, report())
    else:
        render(one, file, report())
    return file.getvalue()


def metrics_text() -> str:
    """Return the metrics of the run as `--metrics-file` writes them."""
    made = report()
    found = metrics.families(made, inventory=made.devices, previous=(), catalogue_version="", told={})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "asa.prom"
        textfile.write(path, found)
        return path.read_text(encoding="utf-8")


def diff_text(shape: Shape) -> str:
    """Return what changed since the night before."""
    nights = [
        compare.Side(run=_stored(at), outcomes=judged(_outcomes(is_now=at == NOW), _standard(at)))
        for at in (NOW - timedelta(days=1), NOW)
    ]
    found = Diff(
        before=compare.compared(nights[0]),
        after=compare.compared(nights[1]),
        skipped=(),
        changes=compare.changes(nights[0], nights[1], {}),
    )
    file = io.StringIO()
    print_diff(shape, file, found, no_color=True)
    return file.getvalue()


def plan_text() -> str:
    """Return the plan that follows from the run."""
    made = report()
    origin = Origin(
        id="20260120T120500Z-0a2b",
        run=RUN,
        inventory="inventory.yaml",
        tool_version=__version__,
        policy_sha256="0" * 64,
        now=NOW + timedelta(minutes=5),
    )
    plan = make_plan(
        made.cases,
        made.outcomes,
        origin=origin,
        goal=Goal.EXPECTED,
        renderer=Renderer(templates.jinja()),
        policy=Policy(),
    )
    return plan_document.text(plan)


def _standard(at: datetime) -> Standard:
    return Standard(policy=Policy(), catalogue=(), exemptions=(), now=at)


def _stored(at: datetime) -> StoredRun:
    return StoredRun(
        id=RUN if at == NOW else f"{at:%Y%m%dT%H%M%SZ}-9c3d",
        kind="audit",
        status=RunStatus.FINISHED,
        place="",
        started_at=at,
        as_of=at,
        tool_version=__version__,
        inventory="inventory.yaml",
        inventory_file="inventory.yaml",
        policy_sha256="0" * 64,
        fail_on=Severity.MEDIUM,
    )


def _outcomes(*, is_now: bool) -> tuple[AuditOutcome, ...]:
    tables = TableSet(templates.textfsm())
    return tuple(
        _outcome(name, one.now if is_now else one.before, one.proxy, tables)
        for name, one in FIREWALLS.items()
    )


def _outcome(name: str, shown: str | None, proxy: Proxy | None, tables: TableSet) -> AuditOutcome:
    device = Device(
        name=name,
        host=f"{name}.example.net",
        port=22,
        username="netaudit",
        credential="lab",
        known_hosts=Path("known_hosts"),
        expect=Expectation(proxy=proxy or ProxyPolicy.NONE),
    )
    if shown is None:
        return NotAudited(
            device=device,
            stage=Stage.CONNECT,
            error="TCP connection: no answer within 10 s",
            hint=f"try: nc -vz {device.host} 22",
        )
    outputs = tuple(
        CommandOutput(
            command=_command(path.stem),
            text=path.read_bytes().decode("utf-8"),
            prompt=f"{name}#",
            started_at=NOW,
            duration_s=0.1,
        )
        for path in sorted((CAPTURES / shown).glob("*.txt"))
    )
    capture = Capture(device=name, started_at=NOW, finished_at=NOW + timedelta(seconds=2), outputs=outputs)
    # The captures are of one firewall; two names of one serial number would be one firewall, too.
    serial = f"9AEXAMPLE{list(FIREWALLS).index(name) + 11}"
    facts = replace(parse.facts(capture, tables), hostname=name, serial=serial)
    return Audited(device=device, capture=replace(capture, outputs=()), facts=facts)


def _command(stem: str) -> str:
    words = stem.replace("_", " ")
    for two in ("running config", "startup config", "call home"):
        words = words.replace(two, two.replace(" ", "-"))
    return words
