"""The alert rules and the dashboard: checked by promtool, and about metrics that exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from asa_transport.core.judgement.rules.table import RULES
from asa_transport.core.reports.metrics import families
from tests.support import ROOT, tool
from tests.unit.reporting import every_kind

CONTRIB = ROOT / "contrib"
ALERTS = CONTRIB / "prometheus" / "asa-transport.rules.yaml"
DASHBOARD = CONTRIB / "grafana" / "asa-transport.json"


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool("promtool", "prometheus"), *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def expressions(value: Any) -> Iterator[str]:
    """Every expression in a dashboard or a rule file, wherever it stands."""
    if isinstance(value, dict):
        for key, inside in value.items():
            if key in {"expr", "definition"}:
                yield inside
            yield from expressions(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from expressions(inside)


def test_promtool_accepts_the_rules() -> None:
    """A rule file with one mistake is refused as a whole."""
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", ALERTS)

    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_fires_when_it_should_and_only_then(tmp_path: Path) -> None:
    """promtool runs the rules on series that tell the story of each alert."""
    shutil.copy(ALERTS, tmp_path)
    shutil.copy(Path(__file__).with_name("rules.test.yaml"), tmp_path)

    done = promtool("test", "rules", tmp_path / "rules.test.yaml")

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_test() -> None:
    """One that never fires looks like one that has nothing to say."""
    alerts = {
        rule["alert"] for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]
    }
    tests = yaml.safe_load(Path(__file__).with_name("rules.test.yaml").read_text())["tests"]

    fired = {one["alertname"] for test in tests for one in test["alert_rule_test"] if one["exp_alerts"]}

    assert fired == alerts


@pytest.mark.parametrize("file", [ALERTS, DASHBOARD], ids=lambda path: path.name)
def test_every_metric_and_rule_that_is_named_exists(file: Path) -> None:
    """An expression about nothing is an alert that is always quiet."""
    report = every_kind()
    written = {
        family.name
        for family in families(
            report, inventory=report.devices, previous=(), catalogue_version="1", told={"ops": False}
        )
    }
    found = list(expressions(yaml.safe_load(file.read_text())))
    words = [word for text in found for word in re.findall(r"\basa_\w+", text)]
    rules = [word for text in found for word in re.findall(r"\bAT\d{3}\b", text)]

    assert set(words) <= written
    assert len(words) >= 10
    assert set(rules) <= {rule.id for rule in RULES}


def test_the_dashboard_is_whole() -> None:
    """Grafana shows a panel without a place or a data source as an error."""
    panels = json.loads(DASHBOARD.read_text())["panels"]

    assert len({panel["id"] for panel in panels}) == len(panels) >= 10
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(places)) == len(places)
    assert {target["datasource"]["uid"] for panel in panels for target in panel["targets"]} == {
        "${datasource}"
    }
