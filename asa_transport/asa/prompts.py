"""Read an ASA's prompt: whose it is, which unit of a pair or cluster, which role, which mode.

Pure.  Live sessions, saved outputs and the judgement of a push read prompts through this file
alone; what a role's word says is in `failover` and `cluster`.

Source: unicon.plugins, scrapli and oxidized, their patterns; the `prompt` command of the
ASA command reference (`hostname`, `domain`, `context`, `priority`, `state`,
`cluster-unit`), whose order is the user's.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Final

from asa_transport.asa.cluster import PROMPT_ROLES
from asa_transport.asa.failover import PROMPT_FOLLOWING, PROMPT_STATES, PROMPT_UNITS
from asa_transport.model import ClusterRole

_UNIT_WORDS: Final = frozenset(PROMPT_UNITS)
_STATE_WORDS: Final = frozenset(PROMPT_STATES) | frozenset(PROMPT_ROLES)
# Of a unit that takes no configuration.
_FOLLOWING_WORDS: Final = PROMPT_FOLLOWING | {
    word for word, role in PROMPT_ROLES.items() if role is ClusterRole.DATA
}
# Alone in a prompt these are somebody's host name: nobody orders a prompt of the cluster's state only.
_NAMES_ALONE: Final = frozenset(PROMPT_ROLES)

# The longest prompt: host name, domain, context, cluster unit, state and mode.
LONGEST: Final = 400
# `host`, `host/pri/act`, `host/context`, `host/pri/act(config)`, `host/unit-1-2/data`.
_PROMPT: Final = re.compile(
    r"(?P<name>[\w.@:+-]{1,200}(?:/[\w.@:+-]{1,100}){0,8})"
    r"(?P<mode>\([\w-]{0,32}\))?(?P<level>[#>])(?P<blank> ?)"
)
# Threat Defense names no host, and has no level above it.
_BARE: Final = "> "


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt as printed, e.g. ``fw-par-01/pri/act(config)#``.

    Attributes:
        parts: The texts between the slashes, in the device's order; none at Threat Defense's ``>``.
        mode: What stands in parentheses, e.g. ``config``; empty outside configuration.
        is_privileged: True at ``#``.
        is_certain: A blank follows, as ASA prints it; without one a banner's line may look the same.
    """

    text: str
    parts: tuple[str, ...]
    mode: str
    is_privileged: bool
    is_certain: bool

    def is_same_device(self, other: Prompt) -> bool:
        """Return whether both may be prompts of one session's firewall.

        Role and mode may differ, and a context may come or go (`changeto`).  Another unit of
        the pair is another firewall.  A prompt of role words alone names nobody, so such
        prompts are one firewall's where they name the same unit, or none.
        """
        mine, others = frozenset(self.names), frozenset(other.names)
        if self.is_bare or other.is_bare:
            return self.is_bare and other.is_bare
        if not mine and not others:
            return self.unit == other.unit
        if not mine or not others or not (mine <= others or others <= mine):
            return False
        return self.unit is None or other.unit is None or self.unit == other.unit

    @property
    def is_bare(self) -> bool:
        """Whether it is Threat Defense's ``>``, which names nobody."""
        return not self.parts

    @property
    def names(self) -> tuple[str, ...]:
        """The parts that are no role words: host name, domain, context, cluster unit, in the device's order.

        Of two words for one thing (`sec/pri/act`) the first is a name: somebody called a firewall so.
        """
        return _names(self.parts)

    @property
    def hostname(self) -> str | None:
        """The first part that names no role: the host name, unless the user ordered the parts otherwise."""
        return next(iter(self.names), None)

    @property
    def context(self) -> str | None:
        """The one name beside the host name; `None` without one, with a domain, or where it may be a role.

        A context may be called like a role (`data`): ahead of the roles, that is its name.
        """
        found = self.names[1:]
        if len(found) != 1:
            return None
        is_ahead = set(self.parts[: self.parts.index(found[0], 1)]) <= set(self.names)
        return found[0] if is_ahead or found[0] not in _UNIT_WORDS | _STATE_WORDS else None

    @property
    def unit(self) -> str | None:
        """`pri` or `sec`, which a unit of a pair keeps when it changes its role; `None` where not shown."""
        return self._part(self._last(_UNIT_WORDS))

    @property
    def state(self) -> str | None:
        """The word for the present role in a pair or a cluster; `None` where not shown."""
        return self._part(self._last(_STATE_WORDS))

    @property
    def is_following(self) -> bool:
        """Whether the role is one that takes no configuration: standby, or a cluster's data unit."""
        return self.state in _FOLLOWING_WORDS

    def _last(self, words: frozenset[str]) -> int | None:
        return _last(self.parts, words)

    def _part(self, index: int | None) -> str | None:
        return None if index is None else self.parts[index]


def _last(parts: tuple[str, ...], words: frozenset[str]) -> int | None:
    if len(parts) == 1:
        words = words - _NAMES_ALONE
    return next((i for i in reversed(range(len(parts))) if parts[i] in words), None)


# Each prompt of a session is compared with the first; a fleet at work has some hundred of them.
@functools.lru_cache(maxsize=1024)
def _names(parts: tuple[str, ...]) -> tuple[str, ...]:
    roles = {_last(parts, _UNIT_WORDS), _last(parts, _STATE_WORDS)}
    return tuple(part for index, part in enumerate(parts) if index not in roles)


def whole(line: str, *, bare: bool = False) -> Prompt | None:
    """Return the prompt that a line is, with nothing before or behind it, or `None`.

    Args:
        bare: Take Threat Defense's ``> `` too, which anywhere else is the mark of a quotation.
    """
    if len(line) > LONGEST:
        return None
    if bare and line == _BARE:
        return BARE
    match = _PROMPT.fullmatch(line)
    return None if match is None else _prompt(match)


def leading(line: str, *, bare: bool = False) -> tuple[Prompt, str] | None:
    """Return the prompt that a line begins with, and what stands behind it, or `None`; `bare` as `whole`."""
    if bare and line.startswith(_BARE):
        return BARE, line[len(_BARE) :]
    match = _PROMPT.match(line, 0, LONGEST)
    return None if match is None else (_prompt(match), line[match.end() :])


def _prompt(match: re.Match[str]) -> Prompt:
    return Prompt(
        text=match.group().rstrip(),
        parts=tuple(match["name"].split("/")),
        mode=(match["mode"] or "").strip("()"),
        is_privileged=match["level"] == "#",
        is_certain=bool(match["blank"]),
    )


BARE: Final = Prompt(text=">", parts=(), mode="", is_privileged=False, is_certain=False)
