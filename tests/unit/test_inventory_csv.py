"""A table as an inventory: which column is what, what is left out, and that it is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.errors import InventoryError
from asa_transport.files import inventory, yamltext
from asa_transport.files.inventory_draft import Said, place
from asa_transport.files.inventory_text import written
from asa_transport.model import ExpectedTransport, Proxy
from tests.unit.importing import SENTINEL, devices, imported

Table = Callable[..., str]


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    """Write lines into a table; return the source."""
    monkeypatch.delenv("ASA_TRANSPORT_ENABLE", raising=False)
    monkeypatch.delenv("ASA_TRANSPORT_USERNAME", raising=False)
    monkeypatch.chdir(tmp_path)

    def write(*lines: str, encoding: str = "utf-8") -> str:
        Path("hosts.csv").write_text("".join(f"{line}\n" for line in lines), encoding=encoding)
        return "csv:hosts.csv"

    return write


def test_columns_are_known_by_what_people_call_them(table: Table, tmp_path: Path) -> None:
    """Nobody renames the headers of an export to try a tool."""
    source = table(
        "Device Name,Mgmt IP,SSH Port,User,Group,Tags,Site,Jump-Host,Failover Mate,"
        "Expect Transport,Expect Proxy",
        "fw-1,192.0.2.11,2222,ann,emea;edge,prod,par,bastion,fw-2,callhome,proxy.example.net:8080",
        "fw-2,192.0.2.12,,ann,emea,,par,,,,none",
    )

    found = devices(source, tmp_path)

    one = found["fw-1"]
    assert (one.host, one.port, one.username, one.region) == ("192.0.2.11", 2222, "ann", "par")
    assert (one.groups, one.tags, one.jump, one.pair) == (("emea", "edge"), ("prod",), "bastion", "fw-2")
    assert one.expect.transport is ExpectedTransport.CALLHOME
    assert one.expect.proxy == Proxy(host="proxy.example.net", port=8080)
    assert found["fw-2"].port == 22


def test_each_value_says_where_it_came_from(table: Table) -> None:
    """A person who doubts a value looks there."""
    text = imported(table("name,ip", "fw-1,192.0.2.11")).text

    assert "host: 192.0.2.11                      # hosts.csv:2, column 'ip'" in text


def test_a_value_is_kept_as_it_is_written(table: Table, tmp_path: Path) -> None:
    """`9.20` is no number, `no` no truth value and `0123` no octal, in the file that is written too."""
    found = devices(table("name,ip,group,tags", "fw-1,192.0.2.11,9.20,no 0123 null"), tmp_path)

    assert (found["fw-1"].groups, found["fw-1"].tags) == (("9.20",), ("no", "0123", "null"))


def test_a_column_that_is_not_known_is_told(table: Table) -> None:
    """What does not translate is never silent."""
    (note,) = imported(table("name,ip,Rack", "fw-1,192.0.2.11,R1")).inventory.notes

    assert note == (
        "hosts.csv:1, column: 'Rack': a column that has no meaning here; say with --map what it is"
    )


@pytest.mark.parametrize("header", ["Password", "enable secret", "SNMP Community", "API-Token"])
def test_a_secret_is_told_by_its_column_and_never_shown(table: Table, header: str) -> None:
    """The file that is written goes into a repository."""
    (note,) = imported(table(f"name,ip,{header}", f"fw-1,192.0.2.11,{SENTINEL}")).inventory.notes

    assert f"{header!r}: a secret; it is not copied" in note


def test_a_column_of_enable_secrets_asks_for_their_source(table: Table) -> None:
    """Where the source has them, login does not land at '#'."""
    made = imported(table("name,ip,enable", f"fw-1,192.0.2.11,{SENTINEL}"))

    assert made.inventory.credentials[0].enable is not None


def test_other_platforms_are_left_out_and_counted(table: Table) -> None:
    """An inventory of all devices has switches; none of them is logged in to."""
    source = table("name,ip,os", "fw-1,192.0.2.1,cisco_asa", "sw-1,192.0.2.2,ios", "sw-2,192.0.2.3,ios")

    found = imported(source).inventory

    assert [device.name for device in found.devices] == ["fw-1"]
    assert found.left_out == 2
    assert found.notes == ("hosts.csv:3, column 'os': devices of platform 'ios' (2 times): not an ASA",)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("fw 1,192.0.2.11", "device 'fw 1': left out: a name has"),
        ("fw-1,", "device 'fw-1': left out: no address"),
        (",192.0.2.11", "a row without a name: left out"),
        ("fw-1,192.0.2.11,x", "a row of 3 cells: left out: there are 2 headers"),
        (f"root:{SENTINEL}@fw-1,192.0.2.11", "device (name not shown): left out"),
    ],
)
def test_a_row_that_is_no_device_is_left_out_and_told(table: Table, row: str, why: str) -> None:
    """A firewall that nobody audits must not look audited."""
    found = imported(table("name,ip", "fw-9,192.0.2.19", row)).inventory

    assert found.left_out == 1
    (note,) = found.notes
    assert note.startswith("hosts.csv:3")
    assert why in note


def test_a_map_names_a_column_or_takes_it_out(table: Table, tmp_path: Path) -> None:
    """For headers that nobody could guess."""
    source = table("Gerät;Adresse;Rack;IP", "fw-1;192.0.2.11;R1;198.51.100.1")

    found = devices(source, tmp_path, **{"Gerät": "name", "Adresse": "host", "Rack": ""})

    assert found["fw-1"].host == "192.0.2.11"


def test_a_firewall_that_is_not_to_be_asked_is_kept_as_such(table: Table, tmp_path: Path) -> None:
    """It is in the inventory, and counted; nothing said is yes."""
    found = devices(
        table("name,ip,Active", "fw-1,192.0.2.1,No", "fw-2,192.0.2.2,TRUE", "fw-3,192.0.2.3,"), tmp_path
    )

    assert {name: one.enabled for name, one in found.items()} == {"fw-1": False, "fw-2": True, "fw-3": True}


def test_a_map_carries_a_column_to_the_reports(table: Table, tmp_path: Path) -> None:
    """Under the name that the user gives it."""
    found = devices(table("name,ip,Asset No", "fw-1,192.0.2.1,A-17"), tmp_path, **{"Asset No": "data.asset"})

    assert found["fw-1"].data == {"asset": "A-17"}


def test_without_a_column_of_addresses_the_names_are_dialled(table: Table) -> None:
    """As Ansible does, and said."""
    found = imported(table("hostname", "fw-1.example.net")).inventory

    assert found.devices[0].host == "fw-1.example.net"
    assert found.notes == ("hosts.csv:1: a column of addresses: there is none; the names are dialled",)


def test_a_mistake_has_its_place_in_the_table(table: Table) -> None:
    """Not in a file that nobody has seen; all of them at once."""
    source = table("name,ip,port", "fw-1,192.0.2.11,22", "fw-2,192.0.2.11,22", "fw-3,192.0.2.13,0")

    with pytest.raises(InventoryError) as caught:
        imported(source)

    assert [str(problem) for problem in caught.value.problems] == [
        "hosts.csv:3:1: column 'ip': device fw-2: fw-1 (hosts.csv:2) has 192.0.2.11 port 22 already; "
        "delete one of the two",
        "hosts.csv:4:1: column 'port': device fw-3: port: '0'; expected a whole number from 1 to 65535, in "
        "digits",
    ]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((), "there is no line of headers"),
        (("a,b", "1,2"), "none of 2 columns is the device's name"),
        (("name,ip",), "no device is in it"),
        (("name,ip,os", "sw-1,192.0.2.1,ios"), "no firewall of 1 device can be taken; the first: "),
        (("name,name,ip", "a,b,c"), "two columns are 'name'; rename one"),
        (('name,ip', '"fw-1,192.0.2.1'), "a quote is not closed"),
    ],
)  # fmt: skip
def test_a_table_that_is_none_is_refused(table: Table, lines: tuple[str, ...], why: str) -> None:
    """An empty fleet is never the answer."""
    with pytest.raises(InventoryError, match=r"hosts\.csv") as caught:
        imported(table(*lines))

    assert why in str(caught.value)


def test_a_table_that_is_not_utf_8_is_refused_with_its_line(table: Table) -> None:
    """What a spreadsheet saves by default."""
    with pytest.raises(InventoryError, match=r"hosts.csv:2:1: this is not UTF-8"):
        imported(table("name,ip", "fw-é,192.0.2.1", encoding="latin-1"))


def test_nobody_who_logs_in_is_an_error_that_says_what_to_set(table: Table) -> None:
    """Once, and not for each device."""
    with pytest.raises(InventoryError, match=r"2 devices without a user .* set ASA_TRANSPORT_USERNAME"):
        inventory.load(Path(table("name,ip", "fw-1,192.0.2.1", "fw-2,192.0.2.2")))


def test_files_beside_the_inventory_are_beside_the_table(tmp_path: Path) -> None:
    """Not in a folder called `csv:…`."""
    path = Path(f"csv:{tmp_path}/hosts.csv")

    assert inventory.folder_of(path) == tmp_path
    assert inventory.folder_of(Path("fleet/inventory.yaml")) == Path("fleet")
    assert inventory.identity(path) == f"csv:{tmp_path}/hosts.csv"


@given(st.text(min_size=1))
def test_what_is_written_is_read_as_the_same_text(text: str) -> None:
    """By our reader where it takes such a text at all, and never as another key, comment or type."""
    at = place("hosts.csv", 2, "column\n'x'")
    scalar = yamltext.Scalar(mark=at, text=text, plain=False)
    root = yamltext.Mapping(mark=at, entries=(yamltext.Entry(key=scalar, value=scalar),))
    said = Said(text=text, at=at)

    file = written(root, [f"{said}"])

    assert yaml.safe_load(file.encode("utf-8", "surrogatepass").decode("utf-8", "replace")) is not None
    read = yamltext.parse(file.encode("utf-8", "backslashreplace"), file="written").root
    if text.isprintable():
        assert read is not None
        assert yamltext.to_plain(read) == {text: text}
