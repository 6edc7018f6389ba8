"""What counts as a change between two audits, which audits are compared, and how it is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.cli.formats import Shape
from asa_transport.cli.views.diff import print_diff
from asa_transport.core.documents import diff as document
from asa_transport.core.history import choose, compare, wording
from asa_transport.core.history.compare import since
from asa_transport.core.history.differences import (
    KINDS,
    CoverageFell,
    DeadlineMoved,
    DeviceAnswering,
    DeviceGone,
    DeviceNew,
    DeviceUnreachable,
    Diff,
    Difference,
    FailureChanged,
    FindingChanged,
    FindingCleared,
    FindingNew,
    Movement,
    ProxyChanged,
    TransportChanged,
    VersionChanged,
    is_newly_missed,
    new_severity,
)
from asa_transport.core.judgement.judge import judged
from asa_transport.errors import UserError
from asa_transport.model import (
    Audited,
    AuditOutcome,
    ContactResult,
    DeviceFacts,
    FindingValue,
    Severity,
    Stage,
    TransportType,
    Waived,
)
from asa_transport.model.history import RunStatus, StoredRun
from tests.unit.judging import NOW, days, facts_of
from tests.unit.reporting import KINDS as WORDS
from tests.unit.reporting import STANDARD, audited, finding, missed, texts
from tests.unit.stores import run


def side(number: int, *outcomes: AuditOutcome, **changes: Any) -> compare.Side:
    return compare.Side(run=run(number, devices=len(outcomes), **changes), outcomes=outcomes)


def changed(
    before: AuditOutcome | None, after: AuditOutcome | None, *, known: Audited | None = None, limit: str = ""
) -> tuple[Difference, ...]:
    """What a diff of one device says; `limit` is that of both runs."""
    limits = (limit,) if limit else ()
    then, now = (
        side(number, *([] if outcome is None else [outcome]), limit=limits)
        for number, outcome in enumerate((before, after))
    )
    return compare.changes(then, now, {} if known is None else {known.device.name: known})


def facts(words: str = "-", **more: Any) -> DeviceFacts:
    return replace(facts_of(words), **more)


# What is a change.


@pytest.mark.parametrize("words", WORDS)
def test_a_day_that_only_passes_changes_nothing(words: str) -> None:
    """A mail that says every night that one day less is left is not read."""
    is_crossing = "deadline=2d" in words
    then, now = (
        _a_day(words, passed) for passed in (timedelta(0), timedelta(hours=3 if is_crossing else 24))
    )

    assert changed(then, now) == ()


def _a_day(words: str, passed: timedelta) -> Audited:
    """A judged device so much later: its clock went on, its last attempt was an hour ago."""
    found = facts_of(words)
    contact = found.authorization.last_contact
    if found.clock is not None and found.clock.at is not None:
        found = replace(found, clock=replace(found.clock, at=found.clock.at + passed))
    if contact.at is not None:
        tried = replace(contact, at=contact.at + passed)
        found = replace(found, authorization=replace(found.authorization, last_contact=tried))
    if contact.result is ContactResult.SUCCEEDED and found.authorization.deadline_at is not None:
        later = found.authorization.deadline_at + passed
        found = replace(found, authorization=replace(found.authorization, deadline_at=later))
    standard = replace(STANDARD, now=STANDARD.now + passed, callhome_since={"fw": NOW - days(3)})
    (outcome,) = judged([audited("fw", found)], standard)
    assert isinstance(outcome, Audited)
    return outcome


def test_findings_are_new_cleared_or_changed() -> None:
    """By rule and bug; the severity is what makes the same finding another one."""
    at201, at301 = finding(rule="AT201"), finding(rule="AT301", bug="CSCaa00001")
    worse, other_bug = finding(rule="AT201", severity=Severity.HIGH), finding(rule="AT301", bug="CSCbb00002")

    found = changed(
        audited("fw", facts(), findings=(at201, at301)), audited("fw", facts(), findings=(worse, other_bug))
    )

    assert found == (
        FindingNew(device="fw", finding=other_bug),
        FindingChanged(device="fw", before=at201, after=worse),
        FindingCleared(device="fw", finding=at301),
    )


@pytest.mark.parametrize(
    ("before", "after", "news"),
    [
        ("contact=failed; deadline=12.4d", "contact=failed; deadline=11.4d", ()),
        ("contact=failed; deadline=-213d", "contact=failed; deadline=-214d", ()),
        ("transport=callhome", "transport=callhome; version=9.22(3)", ()),
        ("next-contact=-8d", "next-contact=-9d", ()),
        ("unknown=other", "unknown=transport", ("AT402",)),
        ("url=https://a.example.net/x", "url=https://b.example.net/x", ("AT105",)),
        ("proxy=p.example.net:8080", "proxy=p.example.net:3128", ("AT103",)),
        ("contact=failed; reason=send error", "contact=failed; reason=no such host", ("AT201",)),
        ("next-contact=-8d", "contact=failed; deadline=40d", ("AT201",)),
        ("restricted=throughput-100kbps", "restricted=anyconnect-2-peers", ("AT207",)),
        ("startup=none", "startup=transport type callhome", ("AT602",)),
        ("platform=Unlicensed", "enforce=Novelty", ("AT209",)),
        ("failover=standby", "cluster=data", ("AT401",)),
    ],
)
def test_a_finding_that_says_something_else_than_a_count_is_changed(
    before: str, after: str, news: tuple[str, ...]
) -> None:
    """A second proxy behind the same rule is another fault than the first; a day less is none."""
    found = changed(*(judged_as(words) for words in (before, after)))

    assert tuple(change.after.rule for change in found if isinstance(change, FindingChanged)) == news


def judged_as(words: str) -> Audited:
    (outcome,) = judged([audited("fw", facts_of(words))], STANDARD)
    assert isinstance(outcome, Audited)
    return outcome


def reworded(outcome: Audited, **more: Any) -> Audited:
    """As the next release may put it: no word is as it was."""
    return replace(
        outcome,
        findings=tuple(
            replace(one, title="Titel", detail=f"anders gesagt: {len(one.detail)}", remedy="Abhilfe", **more)
            for one in outcome.findings
        ),
    )


@pytest.mark.parametrize("words", [*WORDS, "url=https://a.example.net/x; unknown=other; 3des=off"])
def test_a_rule_that_is_worded_anew_changes_nothing(words: str) -> None:
    """Or the first night with a new release calls the whole fleet changed."""
    outcome = judged_as(words)

    assert changed(outcome, reworded(outcome)) == changed(reworded(outcome), outcome) == ()


@pytest.mark.parametrize("words", WORDS)
def test_a_finding_that_an_older_release_kept_is_the_same_by_key_and_severity(words: str) -> None:
    """It was kept in words; that these are others today is no news, and its severity still is."""
    outcome = judged_as(words)
    kept = reworded(outcome, values=None)
    worse = replace(kept, findings=tuple(replace(one, severity=Severity.CRITICAL) for one in kept.findings))

    assert changed(kept, outcome) == changed(outcome, kept) == ()
    assert {type(change) for change in changed(worse, outcome)} <= {FindingChanged}
    assert len(changed(worse, outcome)) == sum(
        one.severity is not Severity.CRITICAL for one in outcome.findings
    )


def test_the_values_of_an_older_run_follow_from_its_facts() -> None:
    """So the night of an upgrade hides no change: another server behind the same rule is told."""
    first, second = (judged_as(f"url=https://{name}.example.net/x") for name in "ab")
    kept = reworded(first, values=None)

    filled = compare.with_values([kept, missed("fw-b", Stage.CONNECT)], [first])

    assert compare.are_values_missing([kept])
    assert not compare.are_values_missing(filled)
    was = filled[0]
    assert isinstance(was, Audited)
    assert was.findings[0].detail == kept.findings[0].detail
    assert changed(was, first) == ()
    assert [type(change) for change in changed(was, second)] == [FindingChanged]


def test_in_which_order_a_device_prints_is_no_news() -> None:
    """A release that lists what is restricted the other way round has changed nothing."""
    values = tuple(FindingValue(name="restricted", value=value) for value in ("a", "b"))
    one, other = (audited("fw", facts(), findings=(finding(values=some),)) for some in (values, values[::-1]))

    assert changed(one, other) == ()


def test_a_waiver_that_begins_or_ends_is_told() -> None:
    """From then on the finding fails nothing, or does again."""
    accepted = Waived(owner="ops", until=NOW, reason="known")
    counts, waived = (audited("fw", facts(), findings=(finding(waived=one),)) for one in (None, accepted))

    assert [type(change) for change in changed(counts, waived)] == [FindingChanged]
    assert [type(change) for change in changed(waived, counts)] == [FindingChanged]
    assert changed(waived, waived) == ()


FAILED = "contact=failed; deadline=30d"


@pytest.mark.parametrize(
    ("before", "after", "movement"),
    [
        ("deadline=80d", "deadline=89d", None),
        ("deadline=80d", "deadline=79d", Movement.EARLIER),
        (FAILED, FAILED, None),
        (FAILED, "deadline=90d", Movement.CONTACT_RESTORED),
        (FAILED, "contact=failed; deadline=60d", Movement.CONTACT_RESTORED),
        ("deadline=80d", FAILED, Movement.EARLIER),
        (FAILED, "contact=failed; authorization=expired; deadline=exceeded", None),
    ],
)
def test_a_deadline_is_news_when_it_moves_as_no_renewal_moves_it(
    before: str, after: str, movement: Movement | None
) -> None:
    """It moves on with every contact that succeeds; that is no news, and neither is a date that stands."""
    found = changed(audited("fw", facts(before)), audited("fw", facts(after)))

    moved = [change.movement for change in found if isinstance(change, DeadlineMoved)]
    assert moved == ([] if movement is None else [movement])


def test_facts_that_changed_are_told() -> None:
    """Transport, proxies, release; one that was not read is neither the same nor another."""
    then = audited("fw", facts("transport=callhome; http-proxy=a.example.net:1; version=9.20(4)14"))
    now = audited("fw", facts("proxy=b.example.net:2; version=9.22(2)14"))
    unread = audited("fw", facts("proxy=unread; version=9.22(2)14"))

    kinds = [type(change) for change in changed(then, now)]

    assert kinds == [TransportChanged, ProxyChanged, ProxyChanged, VersionChanged]
    assert changed(now, unread) == ()


def test_less_that_is_understood_is_told() -> None:
    """A new release that prints other lines blinds the audit slowly."""
    then, now = audited("fw", facts()), audited("fw", facts("unknown=transport"))

    assert changed(then, now) == (CoverageFell(device="fw", before=0, after=1),)
    assert changed(now, then) == ()


def test_a_device_that_does_not_answer_has_lost_no_finding() -> None:
    """What is not known is not cleared; only another stage is news of a device that stays silent."""
    known = audited("fw", facts(), findings=(finding(),))
    refused, rejected = missed("fw", Stage.CONNECT), missed("fw", Stage.AUTHENTICATE)

    lost = DeviceUnreachable(
        device="fw", host=refused.device.host, stage=Stage.CONNECT, error=refused.error, hint=refused.hint
    )
    assert changed(known, refused) == (lost,)
    assert changed(refused, refused) == ()
    assert [type(one) for one in changed(refused, rejected)] == [FailureChanged]


def test_a_device_that_answers_again_is_compared_with_what_was_last_known() -> None:
    """Nights without it must not make its standing findings new, nor hide what is new."""
    known = audited("fw", facts(), findings=(finding(),))
    worse = audited("fw", facts(), findings=(finding(), finding(rule="AT202")))
    refused = missed("fw", Stage.CONNECT)

    again = DeviceAnswering(device="fw", was=Stage.CONNECT)
    assert changed(refused, known, known=known) == (again,)
    assert changed(refused, worse, known=known) == (
        FindingNew(device="fw", finding=finding(rule="AT202")),
        again,
    )
    assert changed(refused, known) == (FindingNew(device="fw", finding=finding()), again)


def test_devices_are_new_or_gone_unless_a_run_had_a_limit() -> None:
    """What a limit left out says nothing."""
    found = audited("fw", facts(), findings=(finding(),))

    assert [type(change) for change in changed(None, found)] == [FindingNew, DeviceNew]
    assert [type(change) for change in changed(found, None)] == [DeviceGone]
    assert changed(None, found, limit="fw-a") == changed(found, None, limit="fw-a") == ()


# Which codes follow.


def test_only_what_became_worse_is_new() -> None:
    """`--fail-on-new` must not fire for a finding that got better."""
    low, high = finding(severity=Severity.LOW), finding(severity=Severity.HIGH)

    assert new_severity(FindingNew(device="fw", finding=low)) is Severity.LOW
    assert new_severity(FindingChanged(device="fw", before=low, after=high)) is Severity.HIGH
    assert new_severity(FindingChanged(device="fw", before=high, after=low)) is None
    assert new_severity(FindingCleared(device="fw", finding=high)) is None
    assert is_newly_missed(DeviceNew(device="fw", host="h", missed=Stage.CONNECT))
    assert not is_newly_missed(DeviceNew(device="fw", host="h", missed=None))


# Which runs are compared.


def runs_of(*words: str) -> list[StoredRun]:
    """Runs in a row: `whole`, `limited`, `interrupted`, `plan`, `other` (another inventory's)."""
    changes: dict[str, dict[str, Any]] = {
        "whole": {},
        "limited": {"limit": ("fw-a",)},
        "interrupted": {"status": RunStatus.INTERRUPTED},
        "running": {"status": RunStatus.RUNNING},
        "plan": {"kind": "plan"},
        "other": {"inventory_file": "/etc/other.yaml"},
    }
    return [run(number, **changes[word]) for number, word in enumerate(words)]


@pytest.mark.parametrize(
    ("words", "pair", "skipped"),
    [
        ("whole whole", (0, 1), ()),
        ("whole limited plan whole", (0, 3), ()),
        ("whole interrupted whole", (0, 2), (1,)),
        ("whole whole interrupted running", (0, 1), (2,)),
        ("whole other whole", (0, 2), ()),
        ("other whole", (0, 1), ()),
        ("limited limited", (0, 1), ()),
        ("whole limited", (0, 1), ()),
    ],
)
def test_the_last_two_whole_audits_are_compared(
    words: str, pair: tuple[int, int], skipped: tuple[int, ...]
) -> None:
    """Of one inventory where there are two; what else is there stands in when there is nothing better."""
    runs = runs_of(*words.split())

    found = choose.pair(runs, [])

    assert (runs.index(found.before), runs.index(found.after)) == pair
    assert tuple(runs.index(one) for one in found.skipped) == skipped


@pytest.mark.parametrize(
    ("words", "names", "said"),
    [
        ("", [], "run 'asa-transport audit' first"),
        ("whole", [], "nothing to compare"),
        ("whole whole", ["2026"], "2 ids begin with it"),
        ("whole whole", ["x"], "there is no such run here"),
        ("whole whole", ["last", "last"], "give two different ones"),
        ("whole interrupted", ["20260121"], "only finished audits are compared"),
        ("whole plan", ["20260121", "last"], "only finished audits are compared"),
    ],
)
def test_runs_that_cannot_be_compared_are_said(words: str, names: list[str], said: str) -> None:
    """A person typed it; a person reads why not."""
    with pytest.raises(UserError, match=re.escape(said)):
        choose.pair(runs_of(*words.split()), names)


def test_named_runs_are_compared_in_the_order_given() -> None:
    """Also backwards; and one name means from there to the last."""
    runs = runs_of("whole", "whole", "whole")

    both = choose.pair(runs, [runs[2].id, runs[0].id[:9]])
    one = choose.pair(runs, [runs[0].id])

    assert (both.before, both.after) == (runs[2], runs[0])
    assert (one.before, one.after) == (runs[0], runs[2])


def test_since_when_counts_from_the_last_change() -> None:
    """A firewall that went to callhome, back and again there is there since the last time."""
    seen = [
        ("fw-a", "smart", NOW),
        ("fw-a", "callhome", NOW + days(1)),
        ("fw-a", "callhome", NOW + days(2)),
        ("fw-b", "callhome", NOW),
        ("fw-b", "smart", NOW + days(1)),
        ("fw-b", "callhome", NOW + days(2)),
        ("fw-c", "smart", NOW),
    ]

    assert since(seen) == {
        "fw-a": ("callhome", NOW + days(1)),
        "fw-b": ("callhome", NOW + days(2)),
        "fw-c": ("smart", NOW),
    }


# How it is told.


def one_of_each(said: str) -> tuple[Difference, ...]:
    """A change of every kind, all text of a device or a file as given."""
    found = finding(detail=said, title=said, remedy=said, bug=said)
    return (
        FindingNew(device="fw", finding=found),
        FindingChanged(device="fw", before=found, after=replace(found, severity=Severity.HIGH)),
        DeviceUnreachable(device="fw", host="h", stage=Stage.CONNECT, error=said, hint=said),
        FailureChanged(device="fw", host="h", before=Stage.CONNECT, after=Stage.PARSE, error=said),
        CoverageFell(device="fw", before=0, after=1),
        TransportChanged(device="fw", before=None, after=TransportType.CALLHOME, since=NOW),
        *changed(audited("fw", facts()), audited("fw", facts("proxy=p.example.net:8080"))),
        VersionChanged(device="fw", before=said, after=None),
        *changed(audited("fw", facts("deadline=80d")), audited("fw", facts("deadline=70d"))),
        DeviceNew(device="fw", host=said, missed=None),
        DeviceGone(device="fw", host=said),
        DeviceAnswering(device="fw", was=Stage.CONNECT),
        FindingCleared(device="fw", finding=found),
    )


def diff_of(*changes: Difference, **more: Any) -> Diff:
    then, now = (compare.compared(side(number, audited("fw", facts()))) for number in range(2))
    return replace(Diff(before=then, after=now, skipped=(), changes=changes), **more)


def test_there_is_an_example_of_every_kind_and_each_has_a_heading() -> None:
    """A new kind must be told, too."""
    assert [type(change) for change in one_of_each("x")] == list(KINDS)
    assert list(wording.HEADINGS) == list(KINDS)


# Made once: to check the schema itself takes longer than to check a document by it.
DOCUMENTS = jsonschema.Draft202012Validator(document.schema())


@given(texts)
def test_the_document_follows_its_schema_and_keeps_what_was_said(said: str) -> None:
    """Programs read it; text of a device is a value there, whatever is in it."""
    diff = diff_of(*one_of_each(said))

    read = json.loads(json.dumps(document.document(diff)))

    DOCUMENTS.validate(read)
    assert read["totals"]["by_kind"] == dict.fromkeys(sorted(KINDS.values()), 1)
    assert read["changes"][0]["finding"]["detail"] == said


@given(texts)
def test_text_of_devices_is_inert_in_markdown(said: str) -> None:
    """No line of its own, no markup, no link, no HTML."""
    diff = diff_of(*one_of_each(said))

    lines = document.markdown(diff).splitlines()

    assert len(lines) == 1 + 4 * len(KINDS)
    for line in lines:
        outside = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", line)
        assert outside.isprintable()
        assert not re.search(r"[<\[\]|]|://|www\.", outside.replace("- **fw**: ", ""))


@pytest.mark.parametrize("said", ["\x1b[2J", "[bold]x[/bold]", "a\nb\rc", "\u202e", "\x07\x9b31m"])
def test_text_of_devices_is_inert_in_the_table(said: str, tmp_path: Any) -> None:
    """A terminal obeys what it is sent; it must be sent nothing but text."""
    with (tmp_path / "out").open("w+") as file:
        print_diff(Shape.TABLE, file, diff_of(*one_of_each(said)))
        file.seek(0)
        shown = file.read()

    assert all(line.isprintable() for line in shown.split("\n"))
    assert shown.count("\n") == 1 + 3 * len(KINDS)


@pytest.mark.parametrize(
    ("diff", "line"),
    [
        (diff_of(), "nothing changed since 20260120T120000Z-0000 (2026-01-20T12:00:00Z); 1 device"),
        (
            diff_of(skipped=("ID",)),
            "nothing changed since 20260120T120000Z-0000 (2026-01-20T12:00:00Z); 1 device; interrupted and "
            "not compared: ID",
        ),
        (diff_of(before=None), "20260121T120000Z-0001 is the first complete audit here: there is nothing"),
        (diff_of(*one_of_each("x")), "13 changes on 1 device since 20260120T120000Z-0000"),
    ],
)
def test_the_headline_says_it_all_in_one_line(diff: Diff, line: str) -> None:
    """It is the subject of a mail, and all of it where nothing changed."""
    assert wording.headline(diff).startswith(line)
    assert "\n" not in wording.headline(diff)


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), st.lists(st.sampled_from(WORDS), max_size=4))
def test_a_run_compared_with_itself_and_in_both_directions(one: list[str], other: list[str]) -> None:
    """Nothing changed against itself; what is new one way is cleared or changed the other way."""
    then, now = (
        side(number, *judged([audited(f"fw-{i}", facts_of(w)) for i, w in enumerate(words)], STANDARD))
        for number, words in enumerate((one, other))
    )

    forth, back = compare.changes(then, now, {}), compare.changes(now, then, {})

    both = {o.device.name for o in then.outcomes} & {o.device.name for o in now.outcomes}
    new = [(c.device, c.finding.rule) for c in forth if isinstance(c, FindingNew) and c.device in both]
    cleared = [(c.device, c.finding.rule) for c in back if isinstance(c, FindingCleared)]
    assert compare.changes(then, then, {}) == ()
    assert sorted(new) == sorted(cleared)


class Asked(Mapping[str, Audited]):
    """Remembers who was asked for; knows nobody."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __getitem__(self, name: str) -> Audited:
        self.names.append(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_only_of_devices_that_the_earlier_run_did_not_audit_the_past_is_asked_for() -> None:
    """Each is a question to the database."""
    outcomes = (audited("fw-a", facts()), missed("fw-b", Stage.CONNECT))
    past = Asked()

    compare.changes(side(0, *outcomes), side(1, *outcomes), past)

    assert past.names == ["fw-b"]
