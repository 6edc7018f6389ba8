"""What an inventory holds and means, for people or as JSON; of a secret only where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from asa_transport.cli.console import StderrTeller, plain, print_json, results
from asa_transport.cli.option_groups import Tone
from asa_transport.cli.views.columns import in_columns
from asa_transport.core.documents.records import Form
from asa_transport.core.judgement.select import Selection
from asa_transport.edges.secrets import credentials
from asa_transport.model import CredentialSpec, Device, Expectation, Inventory, host_identity
from asa_transport.model.fields import inventory_keys
from asa_transport.text import counted

# In the order of the file format.
_KEYS: Final = tuple(inventory_keys(Device))
_FORM: Final = Form({Path: (str, Path, "a path")})
_HEADERS: Final = ("device", "key", "value", "from")


def print_checked(file: Path, loaded: Inventory, chosen: Selection, *, as_json: bool, tone: Tone) -> None:
    """Print how much is in an inventory that has no problems; what may be a mistake is said on stderr."""
    resting = [device.name for device in chosen.not_enabled]
    notes, tell = _notes(loaded), StderrTeller(quiet=tone.quiet)
    for note in notes:
        tell.note(f"note: {file}: {note}")
    if as_json:
        print_json(
            {
                "inventory": str(file),
                "devices": len(chosen.devices),
                **({"not_selected": resting} if resting else {}),
                "groups": len(loaded.groups),
                "credentials": len(loaded.credentials),
                "notes": list(notes),
            }
        )
        return
    counts = (
        counted(len(chosen.devices), "device"),
        counted(len(loaded.groups), "group"),
        counted(len(loaded.credentials), "credential"),
        *([f"{counted(len(resting), 'device')} not selected (enabled: false)"] if resting else []),
    )
    results(no_color=tone.no_color).print(plain(f"{file}: {', '.join(counts)}: ok"))


def print_names(file: Path, chosen: Sequence[Device], *, as_json: bool, no_color: bool) -> None:
    """Print the name of each device, one a line: a file of these lines is a limit."""
    names = [device.name for device in chosen]
    if as_json:
        print_json({"inventory": str(file), "devices": names})
    else:
        results(no_color=no_color).file.writelines(f"{name}\n" for name in names)


def print_devices(
    file: Path, loaded: Inventory, chosen: Sequence[Device], *, as_json: bool, no_color: bool
) -> None:
    """Print each device's merged values and where each of them came from."""
    specs = {spec.name: spec for spec in loaded.credentials}
    if as_json:
        used = sorted({device.credential for device in chosen})
        print_json(
            {
                "inventory": str(file),
                "credentials": {name: _credential_json(specs[name]) for name in used},
                "devices": [_device_json(device) for device in chosen],
            }
        )
        return
    rows = [
        (device.name if index == 0 else "", *row)
        for device in chosen
        for index, row in enumerate(_rows(device, specs[device.credential]))
    ]
    out = results(no_color=no_color)
    lines = in_columns([_HEADERS, *rows], out.width, folded=_HEADERS.index("value"))
    out.print(next(lines), style="bold", soft_wrap=True, end="")
    # As they are: a table of rich takes a third of a millisecond a row, and this one has twelve a device.
    out.file.writelines(lines)


def _notes(loaded: Inventory) -> tuple[str, ...]:
    """Return what is legal in the file but may be a mistake."""
    used_groups = {group for device in loaded.devices for group in device.groups}
    used_credentials = {device.credential for device in loaded.devices}
    unused = [f"group {name} has no device" for name in loaded.groups if name not in used_groups]
    unused += [
        f"credential {spec.name} is used by no device"
        for spec in loaded.credentials
        if spec.name not in used_credentials
    ]
    return (*loaded.notes, *unused, *_alike(loaded.devices))


def _alike(devices: Sequence[Device]) -> Iterator[str]:
    """Yield which devices would be known by the host key of another: theirs have one name in one file.

    Units of a pair may have one: either of them may answer.
    """
    first: dict[tuple[str, int, Path], Device] = {}
    for device in devices:
        host, port = device.known_as
        place = (host_identity(host), port, device.known_hosts)
        twin = first.setdefault(place, device)
        if twin is device or (device.host_key_alias is not None and twin.name == device.pair):
            continue
        if device.host_key_alias is None and twin.host_key_alias is None:
            yield (
                f"{twin.name} and {device.name} have one address behind two jump hosts, and one known_hosts "
                "file, where the key of one would be taken for the other's: give each a host_key_alias"
            )
        else:
            yield (
                f"{twin.name} and {device.name} have one name, {host}, in one known_hosts file, where the "
                "key of one would be taken for the other's: give each a host_key_alias of its own"
            )


def _rows(device: Device, spec: CredentialSpec) -> list[tuple[str, str, str]]:
    """Return key, value and origin of everything that is set, in the order of the file format."""
    found: list[tuple[str, str]] = []
    for key in _KEYS:
        match getattr(device, key):
            case None if key in device.origins:
                found.append((key, "none"))
            case None | () | True:
                continue
            case False:
                # Before all others: who looks for the device finds out why it is not there.
                found.insert(0, (key, "false"))
            case tuple() as several:
                found.append((key, ", ".join(several)))
            case Expectation() as expect:
                found += ((f"{key}.{one.name}", str(getattr(expect, one.name))) for one in fields(expect))
            case Mapping() as free:
                found += ((f"{key}.{name}", value) for name, value in sorted(free.items()))
            case value:
                login = f" ({credentials.describe_login(spec)})" if key == "credential" else ""
                found.append((key, f"{value}{login}"))
    return [(key, value, _origin(device, key)) for key, value in found]


def _origin(device: Device, key: str) -> str:
    """Return where a key came from; a proxy's host and port may differ."""
    if key in device.origins:
        return device.origins[key]
    parts = [origin for name, origin in device.origins.items() if name.startswith(f"{key}.")]
    return ", ".join(dict.fromkeys(parts))


def _credential_json(spec: CredentialSpec) -> dict[str, str | None]:
    return {
        "password": None if spec.password is None else credentials.describe(spec.password),
        "enable": None if spec.enable is None else credentials.describe(spec.enable),
        **({} if spec.key is None else {"key": credentials.describe_key(spec.key)}),
    }


def _device_json(device: Device) -> dict[str, Any]:
    return {one.name: _FORM.encode(getattr(device, one.name)) for one in fields(device)}
