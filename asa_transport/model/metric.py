"""What a run says of itself in numbers, as Prometheus counts: families of samples, all of them gauges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One number and the labels that tell it from its family's others."""

    labels: Mapping[str, str] = field(default_factory=dict)
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFamily:
    """A metric: its name, what it means, and its samples, each with exactly the labels named here."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
