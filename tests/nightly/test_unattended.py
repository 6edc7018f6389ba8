"""The service, the timer, the container, and docs/nightly.md: what stands there works, or is checked."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from asa_transport.core.reports.metrics import families
from asa_transport.files import inventory, notify
from tests.fleet.hands import smart
from tests.nightly.page.units import DONE, LISTED, words
from tests.nightly.receivers import HOST, http_receiver
from tests.support import PROGRAM, QUICK, ROOT, fleet_of, tool
from tests.unit.reporting import every_kind

SYSTEMD = ROOT / "contrib" / "systemd"
SERVICE = SYSTEMD / "asa-transport-audit.service"
TIMER = SYSTEMD / "asa-transport-audit.timer"
CONTAINERFILE = ROOT / "contrib" / "container" / "Containerfile"
PAGE = (ROOT / "docs" / "nightly.md").read_text()
INSTALLED = "/usr/local/bin/asa-transport"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def lines(prompt: str) -> list[str]:
    """The commands of the page behind a prompt, in order."""
    return [
        line.removeprefix(prompt)
        for block in blocks("console")
        for line in block.splitlines()
        if line.startswith(prompt)
    ]


def settings(unit: Path) -> dict[str, list[str]]:
    """The values of each setting; `\\` at a line's end joins it with the next."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text().replace("\\\n", " ").splitlines():
        key, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units with the program where it is here."""
    directory = tmp_path_factory.mktemp("units")
    for unit in (SERVICE, TIMER):
        (directory / unit.name).write_text(unit.read_text().replace(INSTALLED, str(PROGRAM)))
    return directory


# systemd.


def test_systemd_accepts_the_units(units: Path) -> None:
    """An unknown setting is ignored with a line in a journal that nobody reads."""
    argv = [tool("systemd-analyze", "systemd"), "verify", "--man=no", *map(str, units.iterdir())]

    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)

    # It looks at the units that these refer to as well, which are the machine's.
    assert [line for line in done.stderr.splitlines() if "asa-transport" in line] == []
    assert done.returncode == 0, done.stderr


def test_the_service_is_locked_in(units: Path) -> None:
    """It holds the password of every firewall; systemd calls an exposure below 2.0 of 10 fine."""
    argv = [tool("systemd-analyze", "systemd"), "security", "--offline=true", "--threshold=20", "--no-pager"]

    done = subprocess.run(
        [*argv, str(units / SERVICE.name)], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stdout[-400:] + done.stderr


def test_the_line_of_the_service_runs_as_the_service_would(tmp_path: Path) -> None:
    """Its options, its credentials, the file of /etc/default, the page's inventory: against real SSH."""
    etc, prom, state = (tmp_path / name for name in ("etc", "prom", "state"))
    for directory in (etc, prom, state, tmp_path / "credentials"):
        directory.mkdir()
    for name, secret in (("login", "mock-Login-1"), ("enable", "mock-Enable-1")):
        (tmp_path / "credentials" / name).write_text(secret)
    places = {
        INSTALLED: str(PROGRAM),
        "/etc/asa-transport": str(etc),
        "/var/lib/prometheus/node-exporter": str(prom),
    }
    # What stands there behind a `#` until the page has made what it names.
    proposed = dict(
        re.findall(r"^#(\w+)=(--.*)$", (SYSTEMD / "asa-transport.default").read_text(), flags=re.M)
    )
    given = {**proposed, "ASA_TRANSPORT_OPTIONS": " ".join(QUICK), "CACHE_DIRECTORY": str(state)}
    line = shlex.join(words(settings(SERVICE)["ExecStart"][0], given))
    for written, here in places.items():
        line = line.replace(written, here)
    with (
        fleet_of(smart("fw-par-01"), smart("fw-gone", faults=[{"action": "refuse"}])) as fleet,
        http_receiver() as hook,
    ):
        files = fleet.write(tmp_path / "mock")
        shutil.copy(files.inventory.parent / "known_hosts", etc / "known_hosts")
        written = yaml.safe_load(blocks("yaml")[0])
        written["devices"] = yaml.safe_load(files.inventory.read_text())["devices"]
        for device in written["devices"].values():
            device.pop("known_hosts", None)
            device.pop("credential", None)
        (etc / "inventory.yaml").write_text(yaml.safe_dump(written))
        (tmp_path / "credentials" / "webhook-url").write_text(f"http://{HOST}:{hook.port}/hook")
        (etc / "notify.yaml").write_text("channels: {ops: {kind: webhook, url: {systemd: webhook-url}}}\n")

        done = subprocess.run(
            shlex.split(line),
            env={
                "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials"),
                "ASA_TRANSPORT_STATE_DIR": str(state),
                # What systemd sets besides; a service has no HOME of use and no locale.
                "PATH": os.environ["PATH"], "HOME": "/", "LANG": "C",
            },
            capture_output=True, text=True, timeout=100, check=False, cwd="/",
        )  # fmt: skip

    assert str(done.returncode) in settings(SERVICE)["SuccessExitStatus"][0].split(), done.stderr
    assert done.stdout == ""
    assert '"event": "run-finished"' in done.stderr
    assert "fw-par-01" in (state / "index.html").read_text()
    assert (prom / "asa-transport.prom").exists()
    assert len(hook.posts) == 1


def test_the_credentials_of_the_service_are_those_of_the_pages_inventory(tmp_path: Path) -> None:
    """A name that systemd does not hand over is a night without an audit."""
    file = tmp_path / "inventory.yaml"
    file.write_text(blocks("yaml")[0])

    loaded = inventory.load(file)

    (spec,) = loaded.credentials
    assert spec.enable is not None
    named = {getattr(source, "name", None) for source in (spec.password, spec.enable)}
    assert named == {value.partition(":")[0] for value in settings(SERVICE)["LoadCredential"]}
    assert loaded.devices[0].known_hosts == tmp_path / "known_hosts"


def test_the_example_files_are_those_of_the_pages() -> None:
    """Who reads the page and who copies the file have the same inventory, and one that can be used."""
    assert yaml.safe_load((SYSTEMD / "inventory.yaml").read_text()) == yaml.safe_load(blocks("yaml")[0])
    assert [channel.name for channel in notify.load(SYSTEMD / "notify.yaml")] == ["on-call"]


def test_a_setting_of_the_service_is_decided_where_the_page_is_followed() -> None:
    """A new one is done there as systemd does it, or is listed as what only systemd does."""
    known = set(settings(SERVICE))

    assert known - DONE - LISTED == set()
    assert LISTED - known == set()
    assert not DONE & LISTED


# The page.


def test_what_root_is_told_to_type_names_what_is_there() -> None:
    """`make nightly` runs these lines where it may; everywhere every file and unit in them exists."""
    told = lines("# ")
    words = [word for line in told for word in shlex.split(line)]

    files = [word for word in words if word.startswith("contrib/")]
    named = [word for word in words if word.endswith((".service", ".timer")) and "/" not in word]
    assert [file for file in files if not (ROOT / file).is_file()] == []
    assert set(named) == {SERVICE.name, TIMER.name}
    assert {Path(file).parts[1] for file in files} == {"systemd", "prometheus"}
    places = re.findall(r"ReadWritePaths=-(\S+)", SERVICE.read_text())
    assert [place for place in places if place not in " ".join(told)] == []
    assert INSTALLED in " ".join(told)
    assert {"useradd", "install", "setfacl", "systemctl", "journalctl"} <= set(words)


def test_the_line_for_cron_runs(tmp_path: Path) -> None:
    """Under sh, with cron's short PATH and nothing to print."""
    (line,) = (block.strip() for block in blocks("cron"))
    command = line.split(maxsplit=5)[5].replace("/etc/asa-transport", str(tmp_path))
    with fleet_of(smart("fw-par-01")) as fleet:
        fleet.write(tmp_path)
        done = subprocess.run(
            ["sh", "-c", f"{command} {' '.join(QUICK)}"],
            env={"PATH": f"{PROGRAM.parent}:/usr/bin:/bin", "HOME": str(tmp_path)},
            capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip

    assert done.returncode in (0, 3), done
    assert (done.stdout, done.stderr) == ("", "")
    assert "fw-par-01" in (tmp_path / "audit.md").read_text()
    assert "event=run-finished" in (tmp_path / "audit.log").read_text()


def test_the_page_names_every_metric_with_its_labels() -> None:
    """Alerts of one's own are written from this table."""
    rows = re.findall(r"^\| `(asa_\w+)` \| (.*?) ?\| ", PAGE, flags=re.MULTILINE)
    report = every_kind()

    written = families(report, inventory=report.devices, previous=(), catalogue_version="1", told={"a": True})

    assert {name: tuple(re.findall(r"`(\w+)`", labels)) for name, labels in rows} == {
        family.name: family.labels for family in written
    }


# The container.


def test_the_container_is_built_from_files_that_are_there(tmp_path: Path) -> None:
    """What it copies is enough to build the wheel: it is built from these files alone."""
    text = CONTAINERFILE.read_text()
    copied = [words[1:-1] for line in text.splitlines() if (words := line.split())[:1] == ["COPY"]]
    for source in (name for names in copied for name in names if not name.startswith(("--", "/"))):
        whole = ROOT / source
        if whole.is_dir():
            shutil.copytree(whole, tmp_path / "src" / source, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (tmp_path / "src" / source).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(whole, tmp_path / "src" / source)

    argv = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps"]
    subprocess.run([*argv, "--wheel-dir", tmp_path, tmp_path / "src"], check=True, timeout=100)

    assert list(tmp_path.glob("*.whl"))


def test_the_container_starts_the_program_as_nobody_special() -> None:
    """Its entry point is a script of the package, its user is not root."""
    text = CONTAINERFILE.read_text()
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]

    (entry,) = re.findall(r'^ENTRYPOINT \["([^"]+)"\]$', text, flags=re.MULTILINE)
    (user,) = re.findall(r"^USER (\d+):", text, flags=re.MULTILINE)
    (state,) = re.findall(r"ASA_TRANSPORT_STATE_DIR=(\S+)", text)
    assert entry in scripts
    assert int(user) > 0
    assert f'VOLUME ["{state}"]' in text
    assert "HEALTHCHECK NONE" in text
    assert text.rindex("USER ") > text.rindex("RUN ")
