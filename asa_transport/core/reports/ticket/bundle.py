"""Make the bundle of a change ticket: what a person approves and attaches to a change request.

    ticket.md  ticket.html  ticket.json   one content: for pasting, for reading, for programs
    diffs/NAME.diff                       observed -> predicted, of each planned device
    rollback/NAME.txt                     the lines that restore what was observed
    evidence/NAME/COMMAND.txt             what was read there

Pure.  The same plan and run give the same bytes.  Secrets are masked in every file; in
everything but the evidence, characters that are not printable are escaped, too.

Source: the help of `ticket`; docs/schemas/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from asa_transport.core.documents.stored_audit import AuditRun
from asa_transport.core.reports.jinja import rendered
from asa_transport.core.reports.push_record import PushRecord
from asa_transport.core.reports.ticket import markdown as ticket_markdown
from asa_transport.core.reports.ticket import plan as ticket_plan
from asa_transport.core.reports.ticket import push as ticket_push
from asa_transport.core.reports.ticket import run as ticket_run
from asa_transport.core.reports.ticket.after import Readings
from asa_transport.core.reports.ticket.content import Content, cleaned, document
from asa_transport.core.reports.ticket.html import values
from asa_transport.core.reports.ticket.mask import masked
from asa_transport.model import Plan

TEMPLATE: Final = "ticket.html.j2"
Evidence: TypeAlias = Mapping[str, Mapping[str, str]]
# As the inventory takes names (`files/checker.py`) and a run's folder names its files.
_SAFE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def bundle(
    plan: Plan, *, audit: AuditRun | None, evidence: Evidence, templates: Mapping[str, str]
) -> dict[str, bytes]:
    """Return the files of a plan's ticket by their relative paths, in order.

    Args:
        audit: The run that the plan was made from; without it the ticket says that it is missing.
        evidence: Answers by device and file name without suffix; those of devices that are
            neither planned nor held are left out.
        templates: The text of `ticket.html.j2` by that name.

    Raises:
        ValueError: A device's name or an answer's cannot be a file's name.
        TemplateError: The template is missing or malformed.
    """
    concerned = {device.name for device in plan.devices} | {device.name for device in plan.held}
    kept = {name: evidence[name] for name in sorted(concerned) if name in evidence}
    plan = cleaned(plan)
    content = ticket_plan.content(plan, cleaned(audit), _names(kept))
    files = dict(_pages(content, templates))
    for device in plan.devices:
        files[f"diffs/{_safe(device.name)}.diff"] = _ended(device.diff)
        files[f"rollback/{_safe(device.name)}.txt"] = _ended("\n".join(device.rollback))
    return _in_order({**files, **_answers(kept)})


def run_bundle(audit: AuditRun, *, evidence: Evidence, templates: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files of an audit run's ticket: findings, decisions, evidence; arguments as `bundle`."""
    kept = {device.name: evidence[device.name] for device in audit.seen if device.name in evidence}
    kept |= {device.name: evidence[device.name] for device in audit.missed if device.name in evidence}
    content = ticket_run.content(cleaned(audit), _names(kept))
    return _in_order({**dict(_pages(content, templates)), **_answers(kept)})


def push_bundle(
    record: PushRecord,
    plan: Plan | None,
    *,
    evidence: Evidence,
    readings: Mapping[str, Readings],
    templates: Mapping[str, str],
) -> dict[str, bytes]:
    """Return the files of a push run's ticket: the closing record; arguments as `bundle`.

    Args:
        plan: The run's own copy; without it the pages have neither waves nor ways back.
        readings: The answers among the evidence that are compared, by device.
    """
    names = [one.name for one in record.devices]
    kept = {name: evidence[name] for name in names if name in evidence}
    compared = {name: cleaned(found) for name, found in readings.items()}
    content = ticket_push.content(cleaned(record), cleaned(plan), _names(kept), compared)
    return _in_order({**dict(_pages(content, templates)), **_answers(kept)})


def _pages(content: Content, templates: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "ticket.md", ticket_markdown.text(content)
    yield "ticket.html", rendered(templates, TEMPLATE, values(content))
    yield "ticket.json", json.dumps(document(content), indent=1, ensure_ascii=False) + "\n"


def _answers(evidence: Evidence) -> dict[str, str]:
    return {
        f"evidence/{_safe(name)}/{_safe(command)}.txt": masked(text)
        for name, answers in evidence.items()
        for command, text in answers.items()
    }


def _names(evidence: Evidence) -> dict[str, dict[str, str]]:
    """Return the file names only, in order; what is in them is no part of a page."""
    return {name: {f"{command}.txt": "" for command in sorted(answers)} for name, answers in evidence.items()}


def _safe(name: str) -> str:
    if not _SAFE.fullmatch(name) or ".." in name:
        raise ValueError(f"{name!r}: cannot be a file's name; expected letters, digits, '.', '_' and '-'")
    return name


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"


def _in_order(files: Mapping[str, str]) -> dict[str, bytes]:
    return {path: files[path].encode("utf-8", "backslashreplace") for path in sorted(files)}
