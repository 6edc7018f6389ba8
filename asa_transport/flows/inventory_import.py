"""Make a file of ours from another program's inventory.

The text is written only where it can be read again with the same devices: what is wrong in the source is
told with its place there, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asa_transport.errors import UserError
from asa_transport.files import inventory as inventories
from asa_transport.files.inventory_draft import COLUMNS_OUT, Draft, ReadOptions, tree
from asa_transport.files.inventory_text import MARK, written
from asa_transport.files.regular_file import is_named
from asa_transport.model import Inventory

_HEADING: Final = (
    "Beside each value stands where it came from.  The next import to this file writes all of it anew.",
    "No secret was copied: see credentials.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A source as a file of ours.

    Attributes:
        inventory: What the text means; its notes are what does not translate.
    """

    text: str
    inventory: Inventory


def source_path(source: str, kind: str | None) -> Path:
    """Return the path that names a source, as `-i` takes it; raise UserError where no kind is named."""
    known = {one.name for one in inventories.SOURCES}
    named = inventories.source_of(Path(source))
    if kind is not None and kind not in known:
        raise UserError(f"--from: {kind!r} is no source; expected one of: {', '.join(sorted(known))}")
    if named is None and kind is None:
        raise UserError(
            f"{source}: whose inventory is it? Say so with --from, or in front of it, e.g. csv:{source} "
            f"({', '.join(sorted(known))})"
        )
    if named is not None and kind is not None and named[0].name != kind:
        raise UserError(f"{source}: names {named[0].name}, and --from says {kind}; leave one out")
    return Path(source) if named is not None else Path(f"{kind}:{source}")


def columns(pairs: list[str]) -> Mapping[str, str]:
    """Return what `--map COLUMN=KEY` says, by column; raise UserError where one is no such pair."""
    found: dict[str, str] = {}
    for pair in pairs:
        column, equals, key = pair.rpartition("=")
        if not equals or not column.strip():
            raise UserError(f"--map: {pair!r}; expected COLUMN=KEY, e.g. --map 'Mgmt IP=host'")
        if found.setdefault(column.strip(), key.strip()) != key.strip():
            raise UserError(f"--map: {column.strip()!r} is mapped twice; leave one out")
    return {column: "" if key == COLUMNS_OUT else key for column, key in found.items()}


def import_from(path: Path, options: ReadOptions) -> Imported:
    """Return the text of a file of ours for a source; contacts no device.

    Raises:
        InventoryError: Every problem, each with its place in the source.
    """
    draft = inventories.read_draft(path, options)
    inventory = inventories.of_draft(path, draft, options)
    root = tree(draft, options, has_enable=draft.needs_enable)
    return Imported(text=written(root, [*_HEADING, *_left(draft, path)]), inventory=inventory)


def check_target(output: Path | None) -> None:
    """Raise UserError where the output is a file that no import has written: somebody's own inventory."""
    if output is None or not is_named(output) or not output.is_file():
        return
    try:
        with output.open("rb") as file:
            is_ours = file.readline(200).rstrip() == MARK.encode()
    except OSError as error:
        raise UserError(f"{output}: cannot be read: {error.strerror}") from error
    if not is_ours and output.stat().st_size:
        raise UserError(f"{output}: is there already, and no import has written it; name another file")


def _left(draft: Draft, path: Path) -> list[str]:
    """Return the lines of comment about what was not taken."""
    named = inventories.source_of(path)
    lines = [f"Source: {path if named is None else f'{named[0].name}:{named[1]}'}"]
    if not draft.needs_enable:
        lines.append("Where login lands at '>', add the source of the enable password to credentials.")
    if draft.not_taken:
        lines += ["What does not translate:", *(f"  {one}" for one in draft.not_taken)]
    return lines
