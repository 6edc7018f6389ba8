"""Give tests and scripts safe hands on one mock device from any thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mock_devices.acts import Moment as ActMoment
from mock_devices.colleague import Colleague
from mock_devices.faults import Fault, FaultAction
from mock_devices.hostkeys import host_key, public_line
from mock_devices.license_agent import Flight
from mock_devices.record import Contact, Moment
from mock_devices.scenario import DeviceSpec, HostKeyKind, LoginSpec, Reach, merged
from mock_devices.server import Listener
from mock_devices.state import DeviceState
from mock_devices.transcript import SECRET, TypedLine

T = TypeVar("T")
Runner = Callable[[Callable[[], Any]], Any]


class MockDevice:
    """One device of a running fleet.  Every call runs in the fleet's loop and waits for it."""

    def __init__(self, state: DeviceState, listener: Listener, run: Runner) -> None:
        self._state = state
        self._listener = listener
        self._run = run

    def _do(self, action: Callable[[], T]) -> T:
        result: T = self._run(action)
        return result

    @property
    def name(self) -> str:
        """The name in the scenario and in the inventory."""
        return self._state.name

    @property
    def spec(self) -> DeviceSpec:
        """What the scenario says about it."""
        return self._state.spec

    @property
    def host(self) -> str:
        """The address to dial."""
        return self._listener.host

    @property
    def port(self) -> int:
        """The port to dial."""
        return self._listener.port

    @property
    def public_keys(self) -> tuple[str, ...]:
        """Its host keys as `type base64`, the one that known_hosts gets first."""
        return self._do(lambda: tuple(map(public_line, self._state.host_keys)))

    @property
    def serial(self) -> str:
        """Its serial number."""
        return self._state.serial

    @property
    def transcript(self) -> tuple[TypedLine, ...]:
        """Everything that clients typed, in order, with pager keys."""
        return self._do(lambda: tuple(self._state.transcript))

    @property
    def typed(self) -> tuple[str, ...]:
        """The plain lines, without pager keys; a password reads `<secret>`."""
        return tuple(line.text for line in self.transcript if not line.key)

    @property
    def session_count(self) -> int:
        """SSH connections that are open now."""
        return self._do(lambda: len(self._listener.connections))

    @property
    def greeted_count(self) -> int:
        """SSH connections since the start, open ones and ended ones."""
        return self._do(lambda: self._listener.greeted)

    @property
    def password_tries(self) -> int:
        """How many passwords and answers its SSH server was given since the start."""
        return self._do(lambda: self._state.password_tries)

    @property
    def endless_bytes(self) -> int:
        """How much of answers without end it has sent since the start; it stops where nobody reads."""
        return self._do(lambda: self._state.endless_bytes)

    @property
    def keys_shown(self) -> tuple[str, ...]:
        """The fingerprint of each public key or certificate that its SSH server was shown, in their order."""
        return self._do(lambda: tuple(self._state.keys_shown))

    @property
    def agreed(self) -> tuple[tuple[str, str, str, str], ...]:
        """Key exchange, host key signature, cipher and integrity towards the client of each connection."""
        return self._do(lambda: tuple(self._state.agreed))

    @property
    def terminal_sizes(self) -> tuple[tuple[int, int], ...]:
        """Columns and rows of each terminal that was asked for."""
        return self._do(lambda: tuple(self._state.terminal_sizes))

    @property
    def secrets_typed(self) -> int:
        """How many lines were typed at its questions for a password, `enable` among them."""
        return sum(line.text == SECRET for line in self.transcript)

    @property
    def config_changes(self) -> int:
        """How many configuration lines took effect since the start."""
        return self._do(lambda: self._state.config_changes)

    @property
    def is_dirty(self) -> bool:
        """Whether the running configuration differs from the saved one."""
        return self._do(lambda: self._state.is_dirty)

    @property
    def role(self) -> str:
        """`active` or `standby`."""
        return self._do(lambda: self._state.role)

    @property
    def transport(self) -> str:
        """The licensing transport in effect."""
        return self._do(lambda: self._state.transport)

    @property
    def running_config_at_start(self) -> str:
        """The running configuration as the fleet started, to prove that nothing changed."""
        return self._state.running_at_start

    @property
    def startup_config_at_start(self) -> str:
        """The saved configuration as the fleet started."""
        return self._state.startup_at_start

    @property
    def hostname(self) -> str:
        """The host name that it shows now."""
        return self._do(lambda: self._state.config.hostname)

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """Every licence contact since the start, in order, with the way that it went."""

        def read() -> tuple[Contact, ...]:
            self._state.catch_up()
            return tuple(self._state.agent.contacts)

        return self._do(read)

    @property
    def history(self) -> tuple[Moment, ...]:
        """What it ran and would have started with, from the start on, at every change of either."""
        return self._do(lambda: tuple(self._state.history))

    @property
    def host_key_fault(self) -> FaultAction | None:
        """What `known_hosts` should say wrongly about this device, or None."""
        return self._do(self._state.faults.host_key_fault)

    def running_config(self) -> str:
        """Return the running configuration, without header and checksum."""
        return self._do(self._state.running_text)

    def startup_config(self) -> str:
        """Return the saved configuration, without header and checksum."""
        return self._do(self._state.startup_text)

    def license_state(self) -> tuple[str, str]:
        """Return registration and authorization as of now."""

        def read() -> tuple[str, str]:
            self._state.catch_up()
            state = self._state.agent.state
            return state.registration, state.authorization

        return self._do(read)

    # Others: people, jobs, the licence agent itself.

    def colleague(self, name: str = "colleague") -> Colleague:
        """Return another administrator of this device."""
        return Colleague(self._state, name, self._run)

    def when(
        self, match: str, happen: Callable[[], object], *, nth: int = 1, moment: ActMoment = "after"
    ) -> None:
        """Let something happen once, just before or after the ``nth`` line from now on that fits ``match``.

        It happens in the fleet's loop while that line is at work, so what the client sees next is
        already later; every method of this class may be used in it.
        """
        self._do(lambda: self._state.acts.add(match, happen, nth=nth, moment=moment))

    @property
    def acts_waiting(self) -> int:
        """How many of the acts given to `when` have not happened."""
        return self._do(lambda: self._state.acts.waiting)

    def contact_in(self, delay_s: float = 0.0) -> None:
        """Let a scheduled licence contact come, the way that is configured when it is due."""
        self._do(lambda: self._state.agent.contact_soon(self._state.now, delay_s))

    def contact_sets_out(self, takes_s: float | None = None) -> Flight:
        """Start a contact the way that is configured now; its result comes later, whatever changes.

        Args:
            takes_s: Virtual seconds until it lands; None: when `contact_lands` is called.
        """
        return self._do(lambda: self._state.agent.set_out(self._state.now, takes_s))

    def contact_lands(self, flight: Flight) -> None:
        """Let the result of a contact come now."""
        self._do(lambda: self._state.agent.land(flight, self._state.now))

    def change_login(self, **fields: Any) -> None:
        """Let somebody in by other secrets from now on; open sessions stay.

        Args:
            fields: Of the device's `LoginSpec`.
        """

        def change() -> None:
            spec = self._state.spec
            given = merged(spec.login.model_dump(), fields)
            self._state.spec = spec.model_copy(update={"login": LoginSpec.model_validate(given)})

        self._do(change)

    def set_clock(self, ahead_s: float) -> None:
        """Set the device's own clock this far ahead of what it is now, or back; contacts keep their times."""

        def change() -> None:
            self._state.catch_up()
            self._state.clock_moved_s += ahead_s
            self._state.agent.clock_set(ahead_s)

        self._do(change)

    def replaced_by(self, *, serial: str, **fields: Any) -> MockDevice:
        """Put another box here at once, with the same address, host key and logins; sessions are cut.

        Args:
            serial: Of the new box.
            fields: Of the new box's `DeviceSpec`, where it differs from the old one's.

        Returns:
            The old box, which nobody reaches any more; this object is the new one from now on.
        """

        def swap() -> MockDevice:
            old = self._state
            given = merged(old.spec.model_dump(), {"faults": [], **fields, "serial": serial})
            new = old.successor(DeviceSpec.model_validate(given))
            self._listener.replace(new)
            self._state = new
            return MockDevice(old, self._listener, self._run)

        return self._do(swap)

    def change_host_key(self, *kinds: HostKeyKind) -> str:
        """Give it new host keys of these types from its next connection on, and return the first of them.

        It is what becomes of a unit that was replaced, or zeroized; its known_hosts is not told.
        """

        def change() -> str:
            self._state.host_keys = tuple(host_key(kind, f"{self._state.name} new") for kind in kinds)
            return public_line(self._state.host_keys[0])

        return self._do(change)

    def restart(self) -> None:
        """Reload at once: sessions drop, unsaved changes are lost."""

        def reload() -> None:
            self._state.restart()
            self._listener.cut()

        self._do(reload)

    def set_reachable(
        self,
        *,
        smart: Reach | bool | None = None,
        callhome: Reach | bool | None = None,
        proxies: dict[str, Reach | bool] | None = None,
        hosts: dict[str, Reach | bool] | None = None,
    ) -> None:
        """Change what the device reaches from now on; what is not given stays."""

        def change() -> None:
            self._state.catch_up()
            now = self._state.reachable
            data: dict[str, Any] = now.model_dump()
            for key, value in (("smart", smart), ("callhome", callhome)):
                if value is not None:
                    data[key] = value
            data["proxies"] = {**now.proxies, **(proxies or {})}
            data["hosts"] = {**now.hosts, **(hosts or {})}
            self._state.reachable = type(now).model_validate(data)

        self._do(change)

    def add_fault(self, fault: Fault | None = None, **fields: Any) -> None:
        """Add a fault from now on: a `Fault`, or its fields."""
        wanted = fault or Fault(**fields)

        def add() -> None:
            self._state.faults.add(wanted)
            self._listener.refresh()

        self._do(add)

    def clear_faults(self) -> None:
        """Remove every fault, those of the scenario too."""

        def clear() -> None:
            self._state.faults.clear()
            self._listener.refresh()

        self._do(clear)

    def switch_role(self) -> None:
        """Swap active and standby with the mate; open terminals see it."""
        self._do(self._state.switch_role)

    def take_control(self) -> None:
        """Become the control unit of the cluster."""
        self._do(self._state.take_control)

    def set_failed(self, failed: bool = True) -> None:
        """Let both units of the pair show this one as `Failed`."""
        self._do(lambda: setattr(self._state, "failed", failed))

    def drop_sessions(self) -> None:
        """Cut every open connection."""
        self._do(self._listener.cut)

    def announce(self, line: str) -> None:
        """Put a line on every open terminal: syslog, replication chatter."""
        self._do(lambda: self._state.announce(line))

    def reset_transcript(self) -> None:
        """Forget what was typed."""
        self._do(self._state.transcript.clear)

    def upgrade(self, version: str) -> None:
        """Reload into another release: sessions drop, unsaved changes are lost."""

        def reload() -> None:
            self._state.spec = self._state.spec.model_copy(update={"version": version})
            self._state.restart()
            self._listener.cut()

        self._do(reload)
