"""What the inventory expects of a device's licensing: its transport, and its proxy.

Pure.

Source: docs/schemas/inventory.json.
"""

from __future__ import annotations

import enum
import ipaddress
from dataclasses import dataclass, field
from typing import TypeAlias

from asa_transport.model.fields import TextKind, of_inventory


def host_identity(host: str) -> str:
    """Return a form in which the spellings of one host are equal.

    That is a canonical address (an IPv4 address written as IPv6, ``::ffff:192.0.2.1``, is the IPv4
    address), or a name in lower case without its final dot.  Nobody is asked what a name stands for.
    """
    address, percent, zone = host.partition("%")
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return host.removesuffix(".").lower()
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return found.compressed + percent + zone


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proxy:
    """A licensing proxy as `transport proxy HOST port PORT` names it; spellings of one are equal."""

    host: str = field(metadata=of_inventory("", kind=TextKind.HOST))
    port: int = field(metadata=of_inventory(""))

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Proxy):
            return NotImplemented
        return (host_identity(self.host), self.port) == (host_identity(other.host), other.port)

    def __hash__(self) -> int:
        return hash((host_identity(self.host), self.port))


class ProxyPolicy(enum.StrEnum):
    """What the inventory may say of a proxy instead of naming one."""

    NONE = "none"
    ANY = "any"


ExpectedProxy: TypeAlias = ProxyPolicy | Proxy


class ExpectedTransport(enum.StrEnum):
    """What the inventory says a device's licensing transport should be."""

    SMART = "smart"
    CALLHOME = "callhome"
    ONPREM = "onprem"
    RESERVED = "reserved"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What the inventory expects of a device's licensing transport and proxy."""

    transport: ExpectedTransport = field(
        default=ExpectedTransport.SMART, metadata=of_inventory("The licensing transport.")
    )
    proxy: ExpectedProxy = field(
        default=ProxyPolicy.NONE, metadata=of_inventory("none, any, or the proxy itself.")
    )
