"""Read an inventory from Ansible, by the user's own `ansible-inventory --list`.

So its plugins, its vaults and the order of its groups are Ansible's.  Where there is none, static YAML and
INI are read here (`ansible_files.py`), and that is said.  A value that Ansible would only make when it runs
(a template), or that is encrypted, is not taken: where the address, the port or the user is one, the
device is left out, as any other would reach another firewall.

Source: Ansible's documentation, "Building an inventory" and ansible-inventory(1).
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from asa_transport.files.ansible_files import Listing, listing
from asa_transport.files.checker import is_name, quoted, why_unreadable
from asa_transport.files.inventory_draft import (
    Draft,
    Drafter,
    Place,
    ReadOptions,
    Said,
    place,
    shown_name,
)
from asa_transport.files.source_text import refused

_PROGRAM: Final = "ansible-inventory"
# A dynamic inventory asks a cloud or a database; beyond this a nightly audit is held up by it.
_LIMIT_S: Final = 300
# By our key, the variable of today before that of old.
_VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "host": ("ansible_host", "ansible_ssh_host"),
    "port": ("ansible_port", "ansible_ssh_port"),
    "username": ("ansible_user", "ansible_ssh_user"),
}
_PLATFORM: Final = "ansible_network_os"
_BECOME: Final = "ansible_become"
_SSH_ARGUMENTS: Final = ("ansible_ssh_common_args", "ansible_ssh_extra_args")
# Read here, or with no other meaning for a firewall that is reached by SSH.
_UNDERSTOOD: Final = frozenset(
    {
        *(name for names in _VARIABLES.values() for name in names),
        _PLATFORM,
        _BECOME,
        *_SSH_ARGUMENTS,
        "ansible_become_method",
        "ansible_connection",
    }
)
# Every host is in them.
_NO_GROUPS: Final = frozenset({"all", "ungrouped"})
_MOST_GROUPS_DEEP: Final = 100


def read(where: str, options: ReadOptions) -> Draft:
    """Return what Ansible says.

    Raises:
        InventoryError: There is no such inventory, or it cannot be read.
    """
    del options
    try:
        Path(where).stat()
    except (OSError, ValueError) as error:
        raise refused(where, why_unreadable(error)) from error
    drafter = Drafter()
    program = shutil.which(_PROGRAM)
    if program is None:
        drafter.leave_out(
            f"no {_PROGRAM} on this machine",
            "static YAML and INI are read without it; templates, vaults and plugins are not followed",
            place(where),
        )
        found = listing(where)
    else:
        found = _asked(program, where)
    _devices(drafter, where, found)
    return drafter.draft()


def _asked(program: str, where: str) -> Listing:
    if "," in where:
        raise refused(where, "Ansible takes a path with a comma for a list of hosts; rename it")
    environment = {
        **os.environ,
        # What Ansible leaves out with a warning would be firewalls that nobody audits.
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True",
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
        "ANSIBLE_NOCOLOR": "True",
    }
    argv = [program, f"--inventory={where}", "--list"]
    # Neither what it prints on stderr nor a line of its output is shown: it may quote a password.
    why = f"run '{_PROGRAM} -i {where} --list' to see why"
    try:
        ended = subprocess.run(
            argv, capture_output=True, stdin=subprocess.DEVNULL, timeout=_LIMIT_S, check=False,
            env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise refused(where, f"{_PROGRAM} has not ended within {_LIMIT_S} s; {why}") from None
    except OSError as error:
        raise refused(where, f"{_PROGRAM} cannot be started: {error.strerror}") from None
    if ended.returncode != 0:
        raise refused(where, f"{_PROGRAM} ended with {ended.returncode}; {why}")
    try:
        said = json.loads(ended.stdout)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise refused(where, f"{_PROGRAM} printed no JSON; {why}")
    return _listed(said)


def _listed(said: Mapping[str, Any]) -> Listing:
    """Return what `--list` says; a host that has no variables is in its groups only."""
    variables = said.get("_meta", {}).get("hostvars", {})
    hosts: dict[str, Mapping[str, Any]] = {}
    groups: dict[str, list[str]] = {}
    children: dict[str, list[str]] = {}
    for name, group in said.items():
        if name == "_meta" or not isinstance(group, dict):
            continue
        groups[name] = [str(host) for host in group.get("hosts", ())]
        children[name] = [str(child) for child in group.get("children", ())]
    for host in (*variables, *(host for names in groups.values() for host in names)):
        hosts.setdefault(host, variables.get(host, {}))
    return Listing(hosts=hosts, groups=groups, children=children)


def _devices(drafter: Drafter, where: str, found: Listing) -> None:
    depths = found.depths(_MOST_GROUPS_DEEP)
    groups: dict[str, list[str]] = {}
    for name in sorted(depths, key=lambda one: (depths[one], one)):
        for host in found.hosts_within(name) if name not in _NO_GROUPS else ():
            groups.setdefault(host, []).append(name)
    for host, variables in found.hosts.items():
        # A line that is no host's may have a password in it.
        at = place(where, part=f"host {host}" if is_name(host) else "a host")
        for name in variables:
            if name not in _UNDERSTOOD:
                drafter.leave_out_key(name, "a variable that has no meaning here", at)
        values = _values(drafter, host, variables, at)
        if values is None:
            continue
        if _text(variables.get(_BECOME)) in {"True", "true", "yes", "1"}:
            drafter.needs_enable = True
        platform = _text(variables.get(_PLATFORM))
        drafter.device(
            Said(text=host, at=at),
            values,
            platform=None if platform is None else Said(text=platform, at=at),
            groups=[Said(text=group, at=at) for group in groups.get(host, ())],
        )


def _values(drafter: Drafter, host: str, variables: Mapping[str, Any], at: Place) -> dict[str, Said] | None:
    """Return what a host is reached by; `None`, and noted, where Ansible would only know it later."""
    values: dict[str, Said] = {}
    for key, names in _VARIABLES.items():
        name = next((name for name in names if variables.get(name) is not None), None)
        if name is None:
            continue
        text = _text(variables[name])
        if text is None:
            why = f"left out: its {name} is a template, encrypted, or no text"
            drafter.leave_out(f"device {shown_name(host)}", why, at, is_device=True)
            return None
        values[key] = Said(text=text, at=place(at.file, part=f"{at.part}: {name}"))
    values.setdefault("host", Said(text=host, at=at))
    for name in _SSH_ARGUMENTS:
        arguments = _text(variables.get(name))
        if variables.get(name) and arguments is None:
            drafter.leave_out(quoted(name), "a template, encrypted, or no text", at)
        elif arguments:
            for jump in _jumps(arguments):
                if jump is None:
                    drafter.leave_out(quoted(name), "only a ProxyJump of one host is taken from it", at)
                else:
                    values["jump"] = Said(text=jump, at=place(at.file, part=f"{at.part}: {name}"))
    return values


def _jumps(arguments: str) -> Iterator[str | None]:
    """Yield the jump host that options of ssh name, and `None` for what is not one."""
    try:
        words = shlex.split(arguments)
    except ValueError:
        yield None
        return
    rest = iter(words)
    for word in rest:
        if word in {"-J", "-o"}:
            said = next(rest, "")
            option = f"ProxyJump={said}" if word == "-J" else said
        else:
            option = word.removeprefix("-o")
        name, _, value = option.replace(" ", "=", 1).partition("=")
        # A chain of jump hosts has no form here.
        yield value if name.lower() == "proxyjump" and value and "," not in value else None


def _text(value: Any) -> str | None:
    """Return a value as Ansible would type it; `None` for a template, an encrypted one, a list and a map."""
    if isinstance(value, dict) and isinstance(value.get("__ansible_unsafe"), str):
        return str(value["__ansible_unsafe"])
    if isinstance(value, str):
        return None if "{{" in value or "{%" in value else value
    return str(value) if isinstance(value, bool | int | float) else None
