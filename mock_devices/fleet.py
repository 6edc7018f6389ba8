"""Run a whole mock fleet in one thread with one event loop.

Entering the context opens every port, leaving it closes every port and session and
joins the thread.  Never touches the network beyond the loopback address.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import asyncssh

from mock_devices.clock import VirtualClock
from mock_devices.device import MockDevice
from mock_devices.hostkeys import authority_key, public_line, server_keys
from mock_devices.inventory import FleetFiles, inventory_text, known_hosts_text, write_files
from mock_devices.loading import load_scenario
from mock_devices.scenario import Scenario
from mock_devices.server import Listener
from mock_devices.state import DeviceState

T = TypeVar("T")


class PortInUse(OSError):
    """A wanted port is taken; the message says which, for which device."""


def states_of(scenario: Scenario, clock: VirtualClock) -> dict[str, DeviceState]:
    """Return the devices of a scenario by name, each knowing the others of its pair or cluster."""
    states = {spec.name: DeviceState(spec, clock) for spec in scenario.devices}
    for state in states.values():
        if state.spec.failover is not None:
            state.mate = states[state.spec.failover.mate]
        if state.spec.cluster is not None:
            state.peers = tuple(states[peer] for peer in state.spec.cluster.peers)
    return states


class MockFleet:
    """A scenario on the air.  Use as a context manager."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        base_port: int | None = None,
        host: str = "127.0.0.1",
        speed: float | None = None,
    ) -> None:
        self.scenario = scenario
        self.host = host
        self.clock = VirtualClock(scenario.clock, speed or scenario.speed)
        self._base_port = base_port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._devices: dict[str, MockDevice] = {}
        self._listeners: list[Listener] = []
        self._options: dict[tuple[object, ...], asyncssh.SSHServerConnectionOptions] = {}

    @classmethod
    def serve(
        cls,
        what: Scenario | Path | str | int,
        *,
        base_port: int | None = None,
        speed: float | None = None,
        seed: int = 1,
    ) -> MockFleet:
        """Return a fleet for a scenario, a scenario file, or a number of generated devices."""
        if isinstance(what, int):
            from mock_devices.generate import generated  # noqa: PLC0415 - only the generator needs it

            scenario = generated(what, seed=seed)
        elif isinstance(what, Scenario):
            scenario = what
        else:
            scenario = load_scenario(what)
        return cls(scenario, base_port=base_port, speed=speed)

    # Life.

    def __enter__(self) -> MockFleet:
        loop = asyncio.new_event_loop()
        self._loop = loop
        self._thread = threading.Thread(target=self._main, args=(loop,), name="mock-fleet", daemon=True)
        self._thread.start()
        try:
            self._await(self._open)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        self._await(self._close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        self._loop = self._thread = None

    def _main(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    def _await(self, action: Callable[[], Any]) -> Any:
        if self._loop is None:
            raise RuntimeError("the mock fleet is not running: use it in a `with` block")
        return asyncio.run_coroutine_threadsafe(action(), self._loop).result()

    def _run(self, action: Callable[[], T]) -> T:
        """Run in the loop thread and wait; at once when there already, or when the fleet has stopped."""
        if self._loop is None or threading.current_thread() is self._thread:
            return action()

        async def inside() -> T:
            return action()

        result: T = asyncio.run_coroutine_threadsafe(inside(), self._loop).result()
        return result

    async def _open(self) -> None:
        for index, (name, state) in enumerate(states_of(self.scenario, self.clock).items()):
            # What cannot be served is told now, not to the first who connects.
            self._options_for(state)
            listener = Listener(state, self._options_for, self.host)
            self._listeners.append(listener)
            port = self._base_port + index if self._base_port else 0
            try:
                listener.bind(port)
            except OSError as error:
                raise PortInUse(f"port {port} for {name} cannot be used: {error.strerror}") from error
            self._devices[name] = MockDevice(state, listener, self._run)

    async def _close(self) -> None:
        for listener in self._listeners:
            listener.close()
        for listener in self._listeners:
            await listener.wait_closed()
        current = asyncio.current_task()
        rest = [task for task in asyncio.all_tasks() if task is not current]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _options_for(self, device: DeviceState) -> asyncssh.SSHServerConnectionOptions:
        ssh, keys = device.spec.ssh, device.host_keys
        lists = (ssh.kex, ssh.ciphers, ssh.macs, ssh.host_key_algs)
        certificate = ssh.certificate and ssh.certificate.model_dump_json()
        public = tuple(key.public_data for key in keys)
        profile = (public, certificate, tuple(map(tuple, lists)), ssh.version)
        if profile not in self._options:
            options = self._options[profile] = asyncssh.SSHServerConnectionOptions(
                server_host_keys=server_keys(keys, ssh.certificate),
                kex_algs=ssh.kex or (),
                encryption_algs=ssh.ciphers or (),
                mac_algs=ssh.macs or (),
                server_version=ssh.version,
                encoding=None,
                line_editor=False,
                compression_algs=None,
                allow_scp=False,
                agent_forwarding=False,
                x11_forwarding=False,
                login_timeout=0,
                gss_host=None,
            )
            if ssh.host_key_algs:
                # asyncssh offers whatever its keys can sign; there is no option for less.
                offered = {name.encode() for name in ssh.host_key_algs}
                for name in options.server_host_keys.keys() - offered:
                    del options.server_host_keys[name]
        return self._options[profile]

    # Use.

    def __getitem__(self, name: str) -> MockDevice:
        return self._devices[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The devices, in the order of the scenario."""
        return tuple(self._devices)

    @property
    def devices(self) -> Mapping[str, MockDevice]:
        """The devices by name."""
        return self._devices

    @property
    def now(self) -> datetime:
        """The fleet's virtual time, aware, UTC."""
        return self.clock.now()

    def advance(self, seconds: float) -> None:
        """Move the virtual clock forward; what is due happens when a device is next looked at."""
        self._run(lambda: self.clock.advance(seconds))

    def reset_transcripts(self) -> None:
        """Forget what was typed, on every device."""
        for device in self._devices.values():
            device.reset_transcript()

    def public_key(self, name: str) -> str:
        """Return the host key of a device as `type base64`."""
        return self._devices[name].public_keys[0]

    @staticmethod
    def authority(name: str = "ca") -> str:
        """Return the key of an authority that signs host keys as `type base64`."""
        return public_line(authority_key(name))

    def inventory_text(
        self, *, credentials: str = "file", known_hosts: Path | None = None, directory: Path | None = None
    ) -> str:
        """Return an inventory for this fleet; ``credentials``: `file` (needs ``directory``) or `env`."""
        return inventory_text(
            self.scenario,
            self._devices.values(),
            credentials=credentials,
            known_hosts=known_hosts,
            directory=directory,
        )

    def known_hosts_text(self) -> str:
        """Return a known_hosts file; host-key faults make it wrong on purpose."""
        return known_hosts_text(self._devices.values())

    def write(self, directory: Path | str, *, credentials: str = "file") -> FleetFiles:
        """Write inventory, known_hosts and password files (mode 0600) into a directory."""
        return write_files(self.scenario, self._devices.values(), Path(directory), credentials=credentials)
