"""The tests read nothing outside the repository, so that they are the same for whoever has it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import PurePosixPath

import pytest

from tests.support import ROOT

FILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py"))
# What belongs to the machine, not to whoever laid it out.
OF_THE_MACHINE = ("/dev/", "/proc/", "/proc")
READS = frozenset(
    {"read_text", "read_bytes", "open", "iterdir", "glob", "rglob", "is_file", "is_dir", "exists"}
)


def along(start: int, path: str) -> int:
    """Return the height of a path below a folder of this height, or of the first place outside on its way."""
    for part in PurePosixPath(path).parts:
        if start > 0:
            break
        start += 1 if part == ".." else -1
    return start


def height(node: ast.expr, file: str, known: Mapping[str, int]) -> int | None:
    """Return how many levels above the repository a path lies: 0 is itself, less is inside.

    `None` where the expression is no path that begins at a file of the tests.
    """
    found: int | None = None
    match node:
        case ast.Name(id=name):
            found = known.get(name)
        case ast.Call(func=ast.Name(id="Path"), args=[ast.Name(id="__file__")]):
            found = -len(PurePosixPath(file).parts)
        case ast.Call(func=ast.Name(id="Path"), args=[ast.Constant(value=str(text)), *_]):
            found = None if text.startswith("/") else along(0, text)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="Path"), attr="cwd")):
            found = 0
        case ast.Call(func=ast.Attribute(value=inner, attr="resolve" | "absolute")):
            found = height(inner, file, known)
        case ast.Attribute(value=inner, attr="parent"):
            found = _above(height(inner, file, known), 1)
        case ast.Subscript(
            value=ast.Attribute(value=inner, attr="parents"), slice=ast.Constant(value=int(up))
        ):
            found = _above(height(inner, file, known), up + 1)
        case ast.BinOp(left=inner, op=ast.Div(), right=right):
            start = height(inner, file, known)
            down = str(right.value) if isinstance(right, ast.Constant) else "unknown"
            found = None if start is None else along(start, down)
        case _:
            pass
    return found


def _above(start: int | None, up: int) -> int | None:
    return None if start is None else start + up


def is_read(node: ast.expr) -> bool:
    """Return whether a file or folder with an absolute name of somebody's machine is looked into."""
    match node:
        case ast.Attribute(
            value=ast.Call(func=ast.Name(id="Path"), args=[ast.Constant(value=str(text))]), attr=attribute
        ):
            return attribute in READS and text.startswith("/") and not text.startswith(OF_THE_MACHINE)
        case _:
            return False


def paths(tree: ast.Module, file: str) -> dict[str, int]:
    """Return the heights of the paths that have a name in a module, also by an import from another one."""
    known: dict[str, int] = {}
    for node in tree.body:
        match node:
            case ast.ImportFrom(module=str(module), names=names) if module.startswith("tests."):
                theirs = paths_of(f"{module.replace('.', '/')}.py")
                known |= {one.asname or one.name: theirs[one.name] for one in names if one.name in theirs}
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found = height(value, file, known)
                if found is not None:
                    known[name] = found
    return known


@cache
def paths_of(file: str) -> Mapping[str, int]:
    path = ROOT / file
    return paths(ast.parse(path.read_text(encoding="utf-8")), file) if path.is_file() else {}


def outside(source: str, file: str) -> Iterator[str]:
    """Yield each expression that leads out of the repository, with its line."""
    tree = ast.parse(source)
    known = paths(tree, file)
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and ((height(node, file, known) or 0) > 0 or is_read(node)):
            yield f"{file}:{node.lineno}: {ast.unparse(node)}"


@pytest.mark.parametrize("file", FILES)
def test_no_test_names_a_place_outside_the_repository(file: str) -> None:
    """What only one machine has is skipped everywhere else, and nobody sees that it proves nothing there."""
    assert list(outside((ROOT / file).read_text(encoding="utf-8"), file)) == []


@pytest.mark.parametrize(
    "line",
    [
        'X = Path(__file__).parents[2].parent / "kept" / "a.txt"',
        "X = Path(__file__).resolve().parents[3]",
        'HERE = Path(__file__).parent\nX = HERE / "../../../kept"',
        'from tests.support import ROOT\nX = ROOT.parent / "kept"',
        'from tests.golden.golden import REPOSITORY as OURS\nX = OURS.parent / "kept"',
        'def test_x():\n    return Path(__file__).parents[2].parent.joinpath("kept")',
        'X = Path("../kept")',
        'X = Path("/srv/kept").read_text()',
        'X = Path.cwd().parent / "kept"',
    ],
)
def test_a_way_out_is_seen(line: str) -> None:
    """Otherwise the test above is a promise only."""
    assert list(outside(f"from pathlib import Path\n{line}\n", "tests/unit/test_x.py"))


@pytest.mark.parametrize(
    "line",
    [
        'X = Path(__file__).parents[2] / "docs"',
        'from tests.support import ROOT\nX = ROOT / "docs" / ".." / "templates"',
        "def test_x(tmp_path):\n    return tmp_path.parent",
        'X = Path("/dev/full").open("w")',
        'X = Device(known_hosts=Path("/nowhere"))',
        'X = Path("tests")',
    ],
)
def test_what_stays_inside_is_let_be(line: str) -> None:
    """A folder of pytest's own and a device of the machine belong to nobody's checkout."""
    assert not list(outside(f"from pathlib import Path\n{line}\n", "tests/unit/test_x.py"))
