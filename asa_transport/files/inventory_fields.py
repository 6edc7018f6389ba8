"""Read the settings that defaults, groups and devices share, and merge them.

Pure.  Every value is checked where it stands, even in a group that no device
uses.  A value that is present but wrong stays present as `Sourced(value=None)`,
so that one mistake is reported once and not again as "missing".

Which keys there are, and what they mean, stands with the fields of `Device`; how a value of such a type is
read, and its place in the schema, here.

Source: docs/schemas/inventory.json; host names: RFC 1123 §2.1.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import NoneType
from typing import Any, Final, Generic, TypeAlias, TypeVar, get_args, get_type_hints

from asa_transport.files.checker import Checker, is_name, quoted
from asa_transport.files.schema_parts import FLAG, NAME_PATTERN
from asa_transport.files.yamltext import Entry, Mark, Node, Scalar
from asa_transport.files.yamltext import Mapping as YamlMapping
from asa_transport.model import Device, Expectation, ExpectedProxy, Proxy, ProxyPolicy, jump_host
from asa_transport.model.fields import InventoryKey, TextKind, inventory_keys

T = TypeVar("T")

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
_PROXY: Final = "expect.proxy"
_PROXY_HOST: Final = "expect.proxy.host"
_PROXY_PORT: Final = "expect.proxy.port"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced(Generic[T]):
    """A value, its place and the part of the file it came from; `value` is `None` where it was wrong."""

    value: T | None
    mark: Mark
    origin: str


# A key below the one that is read, with a dot before it, or nothing; its place, and its value.
Found: TypeAlias = tuple[str, Node, Any]


def define(names: Collection[str]) -> str:
    """Return what to do about a name that is not defined."""
    known = ", ".join(sorted(names)[:_MOST_NAMES])
    return f"define it there, or use one of: {known}" if known else "define it there"


# What one part of the file says, by dotted key; what it says nothing of is not here.
Settings: TypeAlias = Mapping[str, Sourced[Any]]


def merged(low: Settings, high: Settings) -> Settings:
    """Return `high` over `low`, key by key.

    Lists unite, lower first.  A proxy's host and port merge; a word (`none`, `any`) replaces a map and a map
    replaces a word.
    """
    result = {**low, **high}
    if _PROXY in high:
        result.pop(_PROXY_HOST, None)
        result.pop(_PROXY_PORT, None)
    elif _PROXY_HOST in high or _PROXY_PORT in high:
        result.pop(_PROXY, None)
    for key in _UNITED:
        if key in low and key in high:
            one, other = low[key], high[key]
            both = tuple(dict.fromkeys((one.value or ()) + (other.value or ())))
            result[key] = Sourced(value=both, mark=other.mark, origin=f"{one.origin}, {other.origin}")
    return result


def expectation(settings: Settings, checker: Checker, what: str) -> Expectation | None:
    """Return the merged expectation, or `None` after noting why there is none."""
    host, port = settings.get(_PROXY_HOST), settings.get(_PROXY_PORT)
    proxy: ExpectedProxy | None = None
    if _PROXY in settings:
        proxy = settings[_PROXY].value
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
    transport = settings["expect.transport"].value
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
        found: dict[str, Sourced[Any]] = {}
        for name, entry in entries.items():
            if name in SHARED:
                for key, node, value in SHARED[name].form.read(self, entry.value, f"{what}: {name}"):
                    found[name + key] = Sourced(value=value, mark=node.mark, origin=origin)
        return found

    def section(self, keys: Mapping[str, Key], node: Node, what: str) -> Iterator[Found]:
        """Yield what a map of these keys says."""
        mapping = self._checker.mapping(node, what)
        for name, entry in self._checker.fields(mapping, keys, what).items() if mapping else ():
            for key, inner, value in keys[name].form.read(self, entry.value, f"{what}.{name}"):
                yield f".{name}{key}", inner, value

    def text(self, node: Node, what: str) -> str | None:
        """Return any text."""
        return self._checker.text(node, what)

    def name(self, node: Node, what: str) -> str | None:
        """Return a name."""
        return self._checker.name(node, what)

    def names(self, node: Node, what: str) -> tuple[str, ...] | None:
        """Return names, none of them twice."""
        items = self._checker.each(node, what, self._checker.name)
        return None if items is None else tuple(item.text for item in items)

    def word(self, words: Mapping[str, Any], node: Node, what: str) -> Any:
        """Return what one of the words means."""
        word = self._checker.choice(node, what, tuple(words))
        return None if word is None else words[word]

    def port(self, node: Node, what: str) -> int | None:
        """Return a TCP port."""
        return self._checker.number(node, what, low=1, high=65535)

    def dialled(self, node: Node, what: str) -> str | None:
        """Return an address or a name that we dial: any name will do that the DNS serves."""
        return self.host(node, what, is_dialled=True)

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

    def credential(self, node: Node, what: str) -> str | None:
        """Return the name of a credential that the file defines."""
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

    def jump(self, node: Node, what: str) -> str | None:
        """Return a jump host, as `jump_host` reads it."""
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

    def key_credential(self, node: Node, what: str) -> str | None:
        """Return the name of a credential that logs in by a key."""
        text = self.credential(node, what)
        if text is not None and text not in self._by_key:
            self._checker.add(
                node,
                f"{what}: {quoted(text)} has no key; a jump host is logged in to by a key, never a password",
            )
            return None
        return text

    def data(self, node: Node, what: str) -> Iterator[Found]:
        """Yield the texts of free keys."""
        mapping = self._checker.mapping(node, what)
        for entry in mapping.entries if mapping else ():
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
                yield f".{key}", entry.value, self._checker.text(entry.value, f"{what}.{key}")

    def proxy(self, node: Node, what: str) -> Iterator[Found]:
        """Yield a word, or the host and the port of a map."""
        if isinstance(node, YamlMapping) and node.entries:
            yield from self.section(_PROXY_KEYS, node, what)
        elif isinstance(node, Scalar) and node.text in list(ProxyPolicy):
            yield "", node, ProxyPolicy(node.text)
        else:
            # Not shown: a proxy given as a URL may hold a password.
            self._checker.add(node, f"{what}: expected none, any, or a map {{host: NAME, port: NUMBER}}")
            yield "", node, None


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


# --------------------------------------------------------------------------- which keys there are


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a value is written.

    Attributes:
        read: Yields what it says.
        schema: Of it in the file's JSON Schema.
    """

    read: Callable[[SettingsReader, Node, str], Iterable[Found]]
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of the file: what it means, and how its value is written."""

    about: InventoryKey
    form: Form


def ref(name: str) -> dict[str, Any]:
    """Return what refers to one of the schema's definitions."""
    return {"$ref": f"#/$defs/{name}"}


def properties(keys: Mapping[str, Key]) -> dict[str, Any]:
    """Return the schema of these keys."""
    return {
        name: {**({"description": key.about.text} if key.about.text else {}), **key.form.schema}
        for name, key in keys.items()
    }


def _one(
    read: Callable[[SettingsReader, Node, str], Any], schema: Mapping[str, Any], none: str | None = None
) -> Form:
    """Return the form of a single value; ``none`` is a word that stands for itself."""

    def found(reader: SettingsReader, node: Node, what: str) -> tuple[Found]:
        is_none = none is not None and isinstance(node, Scalar) and node.text == none
        return (("", node, none if is_none else read(reader, node, what)),)

    return Form(read=found, schema=schema)


def _words(words: Mapping[str, Any], schema: Mapping[str, Any] | None = None) -> Form:
    return _one(lambda reader, *at: reader.word(words, *at), schema or {"enum": list(words)})


def section(kind: type[Any]) -> Form:
    """Return the form of a map whose keys are the fields of a class."""
    keys = _keys_of(kind)
    schema = {"type": "object", "additionalProperties": False, "properties": properties(keys)}
    return Form(read=lambda reader, *at: reader.section(keys, *at), schema=schema)


_TEXTS: Final[Mapping[TextKind, Form]] = {
    TextKind.NAME: _one(SettingsReader.name, ref("name")),
    TextKind.TEXT: _one(SettingsReader.text, ref("text")),
    TextKind.DIALLED: _one(SettingsReader.dialled, ref("dialled")),
    TextKind.HOST: _one(SettingsReader.host, ref("host")),
    TextKind.CREDENTIAL: _one(SettingsReader.credential, ref("name")),
    TextKind.KEY_CREDENTIAL: _one(SettingsReader.key_credential, ref("name"), NO_JUMP),
    TextKind.JUMP: _one(SettingsReader.jump, {"type": "string", "pattern": r"^[A-Za-z0-9_\[][^\s,]*$"}),
}
_NAMES: Final = _one(SettingsReader.names, ref("names"))
_TYPES: Final[Mapping[Any, Form]] = {
    bool: _words({"true": True, "false": False}, FLAG),
    int: _one(SettingsReader.port, ref("port")),
    Path: _one(SettingsReader.path, ref("text")),
    tuple[str, ...]: _NAMES,
    Mapping[str, str]: Form(
        read=SettingsReader.data,
        schema={
            "type": "object",
            "propertyNames": {"pattern": NAME_PATTERN},
            "additionalProperties": ref("datum"),
        },
    ),
    ExpectedProxy: Form(read=SettingsReader.proxy, schema=ref("proxy")),
}


def _form(hint: Any, about: InventoryKey) -> Form:
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    kind = kinds[0] if len(kinds) == 1 else hint
    if kind is str:
        return _TEXTS[about.kind]
    if kind in _TYPES:
        return _TYPES[kind]
    return _words({one.value: one for one in kind}) if issubclass(kind, StrEnum) else section(kind)


def _keys_of(kind: type[Any]) -> Mapping[str, Key]:
    """Return the keys that are the fields of a class."""
    hints, said = get_type_hints(kind), inventory_keys(kind)
    names = list(said)
    for name, about in said.items():
        if about.behind:
            names.remove(name)
            names.insert(names.index(about.behind) + 1, name)
    return {name: Key(about=said[name], form=_form(hints[name], said[name])) for name in names}


_PROXY_KEYS: Final = _keys_of(Proxy)
# Those of a device alone, and those that groups and the defaults have too.
OWN: Final = {name: key for name, key in _keys_of(Device).items() if key.about.is_own}
SHARED: Final = {name: key for name, key in _keys_of(Device).items() if not key.about.is_own}
SHARED_KEYS: Final = tuple(SHARED)
_UNITED: Final = tuple(name for name, key in SHARED.items() if key.form is _NAMES)
