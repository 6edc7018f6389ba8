"""Where a secret can come from without another service: a row each, with how it is written.

Pure.  Obtains no secret, and shows no text: it may be the secret by mistake.

Source: docs/schemas/inventory.json; systemd.exec(5), LoadCredential=.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from asa_transport.files.quiet_reader import Part, QuietReader, matching, object_of, path, true
from asa_transport.files.schema_parts import TEXT
from asa_transport.files.yamltext import Node, Sequence
from asa_transport.model import (
    CommandSource,
    EnvSource,
    FileSource,
    KeyringSource,
    PromptSource,
    SystemdSource,
)

_KEYRING: Final = ("service", "username")


def _command(quiet: QuietReader, node: Node, what: str) -> CommandSource | None:
    expected = "a list of a program and its arguments, e.g. [pass, show, asa]; no shell is used"
    if not isinstance(node, Sequence) or not node.items:
        quiet.add(node, f"{what}: expected {expected}")
        return None
    argv = [quiet.text(item, what, expected, empty_ok=index > 0) for index, item in enumerate(node.items)]
    program = argv[0]
    if program is None or None in argv:
        return None
    if "/" in program or program.startswith("~"):
        found = quiet.path(node.items[0], program, what)
        if found is None:
            return None
        program = str(found)
    return CommandSource(argv=(program, *(argument for argument in argv[1:] if argument is not None)))


def _keyring(quiet: QuietReader, node: Node, what: str) -> KeyringSource | None:
    mapping = quiet.mapping(node, what)
    if mapping is None:
        return None
    found = quiet.fields(mapping, _KEYRING, what)
    values = {}
    for key in _KEYRING:
        if key not in found:
            quiet.add(node, f"{what}: no {key}; expected {{service: S, username: U}}")
        elif (text := quiet.text(found[key].value, f"{what}.{key}", "a text")) is not None:
            values[key] = text
    return KeyringSource(**values) if len(values) == len(_KEYRING) else None


# What the key of a login may come from, too.
FILE: Final = path("the path of a file that only you can read", "A file that only its owner can read.").to(
    lambda found: FileSource(path=found)
)
# A file name in $CREDENTIALS_DIRECTORY: no separators, not `.` or `..`.
SYSTEMD: Final = matching(
    r"(?!\.{1,2}$)[A-Za-z0-9_.@:-]{1,255}",
    "the name of a systemd credential, without '/'",
    description="A name of LoadCredential=.",
).to(lambda name: SystemdSource(name=name))
PLAIN: Final[Mapping[str, Part]] = {
    "env": matching(
        "[A-Za-z_][A-Za-z0-9_]*",
        "the name of an environment variable, e.g. ASA_TRANSPORT_PASSWORD",
        description="An environment variable.",
    ).to(lambda name: EnvSource(name=name)),
    "file": FILE,
    "command": Part(
        read=_command,
        schema={
            "description": "A program and its arguments; the first line it prints. No shell.",
            "type": "array",
            "minItems": 1,
            "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        },
    ),
    "keyring": Part(
        read=_keyring,
        schema={
            "description": "The desktop's keyring (extra keyring).",
            **object_of(dict.fromkeys(_KEYRING, TEXT), *_KEYRING),
        },
    ),
    "systemd": SYSTEMD,
    "prompt": true("choose another source if nobody can be asked", "Ask on the terminal, once a run.").to(
        lambda _: PromptSource()
    ),
}
# In words, for whoever has named none.
SOURCES: Final = (
    "{env: NAME}, {file: PATH}, {command: [PROGRAM, ARGUMENT]}, {keyring: {service: S, username: U}}, "
    "{systemd: NAME} or {prompt: true}"
)


def schema(**more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of the source of a secret; ``more`` are those that need another service."""
    properties = {**{key: part.schema for key, part in PLAIN.items()}, **more}
    said = {"description": "Exactly one source; a literal secret is refused."}
    return {**said, **object_of(properties, minProperties=1, maxProperties=1)}
