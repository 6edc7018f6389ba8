"""Read an inventory from a table: CSV with a line of headers, as spreadsheets and databases export it.

Columns are known by what people call them (`COLUMNS`), upper or lower case, with blanks, dashes or
underscores; `--map` names others.  A column that is not known is told, never guessed; one that may hold a
secret is told by its name alone.

Source: RFC 4180; the separators of spreadsheets, `,` `;` and tab.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from asa_transport.errors import InventoryError
from asa_transport.files.checker import nearest, quoted
from asa_transport.files.inventory_draft import Draft, Drafter, Place, ReadOptions, Said, place
from asa_transport.files.source_text import refused, text_of
from asa_transport.model import Problem
from asa_transport.text import counted

# By our key what people call such a column; the first that is there, and has a value, is used.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name", "device", "device_name", "inventory_hostname", "node", "hostname"),
    "host": ("host", "ip", "address", "ip_address", "mgmt_ip", "management_ip", "ansible_host", "primary_ip"),
    "port": ("port", "ssh_port", "ansible_port"),
    "username": ("username", "user", "login", "ansible_user"),
    "groups": ("groups", "group"),
    "tags": ("tags", "tag"),
    "region": ("region", "site", "location"),
    "jump": ("jump", "jump_host", "bastion", "proxyjump"),
    "pair": ("pair", "mate", "failover_mate"),
    "enabled": ("enabled", "active"),
    "platform": ("platform", "os", "device_type", "network_os", "ansible_network_os"),
    "expect.transport": ("expect_transport", "expected_transport"),
    "expect.proxy": ("expect_proxy", "expected_proxy"),
}
# As databases and spreadsheets write it; another word is an error of the row.
_TRUTH: Final = {
    **dict.fromkeys(("yes", "y", "1", "true", "x"), "true"),
    **dict.fromkeys(("no", "n", "0", "false"), "false"),
}
_LISTED: Final = ("groups", "tags")
_SEPARATORS: Final = ",;\t"
_ITEMS: Final = re.compile(r"[\s,;|]+")
# What is carried to the reports.
_DATA: Final = re.compile(r"data\.[^.]+")
_PROXY: Final = re.compile(r"(?P<host>[^:/@\s]+):(?P<port>[0-9]+)")


def read(where: str, options: ReadOptions) -> Draft:
    """Return what the table says.

    Raises:
        InventoryError: It cannot be read, or has no column of names.
    """
    rows = _rows(where)
    line, headers = next(rows, (1, []))
    if not any(map(str.strip, headers)):
        raise refused(where, "there is no line of headers, such as name,host")
    keys = _keys(where, headers, options.columns)
    if "name" not in keys.values():
        # The headers are not shown: without a line of them they are a firewall's cells.
        raise refused(
            where,
            f"none of {counted(len(headers), 'column')} is the device's name; say which one is, e.g. "
            "--map 'Device Name=name'",
            line,
        )
    drafter = Drafter()
    for index, header in enumerate(headers):
        if index not in keys and header.strip() and options.columns.get(header.strip()) != "":
            why = "a column that has no meaning here; say with --map what it is"
            drafter.leave_out_key(header.strip(), why, place(where, line, "column"))
    if "host" not in keys.values():
        at = place(where, line)
        drafter.leave_out("a column of addresses", "there is none; the names are dialled", at)
    for number, cells in rows:
        if any(map(str.strip, cells)):
            _row(drafter, place(where, number), cells, headers, keys)
    return drafter.draft()


def _rows(where: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line of each row, and its cells."""
    text = text_of(where)
    header = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    at = 1
    try:
        for cells in reader:
            yield at, cells
            at = reader.line_num + 1
    except csv.Error:
        raise refused(where, "a quote is not closed, or stands inside a cell", at) from None


def _keys(where: str, headers: Sequence[str], columns: Mapping[str, str]) -> dict[int, str]:
    """Return our key for each column that has one, by its number."""
    names = [header.strip() for header in headers]
    problems = [
        f"--map: no column {quoted(name)}{nearest(name, names)}" for name in columns if name not in names
    ]
    problems += [
        f"--map: {quoted(key)} is none of: {', '.join(COLUMNS)}, data.KEY{nearest(key, COLUMNS)}"
        for key in columns.values()
        if key and key not in COLUMNS and not _DATA.fullmatch(key)
    ]
    found = {index: columns[name] for index, name in enumerate(names) if columns.get(name)}
    words = {index: re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") for index, name in enumerate(names)}
    for key, known in COLUMNS.items():
        if key in found.values():
            continue
        for word in known:
            at = [
                i for i, said in words.items() if said == word and i not in found and names[i] not in columns
            ]
            if len(at) > 1:
                problems.append(f"two columns are {quoted(word)}; rename one")
            if at:
                found[at[0]] = key
                break
    if problems:
        raise InventoryError(tuple(Problem(file=where, message=problem) for problem in problems))
    return found


def _row(
    drafter: Drafter, at: Place, cells: Sequence[str], headers: Sequence[str], keys: Mapping[int, str]
) -> None:
    if len(cells) > len(headers):
        drafter.leave_out(
            f"a row of {len(cells)} cells", f"left out: there are {len(headers)} headers", at, is_device=True
        )
        return
    values: dict[str, Said] = {}
    for index, key in keys.items():
        text = cells[index].strip() if index < len(cells) else ""
        if text:
            part = f"column {quoted(headers[index].strip())}"
            values[key] = Said(text=text, at=place(at.file, at.line, part))
    name = values.pop("name", None)
    if name is None:
        drafter.leave_out("a row without a name", "left out", at, is_device=True)
        return
    if "host" not in keys.values():
        values["host"] = name
    listed = {
        key: [Said(text=item, at=said.at) for item in _ITEMS.split(said.text) if item]
        for key in _LISTED
        if (said := values.pop(key, None)) is not None
    }
    if (proxy := values.get("expect.proxy")) is not None and (match := _PROXY.fullmatch(proxy.text)):
        del values["expect.proxy"]
        values["expect.proxy.host"] = Said(text=match["host"], at=proxy.at)
        values["expect.proxy.port"] = Said(text=match["port"], at=proxy.at)
    if (enabled := values.get("enabled")) is not None:
        word = enabled.text.lower()
        values["enabled"] = Said(text=_TRUTH.get(word, enabled.text), at=enabled.at)
    platform = values.pop("platform", None)
    drafter.device(
        Said(text=name.text, at=name.at), values, platform=platform,
        groups=listed.get("groups", ()), tags=listed.get("tags", ()),
    )  # fmt: skip
