"""Make one audit of the audits of its parts, as one audit of the whole would have found.

What depends on one device was judged with its part.  What depends on two is judged here: the units of a
pair or a cluster that were in two parts.  All that is counted is counted here.  Contacts and keeps nothing.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from asa_transport.core.documents.audit import Run
from asa_transport.core.documents.merge import problems
from asa_transport.core.history.run_end import audit_end
from asa_transport.core.judgement.judge import Judge, Standard, cases
from asa_transport.core.reports.report import Report
from asa_transport.edges.state.run_folder import run_id
from asa_transport.edges.state.store import codec
from asa_transport.errors import MergeError
from asa_transport.flows.kept_outcomes import KeptOutcomes
from asa_transport.flows.part_file import PartFile, document_path, read_part
from asa_transport.flows.parts import Merging
from asa_transport.model import AUDIT_KIND, Audited, Problem, Severity
from asa_transport.model.ending import RunEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The whole, and what a person should know of its parts.

    Attributes:
        remarks: A sentence each.
    """

    report: Report
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A part, with what only a part has."""

    file: PartFile
    merging: Merging

    @property
    def run(self) -> Run:
        return self.file.head.run


def merge(files: Sequence[Path], *, fail_on: Severity = Severity.MEDIUM) -> Merged:
    """Return the whole that these parts are.

    Args:
        files: Audit documents, or the folders of runs.
        fail_on: From which severity on a finding is a failure.

    Raises:
        MergeError: They are not the parts of one whole; says all that keeps them from it.
        UserError: A file cannot be read, or is no audit document.
    """
    places = [document_path(file) for file in files]
    _check_once(places)
    folder = Path(tempfile.gettempdir())
    read = [read_part(place, folder) for place in places]
    wrong = problems([one.head for one in read])
    parts = [_Part(file=one, merging=one.merging) for one in read if one.merging is not None]
    if wrong or not parts:
        raise MergeError(wrong)
    outcomes = _judged(parts, folder)
    devices = tuple(outcome.device for outcome in outcomes)
    stopped = [part for part in parts if part.run.exit_code == RunEnd.INTERRUPTED]
    standard = _standard(parts)
    return Merged(
        report=Report(
            run=_run(parts, audit_end(outcomes, fail_on, was_stopped=bool(stopped))),
            devices=devices,
            outcomes=outcomes,
            cases=cases(outcomes, standard, outcomes.mates(devices)),
            now=standard.now,
            fail_on=fail_on,
            is_whole=False,
        ),
        remarks=tuple(_remarks(stopped)),
    )


def _check_once(places: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for place in places:
        twin = seen.setdefault(os.path.realpath(place), place)
        if twin is not place:
            raise MergeError((Problem(file=str(place), message="given twice; give each part once"),))


def _judged(parts: Sequence[_Part], folder: Path) -> KeptOutcomes:
    """Return all outcomes by name; those whose mate may be in another part are judged again."""
    names = [name for part in parts for name in part.file.head.names]
    kept = KeptOutcomes(names, folder)
    waiting: list[tuple[str, Judge]] = []
    for part in parts:
        judge = Judge(part.merging.standard)
        for outcome in part.file.outcomes:
            facts = part.merging.facts.get(outcome.name)
            if isinstance(outcome, Audited) and facts is not None:
                waiting.append((outcome.name, judge))
                whole = replace(outcome, facts=facts)
                kept.put(whole, codec.write_outcome(whole), is_last_word=False)
            else:
                kept.put(outcome, codec.write_outcome(outcome))
    mate_of = kept.mates(tuple(outcome.device for outcome in kept))
    for name, judge in waiting:
        found = kept.named(name)
        if found is not None:
            judged = judge.judged(found, *mate_of(name))
            kept.put(judged, codec.write_outcome(judged))
    return kept


def _standard(parts: Sequence[_Part]) -> Standard:
    """Return what the whole is judged by: what the parts share, and what each knows of its own devices."""
    known = [part.merging.standard for part in parts]
    return replace(
        known[0],
        now=min(one.now for one in known),
        callhome_since={name: at for one in known for name, at in one.callhome_since.items()},
        unsettled=tuple(dict.fromkeys(left for one in known for left in one.unsettled)),
    )


def _run(parts: Sequence[_Part], end: RunEnd) -> Run:
    runs = sorted((part.run for part in parts), key=lambda run: (run.started_at, run.id))
    first = runs[0]
    # The same parts are the same run, whoever merges them, and in whichever order.
    digest = hashlib.sha256("\n".join(sorted(run.id for run in runs)).encode()).hexdigest()
    return Run(
        id=run_id(first.started_at, digest),
        kind=AUDIT_KIND,
        started_at=first.started_at,
        finished_at=max(run.finished_at for run in runs),
        tool_version=first.tool_version,
        inventory=first.inventory,
        policy_sha256=first.policy_sha256,
        exit_code=end,
        not_selected=first.not_selected,
    )


def _remarks(stopped: Sequence[_Part]) -> Iterator[str]:
    for part in stopped:
        yield (
            f"warning: {part.file.head.file}: run {part.run.id} was interrupted; devices that it did not "
            "finish are not audited"
        )
