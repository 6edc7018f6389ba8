"""The facts of a device in a document, and their JSON Schema: each record beside what is said of it.

Pure.  States are the model's own enumerations; null means that the device did not say.

Source: CONTRACT §5; JSON Schema draft 2020-12.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from asa_transport.core.documents.schema_parts import (
    COUNT,
    FLAG,
    FLAG_OR_NULL,
    INSTANT_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    WORD,
    Schema,
    list_of,
    one_of,
    one_of_or_null,
    strict_object,
)
from asa_transport.model import (
    AuthorizationState,
    Block,
    ClusterRole,
    ContactResult,
    ContextMode,
    DeviceFacts,
    Evidence,
    ExportControl,
    FailoverState,
    FailoverUnit,
    LastContact,
    LicenseMode,
    Proxy,
    RegistrationState,
    StartupLicense,
    TransportSource,
    TransportType,
    UnknownLine,
    UnsavedState,
)
from asa_transport.text import instant

_SECONDS_A_DAY: Final = 86_400


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
    return {
        "hostname": facts.hostname,
        "version": facts.version,
        "model": facts.model,
        "serial": facts.serial,
        "license_mode": facts.license_mode.value,
        "reservation": facts.reservation,
        "agent_version": facts.agent_version,
        **_license_facts(facts, now),
        **_unit_facts(facts),
        "context_mode": _value(facts.context_mode),
        "context": facts.context,
        "clock": None if facts.clock is None else {"at": instant(facts.clock.at), "zone": facts.clock.zone},
        "unsaved": {
            "state": _value(facts.unsaved.state),
            "by": facts.unsaved.by,
            "at": facts.unsaved.at,
        },
        "startup_license": {"state": _value(facts.startup_license)},
        "restricted": list(facts.restricted),
        "chatter": facts.chatter,
        "refused": [evidence_record(refused) for refused in facts.refused],
        "unknown": [_unknown_record(unknown) for unknown in facts.unknown],
    }


def _license_facts(facts: DeviceFacts, now: datetime) -> dict[str, Any]:
    left = days_left(facts, now)
    return {
        "transport": {
            "type": _value(facts.transport.type),
            "source": _value(facts.transport.source),
            "url": facts.transport.url,
            "proxy": _proxy_record(facts.transport.proxy),
            "proxy_known": facts.transport.proxy_known,
            "proxy_source": _value(facts.transport.proxy_source),
            "callhome_proxy": _proxy_record(facts.transport.callhome_proxy),
            "callhome_url": facts.transport.callhome_url,
        },
        "registration": {
            "state": _value(facts.registration.state),
            "export_control": _value(facts.registration.export_control),
            "last_renewal": _contact_record(facts.registration.last_renewal),
            "expires_at": instant(facts.registration.expires_at),
        },
        "authorization": {
            "state": _value(facts.authorization.state),
            "last_contact": _contact_record(facts.authorization.last_contact),
            "next_contact_at": instant(facts.authorization.next_contact_at),
            "deadline_at": instant(facts.authorization.deadline_at),
            "deadline_exceeded": facts.authorization.deadline_exceeded,
            "days_left": None if left is None else round(left, 2),
        },
        "usage": {
            "platform_state": facts.usage.platform_state,
            "enforce_modes": list(facts.usage.enforce_modes),
            "entitlements": [
                {"name": one.name, "status": one.status, "export": one.export}
                for one in facts.usage.entitlements
            ],
            "strong_encryption": facts.usage.strong_encryption,
            "compliance": facts.usage.compliance,
            "overall_status": facts.usage.overall_status,
        },
    }


def _unit_facts(facts: DeviceFacts) -> dict[str, Any]:
    return {
        "failover": {
            "enabled": facts.failover.enabled,
            "unit": _value(facts.failover.unit),
            "state": _value(facts.failover.state),
            "mate_serial": facts.failover.mate_serial,
            "mate_state": facts.failover.mate_state,
            "version": facts.failover.version,
            "mate_version": facts.failover.mate_version,
            "is_mate_unknown": facts.failover.is_mate_unknown,
            "is_cloud": facts.failover.is_cloud,
        },
        "cluster": {
            "enabled": facts.cluster.enabled,
            "name": facts.cluster.name,
            "unit": facts.cluster.unit,
            "role": _value(facts.cluster.role),
            "members": [
                {
                    "unit": member.unit,
                    "state": member.state,
                    "role": member.role.value,
                    "version": member.version,
                    "serial": member.serial,
                }
                for member in facts.cluster.members
            ],
        },
    }


def _contact_record(contact: LastContact) -> dict[str, Any]:
    return {"result": _value(contact.result), "at": instant(contact.at), "reason": contact.reason}


def evidence_record(evidence: Evidence) -> dict[str, Any]:
    """Return the line that proves something."""
    return {"command": evidence.command, "line": evidence.line, "text": evidence.text}


def _unknown_record(unknown: UnknownLine) -> dict[str, Any]:
    return {
        **evidence_record(unknown.evidence),
        "block": unknown.block.value,
        "fact": unknown.fact,
        "reason": unknown.reason,
    }


def _proxy_record(proxy: Proxy | None) -> Mapping[str, Any] | None:
    return None if proxy is None else {"host": proxy.host, "port": proxy.port}


def _value(member: Any) -> str | None:
    return None if member is None else str(member.value)


def facts_schema() -> Schema:
    """Return the schema of what `facts_record` makes, and no more."""
    return {
        "description": "null means that the device did not say.",
        **strict_object(
            {
                "hostname": TEXT_OR_NULL,
                "version": TEXT_OR_NULL,
                "model": TEXT_OR_NULL,
                "serial": TEXT_OR_NULL,
                "license_mode": one_of(LicenseMode),
                "reservation": FLAG_OR_NULL,
                "agent_version": TEXT_OR_NULL,
                "transport": _transport_schema(),
                "registration": strict_object(
                    {
                        "state": one_of_or_null(RegistrationState),
                        "export_control": one_of_or_null(ExportControl),
                        "last_renewal": _contact_schema(),
                        "expires_at": INSTANT_OR_NULL,
                    }
                ),
                "authorization": _authorization_schema(),
                "usage": _usage_schema(),
                "failover": strict_object(
                    {
                        "enabled": FLAG_OR_NULL,
                        "unit": one_of_or_null(FailoverUnit),
                        "state": one_of_or_null(FailoverState),
                        "mate_serial": TEXT_OR_NULL,
                        "mate_state": TEXT_OR_NULL,
                        "version": TEXT_OR_NULL,
                        "mate_version": TEXT_OR_NULL,
                        "is_mate_unknown": FLAG,
                        "is_cloud": FLAG,
                    }
                ),
                "cluster": _cluster_schema(),
                "context_mode": one_of_or_null(ContextMode),
                "context": TEXT_OR_NULL,
                "clock": _clock_schema(),
                "unsaved": _unsaved_schema(),
                "startup_license": {
                    "description": "The licence block that a reload would bring; null: not compared.",
                    **strict_object({"state": one_of_or_null(StartupLicense)}),
                },
                "restricted": list_of(WORD),
                "chatter": COUNT,
                "refused": list_of({"$ref": "#/$defs/evidence"}),
                "unknown": list_of(_unknown_schema()),
            }
        ),
    }


def _contact_schema() -> Schema:
    return strict_object(
        {"result": one_of_or_null(ContactResult), "at": INSTANT_OR_NULL, "reason": TEXT_OR_NULL}
    )


def _usage_schema() -> Schema:
    entitlement = {"name": TEXT, "status": TEXT_OR_NULL, "export": TEXT_OR_NULL}
    return {
        "description": "What the device says of its licences elsewhere, in its own words.",
        **strict_object(
            {
                "platform_state": TEXT_OR_NULL,
                "enforce_modes": list_of(TEXT),
                "entitlements": list_of(strict_object(entitlement)),
                "strong_encryption": FLAG_OR_NULL,
                "compliance": TEXT_OR_NULL,
                "overall_status": TEXT_OR_NULL,
            }
        ),
    }


def _cluster_schema() -> Schema:
    member = {
        "unit": TEXT,
        "state": TEXT,
        "role": one_of(ClusterRole),
        "version": TEXT_OR_NULL,
        "serial": TEXT_OR_NULL,
    }
    return strict_object(
        {
            "enabled": FLAG_OR_NULL,
            "name": TEXT_OR_NULL,
            "unit": TEXT_OR_NULL,
            "role": one_of_or_null(ClusterRole),
            "members": list_of(strict_object(member)),
        }
    )


def _transport_schema() -> Schema:
    proxy = {"anyOf": [{"$ref": "#/$defs/proxy"}, {"type": "null"}]}
    return strict_object(
        {
            "type": one_of_or_null(TransportType),
            "source": one_of_or_null(TransportSource),
            "url": TEXT_OR_NULL,
            "proxy": {"description": "null: none, or with `proxy_known` false not known.", **proxy},
            "proxy_known": FLAG,
            "proxy_source": one_of_or_null(TransportSource),
            "callhome_proxy": proxy,
            "callhome_url": {"description": "The address of call-home, whatever the type.", **TEXT_OR_NULL},
        }
    )


def _authorization_schema() -> Schema:
    return strict_object(
        {
            "state": one_of_or_null(AuthorizationState),
            "last_contact": _contact_schema(),
            "next_contact_at": INSTANT_OR_NULL,
            "deadline_at": INSTANT_OR_NULL,
            "deadline_exceeded": {
                "description": "The device shows a text in place of a date.",
                **FLAG,
            },
            "days_left": {
                "description": "From the device's own clock where it was read; negative once past.",
                "type": ["number", "null"],
            },
        }
    )


def _unsaved_schema() -> Schema:
    return {
        "description": "Changes that a reload would lose (inferred); `at` in the device's own words.",
        **strict_object(
            {"state": one_of_or_null(UnsavedState), "by": TEXT_OR_NULL, "at": TEXT_OR_NULL},
        ),
    }


def _clock_schema() -> Schema:
    clock = strict_object({"at": INSTANT_OR_NULL, "zone": TEXT})
    return {
        "description": "`at` is null where the zone's offset is not known.",
        "anyOf": [clock, {"type": "null"}],
    }


def _line_schema() -> Schema:
    return {
        "command": WORD,
        "line": {"description": "From 1, in the command's answer.", "type": "integer", "minimum": 1},
        "text": TEXT,
    }


def evidence_schema() -> Schema:
    """Return the schema of what `evidence_record` makes."""
    return strict_object(_line_schema())


def _unknown_schema() -> Schema:
    fact = {"description": "The fact that it leaves open; null: nobody knows what it tells.", **TEXT_OR_NULL}
    return strict_object({**_line_schema(), "block": one_of(Block), "fact": fact, "reason": TEXT})
