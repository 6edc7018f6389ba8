"""Regions for the tests: a real PostgreSQL, a real RabbitMQ, and workers in processes of their own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from kombu import Connection
from sqlalchemy import make_url

from tests.fleet.middle import Middle
from tests.processes import wait_for
from tests.support import PROGRAM, QUICK, Ended, cli, program
from tests.unit.stores import postgresql
from tests.warm import Forked, forked

# A broker that the tests may make queues of their own on.
BROKER = os.environ.get("ASA_TRANSPORT_TEST_BROKER", "amqp://guest:guest@127.0.0.1:5672//")


@dataclass(frozen=True, slots=True, kw_only=True)
class Regions:
    """A store and a broker; `mark` makes the regions of a test its own."""

    store: str
    broker: str
    mark: str

    def region(self, name: str) -> str:
        """Return the name of a region."""
        return f"{name}-{self.mark}"

    def through(self, *, store: Middle | None = None, broker: Middle | None = None) -> Regions:
        """Return the same over wires that can be cut."""
        found = self
        if store is not None:
            url = make_url(self.store).set(host="127.0.0.1", port=store.port)
            found = replace(found, store=url.render_as_string(hide_password=False))
        if broker is not None:
            parts = urlsplit(self.broker)
            where = f"{parts.username}:{parts.password}@127.0.0.1:{broker.port}"
            found = replace(found, broker=parts._replace(netloc=where).geturl())
        return found

    @property
    def ports(self) -> tuple[int, int]:
        """Where the store and the broker listen."""
        return make_url(self.store).port or 5432, urlsplit(self.broker).port or 5672

    @property
    def options(self) -> tuple[str, ...]:
        """What every command is given."""
        return ("--store", self.store, "--broker", self.broker)

    def alive(self) -> list[dict[str, Any]]:
        """The regions, as `workers status` has them."""
        found = cli("workers", "status", *self.options, "--format=json").document["regions"]
        assert isinstance(found, list)
        return found

    @contextlib.contextmanager
    def worker(self, directory: Path, name: str, *more: str) -> Iterator[Forked]:
        """Start a worker of a region, and wait until it is known; it is killed at the end."""
        known = self._keys(name)
        state = directory / f"worker-{secrets.token_hex(3)}"
        given = ("-i", str(directory / "inventory.yaml"), "--state-dir", str(state), *self.options, *more)
        with forked(PROGRAM, "worker", "--region", self.region(name), *given) as running:
            # Not their number: another one may be dying just now.
            wait_for(lambda: bool(self._keys(name) - known), running)
            try:
                yield running
            finally:
                running.kill()
                running.communicate(60)

    def _keys(self, name: str) -> set[int]:
        """The workers of a region, by their keys in the store."""
        found = [one for one in self.alive() if one["region"] == self.region(name)]
        return {worker["key"] for one in found for worker in one["workers"]}

    def audit(self, directory: Path, *more: str | Path) -> Ended:
        """Audit by the workers, in a process of its own."""
        return program("audit", *self.given(directory), *more)

    def given(self, directory: Path) -> tuple[str | Path, ...]:
        """What an audit by the workers is given."""
        return (
            "-i",
            directory / "inventory.yaml",
            "--state-dir",
            directory / "state",
            "--format=json",
            *QUICK,
            "--engine=celery",
            *self.options,
        )


@contextlib.contextmanager
def regions() -> Iterator[Regions]:
    """Give both, and remove what was made; skip the test where no server answers."""
    mark = secrets.token_hex(4)
    try:
        with Connection(BROKER, connect_timeout=3) as connection:
            connection.ensure_connection(max_retries=1, timeout=3)
    except OSError as error:
        pytest.skip(f"no RabbitMQ answers; name one in ASA_TRANSPORT_TEST_BROKER: {error}")
    with postgresql() as store:
        made = Regions(store=store, broker=BROKER, mark=mark)
        try:
            yield made
        finally:
            with Connection(BROKER) as connection, connection.channel() as channel:
                for name in ("emea", "apac", "amer"):
                    channel.queue_delete(f"region.{made.region(name)}")
                    channel.queue_delete(f"region.{made.region(name)}.push")


def in_regions(directory: Path, of: Mapping[str, str]) -> None:
    """Give each device of an inventory its region."""
    path = directory / "inventory.yaml"
    document = yaml.safe_load(path.read_text())
    for name, region in of.items():
        document["devices"][name]["region"] = region
    path.write_text(yaml.safe_dump(document))


# What is another each time: clocks, ids, and what is counted from them.
_OTHER = frozenset({"id", "started_at", "finished_at", "clock", "duration_s"})
# As a firewall prints it.
_CLOCK = re.compile(r"\d\d:\d\d:\d\d(\.\d+)? UTC \w{3} \w{3} \d+ \d{4}")


def without_times(value: Any) -> Any:
    """Return a document without times and ids."""
    if isinstance(value, dict):
        return {key: without_times(one) for key, one in value.items() if key not in _OTHER}
    if isinstance(value, list):
        return [without_times(one) for one in value]
    return value


def shown(value: Any) -> str:
    """Return a document as text, for a difference that can be read."""
    return _CLOCK.sub("CLOCK", json.dumps(without_times(value), indent=1, sort_keys=True))
