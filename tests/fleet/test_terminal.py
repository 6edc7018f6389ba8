"""What a person sees on a terminal of 80, 100 and 120 columns, through a real one."""

from __future__ import annotations

import re
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from asa_transport.core.judgement.judge import judged
from asa_transport.edges.state.store import Store
from asa_transport.model import Audited, AuditOutcome, NotAudited, Severity, Stage, StoredRun
from tests.fleet.commit import planned, reverted
from tests.fleet.hands import smart
from tests.support import QUICK, cli, fleet_of
from tests.terminal import WIDTHS, on_terminal, shown
from tests.unit.judging import facts_of
from tests.unit.reporting import STANDARD, audited, missed
from tests.unit.stores import run

# Virtual seconds a second: a licence contact takes some.
SPEED = 20.0
# As long as those of people: place, role, number.
WORDS = {
    "fw-ber-edge-01": "transport=callhome",
    "fw-chi-01": "registration=registering; authorization=evaluation; export=not-allowed; contact=unknown",
    "fw-mad-01": "mode=pak",
    "fw-nyc-01": "contact=failed; authorization=expired; deadline=exceeded; restricted=throughput-100kbps",
    "fw-osl-branch-02": "transport=callhome; http-proxy=proxy.emea.example.net:8080",
    "fw-syd-01": "contact=failed; deadline=10d; proxy=proxy.apac.example.net:3128",
    "fw-tor-01": "authorization=out-of-compliance",
    "fw-zrh-01": "-",
}  # fmt: skip
VERDICTS = {
    "fw-ber-edge-01": ("change", "80"),
    "fw-chi-01": ("manual", "80"),
    "fw-hkg-01": ("not audited", ""),
    "fw-mad-01": ("n/a", ""),
    "fw-nyc-01": ("manual", "exceeded"),
    "fw-osl-branch-02": ("hold", "80"),
    "fw-syd-01": ("change", "10"),
    "fw-tor-01": ("manual", "80"),
    "fw-zrh-01": ("compliant", "80"),
}

_AT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
STEPS_IN_ORDER = re.compile(
    ".*".join(
        rf"{_AT} \S+: {step}"
        for step in (
            "connecting", "reading the device again", "checking the guards", "sending the lines",
            "reading back",
            "waiting for a licence contact", "contact proven", "saving", "saved", "applied",
        )
    ),
    re.DOTALL,
)  # fmt: skip


def unreachable(name: str) -> NotAudited:
    return missed(name, Stage.CONNECT, f"connecting to {name}.example.net port 22: refused")


def night(number: int, *more: AuditOutcome) -> tuple[StoredRun, list[AuditOutcome]]:
    own = (audited(name, facts_of(said)) for name, said in WORDS.items())
    outcomes = judged([*own, unreachable("fw-hkg-01"), *more], STANDARD)
    found = [
        replace(one, device=replace(one.device, username="netaudit"))
        for one in sorted(outcomes, key=lambda one: one.name)
    ]
    severities = [f.severity for one in found if isinstance(one, Audited) for f in one.findings]
    made = run(
        number,
        devices=len(found),
        not_audited=sum(isinstance(one, NotAudited) for one in found),
        by_severity={one: severities.count(one) for one in Severity if one in severities},
        exit_code=4,
    )
    return made, found


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two nights of nine firewalls; in the second a site of 300 more does not answer."""
    directory = tmp_path_factory.mktemp("state")
    directory.chmod(0o700)
    site = [unreachable(f"fw-site-{number:03}") for number in range(300)]
    with Store(directory) as store:
        for made, outcomes in (
            night(0, *(audited(one.name, facts_of("-")) for one in site)),
            night(1, *site),
        ):
            store.begin(made, outcomes, STANDARD)
    return directory


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One night of nine firewalls."""
    directory = tmp_path_factory.mktemp("small")
    directory.chmod(0o700)
    with Store(directory) as store:
        made, outcomes = night(0)
        store.begin(made, outcomes, STANDARD)
    return directory


def rows(lines: list[str]) -> dict[str, str]:
    """The table's row of each device, with the lines that it goes on in."""
    found: dict[str, str] = {}
    for line in lines[: lines.index("")]:
        if line.startswith("fw-"):
            name = line.split()[0]
            found[name] = line
        elif line.startswith(" ") and found:
            name = next(reversed(found))
            found[name] += f"\n{line}"
    return found


@pytest.mark.parametrize("width", WIDTHS)
def test_verdict_and_days_stand_whole_behind_the_name(small: Path, width: int) -> None:
    """`complian` and `days l` are what an operator read first."""
    seen = shown("report", "last", "--state-dir", small, width=width)

    found = rows(seen.lines)
    heading = " ".join(" ".join(seen.lines[:2]).split())
    assert all(len(line) <= width for line in seen.lines)
    assert found.keys() == VERDICTS.keys()
    assert "device verdict" in heading
    assert "days" in heading
    assert "left" in heading
    for name, (verdict, days) in VERDICTS.items():
        first, *rest = found[name].split("\n")
        # Behind the name stands the verdict, folded at most, and then the days.
        said = " ".join([first, *rest]).split()
        assert said[0] == name
        for word in verdict.split():
            assert word in said
        assert first.split()[1] == verdict.split()[0]
        assert not days or first.split()[len(verdict.split()) + 1] == days


@pytest.mark.parametrize("width", WIDTHS)
def test_what_has_no_room_is_named(small: Path, width: int) -> None:
    """Release and contact give way first, and nobody must wonder whether they are known."""
    text = shown("report", "last", "--state-dir", small, width=width).text

    named_as_missing = re.search(r"no room here for: ([a-z, ]+) \(", text)
    assert named_as_missing is not None
    dropped = named_as_missing[1].split(", ")
    assert dropped[:1] == ["version"]
    assert ("last contact" in dropped) == (width < 120)
    assert "9.22(2)14" not in text.partition("no room")[0]


def test_a_wide_terminal_has_it_all(small: Path) -> None:
    """Nothing gives way without need, the name of a proxy neither."""
    text = shown("report", "last", "--state-dir", small, width=200).text

    assert "no room here" not in text
    assert "not-applicable" in text
    assert "smart via proxy.apac.example.net:3128" in text
    assert "9.22(2)14" in text


@pytest.mark.parametrize("width", WIDTHS)
def test_what_to_do_begins_with_what_is_critical(small: Path, width: int) -> None:
    """By severity, then by the days that are left; the words of it are whole at any width."""
    text = " ".join(shown("report", "last", "--state-dir", small, width=width).text.split())

    todo = text.partition("what to do")[2].partition("expires first")[0]
    places = [todo.index(f"{word} fw-") for word in ("critical", "high", "medium")]
    assert places == sorted(places)
    assert todo.index("fw-chi-01") < todo.index("fw-syd-01 (in 10 days)") < todo.index("fw-ber-edge-01")
    assert "manual: the authorization has expired: this ASAv is limited to 100 kbps" in todo


@pytest.mark.parametrize("width", WIDTHS)
def test_the_legend_says_what_every_id_of_the_table_means(small: Path, width: int) -> None:
    """An id alone tells a new colleague nothing."""
    seen = shown("report", "last", "--state-dir", small, width=width)

    table, _, rest = seen.text.partition("what fired")
    legend = rest.partition("what to do")[0]
    ids = set(re.findall(r"\bAT\d{3}\b", table))
    assert ids == set(re.findall(r"^AT\d{3}\b", legend, re.MULTILINE)) != set()
    assert re.search(r"^AT202 +1 critical +The authorization has expired$", legend, re.MULTILINE)


def test_three_hundred_devices_that_do_not_answer_are_one_entry(state: Path) -> None:
    """905 lines of them hid the one firewall whose host key had changed."""
    seen = shown("report", "last", "--state-dir", state, width=100)

    section = seen.text.partition("\nnot audited\n")[2]
    assert section.count("\n") < 12
    assert "301 devices  connect: connecting to HOST port 22: refused" in section
    assert "fw-site-000 to fw-site-299 (300)" in section
    # And each of them has its row in the table.
    assert len(rows(seen.lines)) == 309


@pytest.mark.parametrize("width", WIDTHS)
def test_a_diff_tells_equal_changes_once(state: Path, width: int) -> None:
    """The night on which a site fails is one line, too."""
    seen = shown("diff", "--state-dir", state, width=width)

    assert all(len(line) <= width for line in seen.lines)
    assert seen.text.startswith("300 changes on 300 devices since ")
    assert "no longer audited (300)" in seen.text
    assert "300 devices  connect: connecting to HOST port 22: refused" in seen.text
    assert "fw-site-000 to fw-site-299 (300)" in seen.text
    assert len(seen.lines) < 12


def test_colours_say_nothing_that_words_do_not(small: Path) -> None:
    """A terminal without colours shows the same text, and no escape."""
    coloured = shown("report", "last", "--state-dir", small, width=100)
    plain = shown("report", "last", "--state-dir", small, width=100, NO_COLOR="1")

    assert b"\x1b[" in coloured.raw
    assert b"\x1b" not in plain.raw
    assert coloured.lines == plain.lines


# What is chosen.


def test_only_shows_what_is_asked_for_and_counts_the_rest(small: Path) -> None:
    """The table is shorter; the run is what it was, and so is the exit code."""
    every = cli("report", "last", "--state-dir", small)
    some = cli("report", "last", "--state-dir", small, "--only", "critical,change")

    chosen = ["fw-ber-edge-01", "fw-chi-01", "fw-nyc-01", "fw-syd-01"]
    assert list(rows(some.out.split("\n"))) == chosen
    counts = "1 compliant, 1 hold, 1 manual, 1 not audited, 1 not-applicable"
    assert f"not shown: 5 of 9 devices ({counts}), by --only critical,change" in some.out
    assert some.out.splitlines()[-1] == every.out.splitlines()[-1]
    assert some.code == every.code == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--only", "kritical"), "did you mean critical?"),
        (("--only", "change,not-audit"), "'not-audit' (did you mean not-audited?); expected one of"),
        (("--only", ""), "''; expected one of: compliant"),
        (("--only", "change", "--format", "json"), "--format json has every device"),
    ],
)
def test_only_refuses_what_it_does_not_know(small: Path, arguments: tuple[str, ...], said: str) -> None:
    """A word that chose nothing in silence would show an empty, healthy fleet."""
    ended = cli("report", "last", "--state-dir", small, *arguments)

    assert ended.code == 2
    assert said in ended.err
    assert ended.out == ""


def test_only_is_refused_before_a_device_is_contacted(tmp_path: Path) -> None:
    """A typing mistake costs nobody a run."""
    with fleet_of({"name": "fw-a"}) as fleet:
        files = fleet.write(tmp_path)
        state = ("--state-dir", tmp_path / "state")
        mistyped = cli("audit", "-i", files.inventory, *state, *QUICK, "--only", "mannual")
        beside = cli("audit", "-i", files.inventory, *state, *QUICK, "--only", "manual", "--since", "last")

        typed = tuple(fleet["fw-a"].typed)
    assert (mistyped.code, beside.code, typed) == (2, 2, ())
    assert "did you mean manual?" in mistyped.err
    assert "--since prints what changed" in beside.err


def test_only_that_chooses_nobody_says_so(small: Path) -> None:
    """Nothing to show is a result, and the count stands there."""
    ended = cli("report", "last", "--state-dir", small, "--only", "info")

    assert "not shown: 9 of 9 devices" in ended.out
    assert ended.out.splitlines()[-1].startswith("9 devices: 8 audited, 1 not audited (connect 1)")


# Runs.


def options_of(directory: Path) -> list[str | Path]:
    """What every command needs that contacts the fleet of a directory."""
    return ["-i", directory / "inventory.yaml", "--state-dir", directory / "state", *QUICK]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Audits whole and in part, a dry run and a push of a firewall."""
    directory = tmp_path_factory.mktemp("kept")
    with fleet_of(smart("fw-a"), reverted("fw-b"), speed=SPEED) as fleet:
        plan, given = planned(fleet, directory), options_of(directory)
        cli("audit", *given, "-l", "fw-b")
        cli("audit", *given)
        cli("push", plan, *given)
        ended = cli("push", plan, *given, "--commit", "--yes")
        assert ended.code == 0, ended.err
    return directory


@pytest.mark.parametrize("width", WIDTHS)
def test_runs_are_one_line_each_with_their_ids_whole(kept: Path, width: int) -> None:
    """An id that is cut can be given to no other command."""
    seen = shown("runs", "--state-dir", kept / "state", width=width)
    ids = [one["id"] for one in cli("runs", "--state-dir", kept / "state", "--format=json").document["runs"]]

    found = [re.split(r"  +", line) for line in seen.lines if line[:8].isdigit()]
    assert all(len(line) <= width for line in seen.lines)
    assert [row[0] for row in found] == ids
    # Runs of one second have no order.
    told = {row[1]: row[3] for row in found}
    part = "audit -l fw-b" if "audit -l fw-b" in told else "audit, part"
    assert told == {
        "push": "1 applied",
        "dry run": "1 would-push",
        "plan": "2 medium",
        "audit": "2 medium",
        part: "2 medium",
    }


def test_runs_are_chosen_by_number_and_kind(kept: Path) -> None:
    """Four hundred nights are no list that somebody reads; what is not shown is counted."""
    state = ("--state-dir", kept / "state")
    last = cli("runs", *state, "--last", "1")
    pushes = cli("runs", *state, "--kind", "push", "--kind", "dry-run", "--format=json").document
    plans = cli("runs", *state, "--kind", "plan", "--last", "3")

    assert len([line for line in last.out.splitlines() if line[:8].isdigit()]) == 1
    assert "not shown: 4 of 5 runs, by --last or --kind" in last.out
    assert {one["kind"] for one in pushes["runs"]} == {"push"}
    assert {one["dry_run"]: one["outcomes"] for one in pushes["runs"]} == {
        False: {"applied": 1},
        True: {"would-push": 1},
    }
    assert pushes["kept"] == 5
    assert [line.split()[1] for line in plans.out.splitlines() if line[:8].isdigit()] == ["plan"]
    assert cli("runs", *state, "--kind", "pushes").code == 2


# While it runs.


def test_the_bar_names_the_device_that_everything_waits_for(tmp_path: Path) -> None:
    """At 49 of 50 a person asks which one it is."""
    hanging = {"name": "fw-hang", "faults": [{"action": "hang", "match": "license all"}]}
    with fleet_of({"name": "fw-a"}, hanging) as fleet:
        fleet.write(tmp_path)
        with on_terminal("audit", *options_of(tmp_path), width=80) as seen:
            text = seen.wait_for(lambda text: "waiting for fw-hang " in text)
            seen.running.send_signal(signal.SIGINT)

    assert re.search(r"1/2 .*\n.*waiting for fw-hang [3-9] s", text)
    # The picture is gone, and the report stands there as always.
    assert re.search(r"^fw-hang +not audited", seen.text, re.MULTILINE)
    assert seen.end() == 130


@pytest.mark.parametrize("width", WIDTHS)
def test_a_push_shows_its_steps_and_then_its_outcome(tmp_path: Path, width: int) -> None:
    """With -v each step stands above the picture with its time; the outcome's words are whole."""
    with fleet_of(reverted("fw-ber-edge-01"), reverted("fw-osl-branch-02"), speed=SPEED) as fleet:
        plan, given = planned(fleet, tmp_path), options_of(tmp_path)
        dry = shown("push", plan, *given, width=width)
        done = shown("push", plan, *given, "--commit", "--yes", "-v", width=width)

    assert (dry.end(), done.end()) == (0, 0)
    assert [line.split()[1:3] for line in dry.lines if line[:1].isdigit()] == [
        ["fw-ber-edge-01", "would-push"],
        ["fw-osl-branch-02", "would-push"],
    ]
    assert STEPS_IN_ORDER.search(done.text)
    table = done.text.partition("wave  device")[2]
    assert re.search(r"fw-ber-edge-01 +applied +contact +yes", table)
    assert re.search(r"fw-osl-branch-02 +applied +contact +yes", table)
    assert all(len(line) <= width for line in dry.lines[1:])


def test_a_push_without_a_terminal_logs_every_step_with_its_time(tmp_path: Path) -> None:
    """The log of the night's change is all that is left when somebody asks in the morning."""
    with fleet_of(reverted("fw-a"), speed=SPEED) as fleet:
        plan, given = planned(fleet, tmp_path), options_of(tmp_path)
        ended = cli("push", plan, *given, "--commit", "--yes")

    assert ended.code == 0
    assert STEPS_IN_ORDER.search(ended.err)
    lines = [line for line in ended.err.splitlines() if " fw-a: " in line]
    times = [line.partition(" ")[0] for line in lines]
    assert all(re.fullmatch(_AT, one) for one in times)
    assert times == sorted(times)


def test_a_quiet_push_without_a_terminal_logs_nothing(tmp_path: Path) -> None:
    """Cron mails whatever is said."""
    with fleet_of(reverted("fw-a"), speed=SPEED) as fleet:
        plan, given = planned(fleet, tmp_path), options_of(tmp_path)
        ended = cli("push", plan, *given, "--commit", "--yes", "-q")

    assert (ended.code, ended.err) == (0, "")
