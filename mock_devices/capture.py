"""Make a scenario of a capture: one firewall for each of its devices, which answers as was captured.

A capture is a zip, or the folder that was unpacked from it: `manifest.json`, and for each device a folder
with a file for each answer, named after the command.  Nothing is written, and of a zip nothing but such
names is read.  What was asked of the firewall is answered letter by letter; everything else as an ASA
answers what it does not know.
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mock_devices.capture_names import key_of
from mock_devices.loading import ScenarioError
from mock_devices.scenario import DeviceSpec, Scenario

SCHEMA = "asa-transport/capture/1"
# What a session agreed on is kept beside the answers.
_SESSION = "ssh_session"
_DEVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+~-]{0,254}")
_NAME = re.compile(rf"{_DEVICE.pattern}/{_DEVICE.pattern}\.txt|manifest\.json")
_LARGEST = 64 * 1024 * 1024
_MOST = 10_000
# Bounded, because a capture comes from anybody.
_THREAT_DEFENSE = re.compile(
    r"^Model[ \t]{0,40}:.{0,80} Threat Defense.{0,80} Version (\d\S{0,40})", re.MULTILINE
)
_MULTIPLE = re.compile(r"^Security context mode: multiple", re.MULTILINE)
_CONTEXT = re.compile(r"^([ *])(\S+) +\S+ +(?:\S+ +)?(?:Routed|Transparent)", re.MULTILINE)
_KEYS = {"ssh-rsa": "rsa", "rsa-sha2-256": "rsa", "rsa-sha2-512": "rsa", "ssh-ed25519": "ed25519"}


def load_capture(path: Path | str) -> Scenario:
    """Return the fleet of a capture.

    Raises:
        ScenarioError: It cannot be read, or is no capture.
    """
    where = Path(path)
    try:
        files = _folder(where) if where.is_dir() else _zip(where)
        manifest = json.loads(files["manifest.json"])
    except OSError as error:
        raise ScenarioError(f"{where}: cannot read this capture ({error.strerror})") from error
    except (
        KeyError,
        ValueError,
        EOFError,
        RecursionError,
        zipfile.BadZipFile,
        zlib.error,
        RuntimeError,
    ) as error:
        raise ScenarioError(f"{where}: this is no capture: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        raise ScenarioError(f"{where}: manifest.json: expected the schema {SCHEMA!r}")
    try:
        names = {device["name"] for device in manifest["devices"]}
        for name in names:
            if not isinstance(name, str) or not _DEVICE.fullmatch(name):
                raise ValueError(f"{name!r:.80} is no name of a device")
        if len(names) > _MOST:
            raise ValueError(f"it has more than {_MOST} devices")
        devices = [_device(device, names, files) for device in manifest["devices"]]
        return Scenario(name=where.stem, devices=devices).model_copy(update={"source": where})
    except (KeyError, TypeError, ValueError) as error:
        why = _first(error) if isinstance(error, ValidationError) else error
        raise ScenarioError(f"{where}: manifest.json is not what a capture has: {why}") from error


def _first(error: ValidationError) -> str:
    found = error.errors()[0]
    return f"{'.'.join(map(str, found['loc']))}: {found['msg']}"


def _folder(path: Path) -> dict[str, str]:
    found = {}
    left = _LARGEST
    for file in (path / "manifest.json", *sorted(path.glob("*/*.txt"))):
        if file.is_symlink() or file.parent.is_symlink() or not file.is_file():
            continue
        with file.open("rb") as opened:
            data = opened.read(left + 1)
        left -= len(data)
        if left < 0:
            raise ValueError("it has more than a capture holds")
        found[file.relative_to(path).as_posix()] = _text(data)
    return found


def _zip(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    left = _LARGEST
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r:.80} is no name of a file of a capture")
            if name in found:
                raise ValueError(f"{name!r:.80} is in it twice")
            with archive.open(name) as file:
                data = file.read(left + 1)
            left -= len(data)
            if left < 0:
                raise ValueError("it unpacks to more than a capture holds")
            found[name] = _text(data)
    return found


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _device(device: Mapping[str, Any], names: set[str], files: Mapping[str, str]) -> DeviceSpec:
    name = device["name"]
    answers = {
        key_of(file.partition("/")[2].removesuffix(".txt")): text
        for file, text in files.items()
        if file.startswith(f"{name}/")
    }
    agreed = answers.pop(_SESSION, "")
    spec: dict[str, Any] = {
        "name": name,
        "hostname": device["hostname"] or name,
        "captured": answers,
        "ssh": _ssh(agreed),
        "inventory": {
            "expect": {"transport": device["transport"], "proxy": _proxy(device["proxy"])},
            "pair": device["pair"] if device["pair"] in names else None,
        },
    }
    version = answers.get("show_version", "")
    if (found := _THREAT_DEFENSE.search(version)) is not None:
        spec["threat_defense"] = found[1]
    if _MULTIPLE.search(answers.get("show_mode", "")):
        contexts = _CONTEXT.findall(answers.get("show_context", "")) or [("*", "admin")]
        admin = next((one for star, one in contexts if star == "*"), contexts[0][1])
        spec["contexts"] = {"admin": admin, "names": [one for _, one in contexts]}
    return DeviceSpec.model_validate(spec)


def _proxy(text: object) -> str | dict[str, str]:
    if not isinstance(text, str):
        raise TypeError("proxy: expected none, any, or HOST:PORT")
    host, colon, port = text.rpartition(":")
    return {"host": host, "port": port} if colon else text


def _ssh(agreed: str) -> dict[str, Any]:
    """Return how the server offers what was agreed on, where that is known and no more than that."""
    said = dict(line.rstrip("\r").split(": ", 1) for line in agreed.split("\n") if ": " in line)
    if not said:
        return {}
    offered = said.get("host keys offered", "")
    host_key = said.get("host key", "")
    found: dict[str, Any] = {
        "kex": [said["key exchange"]] if "key exchange" in said else [],
        "ciphers": [said["cipher"]] if "cipher" in said else [],
        # Of a cipher with an integrity of its own it says the cipher's name again.
        "macs": [said["integrity"]] if said.get("integrity") not in {None, said.get("cipher")} else [],
        "host_key": _KEYS.get(host_key, "ecdsa" if host_key.startswith("ecdsa") else "ed25519"),
    }
    if set(offered.split(", ")) == {"ssh-rsa"}:
        found["host_key_algs"] = ["ssh-rsa"]
    return found
