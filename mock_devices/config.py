"""Hold a running configuration and print it, the same bytes for the same content.

Block order is fixed, so a before/after comparison byte by byte is meaningful.
Source: the ASA 5512 on 9.12(4)67 that oxidized has recorded (order and secrets), Cisco TAC
document 225967 and CiscoDevNet/cisco-asav (licence blocks).  Which transport line is hidden
as the default is not proven, hence `show_default_transport`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mock_devices.scenario import DeviceSpec, HostPort, Transport

TOOLS_URL = "https://tools.cisco.com/its/service/oddce/services/DDCEService"
SMART_URL = "https://smartreceiver.cisco.com/licservice/license"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What can be changed from the command line.  ``transport`` None: the default of the release."""

    hostname: str
    prompt: tuple[str, ...]
    width: int = 80
    pager: int = 24
    smart_block: bool = True
    transport: Transport | None = None
    proxy: HostPort | None = None
    url: str | None = None
    tier: str | None = None
    throughput: str | None = None
    feature_contexts: int | None = None
    strong_encryption: bool = False
    privacy_hostname: bool = False
    privacy_version: bool = False
    anonymous: bool | None = False
    http_proxy: HostPort | None = None
    license_address: str | None = None
    license_method: str | None = None
    extra: tuple[str, ...] = field(default=())

    def with_(self, **changes: object) -> Config:
        """Return a copy with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the device contributes to the text that is not configuration proper."""

    version: str
    zone: str
    zone_minutes: int
    default_transport: Transport
    show_default_transport: bool
    accepts_transport: bool
    transport_ahead_of: str | None  # the beginning of a line of the block; None: the transport lines are last
    proxy_is_first: bool
    virtual: bool
    smart: bool
    username: str
    secret: str
    failover_unit: str | None
    contexts: tuple[str, ...] | None
    admin_context: str | None
    reservation: tuple[str, ...] = ()  # its lines, below the `license smart` block
    system: bool = True  # False in a user context: no licence, no call-home, no contexts


def config_of(spec: DeviceSpec, *, virtual: bool, prompt: tuple[str, ...]) -> Config:
    """Return the configuration that a device starts with."""
    licence = spec.license_config
    return Config(
        hostname=spec.hostname or spec.name,
        prompt=prompt,
        width=spec.terminal.width,
        pager=spec.terminal.pager_lines,
        transport=licence.transport,
        proxy=licence.proxy,
        url=licence.url,
        tier=licence.tier,
        throughput=licence.throughput if virtual else None,
        feature_contexts=licence.contexts,
        strong_encryption=licence.strong_encryption,
        privacy_hostname=licence.privacy_hostname,
        privacy_version=licence.privacy_version,
        anonymous=spec.call_home.reporting_anonymous,
        http_proxy=spec.call_home.http_proxy,
        license_address=spec.call_home.license_address,
        license_method="http" if spec.call_home.license_address else None,
        extra=tuple(spec.extra_config),
    )


def license_lines(config: Config, frame: Frame, *, everything: bool = False) -> list[str]:
    """Return the `license smart` block, as `show running-config [all] license` prints it."""
    if not frame.smart or not config.smart_block:
        return []
    lines = ["license smart"]
    if config.tier:
        lines.append(f" feature tier {config.tier}")
    if config.feature_contexts:
        lines.append(f" feature context {config.feature_contexts}")
    if config.strong_encryption:
        lines.append(" feature strong-encryption")
    if config.throughput and frame.virtual:
        lines.append(f" throughput level {config.throughput}")
    for name, is_set in (("hostname", config.privacy_hostname), ("version", config.privacy_version)):
        if is_set:
            lines.append(f" privacy {name}")
        elif everything:
            lines.append(f" no privacy {name}")
    if frame.accepts_transport:
        place = frame.transport_ahead_of
        at = next((n for n, line in enumerate(lines) if place and line.startswith(place)), len(lines))
        lines[at:at] = _transport_lines(config, frame, everything)
    return [*(lines if len(lines) > 1 else []), *frame.reservation]


def _transport_lines(config: Config, frame: Frame, everything: bool) -> list[str]:
    lines = []
    transport = config.transport or frame.default_transport
    if everything or frame.show_default_transport or transport != frame.default_transport:
        lines.append(f" transport type {transport}")
    if config.url:
        lines.append(f" transport url {config.url}")
    elif everything:
        lines.append(" transport url default")
    if config.proxy:
        at = 0 if frame.proxy_is_first else len(lines)
        lines.insert(at, f" transport proxy {config.proxy.host} port {config.proxy.port}")
    return lines


def call_home_lines(config: Config) -> list[str]:
    """Return the `call-home` block."""
    lines = []
    if config.anonymous is False:
        lines.append("no call-home reporting anonymous")
    elif config.anonymous:
        lines.append("call-home reporting anonymous")
    lines.append("call-home")
    if config.http_proxy:
        lines.append(f" http-proxy {config.http_proxy.host} port {config.http_proxy.port}")
    if config.license_address or config.license_method:
        lines.append(" profile License")
        if config.license_address:
            lines.append(f"  destination address http {config.license_address}")
        if config.license_method:
            lines.append(f"  destination transport-method {config.license_method}")
    lines += [
        " profile CiscoTAC-1",
        "  no active",
        f"  destination address http {TOOLS_URL}",
        "  destination address email callhome@cisco.com",
        "  destination transport-method http",
        "  subscribe-to-alert-group diagnostic",
        "  subscribe-to-alert-group environment",
        "  subscribe-to-alert-group inventory periodic monthly 1",
        "  subscribe-to-alert-group configuration periodic monthly 1",
        "  subscribe-to-alert-group telemetry periodic daily",
    ]
    return lines


def clock_lines(frame: Frame) -> list[str]:
    """Return `show running-config clock`: nothing for UTC."""
    if frame.zone == "UTC" and frame.zone_minutes == 0:
        return []
    hours, minutes = divmod(abs(frame.zone_minutes), 60)
    sign = "-" if frame.zone_minutes < 0 else ""
    return [f"clock timezone {frame.zone} {sign}{hours}" + (f" {minutes}" if minutes else "")]


def dns_lines() -> list[str]:
    """Return `show running-config dns`."""
    return [
        "dns domain-lookup inside",
        "dns server-group DefaultDNS",
        " name-server 192.0.2.53 inside",
        " domain-name example.net",
    ]


def render(config: Config, frame: Frame) -> list[str]:
    """Return the whole configuration, from `ASA Version` on, without header and checksum."""
    lines = [f"ASA Version {frame.version} ", "!", f"hostname {config.hostname}", "domain-name example.net"]
    lines += [f"enable password $sha512$5000${frame.secret[:24]}==${frame.secret[24:46]}== pbkdf2", "names"]
    if config.width != 80:
        lines.append(f"terminal width {config.width}")
    lines += ["no mac-address auto", "", "!"]
    for number, nameif, level in ((0, "outside", 0), (1, "inside", 100)):
        lines += [
            f"interface GigabitEthernet0/{number}",
            f" nameif {nameif}",
            f" security-level {level}",
            f" ip address 198.51.{100 + number}.1 255.255.255.0 standby 198.51.{100 + number}.2 ",
            "!",
        ]
    lines += ["ftp mode passive", *clock_lines(frame), *dns_lines(), f"pager lines {config.pager}"]
    lines += ["logging enable", "logging buffered informational"]
    if frame.failover_unit:
        lines += [
            "failover",
            f"failover lan unit {frame.failover_unit}",
            "failover lan interface FAILOVER GigabitEthernet0/2",
            "failover key *****",
            "failover interface ip FAILOVER 203.0.113.1 255.255.255.252 standby 203.0.113.2",
        ]
    lines += ["mtu outside 1500", "mtu inside 1500", "no asdm history enable", "arp timeout 14400"]
    lines += ["aaa authentication ssh console LOCAL ", "aaa authentication login-history"]
    lines += ["snmp-server community *****", *license_lines(config, frame)]
    lines += [
        "ssh stricthostkeycheck",
        "ssh timeout 60",
        "ssh version 2",
        "ssh 192.0.2.0 255.255.255.0 inside",
    ]
    lines += ["console timeout 0", "threat-detection basic-threat"]
    hashed = f"$sha512$5000${frame.secret[8:32]}==${frame.secret[32:54]}=="
    lines.append(f"username {frame.username} password {hashed} pbkdf2")
    lines += config.extra
    lines += ["!", "class-map inspection_default", " match default-inspection-traffic", "!"]
    lines += ["policy-map global_policy", " class inspection_default", "  inspect dns preset_dns_map "]
    lines += ["!", "service-policy global_policy global"]
    if frame.contexts:
        lines.append(f"admin-context {frame.admin_context}")
        for name in frame.contexts:
            lines += [f"context {name}", f"  config-url disk0:/{name}.cfg", "!"]
    lines.append(f"prompt {' '.join(config.prompt)} ")
    return [*lines, *call_home_lines(config)] if frame.system else lines
