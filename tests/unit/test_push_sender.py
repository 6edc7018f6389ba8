"""The typist: each line is in the journal before it leaves, and an objection is followed by nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import pytest

from asa_transport.flows.push_sender import PushSender
from asa_transport.model import Answered, CommandOutput, JournalEvent, LineSent, SshFacts

APPLY = ("license smart", " transport proxy proxy.example.net port 8080", " transport type smart")
WHOLE = ("configure terminal", *APPLY, "end")
QUESTION = (
    "Would you like to enable anonymous error reporting to help improve\n"
    "the product? [Y]es, [N]o, [A]sk later: "
)
STANDBY = "**** WARNING ****\nConfiguration Replication is NOT performed from Standby unit to Active unit\n"
MODES = {"configure terminal": "(config)", "A": "(config)", "license smart": "(config-smart-lic)", "end": ""}


class Script:
    """A session that answers as it is told, and a journal that sees both sides."""

    def __init__(
        self, answers: Mapping[str, str] | None = None, *, role: Mapping[str, str] | None = None
    ) -> None:
        self._answers = answers or {}
        self._roles = role or {}
        self._role = "act"
        self._mode = ""
        self._is_asked = False
        self.seen: list[str] = []

    @property
    def prompt(self) -> str:
        return f"fw-1/pri/{self._role}{self._mode}#"

    def permit(self, lines: Iterable[str]) -> None:
        del lines

    @property
    def ssh(self) -> SshFacts | None:
        return None

    def run(self, command: str) -> CommandOutput:
        raise AssertionError(f"a typist reads nothing, but asked {command!r}")

    def close(self) -> None:
        pass

    def send(self, line: str) -> CommandOutput:
        self.seen.append(f"sent {line}")
        text = self._answers.get(line, "")
        asks = text.endswith("later: ")
        if not asks:
            self._mode = MODES.get(line, self._mode)
            self._role = self._roles.get(line, self._role)
        return CommandOutput(
            command=line,
            text=text,
            prompt="" if asks else self.prompt,
            started_at=datetime(2026, 1, 12, tzinfo=UTC),
            duration_s=0.0,
        )

    def note(self, event: JournalEvent) -> None:
        if isinstance(event, LineSent):
            self.seen.append(f"announced {event.line}")
        elif isinstance(event, Answered):
            self.seen.append(f"judged {event.line}")

    @property
    def sent(self) -> list[str]:
        return [each.removeprefix("sent ") for each in self.seen if each.startswith("sent ")]


def sender(script: Script) -> PushSender:
    return PushSender("fw-1", script, script)


def test_every_line_is_announced_then_sent_then_judged() -> None:
    """What a crash leaves in the journal is never less than what the device has seen."""
    script = Script()

    objection = sender(script).change(APPLY)

    assert objection is None
    assert script.seen == [
        f"{what} {line}" for line, what in itertools.product(WHOLE, ("announced", "sent", "judged"))
    ]


@pytest.mark.parametrize("place", range(len(WHOLE)))
@pytest.mark.parametrize("text", ["ERROR: % Invalid input detected at '^' marker.\n", "surprise\n", STANDBY])
def test_an_objection_is_never_followed_by_another_line(place: int, text: str) -> None:
    """A second line on top of one that was refused is how a device ends between before and after."""
    script = Script({WHOLE[place]: text})

    objection = sender(script).change(APPLY)

    assert objection is not None
    assert script.sent == list(WHOLE[: place + 1])


@pytest.mark.parametrize("line", WHOLE)
def test_a_change_of_role_is_an_objection_at_every_line(line: str) -> None:
    """From there on the lines would stay on a standby unit."""
    script = Script(role={line: "stby"})

    objection = sender(script).change(APPLY)

    assert objection is not None
    assert objection.role_changed
    assert script.sent[-1] == line


def test_the_question_is_answered_later() -> None:
    """Whether Cisco gets reports is the owner's decision, not this program's."""
    script = Script({"configure terminal": QUESTION})

    objection = sender(script).change(APPLY)

    assert objection is None
    assert script.sent == ["configure terminal", "A", *APPLY, "end"]


def test_another_question_is_not_answered() -> None:
    """Who answers a question that nobody has thought of, has agreed to something."""
    script = Script({"configure terminal": "Erase everything? Now or later: "})

    objection = sender(script).change(APPLY)

    assert objection is not None
    assert script.sent == ["configure terminal"]


@pytest.mark.parametrize(
    "script",
    [
        Script({"configure terminal": STANDBY + QUESTION}),
        Script({"configure terminal": QUESTION}, role={"A": "stby"}),
    ],
)
def test_a_standby_unit_that_asks_first_is_noticed(script: Script) -> None:
    """The warning stands ahead of the question, and the prompt comes after it only."""
    objection = sender(script).change(APPLY)

    assert objection is not None
    assert objection.role_changed
    assert script.sent == ["configure terminal", "A"]


def test_warnings_are_kept_in_the_list_that_was_given() -> None:
    """The outcome names them, also when the session is lost later."""
    warnings: list[str] = []
    script = Script({APPLY[1]: "WARNING: made up\n"})

    PushSender("fw-1", script, script, warnings=warnings).change(APPLY)

    assert warnings == ["WARNING: made up"]


@pytest.mark.parametrize(
    ("script", "is_saved"),
    [
        (Script({"write memory": "Building configuration...\n[OK]\n"}), True),
        (Script({"write memory": "%Error writing nvram:/startup-config\n"}), False),
        (Script({"write memory": "Building configuration...\n[OK]\n"}, role={"write memory": "stby"}), False),
    ],
)
def test_saved_is_what_the_active_unit_has_saved(script: Script, is_saved: bool) -> None:
    """`[OK]` of a unit that became standby is about that unit alone."""
    assert (sender(script).save() is None) == is_saved


def test_leaving_types_nothing_outside_configuration_mode() -> None:
    """An `end` at `#` is an error on the device, and would be one more line in the journal."""
    script = Script()
    hand = sender(script)

    hand.leave()
    hand.change(APPLY[:1])
    hand.leave()

    assert script.sent == ["configure terminal", "license smart", "end"]
