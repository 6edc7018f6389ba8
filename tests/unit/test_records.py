"""One description of a value: how it is written, whole and sparse, and what is said of what does not fit."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from asa_transport.core.documents.records import Form, WireError, decode, encode, part, schema
from asa_transport.model.fields import ADDED, FORGOTTEN, LEFT_OUT, says


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    colour: Colour
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    name: str = field(metadata=says("What it is called.", minLength=1))
    leaves: tuple[Leaf, ...] = ()
    best: Colour | Leaf = Colour.RED
    height_m: float | None = None
    later: int | None = field(default=None, metadata=ADDED)
    rings: Mapping[Colour, int] = field(default_factory=dict, metadata=LEFT_OUT)
    guess: int = field(default=0, metadata=FORGOTTEN)


NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
TREE = Tree(
    name="elm", leaves=(Leaf(colour=Colour.BLUE, at=NOON),), best=Leaf(colour=Colour.RED), height_m=3,
    later=7, rings={Colour.RED: 2}, guess=5,
)  # fmt: skip
SPARSE = Form({datetime: (datetime.isoformat, datetime.fromisoformat, "a time")}, is_sparse=True)


class Ring(enum.IntEnum):
    BARK = 7


def test_a_number_that_has_a_name_is_a_number_in_a_document() -> None:
    """An exit code, say: a store that is given the document reads it strictly, and refuses another type."""
    written = encode(Tree(name="elm", later=Ring.BARK))

    assert type(written["later"]) is int
    assert decode(Tree, written).later == 7


def test_a_document_has_every_key_but_those_that_are_left_out() -> None:
    """What came later is there only where it says something: older documents read, and are written again."""
    written = encode(TREE)

    assert written == {
        "name": "elm", "leaves": [{"colour": "blue", "at": "2026-01-20T12:00:00Z"}],
        "best": {"colour": "red", "at": None}, "height_m": 3, "later": 7,
    }  # fmt: skip
    assert "later" not in encode(Tree(name="oak"))
    assert encode(decode(Tree, written)) == written
    assert schema(Tree)["required"] == ["name", "leaves", "best", "height_m"]
    assert schema(Tree)["properties"]["name"] == {
        "description": "What it is called.", "type": "string", "minLength": 1,
    }  # fmt: skip


def test_a_record_has_what_differs_from_its_default_and_comes_back_whole() -> None:
    """It outlives releases: an unknown key is passed over, and one that is missing is as by default."""
    written = SPARSE.encode(TREE)

    assert SPARSE.encode(Tree(name="oak")) == {"name": "oak"}
    assert written["rings"] == {"red": 2}
    assert "guess" not in written
    assert SPARSE.decode(Tree, {**written, "moss": True}) == Tree(
        **{name: getattr(TREE, name) for name in ("name", "leaves", "best", "height_m", "later", "rings")}
    )
    assert part(Leaf, {"colour": "red", "moss": True}) == Leaf(colour=Colour.RED)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ({"moss": 1}, "the document: unknown key 'moss'; known: name, leaves, best, height_m, later"),
        ({"name": None}, "name: null; expected the type string"),
        ({"later": True}, "later: true; expected the type integer"),
        ({"height_m": "3"}, "height_m: '3'; expected the type number"),
        ({"leaves": {}}, "leaves: {}; expected a list"),
        ({"leaves": [{"colour": "red", "at": None}, {"at": None}]}, "leaves[1]: the key 'colour' is missing"),
        (
            {"leaves": [{"colour": "green", "at": None}]},
            "leaves[0].colour: 'green'; expected one of red, blue",
        ),
        (
            {"leaves": [{"colour": "red", "at": "2026-01-20"}]},
            "leaves[0].at: '2026-01-20'; expected an instant as 2026-01-12T13:00:00Z",
        ),
        ({"best": 5}, "best: 5; expected an object"),
        ({"best": "green"}, "best: 'green'; expected one of red, blue"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(damage: dict[str, Any], said: str) -> None:
    """Whoever mends a document must not have to look for it."""
    with pytest.raises(WireError) as caught:
        decode(Tree, {**encode(TREE), **damage})

    assert str(caught.value) == said


def test_the_place_of_a_part_is_that_in_the_whole() -> None:
    """A part is read by itself, but a person looks into the whole."""
    with pytest.raises(WireError, match=r"^devices\[3\]\.colour: 5; expected a string$"):
        part(Leaf, {"colour": 5}, "devices[3]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wood:
    by_colour: Mapping[Colour, int] = field(metadata=says("How many.", values={"minimum": 1}))
    by_name: Mapping[str, int] = field(metadata=says(values={"minimum": 0}))


def test_a_map_by_words_has_those_and_no_others_and_its_values_keep_their_limits() -> None:
    """A receiver knows each word that can come, and that one without a number is left out."""
    said = schema(Wood)["properties"]

    one = {"type": "integer", "minimum": 1}
    assert said["by_colour"] == {
        "description": "How many.",
        "type": "object",
        "additionalProperties": False,
        "properties": {"red": one, "blue": one},
    }
    assert said["by_name"] == {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}
    wood = Wood(by_colour={Colour.RED: 2}, by_name={"elm": 0})
    assert decode(Wood, encode(wood)) == wood
