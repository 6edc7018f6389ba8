"""`doctor` over real SSH: each assumption as it is and turned the other way, and what is learnt of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from asa_transport.asa import commands
from asa_transport.capabilities import is_read_only
from asa_transport.core.assumptions.tries import TRIALS
from asa_transport.core.documents import doctor as document
from asa_transport.files import assumptions
from mock_devices import MockFleet, load_scenario
from tests.fleet.commit import LINES, commit, outcomes, planned, reverted
from tests.fleet.hands import callhome, license_block, run, smart
from tests.golden.golden import CAPTURED
from tests.support import Ended, cli, fleet_of
from tests.unit.test_assumption_trials import NEVER_FOUND

PROXY = {"host": "proxy.example.net", "port": 8080}
ROWS = [row.id for row in assumptions.load()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """A firewall on which one assumption is turned the other way, beside one on which it is not."""

    id: str
    otherwise: Mapping[str, Any]
    assumed: Mapping[str, Any] = field(default_factory=dict)


def _rewrite(command: str, old: str, new: str) -> dict[str, Any]:
    return {"rewrites": [{"command": command, "old": old, "new": new}]}


UNSAVED = {
    "modified": {"at": "-2h"}, "startup": {"written": "-1d", "license_config": {"transport": "callhome"}},
}  # fmt: skip
PAIR = {"failover": {"mate": "MATE", "unit": "primary", "state": "active", "cloud": True}}
TURNED: Final = (
    Turned(id="default-transport", otherwise={"quirks": {"default_transport": "callhome"}}),
    Turned(id="default-line-hidden", otherwise={"quirks": {"show_default_transport": True}}),
    Turned(
        id="transport-lines-last",
        otherwise={"license_config": {"transport": "callhome"}, "quirks": {"transport_lines": "first"}},
        assumed={"license_config": {"transport": "callhome"}},
    ),
    Turned(
        id="proxy-behind-type",
        otherwise={
            "license_config": {"transport": "callhome", "proxy": PROXY}, "quirks": {"proxy_line": "ahead"},
        },
        assumed={"license_config": {"transport": "callhome", "proxy": PROXY}},
    ),
    Turned(
        id="block-line-kinds",
        otherwise={"quirks": _rewrite("show running-config license", "^( feature.*)$", r"\1\n usage hourly")},
    ),
    Turned(
        id="url-default-hidden",
        otherwise={
            "quirks": _rewrite(
                "show running-config license", "^( throughput.*)$", r"\1\n transport url default"
            )
        },
    ),
    Turned(
        id="all-config-shape",
        otherwise={"quirks": _rewrite("show running-config all license", "^license smart$", "% usage")},
    ),
    Turned(
        id="license-in-system",
        otherwise={"contexts": {}, "quirks": {"license_commands": "invalid"}},
        assumed={"contexts": {}},
    ),
    Turned(
        id="callhome-proxy-unused",
        otherwise={
            "call_home": {"http_proxy": PROXY},
            "quirks": _rewrite(
                "show license status", r"^    Not Supported\n  VRF",
                "    Address: proxy.example.net\n    Port: 8080\n  VRF",
            ),
        },
        assumed={
            "call_home": {"http_proxy": PROXY},
            "quirks": _rewrite("show license", r"^    Not Supported\n  VRF", "    Not Configured\n  VRF"),
        },
    ),
    Turned(
        id="firepower-2100-in-asa",
        otherwise={"model": "FPR-2130", "version": "9.20(4)22", "quirks": {"license_commands": "invalid"}},
        assumed={"model": "FPR-2130", "version": "9.20(4)22"},
    ),
    Turned(
        id="onprem-address",
        otherwise={"license_config": {"url": "https://ssm.example.net/licences"}},
        assumed={"license_config": {"url": "https://ssm.example.net/SmartTransport"}},
    ),
    Turned(
        id="status-proxy-denied",
        otherwise={"license_config": {"proxy": PROXY}, "quirks": {"status_proxy": "real"}},
        assumed={"license_config": {"proxy": PROXY}},
    ),
    Turned(
        id="smart-transport-lines",
        otherwise={"quirks": _rewrite("show license status", "^  VRF:", "  Path: direct\n  VRF:")},
    ),
    Turned(
        id="status-own-end",
        otherwise={
            "quirks": _rewrite(
                "show license status", "^Utility:", "Miscellaneous:\n  Custom Id: <empty>\n\nUtility:"
            )
        },
    ),
    Turned(
        id="reservation-words",
        otherwise={
            "license": {"mode": "reserved"},
            "quirks": _rewrite("show license", "UNIVERSAL LICENSE RESERVATION", "HELD BACK"),
        },
        assumed={"license": {"mode": "reserved"}},
    ),
    Turned(
        id="cloud-failover-lines",
        otherwise={**PAIR, "quirks": _rewrite("show failover", "(?i)cloud", "pair"),
                   "failover": {**PAIR["failover"], "state": "standby"}},
        assumed=PAIR,
    ),
    Turned(
        id="cluster-lines",
        otherwise={"cluster": {}, "quirks": _rewrite("show cluster", "^Other", "Nothing else\nOther")},
        assumed={"cluster": {}},
    ),
    Turned(id="model-names", otherwise={"quirks": _rewrite("show version", ":   ASAv", ":   VFW")}),
    Turned(
        id="release-suffixes",
        otherwise={"quirks": _rewrite("show version", r"9\.22\(2\)14", "9.22(2)14-beta")},
    ),
    Turned(
        id="pak-refuses-license",
        otherwise={"model": "ASA5516", "version": "9.16(4)67", "quirks": {"pak_show_license": "message"}},
        assumed={"model": "ASA5516", "version": "9.16(4)67"},
    ),
    Turned(
        id="chassis-answers-license",
        otherwise={"model": "FPR4K-SM-44S", "quirks": {"license_commands": "invalid"}},
        assumed={"model": "FPR4K-SM-44S"},
    ),
    Turned(id="deadline-90-days", otherwise={"license": {"deadline": "+9d"}}),
    Turned(
        id="registration-one-year",
        otherwise={"quirks": _rewrite("show license", r"(Expires: \w{3} \d\d) \d{4}", r"\1 2031")},
    ),
    Turned(
        id="contact-timers",
        otherwise={
            "quirks": _rewrite(
                "show license", r"^  Next Communication Attempt: (\w{3}) \d\d \d{4}",
                r"  Next Communication Attempt: \1 01 2031",
            )
        },
    ),
    Turned(
        id="modified-after-written",
        otherwise={
            "modified": {"at": "-2h"},
            "startup": {"written": "-1h", "license_config": {"transport": "callhome"}},
        },
        assumed=UNSAVED,
    ),
    Turned(
        id="checksum-of-running", otherwise={**UNSAVED, "quirks": {"checksum": "stored"}}, assumed=UNSAVED
    ),
    Turned(id="filter-keeps-colon", otherwise={"quirks": {"filter_hides_comments": True}}),
    Turned(
        id="ping-tcp-lines", otherwise={"quirks": _rewrite("ping tcp", "^Success rate.*$", "5 of 5 opened")}
    ),
    Turned(id="ping-tcp-from-line", otherwise={"quirks": _rewrite("ping tcp", "starting port 1024, ", "")}),
    Turned(
        id="rsa-key-sha1",
        otherwise={"ssh": {"host_key": "rsa"}},
        assumed={"ssh": {"host_key": "rsa", "host_key_algs": ["ssh-rsa"]}},
    ),
)  # fmt: skip
# No mock has failover groups; an audit does not ask the offline commands; the rest no answer contradicts.
NOT_TURNED: Final = {
    "active-active-lines",
    "summary-lines",
    "usage-lines",
    "smart-below-922",
}


def _spec(name: str, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the firewall, and its mate or the other unit of its cluster where it has one."""
    spec = smart(name, **given)
    if "cluster" in spec:
        unit = f"{name}-unit"
        control = {**spec, "cluster": {"peers": [unit], "role": "control"}}
        return [control, {**spec, "name": unit, "cluster": {"peers": [name], "role": "data"}}]
    failover = spec.get("failover")
    if failover is None:
        return [spec]
    mate = f"{name}-mate"
    other = {**failover, "mate": name, "unit": "secondary"}
    other["state"] = "standby" if failover["state"] == "active" else "active"
    return [
        {**spec, "failover": {**failover, "mate": mate}},
        {**spec, "name": mate, "failover": other},
    ]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What `doctor --probe` finds on a fleet with two firewalls for each assumption: as assumed, and not."""
    directory = tmp_path_factory.mktemp("turned")
    devices = [
        device
        for turned in TURNED
        for way, given in (("as", turned.assumed), ("not", turned.otherwise))
        for device in _spec(f"{turned.id}-{way}", given)
    ]
    with fleet_of(*devices) as fleet:
        fleet.write(directory)
        ended = run(directory, "doctor", "*", "--probe", "--format", "json")
    assert ended.code == 3, ended.err
    return {device["name"]: device for device in ended.document["devices"]}


def check(device: Mapping[str, Any], name: str) -> dict[str, Any]:
    (one,) = [one for one in device["checks"] if one["id"] == name]
    assert isinstance(one, dict)
    return one


@pytest.mark.parametrize("turned", TURNED, ids=[turned.id for turned in TURNED])
def test_an_assumption_holds_where_it_does_and_differs_where_it_is_turned(
    turned: Turned, found: dict[str, dict[str, Any]]
) -> None:
    """The whole way: asked over SSH, read, tried, shown with the firewall's own lines."""
    as_assumed, otherwise = (check(found[f"{turned.id}-{way}"], turned.id) for way in ("as", "not"))

    assert as_assumed["verdict"] == "holds", as_assumed
    assert as_assumed["consequence"] is None
    assert otherwise["verdict"] == "differs", otherwise
    assert otherwise["consequence"]
    assert otherwise["evidence"] or turned.id in {"ping-tcp-lines"}, otherwise


def test_every_assumption_that_an_answer_shows_is_turned_on_some_firewall() -> None:
    assert {turned.id for turned in TURNED} | NOT_TURNED == TRIALS.keys()
    assert {name for name, _ in NEVER_FOUND} <= TRIALS.keys()


def test_a_firewall_as_assumed_differs_in_nothing_but_what_it_was_made_for(
    found: dict[str, dict[str, Any]],
) -> None:
    """Otherwise each user would be told of differences that are none."""
    strange = {
        (name, one["id"])
        for name, device in found.items()
        if name.endswith("-as")
        for one in device["checks"]
        if one["verdict"] == "differs"
    }

    assert strange == set()


# ------------------------------------------------------------------------------- the command


@pytest.fixture
def fleet() -> Iterator[MockFleet]:
    with fleet_of(smart("fw-a"), callhome("fw-b", version="9.23(1)22")) as running:
        yield running


def doctor(directory: Path, *arguments: str | Path) -> Ended:
    return run(directory, "doctor", *arguments)


def test_nothing_but_what_an_audit_may_send_reaches_a_firewall(fleet: MockFleet, tmp_path: Path) -> None:
    """A firewall in production is asked without a change window."""
    fleet.write(tmp_path)
    before = [license_block(fleet[name]) for name in ("fw-a", "fw-b")]
    fleet.reset_transcripts()

    ended = doctor(tmp_path, "*")
    typed = {line.text for name in ("fw-a", "fw-b") for line in fleet[name].transcript if not line.key}
    fleet.reset_transcripts()
    probed = doctor(tmp_path, "fw-a", "--probe")
    tried = {line.text for line in fleet["fw-a"].transcript if commands.is_ping_tcp(line.text)}

    assert (ended.code, probed.code) == (0, 0), ended.err
    secret = {line for line in typed if not is_read_only(line)}
    assert secret <= {"<secret>", "enable"}, secret
    assert not any(map(commands.is_ping_tcp, typed))
    assert tried == {"ping tcp smartreceiver.cisco.com 443"}
    assert [license_block(fleet[name]) for name in ("fw-a", "fw-b")] == before
    assert not list((tmp_path / "state").glob("learnt.json"))


def test_the_document_is_as_its_schema_says(fleet: MockFleet, tmp_path: Path) -> None:
    """Scripts read it by these names."""
    fleet.write(tmp_path)

    ended = doctor(tmp_path, "fw-b", "fw-a", "--format", "json")

    jsonschema.validate(ended.document, document.schema())
    assert ended.document["schema"] == "asa-transport/doctor/1"
    assert ended.document["run"]["exit_code"] == ended.code == 0
    assert [device["name"] for device in ended.document["devices"]] == ["fw-a", "fw-b"]
    for device in ended.document["devices"]:
        assert [one["id"] for one in device["checks"]] == ROWS
        for one in device["checks"]:
            assert one.keys() >= {
                "id", "assumption", "source", "verdict", "seen", "evidence", "consequence",
            }  # fmt: skip


@pytest.mark.parametrize("words", [(), ("-v",)])
def test_one_firewall_is_shown_assumption_by_assumption_at_80_columns(
    words: tuple[str, ...], fleet: MockFleet, tmp_path: Path
) -> None:
    """With -v also what it does not tell, so that nobody takes silence for proof."""
    fleet.write(tmp_path)

    ended = doctor(tmp_path, "fw-a", *words)
    lines = ended.out.splitlines()

    assert lines[0] == "fw-a (127.0.0.1): ASAv, 9.22(2)14"
    assert max(map(len, lines)) <= 80
    shown = {line.split()[0] for line in lines[1:] if line.startswith("  ") and line.split()[0] in ROWS}
    assert shown == set(ROWS) if words else shown < set(ROWS)


def test_an_output_that_cannot_be_written_is_told_before_a_firewall_is_asked(
    fleet: MockFleet, tmp_path: Path
) -> None:
    fleet.write(tmp_path)

    ended = doctor(tmp_path, "fw-a", "-o", tmp_path / "none" / "doctor.txt")

    assert ended.code == 2
    assert not fleet["fw-a"].transcript


@pytest.mark.parametrize("shape", ["table", "md"])
def test_several_firewalls_are_a_matrix_by_release_and_model(
    shape: str, fleet: MockFleet, tmp_path: Path
) -> None:
    fleet.write(tmp_path)

    shown = doctor(tmp_path, "fw-*", "--format", shape).out

    assert "9.22(2)14 ASAv" in shown
    assert "9.23(1)22 ASAv" in shown
    assert "default-line-hidden" in shown
    if shape == "table":
        assert max(map(len, shown.splitlines())) <= 80


def test_a_firewall_that_is_not_reached_is_named_and_is_the_end(tmp_path: Path) -> None:
    """Unknown is never fine."""
    with fleet_of(smart("fw-a")) as fleet:
        fleet.write(tmp_path)

    table = doctor(tmp_path, "*")
    ended = doctor(tmp_path, "*", "--format", "json")
    missed = ended.document["devices"][0]

    assert (table.code, ended.code) == (4, 4)
    assert "fw-a: not reached: " in table.out
    assert missed["checks"] == []
    assert missed["not_reached"]["stage"] == "connect"


def test_words_that_do_not_go_together_are_refused(fleet: MockFleet, tmp_path: Path) -> None:
    fleet.write(tmp_path)

    for words, said in (
        ((), "no firewall is named"),
        (("fw-a", "--offline", tmp_path), "--offline asks no firewall"),
        (("fw-a", "--list"), "--list and --learnt ask no firewall"),
        (("forget",), "expected one release"),
        (("forget", "soon"), "is no release"),
        (("forget", "9.22(2)14"), "nothing is learnt of 9.22(2)14"),
        (("fw-zz",), "fw-zz"),
    ):
        ended = doctor(tmp_path, *words)
        assert ended.code == 2, words
        assert said in ended.err, ended.err
    assert all(not fleet[name].transcript for name in ("fw-a", "fw-b"))


def test_a_secret_in_a_line_of_the_firewall_is_masked(tmp_path: Path) -> None:
    """A page of evidence goes to people who may not know it."""
    line = "^( feature.*)$"
    quirk = _rewrite("show running-config license", line, r"\1\n usage key hunter2hunter2")
    with fleet_of(smart("fw-a", quirks=quirk)) as fleet:
        fleet.write(tmp_path)
        shown = [doctor(tmp_path, "fw-a", "--format", shape) for shape in ("table", "json", "md")]

    for ended in shown:
        assert "usage key" in ended.out
        assert "hunter2" not in ended.out + ended.err


# ------------------------------------------------------------------------------- saved outputs


def test_saved_outputs_are_tried_alike_and_teach_nothing(tmp_path: Path) -> None:
    """Who saved them, and of which firewall, is not known."""
    quirks = {"show_default_transport": True, "transport_lines": "first"}
    with fleet_of(smart("fw-a", quirks=quirks)) as fleet:
        fleet.write(tmp_path)
        run(tmp_path, "audit")
        live = doctor(tmp_path, "fw-a", "--format", "json", "--state-dir", tmp_path / "other")
    (folder,) = (tmp_path / "state" / "runs").iterdir()

    saved = cli("doctor", "--offline", folder, "--format", "json", "--state-dir", tmp_path / "third")

    def differing(ended: Ended) -> list[str]:
        (device,) = ended.document["devices"]
        return [one["id"] for one in device["checks"] if one["verdict"] == "differs"]

    assert saved.code == live.code == 3
    assert differing(saved) == differing(live) == ["default-line-hidden", "transport-lines-last"]
    assert (tmp_path / "other" / "learnt.json").is_file()
    assert not (tmp_path / "third").exists()


# The mock fleet is beside the recorded shapes, and these are of IOS XE, which has the same agent.
BESIDE: Final = {
    ("contact-timers", "other_agent_out_of_compliance"), ("status-own-end", "other_agent_by_policy"),
}  # fmt: skip


def test_the_mock_fleet_contradicts_the_recorded_shapes_only_where_that_is_known(tmp_path: Path) -> None:
    """A mock that answers otherwise than the firewalls would make every other test here worth little."""
    beside = [
        word for path in sorted(CAPTURED.glob("show_*/*.txt")) if path.stem != "state"
        for word in ("--beside", path)
    ]  # fmt: skip
    with MockFleet.serve(load_scenario("demo")) as fleet:
        fleet.write(tmp_path)
        ended = doctor(tmp_path, "fw-*", "--format", "json", "--handshake-timeout=3", *beside)
        text = doctor(tmp_path, "fw-par-01", *beside).out

    found = {(one["id"], name) for one in ended.document["contradictions"] for name in one["there_on"]}
    jsonschema.validate(ended.document, document.schema())
    assert found == BESIDE
    assert "status-own-end holds on fw-par-01, and differs in the saved outputs of" in text


# ------------------------------------------------------------------------------- what is learnt

OTHER_LAYOUT = {"show_default_transport": True, "transport_lines": "first", "proxy_line": "ahead"}


def test_a_plan_predicts_what_was_learnt_of_the_release_and_the_push_reads_just_that(tmp_path: Path) -> None:
    """Before, the difference in the ticket was not the one that the firewall shows afterwards."""
    quirks = {"quirks": OTHER_LAYOUT}
    with fleet_of(reverted("fw-a", **quirks), smart("fw-b", version="9.22(2)14", **quirks)) as fleet:
        unlearnt = json.loads(planned(fleet, tmp_path).read_text())
        taught = doctor(tmp_path, "fw-*")
        learnt = json.loads(planned(fleet, tmp_path).read_text())
        ended = commit(tmp_path)
        block = license_block(fleet["fw-a"]).strip().split("\n")

    (before,), (after,) = unlearnt["devices"], learnt["devices"]
    assert taught.code == 3
    assert "learnt of 9.22(2)14: transport-lines-last" in taught.err
    assert before["predicted"] != block
    assert any("the predicted block is not certain" in note for note in before["notes"])
    assert after["apply"] == before["apply"] == LINES
    assert after["predicted"] == block == ["license smart", LINES[1], *block[2:]]
    assert after["notes"] == []
    assert outcomes(ended) == {"fw-a": "applied"}


def test_a_plan_made_before_doctor_learnt_is_refused_and_not_pushed_on_another_prediction(
    tmp_path: Path,
) -> None:
    quirks = {"quirks": OTHER_LAYOUT}
    with fleet_of(reverted("fw-a", **quirks), smart("fw-b", version="9.22(2)14", **quirks)) as fleet:
        planned(fleet, tmp_path)
        doctor(tmp_path, "fw-b")
        fleet.reset_transcripts()
        ended = commit(tmp_path)

    assert outcomes(ended) == {"fw-a": "refused"}
    assert "what 'doctor' learnt has changed" in ended.document["devices"][0]["reason"]


def test_of_a_release_with_another_default_the_release_alone_tells_nothing(tmp_path: Path) -> None:
    """An audit that names the wrong transport would call a firewall compliant that is not."""
    quirks = {"quirks": {"default_transport": "callhome"}}
    nothing = {**quirks, "deny": ["show license", "all license"]}
    with fleet_of(smart("fw-a", **quirks), smart("fw-b", **nothing)) as fleet:
        fleet.write(tmp_path)
        trusting = run(tmp_path, "audit", "-l", "fw-b", "--format", "json").device("fw-b")
        doctor(tmp_path, "fw-a")
        wary = run(tmp_path, "audit", "-l", "fw-b", "--format", "json").device("fw-b")
        forgotten = doctor(tmp_path, "forget", "9.22(2)14")
        again = run(tmp_path, "audit", "-l", "fw-b", "--format", "json").device("fw-b")

    sources = [one["facts"]["transport"]["source"] for one in (trusting, wary, again)]
    types = [one["facts"]["transport"]["type"] for one in (trusting, wary, again)]
    assert sources == ["version", None, "version"]
    assert types == ["smart", None, "smart"]
    assert forgotten.code == 0
    assert "forgotten of 9.22(2)14: default-transport" in forgotten.err


def test_equal_checksums_count_for_nothing_on_a_release_where_they_are_those_of_what_is_stored(
    tmp_path: Path,
) -> None:
    """A push would save somebody else's changes with its own."""
    teacher = smart("fw-a", **{**UNSAVED, "quirks": {"checksum": "stored"}})
    pupil = smart(
        "fw-b", quirks={"checksum": "stored", "filter_hides_comments": True}, modified={"at": "-2h"}
    )
    with fleet_of(teacher, pupil) as fleet:
        fleet.write(tmp_path)
        trusting = run(tmp_path, "audit", "-l", "fw-b", "--format", "json").device("fw-b")
        doctor(tmp_path, "fw-a")
        wary = run(tmp_path, "audit", "-l", "fw-b", "--format", "json").device("fw-b")

    assert [one["facts"]["unsaved"]["state"] for one in (trusting, wary)] == ["none", None]


def test_firewalls_of_one_release_that_contradict_each_other_teach_nothing(tmp_path: Path) -> None:
    """Then it is not the release that makes the difference."""
    odd, usual = smart("fw-a", quirks={"show_default_transport": True}), smart("fw-b")
    with fleet_of(odd, usual) as fleet:
        fleet.write(tmp_path)
        alone = doctor(tmp_path, "fw-a")
        listed = doctor(tmp_path, "--learnt")
        both = doctor(tmp_path, "*")
        nothing = doctor(tmp_path, "--learnt", "--format", "json")

    assert "learnt of 9.22(2)14: default-line-hidden" in alone.err
    assert "9.22(2)14: default-line-hidden" in listed.out
    assert "on fw-a, " in listed.out
    assert "no longer kept of 9.22(2)14: default-line-hidden" in both.err
    assert json.loads(nothing.out) == []


@pytest.mark.parametrize("text", ["{", '{"schema": "asa-transport/learnt/2", "entries": []}', "[]"])
def test_what_was_learnt_and_cannot_be_read_stops_a_run_before_the_first_contact(
    text: str, fleet: MockFleet, tmp_path: Path
) -> None:
    """It may hold that a release is not to be trusted."""
    fleet.write(tmp_path)
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state" / "learnt.json").write_text(text)

    for words in (
        ("audit",),
        ("plan", "-o", tmp_path / "plan.json"),
        ("doctor", "*"),
        ("doctor", "--learnt"),
    ):
        ended = run(tmp_path, *words)
        assert ended.code == 2, (words, ended.err)
        assert "learnt.json: cannot be used" in ended.err
    assert all(not fleet[name].transcript for name in ("fw-a", "fw-b"))
