"""What holds for every test."""

from __future__ import annotations

import gc

import pytest
from hypothesis import HealthCheck, settings

from tests.order import dealt

# No test may fail because the machine is busy: neither an example's time nor the
# generator's is judged.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


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
