"""`ticket.html` in a real browser: it loads nothing, complains of nothing and runs nothing of a device's.

Chromium's own net log says what was asked for, its console what went wrong.  Where there
is no Chromium the tests are skipped; they install nothing.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from asa_transport.core.reports.ticket.bundle import bundle
from tests.fleet.browser import CHROMIUM, QUIET, browser
from tests.support import ROOT
from tests.unit.test_ticket import Outline
from tests.unit.ticketing import TEMPLATES, example, found, plan_of, planned, run_of, seen

FLAGS = (*QUIET, "--enable-logging=stderr", "--dump-dom")
OWNED = "<script>document.title='owned'</script>"
IMAGE = "<img src=http://evil.example/x.png onerror=\"document.title='owned'\">"
NO_ORIGIN = "not an origin"
TICKETS, PICTURES = ROOT / "tests" / "golden" / "snapshots" / "ticket", ROOT / "build" / "screenshots"
CONSOLE = re.compile(r"CONSOLE[:(]")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no `chromium` on PATH: the page was not opened in a browser"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a browser made of a page."""

    dom: str
    messages: str
    asked: tuple[str, ...]

    @property
    def words(self) -> str:
        """The text of the page, without its style."""
        return "".join(Outline(self.dom.replace("<!DOCTYPE html>", "")).words)

    @property
    def title(self) -> str:
        match = re.search(r"<title>(.*?)</title>", self.dom, re.DOTALL)
        assert match is not None
        return match[1]


def shown(page: bytes, directory: Path) -> Shown:
    """Open the page and return its elements, the browser's messages and what the page asked for."""
    path, log = directory / "ticket.html", directory / "net.json"
    path.write_bytes(page)
    places = (f"--user-data-dir={directory / 'profile'}", f"--log-net-log={log}")
    done = subprocess.run(
        [str(CHROMIUM), *FLAGS, *places, path.as_uri()],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return Shown(dom=done.stdout, messages=done.stderr, asked=addresses(json.loads(log.read_text())))


def addresses(log: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the address of every request that a page began; the browser's own have no origin."""
    kind = log["constants"]["logSourceType"]["URL_REQUEST"]
    requests = [
        event["params"] for event in log["events"] if event["source"]["type"] == kind and "params" in event
    ]
    return tuple(
        params["url"]
        for params in requests
        if params.get("initiator", NO_ORIGIN) != NO_ORIGIN and "url" in params
    )


@pytest.fixture(scope="module")
def ticket(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    plan, audit, evidence = example()
    files = bundle(plan, audit=audit, evidence=evidence, templates=TEMPLATES)
    return shown(files["ticket.html"], tmp_path_factory.mktemp("ticket"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    finding = found(title=IMAGE, detail=OWNED, evidence=(("show version", 1, f"{OWNED} {IMAGE}"),))
    audit = run_of([seen("fw-a", hostname=OWNED, version=IMAGE, findings=(finding,))])
    plan = plan_of([planned("fw-a", reasons=(OWNED,), notes=(IMAGE,), diff=f"--- a\n+++ b\n+{OWNED}\n")])
    evidence = {"fw-a": {"show_version": OWNED}}
    files = bundle(plan, audit=audit, evidence=evidence, templates=TEMPLATES)
    return shown(files["ticket.html"], tmp_path_factory.mktemp("hostile"))


def test_the_page_asks_no_network_for_anything(ticket: Shown) -> None:
    """It is opened from an attachment, maybe on a network that must not learn of it."""
    assert ticket.asked == ()


def test_the_browser_has_nothing_to_say_on_its_console(ticket: Shown) -> None:
    """Neither an error of the page nor a breach of its own policy."""
    assert not CONSOLE.search(ticket.messages), ticket.messages


def test_the_text_and_the_diffs_are_there(ticket: Shown) -> None:
    """Also what is folded away in a device's details."""
    plan, *_ = example()

    words = ticket.words
    for said in (
        plan.digest,
        "AT201",
        "What rolls back",
        "fw-zur-01",
        "standby unit: change the active unit",
    ):
        assert said in words
    for device in plan.devices:
        for line in device.diff.splitlines():
            assert line in words
    assert ticket.dom.count("<details ") == len(plan.devices)


def test_a_hostile_device_is_shown_as_text(hostile: Shown) -> None:
    """A script and an image in hostname, version, reason, finding, answer and diff."""
    assert hostile.title == "Give 1 firewall the licensing transport that the inventory expects"
    assert hostile.words.count(OWNED) >= 5
    assert hostile.words.count(IMAGE) >= 3
    assert not {"script", "img"} & set(Outline(hostile.dom.replace("<!DOCTYPE html>", "")).tags)


def test_a_hostile_device_reaches_no_network_and_no_console(hostile: Shown) -> None:
    """What is text asks for nothing."""
    assert hostile.asked == ()
    assert not CONSOLE.search(hostile.messages), hostile.messages


def test_the_probes_of_this_test_see_a_request_and_a_console_error(tmp_path: Path) -> None:
    """A net log or console that stays silent about everything would pass the tests above."""
    loads = "<img src=http://127.0.0.1:1/x.png><link rel=stylesheet href=http://a.example/x.css>"
    page = f"<!DOCTYPE html><title>a</title>{loads}<script>console.error('x')</script>".encode()

    seen_by_browser = shown(page, tmp_path)

    assert tuple(sorted(seen_by_browser.asked)) == ("http://127.0.0.1:1/x.png", "http://a.example/x.css")
    assert CONSOLE.search(seen_by_browser.messages)


def test_without_its_escaping_the_hostile_page_would_run(tmp_path: Path) -> None:
    """The hostile words are ones that act; the page's own policy is the second wall, so it is taken away."""
    run_freely = shown(f"<!DOCTYPE html><title>a</title>{OWNED}".encode(), tmp_path)

    assert run_freely.title == "owned"


def test_no_ticket_is_wider_than_its_window(tmp_path: Path) -> None:
    """Of a plan, a push and an audit, in both schemes; the pictures are kept to be looked at."""
    grounds: dict[str, set[Any]] = {"light": set(), "dark": set()}
    wide: list[str] = []

    with browser(tmp_path) as page:
        for kind, width, scheme in itertools.product(("plan", "push", "run"), (1280, 400), grounds):
            name = f"ticket-{kind}-{width}-{scheme}.png"
            page.media(width=width, scheme=scheme)
            page.open(TICKETS / kind / "ticket.html")
            grounds[scheme].add(page.value("getComputedStyle(document.body).backgroundColor"))
            if page.value("document.documentElement.scrollWidth") > width:
                wide.append(name)
            page.media(width=width, scheme=scheme, height=3000)
            page.picture(PICTURES / name)

        assert page.complaints == []
    assert wide == []
    assert [len(found) for found in grounds.values()] == [1, 1]
    assert grounds["light"] != grounds["dark"]
