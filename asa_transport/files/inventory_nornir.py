"""Read an inventory from Nornir's SimpleInventory: hosts.yaml, groups.yaml and defaults.yaml.

Each value is the one that Nornir gives a netmiko connection: the options of the connection win over the
host's own attributes, wherever they stand; a host wins over its groups, the first group listed wins, each
group before those that it is in, and defaults are last.  Of the options of a connection, those of the
defaults come right behind the first group.  Groups are written in the order that is ours, the other way
round.

Source: Nornir's documentation, "Inventory", and its SimpleInventory; release 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asa_transport.errors import InventoryError
from asa_transport.files import yamltext
from asa_transport.files.checker import is_name
from asa_transport.files.inventory_draft import (
    Draft,
    Drafter,
    Place,
    ReadOptions,
    Said,
    is_secret,
    shown_name,
)
from asa_transport.files.regular_file import is_named
from asa_transport.files.source_text import bytes_of, refused
from asa_transport.files.yamltext import Entry, Node, Scalar
from asa_transport.files.yamltext import Mapping as YamlMapping
from asa_transport.files.yamltext import Sequence as YamlSequence
from asa_transport.model import Problem

# By our key.
_ATTRIBUTES: Final = {"host": "hostname", "port": "port", "username": "username", "platform": "platform"}
_MOST_LEVELS: Final = 50
_KNOWN: Final = frozenset({*_ATTRIBUTES.values(), "password", "groups", "data", "connection_options"})
# What reaches an ASA.
_CONNECTION: Final = "netmiko"
# In the order of SimpleInventory's own arguments, with the names that it has without them.
_FILES: Final = {"host_file": "hosts.yaml", "group_file": "groups.yaml", "defaults_file": "defaults.yaml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Element:
    """A host, a group, or the defaults.

    Attributes:
        name: Empty for the defaults.
    """

    name: str
    at: Place
    file: str
    node: YamlMapping

    def entry(self, key: str) -> Entry | None:
        """Return what stands under a key, `None` for nothing at all and for null."""
        return _entry(self.node, key)

    def place(self, entry: Entry, part: str = "") -> Place:
        """Return where a value is."""
        mark = entry.value.mark
        return Place(line=mark.line, column=mark.column, file=self.file, part=part)


def read(where: str, options: ReadOptions) -> Draft:
    """Return what the files say.

    Raises:
        InventoryError: One of them cannot be read, or a group is not defined.
    """
    del options
    hosts_file, groups_file, defaults_file = _files(Path(where))
    hosts = _elements(hosts_file)
    groups = {group.name: group for group in _elements(groups_file)} if is_named(groups_file) else {}
    defaults = None
    if is_named(defaults_file) and (root := _root(defaults_file)) is not None:
        at = Place(line=1, column=1, file=str(defaults_file))
        defaults = _Element(name="", at=at, file=str(defaults_file), node=root)
    drafter = Drafter()
    for element in (*hosts, *groups.values(), *(() if defaults is None else (defaults,))):
        _note(drafter, element)
    last = () if defaults is None else (defaults,)
    of_hosts, of_connections = _Order(groups, ()), _Order(groups, last)
    for host in hosts:
        _host(drafter, host, of_hosts.behind(host), of_connections.behind(host), last)
    return drafter.draft()


def _host(
    drafter: Drafter,
    host: _Element,
    groups: tuple[_Element, ...],
    for_connection: tuple[_Element, ...],
    last: tuple[_Element, ...],
) -> None:
    asked = (host, *groups, *last)
    values = {}
    for key, attribute in _ATTRIBUTES.items():
        said = _first(_of_connection(element, attribute) for element in (host, *for_connection)) or _first(
            _attribute(element, attribute) for element in asked
        )
        if said is not None:
            values[key] = said
    data: dict[str, Said] = {}
    # As a group's: what is nearer wins.
    for element in reversed(asked):
        data |= _data(element)
    platform = values.pop("platform", None)
    name = Said(text=host.name, at=host.at)
    drafter.device(
        name,
        {**values, **data},
        platform=platform,
        groups=[Said(text=group.name, at=host.at) for group in reversed(groups)],
    )


def _first(said: Iterator[Said | None]) -> Said | None:
    return next((one for one in said if one is not None), None)


def _attribute(element: _Element, key: str) -> Said | None:
    entry = element.entry(key)
    if entry is None or not isinstance(entry.value, Scalar):
        return None
    return Said(text=entry.value.text, at=element.place(entry))


def _of_connection(element: _Element, key: str) -> Said | None:
    options = element.entry("connection_options")
    connection = _entry(options.value, _CONNECTION) if options is not None else None
    entry = _entry(connection.value, key) if connection is not None else None
    if entry is None or not isinstance(entry.value, Scalar):
        return None
    return Said(text=entry.value.text, at=element.place(entry, "connection_options.netmiko"))


def _data(element: _Element) -> dict[str, Said]:
    """Return the texts under `data`; `_note` has told of the rest."""
    entry = element.entry("data")
    if entry is None or not isinstance(entry.value, YamlMapping):
        return {}
    return {
        f"data.{item.key.text}": Said(text=item.value.text, at=element.place(item))
        for item in entry.value.entries
        if isinstance(item.value, Scalar) and item.value.text and _is_carried(item.key.text)
    }


def _is_carried(key: str) -> bool:
    return is_name(key) and not is_secret(key) and "." not in key


def _note(drafter: Drafter, element: _Element) -> None:
    """Tell what of a host, a group or the defaults does not translate."""
    for entry in element.node.entries:
        key = entry.key.text
        if key == "password" or key not in _KNOWN:
            drafter.leave_out_key(key, "has no meaning here", element.place(entry))
        elif key == "data":
            for item in entry.value.entries if isinstance(entry.value, YamlMapping) else ():
                if not isinstance(item.value, Scalar) or not _is_carried(item.key.text):
                    why = "only texts are carried to reports, under a name"
                    drafter.leave_out_key(f"data.{item.key.text}", why, element.place(item))
        elif key == "connection_options":
            _note_connections(drafter, element, entry.value)


def _note_connections(drafter: Drafter, element: _Element, options: Node) -> None:
    for connection in options.entries if isinstance(options, YamlMapping) else ():
        name = f"connection_options.{connection.key.text}"
        if connection.key.text != _CONNECTION:
            drafter.leave_out(
                shown_name(name), "firewalls are reached as by netmiko", element.place(connection)
            )
            continue
        for entry in connection.value.entries if isinstance(connection.value, YamlMapping) else ():
            if entry.key.text == "extras":
                for extra in entry.value.entries if isinstance(entry.value, YamlMapping) else ():
                    drafter.leave_out_key(
                        f"{name}.extras.{extra.key.text}", "has no meaning here", element.place(extra)
                    )
            elif entry.key.text not in _ATTRIBUTES.values():
                drafter.leave_out_key(f"{name}.{entry.key.text}", "has no meaning here", element.place(entry))


class _Order:
    """What a host or a group is asked behind: each group before those that it is in, each once.

    Args:
        last: Asked behind the groups of each of them, as well as of the host.
    """

    def __init__(self, groups: Mapping[str, _Element], last: tuple[_Element, ...]) -> None:
        self._groups = groups
        self._last = last
        self._known: dict[str, tuple[_Element, ...]] = {}

    def behind(self, element: _Element, path: tuple[str, ...] = ()) -> tuple[_Element, ...]:
        """Return them in their order.

        Raises:
            InventoryError: A group is not defined, or in itself.
        """
        found: dict[str, _Element] = {}
        entry = element.entry("groups")
        for item in entry.value.items if entry is not None and isinstance(entry.value, YamlSequence) else ():
            name = item.text if isinstance(item, Scalar) else ""
            at = Place(line=item.mark.line, column=item.mark.column, file=element.file)
            if name not in self._groups:
                raise InventoryError((at.problem("", f"group {shown_name(name)} is not defined"),))
            if name in path or len(path) > _MOST_LEVELS:
                raise InventoryError((at.problem("", f"group {shown_name(name)} is in itself, or too deep"),))
            if name not in self._known:
                self._known[name] = self.behind(self._groups[name], (*path, name))
            for group in (self._groups[name], *self._known[name]):
                found.setdefault(group.name, group)
        for one in self._last:
            found.setdefault(one.name, one)
        return tuple(found.values())


# --------------------------------------------------------------------------- files


def _files(where: Path) -> tuple[Path, Path, Path]:
    """Return hosts, groups and defaults, of a folder, of a file of hosts, or of Nornir's configuration."""
    if where.is_dir():
        hosts, groups, defaults = (where / name for name in _FILES.values())
        return hosts, groups, defaults
    document = yamltext.parse(bytes_of(str(where)), file=str(where))
    inventory = _entry(document.root, "inventory")
    if inventory is None or not isinstance(inventory.value, YamlMapping):
        return where, where.with_name("groups.yaml"), where.with_name("defaults.yaml")
    plugin = _entry(inventory.value, "plugin")
    if plugin is not None and isinstance(plugin.value, Scalar) and plugin.value.text != "SimpleInventory":
        raise refused(str(where), "its inventory is not SimpleInventory", plugin.value.mark.line)
    given = _entry(inventory.value, "options")
    found = []
    for option, name in _FILES.items():
        entry = None if given is None else _entry(given.value, option)
        text = entry.value.text if entry is not None and isinstance(entry.value, Scalar) else name
        # Nornir takes it from where it is started, which is beside its configuration as a rule.
        found.append(where.parent / Path(text).expanduser())
    return found[0], found[1], found[2]


def _root(file: Path) -> YamlMapping | None:
    """Return the map of a file, `None` where there is nothing in it."""
    data = bytes_of(str(file))
    document = yamltext.parse(data, file=str(file))
    if document.root is None and not _has_content(data):
        return None
    if document.problems:
        raise InventoryError(document.problems)
    if not isinstance(document.root, YamlMapping):
        problem = Problem(file=str(file), line=1, column=1, message="this is no file of Nornir's: no map")
        raise InventoryError((problem,))
    return document.root


def _has_content(data: bytes) -> bool:
    lines = (line.strip() for line in data.splitlines())
    return any(line and not line.startswith(b"#") and line != b"---" for line in lines)


def _elements(file: Path) -> list[_Element]:
    root = _root(file)
    found, problems = [], []
    for entry in () if root is None else root.entries:
        mark = entry.key.mark
        at = Place(line=mark.line, column=mark.column, file=str(file))
        if isinstance(entry.value, YamlMapping):
            found.append(_Element(name=entry.key.text, at=at, file=str(file), node=entry.value))
        elif not isinstance(entry.value, Scalar) or not entry.value.is_null:
            problems.append(at.problem("", f"{shown_name(entry.key.text)}: expected a map"))
        else:
            empty = YamlMapping(mark=mark, entries=())
            found.append(_Element(name=entry.key.text, at=at, file=str(file), node=empty))
    if problems:
        raise InventoryError(tuple(problems))
    return found


def _entry(node: Node | None, key: str) -> Entry | None:
    """Return an entry of a map whose value is not null."""
    if not isinstance(node, YamlMapping):
        return None
    found = next((entry for entry in node.entries if entry.key.text == key), None)
    if found is None or (isinstance(found.value, Scalar) and found.value.is_null):
        return None
    return found
