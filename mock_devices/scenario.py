"""Say what a mock fleet looks like: the scenario file as types.

Every key that a scenario may contain is here, with its default; a key that is
not here is an error.  What is unproven about the ASA is an option
(`quirks`), so that a client can be tried against both readings.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from mock_devices.clock import check_moment
from mock_devices.faults import Fault

Moment = Annotated[str, AfterValidator(check_moment)]
Transport = Literal["smart", "callhome"]
Role = Literal["active", "standby"]
Unit = Literal["primary", "secondary"]
Reach = Literal["open", "silent", "refused", "unknown-host"]
HostKeyKind = Literal["ed25519", "rsa", "ecdsa"]


def _reach(value: object) -> object:
    if isinstance(value, str) and value.lower() in {"true", "false", "yes", "no"}:
        value = value.lower() in {"true", "yes"}
    if isinstance(value, bool):
        return "open" if value else "silent"
    return value


Reachability = Annotated[Reach, BeforeValidator(_reach)]


class Strict(BaseModel):
    """A part of a scenario; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class HostPort(Strict):
    """A proxy as the ASA's configuration names it."""

    host: str
    port: int = Field(ge=1, le=65535)

    @property
    def key(self) -> str:
        """`host:port`, the key of `reachable.proxies`."""
        return f"{self.host}:{self.port}"


# The only key exchange that a published login to an ASA 9.16 shows, and what a
# device offers that was set up with today's algorithms.
_PROFILES: dict[str, dict[str, Any]] = {
    "asadef": {"kex": ["diffie-hellman-group14-sha256"], "host_key": "rsa"},
    "modern": {"kex": ["curve25519-sha256", "curve25519-sha256@libssh.org"], "host_key": "ed25519"},
    # What an ASA with RSA keys alone shows of them (observed), and with an older group.
    "rsa-only": {
        "kex": ["diffie-hellman-group14-sha256"],
        "host_key": "rsa",
        "host_key_algs": ["ssh-rsa"],
        "ciphers": ["aes256-ctr", "aes192-ctr", "aes128-ctr"],
        "macs": ["hmac-sha2-256"],
    },
}


class HostCertificateSpec(Strict):
    """A certificate that an authority has made of a host key; an ASA has none, a jump host may.

    ``authority``: its name; the same name is the same authority in every fleet.
    ``principals``: the names that it holds for; none is all.
    ``starts_days``, ``ends_days``: from now, by the real clock, by which clients judge it.
    """

    authority: str = "ca"
    principals: list[str] = []
    starts_days: float = -1
    ends_days: float = 30
    user: bool = False  # made for a user by mistake
    in_known_hosts: bool = False  # it has the authority, in the place of the key


class SshSpec(Strict):
    """How the SSH server of a device behaves.

    ``profile``: gives ``kex`` and ``host_key`` where they are not given themselves.
    ``max_sessions``: five per context (ASA 9.22 CLI guide, Management Access).
    ``kex``, ``ciphers``, ``macs``: asyncssh algorithm names; empty means asyncssh's defaults.
    ``host_key_algs``: the signatures that are offered with the host keys, e.g. `ssh-rsa` alone, which
    is SHA-1; empty means all that the keys can make.
    ``host_key``: the one that known_hosts gets.  ``other_host_keys``: further ones of other types.
    ``certificate``: of its host keys; it shows the plain keys to who asks for no certificate.
    """

    profile: Literal["asadef", "modern", "rsa-only"] | None = None
    auth: Literal["password", "keyboard-interactive", "both", "publickey"] = "both"
    kex: list[str] = []
    ciphers: list[str] = []
    macs: list[str] = []
    host_key: HostKeyKind = "ed25519"
    other_host_keys: list[HostKeyKind] = []
    host_key_algs: list[str] = []
    rsa_bits: int = Field(default=2048, ge=768, le=8192)  # 768, which nobody makes any more, or 1024 and up
    own_key: bool = False
    certificate: HostCertificateSpec | None = None
    max_sessions: int = Field(default=5, ge=1)
    version: str = "Cisco-1.25"

    @model_validator(mode="before")
    @classmethod
    def _profiled(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {**_PROFILES.get(data.get("profile", ""), {}), **data}


class LoginSpec(Strict):
    """What is asked and shown between the TCP connection and the first prompt."""

    username: str = "netaudit"
    password: str = "mock-Login-1"
    # Public halves (`type base64`) that log this user in, and authorities whose certificates do; an ASA takes
    # plain keys alone (`ssh authentication publickey`).
    public_keys: list[str] = []
    user_authorities: list[str] = []
    enable_password: str | None = "mock-Enable-1"  # None: `enable` is answered with an empty line
    landing: Literal["user", "privileged"] = "user"
    password_stars: bool = False  # the ASA that oxidized has recorded echoes `*`, others show nothing
    ssh_banner: str | None = None
    motd: list[str] = []
    history_lines: bool = True  # recorded by oxidized
    # What the SSH server asks: an expired password asks for a new one once the old one was right, by
    # either method; the words of AAA servers are unproven.
    asks: Literal["password", "upper", "passcode", "new-password", "two", "again", "expired"] = "password"
    # What `enable` asks (not-set: cisco-asav; new-password, passcode: AAA servers, unproven), or does
    # with the right password: echo shows it, hang-up closes the session.
    enable: Literal["password", "upper", "not-set", "new-password", "passcode", "echo", "hang-up"] = (
        "password"
    )


class LicenseSpec(Strict):
    """The licence agent's state at the start; times are relative to the fleet's clock or absolute."""

    mode: Literal["smart", "pak", "fxos", "payg", "reserved"] | None = None  # None: by platform
    # A reservation of 9.23's flexible kind, e.g. `asav50_plr`: named in the configuration, with details
    # below `Reservation Info` (Cisco 223093; the details by analogy with IOS-XE).
    flex_model: str | None = None
    state: Literal[
        "authorized",
        "out-of-compliance",
        "auth-expired",
        "eval",
        "eval-expired",
        "unregistered",
        "registering",
        "no-licenses",
    ] = "authorized"
    contact: Literal["succeeded", "failed"] | None = None  # None: follows from the state
    registered: Moment = "-200d"
    registration_expires: Moment | None = None
    last_contact: Moment = "-12d"  # the last one that succeeded
    last_attempt: Moment | None = None  # the last failed one
    deadline: Moment | None = None
    eval_remaining: str = "89d"
    smart_account: str = "Example Networks GmbH"
    virtual_account: str = "Firewalls"
    failure_reason: str = "Communication message send error"
    # What `show version` and the usage say of their own; None: what follows from the state.
    platform_state: Literal["Licensed", "Unlicensed"] | None = None
    enforce_mode: str | None = None
    usage_status: str | None = None
    export_allowed: bool | None = None


class LicenseConfigSpec(Strict):
    """The `license smart` block of the configuration."""

    transport: Transport | None = None  # None: the default of the release
    proxy: HostPort | None = None
    url: str | None = None
    tier: str | None = "standard"
    throughput: str | None = "1G"  # virtual platforms only
    contexts: int | None = None
    strong_encryption: bool = False
    privacy_hostname: bool = False
    privacy_version: bool = False


class CallHomeSpec(Strict):
    """The `call-home` block of the configuration."""

    http_proxy: HostPort | None = None
    license_address: str | None = None  # a `profile License`: cisco-asav
    reporting_anonymous: bool | None = False  # None: never answered, so `configure terminal` asks


class StartupSpec(Strict):
    """How the saved configuration differs from the running one at the start.

    ``written``: None is a day before the device came up.
    """

    license_config: LicenseConfigSpec | None = None  # None: as the running one
    extra_config: list[str] | None = None
    by: str = "enable_15"
    written: Moment | None = None
    is_written: bool = True  # False: nobody ever saved; there is no `: Written by`


class ModifiedSpec(Strict):
    """Who changed the running configuration last, before the start."""

    by: str = "enable_15"
    at: Moment = "-2h"


class FailoverSpec(Strict):
    """Membership of a failover pair; the mate is another device of the scenario.

    ``address_follows``: what is dialled as this device is whichever unit has this one's first role
    now, and a role change cuts the sessions: the addresses of a pair belong to its roles, not to
    its units (ASA configuration guide, failover).
    """

    mate: str
    unit: Unit = "primary"
    state: Role = "active"
    old_shape: bool = False  # without trailing blanks: ntc-templates
    failed: bool = False  # shown as `Failed` by both units
    replication_chatter: bool = False  # recorded: may land on a prompt
    address_follows: bool = False
    mate_unknown: bool = False  # `Mate Unknown` (recorded)
    # Active/Backup in a public cloud: the units exchange no configuration (ASA configuration guide,
    # "Failover for High Availability in the Public Cloud"; the lines of `show failover` are unproven).
    cloud: bool = False


class ClusterSpec(Strict):
    """Membership of a cluster; the other units are other devices of the scenario (cisco-asav).

    ``unit``: the name in the cluster; None: the device's own.
    ``old_words``: MASTER and SLAVE, as older releases say.
    ``state``: shown in place of the word that follows from the role, e.g. `DATA_NODE_BULK_SYNC`.
    """

    name: str = "fw-cluster"
    peers: list[str] = Field(min_length=1)
    unit: str | None = None
    role: Literal["control", "data"] = "data"
    old_words: bool = False
    state: str | None = None


class ContextSpec(Strict):
    """Multiple context mode."""

    admin: str = "admin"
    names: list[str] = ["admin"]
    landing: str | None = None  # None: the admin context

    @model_validator(mode="after")
    def _known(self) -> ContextSpec:
        for name in (self.admin, self.landing or self.admin):
            if name not in self.names:
                raise ValueError(f"context {name!r} is not in names {self.names}")
        return self


class ReachableSpec(Strict):
    """What this device can reach; a proxy that is not listed does not answer."""

    smart: Reachability = "open"
    callhome: Reachability = "open"
    proxies: dict[str, Reachability] = {}
    hosts: dict[str, Reachability] = {}  # for `ping` and `ping tcp`: "host" or "host:port"


class ClockSpec(Strict):
    """The device's own clock."""

    skew_s: float = 0.0
    zone: str = "UTC"
    offset_minutes: int = 0


class TerminalSpec(Strict):
    """Echo and pager.

    ``redraw``: how a line longer than the terminal is shown while typed; see `terminal.py`.
    """

    width: int = Field(default=80, ge=40, le=511)
    pager_lines: int = Field(default=24, ge=0)
    redraw: Literal["dollar", "backspace", "none"] = "backspace"


class LatencySpec(Strict):
    """Real seconds that the device takes."""

    rtt_s: float = Field(default=0.0, ge=0)  # every round trip, from the TCP connection on
    auth_s: float = Field(default=0.0, ge=0)  # from the password to its answer; tens of ms on a real one
    command_s: float = Field(default=0.0, ge=0)  # each command; not a password
    contact_s: float = Field(default=2.0, ge=0)  # virtual: from a transport change to the attempt


class Rewrite(Strict):
    """Other words in the answer to a command: ``old`` is a regular expression, ``new`` what stands for it."""

    command: str  # the beginning of the whole command, without its filter
    old: str
    new: str


class Quirks(Strict):
    """What differs between releases, or is not proven: both ways on request.

    ``rewrites``: for an answer that is printed otherwise and means the same to the device.
    """

    agent: Literal["1.6", "4.x"] | None = None  # None: by version
    show_default_transport: bool = False  # unproven
    default_transport: Transport | None = None  # None: by version
    # Unproven: where the `license smart` block has its transport lines, and among them the proxy.
    transport_lines: Literal["last", "first", "ahead-of-throughput"] = "last"
    proxy_line: Literal["behind", "ahead"] = "behind"
    license_commands: Literal["there", "invalid"] = "there"
    rewrites: list[Rewrite] = []
    status_proxy: Literal["real", "not-supported", "not-configured"] | None = None  # None: by version
    vrf: Literal["not-supported", "not-configured", "inline-empty", "absent"] = "not-supported"
    privacy_indent: Literal[2, 4] | None = None  # None: by agent
    export_style: Literal["upper", "title"] | None = None  # None: by agent
    authorization_trailing_blank: bool | None = None  # None: by agent
    accepts_transport_smart: bool | None = None  # None: agent 4.x (no floor is known)
    license_in_context: Literal["invalid", "shown"] = "invalid"
    pak_show_license: Literal["invalid", "message"] = "invalid"
    fxos_show_status: Literal["short", "invalid"] = "short"
    cluster_command: Literal["by-model", "invalid", "answered"] = "by-model"
    saved_bytes_per_sec: bool = False  # observed, its release not said
    features_tab: bool = False  # recorded by genieparser
    # Unproven: whether `| include` shows lines that begin with a colon.
    filter_hides_comments: bool = False
    # `first`: observed, its release not said; `last`: recorded by oxidized.
    written_line: Literal["first", "last"] = "first"
    written_stamp: Literal["full", "short"] = "full"  # the same two captures, the other way round
    # Unproven: of what is running, or of what was stored last (then it proves nothing).
    checksum: Literal["running", "stored", "invalid"] = "running"


class InventorySpec(Strict):
    """What the generated inventory says about this device."""

    groups: list[str] = []
    tags: list[str] = []
    region: str | None = None
    pair: str | None = None  # None: the failover mate, on the secondary
    ssh: str | None = None
    host_key_alias: str | None = None
    expect: dict[str, Any] = {}


class DeviceSpec(Strict):
    """One firewall.

    ``captured``: the answers of a real one, by the letters and digits of their commands (`capture.py`);
    it answers these, and nothing but what a session needs beside.
    """

    name: str = Field(min_length=1, max_length=63)
    hostname: str | None = None  # None: the name
    model: str = "ASAv"
    version: str = "9.22(2)14"
    threat_defense: str | None = None  # its release, e.g. "7.6.2": no ASA, prompt `>`
    serial: str | None = None  # None: made from the name
    up: Moment = "-41d"
    prompt: list[Literal["hostname", "priority", "state", "context", "domain", "cluster-unit"]] | None = None
    ssh: SshSpec = SshSpec()
    login: LoginSpec = LoginSpec()
    license: LicenseSpec = LicenseSpec()
    license_config: LicenseConfigSpec = LicenseConfigSpec()
    call_home: CallHomeSpec = CallHomeSpec()
    startup: StartupSpec = StartupSpec()
    modified: ModifiedSpec | None = None  # None: not since it came up
    failover: FailoverSpec | None = None
    cluster: ClusterSpec | None = None
    contexts: ContextSpec | None = None
    reachable: ReachableSpec = ReachableSpec()
    clock: ClockSpec = ClockSpec()
    terminal: TerminalSpec = TerminalSpec()
    latency: LatencySpec = LatencySpec()
    quirks: Quirks = Quirks()
    deny: list[str] = []
    captured: dict[str, str] | None = None
    extra_config: list[str] = []
    faults: list[Fault] = []
    inventory: InventorySpec = InventorySpec()


class Scenario(Strict):
    """A whole fleet.  ``defaults`` is merged into every device, the device's own value winning."""

    name: str = "unnamed"
    clock: datetime | None = None  # None: the real time
    speed: float = Field(default=1.0, gt=0)
    defaults: dict[str, Any] = {}
    groups: dict[str, dict[str, Any]] = {}  # copied into the inventory
    inventory_defaults: dict[str, Any] = {"expect": {"transport": "smart", "proxy": "none"}}
    devices: list[DeviceSpec] = Field(min_length=1)
    source: Path | None = Field(default=None, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _spread_defaults(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or not data.get("defaults"):
            return data
        devices = data.get("devices")
        if not isinstance(devices, list):
            return data
        spread = [merged(data["defaults"], one) if isinstance(one, Mapping) else one for one in devices]
        return {**data, "devices": spread}

    @model_validator(mode="after")
    def _clusters_fit(self) -> Scenario:
        by_name = {device.name: device.cluster for device in self.devices if device.cluster is not None}
        for name, cluster in by_name.items():
            units = {name, *cluster.peers}
            for peer in cluster.peers:
                other = by_name.get(peer)
                if other is None or {peer, *other.peers} != units:
                    raise ValueError(f"device {name!r}: cluster.peers {cluster.peers} must name each other")
            if sum(by_name[unit].role == "control" for unit in units) != 1:
                raise ValueError(f"device {name!r}: its cluster must have one control unit")
        return self

    @model_validator(mode="after")
    def _pairs_fit(self) -> Scenario:
        by_name = {device.name: device for device in self.devices}
        if len(by_name) != len(self.devices):
            names = [device.name for device in self.devices]
            twice = sorted({name for name in names if names.count(name) > 1})
            raise ValueError(f"devices: each name once, seen twice: {', '.join(twice)}")
        for device in self.devices:
            if device.failover is None:
                continue
            mate = by_name.get(device.failover.mate)
            if mate is None or mate.failover is None or mate.failover.mate != device.name:
                raise ValueError(
                    f"device {device.name!r}: failover.mate {device.failover.mate!r} "
                    f"must be a device whose failover.mate is {device.name!r}"
                )
            if mate.failover.unit == device.failover.unit:
                raise ValueError(f"device {device.name!r}: both units of the pair are {mate.failover.unit}")
        return self


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``over`` laid on top, maps merged by key."""
    result = dict(base)
    for key, value in over.items():
        before = result.get(key)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        result[key] = merged(before, value) if both else value  # type: ignore[arg-type]
    return result
