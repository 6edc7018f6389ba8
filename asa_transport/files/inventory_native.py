"""Open an inventory file and return its devices with all their merged values.

Guarantees every problem of the file at once, in file order, each with its line
and column; a device's values in the order device, groups (see `inventory_groups`),
defaults, built-in; and for each of them the place that it came from.  Lists
replace one another, except `tags`, which unite.  Obtains no secret, contacts
nothing, and never shows a secret that stands in the file by mistake.

Not read by a model of pydantic, as the other files are: every command reads an inventory, and every TAB
of a device's name, and the import alone takes 0.1 s and 16 MB; a hundred devices are read in 0.02 s.

Source: docs/schemas/inventory.json.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from asa_transport.errors import InventoryError
from asa_transport.files import other_files, yamltext
from asa_transport.files.checker import Checker, quoted, why_unreadable
from asa_transport.files.fields import parse_path
from asa_transport.files.inventory_fields import (
    NO_JUMP,
    OWN,
    SHARED,
    WRITTEN_OUT,
    Settings,
    SettingsReader,
    Sourced,
    expectation,
    merged,
)
from asa_transport.files.inventory_groups import Groups, came_from
from asa_transport.files.regular_file import read_plain
from asa_transport.files.secret_sources import SecretsReader
from asa_transport.files.yamltext import Entry, Mark, Node
from asa_transport.model import (
    Device,
    Expectation,
    Inventory,
    Problem,
    host_identity,
)

BUILT_IN: Final = "built-in"
_DEVICE_KEYS: Final = (*OWN, *SHARED)
_GROUP_KEYS: Final = ("groups", *SHARED)
_DATA: Final = "data."
# A path has lost one of its slashes.
_ADDRESS: Final = re.compile(r"^(https?):/+")
_OR_NONE: Final = tuple(name for name, key in SHARED.items() if key.about.or_none)
_NEEDED: Final = {name: key.about.needed for name, key in SHARED.items() if key.about.needed}
# What the inventories of other programs call an address.
_HOST_ELSEWHERE: Final = ("hostname", "ip", "address", "ip_address", "ansible_host", "mgmt_ip")
# What is said of keys that people know from elsewhere.
_MEANT: Final = {
    **dict.fromkeys(_HOST_ELSEWHERE, " (did you mean 'host'?)"),
    **dict.fromkeys(("user", "login", "ansible_user"), " (did you mean 'username'?)"),
    **dict.fromkeys(("password", "secret", "enable", "ansible_password", "ansible_become_pass"), WRITTEN_OUT),
    **dict.fromkeys(("transport", "proxy"), "; it belongs under expect, e.g. expect: {transport: smart}"),
    **dict.fromkeys(("site", "location"), " (did you mean 'region'?)"),
}


def load(path: Path) -> Inventory:
    """Return the inventory of a file.

    Args:
        path: YAML, UTF-8.  Relative paths in it start from its directory.

    Raises:
        InventoryError: Holds every problem, in file order.
    """
    file = str(path)
    try:
        data = read_plain(path, yamltext.MAX_BYTES + 1, or_piped=True)
    except (OSError, ValueError) as error:
        why = why_unreadable(error)
        if isinstance(error, FileNotFoundError):
            why += "; give an inventory with -i, or write one ('asa-transport schema inventory' has its keys)"
            if _ADDRESS.match(file):
                whole = _ADDRESS.sub(r"\1://", file)
                why = f"this is an address; that of a NetBox is given as 'netbox:{whole}'"
        elif isinstance(error, IsADirectoryError) and any(path.iterdir()):
            why += other_files.folder_hint(path, has_hosts=(path / "hosts.yaml").is_file())
        raise InventoryError((Problem(file=file, message=why),)) from error
    document = yamltext.parse(data, file=file)
    if document.root is None:
        ini = other_files.ini_problem(data, file)
        raise InventoryError(document.problems if ini is None else (ini,))
    return read_tree(file, document.root, path.absolute(), document.problems)


def read_tree(file: str, root: Node, path: Path, problems: Sequence[Problem] = ()) -> Inventory:
    """Return the inventory of a tree, which need not have been a file of ours.

    Args:
        file: Its name for the messages.
        path: Absolute; relative paths start from its directory.
        problems: Those that are known already.

    Raises:
        InventoryError: Holds every problem.
    """
    reader = _Reader(Checker(file, problems), path)
    inventory = reader.read(root)
    if inventory is None or reader.checker.problems:
        raise InventoryError(reader.checker.problems)
    return inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A device as far as it could be read; what is wrong in it is `None` here and noted already."""

    name: str
    device: Device | None
    pair: yamltext.Scalar | None
    host: Sourced[str] | None
    port: int | None
    jump: str | None


class _Reader:
    """Reads one document; the order of its methods is the order in which they run."""

    def __init__(self, checker: Checker, path: Path) -> None:
        self.checker = checker
        self._path = path
        self._groups = Groups(self.checker)
        self._names: dict[str, Mark] = {}
        self._secrets = SecretsReader(self.checker, self._resolved)
        self._settings = SettingsReader(
            self.checker, self._secrets.names, self._resolved, self._secrets.by_key
        )

    def read(self, root: Node) -> Inventory | None:
        """Return the inventory, which is whole only if the checker then holds no problem."""
        top = other_files.top(self.checker, root, other_files.INVENTORY)
        if top is None:
            return None
        sections = self.checker.fields(top, other_files.INVENTORY.keys, "inventory")
        # First the names that the others refer to.
        if "vault" in sections:
            self._secrets.read_vault(sections["vault"].value)
        credentials = self._secrets.read(sections["credentials"].value) if "credentials" in sections else ()
        defaults = merged(self._built_in(), self._defaults(sections.get("defaults")))
        self._read_groups(sections.get("groups"))
        entries = self._devices(sections.get("devices"), top, defaults)
        self._check_addresses(entries)
        pairs = self._pairs(entries)
        devices = (_paired(entry.device, pairs) for entry in entries if entry.device is not None)
        return Inventory(
            path=self._path,
            devices=tuple(sorted(devices, key=lambda device: device.name)),
            credentials=tuple(sorted(credentials, key=lambda spec: spec.name)),
            groups=tuple(sorted(self._groups.names)),
        )

    def _resolved(self, text: str) -> Path:
        """Return an absolute path; ValueError says why there is none."""
        return parse_path(text, self._path.parent)

    def _built_in(self) -> Settings:
        expect = Expectation()
        values: dict[str, object] = {"expect.transport": expect.transport, "expect.proxy": expect.proxy}
        for name, key in SHARED.items():
            given = key.about.given
            try:
                values[name] = self._resolved(str(given)) if isinstance(given, Path) else given
            except ValueError:
                # Without a home directory the file must name one itself.
                continue
        nowhere = Mark(line=1, column=1)
        return {
            name: Sourced(value=value, mark=nowhere, origin=BUILT_IN)
            for name, value in values.items()
            if value is not None
        }

    def _defaults(self, entry: Entry | None) -> Settings:
        mapping = entry and self.checker.mapping(entry.value, "defaults", empty_ok=True)
        if not mapping:
            return {}
        return self._settings.read(
            self.checker.fields(mapping, SHARED, "defaults", meant=_MEANT), "defaults", "defaults"
        )

    def _read_groups(self, entry: Entry | None) -> None:
        section = entry and self.checker.mapping(entry.value, "groups", empty_ok=True)
        for group in section.entries if section else ():
            name, what = group.key.text, f"group {group.key.text}"
            # A group that is wrong exists all the same: its devices are not wrong too.
            self._groups.define(name, {}, None, what)
            if self.checker.name(group.key, "group name") is None:
                continue
            mapping = self.checker.mapping(group.value, what, empty_ok=True)
            if mapping is not None:
                fields = self.checker.fields(mapping, _GROUP_KEYS, what, meant=_MEANT)
                settings = self._settings.read(fields, what, f"groups.{name}")
                self._groups.define(name, settings, fields.get("groups"), what)
        self._groups.link()

    def _devices(self, entry: Entry | None, top: yamltext.Mapping, defaults: Settings) -> list[_Entry]:
        if entry is None:
            self.checker.add(top, "inventory: no devices; add e.g. devices: {fw-par-01: {host: 192.0.2.11}}")
            return []
        section = self.checker.mapping(
            entry.value, "devices", empty_ok=True, example=", e.g. fw-par-01: {host: 192.0.2.11}"
        )
        if section is None:
            return []
        if not section.entries:
            self.checker.add(entry.key, "devices: there are none; add e.g. fw-par-01: {host: 192.0.2.11}")
        found = []
        folded: dict[str, yamltext.Scalar] = {}
        for item in section.entries:
            if self.checker.name(item.key, "device name") is None:
                continue
            self._names[item.key.text] = item.key.mark
            twin = folded.setdefault(item.key.text.lower(), item.key)
            if twin is not item.key:
                self.checker.add(
                    item.key,
                    f"device {item.key.text}: differs from {twin.text} ({twin.mark.said}) only in "
                    "upper and lower case; rename one",
                )
            entry_read = self._device(item, defaults)
            if entry_read is not None:
                found.append(entry_read)
        return found

    def _device(self, item: Entry, defaults: Settings) -> _Entry | None:
        name, what = item.key.text, f"device {item.key.text}"
        mapping = self.checker.mapping(item.value, what, empty_ok=True, example=", e.g. {host: 192.0.2.11}")
        if mapping is None:
            return None
        fields = self.checker.fields(mapping, _DEVICE_KEYS, what, meant=_MEANT)
        host = None
        if "host" in fields:
            node = fields["host"].value
            dialled = self._settings.dialled(node, f"{what}: host")
            host = Sourced(value=dialled, mark=node.mark, origin="device")
        elif not any(mapping.get(key) for key in _HOST_ELSEWHERE):
            self.checker.add(item.key, f"{what}: no host; add its address, e.g. {{host: 192.0.2.11}}")
        groups = self._device_groups(fields, f"{what}: groups")
        settings = merged(self._groups.over(defaults, groups), self._settings.read(fields, what, "device"))
        pair = self._pair_name(fields, name, what)
        alias = None
        if "host_key_alias" in fields:
            alias = self.checker.name(fields["host_key_alias"].value, f"{what}: host_key_alias")
        expect = expectation(settings, self.checker, what)
        self._check_required(settings, item.key, what)
        device = None
        if host is not None and host.value is not None and expect is not None:
            within = came_from(groups, self._groups.brought_by(groups))
            groups = self._groups.all_of(groups)
            device = _built(
                settings, name=name, host=host.value, groups=groups, within=within, expect=expect, pair=pair,
                alias=alias,
            )  # fmt: skip
        return _Entry(
            name=name,
            device=device,
            pair=pair,
            host=host,
            port=settings["port"].value,
            jump=jump.value if (jump := settings.get("jump")) else None,
        )

    def _device_groups(self, fields: Mapping[str, Entry], what: str) -> tuple[str, ...]:
        if "groups" not in fields:
            return ()
        items = self.checker.each(fields["groups"].value, what, self.checker.name) or ()
        for item in items:
            self._groups.check_defined(item, what)
        return tuple(item.text for item in items)

    def _pair_name(self, fields: Mapping[str, Entry], name: str, what: str) -> yamltext.Scalar | None:
        if "pair" not in fields:
            return None
        node = fields["pair"].value
        text = self.checker.name(node, f"{what}: pair")
        if text == name:
            self.checker.add(node, f"{what}: pair: this is the device itself; name the other unit")
            return None
        return node if text is not None and isinstance(node, yamltext.Scalar) else None

    def _check_required(self, settings: Settings, key: yamltext.Scalar, what: str) -> None:
        for field, meaning in _NEEDED.items():
            if field not in settings:
                self.checker.add(
                    key,
                    f"{what}: no {field} ({meaning}); add it here, to a group or to defaults",
                )

    def _check_addresses(self, entries: list[_Entry]) -> None:
        # Behind another jump host an address is another device's: networks of sites are often alike.
        first: dict[tuple[str, int, str | None], _Entry] = {}
        for entry in entries:
            if entry.host is None or entry.host.value is None or entry.port is None:
                continue
            jump = None if entry.jump == NO_JUMP else entry.jump
            twin = first.setdefault((host_identity(entry.host.value), entry.port, jump), entry)
            if twin is not entry:
                self.checker.add(
                    entry.host.mark,
                    f"device {entry.name}: {twin.name} ({self._names[twin.name].said}) has "
                    f"{entry.host.value} port {entry.port} already; delete one of the two",
                )

    def _pairs(self, entries: list[_Entry]) -> dict[str, tuple[str, str]]:
        """Return for each device its mate and the device whose entry says so."""
        mates: dict[str, tuple[str, str]] = {}
        for entry in entries:
            if entry.pair is None:
                continue
            name, mate = entry.name, entry.pair.text
            what = f"device {name}: pair: {quoted(mate)}"
            if mate not in self._names:
                near = self.checker.nearest(mate, self._names)
                self.checker.add(entry.pair, f"{what} is not in this file{near}; name the other unit")
                continue
            for one, other in ((name, mate), (mate, name)):
                known = mates.setdefault(one, (other, name))
                if known[0] != other:
                    self.checker.add(
                        entry.pair,
                        f"{what}: {one} is already the mate of {known[0]} "
                        f"({self._names[known[1]].said}); a pair has two units",
                    )
        return mates


def _built(
    settings: Settings,
    *,
    name: str,
    host: str,
    groups: tuple[str, ...],
    within: Mapping[str, str],
    expect: Expectation,
    pair: yamltext.Scalar | None,
    alias: str | None,
) -> Device | None:
    """Return the device, or `None` where a value that it needs is wrong or missing."""
    values: dict[str, Any] = {key: settings[key].value for key in SHARED if key in settings}
    if None in values.values() or not values.keys() >= _NEEDED.keys():
        return None
    for key in _OR_NONE:
        if values.get(key) == NO_JUMP:
            values[key] = None
    places = {"host": "device", **{key: one.origin for key, one in settings.items()}, **within}
    if pair is not None:
        places["pair"] = "device"
    if alias is not None:
        places["host_key_alias"] = "device"
    data: dict[str, Any] = {
        key[len(_DATA) :]: one.value for key, one in settings.items() if key.startswith(_DATA)
    }
    return Device(
        name=name, host=host, groups=groups, pair=None if pair is None else pair.text, expect=expect,
        data=data, origins=places, host_key_alias=alias, **values,
    )  # fmt: skip


def _paired(device: Device, mates: Mapping[str, tuple[str, str]]) -> Device:
    """Return the device with the mate that only the mate's own entry names."""
    if device.pair is not None or device.name not in mates:
        return device
    mate, said_by = mates[device.name]
    return replace(device, pair=mate, origins={**device.origins, "pair": f"devices.{said_by}"})
