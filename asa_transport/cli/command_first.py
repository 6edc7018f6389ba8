"""Let the options of a command stand before its name, too: `asa-transport -q audit`.

Reads no value: it only moves words.  What no command understands stays where it is, and is an error there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

# Under which a command keeps the words that it was given.
WORDS: Final = "asa_transport.words"


def command_first(group: Any, context: Any, words: Sequence[str]) -> list[str]:
    """Return the words with the command's name before its options.

    A word counts as the name where all words before it are options of that command, with their values: in
    `-l audit plan` the first one is a value.
    """
    given = list(words)
    if not given or not given[0].startswith("-") or given[0].partition("=")[0] in _names(group, context):
        return given
    for place, word in enumerate(given):
        if word == "--":
            break
        if word in group.commands and _are_options(given[:place], _options(group.whole(word))):
            return [word, *given[:place], *given[place + 1 :]]
    return given


def _names(group: Any, context: Any) -> set[str]:
    return {name for param in group.get_params(context) for name in param.opts}


def _options(command: Any) -> Mapping[str, bool]:
    """Return the options of a command, or of all commands of a group, and whether each takes a value."""
    below = getattr(command, "commands", {}).values()
    return {
        name: not param.is_flag
        for one in (command, *below)
        for param in one.params
        if param.param_type_name == "option"
        for name in param.opts
    }


def _are_options(words: Sequence[str], known: Mapping[str, bool]) -> bool:
    """Return whether the words are known options, each with its value."""
    left = iter(words)
    for word in left:
        if word.startswith("--"):
            name, equals, _ = word.partition("=")
            is_value_next = known.get(name, False) and not equals
            is_known = name in known
        else:
            is_known, is_value_next = _short(word, known)
        if not is_known or (is_value_next and next(left, None) is None):
            return False
    return True


def _short(word: str, known: Mapping[str, bool]) -> tuple[bool, bool]:
    """Return whether `-q`, `-qv`, `-l` or `-lNAME` is known, and whether its value is the next word."""
    if not word.startswith("-") or word == "-":
        return False, False
    for place, letter in enumerate(word[1:], 1):
        name = f"-{letter}"
        if name not in known:
            return False, False
        if known[name]:
            return True, place == len(word) - 1
    return True, False
