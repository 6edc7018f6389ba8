"""Ask whether a version that a lock names has a known vulnerability: for `make audit-deps`.

    python -m tools.audit_deps [--advisories FILE]

pip-audit asks the service of OSV.  Where it is not installed, or its service is not reached, that is said
in one line, and the advisories of a file are asked if one is given: OSV's own export, a zip of its records,
carried to where nothing is reached.  What is accepted stands in `.ci/accepted-vulnerabilities.txt`, with its
day and its reason.

Ends with 0 where nothing was found that is not accepted, and where nobody could be asked; with 1 otherwise.

Source: the OSV schema 1 ("affected", "events"); pip-audit 2.10.  Behind a mirror, the other service that it
knows has heard of no package, and that is called "no known vulnerabilities found": so it is not this one's.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from packaging.markers import Marker
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT: Final = Path(__file__).resolve().parents[1]
# It asks for one package after the other, each with the timeout that it is given.
_LIMIT_S: Final = 600
_EACH_S: Final = 10
_PINNED: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)(?: ; ([^\\\n]+))?", re.MULTILINE)
_ACCEPTED: Final = re.compile(r"(?P<id>\S+)  (?P<day>\d{4}-\d\d-\d\d)  (?P<reason>\S.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A vulnerability of a version of the lock.

    Attributes:
        ids: Its names: of the record, and of others for the same.
        fixed: The versions in which it is not any more; none where nobody knows one.
    """

    package: str
    version: str
    ids: tuple[str, ...]
    fixed: tuple[str, ...]

    def __str__(self) -> str:
        cure = f"fixed in {', '.join(self.fixed)}" if self.fixed else "no release is known to fix it"
        return f"{self.package} {self.version}: {', '.join(self.ids)}; {cure}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of asking; `unasked` are packages that nobody has told anything about."""

    found: tuple[Found, ...]
    asked: int
    unasked: tuple[str, ...] = ()


class NotAsked(Exception):
    """Nobody was there to be asked; says why."""


def pinned(lock: str) -> list[tuple[str, str]]:
    """Return the packages of a lock with their versions, as far as they are for this machine."""
    return [
        (canonicalize_name(name), version)
        for name, version, marker in _PINNED.findall(lock)
        if not marker or Marker(marker.strip()).evaluate()
    ]


def accepted(text: str) -> dict[str, str]:
    """Return the reasons of what is accepted, by the id of the vulnerability.

    Raises:
        ValueError: A line is not `ID  DAY  REASON`.
    """
    reasons: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        entry = _ACCEPTED.fullmatch(line)
        if entry is None:
            raise ValueError(
                f"line {number}: expected ID  DAY  REASON, with two blanks between; a day is 2026-11-28"
            )
        date.fromisoformat(entry["day"])
        reasons[entry["id"]] = entry["reason"]
    return reasons


def by_pip_audit(program: Path, lock: Path, url: str | None) -> Answer:
    """Ask the service of OSV through pip-audit.

    Raises:
        NotAsked: The program is not there, or its service did not answer.
    """
    argv = [
        str(program),
        "--requirement",
        str(lock),
        "--vulnerability-service",
        "osv",
        "--disable-pip",
        "--no-deps",
    ]
    argv += [
        "--format",
        "json",
        "--desc",
        "off",
        "--aliases",
        "on",
        "--progress-spinner",
        "off",
        "--timeout",
        str(_EACH_S),
    ]
    argv += ["--osv-url", url] if url else []
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=_LIMIT_S, check=False, stdin=subprocess.DEVNULL
        )
        said = json.loads(done.stdout)
    except OSError as error:
        raise NotAsked(f"pip-audit is not installed ({error.strerror})") from error
    except subprocess.TimeoutExpired as error:
        raise NotAsked(f"its service did not answer in {_LIMIT_S} s") from error
    except ValueError as error:
        # It prints the document also where something was found; without one, its last line is why.
        last = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
        raise NotAsked(f"its service was not reached ({last[:160]})") from error
    found = [
        Found(
            package=one["name"],
            version=one["version"],
            ids=(vulnerability["id"], *vulnerability.get("aliases", ())),
            fixed=tuple(vulnerability.get("fix_versions", ())),
        )
        for one in said["dependencies"]
        for vulnerability in one.get("vulns", ())
    ]
    unasked = tuple(one["name"] for one in said["dependencies"] if "skip_reason" in one)
    return Answer(found=tuple(found), asked=len(said["dependencies"]) - len(unasked), unasked=unasked)


def by_advisories(file: Path, packages: Sequence[tuple[str, str]]) -> Answer:
    """Ask the records of a zip; each is one JSON file.

    Raises:
        NotAsked: The file cannot be read.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            records = [
                json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")
            ]
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise NotAsked(f"{file} cannot be read: {error}") from error
    return Answer(found=tuple(in_records(records, packages)), asked=len(packages))


def in_records(records: Iterable[Mapping[str, Any]], packages: Sequence[tuple[str, str]]) -> Iterator[Found]:
    """Yield what records of OSV say of versions; a record that was withdrawn says nothing."""
    versions = dict(packages)
    for record in records:
        if record.get("withdrawn"):
            continue
        for affected in record.get("affected", ()):
            package = affected.get("package", {})
            name = canonicalize_name(package.get("name", ""))
            version = versions.get(name)
            if version is None or package.get("ecosystem") != "PyPI" or not _is_affected(affected, version):
                continue
            fixed = [event["fixed"] for event in _events(affected) if "fixed" in event]
            ids = (record["id"], *record.get("aliases", ()))
            yield Found(package=name, version=version, ids=ids, fixed=tuple(fixed))


def _events(affected: Mapping[str, Any]) -> list[Mapping[str, str]]:
    return [
        event
        for one in affected.get("ranges", ())
        if one.get("type") == "ECOSYSTEM"
        for event in one.get("events", ())
    ]


def _is_affected(affected: Mapping[str, Any], version: str) -> bool:
    """Return whether a version is one of those listed, or lies in a range; where that is unreadable, too."""
    if version in affected.get("versions", ()):
        return True
    try:
        events = sorted((Version(text), kind) for event in _events(affected) for kind, text in event.items())
    except InvalidVersion:
        return True
    here, inside = Version(version), False
    for at, kind in events:
        match kind:
            case "introduced":
                inside = inside or at <= here
            case "fixed":
                inside = inside and here < at
            case "last_affected":
                inside = inside and here <= at
            case _:
                pass
    return inside


def judged(answer: Answer, reasons: Mapping[str, str]) -> tuple[list[Found], list[str]]:
    """Return what is not accepted, and what is accepted and was not found any more."""
    names = {name for one in answer.found for name in one.ids}
    left = [one for one in answer.found if reasons.keys().isdisjoint(one.ids)]
    return left, sorted(reasons.keys() - names)


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, and say what was found."""
    parser = argparse.ArgumentParser(
        description="Ask whether a version of the lock has a known vulnerability."
    )
    parser.add_argument("--lock", type=Path, default=ROOT / "requirements-dev.lock", metavar="FILE")
    parser.add_argument(
        "--accepted", type=Path, default=ROOT / ".ci" / "accepted-vulnerabilities.txt", metavar="FILE"
    )
    parser.add_argument(
        "--pip-audit", type=Path, default=ROOT / "build" / "tools" / "bin" / "pip-audit", metavar="PROGRAM"
    )
    parser.add_argument("--osv-url", help="Another service that answers as OSV's does.", metavar="URL")
    parser.add_argument(
        "--advisories",
        type=Path,
        help="OSV's export, a zip, for where no service is reached.",
        metavar="FILE",
    )
    options = parser.parse_args(arguments)
    try:
        reasons = accepted(options.accepted.read_text(encoding="utf-8"))
    except ValueError as error:
        parser.error(f"{options.accepted}: {error}")
    try:
        answer = by_pip_audit(options.pip_audit, options.lock, options.osv_url)
    except NotAsked as why:
        print(f"audit-deps: nobody was asked for known vulnerabilities: {why}")
        if options.advisories is None:
            return 0
        try:
            answer = by_advisories(options.advisories, pinned(options.lock.read_text(encoding="utf-8")))
        except NotAsked as also:
            parser.error(str(also))
        print(f"audit-deps: asked {options.advisories}, which knows nothing later than its own day")
    return _said(answer, reasons)


def _said(answer: Answer, reasons: Mapping[str, str]) -> int:
    left, gone = judged(answer, reasons)
    for one in left:
        print(f"audit-deps: {one}", file=sys.stderr)
    for name in gone:
        print(f"audit-deps: {name} is accepted and was not found; its line can go")
    if answer.unasked:
        print(f"audit-deps: not asked, as the service does not know them: {', '.join(answer.unasked)}")
    known = len(answer.found)
    print(f"audit-deps: {answer.asked} packages, {known} known vulnerabilities, {len(left)} not accepted")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
