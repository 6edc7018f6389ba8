"""Say of a file that is not the one that was asked for which one it is.

Pure.  Somebody gives a policy for an inventory, or the inventory of another program: one line says so,
instead of a line for each of its keys.  No value is ever quoted, because another program's file may
hold passwords.

Source: the documentation of Ansible ("How to build your inventory"), Nornir (SimpleInventory), Netmiko
(netmiko-tools), NetBox (REST API) and Oxidized (CSV source).
"""

from __future__ import annotations

import re
from collections.abc import Sequence as Items
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from asa_transport.files.checker import Checker, nearest
from asa_transport.files.yamltext import Mapping, Node, Scalar, Sequence
from asa_transport.model import Policy, Problem
from asa_transport.model.fields import settings_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """One kind of file of ours.

    Attributes:
        name: What messages call it, and its schema in `asa-transport schema NAME`.
        one: The same with its article.
        keys: What may stand at its top.
        option: Which option takes it.
        example: A key that nearly every such file has.
    """

    name: str
    one: str
    keys: tuple[str, ...]
    option: str
    example: str


INVENTORY: Final = FileKind(
    name="inventory",
    one="an inventory",
    keys=("defaults", "credentials", "groups", "devices", "vault"),
    option="-i",
    example="devices",
)
POLICY: Final = FileKind(
    name="policy",
    one="a policy",
    keys=tuple(one.key for one in settings_of(Policy).values()),
    option="--policy",
    example="contact_timeout",
)
BUGS: Final = FileKind(
    name="bugs", one="a bug file", keys=("version", "bugs"), option="--bugs", example="bugs"
)
EXCEPTIONS: Final = FileKind(
    name="exceptions",
    one="an exceptions file",
    keys=("exceptions",),
    option="--exceptions",
    example="exceptions",
)
WAIVERS: Final = FileKind(
    name="waivers", one="a waivers file", keys=("waivers",), option="--waivers", example="waivers"
)
NOTIFY: Final = FileKind(
    name="notify", one="a file of channels", keys=("channels",), option="--notify", example="channels"
)
KINDS: Final = (INVENTORY, POLICY, BUGS, EXCEPTIONS, WAIVERS, NOTIFY)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Other:
    """A file of another program.

    Attributes:
        one: What it is called, with its article.
        given: How `-i` takes it as it is, with the file in the place of ``{file}``; empty where it does not.
    """

    one: str
    given: str = ""


_INI: Final = _Other(one="an inventory of Ansible (INI)", given="ansible:{file}")
_ANSIBLE: Final = _Other(one="an inventory of Ansible", given="ansible:{file}")
_NORNIR: Final = _Other(one="a hosts.yaml of Nornir", given="nornir:{folder}")
_NETBOX: Final = _Other(one="an answer of NetBox", given="netbox:https://HOST")
_CSV: Final = _Other(one="a CSV table", given="csv:{file}")
_OXIDIZED: Final = _Other(one="a router.db of Oxidized", given="oxidized:{file}")
_RANCID: Final = _Other(one="a router.db of RANCID", given="rancid:{file}")
# A misspelt key stands among few others.
_LOOKED_AT: Final = 20
_OUR_SCHEMA: Final = re.compile(r"asa-transport/([a-z]{1,20})/[0-9]")
_INI_SECTION: Final = re.compile(r"\[[A-Za-z0-9_.:-]+\]\s*")
_INI_HOST: Final = re.compile(r"[A-Za-z0-9_.-]+(\s+ansible_[a-z_]+=\S+)+\s*")
# A line of router.db: name, model and more, with colons between; RANCID's third field is a state.
_ROUTER_DB: Final = re.compile(r"[^\s:]+(:[^\s:]*)+")
_RANCID_LINE: Final = re.compile(r"[^\s:;]+([:;])[^\s:;]+\1(up|down)(\1\S*)?")
_TABLE: Final = re.compile(r"[^\s,;]+[,;]")


def top(checker: Checker, root: Node, kind: FileKind) -> Mapping | None:
    """Return the map at the top of a file of this kind; `None`, and noted, where it is another file."""
    document = _document(root)
    if document is None and isinstance(root, Mapping):
        keys = [entry.key.text for entry in root.entries]
        if not keys or any(key in kind.keys for key in keys):
            return root
    ours, other = _ours(root), document or _foreign(root)
    if ours is not None:
        checker.add(root, f"this is {ours.one}, not {kind.one}; give it with {ours.option}")
    elif other is not None:
        checker.add(root, _instead(other, kind, checker.file))
    elif isinstance(root, Mapping) and _is_near(root, kind):
        return root
    else:
        seen = {Scalar: " but a text", Sequence: " but a list"}.get(type(root), "")
        checker.add(
            root,
            f"this is not {kind.one}{seen}; expected a map with keys such as {kind.example!r} "
            f"('asa-transport schema {kind.name}' has them all)",
        )
    return None


def _is_near(root: Mapping, kind: FileKind) -> bool:
    """Return whether one of its first keys is nearly one of the kind's: a file with a mistyped key."""
    return any(nearest(entry.key.text, kind.keys) for entry in root.entries[:_LOOKED_AT])


def ini_problem(data: bytes, file: str) -> Problem | None:
    """Return the problem of a file that is Ansible's inventory as INI, which YAML cannot read."""
    for number, line in enumerate(data[:65536].decode("utf-8", "replace").splitlines(), 1):
        text = line.strip()
        if text and text[0] not in "#;":
            if _INI_SECTION.fullmatch(text) or _INI_HOST.fullmatch(text):
                said = _instead(_INI, INVENTORY, file)
                return Problem(file=file, line=number, column=1, message=said)
            return None
    return None


def folder_hint(path: PurePath, *, has_hosts: bool) -> str:
    """Return how a directory is given as an inventory, as the end of a sentence.

    Args:
        has_hosts: A hosts.yaml is in it, as Nornir has it.
    """
    owner, source = ("Nornir", "nornir") if has_hosts else ("Ansible", "ansible")
    return f"; one that {owner} reads is given as '{source}:{path}'"


def _instead(other: _Other, kind: FileKind, file: str) -> str:
    if kind is INVENTORY and other.given:
        given = other.given.format(file=file, folder=PurePath(file).parent)
        return (
            f"this looks like {other.one}; give it as it is, '-i {given}', or write one of ours from it: "
            f"'asa-transport inventory import {given} -o inventory.yaml'"
        )
    if kind is INVENTORY:
        return (
            f"this looks like {other.one}; expected an inventory of asa-transport, "
            "e.g. devices: {fw-par-01: {host: 192.0.2.11}} ('asa-transport schema inventory' has its keys)"
        )
    return (
        f"this looks like {other.one}; expected {kind.one} ('asa-transport schema {kind.name}' has its keys)"
    )


def _ours(root: Node) -> FileKind | None:
    """Return the kind of ours that has every key of the map."""
    if not isinstance(root, Mapping):
        return None
    keys = {entry.key.text for entry in root.entries}
    return next((kind for kind in KINDS if keys <= set(kind.keys)), None)


def _document(root: Node) -> _Other | None:
    """Return which document of a run it is."""
    schema = root.get("schema") if isinstance(root, Mapping) else None
    found = _OUR_SCHEMA.fullmatch(schema.text) if isinstance(schema, Scalar) else None
    return None if found is None else _Other(one=f"the result of asa-transport {found[1]}")


def _foreign(root: Node) -> _Other | None:
    """Return which other program's file it is, as far as its keys tell."""
    match root:
        case Scalar():
            words = root.text.split()
            if words and all(_RANCID_LINE.fullmatch(word) for word in words):
                return _RANCID
            if words and all(_ROUTER_DB.fullmatch(word) for word in words):
                return _OXIDIZED
            return _CSV if words and _TABLE.match(words[0]) else None
        case Sequence():
            return _Other(one="a playbook of Ansible") if _have(root.items, "hosts") else None
        case Mapping():
            keys = {entry.key.text for entry in root.entries}
            values = [entry.value for entry in root.entries]
            return _foreign_map(keys, values)


def _foreign_map(keys: set[str], values: Items[Node]) -> _Other | None:
    if {"count", "results"} <= keys:
        return _NETBOX
    if any(key.startswith("ansible_") for key in keys):
        return _Other(one="variables of Ansible")
    if "all" in keys or _have(values, "hosts") or _have(values, "children"):
        return _ANSIBLE
    if _have(values, "device_type"):
        return _Other(one="an inventory of Netmiko")
    return _NORNIR if _have(values, "hostname") else None


def _have(nodes: Items[Node], key: str) -> bool:
    return any(isinstance(node, Mapping) and node.get(key) is not None for node in nodes)
