"""Ajv in strict mode: it compiles every schema, and takes what the program and the examples say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from asa_transport.cli.schemas import SCHEMAS
from tests.readers.asked import ask
from tests.readers.installs import NODE_MODULES
from tests.support import ROOT

SNAPSHOTS = ROOT / "tests" / "golden" / "snapshots"
DOCUMENTS = {
    "audit": (SNAPSHOTS / "report" / "audit.json",),
    "diff": (SNAPSHOTS / "diff" / "diff.json",),
    "plan": (SNAPSHOTS / "plan" / "plan.json", SNAPSHOTS / "plan" / "revert.json"),
    "push": (SNAPSHOTS / "push" / "push.json", SNAPSHOTS / "push" / "dry-run.json"),
    "inventory": (ROOT / "inventory.example.yaml",),
    "policy": (ROOT / "policy.example.yaml",),
    "bugs": (ROOT / "asa_transport" / "data" / "bugs.yaml",),
}


def faults(asked: Sequence[Mapping[str, Any]]) -> list[str]:
    """What Ajv does not take."""
    ended = ask("node", Path(__file__).with_name("strict.js"), NODE_MODULES, stdin=json.dumps(asked))
    assert (ended.code, ended.err) == (0, "")
    found = json.loads(ended.out)
    assert isinstance(found, list)
    return found


def value(path: Path) -> Any:
    """A document as an editor reads it; a day is a text in JSON."""
    return json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str))


def test_ajv_takes_every_schema_in_strict_mode_and_what_is_written_by_it() -> None:
    """An editor or a pipeline whose validator refuses the schema checks nothing."""
    asked = [
        {"name": name, "schema": schema(), "documents": [value(path) for path in DOCUMENTS.get(name, ())]}
        for name, schema in SCHEMAS.items()
    ]

    assert faults(asked) == []


def test_all_schemas_live_in_one_ajv() -> None:
    """By their `$id`: a second one without it would take the place of the first."""
    every = {"$id": "all", "anyOf": [schema() for schema in SCHEMAS.values()]}

    assert faults([{"name": "all", "schema": every, "documents": []}]) == []


def test_ajv_would_say_what_is_wrong() -> None:
    """A validator that takes everything proves nothing."""
    loose = {"type": ["string", "integer"], "pattern": "^a"}
    wrong = {"name": "audit", "schema": SCHEMAS["audit"](), "documents": [{}]}

    assert len(faults([{"name": "loose", "schema": loose, "documents": []}, wrong])) == 2
