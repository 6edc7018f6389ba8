"""NetBox, by pynetbox against a small server that answers as NetBox does: pages, tokens, filters."""

from __future__ import annotations

import ipaddress
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pynetbox
import pytest

from asa_transport.errors import InventoryError
from asa_transport.files import inventory
from tests.unit.importing import SENTINEL, devices, imported

V1 = "0123456789abcdef0123456789abcdef01234567"
V2 = "nbt_KEY123.0123456789abcdef0123456789abcdef01234567"
# What a server sends at once, whatever it is asked for.
PAGE = 2


def device(number: int, **more: Any) -> dict[str, Any]:
    """A device as NetBox nests it."""
    slugs: dict[str, Any] = {
        key: {"id": 1, "slug": more.pop(key)} for key in ("platform", "site", "role", "tenant") if key in more
    }
    return {
        "id": number,
        "url": f"http://127.0.0.1/api/dcim/devices/{number}/",
        "name": f"fw-{number}",
        "status": {"value": "active", "label": "Active"},
        "primary_ip": {"id": number, "address": f"192.0.2.{number}/24"},
        "platform": {"id": 1, "slug": "cisco-asa"},
        "site": None,
        "tags": [],
        "custom_fields": {},
        **slugs,
        **more,
    }


@dataclass
class NetBox:
    """What the server has, and what it was asked."""

    url: str = ""
    devices: list[dict[str, Any]] = field(default_factory=list)
    machines: list[dict[str, Any]] = field(default_factory=list)
    refuses: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    body: str | None = None


@pytest.fixture
def netbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[NetBox]:
    monkeypatch.setenv("NETBOX_TOKEN", V1)
    monkeypatch.delenv("ASA_TRANSPORT_ENABLE", raising=False)
    state = NetBox()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            state.tokens.add(self.headers["Authorization"])
            parts = urlsplit(self.path)
            kind = "devices" if "devices" in parts.path else "machines"
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            status = state.refuses.get(kind, 200)
            offset = int(query.get("offset", 0))
            size = min(int(query.get("limit", 0)) or PAGE, PAGE)
            have = getattr(state, kind)
            rest = urlencode({**query, "offset": offset + size})
            following = f"{state.url}{parts.path}?{rest}" if offset + size < len(have) else None
            results = have[offset : offset + size]
            page = {"count": len(have), "next": following, "previous": None, "results": results}
            text = json.dumps({"detail": SENTINEL} if status != 200 else page)
            data = (text if state.body is None else state.body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield state
        server.shutdown()
        thread.join(10)


def test_devices_and_virtual_machines_are_taken(netbox: NetBox, tmp_path: Path) -> None:
    """An ASAv is a virtual machine; an address has the length of its network behind it."""
    fields = {"owner": "emea-team", "rack": 12, "empty": None}
    netbox.devices = [
        device(1, site="paris", role="firewall", tenant="bank", tags=[{"slug": "prod"}], custom_fields=fields)
    ]
    netbox.machines = [device(7, name="asav-7", primary_ip={"address": "2001:db8::7/64"}, platform="asav")]

    found = devices(f"netbox:{netbox.url}", tmp_path)

    one = found["fw-1"]
    assert (one.host, one.region, one.groups, one.tags) == (
        "192.0.2.1",
        "paris",
        ("firewall", "bank"),
        ("prod",),
    )
    assert one.data == {"owner": "emea-team", "rack": "12"}
    assert found["asav-7"].host == "2001:db8::7"


def test_a_device_means_what_pynetbox_itself_makes_of_it(netbox: NetBox, tmp_path: Path) -> None:
    """NetBox's own client, as objects: names, addresses, slugs; the import reads the answers below them."""
    netbox.devices = [
        device(
            1, site="dc-paris", role="edge-firewall", tenant="bank", tags=[{"slug": "prod", "name": "Prod"}]
        ),
        device(2, site="dc-emea", role="edge-firewall", primary_ip={"id": 2, "address": "2001:db8::2/128"}),
        device(3, tenant="shop", custom_fields={"owner": "emea-team", "asset": 12}, tags=[{"slug": "edge"}]),
        device(4, platform="ios-xe"),
    ]
    netbox.machines = [device(7, name="asav-7", platform="asav", site="cloud")]

    found = devices(f"netbox:{netbox.url}", tmp_path)
    peer = pynetbox.api(netbox.url, token=V1)
    said = [*peer.dcim.devices.all(), *peer.virtualization.virtual_machines.all()]

    assert {one.name for one in said} - set(found) == {"fw-4"}
    for one in (one for one in said if one.name in found):
        ours = found[one.name]
        assert ours.host == str(ipaddress.ip_interface(one.primary_ip.address).ip)
        assert ours.region == (one.site and one.site.slug)
        about = dict(one)
        groups = [getattr(one, key).slug for key in ("role", "tenant") if about.get(key)]
        assert sorted(ours.groups) == sorted(groups)
        assert list(ours.tags) == [tag.slug for tag in one.tags]
        assert ours.data == {key: str(value) for key, value in one.custom_fields.items()}


def test_all_pages_are_read_whatever_limit_says(netbox: NetBox, tmp_path: Path) -> None:
    """`limit` is how many are sent at once, and not how many there are."""
    netbox.devices = [device(number) for number in range(1, 8)]

    for query in ("", "?limit=1", "?limit=3&role=firewall"):
        assert len(devices(f"netbox:{netbox.url}/{query}", tmp_path)) == 7


def test_a_filter_goes_to_netbox_as_it_is(netbox: NetBox) -> None:
    """Its own, as in the address of its list."""
    netbox.devices = [device(1)]

    imported(f"netbox:{netbox.url}/?role=firewall&tag=prod&tag=edge")

    assert all("role=firewall&tag=prod&tag=edge" in asked for asked in netbox.asked)
    assert netbox.asked[0].startswith("/api/dcim/devices/?")
    # One question for each list, and none for each device.
    assert len(netbox.asked) == 2


@pytest.mark.parametrize(("token", "header"), [(V1, f"Token {V1}"), (V2, f"Bearer {V2}")])
def test_tokens_of_both_versions_are_sent(
    netbox: NetBox, monkeypatch: pytest.MonkeyPatch, token: str, header: str
) -> None:
    """NetBox 4.5 has another header for its new ones."""
    netbox.devices = [device(1)]
    monkeypatch.setenv("NETBOX_TOKEN", token)

    made = imported(f"netbox:{netbox.url}")

    assert netbox.tokens == {header}
    assert token not in made.text


def test_what_cannot_be_a_firewall_of_ours_is_left_out_and_told(netbox: NetBox) -> None:
    """And so are contexts, and fields that may be secrets."""
    netbox.devices = [
        device(
            1,
            custom_fields={"api_key": SENTINEL, "list": [1]},
            config_context={"ntp": [], "secret": SENTINEL},
        ),
        device(2, status={"value": "planned"}),
        device(3, primary_ip=None),
        device(4, name=None),
        device(5, platform="ios-xe"),
        device(6, name="fw 6"),
    ]

    found = imported(f"netbox:{netbox.url}").inventory

    assert [one.name for one in found.devices] == ["fw-1"]
    assert found.left_out == 5
    told = [note.removeprefix(f"{netbox.url}, ") for note in found.notes]
    assert told == [
        "device 1: 'custom_fields.api_key': a secret; it is not copied: name its source under credentials",
        "device 1: 'custom_fields.list': only texts and numbers are carried to reports",
        "device 1: 'config_context.ntp': a context has no meaning here",
        "device 1: 'config_context.secret': a secret; it is not copied: name its source under credentials",
        "device 2: devices whose status is 'planned': only active ones are taken",
        "device 3: device 'fw-3': left out: no address is given for it",
        "device 4: a device without a name: left out",
        "device 5: platform: devices of platform 'ios-xe': not an ASA",
        "device 6: device 'fw 6': left out: a name has letters, digits, '.', '_' and '-', and at most 63 of "
        "them",
    ]


def test_a_name_that_two_sites_have_is_an_error_with_both_places(netbox: NetBox) -> None:
    """NetBox allows it; nobody else could tell them apart."""
    netbox.devices = [device(1), device(2, name="fw-1")]

    with pytest.raises(InventoryError, match=r"device 2: device fw-1 is here twice, first at .*, device 1"):
        imported(f"netbox:{netbox.url}")


def test_a_filter_that_virtual_machines_have_not_is_told(netbox: NetBox) -> None:
    """A model, for one."""
    netbox.devices, netbox.refuses = [device(1)], {"machines": 400}

    assert (
        "virtual machines: NetBox has no such filter"
        in imported(f"netbox:{netbox.url}/?model=asa5516").inventory.notes[0]
    )


@pytest.mark.parametrize(
    ("status", "why"),
    [(400, "the filter"), (401, "is not taken"), (403, "may not read"), (404, "no NetBox"), (500, "its log")],
)
def test_what_netbox_refuses_is_told_without_its_words(netbox: NetBox, status: int, why: str) -> None:
    """An answer may hold what was sent."""
    netbox.refuses = {"devices": status}

    with pytest.raises(InventoryError, match=rf"NetBox answered {status}: .*{why}") as caught:
        imported(f"netbox:{netbox.url}")

    assert SENTINEL not in str(caught.value)


@pytest.mark.parametrize(
    "body", ["<html>", "[]", '{"results": 7}', '{"count": 1, "next": null, "results": [7]}']
)
def test_what_is_no_netbox_is_told(netbox: NetBox, body: str) -> None:
    """A login page, for one."""
    netbox.body = body

    with pytest.raises(InventoryError):
        imported(f"netbox:{netbox.url}")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("netbox:netbox.example.net", "expected the address of NetBox"),
        ("netbox:http://netbox.example.net", "the token would be readable on its way; use https"),
        (f"netbox:https://ann:{SENTINEL}@netbox.example.net", "a secret never stands in the address"),
        (f"netbox:https://netbox.example.net/?token={SENTINEL}", "a secret never stands in the address"),
        ("netbox:http://127.0.0.1:1/", "NetBox was not reached (ConnectionError)"),
    ],
)
def test_an_address_that_will_not_do_is_refused(
    monkeypatch: pytest.MonkeyPatch, source: str, why: str
) -> None:
    """Before a token leaves."""
    monkeypatch.setenv("NETBOX_TOKEN", V1)

    with pytest.raises(InventoryError) as caught:
        imported(source)

    assert why in str(caught.value)
    assert SENTINEL not in str(caught.value)


def test_without_a_token_nothing_is_asked(netbox: NetBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says where it goes."""
    monkeypatch.delenv("NETBOX_TOKEN")

    with pytest.raises(InventoryError, match="no token: set NETBOX_TOKEN"):
        imported(f"netbox:{netbox.url}")

    assert netbox.asked == []


def test_files_beside_netbox_are_those_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address has no folder; and a path that was one has lost a slash."""
    monkeypatch.chdir(tmp_path)

    assert inventory.folder_of(Path("netbox:https://netbox.example.net/")).resolve() == tmp_path
