"""What the program says and writes, as whole texts: helps, schemas, judgements, reports, plans, pushes.

Nothing is asked of a clock, a terminal or this machine: times, ids and the version are those of the
examples of `tests/unit`, the width is given, and there is no colour.

    python -m tests.golden.write_snapshots

writes the files of `snapshots/` anew from what the program prints today; look at the difference
before you keep it.  Another release of typer or rich may lay out a help or a table otherwise.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from unittest import mock

import typer
from rich.console import Console
from typer.testing import CliRunner

from asa_transport.cli.formats import Shape
from asa_transport.cli.lazy import commands_of
from asa_transport.cli.main import app
from asa_transport.cli.schemas import SCHEMAS
from asa_transport.cli.views.audit import print_table
from asa_transport.cli.views.diff import print_diff
from asa_transport.cli.views.formats import render
from asa_transport.cli.views.plan import print_dry_run, print_plan
from asa_transport.cli.views.push import print_push
from asa_transport.core.documents import audit as audit_document
from asa_transport.core.documents import plan as plan_document
from asa_transport.core.documents import push as push_document
from asa_transport.core.pushing.campaign.rehearsal import foretold
from asa_transport.core.reports import metrics
from asa_transport.core.reports.formats import Format
from asa_transport.core.reports.report import Report, RunTransport
from asa_transport.core.reports.ticket.after import Readings
from asa_transport.core.reports.ticket.bundle import bundle, push_bundle, run_bundle
from asa_transport.edges.notify import textfile
from asa_transport.model import (
    DryRunOutcome,
    FailureBudget,
    Forecast,
    NotReached,
    Plan,
    PushOutcome,
    Refused,
    Verified,
    WouldPush,
)
from tests.golden import judgements
from tests.unit import ticketing
from tests.unit.campaigning import MAKERS, named, outcome, plan, planned
from tests.unit.journaling import written
from tests.unit.judging import NOW
from tests.unit.reporting import RUN, every_kind
from tests.unit.test_history import diff_of, one_of_each
from tests.unit.test_plan_document import revert, whole
from tests.unit.test_push_record import DOCUMENT, record
from tests.unit.ticketing import TEMPLATES

FOLDER: Final = Path(__file__).resolve().parent / "snapshots"
# A terminal of old, and one in a wide window.
WIDTHS: Final = (80, 120)
# typer takes bold and colour from these, and rich its width.
_ENVIRONMENT: Final = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}
_TERMINAL: Final = max(WIDTHS)
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;]*m")
_PUSH: Final = "20260112T130000Z-4f1c"


def snapshots() -> dict[str, bytes]:
    """Return every text, by its path in `FOLDER`."""
    found = (
        *_helps(),
        *_schemas(),
        *judgements.texts(),
        *_reports(),
        *_diffs(),
        *_plans(),
        *_pushes(),
        *_shown(),
        *_tickets(),
    )
    return {name: text if isinstance(text, bytes) else text.encode() for name, text in found}


_Texts = Iterator[tuple[str, str | bytes]]


def _helps() -> _Texts:
    root: Any = typer.main.get_command(app)
    for path in (("asa-transport",), *_paths(root, ())):
        words = () if path == ("asa-transport",) else path
        yield f"help/{'.'.join(path).replace(' ', '.')}.txt", _printed(*words, "--help")
    yield "help/--version.txt", _printed("--version")
    yield "help/no-arguments.txt", _printed(code=2)
    yield "help/mistyped.txt", _printed("adit", code=2)
    yield "help/mistyped-below.txt", _printed("hostkeys", "scann", code=2)


def _paths(group: Any, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, command in commands_of(group).items():
        yield (*above, name)
        if hasattr(command, "commands"):
            yield from _paths(command, (*above, name))


def _printed(*words: str, code: int = 0) -> str:
    """Return what the program prints for these words, stdout and stderr as a person sees them."""
    # typer has looked for its width and its colours once already, when it was imported.
    with (
        mock.patch("typer.rich_utils.MAX_WIDTH", 80),
        mock.patch("typer.rich_utils.FORCE_TERMINAL", False),
    ):
        ended = CliRunner(env=_ENVIRONMENT).invoke(app, list(words), prog_name="asa-transport")
    assert ended.exit_code == code, ended.output
    return _ESCAPES.sub("", ended.output)


def _schemas() -> _Texts:
    for name in SCHEMAS:
        yield f"schema/{name}.json", _printed("schema", name)


def _report() -> Report:
    """One run: a device of every kind, one not audited at every stage, with two nights before it."""
    earlier = tuple(
        RunTransport(
            run_id=f"20260{118 + night}T120000Z-000{night}",
            started_at=NOW - timedelta(days=2 - night),
            smart=3 + night,
            callhome=5 - night,
            unknown=1,
            not_audited=night,
        )
        for night in range(2)
    )
    return replace(every_kind(), history=earlier)


def _reports() -> _Texts:
    report = _report()
    for one in Format:
        yield f"report/audit.{one.value}", _written(lambda file, one=one: render(one, file, report))  # type: ignore[misc]
    for width in WIDTHS:
        yield f"report/table-{width}.txt", _drawn(width, lambda out: print_table(out, report))
    families = metrics.families(
        report, inventory=report.devices, previous=(), catalogue_version="2026-05-21.1",
        told={"ops": True, "mail": False},
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "asa.prom"
        textfile.write(path, families)
        yield "report/audit.prom", path.read_bytes()


def _diffs() -> _Texts:
    changed = diff_of(*one_of_each("said by the device"))
    for shape in Shape:
        yield (
            f"diff/diff.{shape.value}",
            _written(lambda file, shape=shape: print_diff(shape, file, changed)),  # type: ignore[misc]
        )
    yield "diff/nothing.table", _written(lambda file: print_diff(Shape.TABLE, file, diff_of()))


def _plans() -> _Texts:
    for name, made in (("plan", whole()), ("revert", revert())):
        yield f"plan/{name}.json", plan_document.text(made)
        for width in WIDTHS:
            yield (
                f"plan/{name}-{width}.txt",
                _drawn(width, lambda out, made=made: print_plan(out, made, missed=1)),  # type: ignore[misc]
            )


def _push_run(code: int) -> audit_document.Run:
    return replace(RUN, id=_PUSH, kind="push", exit_code=code)


def _pushes() -> _Texts:
    looked: tuple[DryRunOutcome, ...] = (
        WouldPush(device=named("fw-a")),
        Refused(device=named("fw-b"), reason="has moved since the plan", drift="-a\n+b\n"),
        NotReached(device=named("fw-c"), reason="TCP connection: refused"),
    )
    made = _plan_for(looked)
    told = foretold(made, looked, FailureBudget(number=0, percent=None, consecutive=None), Verified.CONTACT)
    forecast = Forecast(
        foretold=told, limit="fw-*,!fw-b,!fw-c", shut="no window is open", needed=2,
        principals=("ann@example.net",), unapproved="one of two approvals is missing",
    )  # fmt: skip
    yield "push/dry-run.json", _json(
        push_document.document(
            _push_run(6), made, [one.device.name for one in looked], looked,
            stopped_by=forecast.stopped_by, forecast=forecast,
        )
    )  # fmt: skip
    ended: tuple[PushOutcome, ...] = tuple(outcome(f"fw-{word}", word) for word in MAKERS)
    pushed = _plan_for(ended)
    yield "push/push.json", _json(
        push_document.document(
            _push_run(8), pushed, [one.device.name for one in ended], ended, mode=push_document.COMMIT,
            stopped_by="2 of 11 devices failed", journal=push_document.JournalEnd(head="a" * 64, records=7),
        )
    )  # fmt: skip
    for width in WIDTHS:
        yield (
            f"push/dry-run-{width}.txt",
            _drawn(width, lambda out: print_dry_run(out, made, looked, forecast)),
        )
        yield (
            f"push/push-{width}.txt",
            _drawn(width, lambda out: print_push(out, pushed, ended, "2 of 11 devices failed", run=_PUSH)),
        )


def _plan_for(outcomes: Sequence[DryRunOutcome] | Sequence[PushOutcome]) -> Plan:
    return plan(*(planned(one.device.name, wave=1 + number % 2) for number, one in enumerate(outcomes)))


def _shown() -> _Texts:
    """`show` of a plan, and of a push and an audit as they are kept in the state directory."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        push, audit = (Path("state") / "runs" / run for run in (_PUSH, RUN.id))
        push.mkdir(parents=True)
        audit.mkdir()
        Path("plan.json").write_text(plan_document.text(whole()), encoding="utf-8")
        (push / "journal.jsonl").write_bytes(written())
        (push / "push.json").write_text(_json(DOCUMENT), encoding="utf-8")
        report = _report()
        parts = audit_document.texts(report.run, report.devices, report.outcomes, now=report.now)
        (audit / "audit.json").write_text("".join(parts), encoding="utf-8")
        for name, subject in (("plan", "plan.json"), ("push", _PUSH), ("audit", RUN.id)):
            for shape in ("table", "json"):
                text = _printed("show", subject, "--format", shape, "--state-dir", "state")
                yield f"show/{name}.{shape}", _without_filling(text)


def _tickets() -> _Texts:
    made, audit, evidence = ticketing.example()
    answers = {"fw-par-01": {"show_license_all": "a\n", "after_show_license_all": "b\n"}}
    block = "license smart\n transport type {}\n"
    readings = {
        "fw-par-01": Readings(
            config_before=block.format("callhome"),
            config_after=block.format("smart"),
            status_before="  Type: Callhome\n",
            status_after="  Type: Smart\n",
        )
    }
    bundles: Mapping[str, Mapping[str, bytes]] = {
        "plan": bundle(made, audit=audit, evidence=evidence, templates=TEMPLATES),
        "run": run_bundle(audit, evidence=evidence, templates=TEMPLATES),
        "push": push_bundle(
            record(document=DOCUMENT), None, evidence=answers, readings=readings, templates=TEMPLATES
        ),
    }
    for kind, files in bundles.items():
        for name, data in files.items():
            yield f"ticket/{kind}/{name}", data


def _written(write: Callable[[io.StringIO], None]) -> str:
    """Return what is written into a file, its line ends as they are."""
    file = io.StringIO(newline="")
    write(file)
    return file.getvalue()


def _drawn(width: int, draw: Callable[[Console], None]) -> str:
    """Return what a terminal of that width shows."""
    out = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None, highlight=False)
    draw(out)
    assert isinstance(out.file, io.StringIO)
    return _without_filling(out.file.getvalue())


def _without_filling(text: str) -> str:
    """Return the text without the blanks that fill a table's cells; nothing fills the line of a pipe."""
    lines = text.splitlines()
    assert max(map(len, lines)) <= max(_TERMINAL, *(len(line.rstrip()) for line in lines))
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _json(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"
