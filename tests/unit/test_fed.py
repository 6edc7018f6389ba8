"""Nothing is captured that nobody reads, and no fact is left that nothing sets."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

from asa_transport.model import DeviceFacts
from tests.golden.golden import texts

ROOT = Path(__file__).parents[2] / "asa_transport"
READERS = sorted((*(ROOT / "core").rglob("*.py"), ROOT / "core" / "parse.py"))
STRINGS = {
    node.value
    for path in READERS
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
}
# Of these answers only is asked whether every line of them is understood (a push), or they are
# read in saved outputs alone; their values show in the golden pairs what the template takes.
ONLY_UNDERSTOOD = {
    "cisco_asa_license_smart_renew_auth",
    "cisco_asa_show_context",
    "cisco_asa_show_license_usage",
    "cisco_asa_show_running_config_dns",
    "cisco_asa_write_memory",
}


@pytest.mark.parametrize("template", sorted(texts().keys() - ONLY_UNDERSTOOD))
def test_every_value_that_a_template_captures_is_read(template: str) -> None:
    """A value that nobody reads looks like a fact to whoever edits the template, and is none."""
    names = re.findall(r"^Value (?:[A-Za-z,]+ )?([A-Z_]+) \(", texts()[template], re.MULTILINE)

    unread = [name for name in names if name not in STRINGS | {"UNKNOWN"}]
    # A group's cells are read by name and number, e.g. f"{who}_GROUP_STATE".
    assert [name for name in unread if not name.endswith(("_GROUP", "_GROUP_STATE"))] == []


@pytest.mark.parametrize("name", [field.name for field in fields(DeviceFacts)])
def test_every_fact_is_set_by_what_a_device_prints(name: str) -> None:
    """A fact that only a test sets is a promise that no firewall keeps."""
    tree = ast.parse((ROOT / "core" / "parse.py").read_text(encoding="utf-8"))
    made = {
        keyword.arg
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"DeviceFacts", "replace"}
        for keyword in node.keywords
    }

    assert name in made
