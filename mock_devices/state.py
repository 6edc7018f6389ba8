"""Be one firewall: configuration, licence agent, role, transcript.

Runs in the fleet's loop thread only; `device.MockDevice` is the door for other
threads.  Never knows about SSH, but for the host keys that it has: a session asks, and gets lines back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from mock_devices.acts import ActScript
from mock_devices.clock import VirtualClock, parse_moment
from mock_devices.config import Config, Frame, config_of, render
from mock_devices.faults import FaultScript
from mock_devices.hostkeys import keys_of
from mock_devices.license_agent import Agent, AgentState, initial_state
from mock_devices.outputs import cluster as cluster_text
from mock_devices.outputs import failover as failover_text
from mock_devices.outputs.license import LicenseView
from mock_devices.outputs.misc import checksum, short_stamp, stamp
from mock_devices.outputs.version import VersionView, features
from mock_devices.platforms import digest, platform_of, serial_of, version_key
from mock_devices.record import Moment, Route, What
from mock_devices.scenario import DeviceSpec, Reach, Transport
from mock_devices.transcript import TypedLine

# 9.22 is the first train whose default is Smart Transport (ASA Upgrade Guide).
SMART_BY_DEFAULT = (9, 22)
_AHEAD_OF = {"last": None, "first": " feature", "ahead-of-throughput": " throughput"}


class DeviceState:
    """The state machine of one device, shared by all its sessions."""

    def __init__(self, spec: DeviceSpec, clock: VirtualClock) -> None:
        self.spec = spec
        self.name = spec.name
        self._clock = clock
        self.clock_moved_s = 0.0
        self.platform = platform_of(spec.model, spec.license_config.throughput)
        self.license_mode = spec.license.mode or self.platform.license_mode
        self.serial = spec.serial or serial_of(spec.model, spec.name)
        self.config: Config = config_of(spec, virtual=self.platform.virtual, prompt=self._default_prompt())
        self.startup = self._first_startup()
        self.reachable = spec.reachable.model_copy(deep=True)
        self.faults = FaultScript(list(spec.faults))
        self.acts = ActScript()
        self.transcript: list[TypedLine] = []
        self.config_changes = 0
        self.password_tries = 0
        self.endless_bytes = 0
        self.keys_shown: list[str] = []
        self.host_keys = tuple(keys_of(spec))
        self.agreed: list[tuple[str, str, str, str]] = []
        self.terminal_sizes: list[tuple[int, int]] = []
        self.mate: DeviceState | None = None
        self.peers: tuple[DeviceState, ...] = ()
        self.is_control = spec.cluster is None or spec.cluster.role == "control"
        self.role = spec.failover.state if spec.failover else "active"
        self.synced = True
        self.failed = bool(spec.failover and spec.failover.failed)
        now = clock.now()
        self.booted = parse_moment(spec.up, now)
        self.role_since = self.booted
        changed, saved = spec.modified, spec.startup
        self.modified: str | None = None
        if changed is not None:
            self.modified = f"{changed.by} at {self._stamp(parse_moment(changed.at, self.now))}"
        self.saved_at: str | None = None
        if saved.is_written:
            at = parse_moment(saved.written, self.now) if saved.written else self.booted - timedelta(days=1)
            self.saved_at = f"{saved.by} at {self._written_stamp(at)}"
        self.agent = Agent(initial_state(spec.license, now), now, self.route)
        self.running_at_start = self.running_text()
        self.startup_at_start = self.startup_text()
        self.history: list[Moment] = []
        self._remember("start", None)
        self._listeners: list[Callable[[str], None]] = []
        self.on_switch: list[Callable[[], None]] = []

    def _first_startup(self) -> Config:
        saved = self.spec.startup
        spec = self.spec.model_copy(
            update={
                "license_config": saved.license_config or self.spec.license_config,
                "extra_config": self.spec.extra_config if saved.extra_config is None else saved.extra_config,
            }
        )
        return config_of(spec, virtual=self.platform.virtual, prompt=self._default_prompt())

    def _remember(self, what: What, by: str | None) -> None:
        self.history.append(Moment(at=self.now, what=what, by=by, running=self.config, startup=self.startup))

    # Time.

    @property
    def now(self) -> datetime:
        """The device's own idea of UTC: the fleet's clock plus its skew, and what somebody set since."""
        return self._clock.now() + timedelta(seconds=self.spec.clock.skew_s + self.clock_moved_s)

    def local_stamp(self) -> str:
        """`show clock`."""
        return self._stamp(self.now)

    def _stamp(self, moment: datetime) -> str:
        return stamp(moment + timedelta(minutes=self.spec.clock.offset_minutes), self.spec.clock.zone)

    def _written_stamp(self, moment: datetime) -> str:
        if self.spec.quirks.written_stamp == "full":
            return self._stamp(moment)
        # Observed: `18:48:40 UTC jan 7 2025`.
        local = moment + timedelta(minutes=self.spec.clock.offset_minutes)
        return short_stamp(local, self.spec.clock.zone).replace(f" {local:%b} ", f" {local:%b} ".lower())

    def catch_up(self) -> None:
        """Let the licence agent live up to now."""
        self.agent.catch_up(self.now)

    # What it is.

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version as numbers."""
        return version_key(self.spec.version)

    @property
    def default_transport(self) -> Transport:
        """The transport of the release."""
        if self.spec.quirks.default_transport is not None:
            return self.spec.quirks.default_transport
        return "smart" if self.numbers[:2] >= SMART_BY_DEFAULT else "callhome"

    @property
    def transport(self) -> Transport:
        """The transport in effect."""
        return self.config.transport or self.default_transport

    @property
    def old_agent(self) -> bool:
        """Agent 1.6: no Utility, Data Privacy and Transport blocks (ntc-templates)."""
        if self.spec.quirks.agent is not None:
            return self.spec.quirks.agent == "1.6"
        return self.numbers[:2] < (9, 14)

    @property
    def has_smart_commands(self) -> bool:
        """Whether `license smart` exists on this device."""
        return self.license_mode in {"smart", "fxos", "reserved"}

    @property
    def accepts_transport(self) -> bool:
        """Whether `transport ...` exists in `license smart` (inferred: some releases before 9.22)."""
        wanted = self.spec.quirks.accepts_transport_smart
        if self.license_mode == "fxos":
            return False
        return not self.old_agent if wanted is None else wanted

    @property
    def multiple(self) -> bool:
        """Whether it runs in multiple context mode."""
        return self.spec.contexts is not None

    def _default_prompt(self) -> tuple[str, ...]:
        if self.spec.prompt is not None:
            return tuple(self.spec.prompt)
        if self.spec.failover is not None:
            return ("hostname", "priority", "state")
        if self.spec.cluster is not None:
            return ("hostname", "cluster-unit", "state")
        return ("hostname", "context")

    def prompt_name(self, context: str | None) -> str:
        """Return the prompt before the mode and `#`: `host/pri/act`, `host/admin`."""
        parts = []
        for keyword in self.config.prompt:
            if keyword == "hostname":
                parts.append(self.config.hostname)
            elif keyword == "domain":
                parts.append("example.net")
            elif keyword == "context" and context is not None:
                parts.append(context)
            elif keyword == "priority" and self.spec.failover:
                parts.append("pri" if self.spec.failover.unit == "primary" else "sec")
            elif keyword == "cluster-unit" and self.spec.cluster:
                parts.append(self.spec.cluster.unit or self.name)
            elif keyword == "state" and self.spec.cluster:
                words = ("slave", "master") if self.spec.cluster.old_words else ("data", "control")
                parts.append(words[self.is_control])
            elif keyword == "state":
                parts.append("act" if self.role == "active" else "stby")
        return "/".join(parts)

    # Configuration.

    def frame(self) -> Frame:
        """Return what the printed configuration takes from the device."""
        contexts = self.spec.contexts
        return Frame(
            version=self.spec.version,
            zone=self.spec.clock.zone,
            zone_minutes=self.spec.clock.offset_minutes,
            default_transport=self.default_transport,
            show_default_transport=self.spec.quirks.show_default_transport,
            transport_ahead_of=_AHEAD_OF[self.spec.quirks.transport_lines],
            proxy_is_first=self.spec.quirks.proxy_line == "ahead",
            accepts_transport=self.accepts_transport,
            virtual=self.platform.virtual,
            smart=self.has_smart_commands,
            username=self.spec.login.username,
            secret=digest(f"secret {self.name}", 64),
            failover_unit=self.spec.failover.unit if self.spec.failover else None,
            contexts=tuple(contexts.names) if contexts else None,
            admin_context=contexts.admin if contexts else None,
            reservation=self._reservation_lines(),
        )

    def _reservation_lines(self) -> tuple[str, ...]:
        if self.license_mode != "reserved":
            return ()
        flexible = self.spec.license.flex_model
        named = (f"license smart flex-model {flexible}",) if flexible else ()
        return (*named, "license smart reservation")

    def running_text(self) -> str:
        """Return the running configuration without header and checksum."""
        return "\n".join(render(self.config, self.frame()))

    def startup_text(self) -> str:
        """Return the startup configuration without header and checksum."""
        return "\n".join(render(self.startup, self.frame()))

    def full_listing(self, *, startup: bool = False, system: bool = True) -> list[str]:
        """Return `show running-config` or `show startup-config` with header and checksum."""
        frame = self.frame()
        if not system:
            frame = replace(frame, smart=False, contexts=None, system=False)
        text = "\n".join(render(self.startup if startup else self.config, frame))
        written = [f": Written by {self.saved_at}"] if startup and self.saved_at else []
        is_first = self.spec.quirks.written_line == "first"
        head = [": Saved", *(written if is_first else []), "", ": "]
        head += [f": Serial Number: {self.serial}", f": Hardware:   {self.platform.hardware}"]
        head += [":"] if is_first or not written else [*written, "!"]
        return [*head, *text.split("\n"), f"Cryptochecksum:{checksum(text)}", ": end"]

    def shown_checksum(self, *, system: bool) -> str:
        """Return the 32 digits of `show checksum`: of what is running, or of what was stored last."""
        stored = self.spec.quirks.checksum == "stored"
        return self.full_listing(startup=stored, system=system)[-2].partition(":")[2]

    def change(self, edit: Callable[[Config], Config], *, by: str, contact: bool = False) -> None:
        """Apply one configuration line; an active unit replicates it to its mate."""
        self._apply(edit, by, contact)
        self._remember("change", by)
        # The control unit sends its lines to the others; a data unit takes one for itself, in
        # silence: what it says is not known, and silence is what deceives a client most.
        for peer in self.peers if self.is_control else ():
            peer._apply(edit, by, contact)
            peer._remember("copied", None)
        if self.mate is not None and not self.is_cloud:
            if self.role == "active":
                self.mate._apply(edit, by, contact)  # the other half of this pair
                self.mate._remember("copied", None)
            else:
                self.synced = self.mate.synced = False

    def _apply(self, edit: Callable[[Config], Config], by: str, contact: bool) -> None:
        self.catch_up()
        before = self.config
        self.config = edit(before)
        self.config_changes += 1
        self.modified = f"{by} at {self.local_stamp()}"
        touched = (self.config.transport, self.config.proxy, self.config.url, self.config.http_proxy)
        if contact and touched != (before.transport, before.proxy, before.url, before.http_proxy):
            self.agent.contact_soon(self.now, self.spec.latency.contact_s)

    def save(self, by: str) -> None:
        """Make the running configuration the startup one; the active unit saves both."""
        replicas = self.peers if self.is_control else ()
        mate = self.mate if self.role == "active" and not self.is_cloud else None
        for unit in (self, mate, *replicas):
            if unit is not None:
                unit.startup = unit.config
                unit.saved_at = f"{by} at {unit._written_stamp(unit.now)}"
                unit._remember("save", by)

    def restore_startup(self, by: str) -> None:
        """Make the startup configuration what it was at the start, and leave the running one."""
        self.startup = self.history[0].startup
        self.saved_at = f"{by} at {self._written_stamp(self.now)}"
        self._remember("save", by)

    @property
    def is_dirty(self) -> bool:
        """Whether a reload would lose something."""
        return self.config != self.startup

    # Reachability.

    def route(self) -> Route:
        """Return the chosen transport and proxy, and whether the authority is reached that way."""
        smart = self.transport == "smart"
        proxy = self.config.proxy if smart else self.config.http_proxy
        if proxy is not None:
            reach = self.reachable.proxies.get(proxy.key, "silent")
        else:
            reach = self.reachable.smart if smart else self.reachable.callhome
        return Route(transport=self.transport, proxy=proxy, is_open=reach == "open")

    def reach(self, host: str, port: int | None) -> Reach:
        """Return what `ping` or `ping tcp` meets at an address."""
        known: dict[str, Reach] = {
            "smartreceiver.cisco.com": self.reachable.smart,
            "tools.cisco.com": self.reachable.callhome,
        }
        if port == 443 and host in known:
            return known[host]
        key = f"{host}:{port}"
        for table in (self.reachable.proxies, self.reachable.hosts):
            if port is not None and key in table:
                return table[key]
        if host in self.reachable.hosts:
            return self.reachable.hosts[host]
        named = host in known or any(one.rsplit(":", 1)[0] == host for one in self.reachable.proxies)
        if named or host.replace(".", "").isdigit() or ":" in host:
            return "silent"
        return "unknown-host"

    # Roles and restart.

    @property
    def is_cloud(self) -> bool:
        """Whether the units of this pair exchange no configuration."""
        return self.spec.failover is not None and self.spec.failover.cloud

    @property
    def is_replica(self) -> bool:
        """Whether this is a standby unit, whose configuration comes from its mate."""
        return self.mate is not None and self.role == "standby" and not self.is_cloud

    @property
    def has_cluster_command(self) -> bool:
        """Whether `show cluster info` exists here: not on the small models, on ASAv from 9.17 (unproven)."""
        wanted = self.spec.quirks.cluster_command
        if wanted != "by-model" or self.spec.cluster is not None:
            return wanted != "invalid"
        if self.platform.virtual:
            return self.numbers[:2] >= (9, 17)
        return not self.spec.model.startswith(("FPR-1", "FPR-2", "ISA-"))

    def take_control(self) -> None:
        """Become the control unit; the one before becomes a data unit."""
        for unit in (self, *self.peers):
            unit.is_control = unit is self

    def switch_role(self) -> str:
        """Swap active and standby with the mate; return the text that lands on the terminal."""
        if self.mate is None:
            raise ValueError(f"{self.name} has no mate")
        for unit in (self, self.mate):
            unit.catch_up()
            unit.role = "standby" if unit.role == "active" else "active"
            unit.role_since = unit.now
            unit.announce(f"        Switching to {'Active' if unit.role == 'active' else 'Standby'}")
        for unit in (self, self.mate):
            for told in unit.on_switch:
                told()
        return f"        Switching to {'Active' if self.role == 'active' else 'Standby'}"

    def announce(self, line: str) -> None:
        """Put a line on every open terminal of this device."""
        for listener in list(self._listeners):
            listener(line)

    def listen(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Subscribe to `announce`; the returned function ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def restart(self) -> None:
        """Reload: unsaved changes are lost, and so is a licence that had no contact for a year.

        The mate of an active unit takes over, and the unit comes back as its standby, with its
        configuration (ASA configuration guide, failover; no capture of it).
        """
        self.config = self.startup
        if self.mate is not None and not self.mate.failed and not self.is_cloud:
            if self.role == "active":
                self.switch_role()
            self.config = self.mate.config.with_(hostname=self.config.hostname)
        self.booted = self.now
        self.modified = None
        self.agent.restart(self.now)
        self._remember("restart", None)

    def successor(self, spec: DeviceSpec) -> DeviceState:
        """Return the box that takes this one's place, in its pair too; this one is alone from now on."""
        new = DeviceState(spec, self._clock)
        new.role, new.host_keys = self.role, self.host_keys
        if self.mate is not None:
            new.mate, self.mate.mate, self.mate = self.mate, new, None
        return new

    # Views for the outputs.

    def version_view(self, space: Literal["system", "context"] | None) -> VersionView:
        """Return what `show version` is made of."""
        self.catch_up()
        return VersionView(
            hostname=self.config.hostname,
            model=self.spec.model,
            version=self.spec.version,
            serial=self.serial,
            platform=platform_of(self.spec.model, self.config.throughput),
            mode=self.license_mode,
            state=self._licence_state(),
            spec=self.spec.license,
            quirks=self.spec.quirks,
            throughput=self.config.throughput,
            tier=self.config.tier,
            contexts_licensed=2 + (self.config.feature_contexts or 0),
            up=self.now - self.booted,
            failover_up=self.now - self.booted + timedelta(days=90) if self.mate else None,
            modified=self.modified,
            space=space,
            now=self.now,
        )

    def _licence_state(self) -> AgentState:
        allowed = self.spec.license.export_allowed
        state = self.agent.state
        return state if allowed is None else replace(state, export_allowed=allowed)

    def license_view(self) -> LicenseView:
        """Return what `show license` is made of."""
        self.catch_up()
        shown = self.spec.quirks.status_proxy or "not-supported"
        if self.old_agent:
            agent = "1.6.14_rel/129"
        else:
            agent = "4.3.6_rel/38" if self.numbers[:2] < (9, 18) else "4.9.3_rel/34"
        return LicenseView(
            state=self._licence_state(),
            spec=self.spec.license,
            quirks=self.spec.quirks,
            config=self.config,
            platform=platform_of(self.spec.model, self.config.throughput),
            transport=self.transport,
            old=self.old_agent,
            agent_version=agent,
            serial=self.serial,
            proxy_text=shown,
            reserved=self.license_mode == "reserved",
            now=self.now,
            features=features(self.version_view(None)),
        )

    def cluster_view(self) -> cluster_text.ClusterView | None:
        """Return what `show cluster info` is made of; None for a unit on its own."""
        if self.spec.cluster is None:
            return None
        units = sorted((self, *self.peers), key=lambda unit: unit.name)
        views = {unit.name: unit._cluster_unit(number) for number, unit in enumerate(units)}
        ours = views.pop(self.name)
        return cluster_text.ClusterView(name=self.spec.cluster.name, ours=ours, others=tuple(views.values()))

    def _cluster_unit(self, number: int) -> cluster_text.UnitView:
        spec = self.spec.cluster
        old = spec is not None and spec.old_words
        words = ("SLAVE", "MASTER") if old else ("DATA_NODE", "CONTROL_NODE")
        return cluster_text.UnitView(
            number=number,
            unit=(spec.unit if spec else None) or self.name,
            state=(spec.state if spec else None) or words[self.is_control],
            version=self.spec.version,
            serial=self.serial,
            joined=self.booted,
        )

    def failover_view(self) -> failover_text.FailoverView | None:
        """Return what `show failover` is made of; None for a single unit."""
        mine = self.spec.failover
        if self.mate is None or mine is None:
            return None
        return failover_text.FailoverView(
            ours=self._unit(),
            mate=self.mate._unit(),
            last_failover=self.role_since,
            old_shape=mine.old_shape,
            synced=self.synced,
            mate_unknown=mine.mate_unknown,
            cloud=mine.cloud,
        )

    def _unit(self) -> failover_text.UnitView:
        active = self.role == "active"
        unit = self.spec.failover.unit if self.spec.failover else "primary"
        waiting: failover_text.UnitState = "Backup" if self.is_cloud else "Standby Ready"
        return failover_text.UnitView(
            unit=unit.capitalize(),
            state="Failed" if self.failed else "Active" if active else waiting,
            active_s=int((self.now - self.role_since).total_seconds()) if active else 0,
            version=self.spec.version,
            serial=self.serial,
            model=self.spec.model,
        )
