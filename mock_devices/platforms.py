"""Know what each ASA platform is: virtual or hardware, and how it is licensed.

Source: recorded answers to `show version` (ntc-templates, genieparser, unicon.plugins, oxidized);
FXOS CLI configuration guide (4100/9300).  Values that no output shows (memory and CPU of Secure
Firewall 3100/4200) are plausible, not proven.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

LicenseMode = Literal["smart", "pak", "fxos", "payg", "reserved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What a model implies; ``hardware`` is the text after `Hardware:   `."""

    hardware: str
    virtual: bool
    license_mode: LicenseMode
    udi: str
    entitlement: str
    entitlement_tag: str
    interfaces: str
    vlans: int
    peers: int
    vpn_peers: int


def platform_of(model: str, throughput: str | None = None) -> Platform:
    """Return the platform of a model name as `show version` prints it."""
    if model in {"ASAv", "ASAc"}:
        return _virtual(model, throughput or "1G")
    if re.match(r"FPR(4K|9K)-SM-", model):
        chassis = "FPR4K" if model.startswith("FPR4K") else "FPR9K"
        return Platform(
            hardware=f"{model}, 347283 MB RAM, CPU Xeon 4100/6100/8100 series 2100 MHz, 2 CPUs (88 cores)",
            virtual=False,
            license_mode="fxos",
            udi=chassis,
            entitlement="Strong encryption",
            entitlement_tag="ASA-SSP-STRONG-ENCRYPTION",
            interfaces="Internal-Data0/1",
            vlans=1024,
            peers=20000,
            vpn_peers=20000,
        )
    if re.match(r"ASA5|ISA-", model):
        return Platform(
            hardware=f"{model}, 8192 MB RAM, CPU Atom C2000 series 2416 MHz, 1 CPU (8 cores)",
            virtual=False,
            license_mode="pak",
            udi=model,
            entitlement="",
            entitlement_tag="",
            interfaces="GigabitEthernet1/",
            vlans=150,
            peers=4,
            vpn_peers=300,
        )
    cpu = (
        "CPU MIPS 1200 MHz, 1 CPU (12 cores)"
        if model.startswith("FPR-2")
        else ("CPU Atom C3000 series 2200 MHz, 1 CPU (8 cores)")
    )
    number = re.sub(r"\D", "", model)
    return Platform(
        hardware=f"{model}, 14852 MB RAM, {cpu}",
        virtual=False,
        license_mode="smart",
        udi=model,
        entitlement=f"Firepower {number} ASA Standard",
        entitlement_tag=f"FIREPOWER_{number}_ASA_STANDARD",
        interfaces="Ethernet1/",
        vlans=1024,
        peers=75 if model == "FPR-1010" else 1500,
        vpn_peers=75 if model == "FPR-1010" else 1500,
    )


def _virtual(model: str, throughput: str) -> Platform:
    size = {"100M": "5", "1G": "10", "2G": "30", "10G": "50", "20G": "100"}.get(throughput, "10")
    return Platform(
        hardware=f"{model}, 4096 MB RAM, CPU Xeon E5 series 2300 MHz, 1 CPU (2 cores)",
        virtual=True,
        license_mode="smart",
        udi=model,
        entitlement=f"{model}{size} Standard - {throughput}",
        entitlement_tag=f"{model}-STD-{throughput}",
        interfaces="GigabitEthernet0/",
        vlans=200,
        peers=250,
        vpn_peers=250,
    )


def digest(text: str, length: int = 8) -> str:
    """Return stable hexadecimal noise made from ``text``: serials, checksums, addresses."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def serial_of(model: str, name: str) -> str:
    """Return a made-up serial number, stable for a name."""
    noise = digest(f"serial {name}", 8).upper()
    return f"9A{noise}" if model in {"ASAv", "ASAc"} else f"JMX25{noise[:6]}"


def version_key(version: str) -> tuple[int, ...]:
    """Return the numbers of `9.20(4)10` as (9, 20, 4, 10); missing ones are absent."""
    return tuple(int(number) for number in re.findall(r"\d+", version))
