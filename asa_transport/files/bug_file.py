"""The form of a bug catalogue: what stands in it, in which words its keys are described, and its own rules.

Guarantees every problem of a file at once, in file order, each with its line and column; unknown keys are
refused.  Brings pydantic: imported only where a user's file, or the schema, is asked for.

Source: data/bugs.yaml describes the form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from typing import Annotated, Any, Final, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from asa_transport.errors import CatalogueError
from asa_transport.files import file_model, model_schema, other_files
from asa_transport.files.checker import quoted
from asa_transport.files.file_model import (
    Day,
    Flag,
    Line,
    Name,
    Names,
    Prose,
    Section,
    choice,
    context_of,
    unique_items,
)
from asa_transport.files.schema_parts import NAME_PATTERN
from asa_transport.files.user_file import top_of
from asa_transport.model import Bug, Severity

# The beginning of a model's name: `FPR-21`, `Firepower 21`, `ASAv`.
_PLATFORM: Final = re.compile(r"[A-Za-z][A-Za-z0-9 -]*")
_NAMES: Final = Names(
    schema="bugs", file="bug catalogue", section="bugs", entry="bug",
    examples={"bugs": "bugs: {ID: {title: TEXT, ...}}"},
)  # fmt: skip


def _train_of(text: str, info: ValidationInfo) -> Hashable:
    train: Hashable = context_of(info)["train_of"](text)
    return train


def _release(text: str, info: ValidationInfo) -> str:
    _train_of(text, info)
    return text


def _platform(text: str) -> str:
    if not _PLATFORM.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not the beginning of a model name; expected e.g. FPR-21 or ASAv")
    return text


def _one_spelling(name: str, info: ValidationInfo) -> str:
    known = context_of(info)["known"].setdefault(name.lower(), name)
    if known != name:
        raise ValueError(f"differs from {known} only in case; write {known}")
    return name


_Release: TypeAlias = Annotated[Line, AfterValidator(_release)]
_Platform: TypeAlias = Annotated[Line, AfterValidator(_platform)]
_SOME: Final = Field(min_length=1, json_schema_extra={"uniqueItems": True})
_SAME_TRAIN: Final = "{0} is of the same train as {1}; keep the first fixed release of each train"


class _Entry(Section):
    title: Line = Field(description="What it is called.")
    severity: Annotated[Severity, choice(Severity)]
    affected: Annotated[tuple[_Release, ...], _SOME, unique_items()] = Field(
        (), description="Releases that are affected: with their interims, one build, or a train."
    )
    fixed_in: Annotated[tuple[_Release, ...], _SOME, unique_items(_train_of, same=_SAME_TRAIN)] = Field(
        (), description="The first fixed release of each train."
    )
    platforms: Annotated[tuple[_Platform, ...], _SOME, unique_items()] = Field(
        (), description="Beginnings of model names, e.g. FPR-21."
    )
    blocks: Flag = Field(False, description="No change until a fixed release runs.")
    breaks_contact: Flag = Field(
        False, description="true: the device cannot verify Cisco's server; AT201 and AT202 name it."
    )
    trusts_proxy_status: Flag = Field(
        True, description="false: show license status may deny a proxy that is set."
    )
    detail: Prose = ""
    remedy: Prose = ""
    source: Line = Field(description="Where this is known from.")
    as_of: Day

    @field_validator("blocks")
    @classmethod
    def _ends(cls, blocks: bool, info: ValidationInfo) -> bool:
        # What is there and wrong is not among the data.
        if blocks and info.data.get("fixed_in") == ():
            raise ValueError("true without fixed_in would hold every device for ever; add fixed_in")
        return blocks


class _File(Section):
    version: Line = ""
    bugs: Annotated[
        dict[Annotated[Name, AfterValidator(_one_spelling)], _Entry],
        BeforeValidator(lambda section: {} if section is None else section),
    ] = Field(json_schema_extra={"type": ["object", "null"], "propertyNames": {"pattern": NAME_PATTERN}})


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a bug catalogue; that a train is named twice, only `read` finds."""
    return model_schema.schema(_File, "bugs", "asa-transport bug catalogue")


def read(
    file: str, data: bytes, train_of: Callable[[str], Hashable], known: Iterable[str] = ()
) -> tuple[str, dict[str, Bug]]:
    """Return a file's version and its entries by id; ``known`` are ids whose spelling it has to keep.

    Raises:
        CatalogueError: Holds every problem of the file.
    """
    top, checker = top_of(data, file, other_files.BUGS, CatalogueError)
    context = {"train_of": train_of, "known": {name.lower(): name for name in known}}
    found = file_model.read(_File, top, checker, _NAMES, context)
    if found is None or checker.problems:
        raise CatalogueError(checker.problems)
    return found.version, {name: Bug(id=name, **dict(entry)) for name, entry in found.bugs.items()}
