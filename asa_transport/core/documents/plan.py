"""Write a plan as its document, and read it back only if not a byte has changed.

Pure.  The file is one text and no other: `read` refuses a text that `text` would not have
written, so that an added blank is found like an added line.  The digest is SHA-256 over
the document without `digest`, as JSON with sorted keys, no blanks, ASCII only.  A digest
can be made anew by whoever edits a file; so a plan is also read against itself: only known
lines, a diff and a fingerprint that are those of the stored block, and waves that name
every device once.

Source: docs/schemas/plan.json, which is made of it; docs/push.md, "One device, step by step".
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from asa_transport.asa.license_block import applied, matches_prediction, state_of
from asa_transport.asa.licensing import GRAMMAR, first_stranger
from asa_transport.core.documents.records import WireError, decode, encode, in_json, schema
from asa_transport.core.documents.schema_parts import Schema, of_document
from asa_transport.core.planning.fingerprint import fingerprint_of
from asa_transport.errors import AlteredPlan, ExpiredPlan, MalformedPlan, in_words
from asa_transport.model import Plan, PlannedDevice
from asa_transport.text import instant, unified_diff

SCHEMA: Final = "asa-transport/plan/1"
# Two machines' clocks: who plans and who pushes need not share one.
_CLOCKS_APART: Final = timedelta(minutes=5)
_AGAIN: Final = "make a new plan with 'asa-transport plan', and get it approved again"
_RIGHT_FILE: Final = "give the file that 'asa-transport plan -o FILE' has written"


def document(plan: Plan) -> dict[str, Any]:
    """Return the whole document, its digest computed."""
    body = {"schema": SCHEMA, **encode(plan)}
    del body["digest"]
    return {**body, "digest": _digest(body)}


def sealed(plan: Plan) -> Plan:
    """Return the plan with its digest."""
    return replace(plan, digest=document(plan)["digest"])


def text(plan: Plan) -> str:
    """Return the text of the plan file: these bytes in UTF-8, which are ASCII, and no others."""
    return json.dumps(document(plan), indent=2, ensure_ascii=True) + "\n"


def read(written: str) -> Plan:
    """Return the plan of a file's text.

    Raises:
        MalformedPlan: It is no plan, or not a whole one.
        AlteredPlan: It is not what was made.
    """
    try:
        found = json.loads(written)
    except (ValueError, RecursionError) as error:
        # What does not even begin as a plan does was never one.
        if not written.lstrip().startswith("{"):
            raise MalformedPlan(f"this is not a plan; {_RIGHT_FILE}") from error
        raise MalformedPlan(f"the plan is not whole: {in_words(error)}; {_AGAIN}") from error
    plan = load(found)
    if text(plan) != written:
        raise AlteredPlan(
            "the plan was altered: its values are the same, but blanks or the order of the lines are not; "
            f"use the file as it was made, or {_AGAIN}"
        )
    return plan


def load(found: Any) -> Plan:
    """Return the plan of a document; raises as `read`."""
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        named = found.get("schema") if isinstance(found, dict) else None
        seen = "" if named is None else f": its schema is {in_json(named)}"
        raise MalformedPlan(f"this is not a plan{seen}; {_RIGHT_FILE}")
    body = {key: value for key, value in found.items() if key != "digest"}
    values = {key: value for key, value in found.items() if key != "schema"}
    try:
        plan = decode(Plan, values)
    except WireError as error:
        raise MalformedPlan(f"the plan was altered or cut: {error}; {_AGAIN}") from error
    computed = _digest(body)
    if plan.digest != computed:
        raise AlteredPlan(
            f"the plan was altered{_suspects(plan)}: its digest is {plan.digest:.12}, but its content has "
            f"{computed:.12}; {_AGAIN}"
        )
    wrong = _contradiction(plan)
    if wrong is not None:
        raise AlteredPlan(f"the plan was altered, and its digest made anew: {wrong}; {_AGAIN}")
    return plan


def check_valid(plan: Plan, now: datetime) -> None:
    """Raise ExpiredPlan where the plan is past its end, or made in the future; both ends count as valid."""
    if now > plan.valid_until:
        raise ExpiredPlan(
            f"the plan expired at {instant(plan.valid_until)} (it was made at {instant(plan.created_at)}); "
            f"{_AGAIN}"
        )
    if plan.created_at > now + _CLOCKS_APART:
        raise ExpiredPlan(
            f"the plan was made at {instant(plan.created_at)}, but here it is {instant(now)}: one of the two "
            f"clocks is wrong; correct it, or {_AGAIN}"
        )


def json_schema() -> Schema:
    """Return the JSON Schema of the document."""
    return of_document(SCHEMA, schema(Plan)["properties"])


def _digest(body: dict[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _suspects(plan: Plan) -> str:
    """Name the devices whose parts do not fit each other, to help whoever looks for the edit."""
    names = [device.name for device in plan.devices if _device_contradiction(device) is not None]
    return f" at {', '.join(names[:5])}" if names else ""


def _contradiction(plan: Plan) -> str | None:
    """Return in what the plan contradicts itself; `None` where it does not."""
    placed = {name: number for number, wave in enumerate(plan.waves, 1) for name in wave}
    named = [name for wave in plan.waves for name in wave]
    if Counter(named) != Counter(device.name for device in plan.devices):
        return "the waves are not those of the devices"
    places = [*named, *(held.name for held in plan.held), *plan.nothing_to_do]
    twice = [name for name, count in Counter(places).items() if count > 1]
    if twice:
        return f"{twice[0]!r:.80} is there twice"
    for device in plan.devices:
        if placed[device.name] != device.wave:
            return f"{device.name!r:.80} is not in wave {device.wave}"
        wrong = _device_contradiction(device) or _guard_contradiction(device)
        if wrong is not None:
            return f"{device.name!r:.80}: {wrong}"
    return _unit_contradiction(plan)


def _unit_contradiction(plan: Plan) -> str | None:
    """Return why two devices are one firewall, or one unit in two parts; `None` for neither."""
    by_name = {device.name: device for device in plan.devices}
    by_serial: dict[str, PlannedDevice] = {}
    for device in plan.devices:
        twin = by_serial.setdefault(device.identity.serial or f"name {device.name}", device)
        if twin is not device:
            return f"{twin.name!r:.80} and {device.name!r:.80} have one serial number"
    for device in plan.devices:
        mate = by_serial.get(device.observed.mate_serial or "")
        others = [by_name[name] for name in device.members if name in by_name]
        for other in [*others, *([] if mate is None else [mate])]:
            if (other.unit, other.wave) != (device.unit, device.wave):
                return f"{device.name!r:.80} and {other.name!r:.80} are not one unit in one wave"
    return None


def _guard_contradiction(device: PlannedDevice) -> str | None:
    if device.name not in device.members:
        return f"it is not in its own unit {device.unit!r:.80}"
    if device.identity.serial != device.observed.serial:
        return "its identity has another serial number than what was observed"
    if device.reachability is None:
        return "it names nothing that the firewall must reach before it is changed"
    return None


def _device_contradiction(device: PlannedDevice) -> str | None:
    for what, lines in (("apply", device.apply), ("rollback", device.rollback)):
        stranger = first_stranger(lines)
        if stranger is not None:
            return f"{what} has the line {stranger!r:.120}; expected {GRAMMAR}"
    if device.fingerprint != fingerprint_of(device.before, device.observed):
        return "the fingerprint is not that of the observed block"
    headings = (f"{device.name} observed", f"{device.name} predicted")
    if device.diff != unified_diff(device.before, device.predicted, *headings):
        return "the diff is not that of the two blocks"
    default = device.observed.default_type
    there = applied(device.before, device.apply, None)
    if not matches_prediction(there, device.predicted, default=default):
        return "the lines do not lead to the predicted block"
    back = applied(device.predicted, device.rollback, None)
    if state_of(back, default) != state_of(device.before, default):
        return "the rollback lines do not lead back"
    return None
