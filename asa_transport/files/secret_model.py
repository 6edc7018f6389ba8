"""The form of a secret's source, in `notify.yaml` and wherever a secret is named by where it comes from.

Pure.  Obtains no secret.  No message shows any text but known keys, because a secret may stand anywhere here
by mistake.

Source: docs/schemas/inventory.json; systemd.exec(5), LoadCredential=.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Annotated, Any, Final, TypeAlias

from pydantic import (
    AfterValidator,
    ConfigDict,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails

from asa_transport.files.checker import has_control_characters
from asa_transport.files.file_model import Section, in_folder, mistake_at, optional, together
from asa_transport.files.schema_parts import TEXT
from asa_transport.model import (
    CommandSource,
    EnvSource,
    FileSource,
    KeyringSource,
    PromptSource,
    SecretSource,
    SystemdSource,
)

SOURCES: Final = (
    "{env: NAME}, {file: PATH}, {command: [PROGRAM, ARGUMENT]}, {keyring: {service: S, username: U}}, "
    "{systemd: NAME} or {prompt: true}"
)
_ENV_NAME: Final = "^[A-Za-z_][A-Za-z0-9_]*$"
# A file name in $CREDENTIALS_DIRECTORY: no separators, not `.` or `..`.
_SYSTEMD_NAME: Final = r"^(?!\.{1,2}$)[A-Za-z0-9_.@:-]{1,255}$"
_COMMAND: Final = "a list of a program and its arguments, e.g. [pass, show, asa]; no shell is used"


def _text(value: Any, expected: str, *, or_empty: bool = False) -> str:
    if not isinstance(value, str) or not (value or or_empty):
        raise ValueError(f"expected {expected}")
    if has_control_characters(value):
        raise ValueError("has control characters; delete them")
    return value


def _named(pattern: str, expected: str, source: Callable[[str], SecretSource]) -> PlainValidator:
    def read(value: Any) -> SecretSource:
        text = _text(value, expected)
        if not re.fullmatch(pattern, text):
            raise ValueError(f"expected {expected}; what stands here is not shown")
        return source(text)

    return PlainValidator(read)


def _file(value: Any, info: ValidationInfo) -> FileSource:
    return FileSource(path=in_folder(_text(value, "the path of a file that only you can read"), info))


def _command(value: Any, info: ValidationInfo) -> CommandSource:
    if not isinstance(value, list) or not value:
        raise ValueError(f"expected {_COMMAND}")
    argv, more = [], []
    for at, item in enumerate(value):
        try:
            text = _text(item, _COMMAND, or_empty=at > 0)
            is_path = at == 0 and ("/" in text or text.startswith("~"))
            argv.append(str(in_folder(text, info)) if is_path else text)
        except ValueError as error:
            more.append(mistake_at((at,), "value_error", error=error))
    if more:
        raise together((), more)
    return CommandSource(argv=tuple(argv))


def _prompt(value: Any) -> PromptSource:
    if value != "true":
        raise ValueError("expected true; choose another source if nobody can be asked")
    return PromptSource()


_Word: TypeAlias = Annotated[str, PlainValidator(lambda value: _text(value, "a text")), WithJsonSchema(TEXT)]


class _Keyring(Section):
    service: _Word
    username: _Word

    hidden = True
    missing = ""

    @model_validator(mode="before")
    @classmethod
    def _is_map(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("expected a map (key: value); what stands here is not shown")
        return value

    @classmethod
    def beside(cls, plain: Mapping[str, Any], wrong: Collection[object]) -> Iterable[InitErrorDetails]:
        del wrong
        for key in set(cls.known_keys()) - set(plain):
            said = f"no {key}; expected {{service: S, username: U}}"
            yield mistake_at((), "value_error", error=said)


class _Source(Section):
    model_config = ConfigDict(
        json_schema_extra={
            "description": "Exactly one source; a literal secret is refused.",
            "minProperties": 1,
            "maxProperties": 1,
        }
    )

    env: Annotated[
        EnvSource,
        _named(
            _ENV_NAME,
            "the name of an environment variable, e.g. ASA_TRANSPORT_PASSWORD",
            lambda name: EnvSource(name=name),
        ),
        WithJsonSchema({"type": "string", "pattern": _ENV_NAME}),
    ] = optional(description="An environment variable.")
    file: Annotated[FileSource, PlainValidator(_file), WithJsonSchema({"type": "string", "minLength": 1})] = (
        optional(description="A file that only its owner can read.")
    )
    command: Annotated[
        CommandSource,
        PlainValidator(_command),
        WithJsonSchema(
            {"type": "array", "minItems": 1, "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}
        ),
    ] = optional(description="A program and its arguments; the first line it prints. No shell.")
    keyring: Annotated[
        _Keyring,
        AfterValidator(lambda found: KeyringSource(service=found.service, username=found.username)),
    ] = optional(description="The desktop's keyring (extra keyring).")
    systemd: Annotated[
        SystemdSource,
        _named(
            _SYSTEMD_NAME,
            "the name of a systemd credential, without '/'",
            lambda name: SystemdSource(name=name),
        ),
        WithJsonSchema({"type": "string", "pattern": _SYSTEMD_NAME}),
    ] = optional(description="A name of LoadCredential=.")
    prompt: Annotated[PromptSource, PlainValidator(_prompt), WithJsonSchema({"enum": [True, "true"]})] = (
        optional(description="Ask on the terminal, once a run.")
    )

    hidden = True

    @model_validator(mode="before")
    @classmethod
    def _is_no_secret(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            seen = "empty" if value is None else "the secret itself stands here (not shown)"
            raise ValueError(f"{seen}; give its source instead: {SOURCES}")
        return value

    @classmethod
    def beside(cls, plain: Mapping[str, Any], wrong: Collection[object]) -> Iterable[InitErrorDetails]:
        del wrong
        found = set(cls.known_keys()) & set(plain)
        if len(found) != 1 and (found or not plain):
            said = f"{len(found)} sources; expected exactly one of {SOURCES}"
            yield mistake_at((), "value_error", error=said)


Source: TypeAlias = Annotated[_Source, AfterValidator(lambda found: next(iter(found.given.values())))]
