"""Write metrics for node_exporter's textfile collector, and read the last ones back.

Guarantees that a reader sees the old file or the new one, whole, and may read it (0644)
whatever the umask is.  Never adds a metric of its own: no process, no Python version.

Source: node_exporter, "Textfile Collector"; Prometheus text format 0.0.4.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Metric, write_to_textfile
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from asa_transport.errors import UserError
from asa_transport.model import MetricFamily, Sample

# 10,000 devices with every series take 20 MB; more is no file of ours.
_LARGEST: Final = 128 * 1024 * 1024


class _Families(Collector):
    def __init__(self, families: Iterable[MetricFamily]) -> None:
        self._families = tuple(families)

    def collect(self) -> Iterator[Metric]:
        # A family without a sample would be a name that is there and says nothing.
        for family in filter(lambda family: family.samples, self._families):
            gauge = GaugeMetricFamily(family.name, family.help, labels=family.labels)
            for sample in family.samples:
                gauge.add_metric([sample.labels[label] for label in family.labels], sample.value)
            yield gauge


def check(path: Path) -> None:
    """Raise UserError where no file can be put there; creates nothing."""
    folder = path.parent
    try:
        if not folder.is_dir():
            raise UserError(f"--metrics {path}: there is no directory {folder}; make it first")
        if path.name == "-" or (path.exists() and not path.is_file()):
            raise UserError(f"--metrics {path}: expected a file, which is replaced after each run")
    except OSError as error:
        raise UserError(f"--metrics {path}: cannot be written: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserError(
            f"--metrics {path}: you may not write in {folder}, where the new file is made before it takes "
            "the old one's place"
        )


def write(path: Path, families: Sequence[MetricFamily]) -> None:
    """Put the file in its place; raises OSError, and the old file then stands as it was."""
    registry = CollectorRegistry()
    registry.register(_Families(families))
    # Not under the final name: that one must never be there with a mode that keeps its reader out.
    path = path.resolve() if path.is_symlink() else path
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_to_textfile(str(fresh), registry)
        fresh.chmod(0o644)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def read(path: Path) -> tuple[MetricFamily, ...]:
    """Return what a file holds; nothing where there is none.

    Raises:
        ValueError: It is no such file; the message does not quote it.
        OSError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST + 1).decode("utf-8")
    except FileNotFoundError:
        return ()
    if len(text) > _LARGEST:
        raise ValueError("it is larger than any metrics file of ours")
    try:
        return tuple(map(_family, text_string_to_metric_families(text)))
    # What the parser raises on a malformed line depends on the place of the fault.
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise ValueError("it is not in the Prometheus text format") from error


def _family(metric: Metric) -> MetricFamily:
    samples = tuple(Sample(labels=dict(sample.labels), value=sample.value) for sample in metric.samples)
    labels = tuple(sorted({label for sample in samples for label in sample.labels}))
    return MetricFamily(name=metric.name, help=metric.documentation, labels=labels, samples=samples)
