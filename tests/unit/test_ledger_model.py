"""The form of the ledgers: what a person may write in an exception and a waiver, and what else is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import yaml

from asa_transport.cli.schemas import SCHEMAS
from asa_transport.errors import LedgerError
from asa_transport.files import ledger, waivers

LOADERS: Final[dict[str, Callable[[Path], tuple[Any, ...]]]] = {
    "exceptions": ledger.load,
    "waivers": waivers.load,
}
EXCEPTION: Final = {
    "device": "fw1", "until": "2026-12-31", "owner": "k", "ticket": "C1", "reason": "r",
    "added_at": "2026-11-01T08:00:00+01:00",
}  # fmt: skip
WAIVER: Final = {"rule": "AT301", "devices": "fw*,!fw9", "until": "2026-12-31", "owner": "k", "reason": "r"}
ENTRIES: Final = {"exceptions": EXCEPTION, "waivers": WAIVER}
NO_MOMENT = (
    "is not a date or a time; expected e.g. 2026-12-31 (the end of that day, UTC) or 2026-12-31T18:00:00Z"
)


def problems(path: Path, name: str, text: str) -> list[str]:
    path.write_text(text, encoding="utf-8")
    try:
        LOADERS[name](path)
    except LedgerError as error:
        return [str(problem).replace(str(path), "F") for problem in error.problems]
    return []


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.yaml"


def test_an_exception_is_named_where_a_value_of_it_is_wrong(path: Path) -> None:
    """A file of hundreds is read by device; what has no name, or a wrong one, has its place alone."""
    text = """\
exceptions:
  - {device: fw1, until: soon, owner: [], ticket: " t", reason: r, added_at: 2026-11-01, closed_at: }
  - {device: a b, until: 2026-12-31, owner: ~, ticket: t, reason: r, added_at: 2026-11-01}
  - {device: null, until: 2026-12-31, owner: "", ticket: t, reason: r, added_at: 2026-11-01}
  - {}
waivers: []
"""

    assert problems(path, "exceptions", text) == [
        f"F:2:26: exception of fw1: until: 'soon' {NO_MOMENT}",
        "F:2:39: exception of fw1: owner: a list; expected a text, or leave the key out",
        "F:2:51: exception of fw1: ticket: ' t' has control characters or blanks around it; delete them",
        "F:2:101: exception of fw1: closed_at: empty; expected a text, or leave the key out",
        "F:3:14: exception: device: 'a b' is not a name; expected 1 to 63 letters, digits, '.', '_' or '-', "
        "with a letter or digit first and no '..'",
        "F:3:45: exception: owner: empty; expected a text, or leave the key out",
        "F:4:14: exception: device: empty; expected a text, or leave the key out",
        "F:4:46: exception: owner: ''; expected a text, or leave the key out",
        *(
            f"F:5:5: exception: no {key}; add it{', e.g. until: 2026-12-31' if key == 'until' else ''}"
            for key in ("added_at", "device", "owner", "reason", "ticket", "until")
        ),
        "F:6:1: exceptions file: unknown key 'waivers'; expected one of: exceptions",
    ]


def test_what_a_waiver_is_of_is_asked_beside_what_else_is_wrong(path: Path) -> None:
    """Who has mended the rest would else read the file a second time to learn it."""
    text = """\
waivers:
  - {devices: "@f", until: 2026-12-31, owner: k, reason: r, "": x}
  - {rule: all, bug: ~, devices: fw1, until: 2026-12-31, owner: k, reason: r}
  - S3cret
"""

    assert problems(path, "waivers", text) == [
        "F:2:5: waiver: neither rule nor bug; add one, e.g. rule: AT301",
        "F:2:15: waiver: devices: no @FILE here; write the patterns themselves",
        "F:2:61: waiver: unknown key (not shown); expected one of: rule, bug, devices, until, owner, reason, "
        "added_at, closed_at",
        "F:3:12: waiver: rule: 'all' is no rule's id; expected e.g. AT301",
        "F:3:22: waiver: bug: empty; expected a text, or leave the key out",
        "F:4:5: waiver: a text; expected a map (key: value)",
    ]


@pytest.mark.parametrize(("name", "first"), [("exceptions", "device"), ("waivers", "rule")])
@pytest.mark.parametrize("value", ["{}", "S3cret", "{fw1: {}}"])
def test_what_is_no_list_is_told_how_a_list_begins(path: Path, name: str, first: str, value: str) -> None:
    """A map by device is what people know from the inventory."""
    assert problems(path, name, f"{name}: {value}\n") == [
        f"F:1:{len(name) + 3}: {name}: expected a list of entries, each '- {first}: …'"
    ]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("exceptions", {}),
        ("exceptions", {"device": "7", "closed_at": "2026-11-02 01:00Z"}),
        ("waivers", {}),
        ("waivers", {"bug": "CSCwp10957", "added_at": "2026-11-01"}),
    ],
)
def test_what_the_loader_takes_the_schema_takes(path: Path, name: str, changes: dict[str, Any]) -> None:
    """An editor must not complain of a file that the program reads."""
    document = {name: [{**ENTRIES[name], **changes}]}

    jsonschema.validate(document, SCHEMAS[name]())

    assert problems(path, name, yaml.safe_dump(document)) == []


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("exceptions", {"device": "a b"}),
        ("exceptions", {"device": None}),
        ("exceptions", {"until": "soon"}),
        ("exceptions", {"until": "2026-12-31T10:00"}),
        ("exceptions", {"closed_at": None}),
        ("exceptions", {"owner": ""}),
        ("exceptions", {"ticket": []}),
        ("exceptions", {"rule": "AT301"}),
        ("waivers", {"rule": "AT9"}),
        ("waivers", {"rule": None}),
        ("waivers", {"bug": ""}),
        ("waivers", {"devices": None}),
        ("waivers", {"reason": "a\tb"}),
        ("waivers", {"added_at": 7}),
        ("waivers", {"ticket": "C1"}),
    ],
)
def test_what_the_schema_refuses_the_loader_refuses(path: Path, name: str, changes: dict[str, Any]) -> None:
    """The mistake is seen while it is typed, and not only in an editor."""
    document = {name: [{**ENTRIES[name], **changes}]}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMAS[name]())

    assert len(problems(path, name, yaml.safe_dump(document))) == 1


@pytest.mark.parametrize(
    ("name", "key"),
    [*(("exceptions", key) for key in EXCEPTION), *(("waivers", key) for key in WAIVER)],
)
def test_what_must_be_there_is_so_for_both(path: Path, name: str, key: str) -> None:
    """An entry without an owner or an end is nobody's."""
    document = {name: [{one: text for one, text in ENTRIES[name].items() if one != key}]}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMAS[name]())

    (said,) = problems(path, name, yaml.safe_dump(document))
    assert f"no {key};" in said or "neither rule nor bug;" in said
