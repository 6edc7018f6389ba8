"""The inventory file: what it means, and every mistake in it with its place."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.errors import InventoryError
from asa_transport.files.inventory import load
from asa_transport.files.inventory_fields import SHARED_KEYS
from asa_transport.files.inventory_schema import schema
from asa_transport.files.secret_sources import SOURCE_KEYS
from asa_transport.model import (
    CommandSource,
    CredentialSpec,
    EnvSource,
    ExpectedTransport,
    FileSource,
    Inventory,
    JumpHost,
    KeyringSource,
    PromptSource,
    Proxy,
    ProxyPolicy,
    SshPolicy,
    SystemdSource,
    host_identity,
    jump_host,
)
from tests.benchmarks.inventory import inventory_text

SENTINEL = "Hunter2SENTINEL"
SECRET = (
    "{}: device fw: data: '{}' reads like a secret, and data are shown in every report; a secret never "
    "stands in this file: name its source under credentials"
)
NOT_A_NAME = (
    "is not a name; expected 1 to 63 letters, digits, '.', '_' or '-', with a letter or digit first and no "
    "'..'"
)
# The example of the interface description, word for word.
EXAMPLE = """\
defaults:
  port: 22
  username: netaudit
  credential: lab
  known_hosts: ~/.ssh/known_hosts      # strict
  region: hq
  expect: {transport: smart, proxy: none}
credentials:
  lab:
    password: {env: ASA_TRANSPORT_PASSWORD}
    enable: {env: ASA_TRANSPORT_ENABLE}
groups:
  emea:
    region: emea
    expect: {proxy: {host: proxy.emea.example.net, port: 8080}}
    jump: bastion-emea                            # a Host of ~/.ssh/config, or user@host:port
devices:
  fw-par-01: {host: 192.0.2.11, groups: [emea], tags: [prod, edge]}
  fw-par-02: {host: 192.0.2.12, groups: [emea], pair: fw-par-01}
"""
# Two lines before `devices:`, so that the first device stands on line 4.
HEAD = "defaults: {username: u, credential: c}\ncredentials: {c: {password: {env: PW}}}\n"


def write(directory: Path, text: str | bytes) -> Path:
    path = directory / "inventory.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(directory: Path, text: str | bytes) -> Inventory:
    return load(write(directory, text))


def problems(directory: Path, text: str | bytes) -> list[str]:
    with pytest.raises(InventoryError) as caught:
        read(directory, text)
    return [str(problem).removeprefix(f"{directory}/") for problem in caught.value.problems]


def devices(*lines: str) -> str:
    return HEAD + "devices:\n" + "".join(f"  {line}\n" for line in lines)


# --------------------------------------------------------------------------- what a file means


def test_the_documented_example_loads(tmp_path: Path) -> None:
    """What the interface description shows must work as it stands."""
    inventory = read(tmp_path, EXAMPLE)

    first, second = inventory.devices
    assert (first.name, first.host, first.port, first.username) == ("fw-par-01", "192.0.2.11", 22, "netaudit")
    assert first.known_hosts == Path("~/.ssh/known_hosts").expanduser()
    assert (first.region, first.jump, first.groups, first.tags) == (
        "emea",
        "bastion-emea",
        ("emea",),
        ("prod", "edge"),
    )
    assert first.expect.transport is ExpectedTransport.SMART
    assert first.expect.proxy == Proxy(host="proxy.emea.example.net", port=8080)
    assert second.pair == "fw-par-01"
    assert inventory.credentials == (
        CredentialSpec(
            name="lab",
            password=EnvSource(name="ASA_TRANSPORT_PASSWORD"),
            enable=EnvSource(name="ASA_TRANSPORT_ENABLE"),
        ),
    )
    assert inventory.groups == ("emea",)


NESTED = """\
defaults: {username: u, credential: c, known_hosts: k, region: hq, tags: [all]}
credentials: {c: {password: {env: PW}}}
groups:
  paris: {groups: [emea, site], tags: [paris]}
  emea: {groups: [world], region: emea, expect: {transport: callhome}, tags: [emea]}
  site: {groups: [world], ssh: strict}
  world: {region: world, jump: bastion, expect: {proxy: any}, tags: [world]}
  lab: {jump: none}
devices:
  fw-a: {host: a, groups: [paris]}
  fw-b: {host: b, groups: [paris, emea, lab], region: own}
  fw-c: {host: c, groups: [world]}
"""


def test_a_group_may_rest_and_one_of_it_be_awake(tmp_path: Path) -> None:
    """A site that is being built, and the one firewall of it that is in its rack."""
    inventory = read(
        tmp_path,
        HEAD + "groups: {site: {enabled: false}}\n"
        "devices: {a: {host: a, groups: [site]}, b: {host: b, groups: [site], enabled: true}, "
        "c: {host: c}}\n",
    )

    assert [device.enabled for device in inventory.devices] == [False, True, True]
    assert inventory.devices[0].origins["enabled"] == "groups.site"
    assert problems(tmp_path, devices("fw: {host: h, enabled: no}")) == [
        "inventory.yaml:4:26: device fw: enabled: 'no'; expected one of: true, false"
    ]


def test_data_merge_key_by_key_and_are_read_as_written(tmp_path: Path) -> None:
    """What an owner or a site is called is the inventory's to say, and no program's to guess at."""
    inventory = read(
        tmp_path,
        "defaults: {username: u, credential: c, data: {owner: noc, asset: none}}\n"
        "credentials: {c: {password: {env: PW}}}\n"
        "groups: {emea: {data: {owner: emea-noc, site.code: 0123}}}\n"
        "devices:\n"
        "  a: {host: a, groups: [emea], data: {asset: 9.20, live: no}}\n"
        "  b: {host: b}\n",
    )

    first, second = inventory.devices
    assert first.data == {"owner": "emea-noc", "asset": "9.20", "site.code": "0123", "live": "no"}
    assert (first.origins["data.owner"], first.origins["data.asset"]) == ("groups.emea", "device")
    assert second.data == {"owner": "noc", "asset": "none"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("[a]", "4:23: device fw: data: a list; expected a map (key: value)"),
        ("{a: [b]}", "4:27: device fw: data.a: a list; expected a text, or leave the key out"),
        ("{a: ''}", "4:27: device fw: data.a: ''; expected a text, or leave the key out"),
        ("{a b: c}", f"4:24: device fw: data: key: 'a b' {NOT_A_NAME}"),
        ("{Password: S3cret}", SECRET.format("4:24", "Password")),
        ("{enable_password: S3cret}", SECRET.format("4:24", "enable_password")),
        ("{api-key: S3cret}", SECRET.format("4:24", "api-key")),
        ("{snmp.community: S3cret}", SECRET.format("4:24", "snmp.community")),
        ("{vault_token: [S3cret]}", SECRET.format("4:24", "vault_token")),
    ],
)
def test_data_are_texts_and_never_secrets(tmp_path: Path, data: str, message: str) -> None:
    """They are shown in every report."""
    found = problems(tmp_path, devices(f"fw: {{host: h, data: {data}}}"))

    assert found == [f"inventory.yaml:{message}"]


def test_groups_lie_in_groups_and_the_inner_ones_win(tmp_path: Path) -> None:
    """A site is in a region, and what the region says need not be said again for each site."""
    first, second, third = read(tmp_path, NESTED).devices

    assert first.groups == ("world", "emea", "site", "paris")
    assert (first.region, first.jump, first.ssh) == ("emea", "bastion", SshPolicy.STRICT)
    assert first.expect.transport is ExpectedTransport.CALLHOME
    assert first.expect.proxy is ProxyPolicy.ANY
    assert first.tags == ("all", "world", "emea", "paris")
    assert (first.origins["region"], first.origins["jump"]) == ("groups.emea", "groups.world")
    assert first.origins["groups"] == "device, groups.emea, groups.site, groups.paris"
    assert second.groups == ("world", "emea", "site", "paris", "lab")
    assert (second.region, second.jump) == ("own", None)
    assert third.groups == ("world",)
    assert third.origins["groups"] == "device"


def test_a_group_wins_over_the_groups_that_it_is_in_however_they_are_listed(tmp_path: Path) -> None:
    """`[paris, emea]` says twice that it is in emea, and does not take from paris what paris says."""
    text = NESTED.replace("tags: [paris]", "region: paris").replace(
        "[paris, emea, lab], region: own", "[paris, emea]"
    )

    assert read(tmp_path, text).devices[1].region == "paris"


def test_groups_lie_in_one_another_to_a_limit(tmp_path: Path) -> None:
    """A chain without an end is a mistake of the program that wrote it, and must not be one of ours."""
    chain = "".join(f"  g{n}: {{groups: [g{n + 1}]}}\n" for n in range(5_000))

    found = problems(tmp_path, f"{devices('fw: {host: h}')}groups:\n{chain}  g5000: {{}}\n")

    assert found[0] == (
        "inventory.yaml:25:18: group g19: groups: 'g20': more than 20 groups lie in one another; "
        "take some out"
    )


@pytest.mark.parametrize("host", ["fw_par_01.example.net", "_x.example.net", "fw_1", "a.b_.c"])
def test_a_name_may_have_what_the_dns_serves(tmp_path: Path, host: str) -> None:
    """RFC 1123 knows no `_`, but many a management zone does, and a resolver asks no questions."""
    (device,) = read(tmp_path, devices(f"fw: {{host: {host}}}")).devices

    assert device.host == host


def test_one_address_behind_two_jump_hosts_is_two_devices(tmp_path: Path) -> None:
    """Two sites have the same private network, each behind a bastion of its own."""
    text = devices(
        "a: {host: 10.0.0.1, jump: bastion-a}", "b: {host: 10.0.0.1, jump: bastion-b}", "c: {host: 10.0.0.1}"
    )

    assert [device.jump for device in read(tmp_path, text).devices] == ["bastion-a", "bastion-b", None]
    assert problems(tmp_path, text + "  d: {host: 10.0.0.1, jump: bastion-b}\n") == [
        "inventory.yaml:7:13: device d: b (line 5) has 10.0.0.1 port 22 already; delete one of the two"
    ]


def test_each_value_says_where_it_came_from(tmp_path: Path) -> None:
    """`inventory show` explains a surprising value by its origin."""
    inventory = read(
        tmp_path,
        "defaults: {username: u, credential: c, tags: [all], expect: {transport: callhome}}\n"
        "credentials: {c: {password: {env: PW}}}\n"
        "groups:\n"
        "  g1: {region: one, tags: [g], expect: {proxy: {host: p1, port: 1}}}\n"
        "  g2: {region: two, expect: {proxy: {port: 2}}}\n"
        "devices: {fw: {host: h, groups: [g1, g2], tags: [own, all]}}\n",
    )

    (fw,) = inventory.devices
    assert (fw.region, fw.tags) == ("two", ("all", "g", "own"))
    assert (fw.expect.transport, fw.expect.proxy) == (ExpectedTransport.CALLHOME, Proxy(host="p1", port=2))
    assert fw.origins == {
        "host": "device", "groups": "device", "port": "built-in", "known_hosts": "built-in",
        "username": "defaults", "credential": "defaults", "region": "groups.g2",
        "tags": "defaults, groups.g1, device", "expect.transport": "defaults",
        "expect.proxy.host": "groups.g1", "expect.proxy.port": "groups.g2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("none", "{host: p, port: 1}", Proxy(host="p", port=1)),
        ("{host: p, port: 1}", "none", ProxyPolicy.NONE),
        ("{host: p, port: 1}", "any", ProxyPolicy.ANY),
        ("{host: p, port: 1}", "{port: 2}", Proxy(host="p", port=2)),
        ("{host: p, port: 1}", "{host: q}", Proxy(host="q", port=1)),
        ("{port: 1}", "{host: q}", Proxy(host="q", port=1)),
    ],
)
def test_a_proxy_map_merges_by_key_and_a_word_replaces_it(
    tmp_path: Path, low: str, high: str, expected: Proxy | ProxyPolicy
) -> None:
    """`proxy: none` on a device must not leave its group's host behind."""
    inventory = read(
        tmp_path,
        HEAD + f"groups: {{g: {{expect: {{proxy: {low}}}}}}}\n"
        f"devices: {{fw: {{host: h, groups: [g], expect: {{proxy: {high}}}}}}}\n",
    )

    assert inventory.devices[0].expect.proxy == expected


def test_the_device_wins_over_its_groups_and_the_last_group_over_the_first(tmp_path: Path) -> None:
    """The order of precedence is a promise."""
    inventory = read(
        tmp_path,
        HEAD + "groups: {a: {port: 1, region: a, username: ua}, b: {port: 2, region: b}}\n"
        "devices: {fw: {host: h, groups: [a, b], port: 3}}\n",
    )

    (fw,) = inventory.devices
    assert (fw.port, fw.region, fw.username) == (3, "b", "ua")


@pytest.mark.parametrize(
    ("defaults", "group", "device", "offered", "origin"),
    [
        (None, None, None, None, None),
        ("legacy", None, None, SshPolicy.LEGACY, "defaults"),
        ("legacy", "strict", None, SshPolicy.STRICT, "groups.g"),
        ("strict", "strict", "default", SshPolicy.DEFAULT, "device"),
    ],
)
def test_the_most_specific_word_on_ssh_algorithms_wins(
    tmp_path: Path,
    defaults: str | None,
    group: str | None,
    device: str | None,
    offered: SshPolicy | None,
    origin: str | None,
) -> None:
    """One old firewall must not weaken a region; `default` on a device undoes the word of its group."""
    parts = ["" if word is None else f"ssh: {word}" for word in (defaults, group, device)]
    text = (
        f"defaults: {{username: u, credential: c, {parts[0]}}}\n"
        "credentials: {c: {password: {env: PW}}}\n"
        f"groups: {{g: {{{parts[1]}}}}}\ndevices: {{fw: {{host: h, groups: [g], {parts[2]}}}}}\n"
    )

    (fw,) = read(tmp_path, text).devices

    assert (fw.ssh, fw.origins.get("ssh")) == (offered, origin)
    jsonschema.validate(yaml.safe_load(text), schema())


def test_jump_none_leaves_the_group_s_jump_host(tmp_path: Path) -> None:
    """One device of a region may be reached directly."""
    inventory = read(
        tmp_path, HEAD + "groups: {g: {jump: b}}\ndevices: {fw: {host: h, groups: [g], jump: none}}\n"
    )

    assert inventory.devices[0].jump is None
    assert inventory.devices[0].origins["jump"] == "device"


def test_a_one_sided_pair_is_known_on_both_sides(tmp_path: Path) -> None:
    """A pair is one unit of change, whichever entry names it."""
    first, second = read(tmp_path, devices("fw-a: {host: a}", "fw-b: {host: b, pair: fw-a}")).devices

    assert (first.pair, second.pair) == ("fw-b", "fw-a")
    assert first.origins["pair"] == "devices.fw-b"


def test_devices_are_sorted_and_paths_start_from_the_file_s_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheduled run has another working directory than its author."""
    monkeypatch.setenv("HOME", "/home/operator")
    inventory = read(
        tmp_path,
        "defaults: {username: u, credential: c, known_hosts: keys/known}\n"
        "credentials:\n"
        "  c: {password: {file: secrets/pw}, enable: {command: [./get, '', 9.20]}}\n"
        "devices: {b: {host: b, known_hosts: ~/kh}, a: {host: a}}\n",
    )

    a, b = inventory.devices
    assert (a.name, a.known_hosts) == ("a", tmp_path / "keys/known")
    assert (b.name, b.known_hosts) == ("b", Path("/home/operator/kh"))
    (spec,) = inventory.credentials
    assert spec.password == FileSource(path=tmp_path / "secrets/pw")
    assert spec.enable == CommandSource(argv=(str(tmp_path / "get"), "", "9.20"))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{env: PW}", EnvSource(name="PW")),
        ("{file: /run/pw}", FileSource(path=Path("/run/pw"))),
        ("{command: [pass, show, asa]}", CommandSource(argv=("pass", "show", "asa"))),
        ("{keyring: {service: s, username: u}}", KeyringSource(service="s", username="u")),
        ("{systemd: asa-password}", SystemdSource(name="asa-password")),
        ("{prompt: true}", PromptSource()),
    ],
)
def test_every_source_of_a_secret_is_read(tmp_path: Path, source: str, expected: object) -> None:
    """Six sources are documented; the schema knows the same."""
    text = devices("fw: {host: h}").replace("{env: PW}", source)

    inventory = read(tmp_path, text)

    assert inventory.credentials[0].password == expected
    jsonschema.validate(yaml.safe_load(text), schema())


@pytest.mark.parametrize(
    "host",
    [
        "192.0.2.1",
        "2001:db8::1",
        "fe80::1%eth0",
        "fw",
        "fw-1.example.net",
        "1and1.example",
        "FW.Example.NET",
        "a" * 63 + ".net",
    ],
)
def test_addresses_and_names_are_hosts(tmp_path: Path, host: str) -> None:
    """IPv4, IPv6 and RFC 1123 names are what SSH can dial."""
    assert read(tmp_path, devices(f'fw: {{host: "{host}"}}')).devices[0].host == host


@pytest.mark.parametrize(
    "jump", ["bastion", "user@bastion", "user@192.0.2.1:2222", "user@[2001:db8::1]:22", "b:22"]
)
def test_a_jump_host_is_a_name_or_user_host_port(tmp_path: Path, jump: str) -> None:
    """Both documented forms are taken as written."""
    assert read(tmp_path, devices(f'fw: {{host: h, jump: "{jump}"}}')).devices[0].jump == jump


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("bastion", JumpHost(host="bastion")),
        ("user@192.0.2.1:2222", JumpHost(host="192.0.2.1", user="user", port=2222)),
        ("user@[2001:db8::1]:22", JumpHost(host="2001:db8::1", user="user", port=22)),
        ("corp\\kim@b", JumpHost(host="b", user="corp\\kim")),
        ("-oProxyCommand=x", None),
        ("b:99999", None),
        ("kim@-b", None),
    ],
)
def test_who_dials_reads_a_jump_host_as_the_inventory_does(text: str, named: JumpHost | None) -> None:
    """An IPv6 jump host was taken by the inventory, and refused when it was dialled."""
    assert jump_host(text) == named


@pytest.mark.parametrize("written", ["9.20", "no", "0123", "1e3", "0x1F", "12.50", "on", "true"])
def test_values_are_read_as_written(tmp_path: Path, written: str) -> None:
    """A tag `9.20` must stay `9.20`."""
    assert read(tmp_path, devices(f"fw: {{host: h, tags: [{written}]}}")).devices[0].tags == (written,)


# --------------------------------------------------------------------------- mistakes

SOURCES = (
    "{env: NAME}, {file: PATH}, {command: [PROGRAM, ARGUMENT]}, {keyring: {service: S, username: U}}, "
    "{systemd: NAME} or {prompt: true}"
)
NO_HOST = (
    "is not a host; expected an IPv4 or IPv6 address, or a name of letters, digits, '-' and '.', "
    "without a port"
)
PORT = "expected a whole number from 1 to 65535, in digits"
KNOWN_GROUP_KEYS = (
    "groups, port, username, credential, known_hosts, region, expect, jump, jump_credential, ssh, tags, "
    "data, enabled"
)
KNOWN_DEVICE_KEYS = KNOWN_GROUP_KEYS.replace("groups,", "host, host_key_alias, groups, pair,")
JUMP = "expected one Host of ~/.ssh/config, user@host:port, or none; a password never stands here"

# Device lines, from line 4 on, and what the file's only problem must say.
DEVICE_MISTAKES = [
    (["fw:"], "4:3: device fw: no host; add its address, e.g. {host: 192.0.2.11}"),
    (["fw: {}"], "4:3: device fw: no host; add its address, e.g. {host: 192.0.2.11}"),
    (["fw: {port: 22}"], "4:3: device fw: no host; add its address, e.g. {host: 192.0.2.11}"),
    (["fw: 192.0.2.1"], "4:7: device fw: a text; expected a map, e.g. {host: 192.0.2.11}"),
    (["fw: [a]"], "4:7: device fw: a list; expected a map, e.g. {host: 192.0.2.11}"),
    (["fw: {host: ~}"], "4:14: device fw: host: empty; expected a text, or leave the key out"),
    (["fw: {host: [a]}"], "4:14: device fw: host: a list; expected a text, or leave the key out"),
    (["fw: {host: 192.0.2.300}"], f"4:14: device fw: host: '192.0.2.300' {NO_HOST}"),
    (["fw: {host: 192.0.2.01}"], f"4:14: device fw: host: '192.0.2.01' {NO_HOST}"),
    (["fw: {host: h, expect: {proxy: {host: a_b, port: 80}}}"],
     f"4:40: device fw: expect.proxy.host: 'a_b' {NO_HOST}"),
    (["fw: {host: -a}"], f"4:14: device fw: host: '-a' {NO_HOST}"),
    (["fw: {host: a.}"], f"4:14: device fw: host: 'a.' {NO_HOST}"),
    (["fw: {host: '12'}"], f"4:14: device fw: host: '12' {NO_HOST}"),
    (["fw: {host: '[2001:db8::1]'}"],
     "4:14: device fw: host: '[2001:db8::1]' is in brackets; write an IPv6 address without them"),
    (["fw: {host: a:22}"], "4:14: device fw: host: 'a:22' holds a port; put it under port"),
    (["fw: {host: 'ssh://a'}"], "4:14: device fw: host: 'ssh://a' is a URL; write the host alone"),
    (["fw: {host: u@a}"],
     "4:14: device fw: host: a text with '@' is not a host; put the user name under username"),
    (["fw: {host: 0.0.0.0}"], "4:14: device fw: host: '0.0.0.0' is not the address of one device"),
    (["fw: {host: 'fe80::1%a b'}"], "4:14: device fw: host: 'fe80::1%a b' has a bad zone after '%'"),
    (['fw: {host: "a\\x1b[2J"}'],
     "4:14: device fw: host: 'a\\x1b[2J' has control characters or blanks around it; delete them"),
    (["fw: {host: h, port: 0}"], f"4:23: device fw: port: '0'; {PORT}"),
    (["fw: {host: h, port: 65536}"], f"4:23: device fw: port: '65536'; {PORT}"),
    (["fw: {host: h, port: 022}"], f"4:23: device fw: port: '022'; {PORT}"),
    (["fw: {host: h, port: 0x16}"], f"4:23: device fw: port: '0x16'; {PORT}"),
    (["fw: {host: h, port: 2²}"], f"4:23: device fw: port: '2²'; {PORT}"),
    (["fw: {host: h, port: ssh}"], f"4:23: device fw: port: 'ssh'; {PORT}"),
    (["fw: {host: h, hots: x}"],
     "4:17: device fw: unknown key 'hots' (did you mean 'host'?)"),
    (["fw: {host: h, zz: x}"],
     f"4:17: device fw: unknown key 'zz'; expected one of: {KNOWN_DEVICE_KEYS}"),
    (["fw: {hostname: h}"], "4:8: device fw: unknown key 'hostname' (did you mean 'host'?)"),
    (["fw: {host: h, password: S3cret}"],
     "4:17: device fw: unknown key 'password'; a secret never stands in this file: "
     "name its source under credentials"),
    (["fw: {host: h, transport: smart}"],
     "4:17: device fw: unknown key 'transport'; it belongs under expect, e.g. expect: {transport: smart}"),
    (["fw: {host: h, groups: emea}"], "4:25: device fw: groups: 'emea'; expected a list, e.g. [one, two]"),
    (["fw: {host: h, groups: [x]}"],
     "4:26: device fw: groups: 'x' is not defined in groups; define it there"),
    (["fw: {host: h, credential: d}"],
     "4:29: device fw: credential: 'd' is not defined in credentials; define it there, or use one of: c"),
    (["fw: {host: h, tags: [a, a]}"], "4:27: device fw: tags: 'a' is listed twice; delete one"),
    (["fw: {host: h, tags: ['a b']}"], f"4:24: device fw: tags: 'a b' {NOT_A_NAME}"),
    (["fw: {host: h, region: a/b}"], f"4:25: device fw: region: 'a/b' {NOT_A_NAME}"),
    (["fw: {host: h, username: ' u'}"],
     "4:27: device fw: username: ' u' has control characters or blanks around it; delete them"),
    (["fw: {host: h, known_hosts: '~nosuchuser-x/kh'}"],
     "4:30: device fw: known_hosts: '~nosuchuser-x/kh': there is no such home directory; write the path out"),
    (["fw: {host: h, jump: -oProxyCommand=x}"], f"4:23: device fw: jump: '-oProxyCommand=x'; {JUMP}"),
    (["fw: {host: h, jump: 'a,b'}"], f"4:23: device fw: jump: 'a,b'; {JUMP}"),
    (["fw: {host: h, jump: 'b:99999'}"], f"4:23: device fw: jump: 'b:99999'; {JUMP}"),
    (["fw: {host: h, ssh: leagcy}"],
     "4:22: device fw: ssh: 'leagcy' (did you mean 'legacy'?); expected one of: strict, default, legacy"),
    (["fw: {host: h, ssh: {kex: x}}"], "4:22: device fw: ssh: a map; expected a text, or leave the key out"),
    (["fw: {host: h, expect: smart}"], "4:25: device fw: expect: a text; expected a map (key: value)"),
    (["fw: {host: h, expect: {transport: smrt}}"],
     "4:37: device fw: expect.transport: 'smrt' (did you mean 'smart'?); "
     "expected one of: smart, callhome, onprem, reserved, none"),
    (["fw: {host: h, expect: {proxi: none}}"],
     "4:26: device fw: expect: unknown key 'proxi' (did you mean 'proxy'?)"),
    (["fw: {host: h, expect: {proxy: no}}"],
     "4:33: device fw: expect.proxy: expected none, any, or a map {host: NAME, port: NUMBER}"),
    (["fw: {host: h, expect: {proxy: {}}}"],
     "4:33: device fw: expect.proxy: expected none, any, or a map {host: NAME, port: NUMBER}"),
    (["fw: {host: h, expect: {proxy: {host: p}}}"],
     "4:40: device fw: expect.proxy has no port, and nothing below it gives one; add it"),
    (["fw: {host: h, expect: {proxy: {port: 1}}}"],
     "4:40: device fw: expect.proxy has no host, and nothing below it gives one; add it"),
    (["fw: {host: h, expect: {proxy: {host: p, port: x}}}"],
     f"4:49: device fw: expect.proxy.port: 'x'; {PORT}"),
    (["fw: {host: h, pair: fw}"], "4:23: device fw: pair: this is the device itself; name the other unit"),
    (["fw: {host: h, pair: fv}"],
     "4:23: device fw: pair: 'fv' is not in this file; name the other unit"),
    (["a: {host: a}", "b: {host: b, pair: a}", "c: {host: c, pair: a}"],
     "6:22: device c: pair: 'a': a is already the mate of b (line 5); a pair has two units"),
    (["a: {host: a, pair: b}", "b: {host: b, pair: c}", "c: {host: c}"],
     "5:22: device b: pair: 'c': b is already the mate of a (line 4); a pair has two units"),
    (["a: {host: FW.example.net}", "b: {host: fw.example.net}"],
     "5:13: device b: a (line 4) has fw.example.net port 22 already; delete one of the two"),
    (["a: {host: '2001:db8::1'}", "b: {host: '2001:0db8:0::1', port: 22}"],
     "5:13: device b: a (line 4) has 2001:0db8:0::1 port 22 already; delete one of the two"),
    (["a: {host: 192.0.2.1}", "b: {host: '::ffff:192.0.2.1'}"],
     "5:13: device b: a (line 4) has ::ffff:192.0.2.1 port 22 already; delete one of the two"),
    (["a: {host: '::FFFF:C000:201'}", "b: {host: 192.0.2.1}"],
     "5:13: device b: a (line 4) has 192.0.2.1 port 22 already; delete one of the two"),
    (["a: {host: 'fe80::1%eth0'}", "b: {host: 'FE80:0::1%eth0'}"],
     "5:13: device b: a (line 4) has FE80:0::1%eth0 port 22 already; delete one of the two"),
    (["fw: {host: a}", "fw: {host: b}"],
     "5:3: key 'fw' is here twice, first at line 4, column 3; delete one"),
    (["fw: {host: a}", "FW: {host: b}"],
     "5:3: device FW: differs from fw (line 4) only in upper and lower case; rename one"),
    (["../etc: {host: a}"], f"4:3: device name: '../etc' {NOT_A_NAME}"),
    (["a..b: {host: a}"], f"4:3: device name: 'a..b' {NOT_A_NAME}"),
    (["-rf: {host: a}"], f"4:3: device name: '-rf' {NOT_A_NAME}"),
    (['"a\\nb": {host: a}'],
     "4:3: device name: 'a\\nb' has control characters or blanks around it; delete them"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "message"), DEVICE_MISTAKES, ids=[lines[-1] for lines, _ in DEVICE_MISTAKES]
)
def test_a_mistake_in_a_device_is_one_problem_with_its_place(
    tmp_path: Path, lines: list[str], message: str
) -> None:
    """One mistake, one line, at the very character."""
    assert problems(tmp_path, devices(*lines)) == [f"inventory.yaml:{message}"]


FILE_MISTAKES = [
    ("", "inventory.yaml: the file is empty"),
    ("- a\n", "inventory.yaml:1:1: this is not an inventory but a list; expected a map with keys such as "
     "'devices' "
     "('asa-transport schema inventory' has them all)"),
    ("groups: {}\n",
     "inventory.yaml:1:1: inventory: no devices; add e.g. devices: {fw-par-01: {host: 192.0.2.11}}"),
    ("devices: {}\n", "inventory.yaml:1:1: devices: there are none; add e.g. fw-par-01: {host: 192.0.2.11}"),
    ("devices:\n", "inventory.yaml:1:1: devices: there are none; add e.g. fw-par-01: {host: 192.0.2.11}"),
    ("devices: [a]\n",
     "inventory.yaml:1:10: devices: a list; expected a map, e.g. fw-par-01: {host: 192.0.2.11}"),
    (devices("fw: {host: h}") + "device: {}\n",
     "inventory.yaml:5:1: inventory: unknown key 'device' (did you mean 'devices'?)"),
    (devices("fw: {host: h}") + "groups: {g: {host: h}}\n",
     f"inventory.yaml:5:14: group g: unknown key 'host'; expected one of: {KNOWN_GROUP_KEYS}"),
    (devices("fw: {host: h}") + "groups: {a: {groups: [b]}, b: {groups: [c]}, c: {groups: [a]}}\n",
     "inventory.yaml:5:59: group c: groups: 'a' is in this group already (a -> b -> c -> a); take one out"),
    (devices("fw: {host: h}") + "groups: {a: {groups: [a]}}\n",
     "inventory.yaml:5:23: group a: groups: this is the group itself; name another one"),
    (devices("fw: {host: h, groups: [a]}") + "groups: {a: {groups: [emea]}, eemea: {}}\n",
     "inventory.yaml:5:23: group a: groups: 'emea' is not defined in groups (did you mean 'eemea'?); "
     "define it there, or use one of: a, eemea"),
    (devices("fw: {host: h}") + "groups: {a: {groups: b}, b: {}}\n",
     "inventory.yaml:5:22: group a: groups: 'b'; expected a list, e.g. [one, two]"),
    (devices("fw: {host: h}") + "groups: {'g g': {}}\n",
     f"inventory.yaml:5:10: group name: 'g g' {NOT_A_NAME}"),
    (devices("a: {host: a, groups: [g]}", "b: {host: b, groups: [g]}")
     + "groups: {g: {expect: {proxy: {host: p}}}}\n",
     "inventory.yaml:6:37: groups.g: expect.proxy has no port, and nothing below it gives one; add it"),
    ("defaults: {credential: c}\ncredentials: {c: {password: {env: A}}}\ndevices: {fw: {host: h}}\n",
     "inventory.yaml:3:11: device fw: no username (who logs in); "
     "add it here, to a group or to defaults"),
    ("defaults: {username: u}\ncredentials: {c: {password: {env: A}}}\ndevices: {fw: {host: h}}\n",
     "inventory.yaml:3:11: device fw: no credential (a name from credentials); "
     "add it here, to a group or to defaults"),
    ("defaults: {username: u, credential: c}\ndevices: {fw: {host: h}}\n",
     "inventory.yaml:1:37: defaults: credential: 'c' is not defined in credentials; define it there"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), FILE_MISTAKES, ids=[text[-24:] for text, _ in FILE_MISTAKES])
def test_a_mistake_in_another_part_is_one_problem_with_its_place(
    tmp_path: Path, text: str, message: str
) -> None:
    """A default that is wrong is said once, not once for each device."""
    assert problems(tmp_path, text) == [message]


LITERAL = f"the secret itself stands here (not shown); give its source instead: {SOURCES}"
CREDENTIAL_MISTAKES = [
    (f"{{password: {SENTINEL}}}", f"2:29: credential c: password: {LITERAL}"),
    (f"{{password: [{SENTINEL}]}}", f"2:29: credential c: password: {LITERAL}"),
    (f"{{password: {{env: A}}, enable: '{SENTINEL}'}}", f"2:47: credential c: enable: {LITERAL}"),
    ("{password: ~}", "2:29: credential c: password: empty; "
     f"give its source instead: {SOURCES}"),
    (SENTINEL, "2:18: credential c: expected a map (key: value); what stands here is not shown"),
    (f"{{password: {{{SENTINEL}: }}}}",
     "2:30: credential c: password: unknown key (not shown); "
     "expected one of: env, file, command, keyring, systemd, prompt, vault"),
    ("{password: {}}", f"2:29: credential c: password: 0 sources; expected exactly one of {SOURCES}"),
    ("{password: {env: A, file: b}}",
     f"2:29: credential c: password: 2 sources; expected exactly one of {SOURCES}"),
    ("{enable: {env: A}}", f"2:15: credential c: no password; add its source: {SOURCES}"),
    (f"{{password: {{env: A}}, {SENTINEL}: x}}",
     "2:39: credential c: unknown key (not shown); expected one of: password, enable, key"),
    (f"{{password: {{env: '{SENTINEL}!'}}}}",
     "2:35: credential c: password: env: expected the name of an environment variable, "
     "e.g. ASA_TRANSPORT_PASSWORD; what stands here is not shown"),
    (f"{{password: {{command: {SENTINEL}}}}}",
     "2:39: credential c: password: command: expected a list of a program and its arguments, "
     "e.g. [pass, show, asa]; no shell is used"),
    ("{password: {command: []}}",
     "2:39: credential c: password: command: expected a list of a program and its arguments, "
     "e.g. [pass, show, asa]; no shell is used"),
    (f"{{password: {{systemd: ../{SENTINEL}}}}}",
     "2:39: credential c: password: systemd: expected the name of a systemd credential, without '/'; "
     "what stands here is not shown"),
    (f"{{password: {{keyring: {{service: {SENTINEL}}}}}}}",
     "2:39: credential c: password: keyring: no username; expected {service: S, username: U}"),
    (f"{{password: {{keyring: {SENTINEL}}}}}",
     "2:39: credential c: password: keyring: expected a map (key: value); what stands here is not shown"),
    (f"{{password: {{prompt: {SENTINEL}}}}}",
     "2:38: credential c: password: prompt: expected true; choose another source if nobody can be asked"),
    (f'{{password: {{file: "{SENTINEL}\\0"}}}}',
     "2:36: credential c: password: file: has control characters; delete them"),
    (f"{{password: {{file: ~{SENTINEL}/x}}}}",
     "2:36: credential c: password: file: there is no such home directory; write the path out"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("credential", "message"), CREDENTIAL_MISTAKES, ids=[c for c, _ in CREDENTIAL_MISTAKES]
)
def test_a_mistake_in_a_credential_never_shows_its_text(
    tmp_path: Path, credential: str, message: str
) -> None:
    """A password in the wrong place must not travel on into a terminal, a log or a ticket."""
    text = (
        "defaults: {username: u, credential: c}\n"
        + f"credentials: {{c: {credential}}}\ndevices: {{fw: {{host: h}}}}\n"
    )

    with pytest.raises(InventoryError) as caught:
        read(tmp_path, text)

    shown = (
        "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(caught.value.problems)
    )
    assert SENTINEL not in shown
    assert [str(problem) for problem in caught.value.problems] == [f"{tmp_path}/inventory.yaml:{message}"]


def test_all_problems_of_a_file_come_at_once_in_its_order(tmp_path: Path) -> None:
    """An operator mends a file in one round, not in twelve."""
    text = """\
defalts: {}
defaults:
  port: 99999
  username: netaudit
  credential: labb
credentials:
  lab: {password: hunter2}
groups:
  emea: {regoin: x}
devices:
  fw-1:
  fw-2: {host: 192.0.2.300, groups: [emae]}
  fw-3: {host: a, pair: fw-9}
  fw-3: {host: b}
  fw-4: {host: A, port: 0}
  fw-5: {host: b, port: 22, jump: a b}
  fw-6: {host: b, port: 22}
"""

    found = problems(tmp_path, text)

    places = [problem.split(": ")[0].removeprefix("inventory.yaml:") for problem in found]
    assert places == [
        "1:1", "3:9", "5:15", "7:19", "9:10", "11:3", "12:16", "12:38", "13:25", "14:3", "15:25", "16:35",
        "17:16",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda _: None,
            "there is no such file; give an inventory with -i, or write one "
            "('asa-transport schema inventory' has its keys)",
        ),
        (lambda path: path.mkdir(), "this is a directory, not a file"),
        (lambda path: path.symlink_to(path), "its symbolic links lead in a circle"),
        (lambda path: path.write_bytes(b"a\xff"), "byte 0xFF is not UTF-8; save the file as UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, make: Any, message: str) -> None:
    """Nothing was contacted, and the path is named."""
    path = tmp_path / "inventory.yaml"
    make(path)

    with pytest.raises(InventoryError) as caught:
        load(path)

    (problem,) = caught.value.problems
    assert (problem.file, problem.message) == (str(path), message)


def test_an_impossible_file_name_is_an_inventory_error() -> None:
    """Any argument of the command line ends in a message, not in a traceback."""
    with pytest.raises(InventoryError, match="this is not a file name"):
        load(Path("a\0b"))


# --------------------------------------------------------------------------- schema


@pytest.mark.parametrize(
    "text", [EXAMPLE, devices("fw: {host: h}"), devices("fw: {host: h, port: '22', jump: none}")]
)
def test_what_the_loader_takes_the_schema_takes(tmp_path: Path, text: str) -> None:
    """An editor must not underline a good file."""
    read(tmp_path, text)

    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(yaml.safe_load(text), schema())


# What refers to another part of the file, or spells a value in a way that needs a parser.
BEYOND_A_SCHEMA = (
    "is not defined", "is not in this file", "the device itself",
    "already", "twice", "only in upper", "'192.0.2.300'",
    "'192.0.2.01'", "'12'", "'a:22'", "'a.'", "'0.0.0.0'", "'b:99999'", "'~nosuchuser", "' u'",
    "nothing below",
)  # fmt: skip


@pytest.mark.parametrize(
    "lines",
    [lines for lines, message in DEVICE_MISTAKES if not any(word in message for word in BEYOND_A_SCHEMA)],
    ids=lambda lines: lines[-1],
)
def test_what_the_loader_refuses_by_its_form_the_schema_refuses(lines: list[str]) -> None:
    """The two descriptions of one format must not drift apart."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.load(devices(*lines), Loader=yaml.BaseLoader), schema())


def test_the_schema_and_the_loader_know_the_same_keys() -> None:
    """A key that is added to one must be added to the other."""
    document = schema()

    sections = document["properties"]
    assert set(sections["defaults"]["properties"]) == set(SHARED_KEYS)
    assert set(sections["groups"]["additionalProperties"]["properties"]) == {"groups", *SHARED_KEYS}
    assert set(sections["devices"]["additionalProperties"]["properties"]) == {
        "host",
        "groups",
        "pair",
        "host_key_alias",
        *SHARED_KEYS,
    }
    assert set(document["$defs"]["source"]["properties"]) == set(SOURCE_KEYS)


# --------------------------------------------------------------------------- a large fleet

# What stands in the braces of one device of many, at which part of it the message points, and its beginning.
PLANTED = (
    ("host: 192.0.2.300", "192.0.2.300", "host: '192.0.2.300' "),
    ("hostname: a", "hostname", "unknown key 'hostname' (did you mean 'host'?)"),
    ("host: {name}, groups: [siet-7]", "siet-7", "groups: 'siet-7' is not defined in groups (did you mean"),
    ("host: {name}, tags: prod", "prod", "tags: 'prod'; expected a list"),
    ("host: {name}, port: 70000", "70000", "port: '70000'; expected a whole number"),
    ("host: {name}, credential: nobody", "nobody", "credential: 'nobody' is not defined in credentials"),
    ("host: {name}, pair: fw-none", "fw-none", "pair: 'fw-none' is not in this file"),
    ("host: {name}, ssh: weak", "weak", "ssh: 'weak'; expected one of"),
    ("host: {name}, user: u", "user", "unknown key 'user' (did you mean 'username'?)"),
    ("host: {name}, expect: {transport: smrt}", "smrt", "expect.transport: 'smrt' (did you mean 'smart'?)"),
)


def test_fifty_mistakes_among_ten_thousand_devices_are_told_at_once(tmp_path: Path) -> None:
    """Nobody mends a fleet's file one mistake a run; each is told at its character, and nothing else is."""
    lines = inventory_text(10_000).splitlines()
    first = lines.index("devices:") + 1
    expected = []
    for number in range(50):
        at, (body, marked, message) = first + number * 197, PLANTED[number % len(PLANTED)]
        name = lines[at].partition(":")[0].strip()
        lines[at] = f"  {name}: {{{body.replace('{name}', name)}}}"
        column = lines[at].rindex(marked) + 1
        expected.append(f"inventory.yaml:{at + 1}:{column}: device {name}: {message}")

    found = problems(tmp_path, "\n".join(lines))

    assert len(found) == 50
    assert [
        (text, want) for text, want in zip(found, expected, strict=True) if not text.startswith(want)
    ] == []


def test_ten_thousand_devices_in_groups_of_groups_are_read_whole(tmp_path: Path) -> None:
    """What a benchmark times (`python -m tests.benchmarks.inventory`) is what it says it is."""
    inventory = read(tmp_path, inventory_text(10_000))

    assert len(inventory.devices) == 10_000
    assert {len(device.groups) for device in inventory.devices} == {3}
    assert inventory.devices[0].origins["region"] == "groups.city-0"


# --------------------------------------------------------------------------- any text whatever

WORDS = st.sampled_from(
    ["defaults", "credentials", "groups", "devices", "host", "port", "expect", "proxy", "pair", "tags", "lab",
     "fw", "none", "192.0.2.1", "22", "~", "", "a b", "..", "\x1b", "password", "env", "command"]
)  # fmt: skip
TREES = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=25,
)
SECTIONS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("defaults", "credentials", "groups", "devices"), TREES)
)


@given(
    data=st.one_of(
        st.binary(), st.text().map(str.encode), SECTIONS.map(lambda tree: yaml.safe_dump(tree).encode())
    )
)
def test_any_bytes_are_an_inventory_or_an_inventory_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    """No file, however broken, may end in a traceback."""
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)

    try:
        outcome: Inventory | InventoryError = load(path)
    except InventoryError as error:
        outcome = error

    assert outcome.devices if isinstance(outcome, Inventory) else outcome.problems


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("192.0.2.1", "::ffff:192.0.2.1"),
        ("2001:db8::1", "2001:DB8:0:0:0:0:0:1"),
        ("FW.example.net", "fw.example.net."),
    ],
)
def test_spellings_of_one_host_are_one_and_others_are_not(one: str, other: str) -> None:
    """Also for a proxy: a firewall that prints `PROXY` as `proxy` has the proxy that was sent."""
    assert host_identity(one) == host_identity(other)
    assert Proxy(host=one, port=80) == Proxy(host=other, port=80)
    assert len({Proxy(host=one, port=80), Proxy(host=other, port=80)}) == 1
    assert Proxy(host=one, port=80) != Proxy(host=other, port=81)
    assert host_identity(f"{one}0") != host_identity(other)


def test_link_local_addresses_of_two_interfaces_are_two_hosts() -> None:
    """`fe80::1` is the gateway of every network."""
    assert host_identity("fe80::1%eth0") != host_identity("fe80::1%eth1")
