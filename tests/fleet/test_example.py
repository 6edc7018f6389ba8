"""The example inventory and the mock fleet's own program fit together."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import yaml

from asa_transport.files import inventory
from mock_devices import load_scenario
from mock_devices.__main__ import BASE_PORT
from tests.support import QUICK, ROOT, program


def test_the_example_inventory_names_the_ports_of_the_mock_fleet() -> None:
    """It is said to run unchanged against `python -m mock_devices`."""
    names = [device.name for device in load_scenario("demo").devices]

    example = inventory.load(ROOT / "inventory.example.yaml")

    assert len(example.devices) >= 8
    for device in example.devices:
        assert device.port == BASE_PORT + names.index(device.name), device.name


def test_the_mock_fleets_program_serves_the_example_on_any_ports_and_stops_cleanly(tmp_path: Path) -> None:
    """Free ports instead of the fixed ones, because tests may run beside each other; all else unchanged."""
    argv = [sys.executable, "-m", "mock_devices", "--base-port", "0", "--directory", str(tmp_path / ".mock")]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=ROOT) as serving:
        assert serving.stdout is not None
        said = ""
        for line in serving.stdout:
            said += line
            if line.startswith("ready:"):
                break
        served = yaml.safe_load((tmp_path / ".mock" / "inventory.yaml").read_text())["devices"]
        text = (ROOT / "inventory.example.yaml").read_text()
        for index, device in enumerate(served.values()):
            text = text.replace(f"port: {BASE_PORT + index}", f"port: {device['port']}")
        (tmp_path / "inventory.yaml").write_text(text)
        password, enable = re.findall(r"password ([\w-]+)", said)[:2]

        ended = program(
            "audit", "--format=json", "--state-dir", tmp_path / "state", *QUICK,
            cwd=tmp_path, ASA_TRANSPORT_PASSWORD=password, ASA_TRANSPORT_ENABLE=enable,
        )  # fmt: skip
        serving.send_signal(signal.SIGINT)

    assert serving.returncode == 0
    assert ended.document["totals"] == {**ended.document["totals"], "audited": 10, "not_audited": 0}, ended
