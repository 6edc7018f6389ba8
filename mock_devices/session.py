"""Play one interactive login over an SSH channel.

Glue between asyncssh's channel callbacks and the shell: no task per session and
none per byte; whatever takes time is a timer of the loop.  Input that arrives while
the device is busy waits, as type-ahead does on a real one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import asyncssh

from mock_devices.acts import Moment
from mock_devices.command_table import Answer, Ask
from mock_devices.faults import WITHOUT_EFFECT, Fault, FaultAction, FaultTrigger
from mock_devices.misbehave import GARBAGE, Drip, Endless
from mock_devices.shell import Shell
from mock_devices.shell_state import ShellState
from mock_devices.state import DeviceState
from mock_devices.terminal import LineEditor, Pager, Typist, joined


class Carrier(Protocol):
    """What a session needs of the SSH connection that carries it."""

    device: DeviceState
    number: int
    username: str
    peer: str

    def abort(self) -> None:
        """Cut the TCP connection without a word."""

    def finish(self, *, restart: bool) -> None:
        """End the connection after a log-off or a reload."""


class MockSession(asyncssh.SSHServerSession[bytes]):
    """One channel: echo, prompt, pager, questions, faults."""

    def __init__(self, connection: Carrier) -> None:
        self._connection = connection
        self.device = connection.device
        self._loop = asyncio.get_running_loop()
        self._out: list[str] = []
        self._pending = ""
        self._pumping = False
        self._eof = False
        self._busy = True
        self._hung = False
        self._pager: Pager | None = None
        self._ask: Ask | None = None
        self._timers: set[asyncio.TimerHandle] = set()
        self._typist = Typist(self._line, self._help)
        self._unlisten: Callable[[], None] | None = None
        self._endless: Endless | None = None
        self.shell = Shell(ShellState(self.device, connection.number, connection.username, connection.peer))
        self._editor = self._fresh()

    # asyncssh callbacks.

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """Keep the channel."""
        self._chan = chan

    def pty_requested(self, term_type: str, term_size: tuple[int, ...], term_modes: object) -> bool:
        """Accept any terminal; the ASA's width is its own configuration, not the client's."""
        del term_type, term_modes
        self.device.terminal_sizes.append((term_size[0], term_size[1]))
        return True

    def shell_requested(self) -> bool:
        """Give a shell."""
        return True

    def exec_requested(self, command: str) -> bool:
        """Refuse `ssh host command`: an ASA closes the connection (unproven, told by operators)."""
        del command
        self._later(0.0, self.drop)
        return False

    def session_started(self) -> None:
        """Show the login lines and the first prompt."""
        self._unlisten = self.device.listen(self._announced)
        fault = self.device.faults.fire(FaultTrigger.LOGIN)
        self._deliver(Answer(lines=self.shell.login_lines()), fault, to_pager=False)

    def data_received(self, data: bytes, datatype: object) -> None:
        """Take typed bytes."""
        del datatype
        if self._hung:
            return
        self._pending += data.decode("utf-8", "replace")
        self._pump()

    def eof_received(self) -> bool:
        """Answer what was typed, then close."""
        self._eof = True
        self._pump()
        return True

    def _pour(self, data: bytes) -> None:
        """Send of what has no end, and count it."""
        self.device.endless_bytes += len(data)
        self.raw(data)

    def pause_writing(self) -> None:
        """Stop endless output until the client reads."""
        if self._endless:
            self._endless.paused = True

    def resume_writing(self) -> None:
        """Go on with it."""
        if self._endless:
            self._endless.paused = False

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget everything."""
        del exc
        self._hung = True
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        if self._unlisten:
            self._unlisten()
            self._unlisten = None

    # Output.

    def write(self, text: str) -> None:
        """Queue text; it leaves in one piece."""
        if text:
            self._out.append(text)

    def flush(self) -> None:
        """Send what is queued."""
        if self._out and not self._chan.is_closing():
            self._chan.write("".join(self._out).encode("utf-8", "surrogateescape"))
        self._out.clear()

    def raw(self, data: bytes) -> None:
        """Send bytes as they are, now."""
        self.flush()
        if not self._chan.is_closing():
            self._chan.write(data)

    def drop(self) -> None:
        """Cut the TCP connection."""
        self.flush()
        self._connection.abort()

    def _announced(self, line: str) -> None:
        if self._hung or self._busy:
            self.write(f"\r\n{line}\r\n")
            return
        if self._ask is None:
            self._editor.prompt = self.shell.state.prompt + " "
        self.write(f"\r\n{line}\r\n\r{self._editor.prompt}{self._editor.text}")
        self.flush()

    def _prompt(self) -> None:
        self._editor = self._fresh()
        self.write("\r" + self._editor.prompt)

    def _fresh(self) -> LineEditor:
        terminal = self.device.spec.terminal
        if self._ask is not None:
            hidden = "stars" if self.device.spec.login.password_stars else "off"
            echo = hidden if self._ask.secret else "on"
            return LineEditor(self._ask.prompt, self.device.config.width, terminal.redraw, echo=echo)
        prompt = self.shell.state.prompt + " "
        return LineEditor(prompt, self.device.config.width, terminal.redraw)

    # Input.

    def _pump(self) -> None:
        if self._pumping:
            return
        self._pumping = True
        while self._pending and not self._busy and not self._hung:
            if self._pager is not None:
                self._page(self._take_key())
            elif self._ask is not None and self._ask.one_key:
                key, ask = self._take_key(), self._ask
                self.shell.note(key, ask.prompt, key=True)
                self.write(f"{key}\r\n" if key.isprintable() else "\r\n")
                self._ask = None
                self._deliver(ask.answered(key), None)
            else:
                self._pending = self._typist.consume(self._pending, self._editor, self.write)
        self._pumping = False
        self.flush()
        if self._eof and not self._pending and not self._busy and not self._hung:
            self._hung = True
            self._chan.exit(0)
            self._connection.finish(restart=False)

    def _take_key(self) -> str:
        key, self._pending = self._pending[0], self._pending[1:]
        return key

    def _page(self, key: str) -> None:
        pager = self._pager
        if pager is None:
            return
        self.shell.note(key, "<--- More --->", key=True)
        self.write(pager.key(key))
        if not pager.is_waiting:
            self._pager = None
            self._prompt()

    def _line(self) -> None:
        text, ask = self._editor.text, self._ask
        secret = ask is not None and ask.secret
        fault = None if secret else self.device.faults.fire(FaultTrigger.COMMAND, text.strip())
        if fault is not None and fault.action is FaultAction.CUT_LINE:
            # The echo is queued, not sent yet.
            echoed = "".join(self._out)
            self._out = [echoed[: len(echoed) - len(text) // 2]]
        elif fault is not None and fault.chatters("ahead"):
            self._ahead(fault)
        else:
            self.write(self._editor.enter())
        if ask is not None:
            self.shell.note(text, ask.prompt.rstrip(), secret=ask.secret)
        else:
            self.shell.note(text, self._editor.prompt.rstrip())
        takes_s = self.device.spec.latency.command_s if ask is None else 0.0
        self._happen("before", text, secret=secret)
        answer = self._effect(ask, text, fault)
        self._happen("after", text, secret=secret)
        self._deliver(answer, fault, takes_s=takes_s)

    def _happen(self, moment: Moment, text: str, *, secret: bool) -> None:
        """Let others do what they do just before or after this line."""
        if not secret:
            self._busy = True  # what the device announces meanwhile stands among the answer
            self.device.acts.fire(moment, text.strip())
            self._busy = False

    def _ahead(self, fault: Fault) -> None:
        """Print chatter and the prompt again, now; the echo waits with the answer."""
        echo, self._out = "".join(self._out), []
        self.raw(joined(["", *(fault.text or "").split("\n")]).encode() + f"\r{self._editor.prompt}".encode())
        self.write(echo + self._editor.enter())

    def _effect(self, ask: Ask | None, text: str, fault: Fault | None) -> Answer:
        """Let the line do what it does, as far as the fault lets it."""
        if fault is not None and fault.action is FaultAction.ERROR:
            return Answer(lines=(fault.text or "ERROR: fault").split("\n"))
        if fault is not None and fault.action in WITHOUT_EFFECT:
            return Answer()
        is_moved = fault is not None and fault.action is FaultAction.SWITCH_ROLE
        is_reloaded = fault is not None and fault.action is FaultAction.RESTART
        before = fault is not None and fault.moment == "before"
        if is_reloaded and before:
            return Answer()
        self._busy = True  # what the device announces from here on stands among the answer
        if is_moved and before:
            self.device.switch_role()
        self._ask = None
        answer = self.shell.run(text) if ask is None else ask.answered(text)
        if is_moved and not before:
            self.device.switch_role()
        if fault is not None and fault.action is FaultAction.SAY:
            answer.lines = [*(fault.text or "fault").split("\n"), *answer.lines]
        if fault is not None and fault.chatters("inside"):
            half = len(answer.lines) // 2
            answer.lines = [*answer.lines[:half], *(fault.text or "").split("\n"), *answer.lines[half:]]
        self._busy = False
        return answer

    def _help(self) -> None:
        if self._ask is not None:
            self.write(self._editor.type("?"))
            return
        typed = self._editor.text
        self.write("?\r\n" + joined(self.shell.help(typed)))
        self._prompt()
        self.write(self._editor.type(typed))

    # Answers.

    def _deliver(
        self, answer: Answer, fault: Fault | None, *, to_pager: bool = True, takes_s: float = 0.0
    ) -> None:
        delay = takes_s
        if fault is not None:
            delay += fault.delay_s
        if delay:
            self._busy = True
            if fault is None or not fault.chatters("ahead"):
                self.flush()
            self._later(delay, lambda: self._finish(answer, fault, to_pager))
        else:
            self._finish(answer, fault, to_pager)

    def _finish(self, answer: Answer, fault: Fault | None, to_pager: bool) -> None:
        self._busy = False
        if fault is not None and self._misbehave(answer, fault):
            return
        self._ask = answer.ask
        page = self.shell.state.pager
        if to_pager and page and len(answer.lines) > page and not answer.ask:
            self._pager = Pager(answer.lines, page)
            self.write(self._pager.first())
        else:
            self.write(joined(answer.lines))
            self._end(answer)
            if fault is not None and fault.chatters("behind"):
                self.write(joined(["", *(fault.text or "").split("\n")]))
        self.flush()
        self._pump()

    def _end(self, answer: Answer) -> None:
        if answer.close:
            self.flush()
            self._hung = True
            self._chan.exit(0)
            self._connection.finish(restart=answer.restart)
        elif answer.ask is not None:
            self._editor = self._fresh()
            self.write(answer.ask.prompt)
        else:
            self._prompt()
        if answer.then is not None:
            then = answer.then
            self._later(0.0, lambda: (then(), None)[1])

    def _misbehave(self, answer: Answer, fault: Fault) -> bool:
        """Do what the fault says; False where the answer should follow as usual."""
        text = joined(answer.lines)
        match fault.action:
            case FaultAction.DROP | FaultAction.CUT_LINE:
                self.drop()
            case FaultAction.RESTART:
                self.flush()
                self._hung = True
                self._connection.finish(restart=True)
            case FaultAction.HANG:
                self.flush()
                self._hung = True
            case FaultAction.NO_PROMPT:
                self.write(text)
                self.flush()
                self._hung = True
            case FaultAction.DROP_AFTER:
                self.write(text[: fault.after_bytes])
                self.drop()
            case FaultAction.GARBAGE:
                self.write(text[: fault.after_bytes])
                self.raw((fault.text or "").encode("utf-8", "surrogateescape") or GARBAGE)
                self._prompt()
                self.flush()
            case FaultAction.ENDLESS:
                self._busy = True
                self._endless = Endless(self._pour, self._later, fault.text or "Building configuration...")
                self._endless.start()
            case FaultAction.SLOW if fault.per_line_s or fault.per_byte_s:
                self._busy = True
                Drip(text, fault, self.raw, self._later, lambda: self._dripped(answer)).start()
            case _:
                return False
        return True

    def _dripped(self, answer: Answer) -> None:
        self._busy = False
        self._ask = answer.ask
        self._end(answer)
        self.flush()
        self._pump()

    def _later(self, delay: float, action: Callable[[], None]) -> None:
        timer: asyncio.TimerHandle

        def run() -> None:
            self._timers.discard(timer)
            action()

        timer = self._loop.call_later(delay, run)
        self._timers.add(timer)
