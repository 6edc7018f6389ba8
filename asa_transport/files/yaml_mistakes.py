"""Say in plain words what is wrong where a YAML parser gives up.

Pure.  The parser's own words ("while parsing a block mapping, did not find expected key") are those of
whoever writes parsers.  What is not known here is said without them, at the same place.

Source: the messages of libyaml 0.2 and of PyYAML 6, which differ.
"""

from __future__ import annotations

import re
from typing import Final

_CLOSE: Final = "add it, or the ',' that is missing before it"
# What the parser says ("context: problem"), and what a person is told; the first that is found counts.
_WORDS: Final = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"quoted scalar.*(end of stream|document)", "a closing quote is missing; add it"),
        (r"escape", "a backslash with an unknown character behind it; use single quotes"),
        (r"flow mapping", f"a '}}' is missing; {_CLOSE}"),
        (r"flow sequence", f"a ']' is missing; {_CLOSE}"),
        (
            r"mapping values are not allowed",
            "a ':' is not expected here; add the ':' that is missing above, or put the text in quotes",
        ),
        (r"simple key|expected ':'", "a ':' is missing; expected 'key: value'"),
        (r"sequence entries are not allowed", "a '-' is not expected here; begin a new line with it"),
        (
            r"block (mapping|collection|sequence)|expected <block end>",
            "this line is not indented like the lines above; give all keys of one map the same indent",
        ),
        (r"document start|<document", "a line that is not 'key: value'; correct it, or give the right file"),
        (r"cannot start any token|reserved", "a value cannot begin with this character; put it in quotes"),
        (r"anchor|alias", "a '*' or '&' is not expected here; put the value in quotes"),
        (r"\btag\b", "a '!' is not expected here; put the value in quotes"),
        (r"block scalar|indentation ind", "a '|' or '>' is not expected here; put the value in quotes"),
        (r"directive", "a '%' is not expected here; put the value in quotes"),
    )
)  # fmt: skip
_UNKNOWN: Final = "this cannot be read; look at this line and the one above"


def in_plain_words(context: str | None, problem: str | None) -> str:
    """Return what a person is told of a syntax error, by what the parser said of it."""
    said = f"{context or ''}: {problem or ''}"
    return next((words for pattern, words in _WORDS if pattern.search(said)), _UNKNOWN)
