"""A plan is read back only if it is, byte by byte, what was made; and says why not otherwise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asa_transport.cli.schemas import SCHEMAS
from asa_transport.core.documents import plan as plan_document
from asa_transport.core.documents.records import WireError, decode, encode
from asa_transport.core.planning.probe import Reached
from asa_transport.errors import AlteredPlan, ExpiredPlan, MalformedPlan, PlanError, UserError
from asa_transport.model import Goal, HeldDevice, Observed, Plan, PlannedDevice, Proxy, Revert
from tests.unit.judging import NOW
from tests.unit.planning import CALLHOME_ALLOWED, NEW, REVERT, audited, missed, plan_of

SCHEMA = SCHEMAS["plan"]()
VALIDATOR = jsonschema.Draft202012Validator(
    SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)


def whole() -> Plan:
    """A plan that has every part: two planned in two waves, one of a pair; held; nothing to do."""
    return plan_of(
        [
            audited("fw1", "transport=callhome", expect=f"smart, {NEW}", groups=("emea",), region="emea"),
            audited("fw2", "transport=callhome; failover=active", pair="fw3"),
            audited("fw3", "transport=callhome; failover=standby"),
            audited("fw4", "unknown=transport"),
            missed("fw5"),
        ],
        probes={"fw1": Reached()},
    )


def revert() -> Plan:
    return plan_of([audited("fw1")], goal=Goal.CALLHOME, policy=CALLHOME_ALLOWED, revert=REVERT)


PLAN = whole()
TEXT = plan_document.text(PLAN)


def resealed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with a digest made anew, as an editor with a calculator would."""
    body = {key: value for key, value in document.items() if key != "digest"}
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return {**body, "digest": hashlib.sha256(canonical.encode()).hexdigest()}


def as_text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, (*path, number))
    else:
        yield path


def edited(path: tuple[str | int, ...], change: Callable[[Any], Any]) -> dict[str, Any]:
    document = json.loads(TEXT)
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = change(place[path[-1]])
    assert isinstance(document, dict)
    return document


def other(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return "x" if value is None else value + "x"


LEAVES = tuple(leaves(json.loads(TEXT)))


@pytest.mark.parametrize("plan", [whole(), revert(), plan_of([])], ids=["whole", "revert", "empty"])
def test_a_plan_comes_back_as_it_was_and_fits_its_schema(plan: Plan) -> None:
    """What is pushed is what was planned."""
    text = plan_document.text(plan)

    assert plan_document.read(text) == plan
    assert plan_document.load(json.loads(text)) == plan
    assert plan_document.text(plan_document.read(text)) == text
    VALIDATOR.validate(json.loads(text))


def test_the_document_has_the_names_of_the_contract() -> None:
    """Other programs read it by these names."""
    document = plan_document.document(PLAN)
    device = document["devices"][0]

    assert document["schema"] == "asa-transport/plan/1"
    assert list(document)[-1] == "digest"
    assert {"id", "created_at", "valid_until", "goal", "run", "waves", "held"} <= set(document)
    assert {"name", "host", "changes", "apply", "rollback", "diff", "fingerprint", "wave"} <= set(device)
    assert document["created_at"] == "2026-01-20T12:00:00Z"
    assert document["waves"] == [["fw1"], ["fw2"]]
    assert document["held"][1] == {
        "name": "fw5",
        "reasons": ["not audited (connect): TCP: timed out", "look at the route"],
    }
    assert document["nothing_to_do"] == ["fw3"]


def test_the_digest_is_what_its_description_says() -> None:
    """Somebody else can compute it."""
    document = json.loads(TEXT)

    assert resealed(document)["digest"] == document["digest"] == PLAN.digest
    assert "sorted keys, no blanks, ASCII only" in SCHEMA["properties"]["digest"]["description"]


@pytest.mark.parametrize("path", LEAVES, ids=lambda path: ".".join(map(str, path)))
def test_editing_any_single_value_is_caught(path: tuple[str | int, ...]) -> None:
    """Whoever approved it did not approve that."""
    document = edited(path, other)

    with pytest.raises(PlanError, match=r"altered|this is not a plan") as caught:
        plan_document.read(as_text(document))

    assert caught.value.exit_code == 7
    with pytest.raises(PlanError):
        plan_document.load(document)


def test_editing_any_byte_is_caught() -> None:
    """A blank at a line's end too: the file is the one that was approved, or it is not."""
    for at in range(len(TEXT)):
        byte = "0" if TEXT[at] == " " else " "
        with pytest.raises(PlanError):
            plan_document.read(TEXT[:at] + byte + TEXT[at + 1 :])


@settings(deadline=None)
@given(at=st.integers(0, len(TEXT)), cut=st.integers(0, 3), put=st.text(max_size=3))
def test_any_edit_of_the_text_is_caught(at: int, cut: int, put: str) -> None:
    """Inserted, deleted or replaced, whatever the characters."""
    changed = TEXT[:at] + put + TEXT[at + cut :]
    if changed == TEXT:
        return

    with pytest.raises(PlanError):
        plan_document.read(changed)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1],
        lambda text: text + "\n",
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: json.dumps(json.loads(text)),
        lambda text: json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n",
        lambda text: text.replace('  "run": "run-1",', '  "run": "run-0",\n  "run": "run-1",'),
        lambda text: text.replace('"fw1"', '"\\u0066w1"', 1),
        lambda text: text.replace('"wave": 1', '"wave": 1.0'),
    ],
)
def test_the_same_values_in_another_writing_are_caught(change: Callable[[str], str]) -> None:
    """A key given twice means one thing to this reader and another to the next."""
    assert change(TEXT) != TEXT

    with pytest.raises(PlanError):
        plan_document.read(change(TEXT))


def test_an_edit_is_told_with_the_device_that_does_not_fit() -> None:
    """Whoever looks for it should not read a thousand devices."""
    document = edited(("devices", 1, "apply", 1), lambda _: " transport type callhome")

    with pytest.raises(
        AlteredPlan, match=r"was altered at fw2: its digest is [0-9a-f]{12}, but .* has [0-9a-f]{12}; make"
    ):
        plan_document.load(document)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("devices", 0, "apply", 1), " no license smart", "apply has the line ' no license smart'; expected"),
        (("devices", 0, "apply", 1), " transport proxy a;b port 80", "apply has the line"),
        (("devices", 0, "apply", 0), "reload", "apply has the line 'reload'"),
        (("devices", 0, "apply"), ["license smart"], "apply has the line ''"),
        (("devices", 0, "rollback"), [], "rollback has the line ''"),
        (("devices", 0, "apply", 1), " transport proxy evil.example port 80", "do not lead to the predicted"),
        (("devices", 0, "rollback", 1), " transport type smart", "do not lead back"),
        (("devices", 0, "before", 1), " feature tier other", "the fingerprint is not that of the observed"),
        (("devices", 0, "observed", "serial"), "X", "the fingerprint is not that of the observed block"),
        (("devices", 0, "diff"), "", "the diff is not that of the two blocks"),
        (("devices", 0, "predicted"), ["license smart"], "the diff is not that of the two blocks"),
        (("devices", 0, "identity", "serial"), "X", "another serial number than what was observed"),
        (("devices", 0, "reachability"), None, "names nothing that the firewall must reach"),
        (("devices", 0, "unit"), "fw2", "it is not in its own unit 'fw2'"),
        (("devices", 0, "unit"), "fw1+fw2", "'fw1' and 'fw2' are not one unit in one wave"),
        (("devices", 0, "wave"), 2, "'fw1' is not in wave 2"),
        (("waves",), [["fw1"]], "the waves are not those of the devices"),
        (("waves",), [["fw1"], ["fw2"], ["fw2"]], "the waves are not those of the devices"),
        (("nothing_to_do", 0), "fw1", "'fw1' is there twice"),
        (("held", 0, "name"), "fw2", "'fw2' is there twice"),
    ],
)
def test_a_digest_made_anew_does_not_hide_an_edit_that_contradicts_the_plan(
    path: tuple[str | int, ...], value: Any, message: str
) -> None:
    """The digest is no signature; what can be checked without it is checked."""
    document = resealed(edited(path, lambda _: value))

    with pytest.raises(AlteredPlan, match="its digest made anew") as caught:
        plan_document.load(document)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(extra=1), "the document: unknown key 'extra'; known: id,"),
        (lambda d: d.pop("goal"), "the document: the key 'goal' is missing"),
        (lambda d: d.pop("digest"), "the key 'digest' is missing"),
        (lambda d: d.update(goal="upgrade"), "goal: 'upgrade'; expected one of expected, smart, callhome"),
        (lambda d: d.update(created_at="2026-01-20"), "created_at: '2026-01-20'; expected an instant as"),
        (lambda d: d.update(created_at="2026-01-20T12:00:00+00:00"), "expected an instant as"),
        (lambda d: d.update(created_at="2026-13-20T12:00:00Z"), "expected an instant as"),
        (lambda d: d.update(waves="fw1"), "waves: 'fw1'; expected a list"),
        (lambda d: d.update(waves=["fw1"]), "waves[0]: 'fw1'; expected a list"),
        (lambda d: d.update(revert=[]), "revert: []; expected an object"),
        (lambda d: d["devices"][0].update(wave=True), "devices[0].wave: true; expected the type integer"),
        (
            lambda d: d["devices"][0].update(changes=["reload"]),
            "devices[0].changes[0]: 'reload'; expected one",
        ),
        (lambda d: d["devices"][0].update(changes=[1]), "devices[0].changes[0]: 1; expected a string"),
        (lambda d: d["devices"][1].pop("observed"), "devices[1]: the key 'observed' is missing"),
        (lambda d: d["devices"][0]["observed"].update(x=1), "devices[0].observed: unknown key 'x'"),
        (lambda d: d["held"].append(None), "held[2]: null; expected an object"),
    ],
)
def test_a_document_of_another_form_is_refused_with_the_place(
    change: Callable[[dict[str, Any]], Any], message: str
) -> None:
    """Unknown means refuse, and the schema says the same."""
    document = json.loads(TEXT)
    change(document)
    document = document if "digest" not in document else resealed(document)

    with pytest.raises(MalformedPlan) as caught:
        plan_document.load(document)

    assert message in str(caught.value)
    assert list(VALIDATOR.iter_errors(document))


@pytest.mark.parametrize(
    "text", ["", "{", "null", "[]", "1", '"x"', "{}", '{"schema": "asa-transport/audit/1"}']
)
def test_a_file_that_is_no_plan_is_called_that(text: str) -> None:
    """The audit document in its place is the likely mistake."""
    with pytest.raises(MalformedPlan, match=r"this is not a plan|the plan is not whole"):
        plan_document.read(text)


def test_a_text_that_nests_without_bound_is_refused() -> None:
    """The file is a stranger's until it was read."""
    with pytest.raises(MalformedPlan):
        plan_document.read('{"a":' * 200_000)


def test_a_plan_is_valid_to_its_last_second_and_no_longer() -> None:
    """What was observed a week ago is not what is there."""
    plan_document.check_valid(PLAN, NOW)
    plan_document.check_valid(PLAN, PLAN.valid_until)

    with pytest.raises(
        ExpiredPlan, match=r"expired at 2026-01-21T12:00:00Z \(it was made at 2026-01-20T12:00:00Z\)"
    ):
        plan_document.check_valid(PLAN, PLAN.valid_until + timedelta(seconds=1))


def test_a_plan_from_the_future_is_refused_beyond_what_clocks_differ() -> None:
    """One of two clocks is wrong, and nobody knows which."""
    plan_document.check_valid(PLAN, NOW - timedelta(minutes=5))

    with pytest.raises(ExpiredPlan, match="one of the two clocks is wrong"):
        plan_document.check_valid(PLAN, NOW - timedelta(minutes=6))


def test_every_refusal_of_a_plan_ends_with_code_7_and_of_other_input_with_2() -> None:
    """Scripts tell a stale plan from a typing mistake."""
    assert {error.exit_code for error in (MalformedPlan, AlteredPlan, ExpiredPlan, PlanError)} == {7}
    assert UserError.exit_code == 2


def test_every_field_of_a_plan_is_in_the_schema() -> None:
    """A field that is not in the document would be outside of the digest."""
    device = SCHEMA["properties"]["devices"]["items"]

    assert set(SCHEMA["properties"]) == {"schema", *(field.name for field in fields(Plan))}
    assert set(device["properties"]) == {field.name for field in fields(PlannedDevice)}
    assert SCHEMA["additionalProperties"] is device["additionalProperties"] is False
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


INSTANTS = st.datetimes(
    min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)
).map(lambda at: at.replace(microsecond=0))
TEXTS = st.text(max_size=12)
PROXIES = st.builds(Proxy, host=TEXTS, port=st.integers())


@settings(deadline=None)
@given(
    st.one_of(
        st.builds(Revert, ticket=TEXTS, owner=TEXTS, until=INSTANTS),
        st.builds(HeldDevice, name=TEXTS, reasons=st.lists(TEXTS).map(tuple)),
        st.builds(Observed, version=TEXTS, proxy=st.none() | PROXIES, has_exception=st.booleans()),
    )
)
def test_any_value_comes_back_from_json_as_it_was(value: Revert | HeldDevice | Observed) -> None:
    """Whatever a device printed: control characters, halves of surrogate pairs, other scripts."""
    wire = json.loads(json.dumps(encode(value)))

    assert decode(type(value), wire) == value
    with pytest.raises(WireError, match="unknown key"):
        decode(type(value), {**wire, "no such key": None})


def test_hostile_text_of_a_device_stays_text() -> None:
    """A host name with a line end in it must not forge a line of the file."""
    plan = replace(PLAN, held=(HeldDevice(name="fw4", reasons=('a\n"devices": [],\u2028\ud800\x1b[2K',)),))

    text = plan_document.text(plan)

    assert text.isascii()
    assert plan_document.read(text).held == plan.held
