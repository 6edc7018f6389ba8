"""Which part of a selection a run is of, where several machines share the work.

Pure.

Source: docs/regions.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from asa_transport.model.fields import SHA256, says


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One of several shards that together are everything; numbers count from 1."""

    number: int = field(metadata=says(minimum=1))
    of: int = field(metadata=says(minimum=1))

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a person asks for: a shard, a region, or that shard of that region; `None` for all of them."""

    shard: Shard | None = None
    region: str | None = None

    def __str__(self) -> str:
        shard = () if self.shard is None else (f"shard {self.shard}",)
        region = () if self.region is None else (f"region {self.region}",)
        return " of ".join((*shard, *region))


# Of a run that nobody divided.
UNDIVIDED: Final = Part()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPart:
    """What a run says of its part.

    Attributes:
        selection_sha256: Of all devices that were selected before they were divided, as the inventory has
            them: two parts of one selection have the same.
        selected: How many devices these are.
    """

    shard: Shard | None = field(default=None, metadata=says("null: every shard."))
    region: str | None = field(default=None, metadata=says("null: every region."))
    selection_sha256: str = field(
        metadata={
            "schema": {
                "description": "Of all devices that were selected before they were divided.",
                **SHA256["schema"],
            }
        }
    )
    selected: int = field(metadata=says("How many devices these are.", minimum=1))

    @property
    def chosen(self) -> Part:
        """What a person asked for."""
        return Part(shard=self.shard, region=self.region)
