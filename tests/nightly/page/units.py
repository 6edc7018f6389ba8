"""Stand in for systemd: run a unit's lines as its user, in what its settings leave of the machine.

What is done as systemd does it: user, groups, umask, environment, EnvironmentFile=, the state and cache
directories with their modes, credentials, ProtectSystem=, ProtectHome=, PrivateTmp=, ReadWritePaths=,
NoNewPrivileges=, CapabilityBoundingSet=, SuccessExitStatus=, ExecStartPost=.  What needs systemd itself or
its filters of system calls is listed, not done: `systemd-analyze` checks it in test_unattended.py.

Source: systemd.exec(5), systemd.service(5).
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.nightly.page.machine import CREDENTIALS, JOURNAL

UNITS = Path("/etc/systemd/system")
DONE = frozenset(
    {
        "CacheDirectory", "CacheDirectoryMode", "CapabilityBoundingSet", "Description", "Documentation",
        "Environment", "EnvironmentFile", "ExecStart", "ExecStartPost", "Group", "LoadCredential",
        "NoNewPrivileges", "PrivateTmp", "ProtectHome", "ProtectSystem", "ReadWritePaths", "StateDirectory",
        "StateDirectoryMode", "SuccessExitStatus", "TimeoutStartSec", "Type", "UMask", "User",
    }
)  # fmt: skip
# Of these a test elsewhere says that they are right, or nothing here could show that they are.
LISTED = frozenset(
    {
        "After", "AmbientCapabilities", "DevicePolicy", "KeyringMode", "LockPersonality", "PrivateDevices",
        "ProcSubset", "ProtectClock", "ProtectControlGroups", "ProtectHostname", "ProtectKernelLogs",
        "ProtectKernelModules", "ProtectKernelTunables", "ProtectProc", "RemoveIPC",
        "RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID",
        "SystemCallArchitectures", "SystemCallErrorNumber", "SystemCallFilter", "TimeoutStopSec", "Wants",
    }
)  # fmt: skip
_LIMIT_S = 60


class Unit:
    """A unit with its drop-ins, as systemd joins them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.values: dict[str, list[str]] = {}
        for file in (UNITS / name, *sorted((UNITS / f"{name}.d").glob("*.conf"))):
            for key, value in _settings(file):
                if value:
                    self.values.setdefault(key, []).append(value)
                else:
                    # An empty one forgets those before it.
                    self.values[key] = []
        unknown = self.values.keys() - DONE - LISTED
        if name.endswith(".service") and unknown:
            raise SystemExit(f"{name}: nobody here knows {', '.join(sorted(unknown))}: decide in {__file__}")

    def all(self, key: str) -> list[str]:
        return self.values.get(key, [])

    def one(self, key: str, default: str = "") -> str:
        return self.values.get(key, [default])[-1]

    @property
    def account(self) -> pwd.struct_passwd:
        return pwd.getpwnam(self.one("User", "root"))

    def environment(self) -> dict[str, str]:
        """What the lines are run with."""
        own = self.account
        given = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
            "LANG": "C.UTF-8", "HOME": own.pw_dir, "LOGNAME": own.pw_name, "USER": own.pw_name,
            "SHELL": own.pw_shell, "CREDENTIALS_DIRECTORY": str(CREDENTIALS / self.name),
        }  # fmt: skip
        for value in self.all("Environment"):
            given |= dict(word.split("=", 1) for word in shlex.split(value.replace("%S", "/var/lib")))
        for kind, place in _PLACES.items():
            if self.one(kind):
                given[_VARIABLES[kind]] = f"{place}/{self.one(kind)}"
        for value in self.all("EnvironmentFile"):
            file = Path(value.removeprefix("-"))
            if file.exists() or not value.startswith("-"):
                given |= dict(_assignments(file.read_text()))
        return given


_PLACES = {"StateDirectory": "/var/lib", "CacheDirectory": "/var/cache"}
_VARIABLES = {"StateDirectory": "STATE_DIRECTORY", "CacheDirectory": "CACHE_DIRECTORY"}


def _settings(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the settings of a file; a backslash at a line's end joins it with the next."""
    for line in file.read_text().replace("\\\n", " ").splitlines():
        key, is_setting, value = line.partition("=")
        if is_setting and not line.startswith(("#", ";")):
            yield key.strip(), value.strip()


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, is_one, value = line.partition("=")
        if is_one and not line.startswith(("#", ";")):
            yield name, value


def words(line: str, environment: Mapping[str, str]) -> list[str]:
    """Return the words of an Exec line: `$NAME` is as many as it holds, `${NAME}` a part of one."""
    found: list[str] = []
    for word in shlex.split(line):
        alone = re.fullmatch(r"\$(\w+)", word)
        if alone:
            found += environment.get(alone[1], "").split()
        else:
            found.append(re.sub(r"\$\{(\w+)\}", lambda name: environment.get(name[1], ""), word))
    return found


def start(unit: Unit) -> int:
    """Run a oneshot service to its end; return 0 where systemd would call that a success."""
    own = unit.account
    group = grp.getgrnam(unit.one("Group")).gr_gid if unit.one("Group") else own.pw_gid
    for kind, place in _PLACES.items():
        if unit.one(kind):
            _directory(
                Path(place, unit.one(kind)), int(unit.one(f"{kind}Mode", "0755"), 8), own.pw_uid, group
            )
    _credentials(unit, own.pw_uid, group)
    environment = unit.environment()
    fine = {0, *map(int, unit.one("SuccessExitStatus").split())}
    with (JOURNAL / unit.name).open("a") as journal:
        for key in ("ExecStart", "ExecStartPost"):
            for line in unit.all(key):
                command = [*_confined(unit), *words(line, environment)]
                done = subprocess.run(
                    command, env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=journal,
                    stderr=journal, umask=int(unit.one("UMask", "0022"), 8), timeout=_LIMIT_S, check=False,
                )  # fmt: skip
                journal.write(f"{unit.name}: {key}= ended with {done.returncode}\n")
                journal.flush()
                if done.returncode not in (fine if key == "ExecStart" else {0}):
                    print(
                        f"Job for {unit.name} failed: {key}= ended with {done.returncode}.", file=sys.stderr
                    )
                    return 1
    return 0


def _confined(unit: Unit) -> list[str]:
    """Return the words that run a command in what the unit's settings leave, as its user."""
    inner = [sys.executable, str(Path(__file__).with_name("confine.py"))]
    kept = [path for value in unit.all("ReadWritePaths") for path in value.split()]
    kept += [f"{place}/{unit.one(kind)}" for kind, place in _PLACES.items() if unit.one(kind)]
    if unit.one("ProtectSystem") == "strict":
        inner += [f"--written={path.removeprefix('-')}" for path in kept]
        inner.append("--strict")
    inner += ["--no-homes"] if unit.one("ProtectHome") == "yes" else []
    inner += ["--own-tmp"] if unit.one("PrivateTmp") == "yes" else []
    own = unit.account
    become = [
        "setpriv",
        f"--reuid={own.pw_name}",
        f"--regid={unit.one('Group') or own.pw_gid}",
        "--init-groups",
    ]
    become += ["--no-new-privs"] if unit.one("NoNewPrivileges") == "yes" else []
    if unit.values.get("CapabilityBoundingSet") == []:
        become += ["--bounding-set=-all", "--inh-caps=-all"]
    return ["unshare", "--mount", "--propagation=private", *inner, "--", *become]


def _directory(path: Path, mode: int, uid: int, gid: int) -> None:
    path.mkdir(exist_ok=True)
    os.chown(path, uid, gid)
    path.chmod(mode)


def _credentials(unit: Unit, uid: int, gid: int) -> None:
    place = CREDENTIALS / unit.name
    shutil.rmtree(place, ignore_errors=True)
    _directory(place, 0o500, uid, gid)
    for value in unit.all("LoadCredential"):
        name, _, source = value.partition(":")
        secret = place / name
        shutil.copyfile(source, secret)
        os.chown(secret, uid, gid)
        secret.chmod(0o400)


def systemctl(arguments: Sequence[str]) -> int:
    """Do what the page asks of it; anything else is not known here."""
    match list(arguments):
        case ["daemon-reload"]:
            names = [path.name for path in UNITS.glob("asa-transport*") if path.is_file()]
            print(f"read: {', '.join(sorted(names))}")
            return 0
        case ["start", name]:
            return start(Unit(name))
        case ["enable", "--now", name]:
            (target,) = Unit(name).all("WantedBy")
            wants = UNITS / f"{target}.wants"
            wants.mkdir(exist_ok=True)
            (wants / name).symlink_to(UNITS / name)
            print(f"Created symlink {wants / name} -> {UNITS / name}.")
            return 0
        case ["list-timers", name]:
            spoken = Unit(name).one("OnCalendar")
            if shutil.which("systemd-analyze"):
                asked = ["systemd-analyze", "calendar", spoken]
                return subprocess.run(asked, check=False, timeout=_LIMIT_S).returncode
            print(f"{name}: {spoken}")
            return 0
        case _:
            print(f"systemctl {' '.join(arguments)}: not known to this stand-in", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(systemctl(sys.argv[1:]))
