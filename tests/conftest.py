"""What holds for every test."""

from __future__ import annotations

import gc

from hypothesis import HealthCheck, settings

# No test may fail because the machine is busy: neither an example's time nor the
# generator's is judged.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_collection_finish() -> None:
    """Keep what collecting has imported out of every later collection of garbage.

    They stay to a worker's end, and each full collection would walk them again.
    """
    gc.collect()
    gc.freeze()
