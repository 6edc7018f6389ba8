"""Print what Threat Defense prints: its login lines and `show version`.

Source: cisco.asa PR 87 (`show version`: a heading, model, UUID, rule versions, then the ASA's
own output without a word of licences); the login lines and the bare `>` are operator knowledge.
"""

from __future__ import annotations

import re

from mock_devices.platforms import digest
from mock_devices.scenario import DeviceSpec

_BUILD = "Build 329"


def _product(spec: DeviceSpec) -> str:
    if spec.model.startswith("FPR"):
        return f"Cisco Firepower {re.sub(r'[^0-9]', '', spec.model)[:4]} Threat Defense"
    return "Cisco Firepower Threat Defense for VMware"


def login_lines(spec: DeviceSpec) -> list[str]:
    """Return what is shown before the first prompt."""
    return [
        "",
        "Copyright 2004-2025, Cisco and/or its affiliates. All rights reserved. ",
        "Cisco is a registered trademark of Cisco Systems, Inc. ",
        "All other trademarks are property of their respective owners.",
        "",
        "Cisco Firepower Extensible Operating System (FX-OS) v2.16.0 (build 4006)",
        f"{_product(spec)} v{spec.threat_defense} ({_BUILD.lower()})",
        "",
    ]


def show_version(spec: DeviceSpec, hostname: str, inside: list[str]) -> list[str]:
    """Return the whole answer; ``inside`` is what the ASA in it would print."""
    noise = digest(spec.name, 32)
    uuid = "-".join((noise[:8], noise[8:12], noise[12:16], noise[16:20], noise[20:]))
    head = f"-------------[ {hostname} ]--------------"
    features = next((i for i, line in enumerate(inside) if line.startswith("Licensed features")), len(inside))
    own = [line for line in inside[:features] if "icense" not in line and "entitlement" not in line]
    serial = [line for line in inside if line.startswith("Serial Number")]
    release = f"Version {spec.threat_defense} ({_BUILD})"
    return [
        head,
        f"Model                     : {_product(spec)} (78) {release}",
        f"UUID                      : {uuid}",
        "LSP version               : lsp-rel-20260210-1252",
        "VDB version               : 410",
        "-" * len(head),
        *own,
        *serial,
    ]
