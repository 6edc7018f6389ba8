"""Parse, judge and write saved answers, without a network: `python -m tests.benchmarks.replay RUN COUNT`.

RUN is the folder of a run.  Prints milliseconds of processor time a device for each part:
`parse` (answers to facts), `files` (answers to disk), `judge` (outcomes judged, to disk and to the
run store), `report` (the run's document, its end in the store, the JSON report), and `all`.
Compiling the templates and opening the store are not in it: those are once a run.
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from asa_transport.capabilities import Silence
from asa_transport.cli.views.formats import render
from asa_transport.core.documents.audit import run_of
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.reports.formats import Format
from asa_transport.core.reports.report import Report
from asa_transport.edges import templates
from asa_transport.edges.state import kept_answers
from asa_transport.edges.state.run_folder import file_name
from asa_transport.flows import inputs, recorder, standard
from asa_transport.flows.inputs import StateLocation
from asa_transport.model import Audited, Capture, CommandOutput, Device, Severity
from asa_transport.model.ending import RunEnd
from tests.benchmarks.settings import AUDIT_COMMANDS

NOW = datetime.now(UTC)


class Laps:
    """The processor time of each part, milliseconds a device."""

    def __init__(self, devices: int) -> None:
        self.taken: dict[str, float] = {}
        self._devices = devices

    @contextmanager
    def lap(self, part: str) -> Iterator[None]:
        """Take the time of what is done inside."""
        began = time.process_time()
        yield
        self.taken[part] = 1000 * (time.process_time() - began) / self._devices


def captures(run: Path, count: int) -> list[Capture]:
    """Return so many captures, the saved ones in turn under names of their own."""
    names = [one["name"] for one in json.loads((run / "audit.json").read_text())["devices"]]
    saved = [
        tuple(
            CommandOutput(
                command=command, text=texts[file_name(command)], prompt="fw#", started_at=NOW, duration_s=0.1
            )
            for command in AUDIT_COMMANDS
            if file_name(command) in texts
        )
        for texts in kept_answers.read(run, names).values()
    ]
    return [
        Capture(device=f"fw-{number:05}", started_at=NOW, finished_at=NOW, outputs=outputs)
        for number, outputs in zip(range(count), itertools.cycle(saved), strict=False)
    ]


def device(name: str) -> Device:
    """Return an inventory entry with defaults."""
    return Device(
        name=name, host=name, port=22, username="u", credential="lab", known_hosts=Path("/nonexistent")
    )


def main(run: str, count: str) -> None:
    """Take the time of each part."""
    tables = TableSet(templates.textfsm(None))
    read = captures(Path(run), int(count))
    parse.facts(read[0], tables)
    laps = Laps(len(read))
    with laps.lap("parse"):
        facts = [parse.facts(one, tables) for one in read]
    outcomes = [
        Audited(device=device(one.device), capture=replace(one, outputs=()), facts=found)
        for one, found in zip(read, facts, strict=True)
    ]
    devices = tuple(one.device for one in outcomes)
    with tempfile.TemporaryDirectory(prefix="asa-transport-replay-") as name:
        inventory = Path(name) / "inventory.yaml"
        order = recorder.RunOrder(
            inventory_file=inventory,
            devices=devices,
            limit=(),
            standard=standard.read(inventory, inputs.Files(), now=NOW, is_now_given=False),
            fail_on=Severity.MEDIUM,
        )
        with recorder.open_run(order, StateLocation(state_dir=Path(name) / "state"), tell=Silence()) as kept:
            with laps.lap("files"):
                assert kept.folder is not None
                for one in read:
                    kept.folder.pack_capture(one)
            with laps.lap("judge"):
                ordered = kept.take(iter(outcomes), devices)
            with laps.lap("report"), (Path(name) / "report.json").open("w") as file:
                report = Report(
                    run=run_of(kept.run, RunEnd.OK, NOW),
                    devices=devices,
                    outcomes=ordered,
                    cases=kept.cases(ordered),
                    now=NOW,
                    fail_on=Severity.MEDIUM,
                    history=kept.history,
                )
                kept.keep(report, is_stopped=False)
                kept.finish()
                render(Format.JSON, file, report)
    print(json.dumps({**laps.taken, "all": sum(laps.taken.values())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
