"""The JSON Schemas of all files that the program reads or writes, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from asa_transport.core.documents import audit, capture, doctor, notification, plan, push
from asa_transport.core.documents import diff as diff_document
from asa_transport.core.reports.ticket import content
from asa_transport.files import inventory_schema

# Each of these brings pydantic.


def _bugs() -> dict[str, Any]:
    from asa_transport.files import bug_file

    return bug_file.schema()


def _ledger(name: str) -> dict[str, Any]:
    from asa_transport.files import ledger_model

    return ledger_model.schema(name)


def _notify() -> dict[str, Any]:
    from asa_transport.files import notify_file

    return notify_file.schema()


def _policy() -> dict[str, Any]:
    from asa_transport.files import policy_file

    return policy_file.schema()


SCHEMAS: Final[Mapping[str, Callable[[], dict[str, Any]]]] = {
    "inventory": inventory_schema.schema,
    "policy": _policy,
    "bugs": _bugs,
    "exceptions": partial(_ledger, "exceptions"),
    "waivers": partial(_ledger, "waivers"),
    "notify": _notify,
    "audit": audit.schema,
    "diff": diff_document.schema,
    "doctor": doctor.schema,
    "notification": notification.schema,
    "plan": plan.json_schema,
    "push": push.schema,
    "capture": capture.schema,
    "ticket": content.schema,
}
