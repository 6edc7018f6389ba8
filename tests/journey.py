"""Follow a value through the program while it runs: which modules it enters, and who hands it on.

A value enters a module when a function there is called with it.  What is followed is told by a
predicate, so that a path and what was read from it can be one journey.
"""

from __future__ import annotations

import dataclasses
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from tests.support import ROOT

PACKAGE = f"{ROOT / 'asa_transport'}/"


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One call with the value: from which module, into which function of which module."""

    source: str
    module: str
    function: str


class Journey:
    """The calls that a value was handed to, in their order."""

    def __init__(self, is_followed: Callable[[object], bool]) -> None:
        self.steps: list[Step] = []
        self._is_followed = is_followed

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that were entered, in the order of their first visit, e.g. ``core/parsing/parse``."""
        return tuple(dict.fromkeys(step.module for step in self.steps))

    def climbs(self) -> list[Step]:
        """Return the steps in which a lower layer handed the value to a higher one."""
        return [step for step in self.steps if layer(step.module) < layer(step.source)]

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch all threads that begin meanwhile, and this one."""
        threading.setprofile(self._called)
        sys.setprofile(self._called)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def _called(self, frame: FrameType, event: str, _argument: Any) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(PACKAGE):
            return
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        if any(self._is_followed(frame.f_locals.get(name)) for name in names):
            self.steps.append(Step(_caller(frame), _module(frame), code.co_name))


def _module(frame: FrameType) -> str:
    return frame.f_code.co_filename.removeprefix(PACKAGE).removesuffix(".py").removesuffix("/__init__")


def _caller(frame: FrameType) -> str:
    """Return the module that called; what lies between (the standard library, `dataclasses`) hands on."""
    above = frame.f_back
    while above is not None and not above.f_code.co_filename.startswith(PACKAGE):
        above = above.f_back
    return _module(frame) if above is None else _module(above)


def layer(module: str) -> int:
    """Return the layer of a module by the first contract of `pyproject.toml`: 0 is the highest."""
    return next(number for number, names in enumerate(LAYERS) if module.split("/", maxsplit=1)[0] in names)


def _layers() -> list[set[str]]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (contract,) = [
        one
        for one in tomllib.loads(text)["tool"]["importlinter"]["contracts"]
        if one["name"] == "Higher may use lower, never the other way"
    ]
    return [
        {name.strip().removeprefix("asa_transport.") for name in line.replace(":", "|").split("|")}
        for line in contract["layers"]
    ]


LAYERS = _layers()
