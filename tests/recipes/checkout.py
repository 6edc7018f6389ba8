"""A copy of the checkout to try a recipe in, and what a recipe is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support import ROOT, Ended

PAGE = ROOT / "CONTRIBUTING.md"
# What a program, its pages and its tests are made of.
_PARTS = (
    "asa_transport", "mock_devices", "templates", "textfsm_templates", "tools", "docs", "contrib", "tests",
    "policy.example.yaml", "pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md",
)  # fmt: skip
# As `python -m` runs each, in one process.
_MAKES = """
import runpy, sys

for module in sys.argv[1:]:
    sys.argv[1:] = []
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code:
            raise
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What somebody types who follows a recipe.

    Attributes:
        new: Files that are added, by path.
        edits: Texts that are replaced in files that are there, by path: each stands there once.
        proof: Raises where the program does not do what was added.
    """

    new: Mapping[str, str]
    edits: Mapping[str, Mapping[str, str]]
    proof: Callable[[Checkout], None]

    @property
    def touched(self) -> set[str]:
        """The files that were written by hand."""
        return {*self.new, *self.edits}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A copy of the checkout; `folder` is beside it, for what the program is given."""

    root: Path
    folder: Path

    @classmethod
    def copied(cls, folder: Path) -> Checkout:
        """Copy what is here into a folder."""
        root = folder / "checkout"
        # What has been compiled here is good there too; but for what is being written just now.
        left_out = shutil.ignore_patterns("*.pyc.*", "*.png")
        root.mkdir()
        for part in _PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, root / part, ignore=left_out)
            else:
                shutil.copy(ROOT / part, root / part)
        return cls(root=root, folder=folder)

    def follow(self, recipe: Recipe) -> None:
        """Write what the recipe adds and replace what it replaces."""
        for path, text in recipe.new.items():
            assert not (self.root / path).exists(), path
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text, encoding="utf-8")
        for path, edits in recipe.edits.items():
            whole = (self.root / path).read_text(encoding="utf-8")
            for before, after in edits.items():
                assert whole.count(before) == 1, (path, before)
                whole = whole.replace(before, after)
            (self.root / path).write_text(whole, encoding="utf-8")

    def run(self, *arguments: str | Path, code: int = 0, **environment: str) -> Ended:
        """Run the copy's program; it must end with this code."""
        return self.python(
            "-c", "from asa_transport.cli.main import run; run()", *arguments, code=code, **environment
        )

    def passes(self, *tests: str) -> None:
        """Run the copy's own tests of these names."""
        self.python("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests)

    def fails(self, *tests: str) -> None:
        """Run the copy's own tests of these names; one of them must fail."""
        self.python("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests, code=1)

    def make_pages(self) -> None:
        """Write the pages that are made from the code, and what is read in golden outputs."""
        self.python("-c", _MAKES, "tools.pages", "tests.golden.golden")

    def python(self, *arguments: str | Path, code: int = 0, **environment: str) -> Ended:
        """Run the interpreter in the copy; it must end with this code."""
        done = subprocess.run(
            [sys.executable, "-P", *arguments], cwd=self.root, capture_output=True, text=True, timeout=100,
            check=False, stdin=subprocess.DEVNULL,
            # Each start would compile all of it anew if it kept nothing.
            env={**os.environ, "PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "", **environment},
        )  # fmt: skip
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return Ended(code=done.returncode, out=done.stdout, err=done.stderr)


def section(title: str) -> str:
    """Return what the page says under a heading of a recipe."""
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(f"\n### {title}\n")
    assert rest, f"CONTRIBUTING.md has no recipe {title!r}"
    return re.split(r"^#", rest, maxsplit=1, flags=re.MULTILINE)[0]


def steps(text: str) -> list[str]:
    """Return the files that a recipe's numbered steps name, one a step."""
    return re.findall(r"^\d+\. `([^`]+)`", text, flags=re.MULTILINE)
