"""Read `notify.yaml`: the channels that are told of a run, key by key; and its JSON Schema.

    channels:
      on-call:
        kind: webhook
        url: {env: ASA_TRANSPORT_WEBHOOK_URL}
        key: {file: webhook.key}

Guarantees every problem of the file at once, with its line and column.  Obtains no secret and
contacts nothing.  A URL is a secret, because most of them carry a token: like a password it has
a source, and a text in its place is never shown.  What two keys say together (a login without
TLS) only the loader finds, not the schema.

Source: docs/schemas/notify.json, which is made of it; JSON Schema draft 2020-12.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from asa_transport.errors import NotifyError
from asa_transport.files import inventory_schema, other_files, yamltext
from asa_transport.files.checker import Checker, quoted, why_unreadable
from asa_transport.files.fields import SECONDS, boolean, span
from asa_transport.files.inventory_fields import SettingsReader
from asa_transport.files.regular_file import read_plain
from asa_transport.files.schema_parts import NAME_PATTERN
from asa_transport.files.secret_sources import SecretsReader
from asa_transport.files.yamltext import Entry, Node, Scalar
from asa_transport.files.yamltext import Mapping as YamlMapping
from asa_transport.model import (
    AppriseChannel,
    Channel,
    Delivery,
    EmailChannel,
    Interest,
    MailTls,
    Problem,
    SecretSource,
    Severity,
    WebhookChannel,
)


def load(path: Path) -> tuple[Channel, ...]:
    """Return the channels in file order; relative paths start from the file's directory.

    Raises:
        NotifyError: Holds every problem, in file order.
    """

    def resolved(text: str) -> Path:
        try:
            return path.absolute().parent / Path(text).expanduser()
        except RuntimeError:
            raise ValueError("there is no such home directory; write the path out") from None

    try:
        document = yamltext.parse(read_plain(path, yamltext.MAX_BYTES + 1), file=str(path))
    except (OSError, ValueError) as error:
        raise NotifyError((Problem(file=str(path), message=why_unreadable(error)),)) from error
    checker = Checker(str(path), document.problems)
    channels = () if document.root is None else ChannelsReader(checker, resolved).read(document.root)
    if checker.problems:
        raise NotifyError(checker.problems)
    return channels


KINDS: Final = ("webhook", "email", "apprise")
MAX_ATTEMPTS: Final = 10
MAX_TIMEOUT_S: Final = 60.0
MAX_LIMIT_S: Final = 3600.0
_EVERY: Final = ("kind", "always", "severity", "region", "limit")
_NETWORK: Final = ("attempts", "timeout", "ca_file")
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "webhook": (*_EVERY, "url", "key", *_NETWORK),
    "email": (*_EVERY, "host", "port", "tls", "username", "password", "from", "to", *_NETWORK),
    "apprise": (*_EVERY, "url"),
}
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "webhook": ("url",),
    "email": ("host", "from", "to"),
    "apprise": ("url",),
}
# A mailbox without quotes, comments or a display name: what must not be misread in a header.
ADDRESS: Final = r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(ADDRESS)


@dataclass(frozen=True, slots=True)
class _Common:
    """What every kind of channel has."""

    interest: Interest
    delivery: Delivery

    @property
    def fields(self) -> Mapping[str, Any]:
        return {"interest": self.interest, "delivery": self.delivery}


class ChannelsReader:
    """Reads the file's tree; what is wrong is in the checker.

    Args:
        resolve_path: Makes a path absolute; raises ValueError with a reason that can be shown.
    """

    def __init__(self, checker: Checker, resolve_path: Callable[[str], Path]) -> None:
        self._checker = checker
        self._secrets = SecretsReader(checker, resolve_path)
        self._settings = SettingsReader(checker, (), resolve_path)

    def read(self, root: Node) -> tuple[Channel, ...]:
        """Return the channels that are right, in file order."""
        top = other_files.top(self._checker, root, other_files.NOTIFY)
        if top is None:
            return ()
        sections = self._checker.fields(top, other_files.NOTIFY.keys, "notify")
        channels = None
        if "channels" in sections:
            channels = self._checker.mapping(
                sections["channels"].value, "channels", empty_ok=True, example=", e.g. ops: {kind: webhook}"
            )
            if channels is None:
                return ()
        if channels is None or not channels.entries:
            self._checker.add(top, "notify: no channels; name at least one, or do not give this file")
            return ()
        found = (self._channel(entry) for entry in channels.entries)
        return tuple(channel for channel in found if channel is not None)

    def _channel(self, entry: Entry) -> Channel | None:
        what = f"channel {entry.key.text}"
        mapping = None
        if self._checker.name(entry.key, "channel name") is not None:
            mapping = self._checker.mapping(entry.value, what)
        kind = None if mapping is None else self._kind(mapping, what)
        if mapping is None or kind is None:
            return None
        fields = self._checker.fields(mapping, KEYS[kind], what)
        for key in REQUIRED[kind]:
            if key not in fields:
                self._checker.add(entry.key, f"{what}: no {key}; kind: {kind} needs it")
        name, common = entry.key.text, _Common(self._interest(fields, what), self._delivery(fields, what))
        sources = {
            key: self._secrets.source(fields[key], f"{what}: {key}")
            for key in ("url", "key", "password")
            if key in fields
        }
        if kind == "email":
            return self._email(name, fields, sources.get("password"), common)
        url = sources.get("url")
        if url is None:
            return None
        if kind == "webhook":
            return WebhookChannel(name=name, url=url, key=sources.get("key"), **common.fields)
        return AppriseChannel(name=name, url=url, **common.fields)

    def _kind(self, mapping: YamlMapping, what: str) -> str | None:
        node = mapping.get("kind")
        if node is None:
            self._checker.add(mapping, f"{what}: no kind; expected one of: {', '.join(KINDS)}")
            return None
        return self._checker.choice(node, f"{what}: kind", KINDS)

    def _email(
        self, name: str, fields: Mapping[str, Entry], password: SecretSource | None, common: _Common
    ) -> EmailChannel | None:
        what = f"channel {name}"
        values: dict[str, Any] = {"tls": MailTls.STARTTLS}
        for key, read in {
            "host": self._settings.host,
            "port": self._port,
            "tls": self._tls,
            "username": self._checker.text,
            "from": self._address,
            "to": self._addresses,
        }.items():
            if key in fields:
                values[key] = read(fields[key].value, f"{what}: {key}")
        if ("username" in fields) != ("password" in fields):
            there, missing = ("username", "password") if "username" in fields else ("password", "username")
            self._checker.add(fields[there].key, f"{what}: {there} without {missing}; a login needs both")
        if "password" in fields and values["tls"] is MailTls.NONE:
            advice = "use starttls or implicit, or leave username and password out"
            self._checker.add(
                fields["password"].key, f"{what}: with tls: none the password could be read; {advice}"
            )
        if None in values.values() or not {"host", "from", "to"} <= values.keys():
            return None
        return EmailChannel(
            name=name,
            host=values["host"],
            port=values.get("port", values["tls"].port),
            tls=values["tls"],
            sender=values["from"],
            recipients=values["to"],
            username=values.get("username"),
            password=password,
            **common.fields,
        )

    def _interest(self, fields: Mapping[str, Entry], what: str) -> Interest:
        checker, given = self._checker, dict[str, Any]()
        if "always" in fields:
            given["always"] = boolean(checker, fields["always"].value, f"{what}: always")
        if "severity" in fields:
            node = fields["severity"].value
            text = checker.choice(node, f"{what}: severity", [severity.value for severity in Severity])
            given["severity"] = None if text is None else Severity(text)
        if "region" in fields:
            given["regions"] = self._regions(fields["region"].value, f"{what}: region")
        return Interest(**{key: value for key, value in given.items() if value is not None})

    def _regions(self, node: Node, what: str) -> tuple[str, ...] | None:
        """Return one name, or those of a list."""
        if isinstance(node, Scalar):
            one = self._checker.name(node, what)
            return None if one is None else (one,)
        items = self._checker.each(node, what, self._checker.name)
        if items is not None and not items:
            self._checker.add(node, f"{what}: no region; name at least one, or leave the key out for all")
        return tuple(item.text for item in items) if items else None

    def _delivery(self, fields: Mapping[str, Entry], what: str) -> Delivery:
        checker = self._checker
        readers: dict[str, tuple[str, Callable[[Node, str], object]]] = {
            "attempts": (
                "attempts",
                lambda node, about: checker.number(node, about, low=1, high=MAX_ATTEMPTS),
            ),
            "timeout": (
                "timeout_s",
                lambda node, about: span(checker, node, about, unit="s", low=1.0, high=MAX_TIMEOUT_S),
            ),
            "limit": (
                "limit_s",
                lambda node, about: span(checker, node, about, unit="s", low=0.1, high=MAX_LIMIT_S),
            ),
            "ca_file": ("ca_file", self._settings.path),
        }
        given: dict[str, Any] = {}
        for key, (field, read) in readers.items():
            value = read(fields[key].value, f"{what}: {key}") if key in fields else None
            if value is not None:
                given[field] = value
        return Delivery(**given)

    def _port(self, node: Node, what: str) -> int | None:
        return self._checker.number(node, what, low=1, high=65535)

    def _tls(self, node: Node, what: str) -> MailTls | None:
        text = self._checker.choice(node, what, [tls.value for tls in MailTls])
        return None if text is None else MailTls(text)

    def _address(self, node: Node, what: str) -> str | None:
        text = self._checker.text(node, what)
        if text is not None and not _ADDRESS.fullmatch(text):
            self._checker.add(
                node,
                f"{what}: {quoted(text)} is no plain mail address; expected NAME@DOMAIN alone",
            )
            return None
        return text

    def _addresses(self, node: Node, what: str) -> tuple[str, ...] | None:
        if isinstance(node, Scalar):
            one = self._address(node, what)
            return None if one is None else (one,)
        items = self._checker.each(node, what, self._address)
        if items is not None and not items:
            self._checker.add(node, f"{what}: no address; name at least one")
        return tuple(item.text for item in items) if items else None


_SOURCE: Final = {"$ref": "#/$defs/source"}
_TEXT: Final = {"$ref": "#/$defs/text"}
_UNITS: Final = "|".join(sorted(SECONDS, key=len, reverse=True))
_SPAN: Final = {"type": "string", "pattern": rf"^[0-9]{{1,9}}(\.[0-9]{{1,6}})?( ?({_UNITS}))?$"}
_PROPERTIES: Final[Mapping[str, Mapping[str, Any]]] = {
    "always": {
        "description": "Tell of every run, not of changes only.",
        "enum": [True, False, "true", "false"],
        "default": False,
    },
    "severity": {
        "description": "Tell of findings that are so severe, or more; what could not be audited is told too.",
        "enum": [severity.value for severity in Severity],
    },
    "region": {
        "description": "Tell of the devices of one region, or of a list of them.",
        "anyOf": [
            {"$ref": "#/$defs/name"},
            {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"$ref": "#/$defs/name"}},
        ],
    },
    "url": {"description": "Where its URL comes from; a URL mostly holds a token.", **_SOURCE},
    "key": {"description": "Where the key of the HMAC-SHA256 signature comes from.", **_SOURCE},
    "host": {"description": "The SMTP server.", "$ref": "#/$defs/host"},
    "port": {"description": "587 with starttls, 465 with implicit, 25 with none.", "$ref": "#/$defs/port"},
    "tls": {"enum": [tls.value for tls in MailTls], "default": MailTls.STARTTLS.value},
    "username": {"description": "Who logs in.", **_TEXT},
    "password": {"description": "Where the password comes from.", **_SOURCE},
    "from": {"description": "The sender.", "$ref": "#/$defs/address"},
    "to": {
        "description": "One address, or a list.",
        "anyOf": [
            {"$ref": "#/$defs/address"},
            {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"$ref": "#/$defs/address"}},
        ],
    },
    "attempts": {
        "description": "How often in all; only faults that may pass are tried again.",
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": MAX_ATTEMPTS},
            {"type": "string", "pattern": r"^([1-9]|10)$"},
        ],
        "default": 4,
    },
    "timeout": {
        "description": "Limit for each step of one attempt.",
        "anyOf": [
            {"type": "number", "minimum": 1, "maximum": MAX_TIMEOUT_S},
            _SPAN,
        ],
        "default": 10,
    },
    "limit": {
        "description": "Limit for all attempts together, and the waits between them.",
        "anyOf": [{"type": "number", "minimum": 0.1, "maximum": MAX_LIMIT_S}, _SPAN],
        "default": 300,
    },
    "ca_file": {"description": "Trusted certificates (PEM) in place of the system's.", **_TEXT},
}


def schema() -> dict[str, Any]:
    """Return the schema as a new dictionary."""
    inventory = inventory_schema.schema()
    shared = {name: inventory["$defs"][name] for name in ("source", "text", "host", "port", "name")}
    return {
        "$schema": inventory["$schema"],
        "$id": "asa-transport/notify/1",
        "title": "asa-transport notifications",
        "type": "object",
        "additionalProperties": False,
        "required": ["channels"],
        "properties": {
            "channels": {
                "description": "Who is told of a run; the key is the channel's name in messages.",
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"pattern": NAME_PATTERN},
                "additionalProperties": {"oneOf": [_channel(kind) for kind in KEYS]},
            }
        },
        "$defs": {**shared, "address": {"type": "string", "pattern": f"^{ADDRESS}$"}},
    }


def _channel(kind: str) -> dict[str, Any]:
    properties = {key: dict(_PROPERTIES[key]) for key in KEYS[kind] if key != "kind"}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["kind", *REQUIRED[kind]],
        "properties": {"kind": {"const": kind}, **properties},
    }
