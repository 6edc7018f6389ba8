"""Read a plan's file, and write one; with a revert, its exceptions too.

The plan and the exceptions of a revert are written together or not at all: the plan file
appears under its name only after the ledger was replaced.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from asa_transport.core.documents import plan as plan_document
from asa_transport.edges.output_file import IS_A_DIRECTORY, opened
from asa_transport.edges.state.run_folder import LAST, is_run_id
from asa_transport.errors import PlanError, UserError
from asa_transport.files import ledger
from asa_transport.files.checker import why_unreadable
from asa_transport.files.regular_file import read_plain
from asa_transport.flows.standard import LoadedStandard
from asa_transport.model import Exemption, Plan

# Ten thousand devices have about 30 MiB.
_LARGEST: Final = 256 * 1024 * 1024


def read_plan(path: Path, now: datetime | None = None) -> Plan:
    """Return the plan of a file, whole and unaltered.

    Args:
        now: When it has to be valid; `None` takes an expired one too.

    Raises:
        PlanError: It may not be used; says why.
        UserError: The file cannot be read.
    """
    try:
        data = read_plain(path, _LARGEST)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {_instead_of_a_plan(path) or why_unreadable(error)}") from error
    try:
        # What is no UTF-8 was not written by us: `read` meets it as a text that it would not write.
        plan = plan_document.read(data.decode("utf-8", "surrogateescape"))
        if now is not None:
            plan_document.check_valid(plan, now)
    except PlanError as error:
        raise type(error)(f"{path}: {error}") from error
    return plan


def _instead_of_a_plan(path: Path) -> str | None:
    """Return what to do where the id of a run stands in the place of a plan's file."""
    name = str(path)
    if name != LAST and not is_run_id(name):
        return None
    return (
        "expected the file of a plan, not a run; make a plan of this run: "
        f"'asa-transport plan -o plan.json --from-run {name}'"
    )


def check_output(output: Path | None) -> None:
    """Raise UserError where no plan could be written there; `None` is not a file, and always can."""
    if output is None:
        return
    # In this order: of a folder that may not be entered nobody is told what is in it.
    may_write = os.access(output, os.W_OK) or os.access(output.parent, os.W_OK | os.X_OK)
    why = None
    if may_write and output.is_dir():
        why = IS_A_DIRECTORY
    elif not may_write:
        why = "name a file in a directory of yours, or - for stdout"
        if _is_missing(output.parent):
            why = f"there is no directory {output.parent}; make it first"
    if why is not None:
        raise UserError(f"-o {output}: cannot be written: {why}")


def _is_missing(folder: Path) -> bool:
    """Return whether there is no such folder; False where nobody may look."""
    try:
        folder.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def write_plan(plan: Plan, output: Path | None, otherwise: IO[str], *, standard: LoadedStandard) -> None:
    """Write the plan and a revert's exceptions, both or neither.

    Args:
        otherwise: Where the plan goes without an output; it cannot be taken back there, so it goes last.
        standard: What the plan was made by; its ledger gets the exceptions.

    Raises:
        UserError: One of them cannot be written.
    """
    with opened(output, otherwise) as file:
        if output is None:
            _write_exceptions(plan, standard)
        file.write(plan_document.text(plan))
        file.flush()
        if output is not None:
            _write_exceptions(plan, standard)


def _write_exceptions(plan: Plan, standard: LoadedStandard) -> None:
    revert = plan.revert
    if revert is None:
        return
    # Made again, after the first plan ended: its exceptions stand already.
    standing = {
        entry.device
        for entry in standard.standard.exemptions
        if entry.is_live(plan.created_at)
        and (entry.ticket, entry.owner, entry.until) == (revert.ticket, revert.owner, revert.until)
    }
    entries = [
        Exemption(
            device=planned.name,
            until=revert.until,
            owner=revert.owner,
            ticket=revert.ticket,
            reason=f"temporary revert to callhome, {plan.id}",
            added_at=plan.created_at,
        )
        for planned in plan.devices
        if planned.name not in standing
    ]
    names = [planned.name for planned in plan.devices]
    ledger.add_all(
        standard.ledger_file, entries, devices=names, max_days=standard.standard.policy.exception_max_days
    )
