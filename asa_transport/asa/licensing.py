"""The licence lines that this program may send, and nothing beside them.

Pure.  Whoever makes lines (a template, a plan file that was read) has them checked here,
so that neither a user's own template nor an edited file can send anything else.  Also
reads a `license smart` block: which type and which proxy its lines say, and which type is in
force where none does.

Source: Cisco ASA Upgrade Guide (defaults); Cisco TAC document 225967 (the lines; `no transport
proxy` is unproven, `proxy-taken-out`); host names: RFC 1123 §2.1.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Final

from asa_transport.asa.version import Train, try_parse
from asa_transport.model import Proxy, TransportType

HEAD: Final = "license smart"
# The block of Smart Call Home, which no change touches (CiscoDevNet/cisco-asav).
CALL_HOME: Final = "call-home"
NO_PROXY: Final = " no transport proxy"
# Whether a device prints it is unproven (`url-default-hidden`).
NO_URL: Final = " transport url default"
GRAMMAR: Final = (
    "'license smart' first and once, then one or more of ' transport type smart', "
    "' transport type callhome', ' transport proxy HOST port PORT', ' no transport proxy', each with one "
    "blank before it"
)
EXPECTED_HOST: Final = "a host name (RFC 1123) or an IPv4 or IPv6 address"
EXPECTED_PORT: Final = "a port from 1 to 65535"

_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST_NAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.ASCII)
_MAX_HOST_NAME: Final = 253
_TYPE: Final = re.compile(r" ?transport type (smart|callhome)")
_PROXY: Final = re.compile(r" ?transport proxy ([!-~]+) port ([1-9][0-9]{0,4})", re.ASCII)
# A name, an IPv4 or a bare IPv6 address; what else a line may hold is not a proxy we know.
_SHOWN_HOST: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,252}")
_SHOWN_PORT: Final = re.compile(r"[0-9]{1,5}")
_TRANSPORT: Final = re.compile(r"\s*(?:no )?transport\b")
_URL: Final = re.compile(r" ?transport url [!-~]+")
_SMART_FROM: Final = Train(9, 22)


def default_transport(text: str | None) -> TransportType | None:
    """Return the transport of a release that shows none: smart from train 9.22 on (ASA Upgrade Guide).

    `None` where the text names no release, and for an internal build, whose default is not known.
    """
    release = try_parse(text or "")
    if release is None or release.is_internal:
        return None
    return TransportType.SMART if release.train >= _SMART_FROM else TransportType.CALLHOME


def default_on(
    block: Sequence[str] | None, in_force: TransportType | None, of_release: TransportType | None
) -> TransportType | None:
    """Return the transport of this device without a `transport type` line; `None` where nobody knows.

    What the device shows is believed before the release's rule: the type in force,
    where its running block has no line for it.

    Args:
        block: Its running block; `None` where it was not read.
        in_force: As it was read.
        of_release: As `default_transport`.
    """
    is_shown = block is None or any(type_of(line) is not None for line in block)
    return of_release if is_shown else in_force


def is_host(text: str) -> bool:
    """Return whether the text is a host name, an IPv4 or an IPv6 address; no zone, no brackets."""
    try:
        return "%" not in text and bool(ipaddress.ip_address(text))
    except ValueError:
        # A name whose last label is digits is a mistyped address (RFC 1123 §2.1).
        last = text.rstrip(".").rpartition(".")[2]
        return len(text) <= _MAX_HOST_NAME and bool(_HOST_NAME.fullmatch(text)) and not last.isdigit()


def is_port(port: object) -> bool:
    """Return whether this is a whole number from 1 to 65535."""
    return type(port) is int and 1 <= port <= 65535


def type_line(kind: TransportType) -> str:
    """Return the line of a block that says a type."""
    return f" transport type {kind.value}"


def is_transport_line(line: str) -> bool:
    """Return whether a block's line is about the transport, in whatever form."""
    return _TRANSPORT.match(line) is not None


def type_named(word: str) -> TransportType | None:
    """Return the type that a configuration calls so."""
    return next((kind for kind in TransportType if kind.value == word), None)


def type_of(line: str) -> TransportType | None:
    """Return the type that a block's line says, or `None` where it is another line."""
    match = _TYPE.fullmatch(line.rstrip())
    return TransportType(match[1]) if match else None


def proxy_of(line: str) -> Proxy | None:
    """Return the proxy that a block's line says; `None` for another line, or a proxy we would not send."""
    match = _PROXY.fullmatch(line.rstrip())
    if match is None or not is_host(match[1]) or not is_port(int(match[2])):
        return None
    return Proxy(host=match[1], port=int(match[2]))


def proxy_at(host: str, port: str) -> Proxy | None:
    """Return the proxy that a device has there, `None` where it is none that we know.

    Wider than what is sent: a firewall may have been given a name with `_`, or a port with a
    nought ahead of it, and whoever plans is told which proxy that is.
    """
    is_known = _SHOWN_HOST.fullmatch(host) is not None or is_host(host)
    if not is_known or not _SHOWN_PORT.fullmatch(port) or not is_port(int(port)):
        return None
    return Proxy(host=host, port=int(port))


def shown_proxy(text: str) -> Proxy | None:
    """Return the proxy of `HOST port PORT`, in either block, as `proxy_at`; `None` for another text."""
    host, found, port = text.partition(" port ")
    return proxy_at(host, port) if found else None


def is_sub_line(line: str) -> bool:
    """Return whether this line, exactly so, may be sent inside `license smart`."""
    if not line.startswith(" ") or line != line.rstrip():
        return False
    return line == NO_PROXY or type_of(line) is not None or proxy_of(line) is not None


def is_change_line(line: str) -> bool:
    """Return whether this line, exactly so, may be part of a change: `license smart`, or one inside it."""
    return line == HEAD or is_sub_line(line)


def first_stranger(lines: Sequence[str]) -> str | None:
    """Return the first line that may not be sent where it stands; `None` where all may.

    Missing lines are a stranger too: ``""``.
    """
    if not lines or lines[0] != HEAD:
        return lines[0] if lines else ""
    if len(lines) < 2:
        return ""
    return next((line for line in lines[1:] if not is_sub_line(line)), None)


def unrestorable(block: Sequence[str]) -> str | None:
    """Return the first transport line of an observed block that could not be written back as it is.

    That is one of another form, with a proxy that we would not send, or said twice.
    """
    seen: set[str] = set()
    for line in block:
        if not _TRANSPORT.match(line):
            continue
        kind = (
            "type" if type_of(line) else "proxy" if proxy_of(line) or line.strip() == NO_PROXY.strip() else ""
        )
        if not kind and _URL.fullmatch(line.rstrip()):
            kind = "url"
        if not kind or kind in seen:
            return line
        seen.add(kind)
    return None
