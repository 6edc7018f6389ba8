"""Log in to an ASA and read from it, by plain code that waits through the loop (`engine/bridge.py`).

Guarantees: nothing leaves the machine that `is_read_only` does not admit, the enable
password aside, and the lines that a committed push permitted to its own session; the host
key is known and unchanged before a password is sent; every answer stands between the echo
of its command and a prompt of the same device; each part has its own limit, and the deadline
closes the session from outside.  `AsaSession.netmiko` is netmiko's own connection on the same
session, under the same guard.

Never enters configuration mode by itself (netmiko's own preparation types `configure
terminal` and `terminal width 511` at every login, findings/), never sends blank
lines to look for a prompt, never retries a rejected password.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final, NoReturn, TypeVar

from asa_transport.asa import terminal
from asa_transport.asa.commands import ASK_LATER, CHANGE_FRAME, ENABLE, EXIT, PAGER_OFF
from asa_transport.asa.exchange import Exchange
from asa_transport.asa.licensing import is_change_line
from asa_transport.asa.prompts import Prompt
from asa_transport.asa.questions import Question, question_at_end, wanted
from asa_transport.asa.terminal import Answer
from asa_transport.capabilities import Deadline, Dial, EnableHeld, Gate, LoginHeld, OpenGate, is_read_only
from asa_transport.edges.ssh.algorithms import algorithms
from asa_transport.edges.ssh.client import Opened, Terms, opened
from asa_transport.edges.ssh.connection import Connection
from asa_transport.edges.ssh.faults import RAISES, Fault, translated
from asa_transport.edges.ssh.reader import Reader
from asa_transport.engine import bridge
from asa_transport.errors import (
    AuthenticationError,
    CollectError,
    DeviceError,
    EnableError,
    ForbiddenCommand,
)
from asa_transport.model import (
    CommandOutput,
    Credential,
    Device,
    HostKeys,
    Limits,
    SecretUse,
    SshFacts,
    SshPolicy,
)

# A prompt without its trailing blank may be a line of a banner that is still coming:
# wait this long for more.  ASA prints the blank (recorded by oxidized), so real devices do not pay.
_SETTLE_S = 0.3
# Enough for a prompt or a question.
_END_CHARACTERS = 1_000

_MASK: Final = "****"

_S = TypeVar("_S", bound="AsaSession")


def open_session(
    device: Device,
    *,
    credential: Credential,
    host_keys: HostKeys,
    limits: Limits,
    deadline: Deadline,
    dial: Dial,
    probe: bool = False,
    gate: Gate | None = None,
) -> AsaSession:
    """Connect, log in, reach privileged mode, turn the pager off.

    Tries once; `engine/retry.py` says when another try is made.

    Args:
        gate: Asked before each secret leaves; `None` lets all through.

    Raises:
        DeviceError: As `capabilities.OpenSession`.
        LoginHeld: The gate said no to the login.
        EnableHeld: The enable password is needed, and the gate said no to it.
    """
    asked = OpenGate() if gate is None else gate
    connected = _opened(
        device, credential, host_keys=host_keys, limits=limits, deadline=deadline, dial=dial, gate=asked
    )
    session = AsaSession(device, connected, limits=limits, deadline=deadline, probe=probe)
    return _prepared(session, credential, asked)


def open_config_session(
    device: Device,
    *,
    credential: Credential,
    host_keys: HostKeys,
    limits: Limits,
    deadline: Deadline,
    dial: Dial,
    gate: Gate | None = None,
) -> AsaConfigSession:
    """Return a session for a committed push, which may probe too; otherwise as `open_session`."""
    asked = OpenGate() if gate is None else gate
    connected = _opened(
        device, credential, host_keys=host_keys, limits=limits, deadline=deadline, dial=dial, gate=asked
    )
    session = AsaConfigSession(device, connected, limits=limits, deadline=deadline, probe=True)
    return _prepared(session, credential, asked)


def _prepared(session: _S, credential: Credential, gate: Gate) -> _S:
    try:
        session.prepare(credential, gate)
    except BaseException as error:
        session.close()
        if isinstance(error, DeviceError):
            error.ssh = session.ssh
        raise
    return session


class AsaSession:
    """A privileged session that reads; implements `capabilities.Session`."""

    def __init__(
        self, device: Device, opened: Opened, *, limits: Limits, deadline: Deadline, probe: bool
    ) -> None:
        self._device = device
        self._opened = opened
        self._probe = probe
        self._secrets: tuple[str, ...] = ()
        self.ssh: SshFacts | None = opened.facts
        self.netmiko = Connection(device, opened, self._admit_other)
        self._reader = Reader(
            device,
            opened.terminal,
            limits=limits,
            device_deadline=deadline,
            mask=self._masked,
            heard=self.netmiko.heard,
            cut_by=self._cut_by,
        )
        self._prompt: Prompt | None = None
        self._is_proven = False
        self._is_at_prompt = False
        self._echoed: frozenset[str] = frozenset()
        self.has_typed_enable = False

    @property
    def prompt(self) -> str:
        """The last prompt seen, e.g. ``fw-par-01/pri/act#``; empty before the first."""
        return self._prompt.text if self._prompt else ""

    def prepare(self, credential: Credential, gate: Gate) -> None:
        """Find the first prompt, enter privileged mode, turn the pager off; errors as `open_session`."""
        secrets = [secret.reveal() for secret in (credential.password, credential.enable) if secret]
        # The longest first: one may hold the other.
        self._secrets = tuple(sorted(filter(None, secrets), key=len, reverse=True))
        self.netmiko.hide(self._secrets)
        self._first_prompt()
        if self._prompt is not None and self._prompt.is_bare:
            # Threat Defense: there is no level above, no pager, and nothing to be read but its version.
            self._is_proven = True
            return
        if self.prompt.endswith(">"):
            self._enable(credential, gate)
        self.run(PAGER_OFF)
        if self.prompt.endswith(">"):
            # What looked like a privileged prompt was a line of a banner.
            self._enable(credential, gate)
            self.run(PAGER_OFF)

    def run(self, command: str) -> CommandOutput:
        """Send one allow-listed line and return what came back; errors as `capabilities.Session.run`."""
        self._admit(command)
        # Threat Defense takes no `terminal pager`; the first page says what it is.
        is_bare = self._known is not None and self._known.is_bare
        return self._exchange(command, terminal.asks_more if is_bare else None)

    def close(self) -> None:
        """Log out and close; never raises, never waits for the device."""
        # Only at a prompt: to a question for a password, `exit` would be a wrong password.
        if self._is_at_prompt:
            with contextlib.suppress(OSError):
                self._opened.terminal.sendall(f"{EXIT}\n".encode())
        self.netmiko.disconnect()

    def _exchange(self, line: str, asks: Callable[[str], bool] | None = None) -> CommandOutput:
        """Send a line that was allowed, and return what stands between its echo and the end of the answer."""
        started_at = datetime.now(UTC)
        began = time.monotonic()
        self._send(line)
        known = self._known
        heard = Exchange(line, known=known, asks=asks) if asks else Exchange(line, known=known)
        raw = self._reader.hear(heard, repr(line))
        answer = terminal.answer_to(line, raw, known=known)
        is_asked = answer is not None and answer.prompt is None and asks is not None and asks(raw)
        # Until a prompt is proven, the rest of a banner may stand ahead of the first echo.
        before = answer.before if answer is not None else terminal.lines_of(raw)
        intruder = terminal.stray(before, typed=line) if known is not None or answer is None else None
        if answer is None or intruder is not None:
            self._lost_place(line, raw, intruder)
        if not is_asked:
            self._follow(line, raw, answer)
        return CommandOutput(
            command=line,
            text=self._without_echo(answer.text),
            prompt="" if is_asked else self.prompt,
            started_at=started_at,
            duration_s=time.monotonic() - began,
        )

    def _without_echo(self, text: str) -> str:
        """Return an answer without a line that is the password typed before: a late echo of it."""
        if not any(secret in text for secret in self._echoed):
            return text
        return "\n".join(_MASK if line.strip() in self._echoed else line for line in text.split("\n"))

    def _send(self, line: str) -> None:
        self._is_at_prompt = False
        self._reader.write(line)

    def _admit(self, line: str) -> None:
        """Raise ForbiddenCommand for a line that this session may not send, whoever wants to."""
        if not is_read_only(line, probe=self._probe):
            raise self._forbidden(line)

    def _admit_other(self, line: str) -> None:
        """The same for a line that netmiko's own methods type."""
        # It is privileged already; at `#` an ASA asks for the password again, and whatever comes next is one.
        if line.strip() == ENABLE:
            raise self._forbidden(line)
        self._admit(line)
        # Who reads the answer is not this session: it does not know any more where the device stands.
        self._is_at_prompt = False

    def _masked(self, text: str) -> str:
        """Return a text without the secrets that this session may send."""
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return text

    def _cut_by(self) -> DeviceError | None:
        """Return who ended the session, where it was not the device."""
        return bridge.wait_for(self._opened.cut_by())

    def _forbidden(self, line: str) -> ForbiddenCommand:
        return ForbiddenCommand(
            f"{self._device.name}: {line!r} may not be sent by this session, which only reads"
        )

    def _first_prompt(self) -> None:
        did = "waiting for the first prompt"
        raw = self._reader.until(_is_first_end, did)
        prompt = terminal.prompt_at_end(raw, bare=True)
        while prompt is None or not prompt.is_certain:
            # A question is settled like a prompt: it may be half a line of a banner.
            more = self._reader.more(_SETTLE_S)
            if more == "" and prompt is None:
                raise self._asked_at_login(did, raw)
            if more == "":
                break
            # The end is enough: a banner that comes in small pieces must not cost its square.
            raw = raw[-_END_CHARACTERS:] + more
            if not _is_first_end(raw):
                raw += self._reader.until(_is_first_end, did)
            prompt = terminal.prompt_at_end(raw, bare=True)
        self._prompt = prompt

    def _asked_at_login(self, did: str, raw: str) -> AuthenticationError:
        asked, shown = question_at_end(raw) or (Question.OTHER, raw)
        return AuthenticationError(
            self._device.name,
            did=did,
            saw=f"after the login the device asked for {wanted(asked)}: {self._reader.quoted(shown)}; "
            "nothing was typed",
            hint="log in by hand and look; a password that has expired must be changed there first",
            is_rejection=True,
        )

    def _enable(self, credential: Credential, gate: Gate) -> None:
        if credential.enable is not None and not bridge.wait_for(gate.enter(SecretUse.ENABLE)):
            # Before `enable` itself: a question that nobody answers may count as a wrong password.
            raise EnableHeld(self._device.name)
        self._send(ENABLE)
        heard = Exchange(ENABLE, asks=lambda text: question_at_end(text) is not None)
        raw = self._reader.hear(heard, "'enable'", EnableError)
        asked = question_at_end(raw)
        if asked is not None:
            raw = self._answered(credential, asked[0], self._reader.quoted(asked[1]))
        prompt = terminal.prompt_at_end(raw)
        if prompt is None or not prompt.is_privileged:
            raise self._not_enabled(prompt, raw)
        gate.answered(SecretUse.ENABLE)
        self._prompt, self._is_proven, self._is_at_prompt = prompt, True, True

    def _answered(self, credential: Credential, asked: Question, shown: str) -> str:
        """Type the enable password where it is asked for, and nothing where anything else is."""
        if asked is not Question.PASSWORD:
            raise EnableError(
                self._device.name,
                did="'enable'",
                saw=f"asked for {wanted(asked)}: {shown}; nothing was typed",
                hint=_ENABLE_HINTS[asked],
            )
        if credential.enable is None:
            raise EnableError(
                self._device.name,
                did="'enable'",
                saw="asked for a password, and the inventory gives none",
                hint=f"add `enable:` to the credential {self._device.credential!r}, "
                "or let the login land at '#' (`aaa authorization exec LOCAL auto-enable`)",
            )
        secret = credential.enable.reveal()
        self.has_typed_enable = True
        self._echoed = frozenset({secret})
        self._reader.write(secret)
        # From here on nothing is quoted: a device may show what was typed.
        raw = self._reader.until(
            _is_prompt_or_secret_question,
            "sending the enable password",
            EnableError,
            closed=self._enable_rejected,
            is_quoting=False,
        )
        prompt = terminal.prompt_at_end(raw)
        if prompt is not None and secret in prompt.text and secret not in self.prompt:
            # An echo that ran into the prompt: every later message would show it.
            raise self._enable_rejected("the next output is not a prompt of this device")
        return raw

    def _not_enabled(self, prompt: Prompt | None, raw: str) -> EnableError:
        if not self.has_typed_enable:
            saw = "still at a prompt that ends in '>'" if prompt is None else f"still at {prompt.text!r}"
            return EnableError(
                self._device.name,
                did="'enable'",
                saw=f"{saw}; no password was asked for, and none was sent",
                hint="log in by hand and look: may this user enter privileged mode?",
            )
        asked = question_at_end(raw)
        if asked is not None and asked[0] is not Question.PASSWORD:
            return self._enable_rejected(f"asked for {wanted(asked[0])} after the password")
        return self._enable_rejected("the enable password was rejected")

    def _enable_rejected(self, saw: str) -> EnableError:
        return EnableError(
            self._device.name,
            did="sending the enable password",
            saw=saw,
            hint=f"check the `enable` source of the credential {self._device.credential!r}; "
            "it was tried once and is not tried again",
            is_rejection=True,
        )

    @property
    def _known(self) -> Prompt | None:
        """The prompt of this firewall, once it is proven to be one."""
        return self._prompt if self._is_proven else None

    def _follow(self, command: str, raw: str, answer: Answer) -> None:
        prompt, known = answer.prompt, self._known
        is_own = prompt is not None and (known is None or prompt.is_same_device(known))
        intruder = terminal.stray(answer.after) if is_own else None
        if prompt is None or not is_own or intruder is not None:
            self._lost_place(command, raw, intruder)
        self._prompt, self._is_proven, self._is_at_prompt = prompt, True, True

    def _lost_place(self, command: str, raw: str, intruder: str | None = None) -> NoReturn:
        show = self._reader.quoted
        came = f"{show(raw)} came" if intruder is None else f"the line {show(intruder)} came"
        raise CollectError(
            self._device.name,
            did=repr(command),
            saw=f"expected its echo and then a prompt of this device, but {came}",
            hint=f"audit it again; if it repeats, see 'asa-transport audit -l {self._device.name} -v'",
        )


class AsaConfigSession(AsaSession):
    """A session that may send the lines of one device's change; implements `capabilities.ConfigSession`."""

    _permitted: frozenset[str] = frozenset()
    _is_asked = False

    def permit(self, lines: Iterable[str]) -> None:
        """Let these lines be sent from now on, beside `CHANGE_FRAME`; as `capabilities.ConfigSession`."""
        wanted = tuple(lines)
        stranger = next((line for line in wanted if not is_change_line(line)), None)
        if stranger is not None:
            # Wherever it comes from: a plan, a template, a journal that somebody wrote.
            raise self._forbidden(stranger)
        self._permitted = CHANGE_FRAME | frozenset(wanted)

    def send(self, line: str) -> CommandOutput:
        """Send one permitted line; as `capabilities.ConfigSession.send`."""
        if self._is_asked:
            return self._ask_later(line)
        # One line is one line, whoever permitted it.
        if line not in self._permitted or not line.isprintable():
            raise self._forbidden(line)
        output = self._exchange(line, terminal.asks_reporting)
        self._is_asked = not output.prompt
        return output

    def _ask_later(self, line: str) -> CommandOutput:
        if line != ASK_LATER:
            raise self._forbidden(line)
        self._is_asked = False
        started_at, began = datetime.now(UTC), time.monotonic()
        self._send(line)
        # Whether the answer is echoed, and how, is unproven (`reporting-question-echo`): all up to the
        # prompt is taken as text.
        raw = self._reader.until(lambda text: terminal.prompt_at_end(text) is not None, repr(line))
        text = "\n".join(terminal.lines_of(raw)[:-1])
        self._follow(line, raw, Answer(before=(), text=text, prompt=terminal.prompt_at_end(raw)))
        return CommandOutput(
            command=line,
            text=text,
            prompt=self.prompt,
            started_at=started_at,
            duration_s=time.monotonic() - began,
        )


_ENABLE_HINTS: Final = {
    Question.NEW_PASSWORD: "log in by hand: none is set there, or it has expired; set it (`enable "
    "password`), or let the login land at '#' (`aaa authorization exec LOCAL auto-enable`)",
    Question.SECOND_FACTOR: "use an account that needs no second factor for `enable`, or one whose "
    "login lands at '#'",
    Question.USER_NAME: "log in by hand and look: `aaa authentication enable console` may ask for a user",
}


def _is_prompt_or_secret_question(text: str) -> bool:
    return terminal.prompt_at_end(text) is not None or question_at_end(text) is not None


def _is_first_end(text: str) -> bool:
    return terminal.prompt_at_end(text, bare=True) is not None or question_at_end(text) is not None


# --------------------------------------------------------------------------- the connection


def _opened(
    device: Device,
    credential: Credential,
    *,
    host_keys: HostKeys,
    limits: Limits,
    deadline: Deadline,
    dial: Dial,
    gate: Gate,
) -> Opened:
    link = dial(device)
    deadline.hold(link.cut)
    terms = Terms(
        device=device,
        host_keys=host_keys,
        algorithms=algorithms(device.ssh or SshPolicy.DEFAULT),
        handshake_s=limits.handshake_s,
        authentication_s=limits.authentication_s,
        password=None if credential.password is None else credential.password.reveal(),
        user_key=credential.key,
        gate=gate,
    )
    try:
        return bridge.wait_for(opened(link, terms))
    except RAISES as error:
        bridge.wait_for(link.settled())
        link.close()
        if terms.heard.is_held:
            raise LoginHeld(device.name) from None
        fault = Fault(
            device=device, error=error, limits=limits, deadline=deadline, link=link, heard=terms.heard,
            user_key=credential.key,
        )  # fmt: skip
        raise translated(fault, host_keys) from error
    except BaseException:
        link.close()
        raise
