"""Read the groups of an inventory, which may lie in one another, and say what a device has from its own.

Pure.  A group wins over the groups that it is in, however they are listed; of the others the last listed
wins, with those that it is in.  Every circle is a problem with its place, and ends there: what is left is a
set of groups without one.

Source: docs/schemas/inventory.json; docs/inventory.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

from asa_transport.files.checker import Checker, quoted
from asa_transport.files.inventory_fields import Settings, define, merged
from asa_transport.files.yamltext import Entry, Scalar

# Continent, country, city, site, room and what else there is; a program that writes files has no such end.
_MOST_LEVELS: Final = 20


class Groups:
    """The groups of one file.

    Args:
        checker: Takes the problems.
    """

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._settings: dict[str, Settings] = {}
        self._listed: dict[str, tuple[Scalar, ...]] = {}
        # Behind each group those that it is in, the outermost first, and itself at the end.
        self._orders: dict[str, tuple[str, ...]] = {}
        self._merged: dict[tuple[str, ...], Settings] = {}
        self._is_too_deep = False

    @property
    def names(self) -> tuple[str, ...]:
        """Those that the file defines, in its order."""
        return tuple(self._settings)

    def define(self, name: str, settings: Settings, within: Entry | None, what: str) -> None:
        """Take a group and the list of the groups that it is in, which may be defined further down."""
        self._settings[name] = settings
        items = within and self._checker.each(within.value, f"{what}: groups", self._checker.name)
        self._listed[name] = tuple(items or ())

    def link(self) -> None:
        """Find out which groups lie in which, once all are defined."""
        for name, items in self._listed.items():
            for item in items:
                self.check_defined(item, f"group {name}: groups")
        for name in self._settings:
            self._order(name, ())

    def check_defined(self, item: Scalar, what: str) -> None:
        """Note a problem where the file defines no such group."""
        if item.text not in self._settings:
            near = self._checker.nearest(item.text, self._settings)
            self._checker.add(
                item,
                f"{what}: {quoted(item.text)} is not defined in groups{near}; {define(self._settings)}",
            )

    def all_of(self, listed: Sequence[str]) -> tuple[str, ...]:
        """Return the groups that these are, and lie in: what wins stands behind what it wins over."""
        return tuple(dict.fromkeys(chain.from_iterable(self._orders.get(name, (name,)) for name in listed)))

    def brought_by(self, listed: Sequence[str]) -> tuple[str, ...]:
        """Return of these groups, and of those that they are in, the ones that lie in another."""
        return tuple(name for name in self.all_of(listed) if self._listed.get(name))

    def over(self, defaults: Settings, listed: tuple[str, ...]) -> Settings:
        """Return what a device has that lists these groups, without its own; always of the same defaults."""
        found = self._merged.get(listed)
        if found is None:
            found = defaults
            for name in self.all_of(listed):
                found = merged(found, self._settings.get(name, {}))
            self._merged[listed] = found
        return found

    def _order(self, name: str, path: tuple[str, ...]) -> tuple[str, ...]:
        known = self._orders.get(name)
        if known is None:
            here = (*path, name)
            outer = (self._order(item.text, here) for item in self._listed[name] if self._may_lie(item, here))
            known = self._orders[name] = (*dict.fromkeys(chain.from_iterable(outer)), name)
        return known

    def _may_lie(self, item: Scalar, path: Sequence[str]) -> bool:
        """Return whether the last group of a path may lie in another one; note why not."""
        what = f"group {path[-1]}: groups"
        if item.text not in self._settings:
            return False
        if item.text == path[-1]:
            self._checker.add(item, f"{what}: this is the group itself; name another one")
            return False
        if item.text in path:
            circle = " -> ".join((*path[path.index(item.text) :], item.text))
            self._checker.add(
                item, f"{what}: {quoted(item.text)} is in this group already ({circle}); take one out"
            )
            return False
        if len(path) == _MOST_LEVELS:
            # Said once: who reads it has one chain to shorten, and it may have a thousand links.
            if not self._is_too_deep:
                self._checker.add(
                    item,
                    f"{what}: {quoted(item.text)}: more than {_MOST_LEVELS} groups lie in one another; "
                    "take some out",
                )
            self._is_too_deep = True
            return False
        return True


def came_from(groups: Sequence[str], brought_by: Sequence[str]) -> Mapping[str, str]:
    """Return where a device's list of groups came from."""
    if not groups:
        return {}
    return {"groups": ", ".join(("device", *(f"groups.{name}" for name in brought_by)))}
