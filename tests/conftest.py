"""What holds for every test."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# No test may fail because the machine is busy: neither an example's time nor the
# generator's is judged.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
