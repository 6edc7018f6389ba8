"""A consumer of Celery's that does only what a region's worker needs; imported by its name.

Celery adds a step of its own where it sees a quorum queue: it makes some thirty exchanges and queues to
delay messages, and binds ours to them.  Nothing here is delayed, and the user of a region may make no queues.

Source: Celery 5.7, `celery.worker.consumer.delayed_delivery`; "Extensions and Bootsteps".
"""

from __future__ import annotations

from typing import Any, ClassVar

from celery.worker.consumer import Consumer

_UNWANTED = frozenset(
    {
        "celery.worker.consumer.delayed_delivery:DelayedDelivery",
        "celery.worker.consumer.gossip:Gossip",
        "celery.worker.consumer.control:Control",
        "celery.worker.consumer.heart:Heart",
    }
)


class RegionConsumer(Consumer):
    """Connects, consumes its queue, and does nothing else."""

    class Blueprint(Consumer.Blueprint):
        """The steps that are left."""

        default_steps: ClassVar[list[Any]] = [
            step for step in Consumer.Blueprint.default_steps if step not in _UNWANTED
        ]
