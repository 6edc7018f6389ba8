"""What another program's inventory says of the firewalls, before it is read as one of ours.

Pure.  A draft holds, for each firewall, the values that mean the same here, each with its place; and what
does not translate, so that nothing is left out in silence.  A value that may be a secret is never put into
a draft: what is said of it is the name of its key.

Source: docs/inventories.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from asa_transport.files import yamltext
from asa_transport.files.checker import is_name, quoted
from asa_transport.files.yamltext import Entry, Mark, Node, Scalar
from asa_transport.model import Problem
from asa_transport.text import counted, visible

# The one credential that a draft has: no source gives its secrets away.
CREDENTIAL: Final = "imported"
PASSWORD_VARIABLE: Final = "ASA_TRANSPORT_PASSWORD"  # noqa: S105 - a variable's name
ENABLE_VARIABLE: Final = "ASA_TRANSPORT_ENABLE"
USERNAME_VARIABLE: Final = "ASA_TRANSPORT_USERNAME"
# The key of `--map` that takes a column out.
COLUMNS_OUT: Final = "-"
_NOT_COPIED: Final = "a secret; it is not copied: name its source under credentials"
_SECRET: Final = re.compile(
    r"pass|pwd|secret|token|communit|credential|(?:api|private|auth)[._ -]?key|enable(?!d)|vault"
)
_SHOWABLE: Final = re.compile(r"[\w ().+/-]{1,80}")
# As Ansible, Nornir, netmiko, NetBox and Oxidized call it: `cisco.asa.asa`, `cisco_asa`, `asa`, `ASAv`.
_ASA: Final = re.compile(r"(?:^|[^a-z])asav?(?:[^a-z]|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place(Mark):
    """Where another program says something.

    Attributes:
        file: As the user would name it.
        part: What it is there, e.g. a column; empty where the line says it all.
    """

    file: str
    part: str = ""

    @property
    def said(self) -> str:
        """The place, for the inside of a message."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def problem(self, file: str, message: str) -> Problem:
        """Return the problem of the source's own file, which `file` need not be."""
        del file
        where = f"{self.part}: " if self.part else ""
        return Problem(
            file=self.file, line=self.line or None, column=self.column or None, message=f"{where}{message}"
        )

    def __str__(self) -> str:
        return visible(f"{self.said}, {self.part}" if self.part else self.said)


def place(file: str, line: int = 0, part: str = "") -> Place:
    """Return a place; line 0 where the source has no lines."""
    return Place(file=file, line=line, column=1 if line else 0, part=part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A value and where it stands."""

    text: str
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftDevice:
    """A firewall as a source has it.

    Attributes:
        values: By our keys, dotted: ``host``, ``port``, ``expect.proxy.host``.
        groups: In our order: the last one wins.
    """

    name: Said
    values: Mapping[str, Said]
    groups: tuple[Said, ...] = ()
    tags: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftGroup:
    """A group that has values of its own."""

    name: Said
    values: Mapping[str, Said] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """What does not translate: what it is, why, how often it stands there, and where it is first.

    Attributes:
        is_device: A whole device is left out.
    """

    what: str
    why: str
    at: Place
    times: int = 1
    is_device: bool = False

    def __str__(self) -> str:
        often = "" if self.times == 1 else f" ({self.times} times)"
        return visible(f"{self.at}: {self.what}{often}: {self.why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All that a source says of firewalls."""

    devices: tuple[DraftDevice, ...]
    groups: tuple[DraftGroup, ...] = ()
    defaults: Mapping[str, Said] = field(default_factory=dict)
    not_taken: tuple[NotTaken, ...] = ()
    needs_enable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What the user adds to a source.

    Attributes:
        username: Who logs in where the source does not say; `None` where nobody was named.
        columns: Our key by the column's name: ``{"Mgmt IP": "host"}``; an empty key takes a column out.
    """

    username: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


def is_asa(platform: str) -> bool:
    """Return whether the word that a program has for a platform means an ASA."""
    return _ASA.search(platform.lower()) is not None


def shown_name(name: str) -> str:
    """Return a name or a key for a message; what looks like `user:password@host`, or a line, is not shown."""
    return quoted(name) if _SHOWABLE.fullmatch(name) else "(name not shown)"


def is_secret(key: str) -> bool:
    """Return whether what stands under a key may be a secret, by its name."""
    return _SECRET.search(key.lower()) is not None


class Drafter:
    """Collects devices, and what does not translate, while a source is read."""

    def __init__(self) -> None:
        self._devices: list[DraftDevice] = []
        self._not_taken: dict[tuple[str, str], NotTaken] = {}
        self._group_names: dict[str, Place] = {}
        self.needs_enable = False

    def leave_out(self, what: str, why: str, at: Place, *, is_device: bool = False) -> None:
        """Note what does not translate; the same thing is told once, with how often it was met."""
        known = self._not_taken.get((what, why))
        self._not_taken[what, why] = NotTaken(
            what=what,
            why=why,
            at=at if known is None else known.at,
            times=1 if known is None else known.times + 1,
            is_device=is_device,
        )

    def leave_out_key(self, key: str, why: str, at: Place) -> None:
        """Note a key whose value is not taken; a secret is called one, and no value is shown."""
        shown = shown_name(key)
        if is_secret(key):
            self.needs_enable |= any(word in key.lower() for word in ("enable", "become", "secret"))
            why = _NOT_COPIED
        self.leave_out(shown, why, at)

    def device(
        self,
        name: Said,
        values: Mapping[str, Said],
        *,
        platform: Said | None = None,
        groups: Iterable[Said] = (),
        tags: Iterable[Said] = (),
    ) -> None:
        """Add a firewall; where it cannot be one of ours it is left out, and that is noted."""
        what = f"device {shown_name(name.text)}"
        if platform is not None and platform.text and not is_asa(platform.text):
            shown = quoted(platform.text) if is_name(platform.text) else "(not shown)"
            self.leave_out(f"devices of platform {shown}", "not an ASA", platform.at, is_device=True)
            return
        if not is_name(name.text):
            self.leave_out(
                what,
                "left out: a name has letters, digits, '.', '_' and '-', and at most 63 of them",
                name.at,
                is_device=True,
            )
            return
        if "host" not in values:
            self.leave_out(what, "left out: no address is given for it", name.at, is_device=True)
            return
        values = {key: said for key, said in values.items() if key != "region" or self._named(said, "region")}
        self._devices.append(
            DraftDevice(
                name=name,
                values=values,
                groups=tuple(_once(group for group in groups if self._named(group, "group"))),
                tags=tuple(_once(tag for tag in tags if self._named(tag, "tag"))),
            )
        )

    def _named(self, said: Said, kind: str) -> bool:
        if is_name(said.text):
            return True
        # Not shown: in a row whose cells have moved it may be anything.
        self.leave_out(f"a {kind}", "a name has letters, digits, '.', '_' and '-' only", said.at)
        return False

    def draft(
        self, *, groups: Sequence[DraftGroup] = (), defaults: Mapping[str, Said] | None = None
    ) -> Draft:
        """Return what was collected."""
        return Draft(
            devices=tuple(self._devices),
            groups=tuple(groups),
            defaults=defaults or {},
            not_taken=tuple(self._not_taken.values()),
            needs_enable=self.needs_enable,
        )


def _once(said: Iterable[Said]) -> Iterable[Said]:
    """Return each text once; the last place of it counts, as a later group wins."""
    last: dict[str, Said] = {}
    for one in said:
        last.pop(one.text, None)
        last[one.text] = one
    return last.values()


def problems_of(draft: Draft, source: str, options: ReadOptions) -> tuple[Problem, ...]:
    """Return why a draft as a whole can be no inventory."""
    if not draft.devices:
        left_out = sum(one.times for one in draft.not_taken if one.is_device)
        why = (
            f"no firewall of {counted(left_out, 'device')} can be taken" if left_out else "no device is in it"
        )
        first = next((f"; the first: {one}" for one in draft.not_taken if one.is_device), "")
        return (Problem(file=source, message=f"{why}{first}"),)
    if twins := _twins(draft):
        return twins
    if options.username is None and "username" not in draft.defaults:
        in_groups = {group.name.text for group in draft.groups if "username" in group.values}
        without = [
            device
            for device in draft.devices
            if "username" not in device.values and in_groups.isdisjoint(g.text for g in device.groups)
        ]
        if without:
            return (
                Problem(
                    file=source,
                    message=f"{counted(len(without), 'device')} without a user who logs in, first "
                    f"{without[0].name.text}; set {USERNAME_VARIABLE}, or give --username to "
                    "'asa-transport inventory import'",
                ),
            )
    return ()


def _twins(draft: Draft) -> tuple[Problem, ...]:
    """Return a problem for each name that a second device has."""
    first: dict[str, Place] = {}
    problems = []
    for device in draft.devices:
        at = device.name.at
        if first.setdefault(device.name.text, at) is not at:
            where = first[device.name.text]
            problems.append(
                at.problem(
                    "", f"device {device.name.text} is here twice, first at {where}; rename one of the two"
                )
            )
    return tuple(problems)


# --------------------------------------------------------------------------- as the tree of one of our files


def tree(draft: Draft, options: ReadOptions, *, has_enable: bool) -> yamltext.Mapping:
    """Return the draft as the tree that our own reader reads, each node with its place in the source."""
    given = Place(line=0, column=0, file="given to the import")
    none = Place(line=0, column=0, file="no source gives its secrets away: say where yours are")
    defaults: dict[str, Said] = {"credential": Said(text=CREDENTIAL, at=none)}
    if options.username is not None:
        defaults["username"] = Said(text=options.username, at=given)
    credential = [("password", _map([("env", Said(text=PASSWORD_VARIABLE, at=none))], none))]
    if has_enable:
        credential.append(("enable", _map([("env", Said(text=ENABLE_VARIABLE, at=none))], none)))
    groups = {group.name.text: _map(_nested(group.values), group.name.at) for group in draft.groups}
    keys = {group.name.text: group.name.at for group in draft.groups}
    for device in draft.devices:
        for group in device.groups:
            if group.text not in groups:
                groups[group.text] = yamltext.Mapping(mark=group.at, entries=())
                keys[group.text] = group.at
    nowhere = Mark(line=0, column=0)
    sections: list[tuple[str, Node]] = [
        ("defaults", _map(_nested({**defaults, **draft.defaults}), nowhere)),
        ("credentials", _map([(CREDENTIAL, _map(credential, none))], nowhere)),
    ]
    if groups:
        sections.append(
            (
                "groups",
                _entries([(_scalar(name, keys[name]), node) for name, node in groups.items()], nowhere),
            )
        )
    devices = [(_scalar(one.name.text, one.name.at), _device(one)) for one in draft.devices]
    sections.append(("devices", _entries(devices, nowhere)))
    return _map(sections, nowhere)


def _device(device: DraftDevice) -> yamltext.Mapping:
    entries = _nested(device.values)
    for key, listed in (("groups", device.groups), ("tags", device.tags)):
        if listed:
            items = tuple(_scalar(one.text, one.at) for one in listed)
            entries.append((key, yamltext.Sequence(mark=listed[0].at, items=items)))
    return _map(entries, device.name.at)


def _nested(values: Mapping[str, Said]) -> list[tuple[str, Said | Node]]:
    """Return dotted keys as maps in maps; each map has the place of its first value."""
    found: list[tuple[str, Said | Node]] = []
    inner: dict[str, dict[str, Said]] = {}
    for key, said in values.items():
        head, dot, rest = key.partition(".")
        if dot:
            inner.setdefault(head, {})[rest] = said
        else:
            found.append((key, said))
    for head, below in inner.items():
        found.append((head, _map(_nested(below), next(iter(below.values())).at)))
    return found


def _map(entries: Sequence[tuple[str, Said | Node]], at: Mark) -> yamltext.Mapping:
    return _entries([(_scalar(key, at), value) for key, value in entries], at)


def _entries(entries: Sequence[tuple[Scalar, Said | Node]], at: Mark) -> yamltext.Mapping:
    return yamltext.Mapping(
        mark=at,
        entries=tuple(
            Entry(key=key, value=_scalar(value.text, value.at) if isinstance(value, Said) else value)
            for key, value in entries
        ),
    )


def _scalar(text: str, at: Mark) -> Scalar:
    return Scalar(mark=at, text=text, plain=False)
