"""Divide a selection among machines: `--shard I/N` and `--region R`.

Pure.  Guarantees that every device is in exactly one of N shards, and that a device which is added
moves no other: in which shard it is follows from its own name, or, of a pair, from the name of the
unit that the other one's entry names as its mate.  So the two devices of a pair stay together.

Of a cluster an inventory says nothing: its units may fall apart, as those of a pair that it does not
name.  They are judged by each other when the parts are merged.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from asa_transport.core.judgement.select import Selection, selection
from asa_transport.errors import SelectionError
from asa_transport.model import UNDIVIDED, Device, Part, Proxy, RunPart, Shard
from asa_transport.text import counted

# As in a failure of `--limit`: more names are read by nobody.
_MOST_NAMES: Final = 5
_SUGGESTIONS: Final = 2
# Of the hash of a name; more would divide no better.
_HASHED: Final = 8
# What machines may say otherwise of one device: who logs in there, and by which files and ways.
_OF_THE_MACHINE: Final = frozenset(
    ("port", "username", "credential", "known_hosts", "jump", "jump_credential", "ssh", "enabled", "origins")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """A selection, and which part of it is meant.

    Attributes:
        selected: What is worked on, and those that the inventory has not enabled.
        part: `None` where nobody divided it.
        elsewhere: Devices of the selection that are in other parts.
        homeless: Those of them that no `--region` ever selects, because they have none.
    """

    selected: Selection
    part: RunPart | None = None
    elsewhere: tuple[Device, ...] = ()
    homeless: tuple[Device, ...] = ()


def divided(
    devices: Sequence[Device],
    patterns: Sequence[str],
    read_file: Callable[[str], str],
    part: Part = UNDIVIDED,
) -> Division:
    """Return the part of what `selection` selects.

    Args:
        devices: All of the inventory: which two are a pair does not depend on the limit.

    Raises:
        SelectionError: As of `selection`; no device has this region, or none is left.
    """
    if part.region is not None:
        _check_region(part.region, devices)
    found = selection(devices, patterns, read_file)
    if part == UNDIVIDED:
        return Division(selected=found)
    mine = frozenset(_chosen(found.devices, devices, part))
    if not mine:
        raise SelectionError(_nothing(part, found.devices))
    run_part = RunPart(
        shard=part.shard,
        region=part.region,
        selection_sha256=selection_sha256(found),
        selected=len(found.devices),
    )
    elsewhere = tuple(device for device in found.devices if device.name not in mine)
    return Division(
        selected=Selection(
            devices=tuple(device for device in found.devices if device.name in mine),
            not_enabled=found.not_enabled,
        ),
        part=run_part,
        elsewhere=elsewhere,
        homeless=tuple(d for d in elsewhere if d.region is None) if part.region is not None else (),
    )


def shard_of(key: str, of: int) -> int:
    """Return in which of so many shards a name is, from 1 on; the same on every machine, for ever."""
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:_HASHED], "big") % of + 1


def anchors(devices: Iterable[Device]) -> Mapping[str, str]:
    """Return for each device whose name says where it is: its own, or that of one unit of its pair.

    The unit that is named as a mate and names none was there first: who adds its mate moves nothing.
    """
    by_name = {device.name: device for device in devices}
    found = {}
    for name, device in by_name.items():
        mate = by_name.get(device.pair or "")
        if mate is None:
            found[name] = name
        else:
            units = (device, mate)
            named = [unit.name for unit in units if unit.origins.get("pair", "device") != "device"]
            found[name] = min(named or [unit.name for unit in units])
    return found


def selection_sha256(found: Selection) -> str:
    """Return the digest of a selection: its devices as the inventory has them, less what a machine says."""
    said = {
        "devices": [_said(device) for device in found.devices],
        "not_enabled": [device.name for device in found.not_enabled],
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _said(device: Device) -> Mapping[str, Any]:
    kept = (one.name for one in fields(Device) if one.name not in _OF_THE_MACHINE)
    said: dict[str, Any] = {name: getattr(device, name) for name in kept}
    proxy = device.expect.proxy
    shown = [proxy.host, proxy.port] if isinstance(proxy, Proxy) else proxy.value
    return {**said, "data": dict(device.data), "expect": [device.expect.transport.value, shown]}


def _chosen(selected: Iterable[Device], devices: Iterable[Device], part: Part) -> Iterable[str]:
    region, shard = part.region, part.shard
    within = [one.name for one in selected if region is None or one.region == region]
    return within if shard is None else _in_shard(within, anchors(devices), shard)


def _in_shard(names: Iterable[str], keys: Mapping[str, str], shard: Shard) -> Iterable[str]:
    return (name for name in names if shard_of(keys[name], shard.of) == shard.number)


def _check_region(region: str, devices: Sequence[Device]) -> None:
    known = sorted({device.region for device in devices if device.region is not None})
    if region in known:
        return
    what = f"--region {region[:60]!r}: no device is in this region"
    if not known:
        raise SelectionError(f"{what}; the inventory has none: give the devices, or a group, a 'region:'")
    near = difflib.get_close_matches(region[:100], known, n=_SUGGESTIONS)
    if near:
        raise SelectionError(f"{what}; did you mean {' or '.join(map(repr, near))}?")
    raise SelectionError(f"{what}; the regions are {_some(known)}")


def _nothing(part: Part, selected: Sequence[Device]) -> str:
    option = f"--region {part.region!r:.62}" if part.shard is None else f"--shard {part.shard}"
    if part.shard is None:
        return f"{option}: none of the devices that --limit selects is in this region; leave one of them out"
    return (
        f"{option}: none of {counted(len(selected), 'device')} is in this shard, so there is nothing to do; "
        "the other shards have all of them"
    )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:_MOST_NAMES]))
    return f"{shown} and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else shown
