"""Make ready what a run does beside its result: its log, its store, its notifications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from asa_transport.cli.console import StderrTeller, write_stderr
from asa_transport.cli.option_groups import Voice
from asa_transport.cli.secrets import asker
from asa_transport.flows.inputs import RunTelling, StateLocation, UnattendedOptions
from asa_transport.text import counted

# What a line still holds.
_MOST_NAMES = 5

if TYPE_CHECKING:
    from asa_transport.core.judgement.parts import Division
    from asa_transport.flows.told_push import Beside
    from asa_transport.flows.unattended import Unattended
    from asa_transport.model import Device


def say_left_out(left_out: int, inventory: Path, *, quiet: bool) -> None:
    """Say how many devices of another program's inventory are not among ours, if any."""
    if left_out:
        StderrTeller(quiet=quiet).note(
            f"note: {inventory}: {counted(left_out, 'device')} left out; which, and why: "
            f"'asa-transport inventory check -i {inventory}'"
        )


def say_not_selected(devices: Sequence[Device], inventory: Path, *, quiet: bool) -> None:
    """Say which devices are not selected because the inventory says so, if any."""
    if devices:
        StderrTeller(quiet=quiet).note(
            f"note: {inventory}: {counted(len(devices), 'device')} not selected (enabled: false): "
            f"{_named(devices)}"
        )


def say_selection(division: Division, left_out: int, inventory: Path, *, quiet: bool) -> None:
    """Say once what of an inventory a command does not work on, and why."""
    say_left_out(left_out, inventory, quiet=quiet)
    say_not_selected(division.selected.not_enabled, inventory, quiet=quiet)
    say_parted(division, inventory, quiet=quiet)


def say_parted(division: Division, inventory: Path, *, quiet: bool) -> None:
    """Say which devices are in other parts, if any, and which no region will ever select."""
    tell, part = StderrTeller(quiet=quiet), division.part
    if part is None:
        return
    if division.elsewhere:
        tell.note(
            f"note: {inventory}: {counted(len(division.elsewhere), 'device')} not selected (this is "
            f"{part.chosen}): {_named(division.elsewhere)}"
        )
    if division.homeless:
        tell.note(
            f"note: {inventory}: {counted(len(division.homeless), 'device')} without a region, which no "
            f"--region selects: {_named(division.homeless)}; give each a 'region:', or the defaults one"
        )


def _named(devices: Sequence[Device]) -> str:
    shown = ", ".join(device.name for device in devices[:_MOST_NAMES])
    return f"{shown} and {len(devices) - _MOST_NAMES} more" if len(devices) > _MOST_NAMES else shown


def unattended_run(
    options: UnattendedOptions, inventory: Sequence[Device], voice: Voice
) -> tuple[Unattended, Voice]:
    """Return what is done beside a run, checked, and how much is still said on stderr.

    Args:
        inventory: All of its devices.

    Raises:
        UserError: A file, a channel or a secret is not usable; nothing was contacted.
    """
    from asa_transport.flows.unattended import prepare_unattended

    made = prepare_unattended(
        options,
        inventory=inventory,
        ask=asker(),
        stream=write_stderr,
        tell=StderrTeller(quiet=voice.quiet),
    )
    # Records on stderr, and between them nothing but errors.
    return made, replace(voice, quiet=voice.quiet or made.is_log_on_stream)


def told_beside(
    telling: RunTelling, location: StateLocation, inventory: Path | Sequence[Device], voice: Voice
) -> tuple[Beside | None, Voice]:
    """Return what is done beside a plan or a push; as `unattended_run`.

    Args:
        inventory: All of its devices, or the file that has them.

    Returns:
        `None` for what is done where nothing was asked for.

    Raises:
        UserError: A file, a channel, a secret or the store's name is not usable; nothing was contacted.
    """
    if telling == RunTelling() and location.store is None:
        return None, voice
    # Only here: a log, mail, metrics and pages take longer to import than all else of a push.
    from asa_transport.files import inventory as inventories
    from asa_transport.flows.run_history import check_store
    from asa_transport.flows.told_push import Beside

    check_store(location)
    devices = inventories.load(inventory).devices if isinstance(inventory, Path) else inventory
    asked = UnattendedOptions(log_format=telling.log_format, log_file=telling.log_file, notify=telling.notify)
    unattended, voice = unattended_run(asked, devices, voice)
    return Beside(unattended=unattended, location=location), voice
