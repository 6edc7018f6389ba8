"""`policy.yaml`: every key documented, the defaults safe, and every mistake told at once."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.errors import PolicyError
from asa_transport.files import policy as policyfile
from asa_transport.files import policy_file
from asa_transport.files.fields import SECONDS, parse_span
from asa_transport.model import (
    ChangeWindow,
    DayThresholds,
    FailureBudget,
    Policy,
    SessionCaps,
    SshPolicy,
    Verified,
    WavePolicy,
    WaveSize,
    Weekday,
)
from asa_transport.model.fields import settings_of

SETTINGS = settings_of(Policy)
EXAMPLE = Path(__file__).resolve().parents[2] / "policy.example.yaml"


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> list[str]:
    path = written(folder, text)
    with pytest.raises(PolicyError) as caught:
        policyfile.load(path)
    return [str(problem).replace(str(path), "F") for problem in caught.value.problems]


def test_without_a_file_the_policy_is_the_defaults() -> None:
    """The defaults are the safe choice, and a callhome revert is not among them."""
    assert policyfile.load(None) == Policy()
    assert not policyfile.load(None).allow_callhome


def test_the_example_holds_every_key_at_its_default() -> None:
    """It is the documentation of the file, so it may not drift from the program."""
    keys = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))

    assert policyfile.load(EXAMPLE) == Policy()
    assert list(keys) == [setting.key for setting in SETTINGS.values()]
    thresholds = ("contact_deadline", "registration_expiry")
    assert all(set(keys[name]) == {"low", "medium", "high"} for name in thresholds)
    assert list(keys["max_sessions"]) == [field.name for field in dataclasses.fields(SessionCaps)]
    assert list(keys["waves"]) == [field.name for field in dataclasses.fields(WavePolicy)]
    assert list(keys["failure_budget"]) == [field.name for field in dataclasses.fields(FailureBudget)]


def test_the_example_comments_every_key() -> None:
    """Every key documented: the line above each is a comment."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()

    for setting in SETTINGS.values():
        at = next(i for i, line in enumerate(lines) if line.startswith(f"{setting.key}:"))
        assert lines[at - 1].startswith("# ")


def test_every_field_of_the_policy_says_what_it_means() -> None:
    """It is read in an editor, by whoever has the schema."""
    assert all(setting.text for setting in SETTINGS.values())
    assert all(
        setting.text
        for kind in (WavePolicy, FailureBudget, SessionCaps)
        for setting in settings_of(kind).values()
    )


def test_given_keys_win_and_the_others_keep_their_default(tmp_path: Path) -> None:
    """A user writes the one key that differs."""
    path = written(
        tmp_path, "allow_callhome: true\nexception_max_days: 2 weeks\ncontact_deadline: {low: 60}\n"
    )

    assert policyfile.load(path) == Policy(
        allow_callhome=True, exception_max_days=14.0, contact_deadline=DayThresholds(low=60.0)
    )


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("14", "days", 14.0),
        ("14 days", "days", 14.0),
        ("14d", "days", 14.0),
        ("1 day", "days", 1.0),
        ("36 h", "days", 1.5),
        ("2 weeks", "days", 14.0),
        ("1.5", "days", 1.5),
        ("300", "s", 300.0),
        ("300 s", "s", 300.0),
        ("5 min", "s", 300.0),
        ("1 hour", "s", 3600.0),
    ],
)
def test_a_span_is_read_in_its_unit(text: str, unit: str, value: float) -> None:
    """`300 s` under a key in days would else be most of a year."""
    assert parse_span(text, unit) == value


@pytest.mark.parametrize(
    "text",
    ["", "days", "-1", "+1", "1e3", "nan", "inf", "14 months", "14  days", "1,5", "0x10", "14 Days", "٣"],
)
def test_a_text_that_is_no_span_is_refused(text: str) -> None:
    """Months have no fixed length, and a number is a plain one."""
    with pytest.raises(ValueError, match="is not a span of time"):
        parse_span(text, "days")


@given(text=st.text(max_size=20), unit=st.sampled_from(sorted(SECONDS)))
def test_any_text_is_a_span_or_a_value_error(text: str, unit: str) -> None:
    """The text is a person's."""
    try:
        value = parse_span(text, unit)
    except ValueError:
        value = 0.0

    assert value >= 0


def test_every_mistake_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    """A policy that is read in part would judge the fleet by chance."""
    text = """\
allow_callhom: true
allow_callhome: yes
clock_skew_s: 5 lightyears
no_contact_reload_days: 400
exception_max_days: 0
contact_deadline: {low: 10}
registration_expiry: {low: 45, medium: 14, high: 0, top: 1}
plan_valid: 5 min
waves: {canary_tag: a tag, canary_count: -1, sizes: [5, 0, 101%, 5.5, 25%], max_per_grp: 1}
"""

    assert problems(tmp_path, text) == [
        "F:1:1: policy: unknown key 'allow_callhom' (did you mean 'allow_callhome'?)",
        "F:2:17: allow_callhome: 'yes'; expected one of: true, false",
        "F:3:15: clock_skew_s: '5 lightyears' is not a span of time; expected a number and s, min, h, days "
        "or weeks; without a unit it counts as s",
        "F:4:25: no_contact_reload_days: '400'; expected from 1 to 365 days",
        "F:5:21: exception_max_days: '0'; expected from 1 to 365 days",
        "F:6:19: contact_deadline: low 10, medium 14, high 3 (a key that is left out keeps its default); "
        "expected low > medium > high",
        "F:7:50: registration_expiry: high: '0'; expected from 0.01 to 3650 days",
        "F:7:53: registration_expiry: unknown key 'top'; expected one of: low, medium, high",
        "F:8:13: plan_valid: '5 min'; expected from 1 to 720 h",
        "F:9:21: waves: canary_tag: 'a tag' is not a name; expected 1 to 63 letters, digits, '.', '_' or "
        "'-', with a letter or digit first and no '..'",
        "F:9:42: waves: canary_count: '-1'; expected a whole number from 0 to 100000, in digits",
        *(
            f"F:9:{column}: waves: sizes: '{text}'; expected a number of devices, or a percentage from 1% to "
            "100%"
            for column, text in ((57, "0"), (60, "101%"), (66, "5.5"))
        ),
        "F:9:77: waves: unknown key 'max_per_grp' (did you mean 'max_per_group'?)",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("- a\n", "expected a map"),
        ("allow_callhome: 1\n", "expected one of: true, false"),
        ("allow_callhome: True\n", "expected one of: true, false"),
        ("allow_callhome:\n", "leave the key out"),
        ("contact_deadline: 45\n", "expected a map"),
        ("contact_deadline: {low: 14, medium: 14}\n", "expected low > medium > high"),
        ("clock_skew_s: 1\nclock_skew_s: 2\n", "is here twice"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """Unknown means refuse."""
    assert message in "\n".join(problems(tmp_path, text))


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    """`--policy` with a typing mistake must not fall back to the defaults."""
    with pytest.raises(PolicyError, match="there is no such file"):
        policyfile.load(tmp_path / "none.yaml")


def test_the_digest_is_that_of_the_bytes_or_of_the_defaults(tmp_path: Path) -> None:
    """A report names the policy that it was judged by."""
    path = written(tmp_path, "allow_callhome: true\n")

    assert policyfile.read(path).sha256 == hashlib.sha256(b"allow_callhome: true\n").hexdigest()
    assert policyfile.read(None).sha256 == policyfile.read(None).sha256
    assert len(policyfile.read(None).sha256) == 64


def test_the_waves_are_numbers_and_percentages(tmp_path: Path) -> None:
    """`25` and `25%` are very different portions of a fleet."""
    path = written(tmp_path, "waves: {sizes: [1, 25%], max_per_group: 3}\n")

    assert policyfile.load(path).waves == WavePolicy(
        sizes=(WaveSize(count=1), WaveSize(count=25, is_percent=True)), max_per_group=3
    )


@pytest.mark.parametrize("sizes", ["[]", "5", "{}", str([1] * 21)])
def test_sizes_of_another_form_are_refused(tmp_path: Path, sizes: str) -> None:
    """No size at all would never end."""
    (problem,) = problems(tmp_path, f"waves: {{sizes: {sizes}}}\n")

    assert "expected a list of 1 to 20, e.g. [5, 25%, 100%]" in problem


def test_a_limit_of_the_budget_is_a_number_or_null(tmp_path: Path) -> None:
    """`null` is how a user takes a default limit away, and says so in the file."""
    path = written(tmp_path, "failure_budget: {number: 0, percent: null, per_group: 2}\n")

    assert policyfile.load(path).failure_budget == FailureBudget(
        number=0, percent=None, per_group=2, consecutive=3
    )


def test_a_window_is_read_with_its_zone(tmp_path: Path) -> None:
    """Quoted or not, 22:00 is a time of day, and without days it is every day."""
    text = """\
change_windows:
  - {days: [tue, mon], from: "22:00", to: 04:00, zone: Europe/Berlin}
  - {from: 00:00, to: 24:00, zone: UTC}
"""

    assert policyfile.load(written(tmp_path, text)).change_windows == (
        ChangeWindow(
            days=(Weekday.MON, Weekday.TUE), opens=time(22), closes=time(4), zone=ZoneInfo("Europe/Berlin")
        ),
        ChangeWindow(days=tuple(Weekday), opens=time(0), closes=time(0), zone=ZoneInfo("UTC")),
    )


def test_what_a_push_needs_is_read(tmp_path: Path) -> None:
    """The file of the signers is found beside the policy, wherever the program is started."""
    text = """\
contact_timeout: 5 min
contact_poll: 0.1
proof: config
approvals: 2
allowed_signers: signers
people: [[kim@example.net, kim-laptop, adm-kim], [lee, Lee@home]]
"""

    policy = policyfile.load(written(tmp_path, text))

    assert (policy.contact_timeout_s, policy.contact_poll_s, policy.proof) == (300.0, 0.1, Verified.CONFIG)
    assert (policy.approvals, policy.allowed_signers) == (2, tmp_path / "signers")
    assert policy.people == (("kim@example.net", "kim-laptop", "adm-kim"), ("lee", "Lee@home"))


def test_mistakes_in_the_bounds_of_a_push_are_told_at_once_with_their_place(tmp_path: Path) -> None:
    """A window that nobody meant, or a budget without a limit, would let a push run on."""
    text = """\
failure_budget: {number: null, percent: null, consecutive: null}
change_windows:
  - {days: [monday], from: 9:00, to: 25:00, zone: Europe}
  - {days: [], from: "08:00", to: "08:00", zone: ../../etc/passwd}
  - {days: [mon], from: "08:00", to: "08:00", zone: UTC}
  - {days: [mon]}
contact_timeout: 0
contact_poll: 0.05
proof: hope
approvals: 2
"""

    assert problems(tmp_path, text) == [
        "F:1:17: failure_budget: number, percent and consecutive are all null, so nothing would ever stop a "
        "push; give one of them",
        "F:3:13: change_windows: days: 'monday' (did you mean 'mon'?); expected one of: mon, tue, wed, thu, "
        "fri, sat, sun",
        "F:3:28: change_windows: from: '9:00'; expected a time of day, HH:MM, e.g. 22:00",
        "F:3:38: change_windows: to: '25:00'; expected a time of day, HH:MM, e.g. 22:00",
        "F:3:51: change_windows: zone: 'Europe' is not a time zone; expected e.g. Europe/Berlin or UTC",
        "F:4:12: change_windows: days: the list is empty, so it never opens; expected "
        "some of: mon, tue, wed, thu, fri, sat, sun",
        "F:4:50: change_windows: zone: '../../etc/passwd' is not a time zone; expected e.g. "
        "Europe/Berlin or UTC",
        "F:5:38: change_windows: it ends when it begins, so it never opens; for a "
        "whole day write from 00:00 to 24:00",
        'F:6:5: change_windows: from, to, zone missing; expected e.g. [{days: [mon, tue], from: "22:00", '
        'to: "04:00", zone: Europe/Berlin}]',
        "F:7:18: contact_timeout: '0'; expected from 1 to 3600 s",
        "F:8:15: contact_poll: '0.05'; expected from 0.1 to 300 s",
        "F:9:8: proof: 'hope'; expected one of: contact, config",
        "F:10:12: approvals: 2, and no allowed_signers to check them with; name that file",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("failure_budget: {percent: 101}\n", "expected a whole number from 0 to 100, in digits"),
        ("failure_budget: {consecutive: 0}\n", "expected a whole number from 1 to 100, in digits"),
        ("failure_budget: 3\n", "expected a map"),
        ("failure_budget: {percentage: 3}\n", "did you mean 'percent'?"),
        ("change_windows: {}\n", "expected a list of at most 21"),
        ("change_windows: [mon]\n", "expected a map"),
        ("people: kim\n", "expected a list of at most 200"),
        ("people: [kim, lee]\n", "expected a list, e.g. [one, two]"),
        ("people: [[kim]]\n", "expected 2 to 20 names of one person"),
        ("people: [[kim, lee], [Lee, ann]]\n", "'Lee' already belongs to another entry; join the two"),
        ("people: [[kim, {a: b}]]\n", "expected a text"),
        ("approvals: 11\n", "expected a whole number from 0 to 10, in digits"),
        ("allowed_signers: ~nobody-of-that-name/x\n", "there is no such home directory"),
    ],
)
def test_a_bound_of_a_push_beyond_its_own_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """Unknown means refuse."""
    assert message in "\n".join(problems(tmp_path, text))


def test_the_policy_says_what_ssh_offers_where_the_inventory_is_silent(tmp_path: Path) -> None:
    """And a mistyped word is no weaker policy than the one that was meant."""
    assert policyfile.load(written(tmp_path, "ssh: strict\n")).ssh is SshPolicy.STRICT
    assert policyfile.read(written(tmp_path, "ssh: default\n")).given == {"ssh"}
    assert problems(tmp_path, "ssh: strickt\n") == [
        "F:1:6: ssh: 'strickt' (did you mean 'strict'?); expected one of: strict, default, legacy"
    ]


def test_the_caps_on_sessions_are_numbers_of_devices(tmp_path: Path) -> None:
    """A key that is left out keeps its default, as everywhere."""
    path = written(tmp_path, "max_sessions: {per_group: 5, per_jump: 0}\n")

    assert policyfile.load(path).max_sessions == SessionCaps(per_group=5, per_region=0, per_jump=0)
    assert problems(tmp_path, "max_sessions: {per_group: -1, per_site: 3}\nwaves: {}\n") == [
        "F:1:27: max_sessions: per_group: '-1'; expected a whole number from 0 to 100000, in digits",
        "F:1:31: max_sessions: unknown key 'per_site'; expected one of: per_group, per_region, per_jump",
    ]


def test_the_example_fits_the_schema() -> None:
    """An editor that knows the schema must not complain of our own example."""
    schema = policy_file.schema()

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")), schema)


@pytest.mark.parametrize(
    "document",
    [
        {"allow_callhome": "yes"},
        {"unknown": 1},
        {"no_contact_reload_days": 400},
        {"contact_deadline": {"high": 0}},
        {"clock_skew_s": "5 lightyears"},
        {"waves": {"sizes": []}},
        {"waves": {"sizes": ["0%"]}},
        {"waves": {"canary": 1}},
        {"failure_budget": {"percent": 101}},
        {"change_windows": [{"from": "22:00", "to": "4:00", "zone": "UTC"}]},
        {"change_windows": [{"from": "22:00", "to": "04:00"}]},
        {"proof": "hope"},
        {"ssh": "weak"},
        {"approvals": 11},
        {"max_sessions": {"per_jump": -1}},
        {"max_sessions": {"per_site": 1}},
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(document: dict[str, object]) -> None:
    """The mistake is seen while it is typed."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, policy_file.schema())


def test_of_too_many_people_only_their_number_is_told(tmp_path: Path) -> None:
    """In a small file aliases make millions of names of a few: all would be compared, and told."""
    person = ", ".join(f"p{number}" for number in range(20))

    found = problems(tmp_path, f"people:\n  - &one [{person}]\n" + "  - *one\n" * 200)

    assert found == [
        "F:2:3: people: a list; expected a list of at most 200, e.g. [[kim@example.net, adm-kim]]"
    ]
