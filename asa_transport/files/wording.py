"""The sentences in which a user is told what is wrong with a value of a file, by kind of mistake.

Pure.  A kind is one of our own or of pydantic; what pydantic says of it is never printed.  A kind that is
not here is said in `OTHER`, so that another release of the library brings no words of its own.

Source: the kinds of error that pydantic names ("Validation Errors").
"""

from __future__ import annotations

from typing import Final

_MAP: Final = "{kind}; expected a map (key: value)"
# `seen` is the value as written, or its kind; `kind` never quotes: where a map belongs, a file of another
# program has anything, its passwords too.
WORDS: Final = {
    "text": "{seen}; expected a text, or leave the key out",
    "unprintable": "{seen} has control characters or blanks around it; delete them",
    "name": "{seen} is not a name; expected 1 to 63 letters, digits, '.', '_' or '-', with a letter or digit "
    "first and no '..'",
    "choice": "{seen}{near}; expected one of: {known}",
    "count": "{seen}; expected a whole number from {low} to {high}, in digits",
    "span": "{seen}; expected from {low:g} to {high:g} {unit}",
    "items": "{seen}; expected a list of {many}, e.g. {example}",
    "twice": "{seen} is listed twice; delete one",
    "value_error": "{error}",
    "no_kind": "no kind; expected one of: {known}",
    "missing": "no {key}; {do}",
    "map": "{kind}; expected a map, e.g. {example}",
    "model_type": _MAP,
    "dict_type": _MAP,
    "tuple_type": "{seen}; expected a list, e.g. [one, two]",
    "too_short": "the list is empty; leave the key out",
}
OTHER: Final = "{kind} that cannot be used here; 'asa-transport schema {schema}' shows what can"
