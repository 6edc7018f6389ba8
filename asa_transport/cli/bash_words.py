"""Complete in bash what has a colon or an equals sign: bash ends a word at both.

For `-l group:em` bash tells of three words, `group`, `:` and `em`, and puts what it is offered in the place
of the last one.  So the words are put together before they are completed, and what stands before the last
colon is left out of what is offered.  A bash whose COMP_WORDBREAKS has no colon tells of one word, and is
offered the whole.

Source: bash manual, "Bash Variables" (COMP_WORDBREAKS); the function `__ltrim_colon_completions` of the
bash-completion project does the second half.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

# Of whichever click this typer has.
from typer._completion_classes import (  # type: ignore[attr-defined]
    BashComplete,
    add_completion_class,
    click_split_arg_string,
)

_BREAKS = frozenset(":=")


def joined(words: Sequence[str], last: int) -> tuple[list[str], str, str]:
    """Return the words before the one that is completed, that word, and how much of it is bash's own already.

    Args:
        words: As bash has them, the program first.
        last: The place of the one where the cursor is; behind them all where it is still empty.
    """
    found: list[str] = []
    is_open = False
    for word in words[: last + 1]:
        is_break = bool(word) and _BREAKS.issuperset(word)
        if found and (is_break or is_open):
            found[-1] += word
        else:
            found.append(word)
        is_open = is_break
    if last >= len(words) or not found:
        return found[1:], "", ""
    *before, incomplete = found
    is_cut = incomplete != words[last]
    value = incomplete.partition("=")[2] if incomplete.startswith("--") else incomplete
    head, colon, _ = value.rpartition(":")
    return before[1:], incomplete, head + colon if is_cut else ""


class BashWords(BashComplete):
    """typer's own, with the words put together."""

    _ahead = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is completed, and that one."""
        words = click_split_arg_string(os.environ["COMP_WORDS"])
        args, incomplete, self._ahead = joined(words, int(os.environ["COMP_CWORD"]))
        return args, incomplete

    def format_completion(self, item: Any) -> str:
        """Return what bash puts in the place of its last word."""
        return str(super().format_completion(item)).removeprefix(self._ahead)


def register() -> None:
    """Let typer complete with it in bash."""
    add_completion_class(BashWords, "bash")
