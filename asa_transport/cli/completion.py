"""Complete in a shell what this machine knows by name: devices, runs, rules, bugs, entries of a ledger.

Reads the one file that the line names (or the default one), or the names in the state directory,
and nothing else.  Contacts nothing, obtains no secret, waits for no pipe, never raises: where a
file cannot be read there is nothing to offer, and the command itself will say why.  Files and
folders are the shell's to complete.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import typer

from asa_transport.errors import UserError

if TYPE_CHECKING:
    from asa_transport.model import Device, Exemption, Waiver

T = TypeVar("T")
DEFAULT_INVENTORY: Final = Path("inventory.yaml")
# `report merge` is a command of its own.
MERGE: Final = "merge"
DEFAULT_NOTIFY: Final = Path("notify.yaml")
# A shell shows no longer list, and an older run is found with `runs`.
_MOST_RUNS: Final = 50
# bash takes what it is offered apart, and a `*` for the names of files.
_ONE_WORD: Final = re.compile(r"[A-Za-z0-9_.:,@-]+")


def devices(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of devices that begin so."""
    return _beginning(incomplete, (device.name for device in _devices(ctx)))


def patterns(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return what `-l` takes and begins so; behind a comma, a `!` or a `&` a new name begins."""
    known = [device for device in _devices(ctx) if device.enabled]
    done, comma, last = incomplete.rpartition(",")
    sign = last[:1] if last[:1] in {"!", "&"} else ""
    offered = [
        *(device.name for device in known),
        *sorted({f"group:{group}" for device in known for group in device.groups}),
        *sorted({f"tag:{tag}" for device in known for tag in device.tags}),
        *sorted({f"region:{device.region}" for device in known if device.region is not None}),
    ]
    return [f"{done}{comma}{sign}{name}" for name in _beginning(last.removeprefix(sign), offered)]


def regions(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the regions of devices that begin so."""
    known = {device.region for device in _devices(ctx) if device.enabled and device.region is not None}
    return _beginning(incomplete, sorted(known))


def only(incomplete: str) -> list[str]:
    """Return what `--only` takes and begins so; behind a comma a new word begins."""
    from asa_transport.core.reports.only import WORDS

    done, comma, last = incomplete.rpartition(",")
    return [f"{done}{comma}{word}" for word in _beginning(last, WORDS)]


def sources(incomplete: str) -> list[str]:
    """Return the sources of inventories that begin so."""
    from asa_transport.files.inventory import SOURCES

    return _beginning(incomplete, (source.name for source in SOURCES))


def runs(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return `last`, and the ids of kept runs that begin so, the newest first."""
    return _runs(ctx, incomplete, lambda _: True)


def reported(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return what may stand behind `report`: of `runs`, and the word that makes it another command."""
    return [*runs(ctx, incomplete), *_beginning(incomplete, (MERGE,))]


def audits(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return of `runs` those that keep the report of an audit."""
    from asa_transport.edges.state.run_folder import AUDIT

    return _runs(ctx, incomplete, lambda folder: _is_file(folder / AUDIT))


def unfinished(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return of `runs` those that have neither the report of an audit nor the journal of a push."""
    from asa_transport.edges.state.run_folder import is_run

    return _runs(ctx, incomplete, lambda folder: not is_run(folder))


def pushes(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return of `runs` those that keep the journal of a push."""
    from asa_transport.edges.state.run_folder import JOURNAL

    return _runs(ctx, incomplete, lambda folder: _is_file(folder / JOURNAL))


def rules(incomplete: str) -> list[str]:
    """Return the ids of rules that begin so."""
    from asa_transport.core.judgement.rules.table import RULES

    return _beginning(incomplete, (rule.id for rule in RULES))


def bugs(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the ids of the catalogue that begin so, those of the line's own file too."""
    from asa_transport.asa.version import train_of
    from asa_transport.files import bugs as catalogue

    path = _path(ctx, "bugs")
    if path is not None and not _is_file(path):
        return []
    return _beginning(
        incomplete, (bug.id for bug in _read(lambda: catalogue.load(path, train_of=train_of).bugs))
    )


def exceptions(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the devices that begin so and have an exception that is not closed."""
    known = (one.device for one in _exceptions(ctx) if one.closed_at is None)
    return _beginning(incomplete, dict.fromkeys(known))


def waivers(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the rules and bugs that begin so and have a waiver that is not closed."""
    return _beginning(incomplete, dict.fromkeys(one.what for one in _open_waivers(ctx)))


def waived_devices(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the DEVICES, as the entry has them, of the open waivers of the line's rule or bug."""
    # An option whose value is still to come keeps what stands before it from its arguments.
    what = ctx.params.get("what") or next(iter(ctx.args), None)
    known = (one.devices for one in _open_waivers(ctx) if what is None or one.what == what)
    return _beginning(incomplete, (text for text in dict.fromkeys(known) if _ONE_WORD.fullmatch(text)))


def channels(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the channels of the line's notify file that begin so."""
    from asa_transport.files import notify

    path = _path(ctx, "notify") or DEFAULT_NOTIFY
    return _beginning(incomplete, _read(lambda: notify.names(path)) if _is_file(path) else ())


def _devices(ctx: typer.Context) -> Sequence[Device]:
    from asa_transport.files import inventory

    path = _inventory(ctx)
    return _read(lambda: inventory.load(path).devices) if _is_file(path) else ()


def _exceptions(ctx: typer.Context) -> Sequence[Exemption]:
    from asa_transport.files import ledger
    from asa_transport.flows.inputs import exceptions_path

    return _read(lambda: ledger.load(exceptions_path(_inventory(ctx), _path(ctx, "file"))))


def _open_waivers(ctx: typer.Context) -> Sequence[Waiver]:
    from asa_transport.files import waivers as ledger
    from asa_transport.flows.inputs import waivers_path

    known = _read(lambda: ledger.load(waivers_path(_inventory(ctx), _path(ctx, "file"))))
    return [one for one in known if one.closed_at is None]


def _runs(ctx: typer.Context, incomplete: str, is_wanted: Callable[[Path], bool]) -> list[str]:
    """Return `last` and the newest ids that begin so, of folders that are wanted."""
    from asa_transport.edges.state.run_folder import LAST, is_run_id, state_directory
    from asa_transport.edges.state.run_turns import in_order

    folder = state_directory(_path(ctx, "state_dir")) / "runs"
    names = _read(lambda: [path.name for path in reversed(in_order(folder.iterdir()))])
    found = (name for name in _beginning(incomplete, names) if is_run_id(name))
    kept: Iterator[str] = (name for name in found if is_wanted(folder / name))
    return [*_beginning(incomplete, (LAST,)), *itertools.islice(kept, _MOST_RUNS)]


def _inventory(ctx: typer.Context) -> Path:
    return _path(ctx, "inventory") or _path(ctx, "inventory_file") or DEFAULT_INVENTORY


def _path(ctx: typer.Context, name: str) -> Path | None:
    """Return the path that the line, or the environment, gives a parameter; nothing converted it yet."""
    given = ctx.params.get(name)
    if given is None:
        return None
    try:
        return Path(str(given)).expanduser()
    # A `~name` that is nobody's.
    except RuntimeError:
        return Path(str(given))


def _is_file(path: Path) -> bool:
    # A pipe would keep whoever opens it.
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _read(read: Callable[[], Sequence[T]]) -> Sequence[T]:
    """Return what is read, nothing where it cannot be."""
    try:
        return read()
    except (UserError, OSError, ValueError):
        return ()


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
