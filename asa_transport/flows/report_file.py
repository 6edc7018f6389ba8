"""Read the report of an audit back from its document.

A document says less than an audit knows: what it leaves out is empty in the report, and days are counted
from the start of the run where a device's clock was not read.  Findings and decisions are those of the
run; only the views that span devices take the default policy.
"""

from __future__ import annotations

from pathlib import Path

from asa_transport.core.documents.audit import MERGING, run_of
from asa_transport.core.judgement.judge import Standard, cases
from asa_transport.core.reports.report import Report
from asa_transport.edges.state.run_folder import read_document
from asa_transport.edges.state.store import imported
from asa_transport.errors import StoreError, UserError
from asa_transport.model import Policy


def read_report(path: Path) -> Report:
    """Return the report of an audit document.

    Raises:
        UserError: The file cannot be read, or is no audit document; names it.
    """
    document = read_document(path)
    try:
        run, outcomes = imported.run_of(document, place="", size=0)
    except StoreError as error:
        raise UserError(f"{path}: {error}") from error
    return Report(
        run=run_of(run, run.exit_code or 0, run.finished_at or run.started_at),
        devices=tuple(outcome.device for outcome in outcomes),
        outcomes=outcomes,
        cases=cases(outcomes, Standard(policy=Policy(), catalogue=(), exemptions=(), now=run.as_of)),
        now=run.as_of,
        fail_on=run.fail_on,
        merging=document.get(MERGING),
        is_whole=False,
    )
