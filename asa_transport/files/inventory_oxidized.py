"""Read an inventory from Oxidized's router.db, by the columns that Oxidized's own configuration gives it.

The place is the router.db, or the configuration that names it.  Without a configuration beside it the
columns are Oxidized's first ones, name and model, and `--map` says what others are.

Source: docs/Sources.md and docs/Configuration.md of Oxidized, and its CSV source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from asa_transport.files import yamltext
from asa_transport.files.checker import quoted
from asa_transport.files.inventory_draft import (
    Draft,
    Drafter,
    DraftGroup,
    ReadOptions,
    Said,
    is_asa,
    is_secret,
    place,
)
from asa_transport.files.regular_file import is_named
from asa_transport.files.source_text import bytes_of, lines_of, refused
from asa_transport.files.yamltext import Mapping as YamlMapping
from asa_transport.files.yamltext import Node, Scalar

# By our key; the same words are taken behind `--map NUMBER=`.
_KEYS: Final[Mapping[str, str]] = {
    "name": "name",
    "ip": "host",
    "host": "host",
    "model": "platform",
    "platform": "platform",
    "group": "groups",
    "groups": "groups",
    "username": "username",
    "ssh_port": "port",
    "port": "port",
    "ssh_proxy": "jump",
    "jump": "jump",
}
_FIRST_COLUMNS: Final = {0: "name", 1: "model"}
_CONFIG: Final = "config"
_ONE_CHARACTER: Final = re.compile(r"/?\\?(?P<one>[^/\\A-Za-z0-9])/?|/?\\(?P<tab>t)/?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """What a configuration says of the table."""

    file: str
    delimiter: str = ":"
    columns: Mapping[int, str] = field(default_factory=lambda: dict(_FIRST_COLUMNS))
    models: Mapping[str, str] = field(default_factory=dict)
    config: YamlMapping | None = None
    config_file: str = ""


def read(where: str, options: ReadOptions) -> Draft:
    """Return what the table says.

    Raises:
        InventoryError: It, or the configuration, cannot be read.
    """
    layout = _layout(where)
    columns = dict(layout.columns)
    for column, key in options.columns.items():
        if not column.isdecimal() or (key and key not in _KEYS):
            raise refused(
                where, f"--map: expected NUMBER=KEY, from 0 on, and as KEY one of: {', '.join(_KEYS)}"
            )
        columns[int(column)] = key
    drafter = Drafter()
    for number, line in lines_of(layout.file):
        _row(drafter, layout, columns, number, line.split(layout.delimiter))
    groups, defaults = _of_config(drafter, layout)
    return drafter.draft(groups=groups, defaults=defaults)


def _row(
    drafter: Drafter, layout: _Layout, columns: Mapping[int, str], number: int, cells: list[str]
) -> None:
    values: dict[str, Said] = {}
    for index, cell in enumerate(cells):
        text = cell.strip()
        key = columns.get(index)
        # Oxidized's words for nothing, and nothing itself.
        if not text or text in {"nil", "false"} or key == "":
            continue
        at = place(layout.file, number, f"column {index}")
        if key is None:
            drafter.leave_out(f"column {index}", "not shown: nobody has said what it is; say with --map", at)
        elif key in _KEYS:
            values[_KEYS[key]] = Said(text=text, at=at)
        else:
            drafter.leave_out_key(key, "has no meaning here", at)
    name, platform, group = (values.pop(key, None) for key in ("name", "platform", "groups"))
    if name is None:
        at = place(layout.file, number)
        drafter.leave_out("a line without a name", "left out", at, is_device=True)
        return
    values.setdefault("host", name)
    if platform is not None:
        platform = Said(text=layout.models.get(platform.text, platform.text), at=platform.at)
    drafter.device(name, values, platform=platform, groups=() if group is None else (group,))


# --------------------------------------------------------------------------- Oxidized's own configuration


def _layout(where: str) -> _Layout:
    """Return the layout of a router.db, or of the one that a configuration names."""
    path = Path(where)
    beside = path.with_name(_CONFIG)
    if path.name == _CONFIG or path.suffix in {".yml", ".yaml"}:
        return _configured(str(path), None)
    return _configured(str(beside), where) if is_named(beside) else _Layout(file=where)


def _configured(config_file: str, table: str | None) -> _Layout:
    # Ruby's own tags (`!ruby/regexp`) are problems to our reader, and their texts are read all the same.
    document = yamltext.parse(bytes_of(config_file), file=config_file)
    root = document.root
    if not isinstance(root, YamlMapping):
        raise refused(config_file, "this is no configuration of Oxidized: it is no YAML map")
    source = _below(root, "source")
    csv = _below(source, "csv")
    if csv is None:
        if table is not None:
            return _Layout(file=table, config=root, config_file=config_file)
        raise refused(config_file, "its source is not csv: name the router.db, or another source")
    if _text(csv.get("gpg")) == "true":
        raise refused(config_file, "its router.db is encrypted (gpg: true); name a decrypted one")
    if table is None:
        named = _text(csv.get("file"))
        if named is None:
            raise refused(config_file, "source.csv names no file")
        table = str(Path(config_file).parent / Path(named).expanduser())
    pairs = (*_pairs(_below(csv, "map")), *_pairs(_below(csv, "vars_map")))
    columns = {int(position): key for key, position in pairs if position.isdecimal()}
    return _Layout(
        file=table,
        delimiter=_delimiter(config_file, _text(csv.get("delimiter"))),
        columns=columns or _FIRST_COLUMNS,
        models=dict(_pairs(_below(root, "model_map"))),
        config=root,
        config_file=config_file,
    )


def _delimiter(config_file: str, text: str | None) -> str:
    if text is None:
        return ":"
    match = _ONE_CHARACTER.fullmatch(text)
    if match is None:
        raise refused(config_file, f"source.csv.delimiter: {quoted(text)} is no single character")
    return "\t" if match["tab"] else match["one"]


def _of_config(drafter: Drafter, layout: _Layout) -> tuple[list[DraftGroup], dict[str, Said]]:
    """Return who logs in, of each group and of all; a group wins over a model, and a model over all."""
    if layout.config is None:
        return [], {}
    defaults: dict[str, Said] = {}
    models = _below(layout.config, "models")
    parts = [layout.config, *(node for name, node in _maps(models) if is_asa(name))]
    for part in parts:
        if (said := _username(layout, part)) is not None:
            defaults["username"] = said
    groups = []
    for name, node in _maps(_below(layout.config, "groups")):
        parts.append(node)
        if (said := _username(layout, node)) is not None:
            groups.append(DraftGroup(name=Said(text=name, at=said.at), values={"username": said}))
        inner = _below(node, "models")
        if any(is_asa(model) for model, _ in _maps(inner)):
            at = place(layout.config_file, node.mark.line)
            drafter.leave_out(
                f"groups.{name}.models", "what a group says of one model has no meaning here", at
            )
    for part in parts:
        for entry in part.entries:
            if is_secret(entry.key.text) and isinstance(entry.value, Scalar):
                drafter.leave_out_key(entry.key.text, "", place(layout.config_file, entry.key.mark.line))
    return groups, defaults


def _username(layout: _Layout, node: YamlMapping) -> Said | None:
    value = node.get("username")
    text = _text(value)
    if value is None or text is None:
        return None
    return Said(text=text, at=place(layout.config_file, value.mark.line))


def _below(node: Node | None, key: str) -> YamlMapping | None:
    found = node.get(key) if isinstance(node, YamlMapping) else None
    return found if isinstance(found, YamlMapping) else None


def _maps(node: YamlMapping | None) -> Iterator[tuple[str, YamlMapping]]:
    for entry in () if node is None else node.entries:
        if isinstance(entry.value, YamlMapping):
            yield entry.key.text, entry.value


def _pairs(node: YamlMapping | None) -> Iterator[tuple[str, str]]:
    for entry in () if node is None else node.entries:
        if isinstance(entry.value, Scalar):
            yield entry.key.text, entry.value.text


def _text(node: Node | None) -> str | None:
    return node.text if isinstance(node, Scalar) and not node.is_null else None
