"""A user's file read by its model: whatever is wrong is said in our words, at its place, and all at once."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BeforeValidator, Field
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from asa_transport.asa.version import train_of
from asa_transport.errors import CatalogueError, PolicyError
from asa_transport.files import bugs, model_schema, policy, yamltext
from asa_transport.files.checker import Checker
from asa_transport.files.file_model import (
    Day,
    Flag,
    Line,
    Name,
    Names,
    Section,
    choice,
    mistake_at,
    optional,
    read,
    unique_items,
)
from asa_transport.files.wording import OTHER, WORDS
from asa_transport.model import Policy, Severity
from asa_transport.model.fields import settings_of

NAMES = Names(schema="fleets", file="fleet", section="sites", entry="site", examples={"sites": "sites: {}"})
NO_NAME = WORDS["name"].removeprefix("{seen} ")
UNPRINTABLE = "has control characters or blanks around it; delete them"
# Each sentence that the form of a bug file can be refused with, and what its own rules say.
SAID = [
    *(re.sub(r"\\\{\w+\\\}", ".*", re.escape(words)) for words in WORDS.values() if words != "{error}"),
    r"unknown key ('.*'|\(not shown\)).*", r".* is not an ASA version; expected e\.g\. .*",
    r".* is not the beginning of a model name; .*", r".* is of the same train as .*", r".* is not a date; .*",
    r"differs from .* only in case; write .*", r"true without fixed_in .*", r"this is not a bug file.*",
    r"this (is|looks like) an? .*", r"a key is empty; give it a name",
]  # fmt: skip
OURS = re.compile(rf"((bug catalogue|bug id|version|bugs|bug \S+)(: \w+)?: )?({'|'.join(SAID)})")


class Site(Section):
    """What the tests read."""

    city: Line
    open: Flag = True
    level: Annotated[Severity, choice(Severity)] = Severity.LOW
    racks: Annotated[tuple[Line, ...], Field(min_length=1), unique_items()] = ()


class Fleet(Section):
    """The file of them."""

    sites: dict[Name, Site]


def problems(text: str, kind: type[Section] = Fleet, names: Names = NAMES) -> list[str]:
    document = yamltext.parse(text, file="F")
    assert document.root is not None
    checker = Checker("F", document.problems)

    found = read(kind, document.root, checker, names, {})

    assert (found is None) == bool(checker.problems)
    return [str(problem) for problem in checker.problems]


@pytest.mark.parametrize("kind", sorted({*get_args(core_schema.ErrorType), "of the next release"}))
def test_no_kind_of_mistake_is_said_in_the_words_of_the_library(kind: str) -> None:
    """Another kind of value, or another release of pydantic, brings kinds that nobody thought of."""

    def refuse(_value: Any) -> str:
        raise PydanticCustomError(kind, "Input should be what pydantic wants", {"error": "ours"})

    class One(Section):
        key: Annotated[str, BeforeValidator(refuse)]

    (said,) = problems("key: S3cret", One)

    words = WORDS.get(kind, OTHER)
    assert said.startswith(("F:1:6: key: ", "F:1:1: fleet: "))
    assert "pydantic" not in said
    assert kind == "extra_forbidden" or words.partition("}")[2].split("{")[0] in said


def test_an_older_release_of_the_library_makes_the_same_schema() -> None:
    """An editor's copy of it must not change with what happens to be installed."""

    class Older(Section):
        @classmethod
        def model_json_schema(cls, *_: Any, **_more: Any) -> dict[str, Any]:
            city = {"allOf": [{"$ref": "#/$defs/City"}], "description": "Where."}
            return {"properties": {"city": city}, "$defs": {"City": {"type": "string", "title": "City"}}}

    made = model_schema.schema(Older, "fleets", "fleets")

    assert made["properties"] == {"city": {"description": "Where.", "type": "string"}}


def test_what_cannot_be_used_is_not_quoted_where_nobody_knows_what_it_is() -> None:
    """And the reader is told where it is written what can."""

    class One(Section):
        key: int

    assert problems("key: S3cret", One) == [
        "F:1:6: key: a text that cannot be used here; 'asa-transport schema fleets' shows what can"
    ]


def test_mistakes_of_all_kinds_are_told_at_once_with_their_places() -> None:
    """Each is at the value, or at the key where that is what is wrong or has something missing."""
    text = """\
sites:
  par: {city: "", open: ture, level: hgih, racks: [], citty: x}
  ber: {open: null, racks: [r1, "r2 ", r1, {}, ~]}
  rom: [a]
  a b: {city: {}}
  bru: {city: B, racks: r1, level: }
"""

    assert problems(text) == [
        "F:2:15: site par: city: ''; expected a text, or leave the key out",
        "F:2:25: site par: open: 'ture' (did you mean 'true'?); expected one of: true, false",
        "F:2:38: site par: level: 'hgih' (did you mean 'high'?); expected one of: info, low, medium, high, "
        "critical",
        "F:2:51: site par: racks: the list is empty; leave the key out",
        "F:2:55: site par: unknown key 'citty' (did you mean 'city'?)",
        "F:3:3: site ber: no city; add it",
        "F:3:15: site ber: open: empty; expected a text, or leave the key out",
        f"F:3:33: site ber: racks: 'r2 ' {UNPRINTABLE}",
        "F:3:40: site ber: racks: 'r1' is listed twice; delete one",
        "F:3:44: site ber: racks: a map; expected a text, or leave the key out",
        "F:3:48: site ber: racks: empty; expected a text, or leave the key out",
        "F:4:8: site rom: a list; expected a map (key: value)",
        f"F:5:3: site id: 'a b' {NO_NAME}",
        "F:6:25: site bru: racks: 'r1'; expected a list, e.g. [one, two]",
        "F:6:36: site bru: level: empty; expected a text, or leave the key out",
    ]


def test_an_entry_of_a_list_is_named_where_its_values_are_wrong_and_its_keys_are_checked_too() -> None:
    """It has its place, and the name that a person gave it; what is said of it as a whole is said beside."""

    class Visit(Section):
        site: Name
        day: Day
        night: Flag = optional()

        @classmethod
        def beside(cls, plain: Mapping[str, Any], wrong: Collection[object]) -> Iterable[InitErrorDetails]:
            del wrong
            if {"day", "night"} <= set(plain):
                yield mistake_at((), "value_error", error="give one of day and night")

    class Visits(Section):
        visits: tuple[Visit, ...]

    names = replace(NAMES, section="visits", entry="visit", named_by="site")
    text = """\
visits:
  - {site: par, day: never, nihgt: true}
  - {site: a b, day: never, night: }
  - {day: 2026-05-21}
  - par
"""

    assert problems(text, Visits, names) == [
        "F:2:22: visit of par: day: 'never' is not a date; expected e.g. 2026-05-21",
        "F:2:29: visit: unknown key 'nihgt' (did you mean 'night'?)",
        "F:3:5: visit: give one of day and night",
        f"F:3:12: visit: site: 'a b' {NO_NAME}",
        "F:3:22: visit: day: 'never' is not a date; expected e.g. 2026-05-21",
        "F:3:36: visit: night: empty; expected a text, or leave the key out",
        "F:4:5: visit: no site; add it",
        "F:5:5: visit: a text; expected a map (key: value)",
    ]
    assert problems("visits: [{site: par, day: 2026-05-21}]", Visits, names) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "other: 1",
            [
                "F:1:1: fleet: no sites; add sites: {}",
                "F:1:1: fleet: unknown key 'other'; expected one of: sites",
            ],
        ),
        ("[a]", ["F:1:1: fleet: a list; expected a map (key: value)"]),
        ("sites: S3cret", ["F:1:8: sites: a text; expected a map (key: value)"]),
        # What pydantic itself writes for a key is one that somebody may write too.
        ("sites: {'[key]': {'[key]': x}}", [f"F:1:9: site id: '[key]' {NO_NAME}"]),
        (
            "sites: {par: {city: a, '[key]': x}}",
            ["F:1:24: site par: unknown key (not shown); expected one of: city, open, level, racks"],
        ),
        (
            "sites: {par: {city: a, racks: [&r r1, *r]}}",
            ["F:1:39: site par: racks: 'r1' is listed twice; delete one"],
        ),
        ('sites: {par: {city: a, racks: [" "]}}', [f"F:1:32: site par: racks: ' ' {UNPRINTABLE}"]),
        (
            "sites: {par: {city: a, racks: ~}, ber: {city: b, racks: ~}}",
            [
                "F:1:31: site par: racks: empty; expected a list, e.g. [one, two]",
                "F:1:57: site ber: racks: empty; expected a list, e.g. [one, two]",
            ],
        ),
        # Else a small file of aliases would be told a million times.
        (
            "sites: {par: &p {city: ''}, ber: *p, rom: {city: r, racks: &r [{}]}, bru: {city: b, racks: *r}}",
            [
                "F:1:24: site par: city: ''; expected a text, or leave the key out",
                "F:1:64: site rom: racks: a map; expected a text, or leave the key out",
            ],
        ),
    ],
)
def test_a_mistake_in_an_odd_place_is_told_there_and_once(text: str, said: list[str]) -> None:
    """A second line about the same thing sends the reader to look for a second mistake."""
    assert problems(text) == said


ODD: list[Any] = [
    None, True, "", "~", "t", "low", "hgih", "yes", "2026-05-21", "2026-02-30", "9.20(4)14", "9.20(4)22",
    "9.x", "FPR-21", "?", " a", "a\tb", 7, -1.5, {}, [], {"a": "b"}, "x" * 200,
]  # fmt: skip
VALUES = st.sampled_from(ODD)
KEYS = st.sampled_from(
    [
        "title", "severity", "affected", "fixed_in", "platforms", "blocks", "breaks_contact",
        "trusts_proxy_status", "detail", "remedy", "source", "as_of", "fixd_in", "a b", "[key]", "",
    ]
)  # fmt: skip
ENTRIES = st.one_of(VALUES, st.dictionaries(KEYS, st.one_of(VALUES, st.lists(VALUES, max_size=4))))
IDS = st.sampled_from(["X1", "x1", "CSCwp10957", "cscwp10957", "../x", "[key]", "", "a b"])
TOPS = st.fixed_dictionaries(
    {"bugs": st.one_of(VALUES, st.dictionaries(IDS, ENTRIES, max_size=4))},
    optional={"version": VALUES, "bgus": VALUES, "a b": VALUES},
)


@given(document=TOPS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_that_is_said_of_a_bug_file_is_ours(document: dict[str, Any], tmp_path: Path) -> None:
    """Every line has its place, and is one of the sentences that we have written."""
    path = tmp_path / "bugs.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")

    try:
        bugs.load(path, train_of=train_of)
    except CatalogueError as error:
        for problem in error.problems:
            assert problem.line == 1
            assert OURS.fullmatch(problem.message), problem.message


POLICY_KEYS = st.sampled_from([*(one.key for one in settings_of(Policy).values()), "low", "from", "[key]"])
BELOW = st.sampled_from(
    ["low", "high", "sizes", "canary_tag", "number", "per_jump", "days", "from", "to", "zone"]
)
ANY = st.recursive(
    VALUES,
    lambda of: st.one_of(st.lists(of, max_size=3), st.dictionaries(BELOW, of, max_size=3)),
    max_leaves=6,
)


@given(document=st.dictionaries(POLICY_KEYS, ANY, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_wrong_with_a_policy_there_are_words_for_it(
    document: dict[str, Any], tmp_path: Path
) -> None:
    """ "It cannot be used here" is for what the next release of a library finds."""
    path = tmp_path / "policy.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")

    try:
        policy.read(path)
    except PolicyError as error:
        for problem in error.problems:
            assert problem.line == 1
            assert not re.search("cannot be used here|nput should", problem.message)


def test_a_release_that_is_wrong_is_told_wherever_it_is_listed(tmp_path: Path) -> None:
    """Deleting one of the two would not make the other right."""
    path = tmp_path / "bugs.yaml"
    path.write_text(
        "bugs: {X1: {title: t, severity: low, fixed_in: [9.x, 9.x], source: s, as_of: 2026-01-01}}\n",
        encoding="utf-8",
    )

    def of(text: str) -> Hashable:
        if text == "9.x":
            raise ValueError("is not ours")
        return train_of(text)

    with pytest.raises(CatalogueError) as caught:
        bugs.load(path, train_of=of)
    assert [(one.column, one.message) for one in caught.value.problems] == [
        (49, "bug X1: fixed_in: is not ours"),
        (54, "bug X1: fixed_in: is not ours"),
    ]
