"""Read static inventories of Ansible, YAML and INI, where Ansible itself is not there.

With `group_vars` and `host_vars` beside them.  Values have the types that Ansible gives them: what stands
on a host's line of an INI file has lost its quotes before it is read as a literal of Python, so that
`version="9.20"` is the number 9.2 there, and a text in `[group:vars]`; nobody may take a release from it.
Of the groups of a host the deeper one wins, then the higher `ansible_group_priority`, then the name that
is later in the alphabet.

Source: Ansible's documentation, "Building an inventory", "Using variables" (precedence), and what its release
2.19 makes of the same files (tests/readers).
"""

from __future__ import annotations

import ast
import itertools
import re
import shlex
import string
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

import yaml

from asa_transport.files.checker import is_name
from asa_transport.files.source_text import refused, text_of

_YAML: Final = frozenset({".yaml", ".yml", ".json"})
# What Ansible passes over in a folder of inventories.
_PASSED_OVER: Final = frozenset({".pyc", ".pyo", ".swp", ".bak", ".rpm", ".md", ".txt", ".rst", ".orig"}) | {
    ".ini", ".cfg", ".retry",
}  # fmt: skip
_VARIABLE_FOLDERS: Final = ("group_vars", "host_vars")
_SECTION: Final = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?")
_RANGE: Final = re.compile(r"\[(\w+):(\w+)(?::(\d+))?\]")
_PORT: Final = re.compile(r"(?P<host>[^:]+|\[[0-9A-Fa-f:.]+\]):(?P<port>\d+)")
_VAULT: Final = "$ANSIBLE_VAULT"
# Ten thousand firewalls in one range are a mistake of a digit.
_MOST_HOSTS: Final = 100_000
_MOST_DEEP: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """An inventory as `ansible-inventory --list` has it.

    Attributes:
        hosts: The variables of each host, merged.
        groups: The hosts that are in each group itself.
        children: The groups that are in each group itself.
    """

    hosts: Mapping[str, Mapping[str, Any]]
    groups: Mapping[str, Sequence[str]]
    children: Mapping[str, Sequence[str]]

    def depths(self, most: int) -> dict[str, int]:
        """Return how deep each group lies, by the longest way from `all`; a circle ends at `most`."""
        found = dict.fromkeys((*self.groups, *itertools.chain.from_iterable(self.children.values())), 1)
        found["all"] = 0
        for _ in range(most):
            before = dict(found)
            for group, children in self.children.items():
                for child in children:
                    found[child] = max(found[child], min(found.get(group, 1) + 1, most))
            if found == before:
                break
        return found

    def hosts_within(self, group: str) -> list[str]:
        """Return the hosts of a group and of the groups in it."""
        seen: dict[str, None] = {}
        found: dict[str, None] = {}
        waiting = [group]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen[name] = None
                found |= dict.fromkeys(self.groups.get(name, ()))
                waiting += self.children.get(name, ())
        return list(found)


@dataclass(slots=True)
class _Group:
    hosts: dict[str, None] = field(default_factory=dict)
    children: dict[str, None] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Files:
    """What the files say, not merged yet."""

    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, _Group] = field(default_factory=dict)

    def group(self, name: str) -> _Group:
        return self.groups.setdefault(name, _Group())

    def host(self, name: str, group: str) -> dict[str, Any]:
        self.group(group).hosts[name] = None
        return self.hosts.setdefault(name, {})


def listing(where: str) -> Listing:
    """Return the inventory of a file, or of a folder of them.

    Raises:
        InventoryError: It cannot be read, or only Ansible can.
    """
    path = Path(where)
    found = _Files()
    folder = path if path.is_dir() else path.parent
    for file in _sources(path):
        _read(found, file)
    children = {name: list(group.children) for name, group in found.groups.items()}
    # A group that no other names is one of `all`.
    named = {child for names in children.values() for child in names}
    children["all"] = [
        *children.get("all", ()),
        *(name for name in found.groups if name not in {*named, "all"}),
    ]
    groups = {name: list(group.hosts) for name, group in found.groups.items()}
    bare = Listing(hosts=found.hosts, groups=groups, children=children)
    return Listing(hosts=_merged(found, bare, folder), groups=groups, children=children)


def _sources(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.iterdir()):
        is_passed_over = file.name.startswith(".") or file.name.endswith("~") or file.suffix in _PASSED_OVER
        if file.is_dir():
            if file.name not in _VARIABLE_FOLDERS:
                yield from _sources(file)
        elif not is_passed_over:
            yield file


def _merged(found: _Files, bare: Listing, folder: Path) -> dict[str, dict[str, Any]]:
    depths = bare.depths(_MOST_DEEP)

    def order(name: str) -> tuple[int, int, str]:
        priority = found.group(name).variables.get("ansible_group_priority", 1)
        return depths[name], priority if isinstance(priority, int) else 1, name

    names = sorted((name for name in depths if name != "all"), key=order)
    members = {name: set(bare.hosts_within(name)) for name in names}
    of_files = {name: _variables(folder / "group_vars", name) for name in ("all", *names)}
    of_all = [found.group("all").variables]
    hosts = {}
    for host, own in found.hosts.items():
        mine = [name for name in names if host in members[name]]
        layers = [
            *of_all,
            *(found.group(name).variables for name in mine),
            of_files["all"],
            *(of_files[name] for name in mine),
            own,
            _variables(folder / "host_vars", host),
        ]
        merged = {key: value for layer in layers for key, value in layer.items()}
        merged.pop("ansible_group_priority", None)
        hosts[host] = merged
    return hosts


def _variables(folder: Path, name: str) -> dict[str, Any]:
    """Return the variables of a group or a host that stand in files of its name."""
    found: dict[str, Any] = {}
    # No name of a host leads out of the folder.
    if "/" in name or name.startswith("."):
        return found
    for suffix in ("", ".yml", ".yaml", ".json"):
        file = folder / f"{name}{suffix}"
        inner = sorted(one for one in file.rglob("*") if one.is_file()) if file.is_dir() else [file]
        for one in inner:
            if one.is_file() and not one.name.startswith(".") and one.suffix in {"", *_YAML}:
                found |= _map_of(str(one), one.read_bytes()[: len(_VAULT)] == _VAULT.encode())
    return found


def _map_of(file: str, is_encrypted: bool) -> dict[str, Any]:
    if is_encrypted:
        # By its name alone: `leave_out_key` calls it a secret.
        return {f"vault file {file}": None}
    loaded = _loaded(file, text_of(file))
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise refused(file, "expected a map of variables")
    return {str(key): value for key, value in loaded.items()}


# --------------------------------------------------------------------------- YAML


class _Loader(yaml.SafeLoader):
    """Reads `!vault` as what `--list` prints for it, and `!unsafe` as the text."""


def _vaulted(_loader: yaml.SafeLoader, _node: yaml.Node) -> dict[str, str]:
    return {"__ansible_vault": ""}


def _unsafe(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    return (
        {"__ansible_unsafe": str(loader.construct_scalar(node))}
        if isinstance(node, yaml.ScalarNode)
        else None
    )


for _tag in ("!vault", "!vault-encrypted"):
    _Loader.add_constructor(_tag, _vaulted)
_Loader.add_constructor("!unsafe", _unsafe)


def _loaded(file: str, text: str) -> Any:
    try:
        # A SafeLoader, with two tags more.
        return yaml.load(text, Loader=_Loader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        raise refused(file, "this is not YAML that can be read without Ansible", line) from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise refused(file, "this is not YAML that can be read without Ansible") from None


def _read(found: _Files, file: Path) -> None:
    text = text_of(str(file))
    if text.startswith("#!"):
        _only_ansible(file, "a script")
    if text.startswith(_VAULT):
        _only_ansible(file, "an encrypted file")
    if file.suffix in _YAML:
        _yaml(found, file, _loaded(str(file), text))
    elif not file.suffix and isinstance(tree := _yaml_or_none(text), dict):
        _yaml(found, file, tree)
    else:
        _ini(found, str(file), text)


def _only_ansible(file: Path, what: str) -> NoReturn:
    raise refused(
        str(file), f"this is {what}, which only Ansible reads; install ansible-core beside this program"
    )


def _yaml_or_none(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _yaml(found: _Files, file: Path, tree: Any) -> None:
    if not isinstance(tree, dict):
        raise refused(str(file), "expected a map of groups")
    if "plugin" in tree:
        _only_ansible(file, "the configuration of a plugin")
    for name, group in tree.items():
        _yaml_group(found, str(file), str(name), group, 0)


def _yaml_group(found: _Files, file: str, name: str, group: Any, depth: int) -> None:
    kept = found.group(name)
    # A key of another program's file may be a line with a password.
    what = f"group {name}" if is_name(name) else "a group"
    parts: list[dict[str, Any]] = []
    for key in ("vars", "children", "hosts"):
        part = group.get(key) if isinstance(group, dict) else None
        if part is not None and not isinstance(part, dict):
            raise refused(file, f"{what}: {key}: expected a map")
        parts.append(part or {})
    if depth > _MOST_DEEP or not (group is None or isinstance(group, dict)):
        raise refused(file, f"{what}: expected a map, not too deep")
    variables, children, hosts = parts
    kept.variables |= {str(key): value for key, value in variables.items()}
    for child, inner in children.items():
        kept.children[str(child)] = None
        _yaml_group(found, file, str(child), inner, depth + 1)
    for pattern, own in hosts.items():
        _add(found, file, str(pattern), own if isinstance(own, dict) else {}, name)


# --------------------------------------------------------------------------- INI


def _ini(found: _Files, file: str, text: str) -> None:
    name, kind = "ungrouped", "hosts"
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if section := _SECTION.fullmatch(line):
            name, kind = section[1], section[2] or "hosts"
            if kind not in {"hosts", "vars", "children"}:
                raise refused(file, "a section is of hosts, of vars or of children", number)
            found.group(name)
        elif line.startswith("[") and line.endswith("]"):
            raise refused(file, "a section's name has no blanks", number)
        elif kind == "vars":
            key, equals, value = line.partition("=")
            if not equals:
                raise refused(file, "expected NAME=VALUE", number)
            found.group(name).variables[key.strip()] = _literal(value.strip())
        elif kind == "children":
            child = line.partition("#")[0].strip()
            found.group(child)
            found.group(name).children[child] = None
        else:
            _ini_host(found, file, number, line, name)


def _ini_host(found: _Files, file: str, number: int, line: str, group: str) -> None:
    try:
        pattern, *pairs = shlex.split(line, comments=True)
    except ValueError:
        raise refused(file, "a quote is not closed", number) from None
    own = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            # Not shown: the other half of a password with a blank in it.
            raise refused(file, "expected NAME=VALUE behind a host's name", number)
        own[key] = _literal(value)
    _add(found, file, pattern, own, group)


def _literal(text: str) -> Any:
    """Return what a text is as a literal of Python, itself where it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


# --------------------------------------------------------------------------- hosts and ranges


def _add(found: _Files, file: str, pattern: str, own: Mapping[str, Any], group: str) -> None:
    port: dict[str, Any] = {}
    if match := _PORT.fullmatch(pattern):
        pattern, port = match["host"].strip("[]"), {"ansible_port": int(match["port"])}
    for host in _expanded(file, pattern):
        found.host(host, group).update({**port, **own})
        if len(found.hosts) > _MOST_HOSTS:
            raise refused(file, f"there are more than {_MOST_HOSTS:,} hosts")


def _expanded(file: str, pattern: str) -> Iterator[str]:
    match = _RANGE.search(pattern)
    if match is None:
        yield pattern
        return
    step = int(match[3] or 1)
    for item in _range(file, match[1], match[2], max(step, 1)):
        yield from _expanded(file, f"{pattern[: match.start()]}{item}{pattern[match.end() :]}")


def _range(file: str, first: str, last: str, step: int) -> Iterator[str]:
    if first.isdecimal() and last.isdecimal():
        width = len(first) if first.startswith("0") else 0
        if int(first) > int(last) or int(last) - int(first) > _MOST_HOSTS:
            raise refused(file, "a range of hosts ends before it begins, or has no end")
        yield from (f"{number:0{width}}" for number in range(int(first), int(last) + 1, step))
        return
    letters = string.ascii_letters
    if len(first) != 1 or len(last) != 1 or first not in letters or last not in letters:
        raise refused(file, "a range of hosts has numbers, or single letters")
    yield from letters[letters.index(first) : letters.index(last) + 1 : step]
