"""Make up a varied fleet of any size, the same one for the same number and seed."""

from __future__ import annotations

import random
from typing import Any

from mock_devices.scenario import Scenario, merged

_SITES = ("par", "lon", "ber", "mil", "sin", "syd", "tyo", "nyc", "chi", "dal", "sao", "zrh", "waw", "osl")
_REGION = {
    "sin": "apac",
    "syd": "apac",
    "tyo": "apac",
    "nyc": "amer",
    "chi": "amer",
    "dal": "amer",
    "sao": "amer",
}
_PROXY = {"host": "proxy.example.net", "port": 8080}

# (weight, what a device of this kind looks like)
_KINDS: tuple[tuple[int, dict[str, Any]], ...] = (
    (34, {"version": "9.22(2)22"}),
    (8, {"version": "9.23(1)22", "license_config": {"proxy": _PROXY}, "quirks": {"status_proxy": "real"}}),
    (8, {"version": "9.22(2)14", "license_config": {"transport": "callhome"}}),
    (
        6,
        {
            "version": "9.22(2)14",
            "license_config": {"transport": "callhome"},
            "call_home": {"http_proxy": _PROXY},
        },
    ),
    (
        6,
        {
            "version": "9.22(2)22",
            "license": {"contact": "failed", "last_contact": "-40d"},
            "reachable": {"smart": "silent"},
        },
    ),
    (
        3,
        {
            "version": "9.22(2)22",
            "license": {"contact": "failed", "last_contact": "-87d"},
            "reachable": {"smart": "silent"},
        },
    ),
    (
        3,
        {
            "version": "9.22(2)22",
            "license": {"state": "auth-expired", "last_contact": "-120d"},
            "reachable": {"smart": "silent"},
        },
    ),
    (1, {"version": "9.22(1)1", "license": {"state": "registering"}, "reachable": {"smart": "silent"}}),
    (7, {"model": "FPR-1120", "version": "9.22(2)22"}),
    (5, {"model": "FPR-3105", "version": "9.24(1)9"}),
    (5, {"model": "FPR-2130", "version": "9.20(4)20"}),
    (3, {"model": "FPR4K-SM-44S", "version": "9.22(2)14"}),
    (3, {"model": "ASA5516", "version": "9.16(4)67"}),
    (2, {"model": "FPR-3105", "version": "9.22(2)22", "contexts": {"names": ["admin", "tenant-a"]}}),
    (4, {"version": "9.12(4)67"}),
    (2, {"version": "9.22(3)", "license": {"state": "out-of-compliance"}}),
)


def generated(count: int, *, seed: int = 1) -> Scenario:
    """Return a scenario of ``count`` devices: mixed platforms, versions and licence states."""
    rng = random.Random(seed)
    kinds = [kind for _, kind in _KINDS]
    weights = [weight for weight, _ in _KINDS]
    devices = [_device(rng, number, rng.choices(kinds, weights)[0]) for number in range(1, count + 1)]
    return Scenario.model_validate(
        {
            "name": f"generated-{count}",
            "defaults": {"reachable": {"proxies": {"proxy.example.net:8080": "open"}}},
            "groups": {region: {"region": region} for region in ("emea", "apac", "amer")},
            "devices": devices,
        }
    )


def _device(rng: random.Random, number: int, kind: dict[str, Any]) -> dict[str, Any]:
    site = rng.choice(_SITES)
    base = {
        "name": f"fw-{site}-{number:04}",
        "up": f"-{rng.randint(1, 300)}d",
        "license": {"last_contact": f"-{rng.randint(1, 28)}d", "registered": f"-{rng.randint(100, 340)}d"},
        "login": {"landing": rng.choice(("user", "user", "privileged"))},
        "ssh": {"auth": rng.choice(("both", "password", "keyboard-interactive"))},
        "inventory": {
            "groups": [_REGION.get(site, "emea")],
            "tags": [rng.choice(("prod", "edge", "branch", "dc"))],
        },
    }
    return merged(base, kind)
