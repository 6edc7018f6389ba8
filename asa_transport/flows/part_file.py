"""Read the audit document of a part, strictly: it is what this release would write of what it says.

A document that somebody has shortened, or of another release, is refused: what a whole report stands on
is read whole.  Its outcomes are on disk then, a device at a time in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from asa_transport.core.documents import audit, records
from asa_transport.core.documents.audit import CENSUS, MERGING, SCHEMA, Run
from asa_transport.core.documents.merge import PartHead
from asa_transport.edges.state.run_folder import AUDIT, read_document
from asa_transport.edges.state.store import codec
from asa_transport.edges.state.store.imported import outcome_of
from asa_transport.errors import UserError, in_words
from asa_transport.files.regular_file import is_file
from asa_transport.flows.kept_outcomes import KeptOutcomes
from asa_transport.flows.parts import Merging, judges_in, read_merging
from asa_transport.text import instant


class _Odd(Exception):
    """A document is not what this release writes; says where."""


_KEYS: Final = frozenset(("schema", "run", "totals", "devices", CENSUS, MERGING))


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFile:
    """A document.

    Attributes:
        merging: `None` where it is of no part.
        outcomes: As they were judged in the part; empty where it is of none.
    """

    head: PartHead
    merging: Merging | None
    outcomes: KeptOutcomes


def document_path(given: Path) -> Path:
    """Return the file of a document: the one that is named, or that of the run whose folder is named."""
    return given / AUDIT if is_file(given / AUDIT) else given


def read_part(path: Path, folder: Path) -> PartFile:
    """Return what the document says.

    Args:
        folder: Where the outcomes are put, without a name.

    Raises:
        UserError: The file cannot be read, or is no audit document as this release writes it.
    """
    document = read_document(path)
    try:
        return _part(document, str(path), folder)
    except (_Odd, records.WireError) as error:
        seen = str(error)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        seen = in_words(error)
    raise UserError(
        f"{path}: not an audit document as this release writes it: {seen:.200}; give the file as its audit "
        "wrote it"
    )


def _part(document: Mapping[str, Any], file: str, folder: Path) -> PartFile:
    if document.get("schema") != SCHEMA:
        raise _Odd(f"the schema is {records.in_json(document.get('schema'))}; expected {SCHEMA!r}")
    unknown = sorted(document.keys() - _KEYS)
    if unknown:
        raise _Odd(f"unknown key {unknown[0]!r:.60}")
    run = records.decode(Run, document["run"], "run")
    names = tuple(str(record["name"]) for record in document["devices"])
    if list(names) != sorted(set(names)):
        raise _Odd("the devices do not stand there once each, by name")
    if run.part is None:
        head = PartHead(file=file, run=run, names=names, judged_by={})
        return PartFile(head=head, merging=None, outcomes=KeptOutcomes((), folder))
    merging = read_merging(document[MERGING])
    kept = KeptOutcomes(names, folder)
    for outcome in _outcomes(document, merging):
        kept.put(outcome, codec.write_outcome(outcome))
    if records.encode(audit.totals(kept)) != document["totals"]:
        raise _Odd("totals: they are not those of the devices")
    standard = merging.standard
    head = PartHead(
        file=file,
        run=run,
        names=names,
        judged_by=judges_in(document[MERGING]),
        now=instant(standard.now) if standard.is_now_given else None,
    )
    return PartFile(head=head, merging=merging, outcomes=kept)


def _outcomes(document: Mapping[str, Any], merging: Merging) -> Iterator[Any]:
    now = merging.standard.now
    for record in document["devices"]:
        outcome = outcome_of(record, document["run"])
        if audit.outcome_record(outcome, now) != record:
            raise _Odd(f"devices.{record['name']!s:.60}: something in it was altered, or is not known")
        yield outcome
