"""Hold every word of a push's record against what the mock firewalls ran, saved and contacted.

A word that is not there (`startup: null`) is never untrue; a word that is there must be so.
"""

from __future__ import annotations

from collections.abc import Iterator

from mock_devices.config import Config
from mock_devices.record import Contact
from mock_devices.scenario import HostPort
from tests.faults.colleague_matrix import PROXY, Box, Ran
from tests.faults.colleague_steps import OUTSIDE

# What only somebody who may change a firewall sends.
RENEW = "license smart renew auth"
_WRITING = ("configure terminal", RENEW, "write memory")
WANTED = ("smart", HostPort.model_validate(PROXY))
EARLY = frozenset({"before the push", "after the first reading"})
_UNTOUCHED = frozenset({"refused", "failed", "not-reached", "no-change"})


def faults_of(ran: Ran) -> list[str]:
    """Return what is untrue, or was done wrongly; nothing, as it must be."""
    return [f"{ran.name}: {fault}" for fault in _faults(ran)]


def _faults(ran: Ran) -> Iterator[str]:
    record, outcome = ran.record, ran.record["outcome"]
    planned = [box for box in ran.boxes if box.is_planned]
    here = ran.boxes[0] if ran.boxes[0].is_planned else None
    yield from _typed_elsewhere(ran)
    yield from _startup_word(ran)
    yield from _identity(ran)
    yield from _made_permanent(ran)
    for box in planned:
        if outcome == "applied":
            yield from _applied(box, record, "applied")
        elif outcome == "rolled-back" and box.running != box.start:
            yield f"rolled-back, but {box.serial} runs {box.running}"
        elif outcome in _UNTOUCHED and any(line.text in _WRITING for line in box.transcript):
            yield f"{outcome}, but {box.serial} was typed at"
    if outcome == "applied" and record["verified"] == "contact" and not _is_proven(planned):
        yield f"verified by contact, but these were: {[box.contacts for box in planned]}"
    if (
        outcome == "applied"
        and not record["saved"]
        and len(planned) == 1
        and record["startup"] == "as-intended"
    ):
        yield "not saved, but a reload would bring it"
    if outcome == "no-change" and here is not None and here.running != here.intended:
        yield f"no-change, but it runs {here.running}"
    if outcome not in {"applied", *_UNTOUCHED, "rolled-back", "rollback-failed", "unknown"}:
        yield f"no word for it: {outcome}"
    if outcome != "applied" and (record["saved"] or record["verified"] is not None or not record["reason"]):
        yield f"{outcome}, with {record}"
    if "nothing was saved" in (record["reason"] or "") and any(_is_saved(box) for box in planned):
        yield "nothing was saved, it says"


def _applied(box: Box, record: dict[str, object], word: str) -> Iterator[str]:
    if box.running != box.intended:
        yield f"{word}, but {box.serial} runs {box.running}"
    if record["saved"] and box.startup != box.intended:
        yield f"saved, but {box.serial} would start {box.startup}"


def _is_saved(box: Box) -> bool:
    return any(moment.what == "save" for moment in box.history)


def _is_proven(boxes: list[Box]) -> bool:
    """Return whether a contact set out after our own request for it, over what is intended."""
    renewed = [line.at for box in boxes for line in box.transcript if line.text == RENEW]
    contacts = [contact for box in boxes for contact in box.contacts]
    return bool(renewed) and any(one.started >= min(renewed) and is_over(one) for one in contacts)


def is_over(contact: Contact) -> bool:
    """Return whether a contact succeeded over the intended transport and proxy."""
    proxy = contact.route.proxy
    return contact.succeeded and (contact.route.transport, proxy) == WANTED


def _typed_elsewhere(ran: Ran) -> Iterator[str]:
    for box in ran.boxes:
        wrote = [line.text for line in box.transcript if line.text in _WRITING]
        if not box.is_planned and (wrote or any(line.mode.startswith("config") for line in box.transcript)):
            yield f"{box.serial} is not the planned firewall, and was typed at: {wrote}"


def _startup_word(ran: Ran) -> Iterator[str]:
    """Hold `startup` against the transport and the proxy that a reload would bring."""
    word = ran.record["startup"]
    if word is None:
        return
    box = _answering(ran)
    first, last = _way(box.history[0].startup), _way(box.history[-1].startup)
    is_intended = last == WANTED
    # What somebody saved before our last look before the lines is `before` too.
    is_early = ran.step.title in EARLY
    is_so = {
        "as-intended": is_intended,
        "as-before": not is_intended and (last == first or is_early),
        "other": not is_intended and last != first,
    }
    if not is_so[word]:
        yield f"startup {word}, but {box.serial} would start {box.startup}"


def _way(config: Config) -> tuple[str, HostPort | None]:
    # callhome is the start, and what is not named is the default of the release.
    return config.transport or "smart", config.proxy


def _identity(ran: Ran) -> Iterator[str]:
    said = ran.record["identity"]
    known = [(box.serial, box.hostname) for box in ran.boxes]
    names = {box.history[number].running.hostname for box in ran.boxes for number in (0, -1)}
    if said["serial"] is None:
        return
    if said["serial"] not in {serial for serial, _ in known} or said["hostname"] not in names:
        yield f"answered by {said}, but there were {known}"
    elif len(ran.boxes) == 1 and (said["serial"], said["hostname"]) != known[0]:
        yield f"answered last by {said}, but it is {known[0]}"


def _answering(ran: Ran) -> Box:
    said = ran.record["identity"]
    found = [box for box in ran.boxes if box.serial == said["serial"]]
    return found[0] if found else ran.boxes[0]


def _made_permanent(ran: Ran) -> Iterator[str]:
    """Find somebody's unsaved change that our `write memory` saved and nobody was told of."""
    for box in ran.boxes:
        ours = [one for one in box.history if one.what == "save" and one.by not in {"backup", "colleague"}]
        saved = any(one.startup.pager == 30 for one in ours)
        theirs = any(one.what == "save" and one.by == "backup" for one in box.history)
        is_told = "unsaved" in (ran.record["reason"] or "") or "somebody" in (ran.record["reason"] or "")
        if saved and not theirs and not is_told and ran.step.title not in UNSEEN:
            yield f"{OUTSIDE!r} of somebody was made permanent, and nobody is told"


# Between the last look and our own lines nobody can see what another types, and our lines hide it:
# the device names only the last change of all.
UNSEEN = frozenset(
    {"just before `configure terminal`", "after `license smart`", "after `transport type smart`"}
)
