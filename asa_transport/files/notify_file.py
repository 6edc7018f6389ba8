"""The form of `notify.yaml`: what each kind of channel takes, and what its keys mean.

A URL is a secret, because most of them carry a token: like a password it has a source, and a text in its
place is never shown.  What two keys say together (a login without TLS) only `read` finds, not the schema.
Brings pydantic: imported only where such a file is read, or its schema is asked for.

Source: docs/notifications.md.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable
from collections.abc import Mapping as Keys
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, TypeAlias

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import InitErrorDetails

from asa_transport.files import file_model, model_schema, plain_sources, vault_sources
from asa_transport.files.checker import Checker, is_name, quoted
from asa_transport.files.fields import parse_path
from asa_transport.files.file_model import (
    Flag,
    Line,
    Name,
    Names,
    Section,
    Written,
    choice,
    count,
    mistake,
    mistake_at,
    one_of,
    optional,
    path,
    span,
    unique_items,
)
from asa_transport.files.inventory_fields import why_no_host
from asa_transport.files.schema_parts import HOST, NAME, NAME_PATTERN, PORT, TEXT
from asa_transport.files.secret_sources import SecretsReader
from asa_transport.files.yamltext import Mapping, Scalar
from asa_transport.model import (
    AppriseChannel,
    Channel,
    Delivery,
    EmailChannel,
    Interest,
    MailTls,
    SecretSource,
    Severity,
    WebhookChannel,
)

_NAMES: Final = Names(schema="notify", file="notify", section="channels", entry="channel", id="name")
# A mailbox without quotes, comments or a display name: what must not be misread in a header.
_ADDRESS: Final = r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"
_ADDRESS_FORM: Final = {"type": "string", "pattern": f"^{_ADDRESS}$"}


def _host(text: str) -> str:
    if (reason := why_no_host(text)) is not None:
        # `user:password@host` is a habit from URLs; such a text is never shown.
        shown = "a text with '@'" if "@" in text else quoted(text)
        raise ValueError(f"{shown} {reason}")
    return text


def _address(text: str) -> str:
    if not re.fullmatch(_ADDRESS, text):
        raise ValueError(f"{quoted(text)} is no plain mail address; expected NAME@DOMAIN alone")
    return text


def _one_or_more(form: Keys[str, Any], nothing: str) -> tuple[Any, ...]:
    """Return what takes a text alone for a list of it; to be unpacked in `Annotated`."""

    def listed(value: Any) -> Any:
        if value == []:
            raise ValueError(nothing)
        return [value] if value is None or isinstance(value, str) else value

    some = {"type": "array", "minItems": 1, "uniqueItems": True, "items": form}
    return unique_items(), BeforeValidator(listed), WithJsonSchema({"anyOf": [form, some]})


# Read by `_sources`.
def _whole(form: Any) -> Any:
    """Return a form of the inventory with what its schema defines elsewhere put in its place."""
    if isinstance(form, list):
        return [_whole(one) for one in form]
    if not isinstance(form, dict):
        return form
    elsewhere = _DEFINED.get(form.get("$ref", ""), {})
    return {**elsewhere, **{key: _whole(value) for key, value in form.items() if key != "$ref"}}


_DEFINED: Final[Keys[str, Any]] = {"#/$defs/source": plain_sources.schema(), "#/$defs/text": TEXT}
_Source: TypeAlias = Annotated[
    Any, WithJsonSchema(plain_sources.schema(vault=_whole(vault_sources.place_schema())))
]
_Vault: TypeAlias = Annotated[Any, WithJsonSchema(_whole(vault_sources.schema()))]
_Address: TypeAlias = Annotated[str, Written(_address, _ADDRESS_FORM)]
_Attempts: TypeAlias = Annotated[
    int,
    count(1, 10),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": 10},
                {"type": "string", "pattern": "^([1-9]|10)$"},
            ]
        }
    ),
]
_CaFile: TypeAlias = Annotated[Path, PlainValidator(path), WithJsonSchema(TEXT)]
_ATTEMPTS: Final = Field(
    Delivery().attempts, description="How often in all; only faults that may pass are tried again."
)
_TIMEOUT: Final = Field(
    Delivery().timeout_s, alias="timeout", description="Limit for each step of one attempt."
)
_CA_FILE: Final = optional(description="Trusted certificates (PEM) in place of the system's.")
_URL: Final = Field(description="Where its URL comes from; a URL mostly holds a token.")


class _Channel(Section):
    kind: str
    always: Flag = Field(Interest().always, description="Tell of every run, not of changes only.")
    severity: Annotated[Severity, choice(Severity)] = optional(
        description="Tell of findings that are so severe, or more; what could not be audited is told too."
    )
    regions: Annotated[
        tuple[Name, ...],
        *_one_or_more(NAME, "no region; name at least one, or leave the key out for all"),
    ] = optional(alias="region", description="Tell of the devices of one region, or of a list of them.")
    limit_s: Annotated[float, span("s", 0.1, 3600.0)] = Field(
        Delivery().limit_s,
        alias="limit",
        description="Limit for all attempts together, and the waits between them.",
    )

    makes: ClassVar[type[Channel]]

    def channel(self, name: str, sources: Keys[str, SecretSource | None]) -> Channel:
        """Return the channel that it describes, with the sources of its secrets by key."""

        def part(kind: type[Any]) -> dict[str, Any]:
            given = {**self.given, **sources}
            return {one.name: given[one.name] for one in dataclasses.fields(kind) if one.name in given}

        return self.makes(
            name=name,
            interest=Interest(**part(Interest)),
            delivery=Delivery(**part(Delivery)),
            **part(self.makes),
        )


class _Webhook(_Channel):
    kind: Annotated[str, WithJsonSchema({"const": "webhook"})]
    url: _Source = _URL
    key: _Source = optional(description="Where the key of the HMAC-SHA256 signature comes from.")
    attempts: _Attempts = _ATTEMPTS
    timeout_s: Annotated[float, span("s", 1.0, 60.0)] = _TIMEOUT
    ca_file: _CaFile = _CA_FILE

    makes = WebhookChannel
    missing = "kind: webhook needs it"


class _Email(_Channel):
    kind: Annotated[str, WithJsonSchema({"const": "email"})]
    host: Annotated[str, Written(_host, HOST)] = Field(description="The SMTP server.")
    port: Annotated[int, count(1, 65535), WithJsonSchema(PORT)] = optional(
        description="587 with starttls, 465 with implicit, 25 with none."
    )
    tls: Annotated[MailTls, choice(MailTls)] = MailTls.STARTTLS
    username: Annotated[Line, WithJsonSchema(TEXT)] = optional(description="Who logs in.")
    password: _Source = optional(description="Where the password comes from.")
    sender: _Address = Field(alias="from", description="The sender.")
    recipients: Annotated[
        tuple[_Address, ...], *_one_or_more(_ADDRESS_FORM, "no address; name at least one")
    ] = Field(alias="to", description="One address, or a list.")
    attempts: _Attempts = _ATTEMPTS
    timeout_s: Annotated[float, span("s", 1.0, 60.0)] = _TIMEOUT
    ca_file: _CaFile = _CA_FILE

    makes = EmailChannel
    missing = "kind: email needs it"

    @property
    def given(self) -> dict[str, Any]:
        """With what the class of the channel has no default for."""
        return {"tls": self.tls, "port": self.tls.port, **super().given}

    @classmethod
    def beside(cls, plain: Keys[str, Any], wrong: Collection[object]) -> Iterable[InitErrorDetails]:
        del wrong

        def refused(key: str, said: str) -> InitErrorDetails:
            return mistake_at((key,), "value_error", error=said, of_all=True, at_key=True)

        for there, lacking in (("username", "password"), ("password", "username")):
            if there in plain and lacking not in plain:
                yield refused(there, f"{there} without {lacking}; a login needs both")
        if "password" in plain and plain.get("tls") == "none":
            advice = "use starttls or implicit, or leave username and password out"
            yield refused("password", f"with tls: none the password could be read; {advice}")


class _Apprise(_Channel):
    kind: Annotated[str, WithJsonSchema({"const": "apprise"})]
    url: _Source = _URL

    makes = AppriseChannel
    missing = "kind: apprise needs it"


_FORMS: Final[Keys[str, type[_Channel]]] = {"webhook": _Webhook, "email": _Email, "apprise": _Apprise}
KEYS: Final = {kind: form.known_keys() for kind, form in _FORMS.items()}


class _OfNoKind(Section):
    model_config = ConfigDict(extra="ignore")

    kind: Annotated[str, Written(partial(one_of, tuple(_FORMS)), {})]


def _by_kind(value: Any, _handler: Any, info: ValidationInfo) -> Section:
    if not isinstance(value, dict):
        raise mistake("model_type")
    if "kind" not in value:
        raise mistake("no_kind", known=", ".join(_FORMS))
    kind = value["kind"]
    form = _FORMS.get(kind, _OfNoKind) if isinstance(kind, str) else _OfNoKind
    return form.model_validate(value, context=info.context)


def _section(value: Any) -> Any:
    if not isinstance(value, dict | None):
        raise mistake("map", example="ops: {kind: webhook}")
    return value or {}


class _File(Section):
    model_config = ConfigDict(json_schema_extra={"required": ["channels"]})

    vault: _Vault = optional(description="Which HashiCorp Vault there is, as in an inventory.")
    channels: Annotated[
        dict[Name, Annotated[_Webhook | _Email | _Apprise, WrapValidator(_by_kind)]],
        BeforeValidator(_section),
    ] = Field(
        default_factory=dict,
        description="Who is told of a run; the key is the channel's name in messages.",
        json_schema_extra={"minProperties": 1, "propertyNames": {"pattern": NAME_PATTERN}},
    )

    @classmethod
    def beside(cls, plain: Keys[str, Any], wrong: Collection[object]) -> Iterable[InitErrorDetails]:
        del wrong
        if plain.get("channels") in (None, {}):
            said = "no channels; name at least one, or do not give this file"
            yield mistake_at((), "value_error", error=said)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of `notify.yaml`."""
    return model_schema.schema(_File, "notify", "asa-transport notifications", defaults=True)


def read(root: Mapping, checker: Checker, folder: Path) -> tuple[Channel, ...]:
    """Return the channels in file order; what is wrong is noted, and then there are none."""
    found = file_model.read(_File, root, checker, _NAMES, {"folder": folder})
    secrets = SecretsReader(checker, partial(parse_path, folder=folder))
    if (vault := root.get("vault")) is not None:
        secrets.read_vault(vault)
    sources = _sources(root, secrets)
    if found is None or checker.problems:
        return ()
    return tuple(one.channel(name, sources[name]) for name, one in found.channels.items())


def _sources(root: Mapping, secrets: SecretsReader) -> dict[str, dict[str, SecretSource | None]]:
    """Return the sources of each channel's secrets, read where they stand: none of their texts is shown."""
    channels, sources = root.get("channels"), {}
    for channel in channels.entries if isinstance(channels, Mapping) else ():
        kind = channel.value.get("kind") if isinstance(channel.value, Mapping) else None
        keys = KEYS.get(kind.text, ()) if isinstance(kind, Scalar) and is_name(channel.key.text) else ()
        sources[channel.key.text] = {
            entry.key.text: secrets.source(entry, f"channel {channel.key.text}: {entry.key.text}")
            for entry in getattr(channel.value, "entries", ())
            if entry.key.text in {"url", "key", "password"} & set(keys)
        }
    return sources
