"""One fleet by several machines: shards and regions over real SSH, and what merges them again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from mock_devices import MockFleet
from tests.fleet.hands import callhome, smart
from tests.support import QUICK, Ended, cli, fleet_of

NOW = "--now=2026-06-01T12:00:00Z"
# Of these two pairs the inventory names the first; of the cluster it says nothing, and never can.
PAIR = ("fw-p1", "fw-p2")
UNNAMED = ("fw-u1", "fw-u2")
CLUSTER = ("dc-1", "dc-2", "dc-3")
REGIONS = {"fw-a": "apac", "fw-b": "apac", "fw-c": "apac", **dict.fromkeys(CLUSTER, "amer")}


def pair(names: tuple[str, str], **more: Any) -> list[dict[str, Any]]:
    one, two = names
    return [
        callhome(one, failover={"mate": two, "unit": "primary", "state": "active"}, **more),
        callhome(two, failover={"mate": one, "unit": "secondary", "state": "standby"}, **more),
    ]


def cluster() -> list[dict[str, Any]]:
    roles = ("control", "data", "data")
    return [
        callhome(
            name,
            hostname="dc",
            cluster={"peers": [one for one in CLUSTER if one != name], "unit": name, "role": role},
        )
        for name, role in zip(CLUSTER, roles, strict=True)
    ]


@pytest.fixture(scope="module")
def fleet() -> Iterator[MockFleet]:
    with fleet_of(
        smart("fw-a"),
        callhome("fw-b", call_home={"http_proxy": {"host": "proxy.example.net", "port": 8080}}),
        smart("fw-c", license={"contact": "failed", "last_contact": "-80d"}),
        {"name": "fw-d", "faults": [{"action": "refuse"}]},
        {"name": "fw-e", "contexts": {"names": ["admin"]}},
        {"name": "fw-f", "license": {"mode": "pak"}, "model": "ASA5516", "version": "9.12(4)67"},
        smart("fw-g", license={"state": "eval"}),
        smart("fw-h"),
        *pair(PAIR),
        *pair(UNNAMED),
        *cluster(),
    ) as running:
        yield running


@pytest.fixture
def site(fleet: MockFleet, tmp_path: Path) -> Path:
    """A machine with the inventory: two devices with data, one that is not enabled, a policy, two ledgers."""
    path = fleet.write(tmp_path).inventory
    document = yaml.safe_load(path.read_text())
    document["defaults"]["region"] = "emea"
    for name, region in REGIONS.items():
        document["devices"][name]["region"] = region
    document["devices"]["fw-a"]["data"] = {"owner": "noc"}
    document["devices"]["fw-h"]["enabled"] = False
    del document["devices"][UNNAMED[1]]["pair"]
    path.write_text(yaml.safe_dump(document))
    (tmp_path / "policy.yaml").write_text(
        "license_contact: {medium: 60}\n".replace("license_contact", "contact")
    )
    (tmp_path / "policy.yaml").unlink()
    (tmp_path / "exceptions.yaml").write_text(
        "exceptions:\n  - {device: fw-b, owner: kim, ticket: INC7, reason: proxy is down, "
        "added_at: 2026-05-30T12:00:00Z, until: 2026-06-30}\n"
    )
    return tmp_path


def audit(site: Path, *more: str | Path, machine: str = "m") -> Ended:
    state = ("--state-dir", site / f"state-{machine}")
    return cli("audit", "-i", site / "inventory.yaml", *state, *QUICK, NOW, "--format", "json", *more)


def parts(site: Path, *each: tuple[str, ...]) -> list[Path]:
    """Audit each part on a machine of its own; return the documents."""
    found = []
    for number, words in enumerate(each):
        path = site / f"part-{number}.json"
        ended = audit(site, *words, "-o", path, machine=str(number))
        assert path.exists(), ended.err
        found.append(path)
    return found


def shards(site: Path, of: int = 3) -> list[Path]:
    return parts(site, *(("--shard", f"{number}/{of}") for number in range(1, of + 1)))


def merged(*files: Path, more: tuple[str | Path, ...] = ()) -> Ended:
    return cli("report", "merge", *files, *more)


def names(path: Path) -> set[str]:
    return {one["name"] for one in json.loads(path.read_text())["devices"]}


def timeless(document: dict[str, Any]) -> dict[str, Any]:
    """A document without what differs between two audits of the same fleet: times, ids, durations."""
    found: dict[str, Any] = json.loads(json.dumps(document))
    for key in ("id", "started_at", "finished_at"):
        found["run"][key] = None
    for device in found["devices"]:
        device["duration_s"] = None
        if device["outcome"] == "audited":
            device["facts"]["clock"] = device["facts"]["authorization"]["days_left"] = None
            for finding in device["findings"]:
                for line in finding["evidence"]:
                    line["text"] = None if line["command"] == "show clock" else line["text"]
    return found


def test_three_shards_merged_are_one_audit_of_the_whole(site: Path) -> None:
    """Only then may a fleet be shared among machines: whoever reads the report sees no difference."""
    whole = audit(site, machine="whole")
    files = shards(site)

    ended = merged(*files, more=("--format", "json"))

    assert timeless(ended.document) == timeless(whole.document)
    assert ended.code == whole.code == 4
    # The pair that the inventory names was in one shard; what it does not name was judged again.
    where = {name: number for number, path in enumerate(files) for name in names(path)}
    assert where[PAIR[0]] == where[PAIR[1]]
    assert where[UNNAMED[0]] != where[UNNAMED[1]]
    assert len({where[name] for name in CLUSTER}) > 1
    apart = {name for path in files for name in json.loads(path.read_text())["merging"]["facts"]}
    assert {*UNNAMED, *CLUSTER[1:]} <= apart
    jsonschema.validate(json.loads(files[0].read_text()), json.loads(cli("schema", "audit").out))
    jsonschema.validate(ended.document, json.loads(cli("schema", "audit").out))


def test_every_format_can_be_made_of_the_whole(site: Path) -> None:
    """A merged report is read, opened in a spreadsheet and scanned as any other."""
    whole = audit(site, machine="whole")
    files = shards(site, 2)

    rows = list(csv.DictReader(io.StringIO(merged(*files, more=("--format", "csv")).out)))
    expected = cli("report", "last", "--format", "csv", "--state-dir", site / "state-whole").out
    for name in ("table", "jsonl", "md", "html", "junit", "sarif"):
        assert "fw-u2" in merged(*files, more=("--format", name)).out
    keys = ("name", "verdict", "findings", "data.owner")
    assert [[row.get(key) for key in keys] for row in rows] == [
        [row.get(key) for key in keys] for row in csv.DictReader(io.StringIO(expected))
    ]
    assert whole.document["totals"]["devices"] == len(rows)


def test_regions_merged_are_the_whole_too_and_a_shard_may_be_of_a_region(site: Path) -> None:
    """A region's own machine reaches only that region; a large one may have two."""
    whole = audit(site, machine="whole")

    ended = merged(
        *parts(
            site,
            ("--region", "apac"),
            ("--region", "amer"),
            ("--region", "emea", "--shard", "1/2"),
            ("--region", "emea", "--shard", "2/2"),
        ),
        more=("--format", "json"),
    )

    assert timeless(ended.document) == timeless(whole.document)


def test_a_part_says_what_it_is_and_who_is_elsewhere(site: Path) -> None:
    """A third of a fleet must not be read as the fleet, in no format, by nobody."""
    ended = audit(site, "--region", "apac", machine="0")
    state = ("--state-dir", site / "state-0")
    again = cli("report", "last", "--format", "json", *state)

    run = ended.document["run"]
    assert (run["part"]["region"], run["part"]["shard"], run["part"]["selected"]) == ("apac", None, 14)
    assert len(run["elsewhere"]) == 11
    assert run["not_selected"] == ["fw-h"]
    assert again.document == ended.document
    assert (
        "11 devices not selected (this is region apac): dc-1, dc-2, dc-3, fw-d, fw-e and 6 more" in ended.err
    )
    assert "; 1 not selected (enabled: false); 11 not selected (this is region apac)" in ended.err
    assert "(this is region apac)" in cli("report", "last", "--format", "md", *state).out
    assert "only region apac" in cli("report", "last", "--format", "html", *state).out


def test_a_part_is_compared_with_the_same_part_and_no_device_of_another_is_gone(site: Path) -> None:
    """On the machine of a region every night is a part."""
    audit(site, "--region", "apac", machine="0")
    audit(site, "--region", "amer", machine="0")
    since = audit(site, "--region", "apac", "--since", "last", machine="0")

    assert since.document["changes"] == []
    assert since.document["after"]["devices"] == since.document["before"]["devices"] == 3


def test_a_shard_that_is_missing_is_named_with_its_devices(site: Path) -> None:
    files = shards(site)

    ended = merged(files[0], files[2])

    missing = len(names(files[1]))
    assert ended.code == 2
    assert ended.out == ""
    assert f"{missing} devices of 14 in no part: " in ended.err
    assert "give shard 2/3 too" in ended.err


def test_what_is_twice_is_refused(site: Path) -> None:
    files = shards(site)
    copy = site / "copy.json"
    copy.write_bytes(files[0].read_bytes())
    other = site / "region.json"
    audit(site, "--region", "apac", "-o", other, machine="other")

    same = merged(*files, files[0])
    copied = merged(*files, copy)
    both = merged(*files[1:], other)

    assert (same.code, copied.code, both.code) == (2, 2, 2)
    assert "part-0.json: given twice" in same.err
    assert f"copy.json: run {json.loads(copy.read_text())['run']['id']} is in" in copied.err
    assert "twice, here (region apac) and in " in both.err


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("policy.yaml", "exception_max_days: 10\n", "policy: here "),
        ("exceptions.yaml", "exceptions: []\n", "exceptions: other ones than in "),
        (
            "waivers.yaml",
            "waivers:\n  - {rule: AT208, devices: fw-a, owner: kim, reason: no NTP, "
            "added_at: 2026-05-30T12:00:00Z, until: 2026-06-30}\n",
            "waivers: other ones than in ",
        ),
    ],
)
def test_parts_by_another_standard_are_refused_with_what_differs(
    site: Path, file: str, text: str, said: str
) -> None:
    """Two halves that were judged by two rules are no whole."""
    (one,) = parts(site, ("--shard", "1/2"))
    kept = site / "one.json"
    kept.write_bytes(one.read_bytes())
    (site / file).write_text(text)
    (other,) = parts(site, ("--shard", "2/2"))

    ended = merged(kept, other)

    assert ended.code == 2
    assert said in ended.err


def test_parts_of_another_inventory_are_refused(site: Path) -> None:
    (one,) = parts(site, ("--shard", "1/2"))
    kept = site / "one.json"
    kept.write_bytes(one.read_bytes())
    path = site / "inventory.yaml"
    document = yaml.safe_load(path.read_text())
    document["devices"]["fw-a"]["tags"] = ["new"]
    path.write_text(yaml.safe_dump(document))
    (other,) = parts(site, ("--shard", "2/2"))

    ended = merged(kept, other)

    assert ended.code == 2
    assert "inventory and --limit: here 14 devices (" in ended.err


def test_a_part_of_another_release_is_refused(site: Path) -> None:
    """Another release may judge otherwise."""
    one, other = shards(site, 2)
    document = json.loads(other.read_text())
    document["run"]["tool_version"] = "0.0.1"
    other.write_text(json.dumps(document))

    ended = merged(one, other)

    assert ended.code == 2
    assert "asa-transport: here 0.0.1, in " in ended.err


def test_a_part_that_was_interrupted_makes_the_whole_one_that_was(site: Path) -> None:
    """What nobody read is no success because another machine came to its end."""
    one, other = shards(site, 2)
    document = json.loads(other.read_text())
    document["run"]["exit_code"] = 130
    other.write_text(json.dumps(document))

    ended = merged(one, other, more=("--format", "json"))

    assert ended.code == ended.document["run"]["exit_code"] == 130
    assert f"{other}: run {document['run']['id']} was interrupted" in ended.err


def test_an_audit_of_the_whole_is_no_part(site: Path) -> None:
    whole = site / "whole.json"
    audit(site, "-o", whole)

    ended = merged(whole)

    assert ended.code == 2
    assert "is no part: it was made without --shard and --region" in ended.err


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda found: found["devices"][0].pop("host"), "'host'"),
        (lambda found: found["devices"][0].update(outcome="fine"), "something in it"),
        (lambda found: found["totals"].update(devices=1), "totals: "),
        (lambda found: found["run"].update(more=1), "unknown key 'more'"),
        (lambda found: found.update(more=1), "unknown key 'more'"),
        (lambda found: found.pop("merging"), "merging"),
        (lambda found: found.update(schema="asa-transport/push/1"), "expected 'asa-transport/audit/1'"),
    ],
)
def test_a_document_that_was_altered_is_refused(site: Path, alter: Any, said: str) -> None:
    """What was cut out of a part would be healthy in the whole."""
    (path,) = parts(site, ("--shard", "1/2"))
    document = json.loads(path.read_text())
    alter(document)
    path.write_text(json.dumps(document))

    ended = merged(path)

    assert ended.code == 2
    assert "not an audit document as this release writes it" in ended.err
    assert said in ended.err


def test_folders_of_runs_are_parts_and_the_whole_has_a_ticket(site: Path) -> None:
    """What was carried from another machine is the folder of its run; the ticket is of the whole."""
    shards(site, 2)
    runs = [next((site / f"state-{number}" / "runs").glob("2*")) for number in (0, 1)]
    (site / "merged").mkdir()

    ended = merged(*runs, more=("--format", "json", "-o", site / "merged" / "audit.json"))
    ticket = cli("ticket", site / "merged", "-o", site / "change")

    assert (ended.code, ticket.code) == (4, 0)
    assert json.loads((site / "merged" / "audit.json").read_text())["totals"]["devices"] == 14
    assert "fw-u2" in (site / "change" / "ticket.md").read_text()


def test_the_severity_that_fails_is_that_of_the_merge(fleet: MockFleet, site: Path) -> None:
    files = parts(site, ("-l", "fw-a", "--shard", "1/1", "--fail-on", "critical"))
    del fleet

    codes = [merged(*files, more=("--fail-on", word)).code for word in ("info", "critical")]

    assert codes == [3, 0]


def test_list_plan_and_host_keys_take_the_same_part(site: Path) -> None:
    """Each machine enrols the keys of its own part, and plans for it."""
    inventory = ("-i", site / "inventory.yaml")
    listed = cli("inventory", "list", *inventory, "--shard", "2/3").out.split()
    keys = cli("hostkeys", "check", *inventory, "--shard", "2/3", "--format", "json", "--attempts", "1")
    made = cli(
        "plan", *inventory, "--state-dir", site / "s", *QUICK, "--shard", "2/3", "-o", site / "plan.json"
    )
    plan = json.loads((site / "plan.json").read_text())

    assert [one["name"] for one in keys.document["devices"]] == listed
    assert {one["name"] for one in (*plan["devices"], *plan["held"])} <= set(listed)
    assert "not selected (this is shard 2/3)" in made.err


def test_wrong_words_are_said_before_anything_is_contacted(site: Path) -> None:
    for words, said in (
        (("--shard", "0/3"), "expected the number of a shard and how many there are"),
        (("--shard", "4/3"), "expected the number of a shard and how many there are"),
        (("--region", "emae"), "did you mean 'emea'?"),
    ):
        ended = audit(site, *words)
        assert ended.code == 2
        assert said in ended.err
