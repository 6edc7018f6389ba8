"""Complete in zsh and fish what typer leaves undone there.

A word `--limit=fw-` is one word to both, and is replaced as a whole, so that what is offered begins with
the option.  zsh loads its function at the first TAB of a shell, and typer's only defines another one then:
nothing was offered until the second TAB.  fish takes each line for an offer of its own, and typer folds long
helps.

Source: zshcompsys(1), "Autoloaded files"; zshmisc(1), `zsh_eval_context`; fish's manual, `complete`.
"""

from __future__ import annotations

from typing import Any, Final

# Of whichever click this typer has.
from typer import _completion_shared
from typer._completion_classes import (  # type: ignore[attr-defined]
    FishComplete,
    ZshComplete,
    add_completion_class,
)

# In a function that is just being loaded, a TAB waits for what it offers.
_AT_ONCE: Final = """\


if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  %(complete_func)s "$@"
fi
"""


def option_of(incomplete: str) -> str:
    """Return how much of a word names the option whose value is completed, e.g. `--limit=`; else nothing."""
    option, equals, _ = incomplete.partition("=")
    return option + equals if option.startswith("--") and equals else ""


class _WithOption:
    """What zsh and fish have in common: the option that a value is typed behind is in all that is offered."""

    _option = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is completed, and that one."""
        args, incomplete = super().get_completion_args()  # type: ignore[misc]
        self._option = option_of(incomplete)
        return args, incomplete

    def format_completion(self, item: Any) -> str:
        """Return an offer as the shell takes it."""
        item.value = self._option + item.value
        return str(super().format_completion(item))  # type: ignore[misc]


class ZshWords(_WithOption, ZshComplete):
    """typer's own, that completes the value of an option in one word with it."""

    source_template = ZshComplete.source_template.rstrip() + _AT_ONCE

    def complete(self) -> str:
        """Return what zsh is to do: offer these, or files."""
        what = str(super().complete())
        return f"compset -P '*='; {what}" if what == "_files" and self._option else what


class FishWords(_WithOption, FishComplete):
    """typer's own, that completes the value of an option in one word with it, and a line for each offer."""

    def format_completion(self, item: Any) -> str:
        """Return a line: an offer, and what is said of it."""
        return " ".join(super().format_completion(item).splitlines())


def register() -> None:
    """Let typer complete with these, and give zsh this script."""
    add_completion_class(ZshWords, "zsh")
    add_completion_class(FishWords, "fish")
    _completion_shared._completion_scripts["zsh"] = ZshWords.source_template
