"""Compare licensing URLs as addresses, and say which server a URL leads to.

Pure; cannot fail: a text that is no URL leads nowhere.  Spellings do not count: the case
of scheme and host, a final dot, the port that the scheme has anyway, an IPv6 address in
another form (`model.host_identity`).  Nobody is asked what a name stands for.

Source: Cisco TAC document 225967 and CiscoDevNet/cisco-asav (Cisco's two servers); RFC 3986.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from asa_transport.model import Proxy, host_identity

SMART_SERVER: Final = Proxy(host="smartreceiver.cisco.com", port=443)
CALLHOME_SERVER: Final = Proxy(host="tools.cisco.com", port=443)
_URL: Final = re.compile(r"https?://[!-~]{1,500}", re.IGNORECASE)
_PORTS: Final = {"https": 443, "http": 80}
# How an On-Prem server's address ends (unproven: `onprem-address`).
_ONPREM_PATHS: Final = ("/SmartTransport", "/Transportgateway/services/DeviceRequestHandler")
_CISCO: Final = frozenset(host_identity(one.host) for one in (SMART_SERVER, CALLHOME_SERVER))


class _Place(NamedTuple):
    """What two spellings of one URL have in common."""

    scheme: str
    server: Proxy
    user: str
    rest: str


def server_of(url: str | None) -> Proxy | None:
    """Return host and port that a URL leads to; `None` where it is no URL of a server."""
    place = _place(url or "")
    return None if place is None else place.server


def protocol_of(url: str) -> str:
    """Return what a firewall upstream must permit for a URL; HTTPS for a text that is none."""
    place = _place(url)
    return "HTTP" if place is not None and place.scheme == "http" else "HTTPS"


def is_same_url(one: str, other: str) -> bool:
    """Return whether two URLs are spellings of one; texts that are no URL must be equal."""
    places = _place(one), _place(other)
    return one == other if None in places else places[0] == places[1]


def is_cisco_url(url: str) -> bool:
    """Return whether a transport URL leads to Cisco's own licence authority, over TLS."""
    place = _place(url)
    return place is not None and place.scheme == "https" and not place.user and _is_cisco(place.server, 443)


def is_cisco_callhome(url: str) -> bool:
    """Return whether the address of `call-home` is the one that every callhome device has anyway."""
    place = _place(url)
    if place is None or place.user or host_identity(place.server.host) != host_identity(CALLHOME_SERVER.host):
        return False
    return place.server.port in _PORTS.values()


def is_onprem_path(url: str) -> bool:
    """Return whether a URL has one of the paths that an On-Prem server is told to have."""
    place = _place(url)
    path = "" if place is None else place.rest.partition("?")[0].rstrip("/").lower()
    return path in map(str.lower, _ONPREM_PATHS)


def _is_cisco(server: Proxy, port: int) -> bool:
    return host_identity(server.host) in _CISCO and server.port == port


def _place(url: str) -> _Place | None:
    if not _URL.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    # A port or a bracket that is none.
    except ValueError:
        return None
    if not host or port == 0:
        return None
    server = Proxy(host=host, port=port or _PORTS[parts.scheme.lower()])
    return _Place(scheme=parts.scheme.lower(), server=server, user=_user(parts), rest=_rest(parts))


def _user(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[0]


def _rest(parts: SplitResult) -> str:
    return f"{parts.path or '/'}?{parts.query}#{parts.fragment}"
