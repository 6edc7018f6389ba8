"""Read an inventory from NetBox, by its API: devices and virtual machines, with the filter of the URL.

The token is in the environment variable `NETBOX_TOKEN`, of version 1 or 2.  It goes over TLS only, or to
this machine.  Reads nothing but what the filter chooses, all pages of it.  What NetBox answers to an error
is not shown.

Source: NetBox's documentation, "REST API" (authentication, filtering, pagination), and pynetbox 7.8.
"""

from __future__ import annotations

import importlib
import ipaddress
import os
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from asa_transport.errors import InventoryError
from asa_transport.files.checker import is_name
from asa_transport.files.inventory_draft import Draft, Drafter, ReadOptions, Said, is_secret, place
from asa_transport.files.source_text import refused

TOKEN_VARIABLE: Final = "NETBOX_TOKEN"  # noqa: S105 - a variable's name
# A page of a thousand devices with their contexts takes some seconds.
_ANSWER_S: Final = 60
_ACTIVE: Final = "active"
# What NetBox says of every device, and nothing here is made of.
_GROUPED_BY: Final = ("role", "device_role", "tenant")
_REFUSED_FILTER: Final = 400


def read(where: str, options: ReadOptions) -> Draft:
    """Return what NetBox says.

    Raises:
        InventoryError: It cannot be asked.
    """
    del options
    base, query = _address(where)
    token = os.environ.get(TOKEN_VARIABLE)
    if not token:
        raise refused(base, f"no token: set {TOKEN_VARIABLE}")
    try:
        pynetbox: Any = importlib.import_module("pynetbox")
        requests: Any = importlib.import_module("requests")
    except ImportError:
        why = "pynetbox is not installed; install the extra: pip install 'asa-transport[netbox]'"
        raise refused(base, why) from None
    api = pynetbox.api(base, token=token)
    session = requests.Session()
    session.request = partial(session.request, timeout=_ANSWER_S)
    api.http_session = session
    drafter = Drafter()
    try:
        for kind, endpoint in (("device", api.dcim.devices), ("VM", api.virtualization.virtual_machines)):
            try:
                for record in _records(endpoint, query):
                    _record(drafter, base, kind, record)
            except pynetbox.RequestError as error:
                status = getattr(error.req, "status_code", 0)
                # Not every filter of devices is one of virtual machines.
                if kind == "device" or status != _REFUSED_FILTER:
                    raise
                drafter.leave_out("virtual machines", "NetBox has no such filter for them", place(base))
    except pynetbox.RequestError as error:
        raise _refused_by_netbox(base, getattr(error.req, "status_code", 0)) from None
    except requests.RequestException as error:
        raise refused(base, f"NetBox was not reached ({type(error).__name__})") from None
    except (pynetbox.ContentError, ValueError, TypeError, KeyError, AttributeError):
        raise refused(base, "what answers there is not the API of NetBox") from None
    finally:
        session.close()
    return drafter.draft()


def _refused_by_netbox(base: str, status: int) -> InventoryError:
    known = {
        400: "the filter of the URL is not one of NetBox's",
        401: f"the token in {TOKEN_VARIABLE} is not taken",
        403: f"the token in {TOKEN_VARIABLE} may not read devices, or is not taken",
        404: "there is no NetBox at this address",
    }
    return refused(base, f"NetBox answered {status}: {known.get(status, 'look into its log')}")


def _address(where: str) -> tuple[str, dict[str, Any]]:
    """Return the address of NetBox without its filter, and the filter."""
    try:
        parts = urlsplit(where)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or parts.scheme not in {"http", "https"}:
        raise refused("netbox:", "expected the address of NetBox, as in netbox:https://netbox.example.net")
    if parts.username is not None or parts.password is not None or "token" in parse_qs(parts.query):
        raise refused(f"netbox:{host}", f"a secret never stands in the address: set {TOKEN_VARIABLE}")
    base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/api')}"
    if parts.scheme == "http" and not _is_here(host):
        raise refused(base, "the token would be readable on its way; use https")
    query = parse_qs(parts.query, keep_blank_values=True)
    return base, {key: values if len(values) > 1 else values[0] for key, values in query.items()}


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _records(endpoint: Any, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield all records; `limit` is how many NetBox sends at once, and a set is read once only."""
    found = endpoint.filter(**query) if query else endpoint.all()
    for record in found or ():
        # As a dictionary: an attribute that is not there would be asked for, a request for each device.
        yield dict(record)


def _record(drafter: Drafter, base: str, kind: str, record: Mapping[str, Any]) -> None:
    at = place(base, part=f"{kind} {record.get('id')}")
    status = _slug(record.get("status"), "value")
    if status != _ACTIVE:
        shown = status if status and is_name(status) else "none"
        drafter.leave_out(
            f"devices whose status is {shown!r}", "only active ones are taken", at, is_device=True
        )
        return
    name = record.get("name")
    if not isinstance(name, str) or not name:
        drafter.leave_out("a device without a name", "left out", at, is_device=True)
        return

    def said(text: str, part: str) -> Said:
        return Said(text=text, at=place(base, part=f"{kind} {record.get('id')}: {part}"))

    values: dict[str, Said] = {}
    address = _slug(record.get("primary_ip"), "address")
    if address:
        # With the length of its network behind it.
        values["host"] = said(address.partition("/")[0], "primary_ip")
    if site := _slug(record.get("site"), "slug"):
        values["region"] = said(site, "site")
    for key, value in _carried(drafter, record, at):
        values[f"data.{key}"] = said(value, f"custom field {key}")
    platform = _slug(record.get("platform"), "slug")
    drafter.device(
        Said(text=name, at=at),
        values,
        platform=None if platform is None else said(platform, "platform"),
        groups=[said(slug, key) for key in _GROUPED_BY if (slug := _slug(record.get(key), "slug"))],
        tags=[said(slug, "tags") for tag in record.get("tags") or () if (slug := _slug(tag, "slug"))],
    )


def _carried(drafter: Drafter, record: Mapping[str, Any], at: Any) -> Iterator[tuple[str, str]]:
    """Yield the custom fields that go to the reports; tell of the others, and of contexts."""
    for key, value in (record.get("custom_fields") or {}).items():
        if value is None or value == "":
            continue
        if isinstance(value, str | int | float) and is_name(key) and not is_secret(key):
            yield key, str(value)
        else:
            drafter.leave_out_key(f"custom_fields.{key}", "only texts and numbers are carried to reports", at)
    for key in record.get("config_context") or {}:
        drafter.leave_out_key(f"config_context.{key}", "a context has no meaning here", at)


def _slug(value: Any, key: str) -> str | None:
    """Return a text of an object that NetBox nests in another, or a text that stands alone."""
    if isinstance(value, dict):
        value = value.get(key)
    return value if isinstance(value, str) and value else None
