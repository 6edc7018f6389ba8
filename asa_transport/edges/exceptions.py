"""Read and extend the exceptions ledger: temporary reverts to callhome, with an owner and an end.

    exceptions:
      - device: fw-par-01
        until: 2026-12-31T23:59:59Z
        owner: A. Meyer
        ticket: CHG0012345
        reason: proxy change in January
        added_at: 2026-11-22T05:40:00Z

Guarantees that what a person wrote stays as it is, byte for byte: an entry is
appended at the end, closing one adds one line to it, and the result is read again
before it replaces the file, which must then say what was meant and nothing else.  The
file is replaced as a whole or not at all; of two writers one waits.  Never drops an entry.

Source: PEERS N4; issue 3, item 6.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from asa_transport.errors import ExemptionError, LedgerError
from asa_transport.model import Exemption, Problem
from asa_transport.userfiles import ledger_text, yamltext
from asa_transport.userfiles.plainfile import read_plain
from asa_transport.userfiles.yamlcheck import Checker, has_control_characters, nearest, quoted, why_unreadable
from asa_transport.userfiles.yamltext import Node, Sequence
from asa_transport.userfiles.yamlvalues import moment, moment_text

_REQUIRED: Final = ("device", "until", "owner", "ticket", "reason", "added_at")
_KEYS: Final = (*_REQUIRED, "closed_at")
# A writer needs milliseconds; who holds the lock longer than this has been stopped.
_LOCK_WAIT_S: Final = 10.0
_LOCK_POLL_S: Final = 0.05
_MAX_TEXT: Final = 500


def load(path: Path, *, must_exist: bool = False) -> tuple[Exemption, ...]:
    """Return all entries in file order, closed ones too; none where there is no file; raises as below."""
    return load_if_there(path, must_exist=must_exist) or ()


def load_if_there(path: Path, *, must_exist: bool = False) -> tuple[Exemption, ...] | None:
    """Return all entries in file order, closed ones too; `None` where there is no file.

    Raises:
        LedgerError: Holds every problem, in file order; with `must_exist` also that there is no file.
    """
    data = _read(path)
    if data is None:
        if must_exist:
            raise LedgerError((Problem(file=str(path), message="there is no such file"),))
        return None
    return _parsed(data, str(path))


def add(
    path: Path,
    exemption: Exemption,
    *,
    devices: Collection[str],
    max_days: float,
) -> Exemption:
    """Append an entry, and return it as it was written: in whole seconds.

    Args:
        path: The ledger; it is made if it is not there.
        exemption: Its `added_at` is now.
        devices: Names that exist.
        max_days: The longest exception allowed, from `added_at` to `until`.

    Raises:
        ExemptionError: It may not be added; says why.
        LedgerError: The file cannot be used as it is.
    """
    return add_all(path, (exemption,), devices=devices, max_days=max_days)[0]


def add_all(
    path: Path,
    exemptions: Iterable[Exemption],
    *,
    devices: Collection[str],
    max_days: float,
) -> tuple[Exemption, ...]:
    """Append several entries, all of them or none; arguments and errors as `add`."""
    entries = [
        replace(
            one,
            until=one.until.replace(microsecond=0),
            added_at=one.added_at.replace(microsecond=0),
        )
        for one in exemptions
    ]
    if not entries:
        return ()
    for new in entries:
        _check(new, devices, max_days)
    with _locked(path):
        data = _read(path)
        before = () if data is None else _parsed(data, str(path))
        _refuse_second_ones(before, entries)
        fields = [_fields(new) for new in entries]
        for text in ledger_text.appended(data, fields):
            if _says(text, (*before, *entries)):
                _replace(path, text)
                return tuple(entries)
    raise ExemptionError(
        f"{path}: an entry cannot be appended without rewriting what stands there; add it by hand:\n"
        + "".join(ledger_text.entry(one, indent=2) for one in fields)
    )


def _refuse_second_ones(before: Iterable[Exemption], entries: Iterable[Exemption]) -> None:
    """Raise ExemptionError where a device would have two live exceptions."""
    known: dict[str, list[Exemption]] = {}
    for one in before:
        known.setdefault(one.device, []).append(one)
    for new in entries:
        for other in known.get(new.device, ()):
            if other.is_live(new.added_at):
                raise ExemptionError(
                    f"{new.device}: it has an exception until {moment_text(other.until)} already "
                    f"({other.ticket}, {other.owner}); close it first with "
                    f"'asa-transport exceptions close {new.device}'"
                )
        known.setdefault(new.device, []).append(new)


def close(path: Path, device: str, *, now: datetime) -> Exemption:
    """End the device's open exception (the one that runs longest, if several are open), and return it.

    Raises:
        ExemptionError: The device has no open exception.
        LedgerError: The file cannot be used as it is, or is not there.
    """
    with _locked(path):
        data = _read(path)
        if data is None:
            raise LedgerError((Problem(file=str(path), message="there is no such file"),))
        before = _parsed(data, str(path))
        open_ones = [i for i, one in enumerate(before) if one.device == device and one.closed_at is None]
        if not open_ones:
            near = nearest(device, {one.device for one in before if one.closed_at is None})
            raise ExemptionError(
                f"{device}: {path} has no open exception of this device{near}; "
                "see 'asa-transport exceptions list'"
            )
        index = max(open_ones, key=lambda i: before[i].until)
        closed = replace(before[index], closed_at=now.replace(microsecond=0))
        after = (*before[:index], closed, *before[index + 1 :])
        for text in ledger_text.with_field(data, _item(data, index), "closed_at", moment_text(now)):
            if _says(text, after):
                _replace(path, text)
                return closed
    raise ExemptionError(
        f"{path}: the entry of {device} cannot be extended without rewriting it; add to it by hand: "
        f"closed_at: {moment_text(now)}"
    )


def _check(new: Exemption, devices: Collection[str], max_days: float) -> None:
    """Raise ExemptionError for what may not be added, whatever the file holds."""
    for key in ("device", "owner", "ticket", "reason"):
        text = getattr(new, key)
        if not text or text != text.strip() or has_control_characters(text) or len(text) > _MAX_TEXT:
            raise ExemptionError(
                f"{key} {quoted(text)}: expected 1 to {_MAX_TEXT} printable characters on one line, without "
                "blanks around them"
            )
    if new.device not in devices:
        raise ExemptionError(
            f"device {quoted(new.device)} is not in the inventory{nearest(new.device, devices)}; "
            "see 'asa-transport inventory show'"
        )
    if new.until <= new.added_at:
        raise ExemptionError(
            f"until {moment_text(new.until)} is past: it is {moment_text(new.added_at)} now; give a later end"
        )
    if new.until - new.added_at > timedelta(days=max_days):
        last = moment_text(new.added_at + timedelta(days=max_days))
        raise ExemptionError(
            f"until {moment_text(new.until)} is more than {max_days:g} days away; the policy allows "
            f"no more (exception_max_days), so at most {last}"
        )


# --------------------------------------------------------------------------- reading


def _read(path: Path) -> bytes | None:
    """Return the content, `None` where there is no file."""
    try:
        return read_plain(path, yamltext.MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise LedgerError((Problem(file=str(path), message=why_unreadable(error)),)) from error


def _parsed(data: bytes, file: str) -> tuple[Exemption, ...]:
    if not data.strip():
        return ()
    document = yamltext.parse(data, file=file)
    if document.root is None:
        if ledger_text.is_only_comments(data):
            return ()
        raise LedgerError(document.problems)
    checker = Checker(file, document.problems)
    found = [_exemption(checker, item) for item in _items(checker, document.root)]
    if checker.problems:
        raise LedgerError(checker.problems)
    return tuple(one for one in found if one is not None)


def _items(checker: Checker, root: Node) -> tuple[Node, ...]:
    top = checker.mapping(root, "exceptions file")
    if top is None:
        return ()
    entry = checker.fields(top, ("exceptions",), "exceptions file").get("exceptions")
    if entry is None or (isinstance(entry.value, yamltext.Scalar) and entry.value.is_null):
        return ()
    if not isinstance(entry.value, Sequence):
        checker.add(entry.value, "exceptions: expected a list of entries, each '- device: NAME'")
        return ()
    return entry.value.items


def _exemption(checker: Checker, node: Node) -> Exemption | None:
    mapping = checker.mapping(node, "exception")
    if mapping is None:
        return None
    fields = checker.fields(mapping, _KEYS, "exception")
    for key in _REQUIRED:
        if key not in fields:
            checker.add(mapping, f"exception: no {key}; add it")
    device = checker.name(fields["device"].value, "exception: device") if "device" in fields else None
    what = f"exception of {device}" if device else "exception"
    owner, ticket, reason = (
        checker.text(fields[key].value, f"{what}: {key}") if key in fields else None
        for key in ("owner", "ticket", "reason")
    )
    until, added_at, closed_at = (
        moment(checker, fields[key].value, f"{what}: {key}") if key in fields else None
        for key in ("until", "added_at", "closed_at")
    )
    if device is None or owner is None or ticket is None or reason is None:
        return None
    if until is None or added_at is None:
        return None
    return Exemption(
        device=device, until=until, owner=owner, ticket=ticket, reason=reason, added_at=added_at,
        closed_at=closed_at,
    )  # fmt: skip


# --------------------------------------------------------------------------- writing


def _fields(new: Exemption) -> Mapping[str, str]:
    return {
        "device": new.device,
        "until": moment_text(new.until),
        "owner": new.owner,
        "ticket": new.ticket,
        "reason": new.reason,
        "added_at": moment_text(new.added_at),
    }


def _item(data: bytes, index: int) -> yamltext.Mapping:
    """Return the place of one entry in a file that was read without a problem."""
    root = yamltext.parse(data, file="").root
    item = None
    if isinstance(root, yamltext.Mapping) and isinstance(entries := root.get("exceptions"), Sequence):
        item = entries.items[index]
    if not isinstance(item, yamltext.Mapping):
        raise AssertionError("an entry that was read is a map")
    return item


def _says(data: bytes, expected: tuple[Exemption, ...]) -> bool:
    """Return whether the text would be read as exactly these entries."""
    try:
        return _parsed(data, "") == expected
    except LedgerError:
        return False


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the ledger's directory: a lock that a dead process releases and that leaves no file behind."""
    folder = path.resolve().parent
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise LedgerError((Problem(file=str(folder), message=why_unreadable(error)),)) from error
    try:
        deadline = time.monotonic() + _LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ExemptionError(
                        f"{path}: another process is writing it for more than {_LOCK_WAIT_S:g} s; try again"
                    ) from None
                # flock has no timeout of its own.
                time.sleep(_LOCK_POLL_S)
        yield
    finally:
        os.close(descriptor)


def _replace(path: Path, data: bytes) -> None:
    """Put the new content in the file's place, with the mode that it had; a symbolic link stays one."""
    target = path.resolve()
    scratch = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        with scratch.open("xb") as stream:
            with contextlib.suppress(FileNotFoundError):
                os.fchmod(stream.fileno(), target.stat().st_mode & 0o777)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        scratch.replace(target)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        message = f"cannot be written: {error.strerror}; look at 'asa-transport exceptions list'"
        raise LedgerError((Problem(file=str(path), message=message),)) from error
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
