"""What holds for every test."""

from __future__ import annotations

import contextlib
import gc
import importlib
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.order import dealt

# No test may fail because the machine is busy: neither an example's time nor the
# generator's is judged.  Every run draws other examples, so sixty a night are many in a week.
settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=40
)
settings.load_profile("unhurried")


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Let each of several workers import the modules from another one on.

    In a new checkout nothing is compiled, and they would all compile the same module at the same time.
    """
    given = getattr(session.config, "workerinput", None)
    if given is None or sys.dont_write_bytecode:
        return
    files = [file for name in session.config.args for file in _modules(Path(name.partition("::")[0]))]
    begin = len(files) * int(given["workerid"].removeprefix("gw")) // given["workercount"]
    for file in (*files[begin:], *files[:begin]):
        # Whatever is wrong with a module, collecting it says so.
        with warnings.catch_warnings(), contextlib.suppress(Exception):
            warnings.simplefilter("error")
            importlib.import_module(".".join(file.relative_to(session.config.rootpath).with_suffix("").parts))


def _modules(path: Path) -> list[Path]:
    path = path.absolute()
    return sorted(path.rglob("test_*.py")) if path.is_dir() else [path]


# After pytest itself, which puts tests with the same wide fixture one after the other.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deal the tests out where several workers run them."""
    given = getattr(config, "workerinput", None)
    if given is not None:
        items[:] = [items[place] for place in dealt([item.nodeid for item in items], given["workercount"])]


def pytest_collection_finish() -> None:
    """Keep what collecting has imported out of every later collection of garbage.

    They stay to a worker's end, and each full collection would walk them again.
    """
    gc.collect()
    gc.freeze()
