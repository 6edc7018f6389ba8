"""Make ready what a plan or a push does beside its result: its log, its store, its notifications."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from asa_transport.cli.commands.audit import ask_secret
from asa_transport.cli.console import StderrTeller, write_stderr
from asa_transport.cli.option_groups import Voice
from asa_transport.flows.inputs import RunTelling, StateLocation
from asa_transport.model import Device

if TYPE_CHECKING:
    from asa_transport.flows.told_push import Beside


def told_beside(
    telling: RunTelling, location: StateLocation, inventory: Path | Sequence[Device], voice: Voice
) -> tuple[Beside | None, Voice]:
    """Return what is done beside a run, checked, and how much is still said on stderr.

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
    from asa_transport.flows.told_push import Beside, prepare_telling

    check_store(location)
    unattended = prepare_telling(
        telling,
        inventory=inventories.load(inventory).devices if isinstance(inventory, Path) else inventory,
        ask=ask_secret if sys.stdin.isatty() else None,
        stream=write_stderr,
        tell=StderrTeller(quiet=voice.quiet),
    )
    # Records on stderr, and between them nothing but errors.
    voice = replace(voice, quiet=voice.quiet or unattended.is_log_on_stream)
    return Beside(unattended=unattended, location=location), voice
