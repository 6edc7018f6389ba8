"""Write host keys into known_hosts files, on somebody's word: enrol unknown keys, replace changed ones.

The word is a yes of a person who was shown the fingerprints, or a list of fingerprints from elsewhere.
Nothing is written without one, nothing that the list does not have, and a file that has come to say
something else meanwhile is left as it is.  Every key that was to be written is looked up again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import assert_never

from asa_transport.edges.ssh import hostkeys_file
from asa_transport.edges.ssh.hostkeys import KnownHosts, Standing
from asa_transport.edges.ssh.hostkeys_file import Replacement
from asa_transport.flows import hostkeys
from asa_transport.flows.hostkeys import KeyRequest, KeyRun, ShownKey, entry_of, looked_up
from asa_transport.model import Device, HostKey
from asa_transport.model.ending import RunEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A key that is to be written for a device.

    Attributes:
        known: What its file admits now.
        old: Those of them that it takes the place of.
        is_of_mate: It is the key of the other unit of its pair, whose own file admits it or is to.
    """

    device: Device
    key: HostKey
    known: tuple[HostKey, ...] = ()
    old: tuple[HostKey, ...] = ()
    is_of_mate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotWritten:
    """A device whose key is not to be written, and why."""

    device: Device
    why: str


def additions(run: KeyRun, request: KeyRequest, *, with_pairs: bool) -> tuple[Writing, ...]:
    """Return what is to be added: keys of devices of which nothing is known.

    Args:
        with_pairs: And to each unit of a failover pair that has a key, the keys of its mate.
    """
    own = [Writing(device=one.device, key=one.key) for one in run.unknown]
    if not with_pairs:
        return tuple(own)
    new = {one.device.name: one.key for one in own}
    shown = [one for one in run.outcomes if isinstance(one, ShownKey)]
    return (*own, *(of_mate for one in shown for of_mate in _of_mate(one, request, new)))


def _of_mate(one: ShownKey, request: KeyRequest, new: Mapping[str, HostKey]) -> Iterator[Writing]:
    """Yield the keys of its mate that a unit lacks; none for a unit whose own key is in question."""
    device, known = one.device, request.known[one.device.name]
    is_settled = one.standing in (Standing.SAME, Standing.UNKNOWN) or one.is_of_mate
    if not is_settled or known.mate is None:
        return
    theirs = dict.fromkeys(known.of_mate)
    if known.mate in new:
        theirs[new[known.mate]] = None
    has = {*known.accepted, *known.revoked, *([new[device.name]] if device.name in new else [])}
    for key in theirs:
        if key not in has:
            yield Writing(device=device, key=key, is_of_mate=True)


def replacements(
    run: KeyRun, *, old: Collection[str], is_kept: bool
) -> tuple[tuple[Writing, ...], tuple[NotWritten, ...]]:
    """Return which keys are to be replaced by those that the devices show, and which are not.

    Of a pair of which both units are named, a key that goes for one goes for the other too.

    Args:
        old: Fingerprints of keys that go, where a device has several.
        is_kept: The new key stands beside the old ones.
    """
    wanted: list[Writing] = []
    left: list[NotWritten] = []
    shown = {one.device.name: one for one in run.outcomes if isinstance(one, ShownKey)}
    for one in shown.values():
        found = _replacement(one, shown.get(one.device.pair or ""), old=old, is_kept=is_kept)
        wanted += [found] if isinstance(found, Writing) else []
        left += [found] if isinstance(found, NotWritten) else []
    lent = [also for one in wanted for also in _also_of_mate(one, shown.get(one.device.pair or ""))]
    has = {one.device.name for one in lent}
    return (*wanted, *lent), tuple(one for one in left if one.device.name not in has)


def _also_of_mate(one: Writing, mate: ShownKey | None) -> Iterator[Writing]:
    """Yield the same replacement for the other unit, where that has been lent the key that goes."""
    if mate is not None and mate.standing is Standing.SAME:
        known = mate.known.accepted
        gone = tuple(key for key in known if key in one.old and key != mate.key)
        if gone:
            yield Writing(device=mate.device, key=one.key, known=known, old=gone, is_of_mate=True)


def _replacement(
    one: ShownKey, mate: ShownKey | None, *, old: Collection[str], is_kept: bool
) -> Writing | NotWritten:
    known = one.known.accepted
    going = tuple(key for key in known if key.fingerprint in old)
    if not old and mate is not None and mate.key in known:
        # What the other unit shows is not what this one had.
        rest = tuple(key for key in known if key != mate.key)
        going = rest if len(rest) == 1 else ()
    why = _why_not(one, is_kept=is_kept, is_any_old=bool(old), going=going)
    if why is not None:
        return NotWritten(device=one.device, why=why)
    return Writing(device=one.device, key=one.key, known=known, old=() if is_kept else going or known)


def _why_not(one: ShownKey, *, is_kept: bool, is_any_old: bool, going: Collection[HostKey]) -> str | None:
    name, known = one.device.name, one.known
    match one.standing:
        case Standing.SAME:
            return "it shows a key that is known; there is nothing to replace"
        case Standing.UNKNOWN:
            return f"no key of it is known; enrol it: asa-transport hostkeys scan --add -l {name}"
        case Standing.REVOKED:
            return "it shows a key that is revoked; ask who revoked it"
        case Standing.UNCERTIFIED if one.certificate is not None:
            return f"its certificate is not to be believed: {one.certificate.problem}"
        case Standing.CHANGED | Standing.UNCERTIFIED:
            pass
        case _:
            assert_never(one.standing)
    why = None
    if one.is_of_mate and not is_kept:
        why = (
            f"it shows the key of its mate {known.mate}, which is no new one; enrol both for both: "
            f"asa-transport hostkeys scan --add --pairs -l {name},{known.mate}"
        )
    elif not is_kept and not going and is_any_old:
        why = "no key of it has the fingerprint of --old"
    elif not is_kept and not going and len(known.accepted) > 1:
        also = f", or name its mate {known.mate} too" if known.mate is not None else ""
        why = f"several keys of it are known; say which of them goes (--old), or --keep them{also}"
    return why


def vouched(
    wanted: Sequence[Writing], fingerprints: Mapping[str, Collection[str]]
) -> tuple[tuple[Writing, ...], tuple[NotWritten, ...]]:
    """Return what a list of fingerprints, by device name, vouches for, and what it does not.

    A key of a mate is the mate's: its own line counts, or that the mate's file has it already.
    """
    good: list[Writing] = []
    left: list[NotWritten] = []
    for one in wanted:
        name = one.device.pair if one.is_of_mate and one.device.pair is not None else one.device.name
        listed = fingerprints.get(name, ())
        if one.key.fingerprint in listed or (one.is_of_mate and not listed):
            good.append(one)
        elif listed:
            why = f"the list has {', '.join(sorted(listed))}, and not {one.key.fingerprint}, which it shows"
            left.append(NotWritten(device=one.device, why=why))
        else:
            left.append(NotWritten(device=one.device, why="the list has no fingerprint of it"))
    refused = {one.device.name for one in left}
    # A mate whose key is not vouched for vouches for nothing.
    lent = [one for one in good if not (one.is_of_mate and one.device.pair in refused)]
    return tuple(lent), tuple(left)


def write(wanted: Sequence[Writing], request: KeyRequest, *, is_hashed: bool = False) -> tuple[Writing, ...]:
    """Write the keys; return those that are not in their files now, which have come to say otherwise.

    Raises:
        UserError: A file cannot be written.
    """
    by_file = attrgetter("device.known_hosts")
    first = [one for one in wanted if not one.known and not one.is_of_mate]
    for path, group in groupby(sorted(first, key=by_file), by_file):
        entries = [entry_of(one.device, one.key) for one in group]
        hostkeys_file.append(path, entries, is_hashed=is_hashed)
    for path, group in groupby(sorted((one for one in wanted if one.known), key=by_file), by_file):
        hostkeys_file.replace(path, [_replacing(one, one.known) for one in group])
    for one in wanted:
        if one.is_of_mate:
            _lend(one, request)
    now = KnownHosts(request.every)
    return tuple(one for one in wanted if one.key not in looked_up(now, one.device, shown=one.key).accepted)


def _lend(one: Writing, request: KeyRequest) -> None:
    """Give a unit a key of its mate, which must be known of both by now."""
    said = looked_up(KnownHosts(request.every), one.device, shown=one.key)
    if said.accepted and one.key in said.of_mate:
        hostkeys_file.replace(one.device.known_hosts, [_replacing(one, said.accepted)])


def _replacing(one: Writing, known: tuple[HostKey, ...]) -> Replacement:
    return Replacement(entry=entry_of(one.device, one.key), known=known, old=one.old)


def end(run: KeyRun, request: KeyRequest) -> RunEnd:
    """Return how it ended: of devices that showed a key, all must show one that is known by now."""
    now = KnownHosts(request.every)
    again = [
        replace(one, known=looked_up(now, one.device, shown=one.key)) if isinstance(one, ShownKey) else one
        for one in run.outcomes
    ]
    return hostkeys.end_of(again, hostkeys.NOT_THE_SAME, was_stopped=run.was_stopped)
