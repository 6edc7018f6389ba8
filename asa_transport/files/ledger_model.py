"""The form of the ledgers: what stands in an exception and in a waiver, and in which words it is described.

Guarantees every problem of a file at once, in file order, each with its line and column; unknown keys are
refused.  Brings pydantic: imported only where there is a ledger, or a schema is asked for.

Source: docs/outage.md; the keys are the fields of `model.Exemption` and `model.Waiver`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any, Final, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic_core import InitErrorDetails

from asa_transport.files import file_model, model_schema
from asa_transport.files.checker import Checker, quoted
from asa_transport.files.file_model import Line, Moment, Name, Names, Section, Written, mistake_at, optional
from asa_transport.files.schema_parts import LINE
from asa_transport.files.yamltext import Node

_RULE: Final = r"^AT[0-9]{3}$"


def _rule(text: str) -> str:
    if not re.fullmatch(_RULE, text):
        raise ValueError(f"{quoted(text)} is no rule's id; expected e.g. AT301")
    return text


def _no_file(patterns: str) -> str:
    if "@" in patterns:
        raise ValueError("no @FILE here; write the patterns themselves")
    return patterns


def _entries(first_key: str) -> BeforeValidator:
    """Return what takes a list of entries, or nothing."""

    def listed(value: Any) -> Any:
        if not isinstance(value, list | None):
            raise ValueError(f"expected a list of entries, each '- {first_key}: …'")
        return value or []

    return BeforeValidator(listed)


_Rule: TypeAlias = Annotated[str, Written(_rule, {"type": "string", "pattern": _RULE})]
_Pattern: TypeAlias = Annotated[str, Written(_no_file, LINE)]
_Owner: TypeAlias = Annotated[Line, Field(description="Who answers for it.")]
_Reason: TypeAlias = Annotated[Line, Field(description="Why, in one line.")]
_LIST: Final = Field((), json_schema_extra={"type": ["array", "null"]})


class _Exception(Section):
    device: Name
    until: Moment
    owner: _Owner
    ticket: Line = Field(description="The change or incident.")
    reason: _Reason
    added_at: Moment
    closed_at: Moment = optional()


class _Waiver(Section):
    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"properties": {key: True}, "required": [key]} for key in ("rule", "bug")]
        }
    )

    rule: _Rule = optional(description="A rule, e.g. AT301.")
    bug: Line = optional(description="An entry of the bug catalogue.")
    devices: _Pattern = Field(description="Which ones, as -l names them; no @FILE.")
    until: Moment
    owner: _Owner
    reason: _Reason
    added_at: Moment = optional()
    closed_at: Moment = optional()

    @classmethod
    def beside(cls, plain: Mapping[str, Any], wrong: Collection[object]) -> Iterable[InitErrorDetails]:
        del wrong
        if not {"rule", "bug"} & set(plain):
            yield mistake_at((), "value_error", error="neither rule nor bug; add one, e.g. rule: AT301")


class _Exceptions(Section):
    exceptions: Annotated[tuple[_Exception, ...], _entries("device")] = _LIST


class _Waivers(Section):
    waivers: Annotated[tuple[_Waiver, ...], _entries("rule")] = _LIST


# The form of each, and which key names an entry of it in messages.
_LEDGERS: Final[Mapping[str, tuple[type[Section], str | None]]] = {
    "exceptions": (_Exceptions, "device"),
    "waivers": (_Waivers, None),
}


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a ledger."""
    return model_schema.schema(_LEDGERS[name][0], name, f"asa-transport {name}")


def read(name: str, root: Node, checker: Checker) -> list[dict[str, Any]]:
    """Return the values of each entry of a ledger; what is wrong is noted, and then there are none."""
    kind, named_by = _LEDGERS[name]
    names = Names(
        schema=name, file=f"{name} file", section=name, entry=name.removesuffix("s"), named_by=named_by,
        examples={"until": "it, e.g. until: 2026-12-31"},
    )  # fmt: skip
    found = file_model.read(kind, root, checker, names, {})
    return [] if found is None else [dict(entry) for entry in getattr(found, name)]
