"""Gather what a run is judged by: policy, bug catalogue, exceptions and waivers; read before any contact.

A file that the user names is used and must be there; one that nobody names (`policy.yaml`,
`exceptions.yaml`, `waivers.yaml` beside the inventory) is used if it is there.
"""

from __future__ import annotations

import stat
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from asa_transport.asa.version import train_of
from asa_transport.core.judgement.judge import Standard
from asa_transport.errors import UserError
from asa_transport.files import bugs as catalogue
from asa_transport.files import ledger as exceptions
from asa_transport.files import policy as policyfile
from asa_transport.files import waivers
from asa_transport.files.inventory import folder_of
from asa_transport.files.regular_file import is_named
from asa_transport.flows.inputs import Files, exceptions_path, waivers_path
from asa_transport.model import Device, with_ssh


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedStandard:
    """The standard, and what reports say of it: the policy's digest, the version of our catalogue.

    Attributes:
        inventory: Beside which the files were looked for.
        files: As `read` was given them.
        policy_file: `None` where the defaults are used.
        ledger_file: Where the exceptions are, or would be.
    """

    standard: Standard
    policy_sha256: str
    catalogue_version: str
    inventory: Path
    files: Files
    policy_file: Path | None
    ledger_file: Path
    has_ledger: bool


def read(inventory: Path, files: Files, *, now: datetime, is_now_given: bool) -> LoadedStandard:
    """Read the files, those beside the inventory where none is named; raise UserError with all problems."""
    policy_file = policy_path(inventory, files.policy)
    policy = policyfile.read(policy_file)
    ledger = exceptions_path(inventory, files.exceptions)
    known = catalogue.load(files.bugs, train_of=train_of)
    entries = exceptions.load_if_there(ledger, must_exist=files.exceptions is not None)
    return LoadedStandard(
        standard=Standard(
            policy=policy.policy,
            catalogue=known.bugs,
            exemptions=entries or (),
            waivers=waivers.load(
                waivers_path(inventory, files.waivers), must_exist=files.waivers is not None
            ),
            now=now,
            is_now_given=is_now_given,
        ),
        policy_sha256=policy.sha256,
        catalogue_version=known.version,
        inventory=inventory,
        files=files,
        policy_file=policy_file,
        ledger_file=ledger,
        has_ledger=entries is not None,
    )


class CurrentStandard:
    """The policy and the ledger as they are now, each time they are asked for; for any thread.

    A file that has not changed costs one reading of its bytes.
    """

    def __init__(self, standard: LoadedStandard) -> None:
        self._begun_with = self._last = standard
        self._bytes: tuple[bytes | None, ...] | None = None
        self._lock = threading.Lock()

    def now(self) -> LoadedStandard:
        """Return the standard by the files as they are; all else is as the run began with.

        Raises:
            UserError: A file cannot be used any more.
        """
        begun = self._begun_with
        with self._lock:
            paths = (
                policy_path(begun.inventory, begun.files.policy),
                exceptions_path(begun.inventory, begun.files.exceptions),
            )
            found = tuple(map(_bytes, paths))
            if found != self._bytes:
                standard = begun.standard
                self._last = read(
                    begun.inventory, begun.files, now=standard.now, is_now_given=standard.is_now_given
                )
                self._bytes = found
            return self._last


def _bytes(path: Path | None) -> bytes | None:
    """Return what is in the file, `None` where there is none; UserError where it cannot be read."""
    if path is None:
        return None
    try:
        # A pipe would keep whoever opens it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise UserError(f"{path}: it is no file any more; put it back as it was")
        return path.read_bytes()
    except FileNotFoundError:
        if path.is_symlink():
            raise UserError(f"{path}: the link leads nowhere; put back what it led to") from None
        return None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error


def with_offers(devices: Sequence[Device], policy_file: Path | None) -> tuple[Device, ...]:
    """Return the devices with what is offered to them: what the inventory says, else this policy's word.

    Where that came from is in their `origins`, `policy` or `built-in`.
    """
    found = policyfile.read(policy_file)
    origin = "policy" if "ssh" in found.given else "built-in"
    return tuple(
        device
        if device.ssh is not None
        else replace(with_ssh(device, found.policy.ssh), origins={**device.origins, "ssh": origin})
        for device in devices
    )


POLICY_NAME: Final = "policy.yaml"


def policy_path(inventory: Path, given: Path | None) -> Path | None:
    """Return the policy file: as given, else the one beside the inventory, else `None` for the defaults."""
    if given is not None:
        return given
    beside = folder_of(inventory) / POLICY_NAME
    # By its name alone: a link that leads nowhere is a policy that cannot be read, not "no policy".
    return beside if is_named(beside) else None
