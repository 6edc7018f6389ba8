"""Turn the bytes of a YAML file into a tree of texts that know their place.

Pure.  Every scalar is the text as written: `9.20` stays `9.20`, `no` stays `no`
and `0123` stays `0123`.  Nothing is constructed, guessed or dropped: duplicate
keys, merge keys, tags and aliases without bound are problems with a place.  No
message quotes a value, an anchor or an unknown tag, because a password that
begins with `*`, `&` or `!` and is not quoted is read as one of those.

The parser's events are used, not its composer: the composer recurses once a
nesting level and resolves types, and both are what must not happen here.

Source: YAML 1.1 as PyYAML 6 and libyaml read it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeAlias

import yaml

from asa_transport.files.yaml_mistakes import in_plain_words
from asa_transport.model import Problem

# 100,000 devices of 100 bytes are 10 MB; three times that is no file of ours.
MAX_BYTES: Final = 32 * 1024 * 1024
# Aliases count as often as they are used.  100,000 devices of 30 values fit; the
# classic alias bomb ("billion laughs", nine aliases nine deep) has 10^9.
MAX_NODES: Final = 3_000_000
# Our files nest six deep.  A bound keeps every recursive reader of the tree far
# from Python's own recursion limit of 1,000.
MAX_DEPTH: Final = 32

# What YAML's "printable" leaves out (YAML 1.1 §5.1), and three line breaks and the
# byte order mark, which editors do not show and which would move every later line.
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_TAG_PREFIX = "tag:yaml.org,2002:"
_WORD = re.compile(r"[A-Za-z0-9._-]{1,60}")
_NULL_TEXTS = frozenset({"", "~", "null", "Null", "NULL"})
_STANDARD_TAGS = frozenset({"binary", "bool", "float", "int", "map", "null", "omap", "seq", "set", "str"})
# libyaml where it is compiled in: about ten times faster, with the same marks.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mark:
    """A place in a file; both count from 1, columns in characters."""

    line: int
    column: int

    @property
    def said(self) -> str:
        """The place, for the inside of a message about another place of the same file."""
        return f"line {self.line}"

    def problem(self, file: str, message: str) -> Problem:
        """Return the problem that is at this place of a file."""
        return Problem(file=file, line=self.line, column=self.column, message=message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A text as written; `plain` where it stands without quotes."""

    mark: Mark
    text: str
    plain: bool = True

    @property
    def is_null(self) -> bool:
        """Whether YAML calls it null: nothing, `~` or `null`, without quotes."""
        return self.plain and self.text in _NULL_TEXTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One `key: value` of a mapping."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """The entries in file order, each key once (a repeated one is a problem, and the first is kept)."""

    mark: Mark
    entries: tuple[Entry, ...]

    def get(self, key: str) -> Node | None:
        """Return the key's value, or `None` where the key is not there."""
        return next((entry.value for entry in self.entries if entry.key.text == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """The items in file order."""

    mark: Mark
    items: tuple[Node, ...]


Node: TypeAlias = Scalar | Mapping | Sequence
PlainData: TypeAlias = "str | list[PlainData] | dict[str, PlainData]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file as read; `root` is `None` where nothing could be made of it.

    `problems` may stand beside a root, so that a reader can add its own and report all at once.
    """

    file: str
    root: Node | None
    problems: tuple[Problem, ...] = ()


def parse(data: bytes | str, *, file: str) -> Document:
    """Read one YAML document; never raises, whatever the bytes are.

    Args:
        data: The content; bytes must be UTF-8, with or without a byte order mark.
        file: Name for the messages, as the user gave it.
    """
    text = _checked_text(data, file)
    if isinstance(text, Document):
        return text
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except _StopReading:
        return Document(file=file, root=None, problems=tuple(builder.problems))
    except yaml.MarkedYAMLError as error:
        builder.problems.append(_syntax_problem(error, text, file))
        return Document(file=file, root=None, problems=tuple(builder.problems))
    # ValueError and OverflowError: the pure-Python scanner on an escape such as "\UFFFFFFFF".
    except (yaml.YAMLError, ValueError, OverflowError):
        return _refused(file, "this is not YAML")
    root = builder.root
    if root is None or (isinstance(root, Scalar) and root.is_null):
        return _refused(file, "the file is empty")
    return Document(file=file, root=root, problems=tuple(builder.problems))


def to_plain(node: Node) -> PlainData:
    """Return the tree as `str`, `list` and `dict`, without places."""
    match node:
        case Scalar():
            return node.text
        case Sequence():
            return [to_plain(item) for item in node.items]
        case Mapping():
            return {entry.key.text: to_plain(entry.value) for entry in node.entries}


# --------------------------------------------------------------------------- text


def _refused(file: str, message: str, mark: Mark | None = None) -> Document:
    problem = Problem(
        file=file, line=mark.line if mark else None, column=mark.column if mark else None, message=message
    )
    return Document(file=file, root=None, problems=(problem,))


def _place(text: str, index: int) -> Mark:
    before = _LINE_BREAK.split(text[:index])
    return Mark(line=len(before), column=len(before[-1]) + 1)


def _checked_text(data: bytes | str, file: str) -> str | Document:
    if len(data) > MAX_BYTES:
        return _refused(file, f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB; split it")
    if isinstance(data, bytes):
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return _refused(file, "the file is UTF-16; save it as UTF-8")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            before = data[: error.start].decode("utf-8").removeprefix("\ufeff")
            byte = data[error.start]
            message = f"byte 0x{byte:02X} is not UTF-8; save the file as UTF-8"
            return _refused(file, message, _place(before, len(before)))
    else:
        text = data
    text = text.removeprefix("\ufeff")
    if bad := _FORBIDDEN.search(text):
        what = "a NUL byte: is this a text file?"
        if bad[0] != "\0":
            what = f"the invisible character U+{ord(bad[0]):04X}; delete it"
        return _refused(file, f"found {what}", _place(text, bad.start()))
    return text


def _syntax_problem(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Problem(file=file, message="this is not YAML")
    lines = _LINE_BREAK.split(text)
    line = lines[mark.line] if mark.line < len(lines) else ""
    if line[mark.column : mark.column + 1] == "\t" or line.lstrip(" ").startswith("\t"):
        message = "there is a tab here; YAML takes only spaces: replace it"
        column = line.index("\t")
    else:
        message = f"not YAML: {in_plain_words(error.context, error.problem)}"
        column = mark.column
    return Problem(file=file, line=mark.line + 1, column=column + 1, message=message)


# --------------------------------------------------------------------------- events to tree


class _StopReading(Exception):
    """The rest of the file cannot be read; the reason is in the builder's problems."""


@dataclass(slots=True, kw_only=True)
class _Open:
    """A mapping or sequence whose end was not met yet."""

    mark: Mark
    is_mapping: bool
    anchor: str | None
    nodes_before: int
    height: int = 1
    items: list[Node]
    entries: list[Entry]
    seen: dict[str, Mark]
    key: Scalar | None = None
    # A key that cannot be used still takes its value with it.
    key_is_bad: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Anchor:
    """What an alias stands for; `node` is `None` while it is still being read."""

    mark: Mark
    node: Node | None
    nodes: int = 0
    height: int = 0


class _Builder:
    """Builds the tree from parser events with a stack of its own; never recurses."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Anchor] = {}
        self._nodes = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        """Take the next event in file order."""
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._start(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._end()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._stop(_mark(event), "a second document starts here ('---'); a file holds one")

    def _scalar(self, event: Any) -> None:
        mark = _mark(event)
        self._check_tag(event, mark, "str")
        node = Scalar(mark=mark, text=event.value, plain=not event.style)
        self._count(1, mark)
        self._remember(event.anchor, _Anchor(mark=mark, node=node, nodes=1, height=0))
        self._place_node(node, 0)

    def _start(self, event: Any) -> None:
        mark = _mark(event)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._check_tag(event, mark, "map" if is_mapping else "seq")
        if len(self._stack) >= MAX_DEPTH:
            self._stop(mark, f"nested more than {MAX_DEPTH} deep")
        before = self._nodes
        self._count(1, mark)
        self._remember(event.anchor, _Anchor(mark=mark, node=None))
        self._stack.append(
            _Open(
                mark=mark, is_mapping=is_mapping, anchor=event.anchor, nodes_before=before,
                items=[], entries=[], seen={},
            )
        )  # fmt: skip

    def _end(self) -> None:
        done = self._stack.pop()
        node: Node
        if done.is_mapping:
            node = Mapping(mark=done.mark, entries=tuple(done.entries))
        else:
            node = Sequence(mark=done.mark, items=tuple(done.items))
        if done.anchor is not None:
            size = self._nodes - done.nodes_before
            self._anchors[done.anchor] = _Anchor(mark=done.mark, node=node, nodes=size, height=done.height)
        self._place_node(node, done.height)

    def _alias(self, event: Any) -> None:
        mark = _mark(event)
        anchor = self._anchors.get(event.anchor)
        if anchor is None:
            self._stop(
                mark,
                "an alias ('*' and a name) without its anchor ('&' and the name) above it; "
                "put the value in quotes if the '*' belongs to it",
            )
        if anchor.node is None:
            self._stop(mark, "an alias inside the value that it stands for, which would never end")
        if len(self._stack) + anchor.height > MAX_DEPTH:
            self._stop(mark, f"nested more than {MAX_DEPTH} deep when this alias is followed")
        self._count(anchor.nodes, mark)
        node = anchor.node
        if isinstance(node, Scalar):
            node = Scalar(mark=mark, text=node.text, plain=node.plain)
        self._place_node(node, anchor.height)

    def _place_node(self, node: Node, height: int) -> None:
        if not self._stack:
            self.root = node
            return
        parent = self._stack[-1]
        parent.height = max(parent.height, height + 1)
        if not parent.is_mapping:
            parent.items.append(node)
        elif parent.key_is_bad:
            parent.key_is_bad = False
        elif parent.key is None:
            self._place_key(parent, node)
        else:
            parent.entries.append(Entry(key=parent.key, value=node))
            parent.key = None

    def _place_key(self, parent: _Open, node: Node) -> None:
        message = None
        if not isinstance(node, Scalar):
            message = "a key must be one text, not a map or a list"
        elif node.is_null:
            message = "a key is empty; give it a name"
        elif node.plain and node.text == "<<":
            message = "merge keys ('<<') are not supported; write the keys out"
        elif first := parent.seen.get(node.text):
            # What is no word may be a line of another program's file.
            shown = f" {node.text!r}" if _WORD.fullmatch(node.text) else ""
            message = (
                f"key{shown} is here twice, first at line {first.line}, column {first.column}; delete one"
            )
        else:
            parent.seen[node.text] = node.mark
            parent.key = node
            return
        parent.key_is_bad = True
        self._problem(node.mark, message)

    def _check_tag(self, event: Any, mark: Mark, expected: str) -> None:
        tag: str | None = event.tag
        if tag is None or tag == _TAG_PREFIX + expected:
            return
        word = tag.removeprefix(_TAG_PREFIX)
        if word.startswith("python/"):
            shown = " '!!python/…'"
        else:
            shown = f" '!!{word}'" if word in _STANDARD_TAGS and word != tag else ""
        self._problem(
            mark,
            f"tags{shown} are not supported, every value is read as text; "
            "put the value in quotes if the '!' belongs to it",
        )

    def _remember(self, name: str | None, anchor: _Anchor) -> None:
        if name is None:
            return
        if first := self._anchors.get(name):
            place = f"line {first.mark.line}, column {first.mark.column}"
            self._problem(anchor.mark, f"an anchor ('&' and a name) is set twice; it is first at {place}")
        self._anchors[name] = anchor

    def _count(self, nodes: int, mark: Mark) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            self._stop(mark, f"more than {MAX_NODES:,} values when the aliases are followed: an alias bomb?")

    def _problem(self, mark: Mark, message: str) -> None:
        self.problems.append(mark.problem(self.file, message))

    def _stop(self, mark: Mark, message: str) -> NoReturn:
        self._problem(mark, message)
        raise _StopReading


def _mark(event: Any) -> Mark:
    return Mark(line=event.start_mark.line + 1, column=event.start_mark.column + 1)
