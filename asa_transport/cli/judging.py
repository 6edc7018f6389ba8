"""Gather what a run is judged by: policy, bug catalogue, exceptions ledger; read before any contact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asa_transport.cli.beside import exceptions_path, policy_path
from asa_transport.core.judge import Standard
from asa_transport.core.version import train_of
from asa_transport.edges import catalogue, exceptions, policyfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Which files the user named; `None` where none was."""

    policy: Path | None = None
    bugs: Path | None = None
    exceptions: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The standard, and what reports say of it: the policy's digest, the version of our catalogue."""

    standard: Standard
    policy_sha256: str
    catalogue_version: str


def read(inventory: Path, files: Files, *, now: datetime, is_now_given: bool) -> Judgement:
    """Read the files, those beside the inventory where none is named; raise UserError with all problems."""
    policy = policyfile.read(policy_path(inventory, files.policy))
    ledger = exceptions_path(inventory, files.exceptions)
    known = catalogue.load(files.bugs, train_of=train_of)
    return Judgement(
        standard=Standard(
            policy=policy.policy,
            catalogue=known.bugs,
            exemptions=exceptions.load(ledger, must_exist=files.exceptions is not None),
            now=now,
            is_now_given=is_now_given,
        ),
        policy_sha256=policy.sha256,
        catalogue_version=known.version,
    )
