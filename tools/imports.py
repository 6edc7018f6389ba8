"""Read the modules of a package with what each imports of the package and how long it is.

From the text alone: nothing of the package is imported or run, so that any commit can be
measured with today's tool.  An import counts wherever it stands, in a function or behind
`if TYPE_CHECKING` too.  Relative imports are not known; the linter forbids them.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# What a line may hold and still be no line of code.
_NO_CODE = frozenset(
    {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
        tokenize.ENCODING,
    }
)
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One file.

    Attributes:
        name: Dotted; that of a package is its `__init__.py`.
        room: The folder that it stands in, below the package, as `core/rules`; a file that stands
            loose in the package is a room of its own.
        imports: The modules of the same package that it imports.
        lines: All lines.
        code: Lines that are not blank, not a comment and not of a docstring.
    """

    name: str
    room: str
    imports: frozenset[str]
    lines: int
    code: int


def modules_of(root: Path, package: str) -> dict[str, Module]:
    """Return the modules of a package under ``root``, by name, in order.

    Raises:
        FileNotFoundError: There is no such package there.
    """
    paths = sorted((root / package).rglob("*.py"))
    if not paths:
        raise FileNotFoundError(f"{root / package} holds no module")
    sources = {_name(root, path): path.read_text(encoding="utf-8") for path in paths}
    rooms = {_name(root, path): _room(root / package, path) for path in paths}
    return {
        name: Module(
            name=name,
            room=rooms[name],
            imports=frozenset(_imports(ast.parse(source), sources)) - {name},
            lines=len(source.splitlines()),
            code=code_lines(source),
        )
        for name, source in sources.items()
    }


def code_lines(source: str) -> int:
    """Return how many lines of a module hold code."""
    held: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NO_CODE:
            held.update(range(token.start[0], token.end[0] + 1))
    return len(held - set(_docstring_lines(ast.parse(source))))


def _docstring_lines(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            yield from range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)


def _name(root: Path, path: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _room(package: Path, path: Path) -> str:
    folder = path.relative_to(package).parent.as_posix()
    return path.stem if folder == "." else folder


def _imports(tree: ast.AST, known: Mapping[str, str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for one in node.names:
                inner = f"{node.module}.{one.name}"
                if inner in known:
                    yield inner
                elif node.module in known:
                    yield node.module
