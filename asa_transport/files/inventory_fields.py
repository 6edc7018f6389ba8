"""Read the settings that defaults, groups and devices share, and merge them.

Pure.  Every value is checked where it stands, even in a group that no device
uses.  A value that is present but wrong stays present as `Sourced(value=None)`,
so that one mistake is reported once and not again as "missing".

Source: docs/schemas/inventory.json; host names: RFC 1123 §2.1.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final, Generic, TypeVar

from asa_transport.files.checker import Checker, is_name, quoted
from asa_transport.files.yamltext import Entry, Mark, Node, Scalar
from asa_transport.files.yamltext import Mapping as YamlMapping
from asa_transport.model import (
    Expectation,
    ExpectedProxy,
    ExpectedTransport,
    Proxy,
    ProxyPolicy,
    SshPolicy,
    jump_host,
)

T = TypeVar("T")

SHARED_KEYS: Final = (
    "port",
    "username",
    "credential",
    "known_hosts",
    "region",
    "expect",
    "jump",
    "jump_credential",
    "ssh",
    "tags",
    "data",
    "enabled",
)
# As in OpenSSH's `ProxyJump none`: how a device leaves the jump host of its group.
NO_JUMP: Final = "none"

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# Names that the DNS serves may have `_` too (RFC 2181 §11): we dial them, and send none to a firewall.
_DNS_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_DNS_NAME = re.compile(rf"{_DNS_LABEL}(?:\.{_DNS_LABEL})*")
_MAX_HOST_NAME = 253
_HOST_MISTAKES = (
    (re.compile(r"\["), "is in brackets; write an IPv6 address without them"),
    (re.compile(r".*@"), "is not a host; put the user name under username"),
    (re.compile(r".*://"), "is a URL; write the host alone"),
    (re.compile(r"[^:]+:[0-9]+$"), "holds a port; put it under port"),
)
_NO_HOST = (
    "is not a host; expected an IPv4 or IPv6 address, or a name of letters, digits, '-' and '.', "
    "without a port"
)
# A key of `data` that another program would keep a secret under.
_SECRET_KEY: Final = re.compile(
    r"(^|[._-])(pass|passwd|password|passphrase|pwd|secret|token|api[._-]?key|private[._-]?key|enable|community)"
    r"s?($|[._-])",
    re.IGNORECASE,
)
WRITTEN_OUT: Final = "; a secret never stands in this file: name its source under credentials"
# What a message line still holds.
_MOST_NAMES: Final = 20
_ZONE = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced(Generic[T]):
    """A value, its place and the part of the file it came from; `value` is `None` where it was wrong."""

    value: T | None
    mark: Mark
    origin: str


def define(names: Collection[str]) -> str:
    """Return what to do about a name that is not defined."""
    known = ", ".join(sorted(names)[:_MOST_NAMES])
    return f"define it there, or use one of: {known}" if known else "define it there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one part of the file says; `None` where it says nothing."""

    port: Sourced[int] | None = None
    username: Sourced[str] | None = None
    credential: Sourced[str] | None = None
    known_hosts: Sourced[Path] | None = None
    region: Sourced[str] | None = None
    jump: Sourced[str] | None = None
    jump_credential: Sourced[str] | None = None
    ssh: Sourced[SshPolicy] | None = None
    tags: Sourced[tuple[str, ...]] | None = None
    transport: Sourced[ExpectedTransport] | None = None
    proxy: Sourced[ProxyPolicy] | None = None
    proxy_host: Sourced[str] | None = None
    proxy_port: Sourced[int] | None = None
    data: Mapping[str, Sourced[str]] | None = None
    enabled: Sourced[bool] | None = None


_NAMES: Final = tuple(field.name for field in fields(Settings))
_ORIGINATED: Final = tuple(name for name in _NAMES if name != "data")
_DOTTED: Final = {
    "transport": "expect.transport",
    "proxy": "expect.proxy",
    "proxy_host": "expect.proxy.host",
    "proxy_port": "expect.proxy.port",
}


def merged(low: Settings, high: Settings) -> Settings:
    """Return `high` over `low`, key by key.

    Tags unite, lower first; data merge key by key.  A proxy's host and port merge; a word (`none`, `any`)
    replaces a map and a map replaces a word.
    """
    result = replace(low, **{name: value for name in _NAMES if (value := getattr(high, name)) is not None})
    if high.proxy is not None:
        result = replace(result, proxy_host=None, proxy_port=None)
    elif high.proxy_host is not None or high.proxy_port is not None:
        result = replace(result, proxy=None)
    if low.tags is not None and high.tags is not None:
        both = tuple(dict.fromkeys((low.tags.value or ()) + (high.tags.value or ())))
        origin = f"{low.tags.origin}, {high.tags.origin}"
        result = replace(result, tags=Sourced(value=both, mark=high.tags.mark, origin=origin))
    if low.data is not None and high.data is not None:
        result = replace(result, data={**low.data, **high.data})
    return result


def origins(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield each key that is set, dotted, with the place whose value won."""
    for key, one in (settings.data or {}).items():
        yield f"data.{key}", one.origin
    for name in _ORIGINATED:
        value: Sourced[object] | None = getattr(settings, name)
        if value is not None:
            yield _DOTTED.get(name, name), value.origin


def expectation(settings: Settings, checker: Checker, what: str) -> Expectation | None:
    """Return the merged expectation, or `None` after noting why there is none."""
    host, port = settings.proxy_host, settings.proxy_port
    proxy: ExpectedProxy | None = None
    if settings.proxy is not None:
        proxy = settings.proxy.value
    elif host is not None and port is not None:
        if host.value is not None and port.value is not None:
            proxy = Proxy(host=host.value, port=port.value)
    elif (only := host or port) is not None:
        missing = "port" if host is not None else "host"
        # Said once of a group, not once of each device in it.
        where = what if only.origin == "device" else only.origin
        checker.add(
            only.mark, f"{where}: expect.proxy has no {missing}, and nothing below it gives one; add it"
        )
    transport = None if settings.transport is None else settings.transport.value
    return None if proxy is None or transport is None else Expectation(transport=transport, proxy=proxy)


class SettingsReader:
    """Reads the shared settings of any part of the file.

    Args:
        checker: Takes the problems.
        credentials: Names that the file defines.
        by_key: Those of them that log in by a key.
        resolve_path: Makes a path absolute; raises ValueError with a reason that can be shown.
    """

    def __init__(
        self,
        checker: Checker,
        credentials: Collection[str],
        resolve_path: Callable[[str], Path],
        by_key: Collection[str] = (),
    ) -> None:
        self._checker = checker
        self._credentials = credentials
        self._by_key = by_key
        self._resolve_path = resolve_path

    def read(self, entries: Mapping[str, Entry], what: str, origin: str) -> Settings:
        """Return the settings among the entries; other keys are left to the caller."""
        checker = self._checker

        def sourced(key: str, read: Callable[[Node, str], T | None]) -> Sourced[T] | None:
            if (entry := entries.get(key)) is None:
                return None
            value = read(entry.value, f"{what}: {key}")
            return Sourced(value=value, mark=entry.value.mark, origin=origin)

        settings = Settings(
            port=sourced("port", self.port),
            username=sourced("username", checker.text),
            credential=sourced("credential", self._credential),
            known_hosts=sourced("known_hosts", self.path),
            region=sourced("region", checker.name),
            jump=sourced("jump", self._jump),
            jump_credential=sourced("jump_credential", self._jump_credential),
            ssh=sourced("ssh", self._ssh),
            tags=sourced("tags", self._tags),
            enabled=sourced("enabled", self._flag),
            data=self._data(entries["data"].value, f"{what}: data", origin) if "data" in entries else None,
        )
        if (expect := entries.get("expect")) is not None:
            return self._expect(settings, expect.value, f"{what}: expect", origin)
        return settings

    def port(self, node: Node, what: str) -> int | None:
        """Return a TCP port."""
        return self._checker.number(node, what, low=1, high=65535)

    def host(self, node: Node, what: str, *, is_dialled: bool = False) -> str | None:
        """Return an IPv4 address, an IPv6 address without brackets, or a name.

        Args:
            is_dialled: By us, so that any name will do that the DNS serves; a name that a firewall is
                given is one of RFC 1123.
        """
        text = self._checker.text(node, what)
        if text is None or (is_dialled and _is_served(text)):
            return text
        reason = why_no_host(text)
        if reason is not None:
            # `user:password@host` is a habit from URLs; such a text is never shown.
            shown = "a text with '@'" if "@" in text else quoted(text)
            self._checker.add(node, f"{what}: {shown} {reason}")
            return None
        return text

    def _credential(self, node: Node, what: str) -> str | None:
        text = self._checker.name(node, what)
        if text is not None and text not in self._credentials:
            self._checker.add(
                node,
                f"{what}: {quoted(text)} is not defined in credentials"
                f"{self._checker.nearest(text, self._credentials)}; {define(self._credentials)}",
            )
            return None
        return text

    def path(self, node: Node, what: str) -> Path | None:
        """Return a path made absolute."""
        text = self._checker.text(node, what)
        if text is None:
            return None
        try:
            return self._resolve_path(text)
        except ValueError as error:
            self._checker.add(node, f"{what}: {quoted(text)}: {error}")
            return None

    def _jump(self, node: Node, what: str) -> str | None:
        text = self._checker.text(node, what)
        if text is None:
            return None
        if jump_host(text) is None:
            shown = "a text with '@'" if "@" in text else quoted(text)
            self._checker.add(
                node,
                f"{what}: {shown}; expected one Host of ~/.ssh/config, user@host:port, or {NO_JUMP}; "
                "a password never stands here",
            )
            return None
        return text

    def _jump_credential(self, node: Node, what: str) -> str | None:
        if isinstance(node, Scalar) and node.text == NO_JUMP:
            return NO_JUMP
        text = self._credential(node, what)
        if text is not None and text not in self._by_key:
            self._checker.add(
                node,
                f"{what}: {quoted(text)} has no key; a jump host is logged in to by a key, never a password",
            )
            return None
        return text

    def _ssh(self, node: Node, what: str) -> SshPolicy | None:
        word = self._checker.choice(node, what, [policy.value for policy in SshPolicy])
        return None if word is None else SshPolicy(word)

    def _flag(self, node: Node, what: str) -> bool | None:
        word = self._checker.choice(node, what, ("true", "false"))
        return None if word is None else word == "true"

    def _tags(self, node: Node, what: str) -> tuple[str, ...] | None:
        items = self._checker.each(node, what, self._checker.name)
        return None if items is None else tuple(item.text for item in items)

    def _data(self, node: Node, what: str, origin: str) -> Mapping[str, Sourced[str]] | None:
        mapping = self._checker.mapping(node, what)
        if mapping is None:
            return None
        found = {}
        for entry in mapping.entries:
            key = entry.key.text
            if not is_name(key):
                self._checker.say(entry.key, f"{what}: key", "name")
            elif _SECRET_KEY.search(key):
                self._checker.add(
                    entry.key,
                    f"{what}: {quoted(key)} reads like a secret, and data are shown in every report"
                    f"{WRITTEN_OUT}",
                )
            else:
                text = self._checker.text(entry.value, f"{what}.{key}")
                found[key] = Sourced(value=text, mark=entry.value.mark, origin=origin)
        return found

    def _expect(self, settings: Settings, node: Node, what: str, origin: str) -> Settings:
        mapping = self._checker.mapping(node, what)
        if mapping is None:
            return settings
        found = self._checker.fields(mapping, ("transport", "proxy"), what)
        if (entry := found.get("transport")) is not None:
            word = self._checker.choice(
                entry.value, f"{what}.transport", [t.value for t in ExpectedTransport]
            )
            value = None if word is None else ExpectedTransport(word)
            settings = replace(settings, transport=Sourced(value=value, mark=entry.value.mark, origin=origin))
        if (entry := found.get("proxy")) is not None:
            settings = self._proxy(settings, entry.value, f"{what}.proxy", origin)
        return settings

    def _proxy(self, settings: Settings, node: Node, what: str, origin: str) -> Settings:
        words = [policy.value for policy in ProxyPolicy]
        if isinstance(node, YamlMapping) and node.entries:
            found = self._checker.fields(node, ("host", "port"), what)
            if (entry := found.get("host")) is not None:
                host = self.host(entry.value, f"{what}.host")
                settings = replace(
                    settings, proxy_host=Sourced(value=host, mark=entry.value.mark, origin=origin)
                )
            if (entry := found.get("port")) is not None:
                port = self.port(entry.value, f"{what}.port")
                settings = replace(
                    settings, proxy_port=Sourced(value=port, mark=entry.value.mark, origin=origin)
                )
            return settings
        policy = None
        if isinstance(node, Scalar) and node.text in words:
            policy = ProxyPolicy(node.text)
        else:
            # Not shown: a proxy given as a URL may hold a password.
            self._checker.add(node, f"{what}: expected none, any, or a map {{host: NAME, port: NUMBER}}")
        return replace(settings, proxy=Sourced(value=policy, mark=node.mark, origin=origin))


def _is_served(text: str) -> bool:
    """Return whether the DNS may serve this name, and no resolver takes it for an address."""
    is_name = _DNS_NAME.fullmatch(text) and not text.rpartition(".")[2].isdigit()
    return bool(is_name) and len(text) <= _MAX_HOST_NAME


def why_no_host(text: str) -> str | None:
    """Return why the text is neither an address nor an RFC 1123 name, or `None` where it is one."""
    for pattern, reason in _HOST_MISTAKES:
        if pattern.match(text):
            return reason
    address, percent, zone = text.partition("%")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        # A name whose last label is digits is a mistyped address (RFC 1123 §2.1).
        is_host = _HOST_NAME.fullmatch(text) and not text.rpartition(".")[2].isdigit()
        return None if is_host and len(text) <= _MAX_HOST_NAME else _NO_HOST
    if parsed.is_unspecified or parsed.is_multicast:
        return "is not the address of one device"
    if percent and (parsed.version == 4 or not _ZONE.fullmatch(zone)):
        return "has a bad zone after '%'"
    return None
