"""The report of a push: its document, its table, its exit code, and the view while it runs."""

from __future__ import annotations

import io
import json
import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import jsonschema
import pytest
from rich.console import Console

from asa_transport.cli.signals import ending_on_signals
from asa_transport.cli.views.push import STYLES, print_push
from asa_transport.cli.views.push_live import STEPS, PushView, live_view, push_view
from asa_transport.core.documents import push
from asa_transport.core.documents.audit import Run
from asa_transport.core.pushing.outcomes import ended, outcome_of
from asa_transport.core.reports.push_words import push_summary
from asa_transport.flows.campaign import PushStop, WaveSummary
from asa_transport.flows.push import push_end
from asa_transport.model import (
    DryRunOutcome,
    Failed,
    PlannedDevice,
    PushOutcome,
    Step,
    Unknown,
    WouldPush,
)
from asa_transport.model.ending import RunEnd
from tests.unit.campaigning import COUNTED, MAKERS, named, outcome, plan, planned
from tests.unit.judging import NOW

WORDS = tuple(MAKERS)
RUN = Run(
    id="run-2",
    kind="push",
    started_at=NOW,
    finished_at=NOW,
    tool_version="0.0.0",
    inventory="inventory.yaml",
    policy_sha256="0" * 64,
    exit_code=8,
)


def devices(*names: str) -> tuple[PlannedDevice, ...]:
    return tuple(planned(name) for name in names)


def printed(found: Sequence[PushOutcome], stopped_by: str | None = None) -> str:
    console = Console(file=io.StringIO(), width=200, color_system=None, markup=False, highlight=False)
    print_push(console, plan(*devices(*(one.device.name for one in found))), found, stopped_by, run="run-2")
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_document_of_a_push_fits_the_schema_and_says_what_was_proven_and_saved() -> None:
    """Scripts read these words; `unreachable` is `not-reached` there."""
    found = [outcome(f"fw-{word}", word) for word in WORDS]
    made = plan(*devices(*(one.device.name for one in found)))

    document = push.document(
        RUN,
        made,
        [one.device.name for one in found],
        found,
        mode=push.COMMIT,
        stopped_by="interrupted",
        journal=push.JournalEnd(head="a" * 64, records=7),
    )

    jsonschema.validate(json.loads(json.dumps(document)), push.schema())
    rows = {one["name"]: (one["outcome"], one["saved"], one["verified"]) for one in document["devices"]}
    assert rows == {
        "fw-applied": ("applied", True, "contact"),
        "fw-config": ("applied", True, "config"),
        "fw-unsaved": ("applied", False, "contact"),
        "fw-no-change": ("no-change", False, None),
        "fw-refused": ("refused", False, None),
        "fw-not-reached": ("not-reached", False, None),
        "fw-unreachable": ("not-reached", False, None),
        "fw-failed": ("failed", False, None),
        "fw-rolled-back": ("rolled-back", False, None),
        "fw-rollback-failed": ("rollback-failed", False, None),
        "fw-unknown": ("unknown", False, None),
    }
    assert (document["mode"], document["stopped_by"]) == ("commit", "interrupted")
    assert document["journal"] == {"head": "a" * 64, "records": 7}


def test_a_dry_run_has_no_journal() -> None:
    """It wrote none, and its document says so in the same key."""
    found = WouldPush(device=named("fw"))

    document = push.document(RUN, plan(*devices("fw")), ["fw"], [found])

    jsonschema.validate(json.loads(json.dumps(document)), push.schema())
    assert (document["mode"], document["journal"]) == ("dry-run", {"head": None, "records": None})


def test_every_outcome_has_a_word_and_every_word_a_style() -> None:
    """A new outcome must not end a report with a traceback."""
    kinds = {*get_args(PushOutcome), *get_args(DryRunOutcome)}

    words = {outcome("x", one).word for one in WORDS} | {WouldPush.word}

    assert {type(outcome("x", one)) for one in WORDS} | {WouldPush} == kinds
    assert words == set(push.OUTCOMES) == {*STYLES, "would-push"}


@pytest.mark.parametrize(
    ("words", "stopped_by", "code"),
    [
        (("applied", "config", "no-change"), None, RunEnd.OK),
        *(((word,), None, RunEnd.PUSH_STOPPED) for word in COUNTED[:-2]),
        *((("refused", word), "interrupted", RunEnd.STATE_UNKNOWN) for word in COUNTED[-2:]),
        (("applied", "not-reached"), "interrupted", RunEnd.INTERRUPTED),
        (("rolled-back", "not-reached"), "interrupted", RunEnd.INTERRUPTED),
        (("applied", "not-reached"), "the operator answered no before wave 2", RunEnd.PUSH_STOPPED),
    ],
)
def test_the_exit_code_is_that_of_the_worst(
    words: tuple[str, ...], stopped_by: str | None, code: RunEnd
) -> None:
    """A script sees the device in doubt before the refusals, and those before the Ctrl-C."""
    assert push_end([outcome("x", word) for word in words], stopped_by) is code


@pytest.mark.parametrize("kind", [Failed, Unknown])
def test_a_fault_of_ours_is_an_internal_error(kind: type[Failed] | type[Unknown]) -> None:
    """docs/exit-codes.md puts it before all others."""
    crashed = kind(device=named("x"), reason="lines may have been sent", is_internal=True)

    assert push_end([crashed], None) is RunEnd.INTERNAL


@pytest.mark.parametrize("kind", [Failed, Unknown])
def test_a_fault_of_ours_is_one_after_a_resume_too(kind: type[Failed] | type[Unknown]) -> None:
    """The exit code of the whole push must not get milder, however the reason is worded."""
    for said, is_internal in (("something broke here", True), ("internal error: of theirs", False)):
        outcome = kind(device=named("x"), reason=said, is_internal=is_internal)

        assert outcome_of(ended(outcome), named("x")) == outcome


def test_a_fault_of_ours_is_one_after_the_resume_of_an_older_journal() -> None:
    """Such a journal has the words and no field."""
    outcome = Failed(device=named("x"), reason="internal error: KeyError; look", is_internal=True)

    assert outcome_of(replace(ended(outcome), is_internal=None), named("x")) == outcome


def test_what_needs_a_person_comes_first_with_what_to_do() -> None:
    """At three in the morning nobody reads a table to its end."""
    text = printed([outcome(word, word) for word in WORDS])

    top, _, table = text.partition("\n\n")
    assert top.splitlines()[0] == "3 devices need a person"
    assert [line.strip() for line in top.splitlines()[1:]] == [
        "rollback-failed: rollback-failed: reads otherwise",
        "log in, compare 'show running-config license' with the plan, and restore the configuration by "
        "hand; nothing was "
        "saved. Do not reload it",
        "unknown: unknown: session lost",
        "run 'asa-transport resume run-2', which reads the device first; if that fails, log in and read "
        "'show "
        "running-config license'. Do not reload it",
        "unsaved: applied, not saved: no [OK]",
        "the change is in force only until the next reload: log in, check, and send 'write memory'",
    ]
    assert table.startswith("wave  device")


def test_a_change_that_only_the_configuration_proves_is_shown_as_weaker() -> None:
    """`config` in the column of `contact` would read like another kind of proof."""
    text = printed([outcome("a", "applied"), outcome("b", "config")])

    assert [line.split() for line in text.splitlines()[1:3]] == [
        ["1", "a", "applied", "contact", "yes"],
        ["1", "b", "applied", "config", "only", "yes", "no", "contact"],
    ]
    assert "need" not in text


def test_the_drift_of_a_refused_device_is_shown() -> None:
    """Who is refused asks what moved."""
    assert "fw: what has changed since the plan\n-a\n+b\n" in printed([outcome("fw", "refused")])


def test_the_summary_counts_and_says_what_stopped_the_push() -> None:
    """The one line that is read over a shoulder."""
    found = [
        outcome(str(number), word) for number, word in enumerate(["applied", "config", "unsaved", "refused"])
    ]

    assert push_summary(found, "interrupted") == (
        "push: 3 applied (1 by config only, 1 not saved), 1 refused; stopped: interrupted"
    )
    assert push_summary([], None) == "push: the plan has no device"


def test_text_of_a_device_cannot_act_on_the_terminal() -> None:
    """A banner in a reason may hold escapes and markup."""
    hostile = "\x1b[2J[bold]x[/]"
    found = [Unknown(device=named("a"), reason=hostile), replace(outcome("b", "failed"), reason=hostile)]

    text = printed(found, hostile)

    assert "\x1b" not in text
    assert text.count("\\x1b[2J[bold]x[/]") == 4


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def shown(view: PushView) -> list[str]:
    console = Console(file=io.StringIO(), width=100, color_system=None)
    console.print(view.picture())
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_the_picture_has_the_waves_the_counts_and_the_devices_in_work() -> None:
    """What is going on now, and for how long, without scrolling."""
    made = plan(planned("a"), planned("b", wave=2), planned("c", wave=2))
    clock = Clock()
    view = PushView(made, 3, lines=None, notices=None, clock=clock)

    view.wave_started(1, [named("a")])
    view.started(named("a"))
    view.ended(outcome("a", "applied"))
    view.wave_started(2, [named("b"), named("c")])
    view.started(named("b"))
    view.started(named("c"))
    view.stepped(named("b"), Step.CONFIG_VERIFIED)
    view.ended(outcome("c", "refused"))
    clock.now += 75

    assert shown(view) == [
        "push 2 of 3 devices, 1:15",
        "wave 1 of 2  1/1  1 applied",
        "wave 2 of 2  1/2  1 refused",
        "  b  waiting for a licence contact  1:15",
    ]


def test_the_picture_stays_small_however_many_are_in_work() -> None:
    """Fifty workers must not scroll a terminal."""
    names = [f"fw-{number:02}" for number in range(50)]
    view = PushView(plan(*devices(*names)), 50, lines=None, notices=None, clock=Clock())

    view.wave_started(1, [named(name) for name in names])
    for name in names:
        view.started(named(name))
    view.stopped("interrupted")

    assert len(shown(view)) == 12
    assert shown(view)[-2:] == ["  … and 42 more", "stopped: interrupted"]


def test_every_step_has_words_of_its_own() -> None:
    """The view must not fail in the middle of a push."""
    assert set(STEPS) == set(Step)


def test_the_lines_are_one_an_event_and_none_for_what_never_began() -> None:
    """A log of a night run is read the next morning."""
    lines: list[str] = []
    at = iter(NOW + timedelta(seconds=number) for number in range(9))
    view = PushView(
        plan(planned("a"), planned("b")), 2, lines=lines.append, notices=None, now=lambda: next(at)
    )

    view.wave_started(1, [named("a"), named("b")])
    view.started(named("a"))
    view.stepped(named("a"), Step.SENDING)
    view.ended(outcome("a", "unknown"))
    view.stopped("a is in an unknown state; a person must look at it")
    view.ended(outcome("b", "not-reached"))
    view.waiting(90)

    assert lines == [
        "2026-01-20T12:00:00Z wave 1 of 1: 2 devices",
        "2026-01-20T12:00:01Z a: started",
        "2026-01-20T12:00:02Z a: sending the lines",
        "2026-01-20T12:00:03Z a: unknown: session lost",
        "2026-01-20T12:00:04Z stopped: a is in an unknown state; a person must look at it",
        "2026-01-20T12:00:05Z waiting 90 s before the next wave",
    ]


@pytest.mark.parametrize(
    ("quiet", "verbose", "said"),
    [
        (False, True, "TIME a: started\nTIME stopped: no\n"),
        (False, False, "TIME a: started\nTIME stopped: no\n"),
        (True, False, ""),
        (True, True, ""),
    ],
)
def test_without_a_terminal_the_view_is_lines_or_nothing(
    quiet: bool, verbose: bool, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No progress bar in a log, and every step with its time; -q says nothing; nothing of it is on stdout."""
    with push_view(plan(planned("a")), 1, quiet=quiet, verbose=verbose) as view:
        view.started(named("a"))
        view.stopped("no")

    caught = capsys.readouterr()
    assert (caught.out, re.sub(r"^\d{4}-\d\d-\d\dT[\d:]{8}Z ", "TIME ", caught.err, flags=re.M)) == ("", said)


def test_the_picture_is_gone_when_the_push_is_over_and_what_was_said_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What follows is the report, and the reason of a stop belongs above it."""
    # There is no picture in a terminal that cannot erase, as the one of a build may be.
    monkeypatch.setenv("TERM", "xterm")
    terminal = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None, height=24)

    with live_view(plan(planned("a")), 1, terminal, verbose=False) as view:
        view.wave_started(1, [named("a")])
        view.stopped("\x1b[2Jno")

    assert isinstance(terminal.file, io.StringIO)
    text = terminal.file.getvalue()
    assert "stopped: \\x1b[2Jno" in text
    # The last thing that a transient picture does is to erase its own lines.
    assert text.endswith("\x1b[1A\x1b[2K")


@pytest.mark.parametrize(("typed", "answer"), [("y\n", True), ("n\n", False), ("\n", False), ("", False)])
def test_only_a_yes_begins_the_next_wave(
    typed: str, answer: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty answer, and an input that has ended, are a no."""
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    view = PushView(plan(planned("a")), 1, lines=None, notices=None)

    found = view.confirm(
        WaveSummary(counts={"refused": 1, "applied": 2}, wave=2, last_wave=3, devices=("b", "c"))
    )

    assert found is answer
    assert "so far: 2 applied, 1 refused\nwave 2 of 3: push 2 devices now? [y/N]" in capsys.readouterr().err


def test_the_first_signal_ends_gently_and_the_second_at_once() -> None:
    """Real signals: the second Ctrl-C must work even where the first one is not heeded."""
    ending = PushStop()

    with ending_on_signals(ending):
        signal.raise_signal(signal.SIGTERM)
        assert ending.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


@contextmanager
def begun_with(number: signal.Signals, action: signal.Handlers) -> Iterator[None]:
    """Be a process that was started so: the tests themselves may run under `nohup`, or not."""
    before = signal.signal(number, action)
    try:
        yield
    finally:
        signal.signal(number, before)


def test_a_lost_terminal_ends_gently_however_often_it_is_said() -> None:
    """The kernel and the shell both say it, and the firewalls in work must come to their end."""
    ending = PushStop()

    with begun_with(signal.SIGHUP, signal.SIG_DFL), ending_on_signals(ending):
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGHUP)

    assert ending.is_set()


def test_under_nohup_a_lost_terminal_changes_nothing() -> None:
    """That is what `nohup` is for."""
    ending = PushStop()

    with begun_with(signal.SIGHUP, signal.SIG_IGN), ending_on_signals(ending):
        signal.raise_signal(signal.SIGHUP)

    assert not ending.is_set()


def test_a_view_that_nobody_can_read_does_not_end_the_push() -> None:
    """Standard error may be a pipe whose reader has gone; the firewalls in work have not."""

    def gone(text: str) -> None:
        raise BrokenPipeError(text)

    view = PushView(plan(planned("a")), 1, lines=gone, notices=gone)

    view.started(named("a"))
    view.ending()
    view.ended(outcome("a", "applied"))

    assert shown(view)[0].startswith("push 1 of 1 devices")


def test_a_signal_at_a_question_raises_there() -> None:
    """Python goes on with an input that a signal came into, so the flag alone would not end it."""
    ending = PushStop()

    with ending_on_signals(ending), ending.asking(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)

    assert ending.is_set()
