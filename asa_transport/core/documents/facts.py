"""The facts of a device in a document, and their JSON Schema, both out of the model's own types.

Pure.  A field of the model's facts is a key of the document, unless it says there that it is left out;
null means that the device did not say.  What the two have not in common stands below: the days that
are left depend on the time of the run, a line that was not understood stands in one object with where
it is from, and the comparison of two licence blocks is an object of its own.

Source: docs/schemas/audit.json, which is made of it; JSON Schema draft 2020-12.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from asa_transport.core.documents import records
from asa_transport.core.documents.schema_parts import Schema, strict_object
from asa_transport.model import DeviceFacts, Evidence, Proxy, SshFacts, SshOffer

_SECONDS_A_DAY: Final = 86_400
# For kinds whose schema stands in the document's `$defs`, the name there.
DEFINED: Final[Mapping[type[Any], str]] = {
    Evidence: "evidence",
    Proxy: "proxy",
    SshFacts: "ssh",
    SshOffer: "ssh_offer",
}


def days_left(facts: DeviceFacts, now: datetime) -> float | None:
    """Return days to the communication deadline, negative once past; `None` without a date.

    Counted from the device's own clock where it was read, else from `now`.
    """
    deadline = facts.authorization.deadline_at
    if deadline is None:
        return None
    clock = facts.clock.at if facts.clock is not None and facts.clock.at is not None else now
    return (deadline - clock).total_seconds() / _SECONDS_A_DAY


def facts_record(facts: DeviceFacts, now: datetime) -> dict[str, Any]:
    """Return the facts as the document has them; ages and days count from the device's clock, else `now`."""
    record: dict[str, Any] = records.encode(facts)
    left = days_left(facts, now)
    record["authorization"]["days_left"] = None if left is None else round(left, 2)
    record["startup_license"] = {"state": record["startup_license"]}
    record["unknown"] = [{**one.pop("evidence"), **one} for one in record["unknown"]]
    return record


def facts_schema() -> Schema:
    """Return the schema of what `facts_record` makes, and no more."""
    properties = records.schema(DeviceFacts, DEFINED)["properties"]
    properties["authorization"] = strict_object(
        {
            **properties["authorization"]["properties"],
            "days_left": {
                "description": "From the device's own clock where it was read; negative once past.",
                "type": ["number", "null"],
            },
        }
    )
    compared = properties["startup_license"]
    properties["startup_license"] = {
        "description": compared.pop("description"),
        **strict_object({"state": compared}),
    }
    unknown = properties["unknown"]["items"]["properties"]
    del unknown["evidence"]
    properties["unknown"]["items"] = strict_object({**records.schema(Evidence)["properties"], **unknown})
    return {"description": "null means that the device did not say.", **strict_object(properties)}


def definitions() -> dict[str, Schema]:
    """Return what the schema of the facts refers to, for the document's `$defs`."""
    return {name: records.schema(kind) for kind, name in DEFINED.items()}
