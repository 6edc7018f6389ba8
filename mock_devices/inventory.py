"""Write the files that a client needs to reach the fleet: inventory, known_hosts, passwords."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mock_devices.device import MockDevice
from mock_devices.faults import FaultAction
from mock_devices.hostkeys import authority_key, host_key, public_line
from mock_devices.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetFiles:
    """Where the files are."""

    inventory: Path
    known_hosts: Path
    password_file: Path
    enable_file: Path


def write_files(
    scenario: Scenario, devices: Collection[MockDevice], directory: Path, *, credentials: str
) -> FleetFiles:
    """Write all of them; passwords are readable by the owner only."""
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    files = FleetFiles(
        inventory=directory / "inventory.yaml",
        known_hosts=directory / "known_hosts",
        password_file=directory / "password",
        enable_file=directory / "enable",
    )
    for number, (login, enable) in enumerate(_credentials(devices)):
        suffix = "" if number == 0 else f"-{number + 1}"
        _private(directory / f"password{suffix}", login)
        _private(directory / f"enable{suffix}", enable or "")
    files.known_hosts.write_text(known_hosts_text(devices), encoding="utf-8")
    text = inventory_text(
        scenario, devices, credentials=credentials, known_hosts=files.known_hosts, directory=directory
    )
    files.inventory.write_text(text, encoding="utf-8")
    return files


def _private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")


def _key(device: MockDevice) -> tuple[str, str | None]:
    return device.spec.login.password, device.spec.login.enable_password


def _credentials(devices: Collection[MockDevice]) -> list[tuple[str, str | None]]:
    """Return the distinct passwords, the most common first."""
    counts = Counter(_key(device) for device in devices)
    return [pair for pair, _ in counts.most_common()]


def known_hosts_text(devices: Collection[MockDevice]) -> str:
    """Return one line per device; a host-key fault leaves it out, puts another key, or revokes it too."""
    lines = []
    for device in devices:
        fault = device.host_key_fault
        if fault is FaultAction.UNKNOWN_HOST_KEY:
            continue
        key = device.public_keys[0]
        if fault is FaultAction.CHANGED_HOST_KEY:
            key = public_line(host_key("ed25519" if "ed25519" in key else "ecdsa", f"not {device.spec.name}"))
        if fault is FaultAction.EDDSA_GONE:
            key = public_line(host_key("ed25519", f"before 9.23 {device.spec.name}"))
        if fault is FaultAction.REVOKED_HOST_KEY:
            # As a person does it: the line that admits the key stays where it is.
            lines.append(f"@revoked [{device.host}]:{device.port} {key}")
        certificate = device.spec.ssh.certificate
        if certificate is not None and certificate.in_known_hosts:
            authority = public_line(authority_key(certificate.authority))
            lines.append(f"@cert-authority [{device.host}]:{device.port} {authority}")
            continue
        lines.append(f"[{device.host}]:{device.port} {key}")
    return "".join(f"{line}\n" for line in lines)


def inventory_text(
    scenario: Scenario,
    devices: Collection[MockDevice],
    *,
    credentials: str,
    known_hosts: Path | None,
    directory: Path | None,
) -> str:
    """Return the inventory as YAML."""
    if credentials == "file" and directory is None:
        raise ValueError("credentials from files need the directory that holds them")
    pairs = _credentials(devices)
    users = Counter(device.spec.login.username for device in devices)
    username = users.most_common(1)[0][0]
    defaults: dict[str, Any] = {"username": username, "credential": "lab"}
    if known_hosts is not None:
        defaults["known_hosts"] = str(known_hosts)
    defaults.update(scenario.inventory_defaults)
    names = {pair: "lab" if number == 0 else f"lab-{number + 1}" for number, pair in enumerate(pairs)}
    document: dict[str, Any] = {
        "defaults": defaults,
        "credentials": {
            names[pair]: _source(number, pair, credentials, directory) for number, pair in enumerate(pairs)
        },
    }
    groups = {name: dict(value) for name, value in scenario.groups.items()}
    for device in devices:
        for group in device.spec.inventory.groups:
            groups.setdefault(group, {})
    if groups:
        document["groups"] = groups
    document["devices"] = {
        device.spec.name: _entry(device, names[_key(device)], username) for device in devices
    }
    return yaml.safe_dump(_with_numbers(document), sort_keys=False, width=110)


def _with_numbers(value: Any) -> Any:
    """Turn the ports of a scenario, read as text, into numbers again."""
    if isinstance(value, dict):
        return {
            key: int(one) if key == "port" and str(one).isdigit() else _with_numbers(one)
            for key, one in value.items()
        }
    return value


def _source(number: int, pair: tuple[str, str | None], kind: str, directory: Path | None) -> dict[str, Any]:
    suffix = "" if number == 0 else f"-{number + 1}"
    if kind == "env":
        tail = suffix.replace("-", "_")
        source: dict[str, Any] = {"password": {"env": f"ASA_TRANSPORT_PASSWORD{tail}"}}
        if pair[1] is not None:
            source["enable"] = {"env": f"ASA_TRANSPORT_ENABLE{tail}"}
        return source
    where = directory or Path()
    source = {"password": {"file": str(where / f"password{suffix}")}}
    if pair[1] is not None:
        source["enable"] = {"file": str(where / f"enable{suffix}")}
    return source


def _entry(device: MockDevice, credential: str, username: str) -> dict[str, Any]:
    spec, wanted = device.spec, device.spec.inventory
    entry: dict[str, Any] = {"host": device.host, "port": device.port}
    if spec.login.username != username:
        entry["username"] = spec.login.username
    if credential != "lab":
        entry["credential"] = credential
    for key, value in (
        ("groups", wanted.groups),
        ("tags", wanted.tags),
        ("region", wanted.region),
        ("ssh", wanted.ssh),
        ("host_key_alias", wanted.host_key_alias),
    ):
        if value:
            entry[key] = value
    pair = wanted.pair or (
        spec.failover.mate if spec.failover and spec.failover.unit == "secondary" else None
    )
    if pair:
        entry["pair"] = pair
    if wanted.expect:
        entry["expect"] = wanted.expect
    return entry
