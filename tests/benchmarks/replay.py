"""Parse, judge and write saved answers, without a network: `python -m tests.benchmarks.replay RAW COUNT`.

RAW is the folder `raw` of a run.  Prints milliseconds of processor time a device for each
part: `parse` (answers to facts), `write` (answers to disk), `judge`, `document` (the run's
own document and the JSON report), and `all`.  Compiling the templates is not in it: that is once
a process.
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from asa_transport import __version__
from asa_transport.cli import judging
from asa_transport.cli.rendering import Format, render
from asa_transport.core import parse
from asa_transport.core.judge import cases, judged
from asa_transport.core.report import audit_document
from asa_transport.core.report.audit_report import Report
from asa_transport.core.tables import TableSet
from asa_transport.edges import templates
from asa_transport.edges.runs import RunFolder, file_name
from asa_transport.model import Audited, Capture, CommandOutput, Device, Severity
from tests.benchmarks.settings import AUDIT_COMMANDS

NOW = datetime.now(UTC)


def captures(raw: Path, count: int) -> list[Capture]:
    """Return so many captures, the saved ones in turn under names of their own."""
    saved = []
    for folder in sorted(raw.iterdir()):
        texts = {command: folder / f"{file_name(command)}.txt" for command in AUDIT_COMMANDS}
        outputs = tuple(
            CommandOutput(command=c, text=path.read_text(), prompt="fw#", started_at=NOW, duration_s=0.1)
            for c, path in texts.items()
        )
        saved.append(Capture(device="", started_at=NOW, finished_at=NOW, outputs=outputs))
    return [
        replace(one, device=f"fw-{number:05}")
        for number, one in zip(range(count), itertools.cycle(saved), strict=False)
    ]


def device(name: str) -> Device:
    """Return an inventory entry with defaults."""
    return Device(
        name=name, host=name, port=22, username="u", credential="lab", known_hosts=Path("/nonexistent")
    )


def main(raw: str, count: str) -> None:
    """Take the time of each part."""
    taken: dict[str, float] = {}
    last = time.process_time()

    def lap(part: str) -> None:
        nonlocal last
        now = time.process_time()
        taken[part] = 1000 * (now - last) / len(read)
        last = now

    tables = TableSet(templates.textfsm(None))
    read = captures(Path(raw), int(count))
    with tempfile.TemporaryDirectory(prefix="asa-transport-replay-") as name:
        folder = RunFolder(Path(name), "replay")
        standard = judging.read(Path(name) / "i.yaml", judging.Files(), now=NOW, is_now_given=False).standard
        parse.facts(read[0], tables)
        last = time.process_time()
        facts = [parse.facts(one, tables) for one in read]
        lap("parse")
        for one in read:
            folder.save_capture(one)
        lap("write")
        outcomes = [
            Audited(device=device(one.device), capture=replace(one, outputs=()), facts=found)
            for one, found in zip(read, facts, strict=True)
        ]
        ordered = judged(outcomes, standard)
        all_cases = cases(ordered, standard)
        lap("judge")
        run = audit_document.Run(
            id="replay", kind="audit", started_at=NOW, finished_at=NOW, tool_version=__version__,
            inventory="i.yaml", policy_sha256="", exit_code=0,
        )  # fmt: skip
        devices = tuple(one.device for one in outcomes)
        report = Report(
            run=run, devices=devices, outcomes=ordered, cases=all_cases, now=NOW, fail_on=Severity.MEDIUM
        )
        folder.save_document(audit_document.document(run, devices, ordered, now=NOW))
        with (Path(name) / "report.json").open("w") as file:
            render(Format.JSON, file, report)
        lap("document")
    print(json.dumps({**taken, "all": sum(taken.values())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
