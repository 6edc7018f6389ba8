"""`--limit`: which devices a pattern means."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from asa_transport.core.judgement.select import named, select, selection
from asa_transport.errors import SelectionError
from asa_transport.model import Device


def device(
    name: str, *, groups: tuple[str, ...] = (), tags: tuple[str, ...] = (), region: str | None = None
) -> Device:
    return Device(
        name=name, host=f"{name}.example.net", port=22, username="u", credential="c", known_hosts=Path("/kh"),
        groups=groups, tags=tags, region=region,
    )  # fmt: skip


FLEET = (
    device("fw-ber-01", groups=("emea", "core"), tags=("prod",), region="emea"),
    device("fw-par-01", groups=("emea",), tags=("prod", "edge"), region="emea"),
    device("fw-par-02", groups=("emea",), tags=("lab",), region="emea"),
    device("fw-sin-01", groups=("apac",), tags=("prod",), region="apac"),
    device("lab1"),
)
FILES = {
    "retry.txt": "# failed last night\nfw-par-01\n\nfw-sin-01  # twice\n",
    "patterns.txt": "group:emea\n!tag:lab\n",
    "empty.txt": "# nothing\n",
    "circle.txt": "@circle.txt\n",
    "both.txt": "group:emea\n&tag:prod\n",
    "not-lab.txt": "!tag:lab\n",
    "retried.txt": "lab1\nlab2\n",
    # Of other programs, with a password each.
    "hosts.csv": "fw-par-01\nfw-par-01,S3cret-pass\n",
    "hosts.ini": "fw-par-01 pass:S3cret-pass\n",
}


def read_file(name: str) -> str:
    if name == "binary":
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
    if name not in FILES:
        raise FileNotFoundError(2, "No such file or directory")
    return FILES[name]


def chosen(*patterns: str) -> list[str]:
    return [device.name for device in select(FLEET, patterns, read_file)]


EMEA = ["fw-ber-01", "fw-par-01", "fw-par-02"]


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        ([], [*EMEA, "fw-sin-01", "lab1"]),
        (["fw-par-01"], ["fw-par-01"]),
        (["fw-sin-01,fw-ber-01"], ["fw-ber-01", "fw-sin-01"]),
        (["fw-sin-01", "fw-ber-01"], ["fw-ber-01", "fw-sin-01"]),
        ([" fw-sin-01 , lab1 "], ["fw-sin-01", "lab1"]),
        (["fw-par-*"], ["fw-par-01", "fw-par-02"]),
        (["fw-???-01"], ["fw-ber-01", "fw-par-01", "fw-sin-01"]),
        (["fw-[bs]*"], ["fw-ber-01", "fw-sin-01"]),
        (["group:emea"], EMEA),
        (["tag:prod"], ["fw-ber-01", "fw-par-01", "fw-sin-01"]),
        (["region:apac"], ["fw-sin-01"]),
        (["tag:e*"], ["fw-par-01"]),
        (["group:emea,!tag:lab"], ["fw-ber-01", "fw-par-01"]),
        (["!tag:lab,group:emea"], ["fw-ber-01", "fw-par-01"]),
        (["!group:emea"], ["fw-sin-01", "lab1"]),
        (["!fw-*", "*"], ["lab1"]),
        (["@retry.txt"], ["fw-par-01", "fw-sin-01"]),
        (["!@retry.txt"], ["fw-ber-01", "fw-par-02", "lab1"]),
        (["@patterns.txt"], ["fw-ber-01", "fw-par-01"]),
        (["@patterns.txt,lab1"], ["fw-ber-01", "fw-par-01", "lab1"]),
        (["group:emea,&tag:prod"], ["fw-ber-01", "fw-par-01"]),
        (["group:emea", "&tag:prod"], ["fw-ber-01", "fw-par-01"]),
        (["&tag:prod,group:emea"], ["fw-ber-01", "fw-par-01"]),
        (["group:emea,group:apac,&tag:prod,&region:emea"], ["fw-ber-01", "fw-par-01"]),
        (["group:emea,&tag:prod,!fw-ber-*"], ["fw-par-01"]),
        (["&tag:prod"], ["fw-ber-01", "fw-par-01", "fw-sin-01"]),
        (["&tag:prod,!group:apac"], ["fw-ber-01", "fw-par-01"]),
        (["& tag:edge , group:emea"], ["fw-par-01"]),
        (["fw-*,&@retry.txt"], ["fw-par-01", "fw-sin-01"]),
        (["group:emea,&@not-lab.txt"], ["fw-ber-01", "fw-par-01"]),
        (["@both.txt"], ["fw-ber-01", "fw-par-01"]),
        (["!@both.txt"], ["fw-par-02", "fw-sin-01", "lab1"]),
        (["*,&@both.txt"], ["fw-ber-01", "fw-par-01"]),
    ],
)
def test_a_pattern_means_these_devices(patterns: list[str], names: list[str]) -> None:
    """The operator decides with one word which firewalls are touched."""
    assert chosen(*patterns) == names


KNOWN = "expected a name, a glob (fw-*), group:NAME, tag:NAME, region:NAME or @FILE"


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (
            "fw-par-1",
            "--limit 'fw-par-1': no device has this name; did you mean 'fw-par-01' or 'fw-par-02'?",
        ),
        ("fw-par-01,zzz", "--limit 'zzz': no device has this name; see 'asa-transport inventory show'"),
        ("FW-PAR-01", "--limit 'FW-PAR-01': no device has this name; see 'asa-transport inventory show'"),
        ("!nope", "--limit 'nope': no device has this name; see 'asa-transport inventory show'"),
        ("group:emae", "--limit 'group:emae': no device is in this group; did you mean 'emea'?"),
        ("tag:prd", "--limit 'tag:prd': no device has this tag; did you mean 'prod'?"),
        ("region:x", "--limit 'region:x': no device is in this region; see 'asa-transport inventory show'"),
        ("emea", "--limit 'emea': no device has this name; it is a group: write group:emea"),
        ("emae", "--limit 'emae': no device has this name; did you mean 'group:emea'?"),
        ("pro", "--limit 'pro': no device has this name; did you mean 'tag:prod'?"),
        ("em*", "--limit 'em*': no device has this name; groups are named so: write group:em*"),
        ("pr*d", "--limit 'pr*d': no device has this name; tags are named so: write tag:pr*d"),
        ("group:prod", "--limit 'group:prod': no device is in this group; it is a tag: write tag:prod"),
        ("tag:core", "--limit 'tag:core': no device has this tag; it is a group: write group:core"),
        ("tag:fw-par-01", "--limit 'tag:fw-par-01': no device has this tag; it is a device: write fw-par-01"),
        (
            "emea:&prod",
            "--limit 'emea:&prod': ':' joins nothing here; write group:emea,&tag:prod",
        ),
        (
            "emea:!lab:fw-sin-01",
            "--limit 'emea:!lab:fw-sin-01': ':' joins nothing here; write group:emea,!tag:lab,fw-sin-01",
        ),
        (
            "group:emea,!&tag:prod",
            "--limit '!&tag:prod': '!' and '&' stand together; write one of them",
        ),
        ("&!tag:prod", "--limit '&!tag:prod': '!' and '&' stand together; write one of them"),
        (
            "group:apac,&tag:lab",
            "--limit 'group:apac,&tag:lab': no device is left, because none is in every '&' pattern; remove "
            "one '&' pattern",
        ),
        ("prod", "--limit 'prod': no device has this name; it is a tag: write tag:prod"),
        ("grp:emea", "--limit 'grp:emea': 'grp:' is not known; " + KNOWN),
        ("all", "--limit 'all': no device has this name; leave --limit out for all devices"),
        (
            "fw-*,!fw-*",
            "--limit 'fw-*,!fw-*': no device is left, "
            "because '!' excludes all of them; remove one '!' pattern",
        ),
        (
            "!*",
            "--limit '!*': no device is left, because '!' excludes all of them; remove one '!' pattern",
        ),
        (
            "@nope.txt",
            "--limit 'nope.txt': cannot be read: No such file or directory; give a file with one pattern a "
            "line",
        ),
        ("@binary", "--limit 'binary': cannot be read: not a text file; give a file with one pattern a line"),
        ("@empty.txt", "--limit 'empty.txt': the file is empty; write one pattern a line"),
        (
            "@retried.txt",
            "--limit @retried.txt, line 2: 'lab2': no device has this name; did you mean 'lab1'?",
        ),
        (
            "@hosts.csv",
            "--limit @hosts.csv, line 2: no device has this name; see 'asa-transport inventory show'",
        ),
        (
            "@hosts.ini",
            "--limit @hosts.ini, line 1: the word before ':' is not known; " + KNOWN,
        ),
        ("@circle.txt", "--limit 'circle.txt': more than 5 files include each other; is there a loop?"),
        ("x\x1b[2J", "--limit 'x\\x1b[2J': no device has this name; see 'asa-transport inventory show'"),
    ],
)
def test_a_pattern_that_means_nothing_is_an_error(pattern: str, message: str) -> None:
    """A mistyped limit must never widen or narrow a push in silence."""
    with pytest.raises(SelectionError) as caught:
        chosen(pattern)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    "pattern", ["", " ", "!", "&", "fw-par-01,&", "lab1,,fw-par-01", "fw-par-01,", "group:", "@"]
)
def test_an_empty_pattern_is_an_error(pattern: str) -> None:
    """An unset shell variable must not select the whole fleet."""
    with pytest.raises(SelectionError, match="a pattern is empty"):
        chosen(pattern)


RESTING = tuple(replace(one, enabled=one.name not in {"fw-par-01", "lab1"}) for one in FLEET)


@pytest.mark.parametrize(
    ("patterns", "names", "resting"),
    [
        ([], ["fw-ber-01", "fw-par-02", "fw-sin-01"], ["fw-par-01", "lab1"]),
        (["group:emea"], ["fw-ber-01", "fw-par-02"], ["fw-par-01"]),
        (["fw-par-01,fw-ber-01"], ["fw-ber-01"], ["fw-par-01"]),
        (["group:apac"], ["fw-sin-01"], []),
    ],
)
def test_what_is_not_enabled_is_not_selected_but_counted(
    patterns: list[str], names: list[str], resting: list[str]
) -> None:
    """A firewall that waits for its rack must fail no night, and must not be forgotten either."""
    found = selection(RESTING, patterns, read_file)

    assert (
        [one.name for one in found.devices]
        == names
        == [one.name for one in select(RESTING, patterns, read_file)]
    )
    assert [one.name for one in found.not_enabled] == resting
    assert [one.name for one in named(RESTING, patterns, read_file)] == sorted(names + resting)


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        (["fw-par-01"], "--limit 'fw-par-01': no device is left, because the inventory says 'enabled: false' "
         "of fw-par-01; see 'asa-transport inventory show'"),
        (["lab1", "fw-par-01"], "--limit 'lab1,fw-par-01': no device is left, because the inventory says "
         "'enabled: false' of fw-par-01, lab1; see 'asa-transport inventory show'"),
    ],
)  # fmt: skip
def test_a_limit_that_leaves_no_enabled_device_is_an_error(patterns: list[str], message: str) -> None:
    """Exit 0 would say that it was looked at."""
    with pytest.raises(SelectionError) as caught:
        selection(RESTING, patterns, read_file)

    assert str(caught.value) == message


def test_an_inventory_without_an_enabled_device_is_an_error() -> None:
    """A night over nothing is not a good night."""
    with pytest.raises(SelectionError, match="the inventory: no device is left"):
        selection([replace(one, enabled=False) for one in FLEET], (), read_file)


def test_the_order_of_the_devices_is_kept() -> None:
    """Reports and waves rely on it, whatever the order of the patterns."""
    assert chosen("lab1,fw-sin-01,fw-ber-01") == ["fw-ber-01", "fw-sin-01", "lab1"]
