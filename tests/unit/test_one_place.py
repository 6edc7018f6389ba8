"""What is known of the device stands in `asa/`, once: no line that is typed at it stands anywhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import asa_transport
from asa_transport.asa import cluster, commands, failover, license_words, licensing, servers
from asa_transport.edges import templates
from asa_transport.model import TransportType

PACKAGE = Path(asa_transport.__file__).parent
LINES = (
    *(row.text for row in commands.COMMANDS),
    commands.ping_tcp("HOST", 443),
    commands.to_context("NAME"),
    licensing.HEAD,
    *(licensing.type_line(kind) for kind in TransportType),
    licensing.NO_PROXY,
    licensing.NO_URL,
    "transport proxy HOST port PORT",
)
# A line is known by its first two words; one of a single word is an English word too.
HEADS = {tuple(line.split()[:2]) for line in LINES if " " in line.strip()}
WORDS = {line for line in LINES if " " not in line.strip()} | {commands.ASK_LATER}
# Words that nobody but a device says; `data` or `sec` are anybody's.
OWN_WORDS = {
    *failover.STATES, *cluster.WORDS, *license_words.STATES, *license_words.MODES,
    license_words.DEADLINE_EXCEEDED, "stby", "actNoFailover", "stbyNoFailover",
}  # fmt: skip
SERVERS = (servers.SMART_SERVER.host, servers.CALLHOME_SERVER.host)
BEGINNING = re.compile(r"\s*([\w-]+)\s+([\w-]+)")
# What takes a line to be typed, or the command whose answer is looked for.
TYPES = {"ask", "hear", "output", "run", "send", "_send", "sendall", "several", "write", "Exchange"}


def device_lines(source: str) -> Iterator[str]:
    """Yield the strings of a module that are lines for a device, or begin one.

    A sentence for a person may name a command: it has the command in quotation marks, so that
    it begins with a quotation mark or with other words.  A single word (`end`) is a line only
    where it is handed to what types it.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in TYPES:
            yield from (text for text in map(_text, node.args) if text.strip() in WORDS)
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in inside | prose:
            continue
        for line in _text(node).split("\n"):
            words = BEGINNING.match(line)
            if words is not None and words.groups() in HEADS:
                yield line


def device_words(source: str) -> Iterator[str]:
    """Yield the strings of a module that are a device's own word, or name one of Cisco's servers."""
    tree = ast.parse(source)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        text = _text(node) if id(node) not in prose else ""
        if text in OWN_WORDS or any(server in text for server in SERVERS):
            yield text


def _called(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _text(node: ast.AST) -> str:
    """Return a string as it stands in the source, `X` for what is put into it; empty for anything else."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "X" for part in node.values)
    value = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
    return value.decode("latin-1") if isinstance(value, bytes) else value if isinstance(value, str) else ""


def test_no_line_for_a_device_stands_outside_its_room() -> None:
    """The second copy of a command is the one that somebody forgets to change."""
    found = [
        f"{path.relative_to(PACKAGE)}: {line!r}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if PACKAGE / "asa" not in path.parents
        for line in device_lines(path.read_text(encoding="utf-8"))
    ]

    assert not found, "name them in asa/ and import them:\n" + "\n".join(found)


def test_no_word_of_a_device_stands_outside_its_room() -> None:
    """The words of a role, of a state, of a server: a set of them that is made twice drifts apart."""
    found = [
        f"{path.relative_to(PACKAGE)}: {word}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if PACKAGE / "asa" not in path.parents
        for word in device_words(path.read_text(encoding="utf-8"))
    ]

    assert not found, "name them in asa/ and import them:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "planted",
    [
        'READY = "Standby Ready"',
        'x = {"DATA_NODE", "SLAVE"}',
        'remedy = f"reaches tools.cisco.com:{port}"',
        'STATE = "AUTHORIZED"',
    ],
)
def test_a_planted_word_is_found(planted: str) -> None:
    """A test that cannot fail proves nothing."""
    assert list(device_words(planted))


@pytest.mark.parametrize(
    "planted",
    [
        'VERSION = "show version"',
        'BLOCK = "show running-config license"',
        'PART = "show version | include ^Hardware"',
        'session.run("terminal pager 0")',
        'session.send("end")',
        'shell.sendall(b"exit\\n")',
        'session.run(f"changeto context {name}")',
        'line = f"ping tcp {host} {port}"',
        'HEAD = "license smart"',
        'line = " transport type smart"',
        'line = f" transport proxy {host} port {port}"',
        'NO_PROXY = " no transport proxy"',
        'text = "license smart\\n transport type smart\\n"',
        'START = re.compile(r"license smart\\s*$")',
        'capture.output("show clock")',
    ],
)
def test_a_planted_line_is_found(planted: str) -> None:
    """A test that cannot fail proves nothing."""
    assert list(device_lines(planted))


@pytest.mark.parametrize(
    "sentence",
    [
        '"""Read `show version`."""',
        "\"'show version' was refused: authorize it\"",
        "f\"'transport type {kind}' was in force\"",
        "\"then 'license smart renew auth'\"",
        '"the end"',
        'KEY = "enable"',
        'what = {"end": 1}["end"]',
    ],
)
def test_a_sentence_that_names_a_command_is_no_line(sentence: str) -> None:
    """What a person is told to type is written as it reads best."""
    assert not list(device_lines(sentence))


def test_each_line_has_one_row() -> None:
    """Two rows for one line could say two things of it."""
    texts = [row.text for row in commands.COMMANDS]

    assert len(texts) == len(set(texts))


def test_each_template_that_ships_reads_a_row_and_each_row_finds_its_own() -> None:
    """A template that no command reaches is read by nobody."""
    assert set(templates.textfsm()) == set(commands.TEMPLATES)


def test_what_an_audit_asks_can_be_read_and_is_read_only() -> None:
    """A command whose answer nobody reads is asked for nothing."""
    asked = [row for row in commands.COMMANDS if row.asked in (commands.Asked.FIRST, commands.Asked.ALWAYS)]

    assert all(row.template is not None and row.text in commands.READS for row in asked)
    assert not commands.READS & commands.CHANGE_FRAME
