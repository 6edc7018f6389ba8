"""Make the model of a map of a user's file whose keys are the fields of one of our own types.

Pure.  What a field is called in the file, what it means and its bounds stand with it (`model/fields`); how a
value of its type is written, here.  A key that is left out keeps the default of the type.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar, get_type_hints

from pydantic import AfterValidator, Field, create_model

from asa_transport.files.file_model import Flag, Name, Section, choice, count, span
from asa_transport.model.fields import Setting, settings_of

_PLAIN: Final[Mapping[Any, Any]] = {str: Name, bool: Flag}
_Base = TypeVar("_Base", bound=Section)


def section_of(
    kind: type[Any],
    others: Mapping[Any, Callable[[Setting], Any]],
    rules: Mapping[type[Any], Callable[[Any], Any]],
    base: type[_Base],
) -> type[_Base]:
    """Return the model of such a map; a map within it becomes a value of the type of its field.

    Args:
        others: How what is no number, word or map is written, by type.
        rules: What is said of all keys of a map together: returns the value, or raises a ValueError.
        base: What is said of all keys of this one.
    """
    hints = get_type_hints(kind)

    def written(hint: Any, about: Setting) -> Any:
        if hint in others:
            return others[hint](about)
        if hint in _PLAIN:
            return _PLAIN[hint]
        if hint is float:
            return Annotated[float, span(about.unit, *about.within)]
        if hint in {int, int | None}:
            return Annotated[hint, count(*map(int, about.within), or_null=hint is not int)]
        if issubclass(hint, StrEnum):
            return Annotated[hint, choice(hint)]
        inner = section_of(hint, others, rules, Section)
        value = AfterValidator(lambda found: rules.get(hint, lambda whole: whole)(hint(**found.given)))
        return Annotated[inner, value]

    made: dict[str, Any] = {}
    for one, about in zip(dataclasses.fields(kind), settings_of(kind).values(), strict=True):
        # What is left out is not among what is given: a default is only shown, as it is written.
        shown = list(map(str, one.default)) if isinstance(one.default, tuple) else one.default
        default = {"default_factory": dict} if dataclasses.is_dataclass(shown) else {"default": shown}
        field = Field(**default, alias=about.key, description=about.text)
        made[one.name] = (written(hints[one.name], about), field)
    return create_model(kind.__name__, __base__=base, **made)
