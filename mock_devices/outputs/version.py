"""Print `show version` in the captured shapes.

Source: recorded answers to `show version` (ntc-templates, genieparser, oxidized, Ansible; banner,
trailing blanks, SSP or FXOS line, feature table with and without `perpetual`); observed on ASAv
9.15(1)1, ASAc 9.22(1)1 and FP4100 9.22(2)14; Cisco TAC document 225967 (restricted features).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mock_devices.license_agent import AgentState
from mock_devices.platforms import LicenseMode, Platform, digest, version_key
from mock_devices.scenario import LicenseSpec, Quirks


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """Everything that `show version` is made of.  ``space`` is set in multiple context mode."""

    hostname: str
    model: str
    version: str
    serial: str
    platform: Platform
    mode: LicenseMode
    state: AgentState
    spec: LicenseSpec
    quirks: Quirks
    throughput: str | None
    tier: str | None
    contexts_licensed: int
    up: timedelta
    failover_up: timedelta | None
    modified: str | None
    space: Literal["system", "context"] | None
    now: datetime


def restricted(view: VersionView) -> bool:
    """Whether the licence no longer covers what needs one (TAC 225967)."""
    if view.mode in {"pak", "payg", "reserved"}:
        return False
    return view.state.authorization in {"AUTH EXPIRED", "EVAL MODE", "EVAL EXPIRED"}


def age(span: timedelta) -> str:
    """Print an uptime in its two largest units, as the ASA does: `358 days 20 hours`."""
    seconds = int(span.total_seconds())
    parts: list[str] = []
    for size, name in ((31536000, "year"), (86400, "day"), (3600, "hour"), (60, "min"), (1, "sec")):
        count, seconds = divmod(seconds, size)
        if count or parts:
            parts.append(f"{count} {name}{'' if count == 1 else 's'}")
    return " ".join(parts[:2]) or "0 secs"


def show_version(view: VersionView) -> list[str]:
    """Print the whole answer; a user context gets the short one (recorded)."""
    lines = _banner(view)
    if view.space == "context":
        lines += [f"Hardware:   {view.model}", "", "Licensed features for this user context:"]
        lines += [line for line in features(view)[1:] if line.startswith(("Failover", "Encryption"))]
        return [*lines, ""]
    lines += _hardware(view)
    lines += _license(view)
    lines += [*features(view), ""]
    if view.mode == "pak":
        lines += ["This platform has a Base license.", ""]
    lines.append(f"Serial Number: {view.serial}")
    if view.mode == "pak":
        key = " ".join(f"0x{digest(view.serial + str(part))}" for part in range(5))
        lines += [f"Running Permanent Activation Key: {key} ", "Configuration register is 0x1"]
    lines += ["", "Image type          : Release", "Key version         : A", ""]
    if view.modified:
        lines.append(f"Configuration last modified by {view.modified}")
    else:
        lines.append("Configuration has not been modified since last system restart.")
    return lines


def _banner(view: VersionView) -> list[str]:
    numbers = version_key(view.version)
    space = f" <{view.space}>" if view.space else ""
    lines = ["", f"Cisco Adaptive Security Appliance Software Version {view.version}{space} "]
    major_minor = numbers[:2]
    if major_minor >= (9, 12):
        lines.append(f"SSP Operating System Version 2.{numbers[1] - 6}(1.{int(digest(view.version, 2), 16)})")
    elif major_minor >= (9, 6):
        lines.append(f"Firepower Extensible Operating System Version 2.{max(numbers[1] - 6, 0)}(1.98)")
    lines += [f"Device Manager Version 7.{max(numbers[1] - 2, 1)}(1)", ""]
    builder = "fpbesprd" if view.mode == "fxos" else "builders"
    lines.append(f"Compiled on Thu 04-Sep-25 13:59 GMT by {builder}")
    flat = "-".join(str(number) for number in numbers)
    image = f"boot:/asa{flat}-smp-k8.bin" if view.platform.virtual else f"disk0:/asa{flat}-lfbff-k8.SPA"
    lines += [f'System image file is "{image}"', 'Config file at boot was "startup-config"', ""]
    lines.append(f"{view.hostname} up {age(view.up)}")
    if view.failover_up is not None:
        lines.append(f"failover cluster up {age(view.failover_up)}")
    if major_minor >= (9, 22):
        lines.append("Start-up time 21 secs")
    return [*lines, ""]


def _hardware(view: VersionView) -> list[str]:
    lines = [f"Hardware:   {view.platform.hardware}"]
    if view.platform.virtual:
        if version_key(view.version)[:2] < (9, 12):
            lines.append("Model Id:   ASAv10")
        lines += ["Internal ATA Compact Flash, 8192MB", "Slot 1: ATA Compact Flash, 8192MB"]
        lines += ["BIOS Flash Firmware Hub @ 0x1, 0KB", ""]
    elif view.mode == "pak":
        lines += ["Internal ATA Compact Flash, 8000MB", "BIOS Flash M25P64 @ 0xfed01000, 16384KB", ""]
    lines.append("")
    first = "Management0/0" if view.platform.virtual else "Management1/1"
    for number, port in enumerate((first, *(f"{view.platform.interfaces}{one}" for one in range(1, 4)))):
        noise = digest(f"{view.serial} {port}", 8)
        lines.append(
            f"{number:>2}: Ext: {port:<20}: address is 0250.{noise[:4]}.{noise[4:]}, irq {10 + number % 2}"
        )
    return [*lines, ""]


def _license(view: VersionView) -> list[str]:
    match view.mode:
        case "pak":
            return []
        case "payg":
            return ["License mode: AWS Licensing", "License state: LICENSED", ""]
        case "fxos":
            return ["License mode: Smart Licensing", ""]
    lines = ["License mode: Smart Licensing"]
    if view.mode == "reserved":
        lines.append("License reservation: Enabled")
    if not view.platform.virtual:
        return [*lines, ""]
    limited = restricted(view)
    platform_state = view.spec.platform_state or ("Unlicensed" if limited else "Licensed")
    lines.append(f"{view.model} Platform License State: {platform_state}")
    evaluating = view.state.authorization in {"EVAL MODE", "EVAL EXPIRED"}
    if view.mode == "reserved":
        lines.append(f"Active entitlement: {view.model}-UNIVERSAL-V10, enforce mode: Authorized")
    elif not view.tier or not view.throughput:
        lines.append("No active entitlement: no feature tier and no throughput level configured")
    else:
        mode = "Eval period" if evaluating else "Authorization expired" if limited else "Authorized"
        mode = view.spec.enforce_mode or mode
        lines.append(f"Active entitlement: {view.platform.entitlement_tag}, enforce mode: {mode}")
    rate = (view.throughput or "1G").replace("G", " Gbps").replace("M", " Mbps")
    lines.append(f"Firewall throughput limited to {'100 Kbps' if limited else rate}")
    return [*lines, ""]


def features(view: VersionView) -> list[str]:
    """Return `Licensed features for this platform:` and the table below it."""
    limited, platform = restricted(view), view.platform
    strong = view.state.export_allowed or view.mode in {"pak", "payg", "reserved"}
    on = {True: "Enabled", False: "Disabled"}
    rows = [
        ("Maximum VLANs", str(platform.vlans)),
        ("Inside Hosts", "Unlimited"),
        ("Failover", "Active/Standby" if platform.virtual else "Active/Active"),
        ("Encryption-DES", "Enabled"),
        ("Encryption-3DES-AES", on[strong]),
        ("Security Contexts", str(view.contexts_licensed)),
        ("Carrier", "Disabled"),
        ("AnyConnect Premium Peers", "2" if limited else str(platform.peers)),
        ("AnyConnect Essentials", "Disabled"),
        ("Other VPN Peers", str(platform.vpn_peers)),
        ("Total VPN Peers", str(platform.vpn_peers)),
        ("AnyConnect for Mobile", on[not limited]),
        ("AnyConnect for Cisco VPN Phone", on[not limited]),
        ("Advanced Endpoint Assessment", on[not limited]),
        ("Shared License", "Disabled"),
        ("Total TLS Proxy Sessions", "2" if limited else "500"),
        ("Botnet Traffic Filter", "Enabled"),
        ("Cluster", "Disabled"),
    ]
    if view.mode == "pak" or not platform.virtual:
        rows.insert(0, ("Maximum Physical Interfaces", "Unlimited"))
    pad = "      perpetual" if view.mode == "pak" else " "
    tab = "\t" if view.quirks.features_tab else ""
    table = [f"{tab}{name:<34}: {value:<14}{'' if view.mode == 'pak' else pad}" for name, value in rows]
    if view.mode == "pak":
        table = [f"{name:<34}: {value:<15}perpetual" for name, value in rows]
    return ["Licensed features for this platform:", *table]
